"""Amendments by name or file: the pending bills that come with leadtime, and those that users write."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from leadtime import catalog
from leadtime.errors import BadFileError
from leadtime.files import read_structured
from leadtime.rules.engine import Amendment, amendment_of
from leadtime.rules.engine._names import unknown_name

__all__ = ["amendment", "bill", "bills", "starts_on"]

PACKAGE = "leadtime.rules.books.us_ear.bills"
ENACTMENT = "enactment"
"""Word that stands for the assumed day of enactment in a bill's file."""


def bills() -> dict[str, Amendment]:
    """Return the bills that come with leadtime, by name: what-ifs, never law."""
    return {name.removesuffix(".yaml"): bill(name.removesuffix(".yaml")) for name in catalog.documents(PACKAGE)}


def bill(name: str, *, enacted: date | None = None) -> Amendment:
    """Return one bill as an amendment.

    Parameters
    ----------
    name : str
        ``safe-chips``, ``ai-overwatch``, ``gain-ai``, ``remote-access-security``, ``chip-security`` or ``match``.
    enacted : date, optional
        Day on which it is taken to become law; the one in its file if not given.
    """
    known = {file_name.removesuffix(".yaml"): document for file_name, document in catalog.documents(PACKAGE).items()}
    if name not in known:
        raise unknown_name("bill", name, known)
    return _with_enactment(known[name], name, enacted)


def amendment(name_or_path: str, *, enacted: date | None = None) -> Amendment:
    """Return the amendment that a bill's name or a YAML or JSON file means."""
    if Path(name_or_path).suffix.casefold() in {".yaml", ".yml", ".json"}:
        return _with_enactment(read_structured(name_or_path), Path(name_or_path).name, enacted)
    return bill(name_or_path, enacted=enacted)


def starts_on(one: Amendment) -> date | None:
    """Return the first day on which an amendment changes anything; None if it names no day.

    Examples
    --------
    >>> str(starts_on(bill("gain-ai", enacted=date(2028, 5, 1))))
    '2028-05-01'
    """
    days = [change.body[key] for change in one.changes for key in ("from", "on") if key in change.body]
    return min((day for day in days if isinstance(day, date)), default=None)


def _with_enactment(document: Any, where: str, enacted: date | None) -> Amendment:
    if not isinstance(document, Mapping):
        raise BadFileError(f"{where}: an amendment has an `id` and a list of `changes`.")
    when = enacted or document.get(ENACTMENT)
    rest = {key: value for key, value in document.items() if key != ENACTMENT}
    return amendment_of(_replaced(rest, when, where), where)


def _replaced(node: Any, when: Any, where: str) -> Any:
    if isinstance(node, Mapping):
        return {key: _replaced(value, when, where) for key, value in node.items()}
    if isinstance(node, list):
        return [_replaced(value, when, where) for value in node]
    if node == ENACTMENT:
        if when is None:
            raise BadFileError(
                f"{where}: a date reads {ENACTMENT!r}, but no day of enactment is given.",
                hint="Add `enactment: 2027-01-01` at the top.",
            )
        return when
    return node
