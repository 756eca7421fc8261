"""Column contracts: what each column of a table holds, written as a small CSV beside the table.

A contract ``<name>.columns.csv`` has the columns ``column,type,unit,required,description`` and, where they help,
``key`` (the columns that together name a row), ``plausible_low`` and ``plausible_high``.

Types: ``text``, ``number``, ``integer``, ``bool`` (true or false), ``date`` (2024-07-01), ``partial_date`` (also 2024-07
or 2024), ``list`` (parts separated by semicolons), ``unit`` (one of :data:`leadtime.units.UNITS`), ``source`` (id of a
source), ``enum:a;b;c``, and ``ref:table.column`` (a value of another table's column).
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from leadtime.errors import CatalogError, shorten
from leadtime.units import UNITS

__all__ = ["Column", "Contract", "Problem", "cell_problem", "contract_from_rows", "row_problems"]

PLAIN_TYPES = frozenset({"text", "number", "integer", "bool", "date", "partial_date", "list", "unit", "source"})
REQUIRED_WORDS = {"yes": True, "y": True, "true": True, "1": True, "no": False, "n": False, "false": False, "0": False, "": False}
_PARTIAL_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
_INTEGER = re.compile(r"[+-]?\d{1,30}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What one column of a table holds."""

    name: str
    type: str
    unit: str = ""
    required: bool = False
    description: str = ""
    key: bool = False
    plausible_low: float | None = None
    plausible_high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The columns of one table, in order."""

    table: str
    columns: tuple[Column, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that together name a row; ``id`` where the contract marks none and has one."""
        marked = tuple(column.name for column in self.columns if column.key)
        return marked or (("id",) if "id" in self.names else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with one cell or row: what it is and how to mend it."""

    column: str
    what: str
    hint: str = ""


def contract_from_rows(table: str, rows: list[dict[str, str]]) -> Contract:
    """Return the contract that the rows of a ``.columns.csv`` file state.

    Raises
    ------
    CatalogError
        If the file itself is not a contract.
    """
    return Contract(table=table, columns=tuple(_column(table, row) for row in rows))


def _column(table: str, row: Mapping[str, str]) -> Column:
    where = f"{table}.columns.csv"
    missing = {"column", "type", "unit", "required", "description"} - row.keys()
    if missing:
        raise CatalogError(f"{where} lacks the column {sorted(missing)[0]!r}.")
    kind, required = row["type"], row["required"].casefold()
    if kind not in PLAIN_TYPES and not kind.startswith(("enum:", "ref:")):
        raise CatalogError(f"{where}: the type {shorten(kind)!r} of {row['column']!r} is not known.")
    if required not in REQUIRED_WORDS:
        raise CatalogError(f"{where}: `required` of {row['column']!r} is {shorten(required)!r}.", hint="Write yes or no.")
    if row["unit"] and row["unit"] not in UNITS:
        raise CatalogError(f"{where}: the unit {shorten(row['unit'])!r} of {row['column']!r} is not known.")
    bounds = [float(row[name]) if row.get(name) else None for name in ("plausible_low", "plausible_high")]
    return Column(
        name=row["column"],
        type=kind,
        unit=row["unit"],
        required=REQUIRED_WORDS[required],
        description=row["description"],
        key=REQUIRED_WORDS.get(row.get("key", "").casefold(), False),
        plausible_low=bounds[0],
        plausible_high=bounds[1],
    )


Known = Callable[[str], frozenset[str] | None]
"""Gives the values that a ``source`` or ``ref:`` cell may take; None where they cannot be known."""


def row_problems(contract: Contract, row: Mapping[str, str], known: Known) -> Iterator[Problem]:
    """Yield what is wrong with one row; ``known("source")`` and ``known("table.column")`` give permitted values."""
    for column in contract.columns:
        cell = row.get(column.name, "")
        if not cell:
            if column.required:
                yield Problem(column=column.name, what="is empty but required", hint="Fill it in.")
            continue
        problem = cell_problem(column, cell, known)
        if problem:
            yield problem


def cell_problem(column: Column, cell: str, known: Known) -> Problem | None:
    """Return what is wrong with one cell that is not empty, or None."""
    kind = column.type
    if kind in {"number", "integer"}:
        return _number_problem(column, cell)
    if kind in _SIMPLE:
        holds, hint = _SIMPLE[kind]
        return None if holds(cell) else Problem(column=column.name, what=f"{shorten(cell)!r} is not a {kind}", hint=hint)
    if kind.startswith("enum:"):
        choices = kind.removeprefix("enum:").split(";")
        ok = cell in choices
        return None if ok else Problem(column=column.name, what=f"{shorten(cell)!r} is not allowed", hint=f"Allowed: {', '.join(choices)}.")
    if kind == "source" or kind.startswith("ref:"):
        target = kind.removeprefix("ref:")
        values = known(target)
        if values is None or cell in values:
            return None
        where = "sources*.csv" if target == "source" else target
        return Problem(column=column.name, what=f"{shorten(cell)!r} does not stand in {where}", hint="Correct the id or add the row.")
    return None


def _number_problem(column: Column, cell: str) -> Problem | None:
    if column.type == "integer" and not _INTEGER.fullmatch(cell):
        return Problem(column=column.name, what=f"{shorten(cell)!r} is not a whole number", hint="Write digits only.")
    try:
        value = float(cell)
    except ValueError:
        return Problem(column=column.name, what=f"{shorten(cell)!r} is not a number", hint="Write 1234.5 or 1.2e6, no unit, no comma.")
    if not math.isfinite(value) or "_" in cell:
        return Problem(column=column.name, what=f"{shorten(cell)!r} is not a finite number", hint="Leave the cell empty if unknown.")
    low, high = column.plausible_low, column.plausible_high
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = f"{'' if low is None else f'{low:g}'}..{'' if high is None else f'{high:g}'}"
        return Problem(column=column.name, what=f"{cell} is outside the plausible {bounds}", hint="Check value and unit.")
    return None


def is_date(cell: str) -> bool:
    """Tell whether a cell is a full ISO date."""
    try:
        return len(cell) == 10 and date.fromisoformat(cell) is not None
    except ValueError:
        return False


def is_partial_date(cell: str) -> bool:
    """Tell whether a cell is an ISO date, a month or a year."""
    return bool(_PARTIAL_DATE.fullmatch(cell)) and is_date(cell + "-01-01"[: 10 - len(cell)] if len(cell) == 4 else (cell + "-01")[:10])


_SIMPLE: dict[str, tuple[Callable[[str], bool], str]] = {
    "text": (lambda cell: True, ""),
    "list": (lambda cell: all(part.strip() for part in cell.split(";")), "Separate the parts by single semicolons."),
    "bool": (lambda cell: cell in {"true", "false"}, "Write true or false."),
    "date": (is_date, "Write it as 2024-07-01."),
    "partial_date": (is_partial_date, "Write it as 2024, 2024-07 or 2024-07-01."),
    "unit": (lambda cell: cell in UNITS, f"Known units: {', '.join(UNITS)}."),
}
