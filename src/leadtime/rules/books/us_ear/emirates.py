"""The United Arab Emirates since July 2026: in A:5, yet licensed, except for listed recipients."""

from leadtime.rules.books.us_ear import scope
from leadtime.rules.engine import Case, Informs, Lifts, Truth, provision


@provision(
    "listed recipients in the UAE",
    Lifts("supp. 8 to part 740", of=(scope.UPPER, scope.LOWER, "worldwide licence for 3A090.a")),
    rule="uae-2026",
    start="2026-07-10",
    cites="supp. 8 to part 740",
    kinds=("chip", "die"),
)
def listed(case: Case) -> Truth:
    """The UAE government, and the parties of supp. 8, need none; parties with headquarters in D:5 or Macau do."""
    return case.within("to", "emirates") & case.within("consignee", "uae_supp8") & ~case.within("hq", "d5_macau")


@provision(
    "who is listed in the UAE",
    Informs(
        "No licence is needed for the UAE government and the parties of supp. 8 to part 740 (G42 and Core42 until 2027-04-05; Amazon, Apple, Google, "
        "Meta, Microsoft, OpenAI, Oracle, xAI): name the consignee."
    ),
    rule="uae-2026",
    start="2026-07-10",
    cites="supp. 8 to part 740",
    kinds=("chip", "die"),
)
def who(case: Case) -> Truth:
    """Remark for the UAE where the consignee is not a listed one."""
    licensed = case.holds(scope.UPPER) | case.holds(scope.LOWER)
    return (
        licensed
        & case.within("to", "emirates")
        & ~case.within("consignee", "uae_supp8")
        & ~case.within("hq", "d5_macau")
    )
