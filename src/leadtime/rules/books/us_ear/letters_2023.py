"""Letter of October 2023: the coming rule, at once, for NVIDIA's data-centre circuits."""

from leadtime.rules.engine import Case, Requires, Truth, provision


@provision(
    "letter of October 2023",
    Requires(),
    rule="letter-2023",
    start="2023-10-23",
    end="2023-11-17",
    cites="company letter",
    ahead_of="ac-2023",
)
def letter(case: Case) -> Truth:
    """Data-centre circuits of NVIDIA with a TPP of 4,800, to the destinations of the rule that followed."""
    return (
        case.among("vendor", "NVIDIA")
        & case.reaches("tpp", "letters_2023.tpp")
        & case.flag("datacenter_marketed")
        & (case.within("to", "advanced_scope") | case.within("hq", "d5_macau"))
        & ~case.within("to", "united_states")
    )
