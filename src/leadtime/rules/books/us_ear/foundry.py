"""Note 1 to 3A090.a: what a foundry or a packaging firm exports is presumed to be an accelerator."""

from leadtime.rules.engine import Case, Classifies, Defines, Truth, provision

NOTE = "supp. 1 to part 774, note 1 to 3A090.a"


def _attested(case: Case) -> Truth:
    few = case.stays_under("n_transistors", "foundry.n_transistors")
    few_without_memory = ~case.flag("has_hbm") & case.stays_under("n_transistors", "foundry.n_transistors_without_hbm")
    by_fabricator = case.among("packager", "fabricator") & ~case.flag("packaged_in_embargoed")
    return (by_fabricator | case.among("packager", "approved_osat")) & (few | few_without_memory)


def _presumed(case: Case, *trusted: str) -> Truth:
    exporter = case.among("seller", "fabricator", "osat")
    return case.flag("advanced_node") & exporter & ~case.among("designer_status", *trusted) & ~_attested(case)


@provision(
    "foundry presumption",
    Defines(),
    rule="foundry-2025",
    start="2025-01-16",
    end="2027-01-01",
    cites=NOTE,
    kinds=("die",),
)
def presumption(case: Case) -> Truth:
    """An advanced-node die is presumed unless a trusted designer attests, or a trusted packager counts few transistors."""
    return _presumed(case, "approved", "authorized", "authorized_pending")


@provision("foundry presumption", Defines(), rule="foundry-2025", start="2027-01-01", cites=NOTE, kinds=("die",))
def presumption_2027(case: Case) -> Truth:
    """From 2027 an authorized designer counts only while an application of his is pending, for 180 days."""
    return _presumed(case, "approved", "authorized_pending")


@provision("3A090.a", Classifies("3A090.a"), rule="foundry-2025", start="2025-01-16", cites=NOTE, kinds=("die",))
def presumed_upper_tier(case: Case) -> Truth:
    """What is presumed is 3A090.a, and designed or marketed for data centres."""
    return case.holds("foundry presumption")
