"""Which rows and which packaged documents cite a source."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources.abc import Traversable
from types import MappingProxyType
from typing import Any

from leadtime.catalog._documents import document
from leadtime.catalog._resources import folder
from leadtime.catalog._sources import Source, sources
from leadtime.catalog._tables import contract, is_source_table, raw_rows, table_names
from leadtime.errors import UnknownNameError

__all__ = ["Use", "cited_in_documents", "find_source", "list_sources", "uses_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One row of a table, or one place of a document, that cites a source."""

    where: str
    """Table, or document with its folder."""
    row: str
    """Key of the row, its parts joined by a slash; in a document the path of keys."""
    column: str
    locator: str = ""


def find_source(source_id: str) -> Source:
    """Return one source by its id; case does not matter.

    Raises
    ------
    UnknownNameError
        If no source has the id.
    """
    by_key = {known.casefold(): source for known, source in sources().items()}
    try:
        return by_key[source_id.strip().casefold()]
    except KeyError:
        raise UnknownNameError.among("source", source_id, sources()) from None


def list_sources(*, find: str | None = None, table: str | None = None) -> list[Source]:
    """Return the sources that have a text in id, title, publisher or address and that a table cites.

    Raises
    ------
    UnknownNameError
        If there is no such table.
    """
    chosen = list(sources().values())
    if find is not None:
        text = find.casefold()
        chosen = [
            source
            for source in chosen
            if text in " ".join((source.id, source.title, source.publisher, source.url)).casefold()
        ]
    if table is not None:
        contract(table)  # says so if there is no such table
        cited = {source_id for source_id, use in _in_tables() if use.where == table}
        chosen = [source for source in chosen if source.id in cited]
    return chosen


def uses_of(source_id: str) -> tuple[Use, ...]:
    """Return every row of a packaged table and every place of a packaged document that cites a source."""
    return _uses().get(source_id, ())


@cache
def _uses() -> Mapping[str, tuple[Use, ...]]:
    grouped: dict[str, list[Use]] = {}
    for source_id, use in (*_in_tables(), *_in_documents()):
        grouped.setdefault(source_id, []).append(use)
    return MappingProxyType({source_id: tuple(uses) for source_id, uses in grouped.items()})


@cache
def cited_in_documents() -> frozenset[str]:
    """Return the ids of all sources that packaged documents cite."""
    return frozenset(cited for cited, _ in _in_documents())


@cache
def _in_tables() -> tuple[tuple[str, Use], ...]:
    found = []
    for name in table_names():
        if is_source_table(name):
            continue
        agreed = contract(name)
        citing = [column.name for column in agreed.columns if column.type == "source"]
        for number, row in enumerate(raw_rows(f"{name}.csv"), start=1):
            key = "/".join(row.get(part, "") for part in agreed.key) or f"row {number}"
            locator = row.get("locator", "")
            found += [
                (row[column], Use(where=name, row=key, column=column, locator=locator))
                for column in citing
                if row.get(column)
            ]
    return tuple(found)


@cache
def _in_documents() -> tuple[tuple[str, Use], ...]:
    known = sources()
    found = []
    for package, name in _yaml_files(folder("leadtime"), "leadtime"):
        for path, text in _texts(document(package, name), ()):
            if text in known:
                column = next((part for part in reversed(path) if not part.isdigit()), "")
                found.append(
                    (text, Use(where=f"{package.removeprefix('leadtime.')}/{name}", row=".".join(path), column=column))
                )
    return tuple(found)


def _yaml_files(place: Traversable, package: str) -> Iterator[tuple[str, str]]:
    for entry in sorted(place.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _yaml_files(entry, f"{package}.{entry.name}")
        elif entry.name.endswith(".yaml"):
            yield package, entry.name


def _texts(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from _texts(value, (*path, str(key)))
    elif isinstance(node, list):
        for number, value in enumerate(node):
            yield from _texts(value, (*path, str(number)))
