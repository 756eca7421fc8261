"""License Exceptions NAC and ACA: 3A090.b, and 3A090.a that is not for data centres."""

from leadtime.rules.books.us_ear import scope
from leadtime.rules.books.us_ear.density import lesser, sensitive
from leadtime.rules.engine import Case, Lifts, Outcome, Truth, provision

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
