"""Foreign direct product rules: when an item made abroad is subject to the regulations at all.

The destinations of 734.9(h) are those of the licence requirement, so the rule decides no outcome by itself. It answers the other
question: whether a circuit that never touched the United States falls under the requirement. What it was made with is not asked.
"""

from leadtime.rules.engine import Case, Informs, Truth, provision

ITEMS = ("chip", "hbm", "die")
NAME = "advanced computing product rule"
OUTSIDE = "advanced computing product rule not met"
CITES = "15 CFR 734.9(h)"
MADE = (
    "An item made abroad is subject to the regulations, whatever its US content, if it is the direct product of technology or software in the entries "
    "of (h)(1), or of a plant or its essential equipment that is; which tools made it is not asked here."
)
OTHERWISE = (
    "Items of US origin, items that pass through the United States, and foreign items with more US content than de minimis are subject all the same "
    "(734.3(a))."
)


def _abroad(case: Case) -> Truth:
    return ~case.within("origin", "united_states") & ~case.within("to", "united_states")


def _listed(case: Case) -> Truth:
    return case.holds("3A090.a") | case.holds("3A090.b") | case.holds("3A090.c")


def _scope_2023(case: Case) -> Truth:
    return case.within("to", "advanced_scope") | case.within("hq", "d5_macau")


@provision(
    NAME,
    Informs(f"Sent from abroad, the destination is in the scope of the advanced computing product rule: China. {MADE}"),
    rule="ac-2022",
    start="2022-10-21",
    end="2023-01-17",
    cites=CITES,
    kinds=ITEMS,
    replaced_by="macau-2023",
)
def reached_2022(case: Case) -> Truth:
    """Remark: 3A090 of 2022, made abroad, to China."""
    return _abroad(case) & case.holds("3A090 (2022)") & case.within("to", "china")


@provision(
    NAME,
    Informs(
        f"Sent from abroad, the destination is in the scope of the advanced computing product rule: China or Macau. {MADE}"
    ),
    rule="macau-2023",
    start="2023-01-17",
    end="2023-11-17",
    cites=CITES,
    kinds=ITEMS,
    replaced_by="ac-2023",
)
def reached_macau(case: Case) -> Truth:
    """Remark: the same, to China or Macau."""
    return _abroad(case) & case.holds("3A090 (2022)") & case.within("to", "china_macau")


@provision(
    NAME,
    Informs(
        "Sent from abroad, the sale is in the scope of the advanced computing product rule: a destination in D:1, D:4 or D:5 outside A:5 and A:6, or a party "
        f"with headquarters or an ultimate parent in Macau or D:5 anywhere. {MADE}"
    ),
    rule="ac-2023",
    start="2023-11-17",
    cites=f"{CITES}(2)(i)",
    kinds=ITEMS,
    until=("diffusion-2025",),
)
def reached_2023(case: Case) -> Truth:
    """Remark: 3A090 of 2023, made abroad, to the groups or to a party with headquarters in Macau or D:5."""
    return _abroad(case) & _listed(case) & _scope_2023(case)


@provision(
    NAME,
    Informs(
        f"Sent from abroad, the sale is in the scope of the advanced computing product rule: any destination worldwide. {MADE}"
    ),
    rule="diffusion-2025",
    start="2025-01-13",
    cites=f"{CITES}(2)",
    kinds=ITEMS,
)
def reached_worldwide(case: Case) -> Truth:
    """Remark: the text since the diffusion framework, which knows no destination outside its scope."""
    return _abroad(case) & _listed(case)


@provision(
    OUTSIDE,
    Informs(
        f"Sent from abroad, the destination is outside the scope of the advanced computing product rule. {OTHERWISE}"
    ),
    rule="ac-2023",
    start="2023-11-17",
    cites=f"{CITES}(2)(i)",
    kinds=ITEMS,
    until=("diffusion-2025",),
)
def outside_2023(case: Case) -> Truth:
    """Remark: 3A090 of 2023, made abroad, to elsewhere."""
    return _abroad(case) & _listed(case) & ~_scope_2023(case)


@provision(
    "product rules for items outside 3A090",
    Informs(
        "Sent from abroad and outside 3A090, the item is outside the advanced computing product rule. Other product rules (Entity List footnotes, "
        f"supercomputers, tools) are not judged here. {OTHERWISE}"
    ),
    rule="ac-2023",
    start="2023-11-17",
    cites=f"{CITES}(1)",
    kinds=ITEMS,
)
def outside_entry(case: Case) -> Truth:
    """Remark: made abroad, and in no entry that the rule names."""
    return _abroad(case) & ~_listed(case)


@provision(
    "product rule for Russia and Belarus",
    Informs(
        "Sent from abroad: an item made abroad that stands in any entry of the control list is subject to the regulations if it is the direct product of US "
        "technology or software of product groups D or E, or of such a plant. From countries of supp. 3 to part 746, which control such sales "
        "themselves, this rule asks no US licence for it."
    ),
    rule="russia-2022",
    start="2022-03-02",
    cites="15 CFR 734.9(f), 746.8(a)(2), (a)(4)",
    kinds=ITEMS,
)
def russia(case: Case) -> Truth:
    """Remark on foreign-made items to Russia or Belarus."""
    return _abroad(case) & (case.within("to", "russia") | case.within("to", "belarus"))


@provision(
    "product rule for Iran",
    Informs(
        "Sent from abroad: an item made abroad that stands in an entry of categories 3 to 5 or 7 of the control list is subject to the regulations if it is the "
        "direct product of US technology or software of product groups D or E of these categories, or of such a plant. From countries of "
        "supp. 3 to part 746 this rule asks no US licence for it."
    ),
    rule="iran-2023",
    start="2023-02-24",
    end="2024-07-23",
    cites="15 CFR 734.9(j), 746.7(a)(1)(iii), (iv); 88 FR 12150",
    kinds=ITEMS,
    replaced_by="iran-2024",
)
def iran(case: Case) -> Truth:
    """Remark on foreign-made items to Iran."""
    return _abroad(case) & case.named("to", "IR")


@provision(
    "product rule for Iran",
    Informs(
        "Sent from abroad: an item made abroad that stands in an entry of categories 3 to 9 of the control list is subject to the regulations if it is the direct "
        "product of US technology or software of product groups D or E of these categories, or of such a plant; so it is wherever it goes, if the Government of "
        "Iran is a party. Countries of supp. 3 to part 746 and other exclusions are not judged here."
    ),
    rule="iran-2024",
    start="2024-07-23",
    cites="15 CFR 734.9(j); 89 FR 60563",
    kinds=ITEMS,
)
def iran_2024(case: Case) -> Truth:
    """The same, over more categories."""
    return _abroad(case) & case.named("to", "IR")
