"""`leadtime rules`: export controls over time."""

from datetime import date
from typing import Annotated

import typer
from rich.console import Console

from leadtime.errors import BadInputError
from leadtime.interfaces.cli import _figure, _rules, _show

app = typer.Typer(
    no_args_is_help=True,
    help="Export controls over time: timeline, matrix, plane, diff, headroom, coverage, instruments, bills.",
)

Chip = Annotated[str, typer.Argument(metavar="CHIP", help="A name (h100, rtx 5090d), or a chip or spec file.")]
QUANTITIES = "tpp, performance_density, memory_bandwidth_gb_s, interconnect_gb_s"


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
    from leadtime.interfaces.answers import law

    _figure.check(figure)
    if against and figure is None:
        raise BadInputError("--against adds rows to a figure.", hint="Name its file with --figure.")
    book, item = _rules.law(amend), rules.find_item(chip)
    asked = rules.with_defaults(
        book, _rules.request(to, date.today(), hq, origin, consignee, end_use, certified, posture)
    )
    first = law.FIRST_DAY if since is None else _rules.day(since, "--since")
    last = None if until is None else _rules.day(until, "--until")
    answer = law.timeline(book, item, asked, since=first, until=last)
    spans = answer.data["spans"]
    if figure is not None:
        others = [rules.find_item(name) for name in against or ()]
        statuses = {item.name: spans} | {
            one.name: rules.timeline(book, one, asked, since=first, until=last) for one in others
        }
        end = last or _rules.strip_end(statuses, book, date.today())
        _figure.write(_rules.strip(statuses, asked, end, book), figure)
    _show.answer(answer, lambda console: _rules.print_timeline(console, item.name, asked, spans, book), as_json=as_json)


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
    from leadtime.interfaces.answers import law

    _figure.check(figure)
    book = _rules.law(amend)
    items = [rules.find_item(name) for name in chips or law.TELLING]
    days = [_rules.day(text, "--date") for text in dates or ()]
    asked = _rules.request(to, date.today(), hq, origin, certified=certified, posture=posture)
    answer = law.matrix(book, items, asked, days)
    if figure is not None:
        wanted = rules.with_defaults(book, asked)
        last = max([*days, date.today()])
        statuses = {item.name: rules.timeline(book, item, wanted, until=last) for item in items}
        _figure.write(_rules.strip(statuses, wanted, last, book), figure)
    _show.answer(answer, lambda console: _rules.print_matrix(console, answer.data, book), as_json=as_json)


@app.command()
def plane(
    on: _rules.On = None,
    x: Annotated[str, typer.Option("--x", metavar="QUANTITY", help=f"Across: {QUANTITIES}.")] = "tpp",
    y: Annotated[
        str, typer.Option("--y", metavar="QUANTITY", help="Upwards: another of these.")
    ] = "performance_density",
    to: _rules.To = "CN",
    hq: _rules.Hq = None,
    certified: _rules.Certified = False,
    posture: _rules.Posture = "enforced",
    amend: _rules.Amend = None,
    figure: _figure.FigureFile = None,
    as_json: _show.Json = False,
) -> None:
    """Show what the law says of each part of a plane of two properties on a day, and the data-centre chips that lay in it."""
    from leadtime.interfaces.answers import law

    _figure.check(figure)
    if x == y:
        raise BadInputError(f"--x and --y are both {x}.", hint=f"Name two of: {QUANTITIES}.")
    book = _rules.law(amend)
    asked = _rules.request(to, _rules.day(on), hq, certified=certified, posture=posture)
    answer = law.plane(book, asked, x, y)
    taken = _rules.taken_as_law(amend)
    if figure is not None:
        _figure.write(_rules.plane(law.plane_data(book, asked, x, y), answer.data, certified, taken), figure)
    _show.answer(answer, lambda console: _rules.print_plane(console, answer.data, book, taken), as_json=as_json)


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
    from leadtime.interfaces.answers import law

    book = _rules.law(amend)
    days = (_rules.day(before, "DATE"), _rules.day(after, "DATE"))
    answer = law.diff(book, *days, _rules.request(to, days[1], hq, certified=certified, posture=posture))
    _show.answer(answer, lambda console: _rules.print_difference(console, answer.data, book), as_json=as_json)


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
    from leadtime.interfaces.answers import law

    book = _rules.law(amend)
    asked = _rules.request(to, _rules.day(on), hq, posture=posture)
    answer = law.headroom(book, asked, die_areas_mm2=die_area or (), notify=notify)
    _show.answer(answer, lambda console: _rules.print_headroom(console, answer.data, book), as_json=as_json)


@app.command()
def coverage(
    book: Annotated[str, typer.Option("--book", metavar="us_ear|prc", help="Which book.")] = "us_ear",
    as_json: _show.Json = False,
) -> None:
    """Show what a book covers, what it was checked against, and what stays unverified."""
    from leadtime import rules
    from leadtime.interfaces.answers import law

    found = rules.book(book)
    answer = law.coverage(book)

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
            for row in answer.data["provisions"]
        ]
        columns = ["Provision", "Instrument", "Status", "Checked against", "On", "Unverified"]
        console.print(_show.table(f"{found.frame.label}: coverage", columns, rows))
        _rules.footer(console, found)

    _show.answer(answer, render, as_json=as_json)


@app.command()
def instruments(
    book: Annotated[str, typer.Option("--book", metavar="us_ear|prc", help="Which book.")] = "us_ear",
    as_json: _show.Json = False,
) -> None:
    """List the instruments with their dates: announced, published, in effect, to be complied with, stayed, not enforced."""
    from leadtime import rules
    from leadtime.interfaces.answers import law

    answer = law.instruments(book)

    def render(console: Console) -> None:
        _rules.print_instruments(console, rules.book(book), answer.data["instruments"])

    _show.answer(answer, render, as_json=as_json)


@app.command()
def bills(as_json: _show.Json = False) -> None:
    """List the pending bills that --amend can switch on: what-ifs, never law."""
    from leadtime.interfaces.answers import law

    answer = law.bills()

    def render(console: Console) -> None:
        rows = [tuple(row.values()) for row in answer.data["bills"]]
        console.print(
            _show.table(
                "Bills, none of them law",
                ["Name", "Bill", "Text read", "Status", "As modelled", "Taken as law from"],
                rows,
            )
        )

    _show.answer(answer, render, as_json=as_json)
