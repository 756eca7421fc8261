"""ECCN 3A090 as of October 2022: fast and well connected, both at once; China, then Macau."""

from leadtime.rules.engine import Case, Classifies, Requires, Review, Reviews, Truth, provision

DESTINATION = "destination licence, 2022 text"


@provision(
    "3A090 (2022)",
    Classifies("3A090"),
    rule="ac-2022",
    start="2022-10-21",
    end="2023-11-17",
    cites="supp. 1 to part 774, 3A090.a",
    replaced_by="ac-2023",
)
def entry(case: Case) -> Truth:
    """600 GB/s of chip-to-chip transfer and 4,800 of performance times bit length, both at once."""
    return case.reaches("interconnect_gb_s", "connectivity.interconnect_gb_s") & case.reaches("tpp", "connectivity.tpp")


@provision(
    DESTINATION,
    Requires(),
    rule="ac-2022",
    start="2022-10-21",
    end="2023-01-17",
    cites="15 CFR 742.6(a)(6)(i)",
    replaced_by="macau-2023",
)
def to_china(case: Case) -> Truth:
    """A licence is needed to or within China."""
    return case.holds("3A090 (2022)") & case.within("to", "china")


@provision(
    DESTINATION,
    Requires(),
    rule="macau-2023",
    start="2023-01-17",
    end="2023-11-17",
    cites="15 CFR 742.6(a)(6)(i)",
    replaced_by="ac-2023",
)
def to_china_or_macau(case: Case) -> Truth:
    """A licence is needed to or within China or Macau."""
    return case.holds("3A090 (2022)") & case.within("to", "china_macau")


@provision(
    "review, 2022 text",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=(DESTINATION,)),
    rule="ac-2022",
    start="2022-10-21",
    end="2023-11-17",
    cites="15 CFR 742.6(b)(10)",
    replaced_by="ac-2023",
)
def review(case: Case) -> Truth:
    """Presumption of denial for all items to China or Macau.

    The case-by-case lane for buyers with headquarters in the US, A:5 or A:6 covered manufacturing equipment only.
    """
    return case.holds(DESTINATION)
