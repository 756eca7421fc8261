"""`leadtime rules`: export controls over time."""

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from leadtime.errors import BadInputError
from leadtime.interfaces.cli import _figure, _rules, _show

if TYPE_CHECKING:
    from leadtime.rules import Book

app = typer.Typer(
    no_args_is_help=True,
    help="Export controls over time: timeline, matrix, plane, diff, headroom, coverage, instruments, bills.",
)

Chip = Annotated[str, typer.Argument(metavar="CHIP", help="A name (h100, rtx 5090d), or a chip or spec file.")]
QUANTITIES = "tpp, performance_density, memory_bandwidth_gb_s, interconnect_gb_s"
DEFAULT_CHIPS = (
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
"""Parts whose status changed, or was made not to."""


@app.command()
def timeline(
    chip: Chip,
    against: Annotated[
        list[str] | None,
        typer.Option("--against", metavar="CHIP", help="Another row of the figure; may be repeated."),
    ] = None,
    to: _rules.To = "CN",
    hq: _rules.Hq = None,
    origin: _rules.From = "US",
    consignee: _rules.Consignee = None,
    end_use: _rules.EndUse = None,
    certified: _rules.Certified = False,
    posture: _rules.Posture = "enforced",
    since: Annotated[str | None, typer.Option(metavar="DATE", help="First day; 2022-01-01 if not given.")] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Last day; open if not given.")] = None,
    amend: _rules.Amend = None,
    figure: _figure.FigureFile = None,
    as_json: _show.Json = False,
) -> None:
    """Show the status of an item over time, with the event that changed it."""
    from leadtime import rules

    _figure.check(figure)
    if against and figure is None:
        raise BadInputError("--against adds rows to a figure.", hint="Name its file with --figure.")
    book, item = _rules.law(amend), rules.find_item(chip)
    asked = rules.with_defaults(
        book, _rules.request(to, date.today(), hq, origin, consignee, end_use, certified, posture)
    )
    first = _rules.day(since or "2022-01-01", "--since")
    last = None if until is None else _rules.day(until, "--until")
    spans = rules.timeline(book, item, asked, since=first, until=last)
    data = {
        "item": item.name,
        "to": asked.to,
        "hq": asked.hq,
        "posture": posture,
        "spans": spans,
        "verified_on": book.frame.verified_on,
    }
    sources = _sources(book, {event.citation for span in spans for event in span.events})
    if figure is not None:
        others = [rules.find_item(name) for name in against or ()]
        statuses = {item.name: spans} | {
            one.name: rules.timeline(book, one, asked, since=first, until=last) for one in others
        }
        _figure.write(_rules.strip(statuses, asked, last or date.today(), book), figure)
    _show.show(
        data,
        lambda console: _rules.print_timeline(console, item.name, asked, spans, book),
        as_json=as_json,
        sources=sources,
    )


@app.command()
def matrix(
    chips: Annotated[
        list[str] | None, typer.Argument(metavar="[CHIP ...]", help="Names or files; a telling choice if none.")
    ] = None,
    to: _rules.To = "CN",
    dates: Annotated[
        list[str] | None,
        typer.Option("--date", metavar="DATE", help="A day, may be repeated; the days of change if none."),
    ] = None,
    hq: _rules.Hq = None,
    origin: _rules.From = "US",
    certified: _rules.Certified = False,
    posture: _rules.Posture = "enforced",
    amend: _rules.Amend = None,
    figure: _figure.FigureFile = None,
    as_json: _show.Json = False,
) -> None:
    """Show the status of chips by dates."""
    from leadtime import rules

    _figure.check(figure)
    book = _rules.law(amend)
    items = [rules.find_item(name) for name in chips or DEFAULT_CHIPS]
    days = tuple(_rules.day(text, "--date") for text in dates or ()) or rules.telling_dates(book, until=date.today())
    asked = rules.with_defaults(book, _rules.request(to, days[-1], hq, origin, certified=certified, posture=posture))
    cells = rules.matrix(book, items, days, asked)
    names = [item.name for item in items]
    rows = [
        {"chip": name, "cells": [{"on": day, **asdict(cell)} for day, cell in zip(days, row, strict=True)]}
        for name, row in zip(names, cells, strict=True)
    ]
    data = {"to": asked.to, "posture": posture, "dates": days, "rows": rows, "verified_on": book.frame.verified_on}
    if figure is not None:
        last = max(max(days), date.today()) if dates else date.today()
        statuses = {item.name: rules.timeline(book, item, asked, until=last) for item in items}
        _figure.write(_rules.strip(statuses, asked, last, book), figure)
    _show.show(
        data,
        lambda console: _rules.print_matrix(console, names, days, cells, book),
        as_json=as_json,
        sources=_sources(book),
    )


@app.command()
def plane(
    on: _rules.On = None,
    x: Annotated[str, typer.Option("--x", metavar="QUANTITY", help=f"Across: {QUANTITIES}.")] = "tpp",
    y: Annotated[
        str, typer.Option("--y", metavar="QUANTITY", help="Upwards: another of these.")
    ] = "performance_density",
    to: _rules.To = "CN",
    certified: _rules.Certified = False,
    posture: _rules.Posture = "enforced",
    figure: _figure.FigureFile = None,
    as_json: _show.Json = False,
) -> None:
    """Show what the law says of each part of a plane of two properties on a day, and the data-centre chips that lay in it."""
    from leadtime import claims, rules

    _figure.check(figure)
    if x == y:
        raise BadInputError(f"--x and --y are both {x}.", hint=f"Name two of: {QUANTITIES}.")
    book, when = _rules.law(None), _rules.day(on)
    asked = rules.with_defaults(book, _rules.request(to, when, certified=certified, posture=posture))
    found = claims.plane_data(when, x, y, to=asked.to, posture=posture, certified=certified)
    cells = rules.matrix(book, [rules.find_item(str(point["id"])) for point in found.points], (when,), asked)
    data = {
        "on": when,
        "to": asked.to,
        "posture": posture,
        "x": x,
        "y": y,
        "regions": found.rectangles,
        "chips": [
            {
                **{key: point[key] for key in ("id", "label", "x", "y", "country")},
                "outcome": row[0].outcome,
                "review": row[0].review,
            }
            for point, row in zip(found.points, cells, strict=True)
        ],
        "verified_on": book.frame.verified_on,
    }
    if figure is not None:
        _figure.write(_rules.plane(found, data, certified), figure)
    _show.show(
        data,
        lambda console: _rules.print_plane(console, data, book),
        as_json=as_json,
        sources=_sources(book) | set(found.source_ids),
        as_of=when,
    )


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="DATE")],
    after: Annotated[str, typer.Argument(metavar="DATE")],
    to: _rules.To = "CN",
    hq: _rules.Hq = None,
    certified: _rules.Certified = False,
    posture: _rules.Posture = "enforced",
    amend: _rules.Amend = None,
    as_json: _show.Json = False,
) -> None:
    """Show which provisions, limits, country groups and chips differ between two days."""
    from leadtime import rules

    book = _rules.law(amend)
    days = (_rules.day(before, "DATE"), _rules.day(after, "DATE"))
    asked = rules.with_defaults(book, _rules.request(to, days[1], hq, certified=certified, posture=posture))
    found = rules.difference(book, *days, asked)
    data = {"to": asked.to, "posture": posture, **asdict(found), "verified_on": book.frame.verified_on}
    _show.show(
        data, lambda console: _rules.print_difference(console, found, book), as_json=as_json, sources=_sources(book)
    )


@app.command()
def headroom(
    to: _rules.To = "CN",
    on: _rules.On = None,
    hq: _rules.Hq = None,
    die_area: Annotated[
        list[float] | None,
        typer.Option(
            "--die-area",
            metavar="MM2",
            help="Silicon in one package, mm²; may be repeated; 1, 2 and 4 exposure fields if none.",
        ),
    ] = None,
    notify: Annotated[bool, typer.Option("--notify", help="A sale after notification counts as free.")] = False,
    posture: _rules.Posture = "enforced",
    amend: _rules.Amend = None,
    as_json: _show.Json = False,
) -> None:
    """Find the best data-centre chip that could be sold without a licence: how the H800 and the H20 came about."""
    from leadtime import rules

    book, when = _rules.law(amend), _rules.day(on)
    asked = rules.with_defaults(book, _rules.request(to, when, hq, posture=posture))
    areas = die_area or [rules.RETICLE_MM2 * factor for factor in (1, 2, 4)]
    found = [rules.headroom(book, when, asked, die_area_mm2=area, allow_notification=notify) for area in areas]
    data = {
        "to": found[0].to,
        "on": when,
        "posture": posture,
        "designs": [asdict(one) for one in found],
        "verified_on": book.frame.verified_on,
    }
    _show.show(
        data,
        lambda console: _rules.print_headroom(console, found, book),
        as_json=as_json,
        sources=_sources(book),
        as_of=when,
    )


@app.command()
def coverage(
    book: Annotated[str, typer.Option("--book", metavar="us_ear|prc", help="Which book.")] = "us_ear",
    as_json: _show.Json = False,
) -> None:
    """Show what a book covers, what it was checked against, and what stays unverified."""
    from leadtime import rules

    found = rules.book(book)
    document = rules.coverage(book)

    def render(console: Console) -> None:
        rows = [
            (
                row["name"],
                row["citation"],
                row["status"],
                row["verified_against"],
                str(row["verified_on"]),
                "; ".join(row["unverified"]),
            )
            for row in document["provisions"]
        ]
        columns = ["Provision", "Instrument", "Status", "Checked against", "On", "Unverified"]
        console.print(_show.table(f"{found.frame.label}: coverage", columns, rows))
        _rules.footer(console, found)

    sources = {source for row in document["provisions"] for source in row.get("sources", ())}
    _show.show({"note": rules.coverage_note(found), **document}, render, as_json=as_json, sources=sources)


@app.command()
def instruments(
    book: Annotated[str, typer.Option("--book", metavar="us_ear|prc", help="Which book.")] = "us_ear",
    as_json: _show.Json = False,
) -> None:
    """List the instruments with their dates: announced, published, in effect, to be complied with, stayed, not enforced."""
    from leadtime import rules

    found = rules.book(book)
    rows = rules.instruments(found)

    def render(console: Console) -> None:
        _rules.print_instruments(console, found, rows)

    sources = {reference["source"] for row in rows for reference in row["references"]}
    data = {"book": found.name, "instruments": rows, "verified_on": found.frame.verified_on}
    _show.show(data, render, as_json=as_json, sources=sources)


@app.command()
def bills(as_json: _show.Json = False) -> None:
    """List the pending bills that --amend can switch on: what-ifs, never law."""
    from leadtime import rules

    found = rules.bills()
    data = {
        "bills": [
            {"id": name, "label": one.label, "citation": one.citation, "status": one.status, "note": one.note}
            for name, one in found.items()
        ]
    }

    def render(console: Console) -> None:
        rows = [(name, one.label, one.citation, one.status, one.note) for name, one in found.items()]
        console.print(
            _show.table("Bills, none of them law", ["Name", "Bill", "Text read", "Status", "As modelled"], rows)
        )

    sources = {reference.source for one in found.values() for reference in one.references}
    _show.show(data, render, as_json=as_json, sources=sources)


def _sources(book: "Book", citations: set[str] | None = None) -> set[str]:
    """Return the sources of a book's instruments, or of those with these citations."""
    chosen = [rule for rule in book.rules.values() if citations is None or rule.citation in citations]
    return {reference.source for rule in chosen for reference in rule.references}
