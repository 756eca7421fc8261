"""Kites of Toyland: a height, a tail, and where they fly."""

from leadtime.rules.engine import (
    Case,
    Classifies,
    Defines,
    Informs,
    Lifts,
    Outcome,
    Requires,
    Review,
    Reviews,
    Truth,
    provision,
)


@provision(
    "high kite", Classifies("K1"), rule="kites", start="2001-01-01", end="2003-01-01", cites="s. 1", kinds=("kite",)
)
def high(case: Case) -> Truth:
    """Ten metres or more."""
    return case.reaches("height_m", "kites.height_m")


@provision("high kite", Classifies("K1"), rule="reform", start="2003-01-01", cites="s. 1", kinds=("kite",))
def high_or_long(case: Case) -> Truth:
    """Ten metres or more, or a tail of more than five."""
    return case.reaches("height_m", "kites.height_m") | case.reaches("tail_m", "kites.tail_m")


@provision("bright", Defines(), rule="kites", start="2001-01-01", cites="s. 2", kinds=("kite",))
def bright(case: Case) -> Truth:
    """Red or yellow."""
    return case.among("colour", "red", "yellow")


@provision("licence", Requires(), rule="kites", start="2001-01-01", cites="s. 3", kinds=("kite",))
def licence(case: Case) -> Truth:
    """High kites over the hills and the coast."""
    return case.holds("high kite") & case.within("to", "windy")


@provision("sum licence", Requires(), rule="sums", start="2004-01-01", cites="s. 9", kinds=("kite",))
def sum_licence(case: Case) -> Truth:
    """Height and tail of twenty metres together."""
    return case.reaches("height_plus_tail_m", "kites.sum_m")


@provision("curfew", Requires(background=True), rule="old", start="1990-01-01", cites="s. 4", kinds=("kite", "balloon"))
def curfew(case: Case) -> Truth:
    """No flying to the moor."""
    return case.within("to", "moor")


@provision(
    "club",
    Lifts("club", of=("licence",), to=Outcome.NOTIFY),
    rule="kites",
    start="2001-01-01",
    cites="s. 5",
    kinds=("kite",),
)
def club(case: Case) -> Truth:
    """Members only notify, unless the kite is bright."""
    return case.flag("member") & ~case.holds("bright")


@provision(
    "lenient review",
    Reviews(Review.CASE_BY_CASE, of=("licence",)),
    rule="kites",
    start="2001-01-01",
    cites="s. 6",
    kinds=("kite",),
)
def lenient(case: Case) -> Truth:
    """Low kites are judged one by one."""
    return case.stays_under("height_m", "kites.low_m")


@provision(
    "strict review",
    Reviews(Review.PRESUMPTION_OF_DENIAL, of=("licence", "sum licence")),
    rule="kites",
    start="2001-01-01",
    cites="s. 6",
    kinds=("kite",),
)
def strict(case: Case) -> Truth:
    """All others are refused as a rule."""
    return ~case.stays_under("height_m", "kites.low_m")


@provision("old way", Requires(), rule="kites", start="2001-01-01", cites="s. 7", kinds=("balloon",), until=("reform",))
def old_way(case: Case) -> Truth:
    """Balloons to the coast, as long as the reform does not apply."""
    return case.within("to", "coast")


@provision("new way", Requires(), rule="reform", start="2003-01-01", cites="s. 7", kinds=("balloon",))
def new_way(case: Case) -> Truth:
    """Balloons to everywhere, under the reform."""
    return case.within("to", "anywhere")


@provision(
    "mind the wires", Informs("Mind the wires."), rule="kites", start="2001-01-01", cites="s. 8", kinds=("kite",)
)
def wires(case: Case) -> Truth:
    """Remark for the hills."""
    return case.within("to", "hills")
