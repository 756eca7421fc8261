"""ECCN 3A090.c: high bandwidth memory, where it needs a licence, and the exception for packaging."""

from leadtime.rules.engine import Case, Classifies, Informs, Lifts, Requires, Review, Reviews, Truth, provision

STACK = ("hbm",)
DESTINATION = "destination licence for 3A090.c"
HEADQUARTERS = "headquarters licence for 3A090.c"


@provision(
    "3A090.c",
    Classifies("3A090.c"),
    rule="hbm-2024",
    start="2024-12-02",
    cites="supp. 1 to part 774, 3A090.c",
    kinds=STACK,
)
def entry(case: Case) -> Truth:
    """More than 2 GB/s per mm²; not memory in one package with a dominant processor, yet memory fixed to a mere interface die."""
    inside = ~case.flag("co_packaged") | case.flag("interface_die")
    return case.reaches("bandwidth_density_gb_s_mm2", "memory.bandwidth_density_gb_s_mm2") & inside


@provision(DESTINATION, Requires(), rule="hbm-2024", start="2024-12-02", cites="15 CFR 742.6(a)(6)(i)(B)", kinds=STACK)
def by_destination(case: Case) -> Truth:
    """To or within Macau or Country Group D:5."""
    return case.holds("3A090.c") & case.within("to", "d5_macau")


@provision(
    HEADQUARTERS, Requires(), rule="hbm-2024", start="2024-12-02", cites="15 CFR 744.23(a)(3)(i)(B)", kinds=STACK
)
def by_headquarters(case: Case) -> Truth:
    """To any other destination for a party with headquarters, or an ultimate parent, in D:5 or Macau."""
    elsewhere = ~case.within("to", "d5_macau") & ~case.within("to", "united_states")
    return case.holds("3A090.c") & case.within("hq", "d5_macau") & elsewhere


@provision(
    "HBM",
    Lifts("HBM", of=(DESTINATION, HEADQUARTERS)),
    rule="hbm-2024",
    start="2024-12-02",
    cites="15 CFR 740.25",
    kinds=STACK,
)
def exception(case: Case) -> Truth:
    """Below 3.3 GB/s per mm², bought by the designer of the package and sent straight to the packaging site."""
    return case.stays_under("bandwidth_density_gb_s_mm2", "memory.exception_density_gb_s_mm2") & case.flag(
        "exception_conditions_met"
    )


@provision(
    "review of memory",
    Reviews(Review.PRESUMPTION_OF_APPROVAL, of=(DESTINATION,)),
    rule="hbm-2024",
    start="2024-12-02",
    cites="15 CFR 742.6(b)(10)(ii)",
    kinds=STACK,
)
def approval(case: Case) -> Truth:
    """Presumption of approval for parties in Macau or D:5 that have headquarters and parent elsewhere."""
    return case.within("to", "d5_macau") & ~case.within("hq", "d5_macau")


@provision(
    "denial of memory",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=(DESTINATION, HEADQUARTERS)),
    rule="hbm-2024",
    start="2024-12-02",
    cites="15 CFR 742.6(b)(10)(ii)",
    kinds=STACK,
)
def denial(case: Case) -> Truth:
    """Presumption of denial for all others."""
    return case.within("hq", "d5_macau")


@provision(
    "License Exception HBM may be open",
    Informs(
        "Below 3.3 GB/s per mm² License Exception HBM is open to exporters with headquarters in the US or A:5 who sell to the designer of the "
        "package and ship straight to the packaging site; unit counts must match (write exception_conditions_met: true)."
    ),
    rule="hbm-2024",
    start="2024-12-02",
    cites="15 CFR 740.25",
    kinds=STACK,
)
def exception_remark(case: Case) -> Truth:
    """Remark where only the conditions of the exception are not stated."""
    return (
        (case.holds(DESTINATION) | case.holds(HEADQUARTERS))
        & case.stays_under("bandwidth_density_gb_s_mm2", "memory.exception_density_gb_s_mm2")
        & ~case.flag("exception_conditions_met")
    )
