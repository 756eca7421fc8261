"""Answers about the rule books: determinations, status over time, planes, tables, headroom, coverage, instruments, bills."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from leadtime import rules
from leadtime.interfaces.answers._answer import Answer

if TYPE_CHECKING:
    from leadtime.claims import PlaneData

__all__ = [
    "TELLING",
    "bills",
    "coverage",
    "determination",
    "diff",
    "headroom",
    "instruments",
    "matrix",
    "plane",
    "plane_data",
    "timeline",
]

TELLING = (
    "a100",
    "a800",
    "h100",
    "h800",
    "h20",
    "h200",
    "b300",
    "l40s",
    "l40",
    "l20",
    "rtx 4090",
    "rtx 4090d",
    "rtx 5090d v2",
    "mi300x",
    "mi308x",
)
"""Parts whose status changed, or was made not to: what a table shows where none are named."""
FIRST_DAY = date(2022, 1, 1)
"""Where a timeline starts if nothing is said."""


def determination(found: rules.Determination) -> Answer:
    """Answer whether an item is controlled."""
    return Answer(data=found.as_data(), sources=found.source_ids(), as_of=found.request.on)


def timeline(
    book: rules.Book, item: rules.Item, asked: rules.Request, *, since: date = FIRST_DAY, until: date | None = None
) -> Answer:
    """Answer what the status of an item was over time: spans of one status each, with the event that began each."""
    wanted = rules.with_defaults(book, asked)
    spans = rules.timeline(book, item, wanted, since=since, until=until)
    citations = {event.citation for span in spans for event in span.events}
    data = {
        "item": item.name,
        "to": wanted.to,
        "hq": wanted.hq,
        "posture": wanted.posture,
        "spans": spans,
        "verified_on": book.frame.verified_on,
    }
    return Answer(data=data, sources=sources_of(book, citations))


def matrix(book: rules.Book, items: Sequence[rules.Item], asked: rules.Request, days: Sequence[date] = ()) -> Answer:
    """Answer what the status of chips is by dates; the days of change where none are named, with those on which a bill taken as law would start."""
    dates = tuple(days) or _telling_days(book)
    wanted = rules.with_defaults(book, replace(asked, on=dates[-1]))
    cells = rules.matrix(book, items, dates, wanted)
    rows = [
        {"chip": item.name, "cells": [{"on": day, **asdict(cell)} for day, cell in zip(dates, row, strict=True)]}
        for item, row in zip(items, cells, strict=True)
    ]
    data = {
        "to": wanted.to,
        "posture": wanted.posture,
        "dates": dates,
        "rows": rows,
        "verified_on": book.frame.verified_on,
    }
    return Answer(data=data, sources=sources_of(book))


def _telling_days(book: rules.Book) -> tuple[date, ...]:
    """Return the days of change until today, and later ones that what-ifs bring into a book."""
    today, without = date.today(), rules.book(book.name)
    later = set(rules.telling_dates(book, until=date.max)) - set(rules.telling_dates(without, until=date.max))
    return tuple(sorted({*rules.telling_dates(book, until=today), *later}))


def plane(book: rules.Book, asked: rules.Request, x: str, y: str) -> Answer:
    """Answer what the law says of each part of a plane of two properties, and what of the chips in it."""
    wanted = rules.with_defaults(book, asked)
    found = plane_data(book, wanted, x, y)
    cells = rules.matrix(book, [rules.find_item(str(point["id"])) for point in found.points], (wanted.on,), wanted)
    chips = [
        {
            **{key: point[key] for key in ("id", "label", "x", "y", "country")},
            "outcome": row[0].outcome,
            "review": row[0].review,
        }
        for point, row in zip(found.points, cells, strict=True)
    ]
    data = {
        "on": wanted.on,
        "to": wanted.to,
        "posture": wanted.posture,
        "x": found.x,
        "y": found.y,
        "regions": found.rectangles,
        "chips": chips,
        "verified_on": book.frame.verified_on,
    }
    return Answer(data=data, sources=sources_of(book) | set(found.source_ids), as_of=wanted.on)


def plane_data(book: rules.Book, asked: rules.Request, x: str, y: str) -> "PlaneData":
    """Return the regions of a plane under a book on the day of a request, and the chips released by then."""
    from leadtime import claims

    return claims.plane_of(book, asked, x, y)


def diff(book: rules.Book, before: date, after: date, asked: rules.Request) -> Answer:
    """Answer which provisions, limits, country groups and chips differ between two days."""
    wanted = rules.with_defaults(book, asked)
    found = rules.difference(book, before, after, wanted)
    data = {"to": wanted.to, "posture": wanted.posture, **asdict(found), "verified_on": book.frame.verified_on}
    return Answer(data=data, sources=sources_of(book))


def headroom(
    book: rules.Book, asked: rules.Request, *, die_areas_mm2: Sequence[float] = (), notify: bool = False
) -> Answer:
    """Answer what the best chip is that could be sold without a licence; 1, 2 and 4 exposure fields where none are named."""
    wanted = rules.with_defaults(book, asked)
    areas = tuple(die_areas_mm2) or tuple(rules.RETICLE_MM2 * factor for factor in (1, 2, 4))
    found = [rules.headroom(book, wanted.on, wanted, die_area_mm2=area, allow_notification=notify) for area in areas]
    data = {
        "to": found[0].to,
        "on": wanted.on,
        "posture": wanted.posture,
        "designs": [asdict(one) for one in found],
        "verified_on": book.frame.verified_on,
    }
    return Answer(data=data, sources=sources_of(book), as_of=wanted.on)


def coverage(name: str) -> Answer:
    """Answer what a book covers, provision by provision, and what it was checked against."""
    document: Mapping[str, Any] = rules.coverage(name)
    sources = {source for row in document["provisions"] for source in row.get("sources", ())}
    return Answer(data={"note": rules.coverage_note(rules.book(name)), **document}, sources=sources)


def instruments(name: str) -> Answer:
    """Answer when the instruments of a book were announced, published, in effect, to be complied with, stayed, not enforced."""
    book = rules.book(name)
    rows = rules.instruments(book)
    data = {"book": book.name, "instruments": rows, "verified_on": book.frame.verified_on}
    return Answer(data=data, sources={one["source"] for row in rows for one in row["references"]})


def bills() -> Answer:
    """Answer which pending bills can be taken as law: what-ifs, never law."""
    found = rules.bills()
    rows = [
        {
            "id": name,
            "label": one.label,
            "citation": one.citation,
            "status": one.status,
            "note": one.note,
            "in_force_from": rules.starts_on(one),
        }
        for name, one in found.items()
    ]
    return Answer(data={"bills": rows}, sources={ref.source for one in found.values() for ref in one.references})


def sources_of(book: rules.Book, citations: set[str] | None = None) -> set[str]:
    """Return the sources of a book's instruments, or of those with these citations."""
    chosen = [rule for rule in book.rules.values() if citations is None or rule.citation in citations]
    return {reference.source for rule in chosen for reference in rule.references}
