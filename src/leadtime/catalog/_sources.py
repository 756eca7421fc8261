"""Publications that the tables cite, and which rows cite them."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from leadtime.catalog._tables import contract, raw_rows, table_names
from leadtime.errors import CatalogError

__all__ = ["Source", "Use", "merge_sources", "sources", "uses_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One publication."""

    id: str
    title: str
    publisher: str = ""
    url: str = ""
    published: str = ""
    """Date of publication as far as known: a year, a month or a day."""
    accessed: str = ""
    licence: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One row that cites a source."""

    table: str
    row: str
    """Key of the row, its parts joined by a slash."""
    column: str
    locator: str = ""


def merge_sources(rows_by_file: Mapping[str, tuple[dict[str, str], ...]]) -> Mapping[str, Source]:
    """Return one mapping of all sources; one id may stand in several files if its address is the same.

    Raises
    ------
    CatalogError
        If one id names two addresses.
    """
    merged: dict[str, Source] = {}
    for file_name, rows in rows_by_file.items():
        for row in rows:
            source = Source(**{name: row.get(name, "") for name in Source.__slots__})
            known = merged.setdefault(source.id, source)
            if known.url != source.url:
                raise CatalogError(f"{file_name}: the source {source.id!r} stands elsewhere with another address.", hint="Rename one.")
    return MappingProxyType(dict(sorted(merged.items())))


@cache
def sources() -> Mapping[str, Source]:
    """Return every packaged source by id."""
    names = [name for name in table_names() if name == "sources" or name.startswith("sources_")]
    return merge_sources({f"{name}.csv": raw_rows(f"{name}.csv") for name in names})


@cache
def uses_of(source_id: str) -> tuple[Use, ...]:
    """Return the rows of all packaged tables that cite a source."""
    return tuple(use for cited, use in _all_uses() if cited == source_id)


@cache
def _all_uses() -> tuple[tuple[str, Use], ...]:
    found = []
    for name in table_names():
        if name == "sources" or name.startswith("sources_"):
            continue
        agreed = contract(name)
        citing = [column.name for column in agreed.columns if column.type == "source"]
        for number, row in enumerate(raw_rows(f"{name}.csv"), start=2):
            key = "/".join(row.get(part, "") for part in agreed.key) or f"row {number}"
            found += [
                (row[column], Use(table=name, row=key, column=column, locator=row.get("locator", "")))
                for column in citing
                if row.get(column)
            ]
    return tuple(found)
