"""Days as ordinals, and half-open intervals of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from leadtime.errors import BadFileError, BadInputError, shorten

__all__ = ["FIRST", "NEVER", "Interval", "day", "day_or_none", "iso", "last_day"]

FIRST = 1
"""Ordinal of the first day of the calendar."""
NEVER = date.max.toordinal() + 1
"""Ordinal after the last day of the calendar: an interval that runs to it has no end."""


@dataclass(frozen=True, slots=True, order=True)
class Interval:
    """Days from ``start`` (inclusive) to ``end`` (exclusive), as ordinals."""

    start: int = FIRST
    end: int = NEVER

    def __contains__(self, ordinal: int) -> bool:
        return self.start <= ordinal < self.end

    def overlaps(self, other: "Interval") -> bool:
        """Whether the two share a day."""
        return max(self.start, other.start) < min(self.end, other.end)


def day(value: Any, where: str) -> int:
    """Return the ordinal of a date or an ISO text; ``never`` is the day after the last of the calendar.

    Raises
    ------
    BadInputError
        If it is no date.
    """
    if isinstance(value, date):
        return value.toordinal()
    if value == "never":
        return NEVER
    try:
        return date.fromisoformat(str(value).strip()).toordinal()
    except ValueError:
        raise BadInputError(f"{where}: {shorten(value)!r} is not a date.", hint="Write dates as YYYY-MM-DD.") from None


def day_or_none(value: Any, where: str) -> int | None:
    """Return the ordinal of a date, or None for an absent one."""
    return None if value in (None, "") else day(value, where)


def iso(ordinal: int) -> str | None:
    """Return the ISO text of an ordinal; None for one beyond either end of the calendar.

    Examples
    --------
    >>> iso(738841), iso(NEVER)
    ('2023-11-17', None)
    """
    return None if ordinal >= NEVER or ordinal <= FIRST else date.fromordinal(ordinal).isoformat()


def last_day(end: int) -> str | None:
    """Return the ISO text of the last day before an exclusive end."""
    return None if end >= NEVER else (date.fromordinal(end) - timedelta(days=1)).isoformat()


def intervals(rows: Iterable[Any], where: str) -> tuple[Interval, ...]:
    """Read a list of ``{from: date, to: date}``, the last day inclusive as people write it, into half-open intervals."""
    result = []
    for row in rows:
        start = day_or_none(row.get("from"), where)
        last = day_or_none(row.get("to"), where)
        interval = Interval(FIRST if start is None else start, NEVER if last is None else last + 1)
        if interval.start >= interval.end:
            raise BadFileError(f"{where}: a period ends ({row.get('to')}) before it starts ({row.get('from')}).")
        result.append(interval)
    return tuple(sorted(result))
