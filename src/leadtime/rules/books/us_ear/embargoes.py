"""Embargoes: requirements for whole countries, whatever the chip controls say.

They decide outcomes, yet stand in the background: where only they exist, the chip controls read as not in force.
"""

import numpy as np

from leadtime.rules.engine import TRUE, Case, Informs, Requires, Review, Reviews, Truth, provision

ANY = ("chip", "hbm", "weights", "die", "technology")
BACKGROUND = Requires(background=True)
EMBARGO = "embargo"
RUSSIA = "Russia and Belarus"


def subject(case: Case) -> Truth:
    """Subject to the regulations at all: what is published is not (734.3(b)(3)); only weights can be."""
    if "published" in case.facts:
        return ~case.flag("published")
    return Truth(np.int8(TRUE))


def _shipped(case: Case) -> Truth:
    """Not a mere release to a foreign person: 746.8(a)(1) leaves deemed exports and reexports out."""
    if "deemed" in case.facts:
        return ~case.flag("deemed")
    return Truth(np.int8(TRUE))


@provision(
    EMBARGO,
    BACKGROUND,
    rule="embargoes",
    start="2010-01-01",
    cites="746.2 (Cuba), 746.4 (North Korea), 746.7 (Iran), 746.9 (Syria)",
    kinds=ANY,
)
def embargo(case: Case) -> Truth:
    """Cuba, Iran, North Korea and Syria."""
    return case.within("to", "embargoed") & subject(case)


@provision(RUSSIA, BACKGROUND, rule="russia-2022", start="2022-02-24", end="2022-03-02", cites="746.8(a)(1)", kinds=ANY)
def russia(case: Case) -> Truth:
    """Items of the control list to Russia; categories 0 to 2 joined only on 2022-04-08, and no item of this book stands there."""
    return case.within("to", "russia") & subject(case) & _shipped(case)


@provision(RUSSIA, BACKGROUND, rule="russia-2022", start="2022-03-02", cites="746.8(a)(1)", kinds=ANY)
def russia_and_belarus(case: Case) -> Truth:
    """Every item on the control list to Russia or Belarus."""
    return (case.within("to", "russia") | case.within("to", "belarus")) & subject(case) & _shipped(case)


@provision(
    "review for Syria",
    Reviews(Review.CASE_BY_CASE, of=(EMBARGO,)),
    rule="syria-2025",
    start="2025-09-02",
    cites="746.9(c)",
    kinds=ANY,
)
def syria_eased(case: Case) -> Truth:
    """Case by case for Syria since September 2025; applications for named civil purposes are presumed to be approved."""
    return case.within("to", "syria")


@provision(
    "denial under embargoes",
    Reviews(Review.REFUSED, of=(EMBARGO, RUSSIA)),
    rule="embargoes",
    start="2010-01-01",
    cites="746.2(b), 746.4(b) with 742.19(b), 746.7(b), 746.8(b), 746.9(c)",
    kinds=ANY,
)
def refused(case: Case) -> Truth:
    """General policy of denial, with narrow exceptions that are not modelled."""
    return ~case.within("to", "united_states")


@provision(
    "embargo on Cuba",
    Informs(
        "To Cuba every item subject to the regulations needs a licence, and applications meet a general policy of denial. The Treasury's Cuban Assets "
        "Control Regulations (31 CFR part 515) apply besides and are not judged here."
    ),
    rule="embargoes",
    start="2010-01-01",
    cites="746.2(a), (b)",
    kinds=ANY,
)
def cuba(case: Case) -> Truth:
    """Remark on Cuba."""
    return case.named("to", "CU") & subject(case)


@provision(
    "embargo on Iran",
    Informs(
        "To Iran, items that the control list holds for reasons of national security, regional stability or anti-terrorism need a licence, applications are "
        "generally denied, and no license exception is open. The Treasury's embargo (31 CFR part 560) forbids the sale besides, whether or not "
        "the regulations ask for a licence."
    ),
    rule="embargoes",
    start="2010-01-01",
    cites="746.7(a)(1), (b), (c), (e)",
    kinds=ANY,
)
def iran(case: Case) -> Truth:
    """Remark on Iran."""
    return case.named("to", "IR") & subject(case)


@provision(
    "embargo on North Korea",
    Informs(
        "To North Korea every item subject to the regulations needs a licence; applications for computers above 0.0004 weighted teraflops and for "
        "processors from 0.5 gigaflops are generally denied."
    ),
    rule="embargoes",
    start="2010-01-01",
    cites="746.4(a), (b)(5); 742.19(b)(1)(xviii), (xix)",
    kinds=ANY,
)
def north_korea(case: Case) -> Truth:
    """Remark on North Korea."""
    return case.named("to", "KP") & subject(case)


@provision(
    "embargo on Syria",
    Informs(
        "To Syria every item subject to the regulations needs a licence, and applications meet a general policy of denial."
    ),
    rule="embargoes",
    start="2010-01-01",
    end="2025-09-02",
    cites="746.9(a), (c)",
    kinds=ANY,
    replaced_by="syria-2025",
)
def syria(case: Case) -> Truth:
    """Remark on Syria until the easing of 2025."""
    return case.within("to", "syria") & subject(case)


@provision(
    "embargo on Syria",
    Informs(
        "To Syria, items on the control list still need a licence. Since 2025-09-02 applications for named civil purposes are presumed to be approved and "
        "others are decided case by case; items outside the control list pass under License Exception SPP. Stricter policies of the entry "
        "itself stay."
    ),
    rule="syria-2025",
    start="2025-09-02",
    cites="746.9(a), (c); 740.5",
    kinds=ANY,
)
def syria_2025(case: Case) -> Truth:
    """Remark on Syria since the easing of 2025."""
    return case.within("to", "syria") & subject(case)


@provision(
    "controls on Russia and Belarus",
    Informs(
        "To Russia and Belarus every item on the control list (until 2022-04-07: its categories 3 to 9) needs a licence, with a policy of denial and few exceptions (named civil needs; some "
        "mass-market items to civil subsidiaries of US and allied firms). Only the license exceptions named there are open; items outside the "
        "control list fall under 746.5 and 746.10, which are not held here."
    ),
    rule="russia-2022",
    start="2022-02-24",
    cites="746.8(a)(1), (b), (c)",
    kinds=ANY,
)
def russia_remark(case: Case) -> Truth:
    """Remark on Russia and Belarus."""
    return (case.holds(RUSSIA) | case.within("to", "russia")) & subject(case) & _shipped(case)


@provision(
    "occupied regions of Ukraine",
    Informs(
        "To the occupied Crimea, Donetsk and Luhansk regions of Ukraine every item subject to the regulations needs a licence, with a policy of denial; "
        "this answer is for the rest of the country."
    ),
    rule="ukraine-regions-2022",
    start="2022-03-03",
    cites="746.6(a), (b)",
    kinds=ANY,
)
def ukraine(case: Case) -> Truth:
    """Remark on Ukraine: a country code cannot tell its regions apart."""
    return case.named("to", "UA")


@provision(
    "sanctions on the buyer's country",
    Informs(
        "The buyer's headquarters lie in a country under embargo or under the controls on Russia and Belarus. Sanctions of the Treasury, which can "
        "forbid the sale to it anywhere, are not judged here."
    ),
    rule="embargoes",
    start="2010-01-01",
    cites="31 CFR chapter V",
    kinds=ANY,
)
def sanctions(case: Case) -> Truth:
    """Remark on buyers from embargoed countries who receive elsewhere."""
    from_there = case.within("hq", "embargoed") | case.within("hq", "russia") | case.within("hq", "belarus")
    there = case.within("to", "embargoed") | case.within("to", "russia") | case.within("to", "belarus")
    return from_there & ~there
