"""The tables and coverage files that hold law: dates in order, no overlap, every name resolved."""

from collections import defaultdict
from datetime import date
from itertools import pairwise

import pytest

from leadtime import catalog, rules

BOOKS = ("us_ear", "prc")
STATUSES = {"complete", "partial", "absent"}
READ = {"primary", "quoted", "secondary", "memory"}


def members(group: str, day: str) -> set[str]:
    return {
        row["iso2"]
        for row in catalog.table("country_groups")
        if row["group"] == group and (row["from_date"] or "0") <= day <= (row["to_date"] or "9")
    }


def test_no_membership_overlaps_itself() -> None:
    periods = defaultdict(list)
    for row in catalog.table("country_groups"):
        periods[row["group"], row["iso2"]].append((row["from_date"] or "0000-00-00", row["to_date"] or "9999-99-99"))
    for key, found in periods.items():
        assert all(start <= end for start, end in found), key
        assert all(before[1] < after[0] for before, after in pairwise(sorted(found))), key


@pytest.mark.parametrize(("day", "count"), [("2025-01-13", 23), ("2026-07-23", 22)])
def test_the_embargoed_group_has_as_many_members_as_the_sources_count(day: str, count: int) -> None:
    """Hong Kong follows China; Ethiopia stands on the State Department's list, which controls, and not in the table."""
    assert len(members("D:5", day) - {"HK", "ET"}) == count


@pytest.mark.parametrize(
    ("country", "group", "day", "inside"),
    [
        ("AE", "D:4", "2026-07-09", True),
        ("AE", "D:4", "2026-07-10", False),
        ("AE", "A:5", "2026-07-09", False),
        ("AE", "A:5", "2026-07-10", True),
        ("NI", "B", "2024-03-14", True),
        ("NI", "D:5", "2024-03-14", False),
        ("NI", "D:5", "2024-03-15", True),
        ("KH", "D:5", "2025-11-06", True),
        ("KH", "D:5", "2025-11-07", False),
        ("KH", "D:1", "2025-11-07", True),
        ("CY", "D:5", "2022-09-30", True),
        ("CY", "D:5", "2022-10-01", False),
        ("ET", "D:5", "2021-10-31", False),
        ("ET", "D:5", "2021-11-01", True),
        ("MO", "D:1", "2024-01-01", True),
        ("MO", "D:5", "2024-01-01", False),
        ("US", "supp5a", "2025-01-12", False),
        ("US", "supp5a", "2025-01-13", True),
    ],
)
def test_countries_that_moved_are_where_the_texts_put_them(country: str, group: str, day: str, inside: bool) -> None:
    assert (country in members(group, day)) is inside


def test_the_diffusion_text_names_eighteen_allies() -> None:
    assert len(members("supp5a", "2025-06-01") - {"US"}) == 18


def test_parties_are_listed_in_order_of_dates() -> None:
    for row in catalog.table("entities"):
        assert bool(row["group"]) == bool(row["from_date"]), row["entity_id"]
        assert row["from_date"] <= (row["to_date"] or "9"), row["entity_id"]


def test_events_stand_in_order_and_cite_what_they_change() -> None:
    events = catalog.table("timeline")
    assert [row["date"] for row in events] == sorted(row["date"] for row in events)
    known = {f"{name}.{row['id']}" for name in BOOKS for row in rules.coverage(name)["provisions"]}
    for row in events:
        changed = set(filter(None, row["changes"].split(";")))
        assert changed <= known, row["id"]


@pytest.mark.parametrize("name", BOOKS)
def test_coverage_is_complete_and_resolves(name: str) -> None:
    rows = rules.coverage(name)["provisions"]
    sources = set(catalog.sources())
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert row["status"] in STATUSES, row["id"]
        assert row["verified_against"] in READ, row["id"]
        assert row["sources"], row["id"]
        assert set(row["sources"]) <= sources, row["id"]
        if row["verified_against"] in {"secondary", "memory"} and row["status"] != "absent":
            assert row["unverified"], f"{row['id']} says nothing on what stays unverified"


@pytest.mark.parametrize("name", BOOKS)
def test_every_instrument_of_a_book_is_covered(name: str) -> None:
    covered = {rule for row in rules.coverage(name)["provisions"] for rule in row["rules"]}
    assert covered == set(rules.book(name).rules)


@pytest.mark.parametrize("name", BOOKS)
def test_a_book_and_its_coverage_were_verified_on_one_day(name: str) -> None:
    document, book = rules.coverage(name), rules.book(name)
    assert str(document["verified_on"]) == book.frame.verified_on.isoformat()
    assert max(str(row["verified_on"]) for row in document["provisions"]) <= str(document["verified_on"])


def test_what_is_not_verified_of_the_stay_is_said_by_the_instrument_the_coverage_and_the_answer() -> None:
    book = rules.book("us_ear")
    instrument = next(row for row in rules.instruments(book) if row["effective"] == "2026-11-10")
    assert instrument["verified"] == "unverified"
    assert "not verified" in instrument["label"]
    row = next(row for row in rules.coverage("us_ear")["provisions"] if row["id"] == "affiliates")
    assert any("Whether the stay was prolonged" in text for text in row["unverified"])
    for kind in ({"kind": "hbm"}, {"kind": "weights"}, {"kind": "technology", "technology_for": "other"}):
        item = rules.item_from_spec({**kind}, "spec")
        found = rules.determine(book, item, rules.Request(to="JP", on=date(2026, 11, 24)))
        remark = next(remark for remark in found.overlays if remark.id == "affiliates rule")
        assert remark.verified == "unverified"
        assert "status not verified" in remark.text
