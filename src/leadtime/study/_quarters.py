"""Quarters of the simulated horizon: 2022Q1 to 2032Q4, as people write them and as the model counts them.

Interval ``i`` runs from bound ``i`` to bound ``i + 1``; bound 0 is 1 January 2022. Flows carry the quarter ("2026Q3"), stocks
the day of their bound ("2026-07-01").
"""

import re
from datetime import date, datetime

from leadtime.errors import BadInputError, OutOfRangeError, shorten

__all__ = [
    "FIRST_YEAR",
    "N_INTERVALS",
    "bound_date",
    "bound_of",
    "parse_date",
    "parse_quarter",
    "quarter_label",
    "quarters",
    "year_frac",
]

FIRST_YEAR = 2022
N_INTERVALS = 44
LAST_YEAR = FIRST_YEAR + N_INTERVALS // 4 - 1

_QUARTER = re.compile(r"\s*(\d{4})\s*-?\s*[Qq]([1-4])\s*")


def parse_quarter(text: str | date) -> int:
    """Return the interval that a quarter or a day names.

    Parameters
    ----------
    text : str or date
        ``2026Q3``, ``2026-Q3`` or an ISO date in the quarter.

    Returns
    -------
    int
        Interval, 0 for 2022Q1 to 43 for 2032Q4.

    Raises
    ------
    BadInputError
        If the text names no quarter.
    OutOfRangeError
        If the quarter lies outside the horizon.

    Examples
    --------
    >>> parse_quarter("2026Q3"), parse_quarter("2022-01-15")
    (18, 0)
    """
    match = _QUARTER.fullmatch(text) if isinstance(text, str) else None
    if match:
        year, quarter = int(match[1]), int(match[2]) - 1
    else:
        day = parse_date(text, what="quarter", hint="Write a quarter as 2026Q3 or as an ISO date (2026-07-01).")
        year, quarter = day.year, (day.month - 1) // 3
    interval = 4 * (year - FIRST_YEAR) + quarter
    if not 0 <= interval < N_INTERVALS:
        raise OutOfRangeError(
            f"The quarter {shorten(text)} lies outside the model.",
            hint=f"It runs from {FIRST_YEAR}Q1 to {LAST_YEAR}Q4.",
        )
    return interval


def parse_date(value: object, *, what: str = "date", hint: str = "Write dates as 2026-07-01.") -> date:
    """Return an ISO date, given as text or as a date."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise BadInputError(f"{shorten(value)!r} is not a {what}.", hint=hint) from None


def quarter_label(interval: int) -> str:
    """Return the name of an interval.

    Examples
    --------
    >>> quarter_label(18)
    '2026Q3'
    """
    return f"{FIRST_YEAR + interval // 4}Q{interval % 4 + 1}"


def bound_date(bound: int) -> date:
    """Return the day of a bound.

    Examples
    --------
    >>> bound_date(18).isoformat()
    '2026-07-01'
    """
    return date(FIRST_YEAR + bound // 4, 3 * (bound % 4) + 1, 1)


def bound_of(day: date) -> int:
    """Return the last bound on or before a day."""
    return 4 * (day.year - FIRST_YEAR) + (day.month - 1) // 3


def quarters(first: int = 0, last: int = N_INTERVALS - 1) -> tuple[date, ...]:
    """Return the first day of every interval from ``first`` to ``last``."""
    return tuple(bound_date(interval) for interval in range(first, last + 1))


def year_frac(day: date) -> float:
    """Return a day as a year with its fraction [yr].

    Examples
    --------
    >>> year_frac(date(2026, 7, 2))
    2026.4986301369863
    """
    start = date(day.year, 1, 1)
    return day.year + (day - start).days / (date(day.year + 1, 1, 1) - start).days
