"""The diffusion framework: on the books since January 2025, never rescinded, never enforced."""

from leadtime.rules.books.us_ear.density import sensitive
from leadtime.rules.engine import (
    Case,
    Classifies,
    Informs,
    Lifts,
    Outcome,
    Requires,
    Review,
    Reviews,
    Truth,
    provision,
)

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
    "LPP",
    Lifts("LPP", of=(WORLDWIDE,), to=Outcome.NOTIFY),
    rule="diffusion-2025",
    start="2025-01-13",
    cites="15 CFR 740.29, 740.2(a)(9)(ii)",
    kinds=CIRCUITS,
)
def low_volume(case: Case) -> Truth:
    """Up to 26,900,000 TPP a year to one consignee, after notice, outside Macau, D:5 and parties from there.

    Only where a quantity is stated. 740.2(a)(9)(ii) does not name the exception for D:1 and D:4, so it is not open there.
    """
    within_cap = case.flag("quantity_stated") & case.stays_under("aggregate_tpp", "diffusion.low_volume_tpp")
    return within_cap & ~sensitive(case) & ~case.within("to", "advanced_scope")


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
    "review of the framework, beyond the allocation",
    Reviews(Review.REFUSED, of=(WORLDWIDE,)),
    rule="diffusion-2025",
    start="2025-01-13",
    cites="15 CFR 742.6(b)(10)(iii)(B)",
    kinds=CIRCUITS,
)
def beyond_allocation(case: Case) -> Truth:
    """Policy of denial where the units asked about alone pass the country's allocation; what was licensed before is not known."""
    beyond = ~case.stays_under("aggregate_tpp", "diffusion.country_allocation_tpp")
    return beyond & ~sensitive(case) & ~case.within("to", "diffusion_allies")


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


@provision(
    "conditions of LPP",
    Informs(
        "License Exception LPP asks for a certification of the ultimate consignee and a notice to BIS before the first shipment, and is closed to distributors; "
        "the yearly sum counts every shipment to the consignee, from whomever."
    ),
    rule="diffusion-2025",
    start="2025-01-13",
    cites="15 CFR 740.29",
    kinds=CIRCUITS,
)
def low_volume_conditions(case: Case) -> Truth:
    """Remark where the exception is open by quantity."""
    return case.holds(WORLDWIDE) & case.holds("LPP")


@provision(
    "AIA certification goes to the agency",
    Informs(
        "These units reach 253,000,000 TPP: the ultimate consignee's certification under License Exception AIA is to be sent to BIS."
    ),
    rule="diffusion-2025",
    start="2025-01-13",
    cites="15 CFR 740.27",
    kinds=CIRCUITS,
)
def report(case: Case) -> Truth:
    """Remark on large sales to allied countries."""
    return case.holds(WORLDWIDE) & _ally(case) & case.reaches("aggregate_tpp", "diffusion.report_tpp")
