"""Column contracts: what each column of a table holds, written as a small CSV beside the table.

A contract ``<name>.columns.csv`` has the columns ``column,type,unit,required,description`` and, where they help,
``key`` (the columns that together name a row), ``plausible_low`` and ``plausible_high``.

Types: ``text``, ``number``, ``integer``, ``bool`` (true or false), ``date`` (2024-07-01), ``partial_date`` (also 2024-07
or 2024), ``list`` (parts separated by semicolons), ``unit`` (one of :data:`leadtime.units.UNITS`), ``source`` (id of a
source), ``enum:a;b;c``, and ``ref:table.column`` (a value of another table's column).

A table in long form holds one value per row: its column of type ``field`` names what the column of type ``value`` holds,
and ``<name>.fields.csv`` says the type, the permitted units and the plausible range of each field.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from leadtime.errors import CatalogError, shorten
from leadtime.units import UNITS

__all__ = ["Column", "Contract", "Known", "Problem", "contract_from_rows", "row_problems"]

PLAIN_TYPES = frozenset(
    ["text", "number", "integer", "bool", "date", "partial_date", "list", "unit", "source", "field", "value"]
)
CONTRACT_COLUMNS = frozenset({"column", "type", "unit", "required", "description"})
FIELD_COLUMNS = frozenset({"field", "type", "unit", "required", "description"})
YES_NO = {
    "yes": True,
    "y": True,
    "true": True,
    "1": True,
    "no": False,
    "n": False,
    "false": False,
    "0": False,
    "": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What one column of a table, or one field of a table in long form, holds."""

    name: str
    type: str
    units: tuple[str, ...] = ()
    """Units that its values may have; the first is that of the column where no unit stands in the row."""
    required: bool = False
    description: str = ""
    key: bool = False
    plausible_low: float | None = None
    plausible_high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """The columns of one table, in order, and the fields of a table in long form."""

    table: str
    columns: tuple[Column, ...]
    fields: Mapping[str, Column] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(column.name for column in self.columns)

    @property
    def key(self) -> tuple[str, ...]:
        """Columns that together name a row; ``id`` where the contract marks none and has one."""
        marked = tuple(column.name for column in self.columns if column.key)
        return marked or (("id",) if "id" in self.names else ())

    def named(self, kind: str) -> str | None:
        """Return the name of the first column of a type, if there is one."""
        return next((column.name for column in self.columns if column.type == kind), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with one cell or row: what it is and how to mend it."""

    column: str
    what: str
    hint: str = ""


def contract_from_rows(
    table: str, rows: list[dict[str, str]], field_rows: list[dict[str, str]] | None = None
) -> Contract:
    """Return the contract that the rows of a ``.columns.csv`` and a ``.fields.csv`` file state.

    Raises
    ------
    CatalogError
        If the files are no contract.
    """
    columns = tuple(_column(f"{table}.columns.csv", "column", CONTRACT_COLUMNS, row) for row in rows)
    fields = [_column(f"{table}.fields.csv", "field", FIELD_COLUMNS, row) for row in field_rows or []]
    contract = Contract(table=table, columns=columns, fields={entry.name: entry for entry in fields})
    if (contract.named("field") is None) != (not fields):
        raise CatalogError(f"{table}.columns.csv and {table}.fields.csv do not belong together.")
    return contract


def _column(where: str, name_column: str, expected: frozenset[str], row: Mapping[str, str]) -> Column:
    missing = expected - row.keys()
    if missing:
        raise CatalogError(f"{where} lacks the column {sorted(missing)[0]!r}.")
    name, kind, required = row[name_column], row["type"], row["required"].casefold()
    if kind not in PLAIN_TYPES and not kind.startswith(("enum:", "ref:")):
        raise CatalogError(f"{where}: the type {shorten(kind)!r} of {name!r} is not known.")
    if required not in YES_NO:
        raise CatalogError(f"{where}: `required` of {name!r} is {shorten(required)!r}.", hint="Write yes or no.")
    units = tuple(unit for unit in row["unit"].split("|") if unit)
    unknown = [unit for unit in units if unit not in UNITS]
    if unknown:
        raise CatalogError(f"{where}: the unit {shorten(unknown[0])!r} of {name!r} is not known.")
    low, high = (_bound(where, name, row.get(bound, "")) for bound in ("plausible_low", "plausible_high"))
    return Column(
        name=name,
        type=kind,
        units=units,
        required=YES_NO[required],
        description=row["description"],
        key=YES_NO.get(row.get("key", "").casefold(), False),
        plausible_low=low,
        plausible_high=high,
    )


def _bound(where: str, name: str, cell: str) -> float | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        raise CatalogError(f"{where}: the plausible bound {shorten(cell)!r} of {name!r} is not a number.") from None


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
        problem = _cell_problem(column, cell, known)
        if problem and not (
            contract.fields and column.type == "unit"
        ):  # in long form its field says which units it may have
            yield problem
    if contract.fields:
        yield from _long_form_problems(contract, row, known)


def _long_form_problems(contract: Contract, row: Mapping[str, str], known: Known) -> Iterator[Problem]:
    """Check a row of a table in long form against what its field may hold."""
    field_column, value_column, unit_column = (contract.named(kind) or "" for kind in ("field", "value", "unit"))
    entry = contract.fields.get(row.get(field_column, ""))
    if entry is None:
        name = shorten(row.get(field_column, ""))
        yield Problem(
            column=field_column,
            what=f"{name!r} is not a field of this table",
            hint=f"Known: {', '.join(contract.fields)}.",
        )
        return
    unit = row.get(unit_column, "")
    if entry.units and unit not in entry.units:
        permitted = " or ".join(entry.units)
        yield Problem(
            column=unit_column, what=f"{shorten(unit)!r} is not a unit of {entry.name}", hint=f"Give it in {permitted}."
        )
    value = row.get(value_column, "")
    problem = _cell_problem(entry, value, known) if value else None
    if problem:
        yield Problem(column=value_column, what=f"{entry.name}: {problem.what}", hint=problem.hint)


def _cell_problem(column: Column, cell: str, known: Known) -> Problem | None:
    """Return what is wrong with one cell that is not empty, or None."""
    kind, shown = column.type, repr(shorten(cell))
    if kind in {"number", "integer"}:
        return _number_problem(column, cell)
    if kind in _CHECKS:
        holds, wanted, hint = _CHECKS[kind]
        return None if holds(cell) else Problem(column=column.name, what=f"{shown} is not {wanted}", hint=hint)
    if kind.startswith("enum:"):
        choices = kind.removeprefix("enum:").split(";")
        hint = f"Allowed: {', '.join(choices)}."
        return None if cell in choices else Problem(column=column.name, what=f"{shown} is not allowed", hint=hint)
    if kind == "source" or kind.startswith("ref:"):
        target = kind.removeprefix("ref:")
        values = known(target)
        if values is None or cell in values:
            return None
        where = "sources*.csv" if target == "source" else target
        return Problem(
            column=column.name,
            what=f"{shown} does not stand in {where}",
            hint="Correct it or add the row that it names.",
        )
    return None


def _number_problem(column: Column, cell: str) -> Problem | None:
    if column.type == "integer" and not re.fullmatch(r"[+-]?\d{1,30}", cell):
        return Problem(column=column.name, what=f"{shorten(cell)!r} is not a whole number", hint="Write digits only.")
    try:
        value = float(cell) if cell.isascii() and "_" not in cell else math.nan
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        hint = "Write 1234.5 or 1.2e6, without unit or thousands comma; leave the cell empty if it is unknown."
        return Problem(column=column.name, what=f"{shorten(cell)!r} is not a finite number", hint=hint)
    low, high = column.plausible_low, column.plausible_high
    if (low is not None and value < low) or (high is not None and value > high):
        bounds = f"{'' if low is None else f'{low:g}'} to {'' if high is None else f'{high:g}'}".strip()
        unit = f" {column.units[0]}" if column.units else ""
        return Problem(
            column=column.name, what=f"{cell} is not plausible ({bounds}{unit})", hint="Check value and unit."
        )
    return None


def _is_date(cell: str) -> bool:
    try:
        return len(cell) == 10 and bool(date.fromisoformat(cell))
    except ValueError:
        return False


def _is_partial_date(cell: str) -> bool:
    return bool(re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", cell)) and _is_date((cell + "-01-01")[:10])


_CHECKS: dict[str, tuple[Callable[[str], bool], str, str]] = {
    "list": (
        lambda cell: all(part.strip() for part in cell.split(";")),
        "a list",
        "Separate the parts by single semicolons.",
    ),
    "bool": (lambda cell: cell in {"true", "false"}, "true or false", "Write true or false."),
    "date": (_is_date, "a date", "Write it as 2024-07-01."),
    "partial_date": (_is_partial_date, "a date", "Write it as 2024, 2024-07 or 2024-07-01."),
    "unit": (lambda cell: cell in UNITS, "a known unit", f"Known units: {', '.join(UNITS)}."),
}
