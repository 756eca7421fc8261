"""Letters of April 2025: the bandwidth of the H20, in memory, between circuits, or in sum; then licences against a share."""

from leadtime.rules.engine import Case, Informs, Requires, Review, Reviews, Truth, provision

LETTER = "letter of April 2025"


@provision(LETTER, Requires(), rule="letter-2025", start="2025-04-09", cites="company letters")
def letter(case: Case) -> Truth:
    """Circuits that reach one of three bandwidths, to China, Macau, D:5, or parties with headquarters there."""
    fast = (
        case.reaches("memory_bandwidth_gb_s", "letters_2025.memory_bandwidth_gb_s")
        | case.reaches("interconnect_gb_s", "letters_2025.interconnect_gb_s")
        | case.reaches("memory_plus_interconnect_gb_s", "letters_2025.memory_plus_interconnect_gb_s")
    )
    place = (case.within("to", "china_macau_d5") | case.within("hq", "china_macau_d5")) & ~case.within(
        "to", "united_states"
    )
    return case.among("vendor", "NVIDIA", "AMD", "Intel") & fast & place


@provision(
    "practice under the letters",
    Reviews(Review.PRACTICE_CLOSED, of=(LETTER,)),
    rule="practice-2025-closed",
    start="2025-04-09",
    end="2025-08-08",
    cites="no licence known to have been issued",
)
def closed(case: Case) -> Truth:
    """The letters state no policy, and no licence is known from these months."""
    return case.holds(LETTER)


def _for_china(case: Case) -> Truth:
    """To China or Macau, or to parties from there: only of such licences is anything known."""
    return case.within("to", "china_macau") | case.within("hq", "china_macau")


@provision(
    "practice under the letters",
    Reviews(Review.PRACTICE_OPEN, of=(LETTER,)),
    rule="practice-2025-open",
    start="2025-08-08",
    cites="licences issued; no regulation was published",
)
def opened(case: Case) -> Truth:
    """Licences are issued for China; no policy is published."""
    return case.holds(LETTER) & _for_china(case)


def _only_the_letters(case: Case) -> Truth:
    return case.holds(LETTER) & ~case.holds("3A090.a") & ~case.holds("3A090.b")


@provision(
    "no licences known",
    Informs("The letters state no review policy, and no licence is known to have been issued before 2025-08-08."),
    rule="practice-2025-closed",
    start="2025-04-09",
    end="2025-08-08",
    cites="press reports",
)
def closed_remark(case: Case) -> Truth:
    """Remark on months without licences."""
    return _only_the_letters(case)


@provision(
    "licences issued",
    Informs(
        "The letters state no review policy; licences for H20 and MI308 to China have been issued one by one since 2025-08-08 (reported)."
    ),
    rule="practice-2025-open",
    start="2025-08-08",
    cites="press reports; NVIDIA 10-Q",
)
def opened_remark(case: Case) -> Truth:
    """Remark on the time since."""
    return _only_the_letters(case) & _for_china(case)


@provision(
    "revenue share",
    Informs(
        "NVIDIA and AMD promised 15 % of revenue from these circuits in China for the licences (reported); no regulation was published."
    ),
    rule="practice-2025-open",
    start="2025-08-11",
    cites="announced 2025-08-11",
)
def revenue_share(case: Case) -> Truth:
    """Remark on the price of a licence for circuits that only the letters hold back."""
    return _only_the_letters(case) & case.within("to", "china_macau")
