"""Company letters of August 2022: the A100's peak performance and its chip-to-chip bandwidth, both reached."""

from leadtime.rules.engine import Case, Requires, Truth, provision


@provision(
    "letter of August 2022",
    Requires(),
    rule="letter-2022",
    start="2022-08-26",
    end="2022-10-21",
    cites="15 CFR 744.21(b), 744.6(c)",
    ahead_of="ac-2022",
)
def letter(case: Case) -> Truth:
    """A letter tells NVIDIA and AMD that circuits at or above the A100's level need a licence for China and Russia.

    Ends here with the rule of October 2022, which reaches the same circuits in China.
    """
    return (
        case.among("vendor", "NVIDIA", "AMD")
        & case.reaches("tpp", "letters_2022.tpp")
        & case.reaches("interconnect_gb_s", "letters_2022.interconnect_gb_s")
        & case.within("to", "china_russia")
    )
