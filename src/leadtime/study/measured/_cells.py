"""Numbers and dates from the cells of a table of measurements, which hold what people write."""

import math
import re
from collections.abc import Mapping

from leadtime.errors import BadInputError, shorten

__all__ = ["ABSENT", "RowProblem", "cell_number", "cell_year", "row_number", "text_of"]

ABSENT = frozenset(
    {"", "-", "--", "–", "—", "?", "n/a", "na", "none", "null", "unknown", "not stated", "not given", "tbd", "/"}
)
"""What a cell says when the source does not state the value."""
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|[-+]?\.\d+")
_LEADING = re.compile(r"^\s*[~≈<>≤≥=about]*\s*\$?\s*(" + _NUMBER.pattern + r")\s*([kKMGBT](?![a-zA-Z])|%)?")
_SCALE = {"": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "b": 1e9, "t": 1e12, "%": 1.0}
_NOT_FINITE = re.compile(r"^\s*[-+]?(nan|inf|infinity|#n/a|#div/0!?)\s*$", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:[-/.](\d{1,2})(?!\d))?")


class RowProblem(BadInputError):
    """Why one row of measurements cannot be scored; the others can."""

    code = "row"


def text_of(row: Mapping[str, str], column: str) -> str:
    """Return a cell as text without surrounding space; empty if the source does not state it or the column is absent."""
    value = (row.get(column) or "").strip()
    return "" if value.casefold() in ABSENT else value


def cell_number(text: str) -> float | None:
    """Return the number with which a cell starts, thousands separators and a scale letter understood; None if absent.

    Raises
    ------
    ValueError
        If the cell says something that does not start with a number, or a number that is not finite.

    Examples
    --------
    >>> cell_number("4,194,304"), cell_number("64k"), cell_number("4989 (average KV length)"), cell_number("n/a")
    (4194304.0, 64000.0, 4989.0, None)
    """
    if text.strip().casefold() in ABSENT:
        return None
    if _NOT_FINITE.match(text):
        raise ValueError(f"{text.strip()!r} is not a usable number")
    found = _LEADING.match(text)
    if not found:
        raise ValueError(f"{shorten(text, 40)!r} does not start with a number")
    value = float(found.group(1).replace(",", "")) * _SCALE[(found.group(2) or "").casefold()]
    if not math.isfinite(value):
        raise ValueError(f"{shorten(text, 40)!r} is too large")
    return value


def row_number(row: Mapping[str, str], column: str, *, positive: bool = True) -> float | None:
    """Return a numeric cell; None if absent, zero where only positive values mean something counts as absent.

    Raises
    ------
    RowProblem
        If the cell holds something else, or a negative number.
    """
    try:
        value = cell_number(text_of(row, column))
    except ValueError as error:
        raise RowProblem(f"{column}: {error}.") from None
    if value is not None and value < 0:
        raise RowProblem(f"{column}: {value:g} is negative.")
    return None if value == 0 and positive else value


def cell_year(text: str) -> float | None:
    """Return a date as a decimal year: the middle of the month, of the year, or of the years that the cell names.

    Examples
    --------
    >>> cell_year("2025-06-16") == cell_year("2025-06"), cell_year("2023-2024"), cell_year("spring")
    (True, 2024.0, None)
    """
    found = [
        float(year) + ((min(max(int(month), 1), 12) - 0.5) / 12 if month and int(month) <= 12 else 0.5)
        for year, month in _DATE.findall(text)
    ]
    return sum(found) / len(found) if found else None
