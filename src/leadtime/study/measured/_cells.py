"""Numbers and dates from the cells of a table of measurements, which hold what people write."""

import math
import re
from collections.abc import Mapping

from leadtime.errors import BadInputError, shorten

__all__ = ["ABSENT", "RowProblem", "cell_number", "cell_year", "row_count", "row_number", "text_of"]

ABSENT = frozenset(
    {"", "-", "--", "–", "—", "?", "n/a", "na", "none", "null", "unknown", "not stated", "not given", "tbd", "/"}
)
"""What a cell says when the source does not state the value."""
_NUMBER = re.compile(r"[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|[-+]?\.\d+")
_BEFORE = r"^\s*[~≈<>≤≥=about]*\s*\$?\s*"
_LEADING = re.compile(
    _BEFORE
    + f"({_NUMBER.pattern})"
    + r"\s*((?:thousand|million|billion|trillion|mn|bn)(?![a-z])|[kMGBT](?![a-z])|%)?\s*(.*)$",
    re.IGNORECASE | re.DOTALL,
)
_SCALE = {
    "": 1.0, "k": 1e3, "m": 1e6, "g": 1e9, "b": 1e9, "t": 1e12, "%": 1.0,
    "thousand": 1e3, "million": 1e6, "mn": 1e6, "billion": 1e9, "bn": 1e9, "trillion": 1e12,
}  # fmt: skip
_SPACED = re.compile(_BEFORE + r"(\d{1,3}(?:[ \u00a0\u2009\u202f'_]\d{3})+)(?![\d,])")
_COMMA_DECIMAL = re.compile(_BEFORE + r"(?:\d{1,3}(?:\.\d{3})+,\d+|0,\d+|\d+,\d{1,2}|\d+,\d{4,})(?![\d,.])")
_UNITS: dict[str, tuple[tuple[str, float], ...]] = {
    "ms": ((r"ms\b|milli", 1.0), (r"(?:us|µs|μs)\b|micro", 1e-3), (r"s\b|secs?\b|seconds?", 1e3), (r"min", 6e4)),
    "s": ((r"ms\b|milli", 1e-3), (r"s\b|secs?\b|seconds?", 1.0), (r"min", 60.0), (r"h\b|hours?", 3600.0)),
    "hours": ((r"(?:gpu|chip|device|tpu|npu)?[- ]?h\b|(?:gpu|chip|device|tpu|npu)?[- ]?hours?", 1.0), (r"(?:gpu|chip)?[- ]?days?", 24.0), (r"(?:gpu|chip)?[- ]?years?", 8766.0)),
    "days": ((r"h\b|hours?", 1 / 24), (r"d\b|days?", 1.0), (r"weeks?", 7.0), (r"months?", 30.4375)),
}  # fmt: skip
"""Units that a cell may name, by the unit in its column's name, with the factor to it."""
_PLAUSIBLE = {
    "n_chips": (1.0, 1e7),
    "seq_len": (1.0, 1e8),
    "input_len": (1.0, 1e8),
    "output_len": (1.0, 1e8),
    "global_batch_tokens": (1.0, 1e12),
    "params_total_B": (1e-4, 1e6),
    "params_active_B": (1e-4, 1e6),
}
ANY_VALUE = (1e-9, 1e18)
"""What a measured value lies in, in any of the units here."""
_ALL_CHIPS = re.compile(r"(?:/|per)\s*(?:node|server|host|pod|rack|system|cluster)\b|\b(?:in total|total|aggregate)\b")
_COUNT = re.compile(
    r"^\s*(\d+)\s*(?:nodes?|hosts?|servers?|machines?|pods?|racks?)?\s*(?:[x×*]|of|with)\s*(\d+)", re.IGNORECASE
)
_NOT_FINITE = re.compile(r"^\s*[-+]?(nan|inf|infinity|#n/a|#div/0!?)\s*$", re.IGNORECASE)
_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})(?:[-/.](\d{1,2})(?!\d))?")


class RowProblem(BadInputError):
    """Why one row of measurements cannot be scored; the others can."""

    code = "row"


def text_of(row: Mapping[str, str], column: str) -> str:
    """Return a cell as text without surrounding space; empty if the source does not state it or the column is absent."""
    value = (row.get(column) or "").strip()
    return "" if value.casefold() in ABSENT else value


def _parsed(text: str) -> tuple[float, str, str] | None:
    """Return the number with which a cell starts, its scale word and what follows; None if absent."""
    if text.strip().casefold() in ABSENT:
        return None
    if _NOT_FINITE.match(text):
        raise ValueError(f"{text.strip()!r} is not a usable number")
    if _COMMA_DECIMAL.match(text):
        raise ValueError(f"{shorten(text, 40)!r} seems to have a decimal comma; write a point")
    spaced = _SPACED.match(text)
    if spaced:
        text = re.sub(r"\D", "", spaced.group(1)) + text[spaced.end() :]
    found = _LEADING.match(text)
    if not found:
        raise ValueError(f"{shorten(text, 40)!r} does not start with a number")
    scale = (found.group(2) or "").casefold()
    value = float(found.group(1).replace(",", "")) * _SCALE[scale]
    if not math.isfinite(value):
        raise ValueError(f"{shorten(text, 40)!r} is too large")
    return value, scale, found.group(3)


def cell_number(text: str) -> float | None:
    """Return the number with which a cell starts, thousands separators and a scale letter or word understood; None if absent.

    Raises
    ------
    ValueError
        If the cell says something that does not start with a number, a number that is not finite, or one that seems to
        have a comma for a decimal point.

    Examples
    --------
    >>> cell_number("4,194,304"), cell_number("64k"), cell_number("4989 (average KV length)"), cell_number("n/a")
    (4194304.0, 64000.0, 4989.0, None)
    >>> cell_number("1 234.5 tok/s"), cell_number("2.79 million")
    (1234.5, 2790000.0)
    """
    found = _parsed(text)
    return found[0] if found else None


def _in_unit_of(column: str, value: float, scale: str, rest: str) -> float:
    """Convert a number to the unit of its column where the cell names another one."""
    unit = column.rsplit("_", 1)[-1]
    if unit in {"T", "B"}:
        return value / _SCALE[unit.casefold()] if scale else value
    for pattern, factor in _UNITS.get(unit, ()):
        if re.match(pattern, rest.strip(), re.IGNORECASE):
            return value * factor
    return value


def row_number(row: Mapping[str, str], column: str, *, positive: bool = True) -> float | None:
    """Return a numeric cell in the unit of its column; None if absent, zero where only positive values mean something counts as absent.

    A unit that the cell names is understood: ``1.2 s`` in a column of milliseconds, ``15T`` in one of trillions.

    Raises
    ------
    RowProblem
        If the cell holds something else, a negative number, or a rate of more than one chip.
    """
    try:
        found = _parsed(text_of(row, column))
    except ValueError as error:
        raise RowProblem(f"{column}: {error}.") from None
    if found is None:
        return None
    value = _in_unit_of(column, *found)
    if value < 0:
        raise RowProblem(f"{column}: {value:g} is negative.")
    if "per_chip" in column or "per_gpu" in column:
        wide = _ALL_CHIPS.search(found[2].casefold())
        if wide:
            raise RowProblem(f"{column}: the cell says {wide.group().strip()!r}, the column is per chip.")
    least, most = _PLAUSIBLE.get(column, ANY_VALUE)
    if value and not least <= value <= most:
        raise RowProblem(f"{column}: {value:g} is not between {least:g} and {most:g}.")
    return None if value == 0 and positive else value


def row_count(row: Mapping[str, str], column: str) -> float | None:
    """Return a number of chips: ``64``, ``8 GPUs``, ``2 nodes x 8``.

    Examples
    --------
    >>> row_count({"n_chips": "4 x 8 GPUs"}, "n_chips"), row_count({"n_chips": "1,024"}, "n_chips")
    (32.0, 1024.0)
    """
    product = _COUNT.match(text_of(row, column))
    return float(product.group(1)) * float(product.group(2)) if product else row_number(row, column)


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
