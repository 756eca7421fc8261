"""License Exceptions NAC and ACA: 3A090.b, and 3A090.a that is not for data centres."""

from leadtime.rules.books.us_ear import scope
from leadtime.rules.books.us_ear.density import lesser, sensitive
from leadtime.rules.engine import Case, Informs, Lifts, Outcome, Truth, provision

CIRCUITS = ("chip", "die")
ALL = (scope.UPPER, scope.LOWER, scope.HEADQUARTERS_UPPER, scope.HEADQUARTERS_LOWER, "worldwide licence for 3A090.a")


@provision(
    "NAC with notification",
    Lifts("NAC", of=ALL, to=Outcome.NOTIFY),
    rule="ac-2023",
    start="2023-11-17",
    end="2024-04-04",
    cites="15 CFR 740.8",
    kinds=CIRCUITS,
    replaced_by="corrections-2024",
)
def notified_2023(case: Case) -> Truth:
    """To Macau, D:5 or a party with headquarters there, 25 days after a notification."""
    return lesser(case) & sensitive(case)


@provision(
    "NAC without notification",
    Lifts("NAC", of=ALL),
    rule="ac-2023",
    start="2023-11-17",
    end="2024-04-04",
    cites="15 CFR 740.8",
    kinds=CIRCUITS,
    replaced_by="corrections-2024",
)
def unnotified_2023(case: Case) -> Truth:
    """To D:1 and D:4, and for transfers inside a country, without notification."""
    return lesser(case) & (case.flag("in_country") | ~sensitive(case))


@provision(
    "NAC",
    Lifts("NAC", of=ALL, to=Outcome.NOTIFY),
    rule="corrections-2024",
    start="2024-04-04",
    cites="15 CFR 740.8(a)(1)",
    kinds=CIRCUITS,
)
def notified(case: Case) -> Truth:
    """To Macau, D:5 or a party with headquarters there, 25 days after a notification."""
    return lesser(case) & sensitive(case)


@provision(
    "ACA", Lifts("ACA", of=ALL), rule="corrections-2024", start="2024-04-04", cites="15 CFR 740.8(a)(2)", kinds=CIRCUITS
)
def unnotified(case: Case) -> Truth:
    """To D:1 and D:4, and for transfers inside Macau or D:5, without notification."""
    return lesser(case) & (case.flag("in_country") | ~sensitive(case))


@provision(
    "how to notify",
    Informs(
        "A written purchase order, and a notification through SNAP-R at least 25 calendar days before the first shipment; the system then confirms the "
        "exception or asks for a licence. One notification covers later shipments to the same end user within its value and quantity; it names one ultimate "
        "consignee and one end user, and no distributor may be a party."
    ),
    rule="ac-2023",
    start="2023-11-17",
    cites="15 CFR 740.8(b)",
    kinds=CIRCUITS,
)
def how_to_notify(case: Case) -> Truth:
    """Remark on the notified exception, which overcomes no licence of parts 744 and 746."""
    stronger = (
        case.within("to", "embargoed")
        | case.within("to", "russia")
        | case.within("to", "belarus")
        | case.within("consignee", "entity_list")
        | case.among("end_use", "military", "supercomputer", "advanced_fab", "wmd")
    )
    needs = (
        case.holds(scope.UPPER)
        | case.holds(scope.LOWER)
        | case.holds(scope.HEADQUARTERS_UPPER)
        | case.holds(scope.HEADQUARTERS_LOWER)
    )
    notified = needs & lesser(case) & sensitive(case) & ~case.flag("in_country") & ~case.holds("letter of April 2025")
    return notified & ~stronger
