"""How `leadtime classify` and `leadtime rules` read their options and look to people."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from leadtime.interfaces.cli import _show

if TYPE_CHECKING:
    from leadtime.claims import PlaneData
    from leadtime.reports import Figure
    from leadtime.rules import Book, Determination, Request, Span

To = Annotated[str, typer.Option("--to", metavar="CC", help="Destination: ISO 3166 alpha-2, or a country's name.")]
On = Annotated[str | None, typer.Option("--on", metavar="DATE", help="Day of the export; today if not given.")]
Hq = Annotated[
    str | None,
    typer.Option(
        "--hq", metavar="CC", help="Headquarters of the buyer or its ultimate parent; the destination if not given."
    ),
]
From = Annotated[str, typer.Option("--from", metavar="CC", help="Country that the item is sent from.")]
Consignee = Annotated[
    str | None, typer.Option("--consignee", metavar="NAME", help="Who receives it: G42, Microsoft, SMIC, ...")
]
EndUse = Annotated[
    str | None,
    typer.Option(
        "--end-use",
        help="commercial, datacenter, state_funded_datacenter, research, military, supercomputer, advanced_fab, wmd, remote_access.",
    ),
]
Certified = Annotated[bool, typer.Option("--certified", help="The 2026 certifications and volume cap are met.")]
Posture = Annotated[
    str, typer.Option("--posture", metavar="enforced|text", help="What the agency applies, or what the rules say.")
]
Amend = Annotated[
    list[str] | None,
    typer.Option(
        "--amend",
        metavar="BILL|FILE",
        help="What if: a bill (see `leadtime rules bills`) or a file of changes; may be repeated.",
    ),
]

Columns = Sequence[str | tuple[str, str]]
NOT_ADVICE = "Not legal advice. Rules last verified on {verified_on}; `leadtime rules coverage` says what was checked against what."


def day(text: str | None, option: str = "--on") -> date:
    """Return the day that an option names; today if it is not given."""
    from leadtime.errors import BadInputError, shorten

    if text is None:
        return date.today()
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise BadInputError(f"{option}: {shorten(text)!r} is not a date.", hint="Write dates as YYYY-MM-DD.") from None


def law(amend: Sequence[str] | None) -> "Book":
    """Return the US book, with what-ifs applied."""
    from leadtime import rules

    book = rules.book("us_ear")
    return book.amend(*(rules.amendment(name) for name in amend)) if amend else book


def taken_as_law(amend: Sequence[str] | None) -> str:
    """Return the sentence that says which what-ifs an answer takes as law; empty without any."""
    from leadtime import rules

    return f"Taken as law: {', '.join(rules.amendment(name).label for name in amend)}." if amend else ""


def request(
    to: str,
    on: date,
    hq: str | None = None,
    origin: str = "US",
    consignee: str | None = None,
    end_use: str | None = None,
    certified: bool = False,
    posture: str = "enforced",
) -> "Request":
    """Return the transaction that the options describe."""
    from leadtime.rules import Request

    return Request(
        to=to, on=on, hq=hq, origin=origin, consignee=consignee, end_use=end_use, certified=certified, posture=posture
    )


def footer(console: Console, book: "Book") -> None:
    """Print the one line that says what this is not."""
    console.print(NOT_ADVICE.format(verified_on=book.frame.verified_on), style="dim")


OUTCOMES = {
    "required": "A licence is required",
    "notify": "Allowed after notification",
    "not_required": "No licence is required",
    "not_in_force": "No such control is in force",
    "unknown": "Not decided by what is known",
}
SHORT = {
    "required": "licence",
    "notify": "notify",
    "not_required": "free",
    "not_in_force": "no control",
    "unknown": "unknown",
}
STYLES = {
    "required": "bold red",
    "notify": "yellow",
    "not_required": "green",
    "not_in_force": "green",
    "unknown": "magenta",
}
POLICIES = {
    "presumption_of_denial": "presumption of denial",
    "case_by_case": "case-by-case review",
    "presumption_of_approval": "presumption of approval",
}
PRACTICES = {
    "licences_issued": "no policy stated; licences are being issued",
    "no_licence_known": "no policy stated; no licence known",
}


def strip(statuses: "Mapping[str, Sequence[Span]]", asked: "Request", last: date, book: "Book") -> "Figure":
    """Return the figure of the status of chips over time."""
    from leadtime.reports import _law_figures
    from leadtime.reports._page import texts

    p = texts("en")["page"]
    ends = {name: spans[-1] for name, spans in statuses.items()}
    words = p["statuses"]
    if len(statuses) == 1:
        name, end = next(iter(ends.items()))
        title = f"{name} to {asked.to}: {len(statuses[name])} stages; {words[_law_figures.status_key(end)]} since {end.since}"
    else:
        free = sum(_law_figures.status_key(end) in ("free", "no_control") for end in ends.values())
        title = f"{free} of {len(statuses)} chips can be sold to {asked.to} without a licence or notification at the end of the time shown"
    return _law_figures.status_strip(
        statuses,
        until=last,
        name="status",
        title=title,
        words=words,
        caption=f"Until {last}, {'as the agency applies the rules' if asked.posture == 'enforced' else 'as the rules read'}. "
        + NOT_ADVICE.format(verified_on=book.frame.verified_on).split(";")[0]
        + ".",
        alternative="Bars over time, one per chip: {rows}.",
    )


def strip_end(statuses: "Mapping[str, Sequence[Span]]", book: "Book", today: date) -> date:
    """Return the day up to which a figure of statuses runs where no last day is asked: today, or a year past what lies ahead.

    Ahead lies what a what-if dates, and the last change of status of a row; a year shows the stage that starts there.
    """
    from leadtime import rules

    without = set(rules.telling_dates(rules.book(book.name), until=date.max))
    ahead = [day for day in rules.telling_dates(book, until=date.max) if day not in without]
    ahead += [date.fromisoformat(spans[-1].since) for spans in statuses.values()]
    last = max(ahead)
    return date.fromordinal(min(last.toordinal() + 365, date.max.toordinal())) if last > today else today


def plane(found: "PlaneData", data: "Mapping[str, Any]", certified: bool, taken: str = "") -> "Figure":
    """Return the figure of a plane; its caption says which what-ifs it takes as law."""
    from leadtime.reports import _law_figures
    from leadtime.reports._page import texts

    caught = sum(chip["outcome"] == "required" for chip in data["chips"])
    names = {
        "tpp": "TPP",
        "performance_density": "density",
        "memory_bandwidth_gb_s": "memory bandwidth",
        "interconnect_gb_s": "interconnect",
    }
    practice = "as the agency applies the rules" if data["posture"] == "enforced" else "as the rules read"
    return _law_figures.plane_figure(
        found,
        texts("en")["page"],
        title=f"{found.on}, to {found.to}: {caught} of {len(data['chips'])} data-centre chips need a licence",
        caption=f"Regions follow {names[found.x]} and {names[found.y]} alone, with the other properties below every limit, {practice}; "
        f"certifications of 2026 taken as {'met' if certified else 'not met'}. Labels are left out where they would overlap. {taken}".strip(),
        labels=14,
    )


def print_plane(console: Console, data: "Mapping[str, Any]", book: "Book", taken: str = "") -> None:
    """Print the regions of a plane and the chips in it."""
    x, y = data["x"], data["y"]

    def status(row: "Mapping[str, Any]") -> str:
        policy = POLICIES.get(row["review"] or "", "") if row["outcome"] in ("required", "notify") else ""
        return f"[{STYLES[row['outcome']]}]{SHORT[row['outcome']]}[/]" + (f", {policy}" if policy else "")

    regions = [
        (
            f"{row['x_from']:,.5g}",
            f"{row['x_to']:,.5g}",
            f"{row['y_from']:,.5g}",
            f"{row['y_to']:,.5g}",
            status(row),
            row["eccn"],
        )
        for row in data["regions"]
    ]
    columns: Columns = [
        (f"{x} from", "right"),
        ("to", "right"),
        (f"{y} from", "right"),
        ("to", "right"),
        "Status",
        "Entry",
    ]
    console.print(
        _show.table(
            f"Regions to {data['to']} on {data['on']} ({data['posture']})",
            columns,
            regions,
            caption=escape(taken) or None,
        )
    )
    chips = [
        (escape(chip["label"]), f"{chip['x']:,.5g}", f"{chip['y']:,.5g}", status(chip))
        for chip in sorted(data["chips"], key=lambda chip: -chip["x"])
    ]
    console.print()
    caption = "Status from all properties of the chip, not only the two shown."
    console.print(
        _show.table(
            "Data-centre chips of the day", ["Chip", (x, "right"), (y, "right"), "Status"], chips, caption=caption
        )
    )
    footer(console, book)


def print_determination(console: Console, found: "Determination", *, every_test: bool = False) -> None:
    """Print one determination: the answer, what is missing, the remarks, the reasoning."""
    asked = found.request
    where = f"{asked.to}" + (f", headquarters {asked.hq}" if asked.hq != asked.to else "")
    console.print(f"[bold]{escape(found.item.name)}[/bold] to {where} on {asked.on} ({asked.posture})")
    policy = POLICIES.get(found.review or "", PRACTICES.get(found.practice or "", ""))
    parts = [
        OUTCOMES[found.outcome],
        f"entry {found.eccn}" if found.eccn else "",
        f"exception {found.exception}" if found.exception else "",
    ]
    if found.outcome in ("required", "notify") and policy:
        parts.append(policy if found.outcome == "required" else f"an application would meet {policy}")
    console.print("; ".join(part for part in parts if part) + ".", style=STYLES[found.outcome])
    if found.outcome == "unknown":
        possible = " or ".join(OUTCOMES[str(word)].lower() for word in found.possible["outcomes"])
        console.print(f"Possible: {possible}. It depends on: {', '.join(found.missing)}.")
    elif found.missing:
        console.print(f"The rest depends on: {', '.join(found.missing)}.")
    console.print(_quantities(found))
    for remark in found.overlays:
        label = remark.id if remark.certain else f"{remark.id} (may apply)"
        check = f" [{remark.verified}]" if remark.verified not in ("", "primary") else ""
        console.print(f"- {escape(label)}: {escape(remark.text)}{escape(check)}")
    _print_trace(console, found, every_test)
    footer(console, found.book)


def _quantities(found: "Determination") -> str:
    data = found.as_data()
    words = {"tpp": "TPP", "performance_density": "density", "memory_bandwidth_gb_s": "DRAM GB/s"}
    return "  ".join(
        f"{label} {_figure(data[name])}" for name, label in words.items() if found.item.kind in ("chip", "die")
    )


def _figure(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return (
        f"{value:,.4g}"
        if isinstance(value, float) and abs(value) < 1e4
        else f"{value:,.0f}"
        if isinstance(value, float)
        else str(value)
    )


def _print_trace(console: Console, found: "Determination", every_test: bool) -> None:
    """Print the tests of what classifies and of what holds; name the rest, or print it too."""
    applied = {key.rsplit("@", 1)[0] for key in found.applied}
    entries = found.book.entry_provisions()
    shown = [line for line in found.trace if every_test or line.provision in applied or line.provision in entries]
    if not shown:
        return
    rows, before = [], ""
    for line in shown:
        new = line.provision != before
        before = line.provision
        holds = {True: "yes", False: "no", None: "?"}[line.holds]
        period = f"{line.in_force_from or 'start'} to {line.in_force_to or 'open'}"
        rows.append(
            (
                f"{escape(line.provision)}{' *' if line.provision in applied else ''}" if new else "",
                escape(line.test),
                _figure(line.value),
                f"{line.comparison} {_figure(line.limit)}",
                "" if line.margin_frac is None else f"{line.margin_frac:+.1%}",
                holds,
                escape(line.citation) if new else "",
                period if new else "",
            )
        )
    columns: Columns = [
        "Provision",
        "Test",
        ("Value", "right"),
        "Limit",
        ("Margin", "right"),
        "Met",
        "Paragraph",
        "In force",
    ]
    rest = dict.fromkeys(line.provision for line in found.trace if line not in shown)
    caption = "* holds." + (
        f" Tested, and not applying: {', '.join(map(escape, rest))} (--all-tests shows how)." if rest else ""
    )
    console.print()
    console.print(_show.table("Why", columns, rows, caption=caption))


def print_timeline(console: Console, name: str, asked: "Request", spans: Sequence["Span"], book: "Book") -> None:
    """Print the status of an item over time."""
    rows = []
    for span in spans:
        policy = POLICIES.get(span.review or "", PRACTICES.get(span.practice or "", ""))
        events = "; ".join(f"{event.rule} ({event.citation})" for event in span.events)
        rows.append(
            (
                span.since,
                span.until or "open",
                f"[{STYLES[span.outcome]}]{SHORT[span.outcome]}[/]",
                span.eccn,
                span.exception,
                policy,
                escape(events),
            )
        )
    columns = ["From", "To", "Status", "Entry", "Exception", "Policy", "What changed it"]
    console.print(_show.table(f"{escape(name)} to {asked.to} ({asked.posture})", columns, rows))
    footer(console, book)


def print_matrix(console: Console, data: Mapping[str, Any], book: "Book") -> None:
    """Print dates by chips."""
    names = [row["chip"] for row in data["rows"]]
    rows = []
    for column, day in enumerate(data["dates"]):
        found = [row["cells"][column]["outcome"] for row in data["rows"]]
        rows.append((day.isoformat(), *(f"[{STYLES[outcome]}]{SHORT[outcome]}[/]" for outcome in found)))
    drawn = _show.table("Status by date", ["From", *map(escape, names)], rows)
    drawn.columns[0].no_wrap = True
    console.print(drawn)
    footer(console, book)


def print_difference(console: Console, found: Mapping[str, Any], book: "Book") -> None:
    """Print what changed between two days."""
    for title, entries in (
        ("Provisions that began", found["provisions_began"]),
        ("Provisions that ended", found["provisions_ended"]),
    ):
        if entries:
            rows = [(escape(row["provision"]), escape(row["summary"]), escape(row["citation"])) for row in entries]
            console.print(_show.table(title, ["Provision", "What it says", "Paragraph"], rows))
    if found["parameters"]:
        limits = [
            (row["parameter"], escape(row["label"]), _limit(row["before"]), _limit(row["after"]), row["unit"])
            for row in found["parameters"]
        ]
        console.print(
            _show.table("Limits", ["Parameter", "What it is", ("Before", "right"), ("After", "right"), "Unit"], limits)
        )
    if found["places"]:
        rows = [
            (row["place"], escape(row["group"]), "entered" if row["member_after"] else "left")
            for row in found["places"]
        ]
        console.print(_show.table("Places", ["Place", "Group", ""], rows))
    if found["outcomes"]:
        rows = [(escape(row["name"]), _cell(row["before"]), _cell(row["after"])) for row in found["outcomes"]]
        console.print(
            _show.table("Chips whose status differs", ["Chip", str(found["before"]), str(found["after"])], rows)
        )
    if not (
        found["provisions_began"]
        or found["provisions_ended"]
        or found["parameters"]
        or found["places"]
        or found["outcomes"]
    ):
        console.print("Nothing differs.")
    footer(console, book)


def _limit(value: float | None) -> str:
    return "none" if value is None else f"{value:,.6g}"


def _cell(cell: Mapping[str, Any]) -> str:
    words = [
        SHORT[cell["outcome"]],
        cell["eccn"] or "",
        cell["exception"] or "",
        POLICIES.get(cell["review"] or "", ""),
    ]
    return f"[{STYLES[cell['outcome']]}]{', '.join(word for word in words if word)}[/]"


def print_headroom(console: Console, data: Mapping[str, Any], book: "Book") -> None:
    """Print the best designs for several amounts of silicon."""
    reach = data["designs"][0]["technology"]
    rows = []
    for one in data["designs"]:
        same = one["decode"] == one["training"]
        for purpose in ("training",) if same else ("training", "decode"):
            design, label = one[purpose], "training and decode" if same else purpose
            rows.append((f"{one['die_area_mm2']:,.0f}", label, *_design(design), escape(design["nearest"] or "")))
    columns: Columns = [
        ("Silicon mm²", "right"),
        "Best for",
        ("TPP", "right"),
        ("Density", "right"),
        ("DRAM GB/s", "right"),
        ("Links GB/s", "right"),
        "Held back by law",
        "Nearest part",
    ]
    caption = (
        f"Technology of the day: {reach['tpp_per_mm2']:.3g} TPP per mm², {reach['memory_bandwidth_gb_s']:,.0f} GB/s DRAM, "
        f"{reach['interconnect_gb_s']:,.0f} GB/s links. A figure at a limit lies just below it."
    )
    title = f"Best free data-centre chip for {data['to']} on {data['on']}"
    console.print(_show.table(title, columns, rows, caption=caption))
    footer(console, book)


def _design(design: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    words = {"tpp": "TPP", "memory_bandwidth_gb_s": "DRAM", "interconnect_gb_s": "links"}
    held = ", ".join(words[name] for name in design["bound_by"])
    quantities = ("tpp", "performance_density", "memory_bandwidth_gb_s", "interconnect_gb_s")
    figures = [design[name] for name in quantities]
    tpp, density, speed, link = (f"{value:,.4g}" if value < 1e4 else f"{value:,.0f}" for value in figures)
    return tpp, density, speed, link, held


def print_instruments(console: Console, book: "Book", found: Sequence[Any]) -> None:
    """Print the instruments of a book with their dates."""
    rows = []
    for row in found:
        breaks = [f"stayed {_span(one)}" for one in row["suspended"]] + [
            f"not enforced {_span(one)}" for one in row["unenforced"]
        ]
        words = "; ".join([*breaks, "practice, not text"] if row["practice"] else breaks)
        dates = (row["announced"], row["published"], row["effective"], row["compliance"])
        rows.append((escape(row["label"]), escape(row["citation"]), *dates, words, row["verified"]))
    columns: Columns = ["Instrument", "Citation", "Announced", "Published", "Effect", "Compliance", "Breaks", "Read"]
    console.print(_show.table(f"{book.frame.label}: instruments", columns, rows))
    footer(console, book)


def _span(period: Any) -> str:
    return f"from {period['from']}" + (f" to {period['to']}" if period["to"] else "")
