"""Published results derived again: every row has an answer or a reason, and closed forms are exact."""

from leadtime import catalog
from leadtime.study import reproduction


def test_every_published_result_is_derived_or_has_a_reason() -> None:
    rows = reproduction.table()
    assert [row.id for row in rows] == [row["id"] for row in catalog.table("published_results")]
    assert all(row.why for row in rows)
    known = {row["id"] for row in (*catalog.table("published_results"), *catalog.table("evidence"))}
    assert all(set(row.conflicts) <= known for row in rows)
    assert sum(row.ours is not None for row in rows) > 40


def test_closed_forms_and_datasheets_are_exact() -> None:
    rows = {row.id: row for row in reproduction.table()}
    for name, exact in (("VT090a", 15832), ("VT091a", 2368)):
        ours = rows[name].ours
        assert ours is not None
        assert ours["value"] == exact
    for name in ("VT090b", "VT091b", "VT099", "VT119"):
        difference = rows[name].difference
        assert difference is not None
        assert abs(difference) < 0.01


def test_known_disagreements_stay_visible() -> None:
    rows = {row.id: row for row in reproduction.table()}
    assert rows["VT037"].agrees is False
    assert rows["VT103"].difference is not None
    assert rows["VT103"].difference > 1, "it overlaps, at more than twice the forecast"
    assert rows["VT055"].conflicts == ("C056",)
    assert rows["VT050a"].agrees
