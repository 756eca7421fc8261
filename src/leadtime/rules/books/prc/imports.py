"""Measures on imports: each names a part or a buyer; none has been published as a regulation."""

from leadtime.rules.engine import Case, Informs, Requires, Review, Reviews, Truth, provision

PARTS = ("H20", "RTX PRO 6000D", "H200", "RTX 5090D V2")


def _part(case: Case, part: str) -> Truth:
    return case.among("part", part) & case.within("to", "mainland")


@provision("H20", Requires(), rule="guidance-h20-2025", start="2025-08-12", cites="reported")
def h20(case: Case) -> Truth:
    """Firms are told by notice to avoid the H20, most of all in work for the state; buying it is discouraged, not banned."""
    return _part(case, "h20")


@provision("RTX PRO 6000D", Requires(), rule="cac-6000d-2025", start="2025-09-17", cites="reported")
def rtx_pro_6000d(case: Case) -> Truth:
    """Large firms are told to stop tests and cancel orders of the RTX PRO 6000D."""
    return _part(case, "rtx_pro_6000d")


@provision("H200", Requires(), rule="customs-h200-2026", start="2026-01-14", cites="reported")
def h200(case: Case) -> Truth:
    """Customs are told that the H200 is not permitted; the planning commission decides single cases."""
    return _part(case, "h200")


@provision("RTX 5090D V2", Requires(), rule="customs-5090dv2-2026", start="2026-05-15", cites="reported")
def rtx_5090d_v2(case: Case) -> Truth:
    """Import permits are halted."""
    return _part(case, "rtx_5090d_v2")


@provision("state-funded data centres", Requires(), rule="state-funded-2025", start="2025-11-05", cites="reported")
def state_funded(case: Case) -> Truth:
    """Data centres with state funds take no foreign AI chips."""
    return (
        case.flag("state_funded")
        & case.flag("foreign")
        & case.flag("datacenter_marketed")
        & case.within("to", "mainland")
    )


@provision(
    "refusal",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=(*PARTS, "state-funded data centres")),
    rule="guidance-h20-2025",
    start="2025-08-12",
    cites="reported",
)
def refusal(case: Case) -> Truth:
    """Permission is the exception."""
    return case.within("to", "mainland")


@provision(
    "summons over the H20",
    Informs("The Cyberspace Administration summoned NVIDIA over alleged back doors in the H20."),
    rule="cac-h20-2025",
    start="2025-07-31",
    cites="reported",
)
def summons(case: Case) -> Truth:
    """Remark on the H20."""
    return _part(case, "h20")
