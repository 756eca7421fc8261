"""Packaged YAML that other floors keep beside their code: rule books, scenarios, claims."""

import copy
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from leadtime.catalog._resources import folder, read_packaged
from leadtime.errors import BadFileError, CatalogError
from leadtime.files import parse_json, parse_yaml

__all__ = ["document", "documents"]


@cache
def _parsed(package: str, name: str) -> Any:
    parse = parse_json if name.endswith(".json") else parse_yaml
    try:
        return parse(read_packaged(package, name), f"{package}/{name}")
    except BadFileError as error:
        raise CatalogError(error.message, hint=error.hint) from None


def document(package: str, name: str) -> Any:
    """Return one packaged YAML or JSON document, as a copy that the caller may change.

    Parameters
    ----------
    package : str
        Dotted name of the folder ("leadtime.rules.books.us_ear"); no code in it is run.
    name : str
        Name of the file in that folder.

    Raises
    ------
    CatalogError
        If it is missing or not valid.
    """
    return copy.deepcopy(_parsed(package, name))


def documents(package: str, suffix: str = ".yaml") -> Mapping[str, Any]:
    """Return every packaged document of a folder by file name, in alphabetical order; folders below it are left out."""
    place = folder(package)
    if not place.is_dir():
        raise CatalogError(f"The packaged folder {package} is missing.", hint="Reinstall leadtime.")
    names = sorted(entry.name for entry in place.iterdir() if entry.name.endswith(suffix) and entry.is_file())
    return MappingProxyType({name: document(package, name) for name in names})
