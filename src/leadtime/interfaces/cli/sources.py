"""`leadtime sources`: where a number comes from and what uses it."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from leadtime.interfaces.cli._show import Json, answer, table

app = typer.Typer(help="Where a number comes from and what uses it.")


@app.command()
def sources(
    source: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Id of a source; without it the list is shown.")
    ] = None,
    find: Annotated[
        str | None, typer.Option(metavar="TEXT", help="Sources with this text in id, title, publisher or address.")
    ] = None,
    table_name: Annotated[
        str | None, typer.Option("--table", metavar="TABLE", help="Sources that this table cites.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show a source with every row that cites it, or the list of sources."""
    if source is None:
        _list(find, table_name, as_json=as_json)
    else:
        _one(source, as_json=as_json)


def _one(source_id: str, *, as_json: bool) -> None:
    from leadtime.interfaces.answers import facts

    found = facts.source(source_id)
    data = found.data

    def render(console: Console) -> None:
        known = [(label, escape(data[name])) for name, label in LABELS.items() if data[name]]
        console.print(table(data["id"], ["", ""], known))
        rows = [
            (use["where"], escape(use["row"]), use["column"], escape(use["locator"] or "")) for use in data["used_by"]
        ]
        console.print(table(f"Cited {data['n_uses']} times", ["Where", "Row", "Column", "Place in the source"], rows))

    answer(found, render, as_json=as_json)


LABELS = {
    "title": "Title",
    "publisher": "Publisher",
    "published": "Published",
    "url": "Address",
    "accessed": "Read on",
    "licence": "Terms",
    "note": "Note",
}


def _list(find: str | None, table_name: str | None, *, as_json: bool) -> None:
    from leadtime.interfaces.answers import facts

    found = facts.sources(find, table_name)

    def render(console: Console) -> None:
        rows = [
            (one["id"], escape(one["title"]), escape(one["publisher"] or ""), one["published"], one["n_uses"])
            for one in found.data["sources"]
        ]
        columns: list[str | tuple[str, str]] = ["Id", "Title", "Publisher", "Published", ("Uses", "right")]
        console.print(table(f"{found.data['n_sources']} sources", columns, rows))

    answer(found, render, as_json=as_json)
