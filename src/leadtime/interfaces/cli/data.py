"""`leadtime data`: the tables of the catalogue, and checking them or your own."""

import json
import sys
from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from leadtime.interfaces.cli._show import Json, show, table

if TYPE_CHECKING:
    from leadtime.catalog import Contract, Finding, Report
    from leadtime.errors import LeadtimeError

app = typer.Typer(no_args_is_help=True, help="The tables of the catalogue: check, list, show, package.")

Table = Annotated[str, typer.Argument(metavar="TABLE", help="Name of a table; `leadtime data list` shows them.")]


@app.command()
def check(
    folder: Annotated[
        str | None, typer.Argument(metavar="[DIR]", help="A folder of your own tables in the same layout.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every row of every table in one go: types, units, bounds, keys, sources."""
    from leadtime.catalog import check_folder, check_packaged
    from leadtime.errors import BadFileError, CatalogError

    report = check_packaged() if folder is None else check_folder(folder)
    try:
        report.raise_if_broken()
    except (BadFileError, CatalogError) as error:
        _say_broken(report, error, as_json=as_json)
        raise typer.Exit(error.exit_status) from None
    data = {
        "n_tables": len(report.n_rows),
        "n_rows": sum(report.n_rows.values()),
        "n_sources": report.n_sources,
        "tables": [{"table": name, "n_rows": count} for name, count in report.n_rows.items()],
        "warnings": _rows_of(report.findings),
    }

    def render(console: Console) -> None:
        console.print(
            f"{data['n_rows']:,} rows of {data['n_tables']} tables and {data['n_sources']} sources are in order."
        )
        for finding in report.findings:
            console.print(escape(f"Note: {finding}"))

    show(data, render, as_json=as_json)


def _rows_of(findings: "Iterable[Finding]") -> list[dict[str, Any]]:
    """Return findings as plain data."""
    names = ("file", "line", "column", "what", "hint")
    return [{name: getattr(finding, name) for name in names} for finding in findings]


def _say_broken(report: "Report", error: "LeadtimeError", *, as_json: bool) -> None:
    """Say all that is wrong: in JSON as a list of its own, for people by file and line on standard error."""
    hint = "Correct what is listed and check again."
    if as_json:
        said = {"code": error.code, "message": f"{error.message.rstrip(':')}.", "hint": hint}
        failure = {"ok": False, "error": {**said, "findings": _rows_of(report.errors)}}
        sys.stdout.write(json.dumps(failure, ensure_ascii=False) + "\n")
        return
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    console.print(f"leadtime: {error.message}")
    for file, found in groupby(report.errors, key=lambda finding: finding.file):
        console.print(f"\n{file}")
        for finding in found:
            place = ", ".join([*([f"line {finding.line}"] if finding.line else []), *filter(None, [finding.column])])
            console.print(f"  {place + ': ' if place else ''}{finding.what}. {finding.hint}".rstrip())
    console.print(f"\n{hint}")


@app.command("list")
def list_(as_json: Json = False) -> None:
    """List the tables of the catalogue."""
    from leadtime.catalog import contract, data_version, table_names, table_title
    from leadtime.catalog import table as rows_of

    tables = [
        (name, table_title(name), len(rows_of(name)), len(contract(name).columns), contract(name).key)
        for name in table_names()
    ]

    def render(console: Console) -> None:
        rows = [
            (name, title, f"{n_rows:,}", n_columns, ", ".join(key)) for name, title, n_rows, n_columns, key in tables
        ]
        columns: list[str | tuple[str, str]] = ["Table", "Holds", ("Rows", "right"), ("Columns", "right"), "Key"]
        console.print(table(f"Catalogue {data_version()}", columns, rows))

    names = ("table", "title", "n_rows", "n_columns", "key")
    show({"tables": [dict(zip(names, entry, strict=True)) for entry in tables]}, render, as_json=as_json)


@app.command("show")
def show_(
    name: Table,
    where: Annotated[
        list[str] | None,
        typer.Option("--where", metavar="COLUMN=TEXT", help="Rows with this text in the column; may be repeated."),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="At most so many rows.")] = None,
    columns: Annotated[
        str | None, typer.Option(metavar="A,B,...", help="Columns to show; JSON always has all.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a table: its columns and its rows."""
    from leadtime.catalog import contract, records, table_title

    agreed = contract(name)
    chosen = _matching(records(name), where or [], agreed.names)[:limit]
    data = {
        "table": name,
        "title": table_title(name),
        "columns": [
            {
                "name": column.name,
                "type": column.type,
                "unit": column.units[0] if column.units else None,
                "required": column.required,
                "description": column.description,
            }
            for column in agreed.columns
        ],
        "n_rows": len(chosen),
        "rows": chosen,
    }
    sources = {
        row[column.name] for column in agreed.columns if column.type == "source" for row in chosen if row[column.name]
    }

    def render(console: Console) -> None:
        names, left_out = _shown_columns(agreed, columns)
        rows = [[escape(_cell(row[column], limit=60)) for column in names] for row in chosen]
        more = f" More columns: {', '.join(left_out)} (--columns, --json)." if left_out else ""
        headings: list[str | tuple[str, str]] = [*names]
        console.print(table(f"{name}: {data['title']}", headings, rows, caption=f"{len(chosen):,} rows.{more}"))

    show(data, render, as_json=as_json, sources=sources)


@app.command()
def package() -> None:
    """Print the Frictionless descriptor of the tables (datapackage.json)."""
    from leadtime.catalog import datapackage

    sys.stdout.write(json.dumps(datapackage(), indent=1, ensure_ascii=False) + "\n")


MOST_COLUMNS = 9
LEFT_OUT_FIRST = ("locator", "method", "source_id_2", "currency_year", "note", "notes", "source_id")


def _shown_columns(agreed: "Contract", wanted: str | None) -> tuple[list[str], list[str]]:
    """Return the columns that fit on a screen and those left out, or the wanted ones."""
    if wanted is not None:
        names = [name.strip() for name in wanted.split(",") if name.strip()]
        for name in names:
            _must_be_column(name, agreed.names)
        return names, []
    names = list(agreed.names)
    for name in LEFT_OUT_FIRST:
        if len(names) > MOST_COLUMNS and name in names:
            names.remove(name)
    names = names[:MOST_COLUMNS]
    return names, [name for name in agreed.names if name not in names]


def _must_be_column(name: str, columns: tuple[str, ...]) -> None:
    from leadtime.errors import UnknownNameError

    if name not in columns:
        near = UnknownNameError.among("column", name, columns)
        raise UnknownNameError(
            near.message, hint=near.hint if near.hint.startswith("Did") else f"Columns: {', '.join(columns)}."
        )


def _matching(rows: list[dict[str, Any]], conditions: list[str], columns: tuple[str, ...]) -> list[dict[str, Any]]:
    from leadtime.errors import BadInputError, shorten

    for condition in conditions:
        column, equals, text = condition.partition("=")
        if not equals:
            raise BadInputError(f"--where is {shorten(repr(condition))}.", hint="Write it as COLUMN=TEXT.")
        _must_be_column(column, columns)
        rows = [row for row in rows if text.casefold() in _cell(row[column]).casefold()]
    return rows


def _cell(value: Any, limit: int = 10_000) -> str:
    from leadtime.errors import shorten

    if value is None:
        return ""
    if isinstance(value, list):
        value = "; ".join(value)
    if isinstance(value, float):
        value = f"{value:.15g}"
    return shorten(value, limit)
