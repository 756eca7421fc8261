"""Older and wider requirements: listed parties, prohibited end uses.

They decide outcomes, yet stand in the background: where only they exist, the chip controls read as not in force.
"""

from leadtime.rules.books.us_ear.embargoes import subject
from leadtime.rules.engine import Case, Informs, Requires, Review, Reviews, Truth, provision

ANY = ("chip", "hbm", "weights", "die", "technology")
GOODS = ("chip", "hbm", "die")
BACKGROUND = Requires(background=True)
DENIED = (
    "supercomputer end use",
    "advanced fabrication end use",
    "military end use",
    "military end use in Russia and Belarus",
    "weapons end use",
)


@provision("Entity List", BACKGROUND, rule="entity-list", start="2010-01-01", cites="15 CFR 744.11", kinds=ANY)
def entity_list(case: Case) -> Truth:
    """Any item subject to the rules to a listed party; entries differ in scope and in review policy."""
    return case.within("consignee", "entity_list") & subject(case)


@provision(
    "policy of a listed party's entry",
    Informs(
        "The consignee stands on the Entity List. Its entry states which items need a licence and how applications are decided, often with a presumption "
        "of denial; entries are not held here, and where theirs is the stricter policy it counts. No license exception is open unless the entry "
        "says so."
    ),
    rule="entity-list",
    start="2010-01-01",
    cites="15 CFR 744.11(a); supp. 4 to part 744",
    kinds=ANY,
)
def entry_policy(case: Case) -> Truth:
    """Remark on listed consignees."""
    return case.holds("Entity List")


@provision(
    "supercomputer end use",
    BACKGROUND,
    rule="ac-2022",
    start="2022-10-21",
    end="2023-11-17",
    cites="15 CFR 744.23(a)(1)",
    kinds=GOODS,
    replaced_by="ac-2023",
)
def supercomputer_2022(case: Case) -> Truth:
    """Circuits and computers for a supercomputer in China: 100 FP64 or 200 FP32 petaflops within 41,600 cubic feet."""
    return case.among("end_use", "supercomputer") & case.within("to", "china_macau")


@provision(
    "supercomputer end use", BACKGROUND, rule="ac-2023", start="2023-11-17", cites="15 CFR 744.23(a)(1)", kinds=GOODS
)
def supercomputer(case: Case) -> Truth:
    """The same in Macau or Country Group D:5."""
    return case.among("end_use", "supercomputer") & case.within("to", "d5_macau")


@provision(
    "advanced fabrication end use",
    BACKGROUND,
    rule="ac-2022",
    start="2022-10-07",
    end="2023-11-17",
    cites="15 CFR 744.23(a)(2)",
    kinds=GOODS,
    replaced_by="ac-2023",
)
def fabrication_2022(case: Case) -> Truth:
    """Any item for the making of advanced-node circuits in China."""
    return case.among("end_use", "advanced_fab") & case.within("to", "china_macau")


@provision(
    "advanced fabrication end use",
    BACKGROUND,
    rule="ac-2023",
    start="2023-11-17",
    cites="15 CFR 744.23(a)(2)",
    kinds=GOODS,
)
def fabrication(case: Case) -> Truth:
    """The same in Macau or Country Group D:5."""
    return case.among("end_use", "advanced_fab") & case.within("to", "d5_macau")


@provision(
    "military end use",
    BACKGROUND,
    rule="military-2020",
    start="2020-06-29",
    end="2021-03-08",
    cites="744.21(a)",
    kinds=GOODS,
)
def military_2020(case: Case) -> Truth:
    """Items of supp. 2 to part 744 for a military end use or end user in China, Russia or Venezuela."""
    return case.among("end_use", "military") & case.within("to", "military_end_use_2020")


@provision(
    "military end use",
    BACKGROUND,
    rule="military-2020",
    start="2021-03-08",
    end="2021-12-09",
    cites="744.21(a)",
    kinds=GOODS,
)
def military_burma(case: Case) -> Truth:
    """The same, with Burma."""
    there = case.within("to", "military_end_use_2020") | case.named("to", "MM")
    return case.among("end_use", "military") & there


@provision(
    "military end use",
    BACKGROUND,
    rule="military-2020",
    start="2021-12-09",
    end="2022-02-24",
    cites="744.21(a)",
    kinds=GOODS,
)
def military_cambodia(case: Case) -> Truth:
    """The same, with Cambodia."""
    there = case.within("to", "military_end_use") | case.within("to", "russia")
    return case.among("end_use", "military") & there


@provision(
    "military end use",
    BACKGROUND,
    rule="military-2020",
    start="2022-02-24",
    end="2024-03-15",
    cites="744.21(a)(1)",
    kinds=GOODS,
    replaced_by="nicaragua-2024",
)
def military(case: Case) -> Truth:
    """Items of supp. 2 to part 744 for a military end use or end user in the countries named; Russia has a paragraph of its own."""
    return case.among("end_use", "military") & case.within("to", "military_end_use")


@provision("military end use", BACKGROUND, rule="nicaragua-2024", start="2024-03-15", cites="744.21(a)(1)", kinds=GOODS)
def military_2024(case: Case) -> Truth:
    """The same, with Nicaragua."""
    return case.among("end_use", "military") & case.within("to", "military_end_use_2024")


@provision(
    "military end use in Russia and Belarus",
    BACKGROUND,
    rule="russia-2022",
    start="2022-02-24",
    end="2022-03-02",
    cites="744.21(a)(2)",
    kinds=ANY,
)
def military_russia(case: Case) -> Truth:
    """Any item subject to the rules for a military end use or end user in Russia."""
    return case.among("end_use", "military") & case.within("to", "russia") & subject(case)


@provision(
    "military end use in Russia and Belarus",
    BACKGROUND,
    rule="russia-2022",
    start="2022-03-02",
    cites="744.21(a)(2)",
    kinds=ANY,
)
def military_russia_and_belarus(case: Case) -> Truth:
    """Any item subject to the rules for a military end use or end user in Russia or Belarus."""
    there = case.within("to", "russia") | case.within("to", "belarus")
    return case.among("end_use", "military") & there & subject(case)


@provision(
    "which items a military end use reaches",
    Informs(
        "744.21(a)(1) reaches the items of supp. 2 to part 744, among them 3A991, 4A994 and 5A992, under which circuits and computers outside 3A090 usually "
        "fall; what is EAR99 it does not reach. Firms of the list of military end users (supp. 7), and military-intelligence users (744.22), are not "
        "held here."
    ),
    rule="military-2020",
    start="2020-06-29",
    cites="744.21(a)(1); supp. 2 to part 744",
    kinds=GOODS,
)
def supplement_2(case: Case) -> Truth:
    """Remark where the end use is what asks for a licence."""
    return case.holds("military end use")


@provision(
    "military end use elsewhere",
    Informs(
        "744.21 does not name this destination on the day asked, so a military end use adds nothing. Since March 2024 it names Burma, Cambodia, China, Nicaragua and "
        "Venezuela, and Russia and Belarus for any item; Macau is not named."
    ),
    rule="military-2020",
    start="2020-06-29",
    cites="744.21(a)",
    kinds=GOODS,
)
def military_elsewhere(case: Case) -> Truth:
    """Remark where a military end use is stated and no paragraph reaches it."""
    reached = case.holds("military end use") | case.holds("military end use in Russia and Belarus")
    return case.among("end_use", "military") & ~reached & ~case.within("to", "united_states")


@provision(
    "which items a supercomputer end use reaches",
    Informs(
        "744.23(a)(1) reaches circuits of 3A001, 3A991, 4A994, 5A002, 5A004 and 5A992, and computers, assemblies and components of 4A003, 4A004, 4A994, 5A002, 5A004 and "
        "5A992, for a supercomputer of 100 FP64 or 200 FP32 petaflops within 41,600 cubic feet; what is EAR99 it does not reach."
    ),
    rule="ac-2022",
    start="2022-10-21",
    cites="15 CFR 744.23(a)(1)",
    kinds=GOODS,
)
def supercomputer_items(case: Case) -> Truth:
    """Remark where the end use is what asks for a licence."""
    return case.holds("supercomputer end use")


@provision("weapons end use", BACKGROUND, rule="weapons", start="2010-01-01", cites="744.2, 744.3, 744.4", kinds=ANY)
def weapons(case: Case) -> Truth:
    """Any item for nuclear, missile, chemical or biological weapons."""
    return case.among("end_use", "wmd") & ~case.within("to", "united_states") & subject(case)


@provision(
    "denial of end uses",
    Reviews(Review.REFUSED, of=DENIED),
    rule="weapons",
    start="2010-01-01",
    cites="part 744",
    kinds=ANY,
)
def refused(case: Case) -> Truth:
    """Policy or presumption of denial, with narrow exceptions that are not modelled."""
    return ~case.within("to", "united_states")


@provision(
    "what advanced fabs are told besides",
    Informs(
        "Tools for making circuits (3B001, 3B993, 3B994), the product rules for them, and support by US persons (15 CFR 744.6(c)) are outside this book: "
        "nothing is judged of them."
    ),
    rule="ac-2022",
    start="2022-10-07",
    cites="88 FR 73424; 15 CFR 744.6(c), 734.9(e)(3), (k)",
    kinds=GOODS,
)
def tools(case: Case) -> Truth:
    """Remark on what the book does not hold about fabs."""
    return case.among("end_use", "advanced_fab")
