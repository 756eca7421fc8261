"""Numbers to words."""

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["amount", "bounds_words", "cell_words", "figure_words", "months", "number", "percent", "ratio", "spread"]


def amount(value: float) -> str:
    """Return a large count with three digits and a prefix.

    Examples
    --------
    >>> amount(2_763_000.0), amount(-31_500.0), amount(0.0)
    ('2.76 M', '-31.5 k', '0')
    """
    for scale, prefix in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= scale:
            return f"{value / scale:.3g} {prefix}"
    return f"{value:.3g}"


def months(value: float) -> str:
    """Return months with one decimal; a rounded zero has no sign."""
    text = f"{value:.1f}"
    return "0.0" if text == "-0.0" else text


def ratio(value: float) -> str:
    """Return a ratio with two or three digits."""
    return f"{value:.1f}" if abs(value) < 100 else f"{value:.0f}"


def percent(value: float) -> str:
    """Return a share in per cent."""
    text = f"{value:.0%}"
    return "0%" if text == "-0%" else text


def spread(values: tuple[float, float, float], words: Callable[[float], str]) -> str:
    """Return a middle value with its range in brackets, given low, middle, high."""
    low, middle, high = values
    return f"{words(middle)} ({words(low)} to {words(high)})"


def number(value: float | None, unit: str) -> str:
    """Return a number of a unit in words; None, for what does not occur, as ``never``.

    Examples
    --------
    >>> number(2025.25, "yr"), number(0.5, "frac"), number(12345.0, ""), number(None, "month")
    ('2025Q2', '50%', '12.3 k', 'never')
    """
    if value is None:
        return "never"
    if unit == "yr" and 2000 < value < 2100:
        return f"{int(value)}Q{int((value - int(value)) * 4 + 1e-6) + 1}"
    if unit == "frac":
        return percent(value)
    if abs(value) >= 1e4:
        return amount(value)
    return f"{value:.3g}"


def bounds_words(figure: Mapping[str, Any]) -> str:
    """Return value, range and unit of a figure in words."""
    unit = figure["unit"]
    if figure["value"] is None:
        return "does not occur in most draws"
    shown = "" if unit in {"", "ratio", "frac", "index", "yr"} else f" {unit}"
    middle = number(figure["value"], unit)
    if figure["low"] == figure["high"]:
        return f"{middle}{shown}"
    return f"{middle} ({number(figure['low'], unit)} to {number(figure['high'], unit)}){shown}"


def figure_words(figure: Mapping[str, Any]) -> str:
    """Return the headline figure of a claim in words."""
    return f"{figure['label']}: {bounds_words(figure)}"


def cell_words(value: Any, key: str) -> str:
    """Return a cell of a table of results in words; the end of its key tells the unit."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        # Columns of quantiles carry no unit in their name; what looks like a date in them is one only beside other dates.
        return number(value, "frac" if key.endswith("_frac") else "yr" if key.endswith("_yr") else "")
    return str(value)
