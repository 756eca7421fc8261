"""The diffusion framework: on the books since January 2025, never rescinded, never enforced."""

from leadtime.rules.books.us_ear.density import sensitive
from leadtime.rules.engine import Case, Classifies, Informs, Lifts, Requires, Review, Reviews, Truth, provision

CIRCUITS = ("chip", "die")
WEIGHTS = ("weights",)
WORLDWIDE = "worldwide licence for 3A090.a"
WEIGHT_LICENCE = "licence for 4E091"


def _ally(case: Case) -> Truth:
    return case.within("to", "diffusion_allies") & case.within("hq", "diffusion_allies")


@provision(
    WORLDWIDE, Requires(), rule="diffusion-2025", start="2025-01-13", cites="15 CFR 742.6(a)(6)(iii)(A)", kinds=CIRCUITS
)
def worldwide(case: Case) -> Truth:
    """3A090.a to any destination."""
    return case.holds("3A090.a") & ~case.within("to", "united_states")


@provision(
    "AIA",
    Lifts("AIA", of=(WORLDWIDE, WEIGHT_LICENCE)),
    rule="diffusion-2025",
    start="2025-01-13",
    cites="15 CFR 740.27",
    kinds=(*CIRCUITS, *WEIGHTS),
)
def allies(case: Case) -> Truth:
    """To parties located, and with headquarters, in countries of supp. 5(a)."""
    return _ally(case)


@provision(
    "review of the framework, denial",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=(WORLDWIDE,)),
    rule="diffusion-2025",
    start="2025-01-13",
    cites="15 CFR 742.6(b)(10)(iii)(A)",
    kinds=CIRCUITS,
)
def denial(case: Case) -> Truth:
    """Presumption of denial to D:5 or Macau, and to parties with headquarters there."""
    return sensitive(case)


@provision(
    "review of the framework, approval",
    Reviews(Review.PRESUMPTION_OF_APPROVAL, of=(WORLDWIDE,)),
    rule="diffusion-2025",
    start="2025-01-13",
    cites="15 CFR 742.6(b)(10)(iii)(B)",
    kinds=CIRCUITS,
)
def approval(case: Case) -> Truth:
    """Presumption of approval elsewhere, up to the country's allocation; policy of denial beyond it."""
    return ~sensitive(case)


@provision(
    "4E091",
    Classifies("4E091"),
    rule="diffusion-2025",
    start="2025-01-13",
    cites="supp. 1 to part 774, 4E091",
    kinds=WEIGHTS,
)
def weights(case: Case) -> Truth:
    """Unpublished parameters of a model trained with 1e26 operations, unless below the best published model."""
    large = (
        case.reaches("training_flop", "diffusion.training_flop")
        & ~case.flag("published")
        & ~case.flag("below_best_published")
    )
    much_added = case.reaches("added_flop", "diffusion.added_flop") & case.reaches("added_frac", "diffusion.added_frac")
    return large & (~case.flag("derived_from_published") | much_added)


@provision(
    WEIGHT_LICENCE, Requires(), rule="diffusion-2025", start="2025-01-13", cites="15 CFR 742.6(a)(13)", kinds=WEIGHTS
)
def weight_licence(case: Case) -> Truth:
    """4E091 to any destination."""
    return case.holds("4E091") & ~case.within("to", "united_states")


@provision(
    "review of weights",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=(WEIGHT_LICENCE,)),
    rule="diffusion-2025",
    start="2025-01-13",
    cites="15 CFR 742.6(b)(14)",
    kinds=WEIGHTS,
)
def weight_denial(case: Case) -> Truth:
    """Presumption of denial for end users with headquarters outside the countries of supp. 5(a)."""
    return ~case.within("hq", "diffusion_allies")


@provision(
    "diffusion allocation",
    Informs(
        "In the text, licences beyond 790,000,000 TPP per country for 2025 to 2027 meet a policy of denial (twice that with a government "
        "agreement); License Exception LPP lets 26,900,000 TPP a year pass per consignee; data centres of validated end users stand apart."
    ),
    rule="diffusion-2025",
    start="2025-01-13",
    cites="15 CFR 742.6(b)(10)(iii), 740.29, 748.15",
    kinds=CIRCUITS,
)
def allocation(case: Case) -> Truth:
    """Remark on quantities for destinations of the middle tier."""
    return case.holds("3A090.a") & ~sensitive(case) & ~_ally(case) & ~case.within("to", "united_states")
