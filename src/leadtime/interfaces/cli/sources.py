"""`leadtime sources`: where a number comes from and what uses it."""

from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from leadtime.interfaces.cli._show import Json, show, table

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
    from leadtime.catalog import find_source, uses_of

    source = find_source(source_id)
    uses = uses_of(source.id)
    facts = {name: getattr(source, name) or None for name in ("id", *LABELS)}
    used_by = [
        {"where": use.where, "row": use.row, "column": use.column, "locator": use.locator or None} for use in uses
    ]

    def render(console: Console) -> None:
        known = [(label, escape(getattr(source, name))) for name, label in LABELS.items() if getattr(source, name)]
        console.print(table(source.id, ["", ""], known))
        rows = [(use.where, escape(use.row), use.column, escape(use.locator)) for use in uses]
        console.print(table(f"Cited {len(uses)} times", ["Where", "Row", "Column", "Place in the source"], rows))

    show({**facts, "n_uses": len(uses), "used_by": used_by}, render, as_json=as_json, sources=[source.id])


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
    from leadtime.catalog import list_sources, uses_of

    chosen = list_sources(find=find, table=table_name)
    data = {
        "n_sources": len(chosen),
        "sources": [
            {
                "id": source.id,
                "title": source.title,
                "publisher": source.publisher or None,
                "url": source.url or None,
                "published": source.published or None,
                "n_uses": len(uses_of(source.id)),
            }
            for source in chosen
        ],
    }

    def render(console: Console) -> None:
        rows = [
            (source.id, escape(source.title), escape(source.publisher), source.published, len(uses_of(source.id)))
            for source in chosen
        ]
        console.print(
            table(f"{len(chosen)} sources", ["Id", "Title", "Publisher", "Published", ("Uses", "right")], rows)
        )

    show(data, render, as_json=as_json, sources=[source.id for source in chosen])
