"""Routes of the law: determinations, status over time, planes, tables, headroom, coverage."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from leadtime import rules
from leadtime.interfaces.api._asked import Buyer, ClassifyAsked, TimelineAsked
from leadtime.interfaces.api._facts import desk
from leadtime.interfaces.api._names import amendments_named, chip_named, item_of_spec, plain_name
from leadtime.interfaces.api._serve import Answer

router = APIRouter(tags=["rules"])

To = Annotated[str, Query(min_length=2, max_length=60)]
Hq = Annotated[str | None, Query(min_length=2, max_length=60)]
Posture = Literal["enforced", "text"]
Quantity = Literal["tpp", "performance_density", "memory_bandwidth_gb_s", "interconnect_gb_s"]
Bills = Annotated[list[str], Query(max_length=8, description="Pending bills taken as law.")]
Chips = Annotated[list[str], Query(max_length=24)]
TELLING = (
    "a100",
    "a800",
    "h100",
    "h800",
    "h20",
    "h200",
    "b300",
    "l40s",
    "l20",
    "rtx 4090",
    "rtx 4090d",
    "mi300x",
    "mi308x",
)
"""Parts whose status changed, or was made not to."""


def law(bills: list[str]) -> rules.Book:
    """Return the US book, with bills taken as law."""
    book = rules.book("us_ear")
    return book.amend(*amendments_named(bills)) if bills else book


def request_of(asked: Buyer, on: date) -> rules.Request:
    """Return the transaction that a body describes."""
    return rules.Request(
        to=asked.to,
        on=on,
        hq=asked.hq,
        origin=asked.origin,
        consignee=asked.consignee,
        end_use=asked.end_use,
        certified=asked.certified,
        posture=asked.posture,
    )


def sources_of(book: rules.Book) -> set[str]:
    """Return the sources of a book."""
    return {reference.source for rule in book.rules.values() for reference in rule.references}


@router.post("/classify", summary="Is this item controlled, for this buyer, on this date, and by how much?")
def classify(request: Request, asked: ClassifyAsked) -> Response:
    """The determination with every test that led to it."""

    def make() -> Answer:
        when = asked.on or date.today()
        found = rules.determine(law(asked.bills), item_of_spec(asked.item), request_of(asked, when))
        return Answer(data=found.as_data(), sources=found.source_ids(), as_of=when)

    return desk(request).serve("classify", asked, make)


@router.post("/rules/timeline", summary="The status of an item over time")
def timeline(request: Request, asked: TimelineAsked) -> Response:
    """Spans of one status each, with the event that began each."""

    def make() -> Answer:
        book, item = law(asked.bills), item_of_spec(asked.item)
        wanted = rules.with_defaults(book, request_of(asked, date.today()))
        spans = rules.timeline(book, item, wanted, since=asked.since, until=asked.until)
        data = {
            "item": item.name,
            "to": wanted.to,
            "hq": wanted.hq,
            "posture": asked.posture,
            "spans": spans,
            "verified_on": book.frame.verified_on,
        }
        return Answer(data=data, sources=sources_of(book))

    return desk(request).serve("timeline", asked, make)


@router.get("/rules/plane", summary="The law over two properties of a chip on a day")
def plane(
    request: Request,
    on: date | None = None,
    to: To = "CN",
    x: Quantity = "tpp",
    y: Quantity = "performance_density",
    posture: Posture = "enforced",
    certified: bool = False,
) -> Response:
    """Rectangles of one outcome each, and the chips of the catalogue that existed by then."""
    from leadtime.claims import plane_data
    from leadtime.errors import BadInputError

    def make() -> Answer:
        if x == y:
            raise BadInputError("A plane needs two different quantities.", hint="Choose another for one of the axes.")
        found = plane_data(on or date.today(), x, y, to=to, posture=posture, certified=certified)
        return Answer(
            data={key: value for key, value in asdict(found).items() if key != "source_ids"},
            sources=found.source_ids,
            as_of=found.on,
        )

    return desk(request).serve("plane", [on, to, x, y, posture, certified], make)


@router.get("/rules/matrix", summary="The status of chips by dates")
def matrix(
    request: Request,
    chip: Chips = [],  # noqa: B006
    day: Annotated[list[date], Query(max_length=24)] = [],  # noqa: B006
    to: To = "CN",
    hq: Hq = None,
    posture: Posture = "enforced",
    certified: bool = False,
    bill: Bills = [],  # noqa: B006
) -> Response:
    """A telling choice of chips and the days of change where none are named."""

    def make() -> Answer:
        book = law(bill)
        items = [rules.item_of(chip_named(name)) for name in chip or TELLING]
        days = tuple(day) or tuple(rules.telling_dates(book, until=date.today()))
        wanted = rules.with_defaults(
            book, rules.Request(to=to, on=days[-1], hq=hq, certified=certified, posture=posture)
        )
        cells = rules.matrix(book, items, days, wanted)
        rows = [
            {"chip": item.name, "cells": [{"on": one, **asdict(cell)} for one, cell in zip(days, row, strict=True)]}
            for item, row in zip(items, cells, strict=True)
        ]
        data = {"to": wanted.to, "posture": posture, "dates": days, "rows": rows, "verified_on": book.frame.verified_on}
        return Answer(data=data, sources=sources_of(book))

    return desk(request).serve("matrix", [chip, day, to, hq, posture, certified, bill], make)


@router.get("/rules/headroom", summary="The best chip that could be sold without a licence")
def headroom(
    request: Request,
    on: date | None = None,
    to: To = "CN",
    hq: Hq = None,
    posture: Posture = "enforced",
    notify: bool = False,
    die_area_mm2: Annotated[list[Annotated[float, Query(gt=0, le=100_000)]], Query(max_length=8)] = [],  # noqa: B006
) -> Response:
    """One design per die area; one, two and four exposure fields where none is named."""

    def make() -> Answer:
        book, when = rules.book("us_ear"), on or date.today()
        wanted = rules.with_defaults(book, rules.Request(to=to, on=when, hq=hq, posture=posture))
        areas = die_area_mm2 or [rules.RETICLE_MM2 * factor for factor in (1, 2, 4)]
        found = [rules.headroom(book, when, wanted, die_area_mm2=area, allow_notification=notify) for area in areas]
        data = {
            "to": found[0].to,
            "on": when,
            "posture": posture,
            "designs": [asdict(one) for one in found],
            "verified_on": book.frame.verified_on,
        }
        return Answer(data=data, sources=sources_of(book), as_of=when)

    return desk(request).serve("headroom", [on, to, hq, posture, notify, die_area_mm2], make)


@router.get("/rules/coverage", summary="What a book covers and what it was checked against")
def coverage(request: Request, book: Literal["us_ear", "prc"] = "us_ear") -> Response:
    """Provision by provision."""

    def make() -> Answer:
        document: dict[str, Any] = dict(rules.coverage(book))
        sources = {source for row in document["provisions"] for source in row.get("sources", ())}
        return Answer(data={"note": rules.coverage_note(rules.book(book)), **document}, sources=sources)

    return desk(request).serve("coverage", book, make)


@router.get("/rules/instruments", summary="The instruments with their dates")
def instruments(request: Request, book: Literal["us_ear", "prc"] = "us_ear") -> Response:
    """Announced, published, in effect, to be complied with, stayed, not enforced."""

    def make() -> Answer:
        found = rules.book(book)
        rows = rules.instruments(found)
        data = {"book": found.name, "instruments": rows, "verified_on": found.frame.verified_on}
        return Answer(data=data, sources={one["source"] for row in rows for one in row["references"]})

    return desk(request).serve("instruments", book, make)


@router.get("/rules/bills", summary="Pending bills: what-ifs, never law")
def bills(request: Request) -> Response:
    """Names to put into ``bills`` of a determination."""

    def make() -> Answer:
        found = rules.bills()
        rows = [
            {"id": name, "label": one.label, "citation": one.citation, "status": one.status, "note": one.note}
            for name, one in found.items()
        ]
        return Answer(data={"bills": rows}, sources={ref.source for one in found.values() for ref in one.references})

    return desk(request).serve("bills", None, make)


@router.get("/rules/diff", summary="What differs between two days")
def diff(
    request: Request, before: date, after: date, to: To = "CN", hq: Hq = None, posture: Posture = "enforced"
) -> Response:
    """Provisions, limits, country groups and chips."""

    def make() -> Answer:
        book = rules.book("us_ear")
        wanted = rules.Request(to=plain_name("country", to), on=after, hq=hq, posture=posture)
        found = rules.difference(book, before, after, wanted)
        data = {"to": wanted.to, "posture": posture, **asdict(found), "verified_on": book.frame.verified_on}
        return Answer(data=data, sources=sources_of(book))

    return desk(request).serve("diff", [before, after, to, hq, posture], make)
