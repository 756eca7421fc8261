"""Cited facts: tables, sources and the packaged files that other floors keep beside their code.

The only floor that opens packaged data. Nothing is read on import; what is asked for is read once, checked against
its column contract and kept.

>>> from leadtime import catalog
>>> catalog.data_version()[:2]
'20'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadtime.catalog._check import Finding, Report, check_folder, check_packaged
    from leadtime.catalog._contract import Column, Contract
    from leadtime.catalog._documents import document, documents
    from leadtime.catalog._package import datapackage, records, table_title
    from leadtime.catalog._refusals import Refusals, refusals
    from leadtime.catalog._resources import resource_bytes
    from leadtime.catalog._sources import Source, sources
    from leadtime.catalog._tables import contract, data_version, table, table_names
    from leadtime.catalog._uses import Use, find_source, list_sources, uses_of
    from leadtime.catalog._words import ENGLISH, Words, languages, words

__all__ = [
    "ENGLISH",
    "Column",
    "Contract",
    "Finding",
    "Refusals",
    "Report",
    "Source",
    "Use",
    "Words",
    "check_folder",
    "check_packaged",
    "contract",
    "data_version",
    "datapackage",
    "document",
    "documents",
    "find_source",
    "languages",
    "list_sources",
    "records",
    "refusals",
    "resource_bytes",
    "sources",
    "table",
    "table_names",
    "table_title",
    "uses_of",
    "words",
]

_HOME = {
    "Column": "_contract",
    "Contract": "_contract",
    "ENGLISH": "_words",
    "Finding": "_check",
    "Refusals": "_refusals",
    "Report": "_check",
    "Source": "_sources",
    "Use": "_uses",
    "Words": "_words",
    "check_folder": "_check",
    "check_packaged": "_check",
    "contract": "_tables",
    "data_version": "_tables",
    "datapackage": "_package",
    "document": "_documents",
    "documents": "_documents",
    "find_source": "_uses",
    "languages": "_words",
    "list_sources": "_uses",
    "records": "_package",
    "refusals": "_refusals",
    "resource_bytes": "_resources",
    "sources": "_sources",
    "table": "_tables",
    "table_names": "_tables",
    "table_title": "_package",
    "uses_of": "_uses",
    "words": "_words",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
