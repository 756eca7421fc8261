"""ECCN 3A090 as of October 2023: total processing performance, and how densely it is packed."""

from leadtime.rules.engine import Case, Classifies, Truth, provision

CIRCUITS = ("chip", "die")


def for_data_centres(case: Case) -> Truth:
    """Designed or marketed for data centres, or presumed so by note 1."""
    return case.flag("datacenter_marketed") | case.holds("foundry presumption")


def lesser(case: Case) -> Truth:
    """3A090.b, and 3A090.a that is not for data centres."""
    return case.holds("3A090.b") | (case.holds("3A090.a") & ~for_data_centres(case))


def sensitive(case: Case) -> Truth:
    """Destination in, or party with headquarters in, D:5 or Macau."""
    return case.within("to", "d5_macau") | case.within("hq", "d5_macau")


@provision(
    "3A090.a",
    Classifies("3A090.a"),
    rule="ac-2023",
    start="2023-11-17",
    cites="supp. 1 to part 774, 3A090.a and note 2",
    kinds=CIRCUITS,
)
def upper_tier(case: Case) -> Truth:
    """TPP of 4,800; or, for data-centre circuits, 1,600 with a performance density of 5.92."""
    dense = case.reaches("tpp", "density.tpp_dense") & case.reaches("performance_density", "density.density_high")
    return case.reaches("tpp", "density.tpp_alone") | (dense & case.flag("datacenter_marketed"))


@provision(
    "3A090.b",
    Classifies("3A090.b"),
    rule="ac-2023",
    start="2023-11-17",
    cites="supp. 1 to part 774, 3A090.b and note 2",
    kinds=CIRCUITS,
)
def lower_tier(case: Case) -> Truth:
    """Data-centre circuits below 3A090.a: 2,400 with a density of 1.6, or 1,600 with 3.2."""
    wide = case.reaches("tpp", "density.tpp_middle") & case.reaches("performance_density", "density.density_low")
    tight = case.reaches("tpp", "density.tpp_dense") & case.reaches("performance_density", "density.density_middle")
    return (wide | tight) & case.flag("datacenter_marketed") & ~case.holds("3A090.a")
