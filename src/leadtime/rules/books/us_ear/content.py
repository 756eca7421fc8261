"""De minimis content: whether an item made abroad is subject to the regulations by what it holds of US origin."""

from leadtime.rules.books.us_ear import connectivity, diffusion, embargoes, letters_2025, memory, scope
from leadtime.rules.engine import Case, Informs, Lifts, Truth, provision

GOODS = ("chip", "hbm", "die")
CITES = "15 CFR 734.4(c), (d); supp. 2 to part 734"
LICENCES = (
    "letter of August 2022",
    connectivity.DESTINATION,
    "letter of October 2023",
    letters_2025.LETTER,
    scope.UPPER,
    scope.LOWER,
    scope.HEADQUARTERS_UPPER,
    scope.HEADQUARTERS_LOWER,
    diffusion.WORLDWIDE,
    memory.DESTINATION,
    memory.HEADQUARTERS,
    embargoes.EMBARGO,
    embargoes.RUSSIA,
    "Entity List",
    "affiliates of listed parties",
    "supercomputer end use",
    "advanced fabrication end use",
    "military end use",
    "military end use in Russia and Belarus",
    "weapons end use",
)
"""Requirements for items subject to the regulations; General Prohibition 10 is about a breach, not about content."""


def _within_share(case: Case) -> Truth:
    """Ten per cent at most to Country Groups E:1 and E:2, twenty-five elsewhere."""
    strict = case.within("to", "embargoed")
    return (strict & case.stays_under("us_content_frac", "content.strict_frac")) | (
        ~strict & case.stays_under("us_content_frac", "content.general_frac")
    )


def _stated(case: Case) -> Truth:
    return case.flag("us_content_stated") & ~case.within("origin", "united_states")


@provision(
    "de minimis", Lifts("de minimis", of=LICENCES), rule="de-minimis", start="2010-01-01", cites=CITES, kinds=GOODS
)
def below(case: Case) -> Truth:
    """Made abroad, little controlled US content, and no product rule met: not subject to the regulations."""
    return _stated(case) & _within_share(case) & ~case.flag("direct_product")


@provision(
    "US content within the share",
    Informs(
        "The share of controlled US content lets the item pass by content (25 %; 10 % to Country Groups E:1 and E:2). Only content of US origin that would itself need a "
        "licence for the destination counts, by fair market value. A product rule of 734.9 asks nothing of the share: whether one is met decides then "
        "(--direct-product or --no-direct-product)."
    ),
    rule="de-minimis",
    start="2010-01-01",
    cites=CITES,
    kinds=GOODS,
)
def within_remark(case: Case) -> Truth:
    """Remark where the share is small."""
    return _stated(case) & _within_share(case)


@provision(
    "US content above the share",
    Informs(
        "With more controlled US content than de minimis (25 %; 10 % to Country Groups E:1 and E:2) an item made abroad is subject to the regulations like one of US origin."
    ),
    rule="de-minimis",
    start="2010-01-01",
    cites=CITES,
    kinds=GOODS,
)
def above_remark(case: Case) -> Truth:
    """Remark where the share is large."""
    return _stated(case) & ~_within_share(case)
