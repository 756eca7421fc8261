"""What every question to the estimator needs: the efficiency table, checked numbers, names resolved."""

import math
from functools import cache
from typing import Any

import numpy as np

from leadtime import catalog
from leadtime.chips import Chip
from leadtime.errors import BadInputError, OutOfRangeError, UnknownNameError
from leadtime.performance import EfficiencyTable, efficiencies_from_rows
from leadtime.workloads import Experts, ModelShape

__all__ = [
    "checked_count",
    "checked_number",
    "checked_software",
    "efficiency_precision",
    "efficiency_sources",
    "efficiency_table",
    "is_mixture",
    "precision_note",
    "row_of",
    "scalar",
]


@cache
def efficiency_table() -> EfficiencyTable:
    """Return the packaged efficiency table."""
    return efficiencies_from_rows(catalog.table("efficiencies"))


@cache
def efficiency_sources() -> tuple[str, ...]:
    """Return the sources behind the efficiency table."""
    return tuple(sorted({row["source_id"] for row in catalog.table("efficiencies")}))


@cache
def _software(kind: str) -> tuple[str, ...]:
    return tuple(sorted({row.scope for row in efficiency_table().rows if row.parameter == f"{kind}_ratio"}))


def checked_software(name: str, kind: str) -> str:
    """Return the name of a framework or an engine whose efficiency is known; ``other`` stands for all that are not.

    Raises
    ------
    UnknownNameError
        If no row of the efficiency table is about it: its speed would silently be that of ``other``.
    """
    known = _software(kind)
    if name not in known:
        raise UnknownNameError.among(kind, name, known)
    return name


def efficiency_precision(arithmetic: str) -> str:
    """Return the precision under which efficiencies of an arithmetic format are kept; 16- and 32-bit floats share one."""
    return {"fp16": "bf16", "tf32": "bf16", "fp32": "bf16", "fp6": "fp8", "int4": "bf16"}.get(arithmetic, arithmetic)


def checked_number(value: float, name: str, *, low: float, high: float) -> float:
    """Return a number inside its range of validity.

    Raises
    ------
    BadInputError
        If it is not a finite number.
    OutOfRangeError
        If it is outside; the message gives the range.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadInputError(f"{name} is {value!r}, which is not a number.")
    if not low <= value <= high:
        raise OutOfRangeError(f"{name} is {value:g}; the estimator is valid from {low:g} to {high:g}.")
    return float(value)


def checked_count(value: float, name: str, *, low: int = 1, high: int) -> int:
    """Return a whole number inside its range of validity."""
    number = checked_number(value, name, low=low, high=high)
    if number != int(number):
        raise BadInputError(f"{name} is {value:g}; it has to be a whole number.")
    return int(number)


def is_mixture(shape: ModelShape) -> bool:
    """Return whether any layer routes tokens to experts."""
    return any(isinstance(part, Experts) for part in shape.feed_forwards)


def precision_note(chip: Chip, precision: str, arithmetic: str) -> list[str]:
    """Return a sentence if a chip multiplies in another format than asked."""
    return (
        [] if arithmetic == precision else [f"{chip.name} has no units for {precision}; products run in {arithmetic}."]
    )


def scalar(value: Any) -> float:
    """Return the first element of an array as a plain number."""
    return float(np.ravel(value)[0])


def row_of(values: dict[str, Any], index: int, n: int) -> dict[str, Any]:
    """Return one of ``n`` configurations of a result as plain numbers; NaN becomes None."""

    def plain(value: Any) -> float | None:
        number = float(np.broadcast_to(value, (n,))[index])
        return None if math.isnan(number) else number

    return {
        name: ({key: plain(item) for key, item in value.items()} if isinstance(value, dict) else plain(value))
        for name, value in values.items()
    }
