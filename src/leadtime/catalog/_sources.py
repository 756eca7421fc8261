"""Publications that the tables cite."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from leadtime.catalog._tables import is_source_table, raw_rows, table_names
from leadtime.errors import CatalogError

__all__ = ["Source", "merge_sources", "sources"]


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
                raise CatalogError(
                    f"{file_name}: the source {source.id!r} stands elsewhere with another address.", hint="Rename one."
                )
    return MappingProxyType(dict(sorted(merged.items())))


@cache
def sources() -> Mapping[str, Source]:
    """Return every packaged source by id."""
    names = [name for name in table_names() if is_source_table(name)]
    return merge_sources({f"{name}.csv": raw_rows(f"{name}.csv") for name in names})
