"""The registers of places and of parties, from the tables of the catalogue."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from leadtime import catalog
from leadtime.rules.engine import Membership, Register, group_sets_of
from leadtime.rules.engine._dates import FIRST, NEVER, Interval

__all__ = ["NOBODY", "party_named", "place_code", "registers"]

NOBODY = "nobody listed"
"""Consignee that stands in the register of no text."""


def registers(sets: Mapping[str, Any]) -> dict[str, Register]:
    """Return the registers of places and parties, with the sets that a book makes of the places."""
    countries = catalog.table("countries")
    places = Register(
        name="places",
        noun="country code",
        members=tuple(row["iso2"] for row in countries),
        words={row["iso2"]: row["name"] for row in countries},
        memberships=tuple(_memberships(catalog.table("country_groups"), "iso2")),
        sets=group_sets_of(sets),
    )
    parties = catalog.table("entities")
    names = {row["entity_id"]: row["name"] for row in parties}
    listed = Register(
        name="parties",
        noun="party",
        members=(NOBODY, *names),
        words=names,
        memberships=tuple(_memberships((row for row in parties if row["group"]), "entity_id")),
    )
    return {"places": places, "parties": listed}


def _memberships(rows: Iterable[Mapping[str, str]], member: str) -> Iterable[Membership]:
    for row in rows:
        start = date.fromisoformat(row["from_date"]).toordinal() if row["from_date"] else FIRST
        end = (date.fromisoformat(row["to_date"]) + timedelta(days=1)).toordinal() if row["to_date"] else NEVER
        yield Membership(row[member], row["group"], Interval(start, end))


@cache
def _place_names() -> dict[str, str]:
    result: dict[str, str] = {}
    for row in catalog.table("countries"):
        for name in (row["iso2"], row["name"], *row["also_called"].split(";")):
            if name.strip():
                result.setdefault(name.strip().casefold(), row["iso2"])
    return result


def place_code(text: str) -> str | None:
    """Return the two-letter code that a code or a country's name means, or None."""
    return _place_names().get(text.strip().casefold())


@cache
def _party_names() -> dict[str, tuple[str, str]]:
    result: dict[str, tuple[str, str]] = {}
    for row in catalog.table("entities"):
        for name in (row["entity_id"], row["name"], *row["aliases"].split(";")):
            if name.strip():
                result.setdefault(name.strip().casefold(), (row["entity_id"], row["headquarters"]))
    return result


def party_named(text: str) -> tuple[str, str] | None:
    """Return the id and the headquarters of the party that a name means, or None if no register holds it."""
    return _party_names().get(" ".join(text.split()).casefold())
