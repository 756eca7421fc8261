"""Guidance, money and neighbours: what an answer must carry besides the licence."""

from leadtime.rules.books.us_ear import scope
from leadtime.rules.engine import Case, Informs, Lifts, Requires, Truth, provision

CIRCUITS = ("chip", "die")
ANY = ("chip", "hbm", "weights", "die", "technology")
CHIP_LICENCES = (
    "letter of August 2022",
    "destination licence, 2022 text",
    "letter of October 2023",
    "letter of April 2025",
    scope.UPPER,
    scope.LOWER,
    scope.HEADQUARTERS_UPPER,
    scope.HEADQUARTERS_LOWER,
    "worldwide licence for 3A090.a",
)


@provision(
    "remote access",
    Lifts("no export", of=CHIP_LICENCES),
    rule="remote-access",
    start="2022-08-26",
    cites="no provision reaches remote use",
)
def remote_access(case: Case) -> Truth:
    """Renting the use of a circuit that stays where it is exports nothing; proposals to change this are not law."""
    return case.among("end_use", "remote_access")


@provision(
    "access from afar",
    Informs(
        "No provision reaches the renting of computing power as such. A rule on knowing one's cloud customers (89 FR 5698) was only proposed, and the "
        "Remote Access Security Act is not law; use for military ends or weapons can need a licence, and a case-by-case licence of 2026 asks the "
        "consignee to prevent unauthorised remote access."
    ),
    rule="remote-access",
    start="2022-08-26",
    cites="no provision",
)
def access_remark(case: Case) -> Truth:
    """Remark on remote use."""
    return case.among("end_use", "remote_access")


@provision(
    "General Prohibition 10", Requires(), rule="gp10-2025", start="2025-05-13", cites="15 CFR 736.2(b)(10), 764.2(e)"
)
def ascend(case: Case) -> Truth:
    """Ascend 910B, 910C and 910D are presumed to be made in breach: any sale or use anywhere needs authorisation."""
    return case.among("named", "ascend_910bcd")


@provision(
    "GP10 guidance on Ascend",
    Informs(
        "BIS presumes Ascend 910B, 910C and 910D to be made in breach of the rules; buying, selling or using them anywhere risks a violation. Technical analysis is carved out."
    ),
    rule="gp10-2025",
    start="2025-05-13",
    cites="15 CFR 736.2(b)(10), 764.2(e)",
)
def ascend_remark(case: Case) -> Truth:
    """Remark for the circuits named."""
    return case.among("named", "ascend_910bcd")


@provision(
    "certification for January 2026 review",
    Informs(
        "With the certifications of supp. 2 to part 748, (dd), and shipments to China and Macau within half of those for US end use, "
        "review would be case by case (--certified); each shipment is tested by a US laboratory first."
    ),
    rule="h200-2026",
    start="2026-01-15",
    cites="15 CFR 742.6(b)(10)(iii)",
)
def certification(case: Case) -> Truth:
    """Remark where only the certification is missing; no prohibited end use or listed party can be certified away."""
    barred = case.among("end_use", "military", "supercomputer", "advanced_fab", "wmd") | case.within(
        "consignee", "entity_list"
    )
    return (
        (case.holds(scope.UPPER) | case.holds("worldwide licence for 3A090.a"))
        & case.stays_under("tpp", "review.tpp_case_by_case")
        & case.stays_under("memory_bandwidth_gb_s", "review.memory_bandwidth_case_by_case_gb_s")
        & case.within("to", "china_macau")
        & case.within("origin", "united_states")
        & case.flag("on_sale_in_us_2026")
        & ~case.flag("certified")
        & ~barred
    )


@provision(
    "volume cap",
    Informs(
        "Shipments of this chip to China and Macau together may not pass 50 % of those to customers for end use in the United States."
    ),
    rule="h200-2026",
    start="2026-01-15",
    cites="supp. 2 to part 748, (dd)",
)
def volume_cap(case: Case) -> Truth:
    """Remark on licences under the policy of January 2026."""
    return case.holds("review of January 2026") & (
        case.holds(scope.UPPER) | case.holds("worldwide licence for 3A090.a")
    )


@provision(
    "section 232 tariff",
    Informs(
        "Imports into the United States of circuits in two bands of performance and bandwidth pay 25 %; those that pass through the United States on their way abroad pay it too, US data centres and research do not."
    ),
    rule="tariff-2026",
    start="2026-01-15",
    cites="section 232",
)
def tariff(case: Case) -> Truth:
    """Remark for circuits in one of the two bands."""

    def band(name: str) -> Truth:
        return (
            case.reaches("tpp", f"guidance.tariff_{name}_tpp_from")
            & case.stays_under("tpp", f"guidance.tariff_{name}_tpp_to")
            & case.reaches("memory_bandwidth_gb_s", f"guidance.tariff_{name}_gb_s_from")
            & case.stays_under("memory_bandwidth_gb_s", f"guidance.tariff_{name}_gb_s_to")
        )

    return (band("low") | band("high")) & case.within("origin", "united_states")


@provision(
    "headquarters guidance",
    Informs(
        "BIS confirmed that a licence is needed outside the United States for parties with headquarters in D:5 or Macau; operators of data centres acting in good "
        "faith need not stop using, storing or servicing what they already have until further notice."
    ),
    rule="headquarters-2026",
    start="2026-05-31",
    cites="742.6(a)(6)(iii)(A), 744.23(a)(3)",
    kinds=CIRCUITS,
)
def headquarters(case: Case) -> Truth:
    """Remark for parties with headquarters in D:5 or Macau, outside these countries and the United States."""
    elsewhere = ~case.within("to", "d5_macau") & ~case.within("to", "united_states")
    return (case.holds("3A090.a") | case.holds("3A090.b")) & case.within("hq", "d5_macau") & elsewhere


@provision(
    "diffusion framework not enforced",
    Informs(
        "The diffusion framework of January 2025 still stands in the text and asks a licence for 3A090.a worldwide; BIS does not enforce it. "
        "The policy it applies meanwhile to 3A090.b, and to 3A090.a not for data centres, is stated nowhere.",
    ),
    rule="ac-2023",
    start="2025-05-13",
    cites="742.6(a)(6)(iii)(A); BIS press release of 2025-05-13",
    kinds=CIRCUITS,
    until=("diffusion-2025", "h200-2026"),
)
def framework(case: Case) -> Truth:
    """Remark where text and enforcement part."""
    return (case.holds("3A090.a") | case.holds("3A090.b")) & ~case.within("to", "united_states")


@provision(
    "diffusion framework not enforced",
    Informs(
        "The diffusion framework of January 2025 still stands in the text and asks a licence for 3A090.a worldwide; BIS does not enforce it."
    ),
    rule="h200-2026",
    start="2026-01-15",
    cites="742.6(a)(6)(iii)(A); BIS press release of 2025-05-13",
    kinds=CIRCUITS,
    until=("diffusion-2025",),
)
def framework_2026(case: Case) -> Truth:
    """Remark where text and enforcement part, after the review policy was written anew."""
    return (case.holds("3A090.a") | case.holds("3A090.b")) & ~case.within("to", "united_states")


@provision(
    "Malaysian permit",
    Informs(
        "Malaysia asks a strategic trade permit for the export, transit or transshipment of high-performance AI chips of US origin."
    ),
    rule="malaysia-2025",
    start="2025-07-14",
    cites="announcement of 2025-07-14",
    kinds=CIRCUITS,
)
def malaysia(case: Case) -> Truth:
    """Remark on goods to or from Malaysia, which are of US origin as far as they are not named as Chinese ones."""
    there = case.within("to", "malaysia") | case.within("origin", "malaysia")
    return there & ~case.among("named", "ascend_910bcd") if "named" in case.facts else there


@provision(
    "Korean controls",
    Informs("South Korea controls exports of AI chips and tools of its own since September 2026."),
    rule="korea-2026",
    start="2026-09-01",
    cites="amended notice",
    kinds=("chip", "hbm", "die"),
)
def korea(case: Case) -> Truth:
    """Remark on goods from South Korea."""
    return case.within("origin", "korea")


@provision(
    "deemed exports not judged",
    Informs(
        "A transfer inside the United States exports nothing. Releasing technology or source code to a foreign person there can be a deemed export to that "
        "person's country: describe it with kind: technology and deemed: true. The requirements for 3A090 leave deemed exports out."
    ),
    rule="ac-2023",
    start="2023-11-17",
    cites="15 CFR 742.6(a)(6)(iv)",
    kinds=ANY,
)
def deemed_exports(case: Case) -> Truth:
    """Remark on items that stay in the United States."""
    return case.within("to", "united_states")
