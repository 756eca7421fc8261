"""The affiliates rule: who is owned to a half by listed parties counts as listed. In force for six weeks, then stayed."""

from leadtime.rules.books.us_ear.embargoes import subject
from leadtime.rules.engine import Case, Informs, Requires, Truth, provision

ANY = ("chip", "hbm", "weights", "die", "technology")
CITES = "15 CFR 744.11(a), 744.16, 744.21"


def _half(case: Case) -> Truth:
    return case.reaches("listed_ownership_frac", "affiliates.ownership_frac") & ~case.within("to", "united_states")


@provision(
    "affiliates of listed parties",
    Requires(background=True),
    rule="affiliates-2025",
    start="2025-09-29",
    end="2025-11-10",
    cites=CITES,
    kinds=ANY,
    replaced_by="affiliates-stay-2025",
)
def owned(case: Case) -> Truth:
    """Any item subject to the rules to a party that listed parties own to a half or more, directly, indirectly or together."""
    return _half(case) & subject(case)


@provision(
    "affiliates of listed parties",
    Requires(background=True),
    rule="affiliates-2026",
    start="2026-11-10",
    cites=CITES,
    kinds=ANY,
)
def owned_again(case: Case) -> Truth:
    """The same after the stay, which ended on its text; whether it was prolonged is not verified."""
    return _half(case) & subject(case)


@provision(
    "affiliates rule",
    Informs(
        "Parties owned to 50 % or more, in sum, by parties of the Entity List count as listed: name the buyer's owners (--owned-by NAME:SHARE). "
        "The strictest of their requirements counts. Owners on the list of military end users, and blocked persons of the Treasury, "
        "count too and are not held here."
    ),
    rule="affiliates-2025",
    start="2025-09-29",
    end="2025-11-10",
    cites=CITES,
    kinds=ANY,
    replaced_by="affiliates-stay-2025",
)
def remark(case: Case) -> Truth:
    """Remark in the weeks in which the rule applied."""
    return ~case.within("to", "united_states")


@provision(
    "temporary general licence for affiliates",
    Informs(
        "While the affiliates rule applied in 2025, a temporary general licence let some sales to such parties pass: to or within allied countries "
        "named in it, and to joint ventures with allied firms outside embargoed countries. Its conditions are not judged here."
    ),
    rule="affiliates-2025",
    start="2025-09-29",
    end="2025-11-10",
    cites="general order in supp. 1 to part 736",
    kinds=ANY,
    replaced_by="affiliates-stay-2025",
)
def general_licence(case: Case) -> Truth:
    """Remark where the rule bites."""
    return _half(case)


@provision(
    "share of a listed owner not known",
    Informs(
        "A listed party is among the owners and its share is not stated. From such knowledge the exporter has to find out the share, "
        "or needs a licence (red flag 29).",
        also_if_unknown=True,
    ),
    rule="affiliates-2025",
    start="2025-09-29",
    end="2025-11-10",
    cites="supp. 3 to part 732, red flag 29",
    kinds=ANY,
    replaced_by="affiliates-stay-2025",
)
def red_flag(case: Case) -> Truth:
    """Remark where a listed owner is named without its share, and known shares do not reach a half."""
    nothing_open = case.stays_under("listed_ownership_open_frac", "affiliates.ownership_frac")
    return ~nothing_open & ~case.within("to", "united_states")


@provision(
    "share of a listed owner not known",
    Informs(
        "A listed party is among the owners and its share is not stated. From such knowledge the exporter has to find out the share, "
        "or needs a licence (red flag 29).",
        also_if_unknown=True,
    ),
    rule="affiliates-2026",
    start="2026-11-10",
    cites="supp. 3 to part 732, red flag 29",
    kinds=ANY,
)
def red_flag_again(case: Case) -> Truth:
    """The same after the stay."""
    nothing_open = case.stays_under("listed_ownership_open_frac", "affiliates.ownership_frac")
    return ~nothing_open & ~case.within("to", "united_states")


@provision(
    "affiliates rule stayed",
    Informs(
        "Listed parties own half of the buyer or more. The affiliates rule, which would count it as listed, is stayed until 2026-11-09; "
        "such owners remain a warning sign, and a licence is needed where a listed party itself takes part."
    ),
    rule="affiliates-stay-2025",
    start="2025-11-10",
    end="2026-11-10",
    cites=CITES,
    kinds=ANY,
    replaced_by="affiliates-2026",
)
def stayed(case: Case) -> Truth:
    """Remark during the stay."""
    return _half(case)


@provision(
    "affiliates rule",
    Informs(
        "On its text the stay of the affiliates rule (parties owned to 50 % by listed parties count as listed) ended on 2026-11-09, so the rule is "
        "applied here: name the buyer's owners (--owned-by NAME:SHARE). A prolongation to 2027-01-10 was announced in September 2026; no Federal "
        "Register notice was seen: status not verified."
    ),
    rule="affiliates-2026",
    start="2026-11-10",
    cites=CITES,
    kinds=ANY,
)
def remark_again(case: Case) -> Truth:
    """Remark after the end of the stay."""
    return ~case.within("to", "united_states")
