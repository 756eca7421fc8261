"""Where the entries of 2023 need a licence: by destination, and worldwide by headquarters."""

from leadtime.rules.engine import Case, Informs, Requires, Truth, provision

CIRCUITS = ("chip", "die")
UPPER = "destination licence for 3A090.a"
LOWER = "destination licence for 3A090.b"
HEADQUARTERS_UPPER = "headquarters licence for 3A090.a"
HEADQUARTERS_LOWER = "headquarters licence for 3A090.b"
DESTINATIONS = "15 CFR 742.6(a)(6)(iii)"
HEADQUARTERS = "15 CFR 744.23(a)(3)(i)"


def _beyond_the_groups(case: Case, group: str) -> Truth:
    return case.within("hq", "d5_macau") & ~case.within("to", group) & ~case.within("to", "united_states")


@provision(
    UPPER,
    Requires(),
    rule="ac-2023",
    start="2023-11-17",
    end="2026-07-10",
    cites=DESTINATIONS,
    kinds=CIRCUITS,
    until=("diffusion-2025",),
    replaced_by="uae-2026",
)
def upper_by_destination(case: Case) -> Truth:
    """3A090.a to Country Groups D:1, D:4 or D:5 that are not also in A:5 or A:6."""
    return case.holds("3A090.a") & case.within("to", "advanced_scope")


@provision(
    UPPER,
    Requires(),
    rule="uae-2026",
    start="2026-07-10",
    cites=DESTINATIONS,
    kinds=CIRCUITS,
    until=("diffusion-2025",),
)
def upper_by_destination_2026(case: Case) -> Truth:
    """The same, with the United Arab Emirates named although they left the groups."""
    return case.holds("3A090.a") & case.within("to", "advanced_scope_2026")


@provision(
    LOWER,
    Requires(),
    rule="ac-2023",
    start="2023-11-17",
    end="2026-07-10",
    cites=DESTINATIONS,
    kinds=CIRCUITS,
    replaced_by="uae-2026",
)
def lower_by_destination(case: Case) -> Truth:
    """3A090.b to Country Groups D:1, D:4 or D:5 that are not also in A:5 or A:6."""
    return case.holds("3A090.b") & case.within("to", "advanced_scope")


@provision(LOWER, Requires(), rule="uae-2026", start="2026-07-10", cites=DESTINATIONS, kinds=CIRCUITS)
def lower_by_destination_2026(case: Case) -> Truth:
    """The same, with the United Arab Emirates named although they left the groups."""
    return case.holds("3A090.b") & case.within("to", "advanced_scope_2026")


@provision(
    HEADQUARTERS_UPPER,
    Requires(),
    rule="ac-2023",
    start="2023-11-17",
    end="2026-07-10",
    cites=HEADQUARTERS,
    kinds=CIRCUITS,
    until=("diffusion-2025",),
    replaced_by="uae-2026",
)
def upper_by_headquarters(case: Case) -> Truth:
    """3A090.a to any other destination for a party with headquarters, or an ultimate parent, in D:5 or Macau."""
    return case.holds("3A090.a") & _beyond_the_groups(case, "advanced_scope")


@provision(
    HEADQUARTERS_UPPER,
    Requires(),
    rule="uae-2026",
    start="2026-07-10",
    cites=HEADQUARTERS,
    kinds=CIRCUITS,
    until=("diffusion-2025",),
)
def upper_by_headquarters_2026(case: Case) -> Truth:
    """The same, around the destinations as of July 2026."""
    return case.holds("3A090.a") & _beyond_the_groups(case, "advanced_scope_2026")


@provision(
    HEADQUARTERS_LOWER,
    Requires(),
    rule="ac-2023",
    start="2023-11-17",
    end="2026-07-10",
    cites=HEADQUARTERS,
    kinds=CIRCUITS,
    replaced_by="uae-2026",
)
def lower_by_headquarters(case: Case) -> Truth:
    """3A090.b to any other destination for a party with headquarters, or an ultimate parent, in D:5 or Macau."""
    return case.holds("3A090.b") & _beyond_the_groups(case, "advanced_scope")


@provision(HEADQUARTERS_LOWER, Requires(), rule="uae-2026", start="2026-07-10", cites=HEADQUARTERS, kinds=CIRCUITS)
def lower_by_headquarters_2026(case: Case) -> Truth:
    """The same, around the destinations as of July 2026."""
    return case.holds("3A090.b") & _beyond_the_groups(case, "advanced_scope_2026")


@provision(
    "Ethiopia and Country Group D:5",
    Informs(
        "Ethiopia counts here as in Country Group D:5: the State Department put it on its list of embargoed countries on 2021-11-01 (22 CFR 126.1), and by the note to D:5 "
        "that list controls. The table of BIS does not name it, so its practice may differ; whether it left the list since was not seen."
    ),
    rule="ac-2023",
    start="2023-11-17",
    cites="supp. 1 to part 740, note to Country Group D:5; 22 CFR 126.1",
    kinds=(*CIRCUITS, "hbm"),
)
def ethiopia(case: Case) -> Truth:
    """Remark where the table and the list behind it part."""
    held = case.holds("3A090.a") | case.holds("3A090.b") | case.holds("3A090.c")
    return held & (case.named("to", "ET") | case.named("hq", "ET"))
