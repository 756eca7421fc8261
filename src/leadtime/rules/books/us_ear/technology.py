"""Technology for advanced computing items (3E001, 4E001): shipped, or released to a foreign person.

The destination of a release is the country of the person's latest citizenship or permanent residency (734.13(b)).
"""

from leadtime.rules.books.us_ear.density import sensitive
from leadtime.rules.books.us_ear.embargoes import subject
from leadtime.rules.engine import Case, Classifies, Informs, Requires, Review, Reviews, Truth, provision

TECHNOLOGY = ("technology",)
CIRCUITS = "licence for technology of 3A090"
COMPUTERS = "licence for technology of 4A090"
WORLDWIDE = "worldwide licence for technology of 4A090.a"
MEMORY = "licence for technology of 3A090.c"
ORIGIN = "licence for technology from Macau or D:5"
UNREAD = "licence for technology under other paragraphs"
LICENCES = (CIRCUITS, COMPUTERS, WORLDWIDE, MEMORY, ORIGIN)
ADVANCED = ("3A090.a", "3A090.b", "3A090.c", "4A090.a", "4A090.b")


def _shipped(case: Case) -> Truth:
    """Sent or taken abroad, not merely released: 742.6(a)(6)(iv) leaves deemed exports and reexports out."""
    return ~case.flag("deemed") & subject(case) & ~case.within("to", "united_states")


def _open(case: Case) -> Truth:
    """Technology of other entries, or for parties from Macau or D:5 elsewhere: 744.23(a)(3) was not read for technology."""
    headquarters = case.within("hq", "d5_macau") & ~case.within("to", "d5_macau") & ~case.flag("deemed")
    return (case.among("technology_for", "other") | headquarters) & ~case.within("to", "united_states")


def _emirates(case: Case) -> Truth:
    """Technology of 3A090 to the Emirates since they left the groups of its row."""
    left = case.within("to", "emirates") & ~case.within("to", "advanced_scope")
    return case.among("technology_for", "3A090.a", "3A090.b") & left & ~case.flag("deemed") & subject(case)


@provision(
    "3E001",
    Classifies("3E001"),
    rule="ac-2022",
    start="2022-10-21",
    cites="supp. 1 to part 774, 3E001",
    kinds=TECHNOLOGY,
)
def for_circuits(case: Case) -> Truth:
    """Technology for the development or production of circuits of 3A090."""
    return case.among("technology_for", "3A090.a", "3A090.b", "3A090.c") & subject(case)


@provision(
    "4E001",
    Classifies("4E001"),
    rule="ac-2022",
    start="2022-10-21",
    cites="supp. 1 to part 774, 4E001",
    kinds=TECHNOLOGY,
)
def for_computers(case: Case) -> Truth:
    """Technology for the development or production of computers of 4A090."""
    return case.among("technology_for", "4A090.a", "4A090.b") & subject(case)


@provision(
    CIRCUITS,
    Requires(),
    rule="ac-2022",
    start="2022-10-21",
    end="2023-01-17",
    cites="15 CFR 742.6(a)(6)(i)",
    kinds=TECHNOLOGY,
    replaced_by="macau-2023",
)
def circuits_to_china(case: Case) -> Truth:
    """3E001 for 3A090 to or within China."""
    return case.among("technology_for", "3A090.a", "3A090.b") & case.within("to", "china") & _shipped(case)


@provision(
    CIRCUITS,
    Requires(),
    rule="macau-2023",
    start="2023-01-17",
    end="2023-11-17",
    cites="15 CFR 742.6(a)(6)(i)",
    kinds=TECHNOLOGY,
    replaced_by="ac-2023",
)
def circuits_to_china_or_macau(case: Case) -> Truth:
    """3E001 for 3A090 to or within China or Macau."""
    return case.among("technology_for", "3A090.a", "3A090.b") & case.within("to", "china_macau") & _shipped(case)


@provision(
    CIRCUITS,
    Requires(),
    rule="ac-2023",
    start="2023-11-17",
    cites="15 CFR 742.6(a)(6)(iii); 3E001, licence requirements",
    kinds=TECHNOLOGY,
)
def circuits_to_groups(case: Case) -> Truth:
    """3E001 for 3A090.a or .b to Country Groups D:1, D:4 or D:5 that are not also in A:5 or A:6."""
    return case.among("technology_for", "3A090.a", "3A090.b") & case.within("to", "advanced_scope") & _shipped(case)


@provision(
    COMPUTERS,
    Requires(),
    rule="ac-2022",
    start="2022-10-21",
    end="2023-01-17",
    cites="15 CFR 742.6(a)(6)(i)",
    kinds=TECHNOLOGY,
    replaced_by="macau-2023",
)
def computers_to_china(case: Case) -> Truth:
    """4E001 for 4A090 to or within China."""
    return case.among("technology_for", "4A090.a", "4A090.b") & case.within("to", "china") & _shipped(case)


@provision(
    COMPUTERS,
    Requires(),
    rule="macau-2023",
    start="2023-01-17",
    end="2023-11-17",
    cites="15 CFR 742.6(a)(6)(i)",
    kinds=TECHNOLOGY,
    replaced_by="ac-2023",
)
def computers_to_china_or_macau(case: Case) -> Truth:
    """4E001 for 4A090 to or within China or Macau."""
    return case.among("technology_for", "4A090.a", "4A090.b") & case.within("to", "china_macau") & _shipped(case)


@provision(
    COMPUTERS,
    Requires(),
    rule="ac-2023",
    start="2023-11-17",
    end="2026-07-10",
    cites="15 CFR 742.6(a)(6)(iii); 4E001, licence requirements",
    kinds=TECHNOLOGY,
    replaced_by="uae-2026",
)
def computers_to_groups(case: Case) -> Truth:
    """4E001 for 4A090 to Country Groups D:1, D:4 or D:5 that are not also in A:5 or A:6."""
    return case.among("technology_for", "4A090.a", "4A090.b") & case.within("to", "advanced_scope") & _shipped(case)


@provision(
    COMPUTERS,
    Requires(),
    rule="uae-2026",
    start="2026-07-10",
    cites="15 CFR 742.6(a)(6)(iii)(B); 4E001, licence requirements",
    kinds=TECHNOLOGY,
)
def computers_to_groups_2026(case: Case) -> Truth:
    """The same, with the United Arab Emirates named although they left the groups."""
    return (
        case.among("technology_for", "4A090.a", "4A090.b") & case.within("to", "advanced_scope_2026") & _shipped(case)
    )


@provision(
    WORLDWIDE,
    Requires(),
    rule="diffusion-2025",
    start="2025-01-13",
    cites="15 CFR 742.6(a)(6)(iii)(A); 4E001, licence requirements",
    kinds=TECHNOLOGY,
)
def computers_worldwide(case: Case) -> Truth:
    """4E001 for 4A090.a to any destination."""
    return case.among("technology_for", "4A090.a") & _shipped(case)


@provision(
    MEMORY,
    Requires(),
    rule="hbm-2024",
    start="2024-12-02",
    cites="15 CFR 742.6(a)(6)(i)(B); 3E001, licence requirements",
    kinds=TECHNOLOGY,
)
def memory(case: Case) -> Truth:
    """3E001 for 3A090.c to or within Macau or Country Group D:5."""
    return case.among("technology_for", "3A090.c") & case.within("to", "d5_macau") & _shipped(case)


@provision(
    ORIGIN,
    Requires(),
    rule="ac-2023",
    start="2023-11-17",
    cites="15 CFR 742.6(a)(6)(ii); 3E001, licence requirements",
    kinds=TECHNOLOGY,
)
def from_embargoed(case: Case) -> Truth:
    """3E001 for 3A090 worldwide, when exported from Macau or Country Group D:5."""
    circuits = case.among("technology_for", "3A090.a", "3A090.b", "3A090.c")
    return circuits & case.within("origin", "d5_macau") & ~case.flag("deemed") & subject(case)


@provision(
    UNREAD,
    Requires(),
    rule="technology-unread",
    start="2022-10-21",
    cites="other entries; 744.23(a)(3); 742.6(a)(6)(iii)",
    kinds=TECHNOLOGY,
)
def unread(case: Case) -> Truth:
    """Where a paragraph that was not read may ask for a licence: only the asker can say."""
    return (_open(case) | _emirates(case)) & case.flag("other_licence") & subject(case)


@provision(
    "review of technology, 2022 text",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=(CIRCUITS, COMPUTERS)),
    rule="ac-2022",
    start="2022-10-21",
    end="2023-11-17",
    cites="15 CFR 742.6(b)(10)",
    kinds=TECHNOLOGY,
    replaced_by="ac-2023",
)
def denial_2022(case: Case) -> Truth:
    """Presumption of denial for all items to China or Macau."""
    return case.within("to", "china_macau")


@provision(
    "review of technology since January 2026",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=(CIRCUITS, COMPUTERS, WORLDWIDE)),
    rule="h200-2026",
    start="2026-01-15",
    cites="15 CFR 742.6(b)(10)(iii)(A)(1)",
    kinds=TECHNOLOGY,
)
def denial_2026(case: Case) -> Truth:
    """Presumption of denial to D:5 or Macau and for parties from there: case by case is for commodities only."""
    return sensitive(case)


@provision(
    "review of technology, upper tier",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=(CIRCUITS, COMPUTERS, WORLDWIDE)),
    rule="ac-2023",
    start="2023-11-17",
    cites="15 CFR 742.6(b)(10)",
    kinds=TECHNOLOGY,
)
def denial_upper(case: Case) -> Truth:
    """Presumption of denial for technology of 3A090.a and 4A090.a to D:5 or Macau and for parties from there."""
    return case.among("technology_for", "3A090.a", "4A090.a") & sensitive(case)


@provision(
    "review of technology, lower tier",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=(CIRCUITS, COMPUTERS)),
    rule="ac-2023",
    start="2023-11-17",
    end="2024-12-02",
    cites="15 CFR 742.6(b)(10)(ii)",
    kinds=TECHNOLOGY,
    replaced_by="fdp-2024",
)
def denial_lower(case: Case) -> Truth:
    """The same for 3A090.b and 4A090.b, until December 2024; what was then said of technology was not read."""
    return sensitive(case)


@provision(
    "review of technology elsewhere",
    Reviews(Review.PRESUMPTION_OF_APPROVAL, of=(CIRCUITS, COMPUTERS, WORLDWIDE)),
    rule="ac-2023",
    start="2023-11-17",
    cites="15 CFR 742.6(b)(10)",
    kinds=TECHNOLOGY,
)
def approval(case: Case) -> Truth:
    """Presumption of approval for the other destinations in scope."""
    return ~sensitive(case)


@provision(
    "review of technology of memory",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=(MEMORY,)),
    rule="hbm-2024",
    start="2024-12-02",
    cites="15 CFR 742.6(b)(10)(ii)",
    kinds=TECHNOLOGY,
)
def denial_memory(case: Case) -> Truth:
    """Presumption of denial for parties with headquarters or an ultimate parent in Macau or D:5."""
    return case.within("hq", "d5_macau")


@provision(
    "release to a foreign person",
    Informs(
        "A release of technology or source code to a foreign person in the United States is a deemed export to the country of that person's latest "
        "citizenship or permanent residency (734.13(a)(2), (b)): that country is the destination here. The requirements for advanced computing leave "
        "deemed exports and reexports out; embargoes, end-use rules and what other entries ask stay."
    ),
    rule="ac-2022",
    start="2022-10-21",
    cites="15 CFR 734.13(a)(2), (b), 734.15; 742.6(a)(6)(iv)",
    kinds=TECHNOLOGY,
)
def release(case: Case) -> Truth:
    """Remark on deemed exports."""
    return case.flag("deemed")


@provision(
    "technology not held here",
    Informs(
        "Only technology for 3A090 and 4A090 is held here. Whether an entry of its own or the headquarters rule (744.23(a)(3)) asks for a licence was not read: "
        "write other_licence: true or false in the description."
    ),
    rule="technology-unread",
    start="2022-10-21",
    cites="other entries; 744.23(a)(3)",
    kinds=TECHNOLOGY,
)
def not_held(case: Case) -> Truth:
    """Remark where a paragraph that was not read may decide."""
    return _open(case)


@provision(
    "technology to the United Arab Emirates",
    Informs(
        "The row of 3E001 does not name the United Arab Emirates, which left Country Groups D:3 and D:4 on 2026-07-10, while the rows of 3A090.b and 4E001 do. Whether "
        "742.6(a)(6)(iii) asks a licence for this technology all the same was not settled: write other_licence: true or false in the description."
    ),
    rule="technology-unread",
    start="2022-10-21",
    cites="3E001, licence requirements; 742.6(a)(6)(iii)",
    kinds=TECHNOLOGY,
)
def emirates_open(case: Case) -> Truth:
    """Remark where two parts of the text may part."""
    return _emirates(case)
