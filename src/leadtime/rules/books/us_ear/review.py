"""How applications are decided, period by period: 742.6(b)(10) for destinations, 744.23(d) for headquarters.

The order matters: of the policies that hold for a requirement, the first counts.
"""

from leadtime.rules.books.us_ear import scope
from leadtime.rules.books.us_ear.density import for_data_centres, lesser, sensitive
from leadtime.rules.engine import Case, Review, Reviews, Truth, provision

DESTINATION = (scope.UPPER, scope.LOWER)
WORLDWIDE = ("worldwide licence for 3A090.a",)
HEADQUARTERS = (scope.HEADQUARTERS_UPPER, scope.HEADQUARTERS_LOWER)
CIRCUITS = ("chip", "die")


@provision(
    "review of January 2026",
    Reviews(Review.CASE_BY_CASE, of=(*DESTINATION, *WORLDWIDE)),
    rule="h200-2026",
    start="2026-01-15",
    cites="15 CFR 742.6(b)(10)(iii)(A)(1); supp. 2 to part 748, (dd)",
)
def january_2026(case: Case) -> Truth:
    """Case by case from the United States to China or Macau below both limits, with the certifications and the volume cap."""
    return (
        case.stays_under("tpp", "review.tpp_case_by_case")
        & case.stays_under("memory_bandwidth_gb_s", "review.memory_bandwidth_case_by_case_gb_s")
        & case.within("to", "china_macau")
        & case.within("origin", "united_states")
        & case.flag("on_sale_in_us_2026")
        & case.flag("certified")
    )


@provision(
    "other applications since January 2026",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=(*DESTINATION, *WORLDWIDE)),
    rule="h200-2026",
    start="2026-01-15",
    cites="15 CFR 742.6(b)(10)(iii)(A)(1)",
    kinds=CIRCUITS,
)
def other_applications_2026(case: Case) -> Truth:
    """Presumption of denial for all other applications to D:5 or Macau, or for parties with headquarters there."""
    return sensitive(case)


@provision(
    "review of December 2024",
    Reviews(Review.CASE_BY_CASE, of=DESTINATION),
    rule="fdp-2024",
    start="2024-12-02",
    end="2025-01-13",
    cites="15 CFR 742.6(b)(10)(iii)(B)",
    kinds=CIRCUITS,
    replaced_by="diffusion-2025",
)
def lesser_items(case: Case) -> Truth:
    """Case by case for 3A090.b, and for 3A090.a not for data centres, to D:5 or Macau."""
    return lesser(case) & sensitive(case)


@provision(
    "review of December 2024",
    Reviews(Review.CASE_BY_CASE, of=DESTINATION),
    rule="fdp-2024",
    start="2025-01-13",
    end="2025-05-13",
    cites="15 CFR 742.6(b)(10)(iii)(B)",
    kinds=CIRCUITS,
    until=("diffusion-2025",),
)
def lesser_items_meanwhile(case: Case) -> Truth:
    """The same, until the framework that replaced it is to be complied with.

    What the agency applies after it gave that framework up is stated nowhere.
    """
    return lesser(case) & sensitive(case)


@provision(
    "review in the diffusion text",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=DESTINATION),
    rule="diffusion-2025",
    start="2025-01-13",
    end="2026-01-15",
    cites="15 CFR 742.6(b)(10)(iii)(A)(1), (iv)",
    kinds=CIRCUITS,
    replaced_by="h200-2026",
)
def lesser_items_diffusion(case: Case) -> Truth:
    """Presumption of denial for 3A090.b to D:5 or Macau, and to parties with headquarters there."""
    return case.holds("3A090.b") & sensitive(case)


@provision(
    "review of 2023",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=DESTINATION),
    rule="ac-2023",
    start="2023-11-17",
    end="2024-12-02",
    cites="15 CFR 742.6(b)(10)(ii)",
    kinds=CIRCUITS,
    replaced_by="fdp-2024",
)
def denial(case: Case) -> Truth:
    """Presumption of denial to D:5 or Macau, and to parties with headquarters there."""
    return sensitive(case)


@provision(
    "review of 2023",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=DESTINATION),
    rule="fdp-2024",
    start="2024-12-02",
    end="2026-01-15",
    cites="15 CFR 742.6(b)(10)(iii)(A)",
    kinds=CIRCUITS,
    replaced_by="h200-2026",
)
def denial_data_centre(case: Case) -> Truth:
    """Presumption of denial for data-centre 3A090.a to D:5 or Macau, and to parties with headquarters there."""
    return case.holds("3A090.a") & for_data_centres(case) & sensitive(case)


@provision(
    "review elsewhere",
    Reviews(Review.PRESUMPTION_OF_APPROVAL, of=DESTINATION),
    rule="ac-2023",
    start="2023-11-17",
    cites="15 CFR 742.6(b)(10)",
    kinds=CIRCUITS,
)
def approval(case: Case) -> Truth:
    """Presumption of approval for the other destinations in scope."""
    return ~sensitive(case)


@provision(
    "review by headquarters",
    Reviews(Review.CASE_BY_CASE, of=HEADQUARTERS),
    rule="ac-2023",
    start="2023-11-17",
    end="2024-04-04",
    cites="15 CFR 744.23(d)",
    kinds=CIRCUITS,
    replaced_by="corrections-2024",
)
def headquarters_2023(case: Case) -> Truth:
    """On its words case by case: the denial then named only destinations in Macau and D:5."""
    return case.within("hq", "d5_macau")


@provision(
    "review by headquarters",
    Reviews(Review.CASE_BY_CASE, of=HEADQUARTERS),
    rule="corrections-2024",
    start="2024-04-04",
    cites="15 CFR 744.23(d)(3)(i)",
    kinds=CIRCUITS,
)
def headquarters_lesser(case: Case) -> Truth:
    """Case by case for 3A090 items other than data-centre 3A090.a."""
    return lesser(case)


@provision(
    "denial by headquarters",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=HEADQUARTERS),
    rule="corrections-2024",
    start="2024-04-04",
    cites="15 CFR 744.23(d)(1)",
    kinds=CIRCUITS,
)
def headquarters_denial(case: Case) -> Truth:
    """Presumption of denial for parties with headquarters or an ultimate parent in Macau or D:5."""
    return case.within("hq", "d5_macau")
