"""Chips by dates, and what changed between two dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from leadtime.chips import all_chips
from leadtime.rules._determine import determine
from leadtime.rules._facts import facts_of_request
from leadtime.rules._items import Item, item_of
from leadtime.rules._request import Request
from leadtime.rules.engine import Book, Informs, Requires, determine_many, outcome_words, review_words
from leadtime.rules.engine._dates import iso, last_day

__all__ = ["Cell", "Difference", "difference", "instruments", "matrix", "telling_dates"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The status of one chip on one day."""

    outcome: str
    eccn: str | None
    review: str | None
    exception: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What changed from one day to another."""

    before: date
    after: date
    provisions_began: tuple[dict[str, str], ...]
    provisions_ended: tuple[dict[str, str], ...]
    parameters: tuple[dict[str, Any], ...]
    places: tuple[dict[str, Any], ...]
    outcomes: tuple[dict[str, Any], ...]


def telling_dates(book: Book, *, until: date) -> tuple[date, ...]:
    """Return the days on which a licence requirement or a policy starts under either posture, and the last day asked about."""
    days = {
        item.period.start
        for item in book.provisions
        if isinstance(item.effect, Requires) and not item.effect.background
    }
    days |= {rule.compliance or rule.effective for rule in book.rules.values() if rule.published}
    first = min(
        (
            item.period.start
            for item in book.provisions
            if isinstance(item.effect, Requires) and not item.effect.background
        ),
        default=1,
    )
    kept = sorted(day for day in days if first <= day <= until.toordinal())
    return tuple(dict.fromkeys([*(date.fromordinal(day) for day in kept), until]))


def matrix(book: Book, items: Sequence[Item], dates: Sequence[date], request: Request) -> tuple[tuple[Cell, ...], ...]:
    """Return the status of each item (rows) on each day (columns).

    Parameters
    ----------
    book : Book
        The law.
    items : sequence of Item
        Chips.
    dates : sequence of date
        Days.
    request : Request
        Destination and buyer; its day does not count.
    """
    return tuple(tuple(_cells(book, item, dates, request)) for item in items)


def _cells(book: Book, item: Item, dates: Sequence[date], request: Request) -> list[Cell]:
    if item.kind == "system":
        return [_cell(book, item, request, day) for day in dates]
    _, facts, _ = facts_of_request(book, request)
    known = {name: value for name, value in item.facts.items() if name in book.frame.facts}
    found = determine_many(
        book, item.kind, on=np.array([day.toordinal() for day in dates]), posture=request.posture, **{**known, **facts}
    )
    return [
        Cell(
            outcome=outcome_words(int(outcome)),
            eccn=found.entries[entry] if entry >= 0 else None,
            review=review_words(int(review)),
            exception=found.exceptions[exception] if exception >= 0 and outcome <= 2 else None,
        )
        for outcome, review, entry, exception in zip(
            found.outcome, found.review, found.entry, found.exception, strict=True
        )
    ]


def _cell(book: Book, item: Item, request: Request, day: date) -> Cell:
    from dataclasses import replace

    found = determine(book, item, replace(request, on=day))
    return Cell(outcome=found.outcome, eccn=found.eccn, review=found.review, exception=found.exception)


def difference(book: Book, before: date, after: date, request: Request) -> Difference:
    """Return which provisions, limits, country groups and outcomes of catalogue chips differ between two days.

    Parameters
    ----------
    book : Book
        The law.
    before, after : date
        The two days, in either order.
    request : Request
        Destination and buyer for the outcomes; its day does not count.
    """
    compiled = book.compiled(request.posture)
    one, two = (int(compiled.era_of(np.asarray(day.toordinal()))) for day in (before, after))
    began: list[dict[str, str]] = []
    ended: list[dict[str, str]] = []
    for item in book.provisions:
        if isinstance(item.effect, Informs):
            continue
        was, now = bool(compiled.in_force[item.key][one]), bool(compiled.in_force[item.key][two])
        if was != now:
            row = {
                "provision": item.name,
                "citation": f"{book.rules[item.rule].citation}; {item.cites}",
                "summary": item.summary,
            }
            (began if now else ended).append(row)
    parameters = []
    for parameter in book.parameters.values():
        old, new = parameter.at(before.toordinal()), parameter.at(after.toordinal())
        values = (old.value if old else None, new.value if new else None)
        if values[0] != values[1]:
            parameters.append(
                {
                    "parameter": parameter.name,
                    "label": parameter.label,
                    "unit": parameter.unit,
                    "before": values[0],
                    "after": values[1],
                }
            )
    return Difference(
        before=before,
        after=after,
        provisions_began=tuple(began),
        provisions_ended=tuple(ended),
        parameters=tuple(parameters),
        places=tuple(_places(book, before, after)),
        outcomes=tuple(_outcomes(book, before, after, request)),
    )


def _places(book: Book, before: date, after: date) -> list[dict[str, Any]]:
    places = book.registers["places"]
    days = np.array([before.toordinal(), after.toordinal()])
    order = np.argsort(days, kind="stable")
    rows: list[dict[str, Any]] = []
    for group in places.groups():
        table = places.table(group, days[order])[np.argsort(order)]
        rows += [
            {
                "place": places.members[code],
                "group": places.label(group),
                "member_before": bool(table[0][code]),
                "member_after": bool(table[1][code]),
            }
            for code in np.flatnonzero(table[0] != table[1])
        ]
    return rows


def _outcomes(book: Book, before: date, after: date, request: Request) -> list[dict[str, Any]]:
    pairs = [(chip, _cells(book, item_of(chip), (before, after), request)) for chip in all_chips()]
    return [
        {"chip": chip.id, "name": chip.name, "before": was, "after": now} for chip, (was, now) in pairs if was != now
    ]


def instruments(book: Book) -> list[dict[str, Any]]:
    """Return the instruments of a book with their dates, each date a series of its own, in the order in which they took effect."""
    return [
        {
            "id": rule.name,
            "label": rule.label,
            "citation": rule.citation,
            "announced": None if rule.announced is None else iso(rule.announced),
            "published": None if rule.published is None else iso(rule.published),
            "effective": iso(rule.effective),
            "compliance": None if rule.compliance is None else iso(rule.compliance),
            "suspended": [{"from": iso(one.start), "to": last_day(one.end)} for one in rule.suspended],
            "unenforced": [{"from": iso(one.start), "to": last_day(one.end)} for one in rule.unenforced],
            "practice": rule.practice,
            "verified": rule.verified,
            "references": [{"source": one.source, "locator": one.locator} for one in rule.references],
        }
        for rule in sorted(book.rules.values(), key=lambda rule: rule.effective)
    ]
