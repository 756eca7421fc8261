"""Values of a scenario file: numbers over time, and intervals of parameters."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from leadtime.errors import BadInputError, shorten
from leadtime.study._quarters import FIRST_YEAR, N_INTERVALS, bound_date, parse_date, parse_quarter

__all__ = [
    "FIRST_DAY",
    "LAST_DAY",
    "UNKNOWN",
    "Count",
    "Factor",
    "Gigawatt",
    "Interval",
    "Months",
    "Multiplier",
    "Override",
    "Permission",
    "Share",
    "Steps",
    "Strength",
]

Steps = tuple[tuple[date, float | None], ...]
"""From each date on, until the next, this value; before the first date, what the base scenario says. None stands for unknown."""

UNKNOWN = "unknown"

Interval = tuple[float, float]
"""Ends of the interval of a parameter; equal ends fix it."""

FIRST_DAY = bound_date(0)
LAST_DAY = date(FIRST_YEAR + N_INTERVALS // 4 - 1, 12, 31)


def _number(value: Any, low: float, high: float, where: str = "it") -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{where} is {shorten(value, 40)!r}, not a number")
    if not low <= value <= high:
        raise ValueError(f"{where} is {value:g} and must lie between {low:g} and {high:g}")
    return float(value)


def _day(value: Any) -> date:
    try:
        day = bound_date(parse_quarter(value)) if isinstance(value, str) and "Q" in value.upper() else parse_date(value)
    except BadInputError as error:
        raise ValueError(str(error)) from None
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError(f"the date {day} lies outside {FIRST_DAY} to {LAST_DAY}")
    return day


def _steps(low: float, high: float, *, unknown: bool = False) -> Any:
    """Return the type of a number from ``low`` to ``high``, or a mapping from dates to such numbers; some may be unknown."""

    def level_of(value: Any, where: str = "it") -> float | None:
        return None if unknown and value == UNKNOWN else _number(value, low, high, where)

    def read(value: Any) -> Steps | None:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            return ((FIRST_DAY, level_of(value)),)
        steps = sorted(
            ((_day(day), level_of(level, f"from {day} on it")) for day, level in value.items()),
            key=lambda step: step[0],
        )
        if not steps:
            raise ValueError("it is empty: give a number, or dates with numbers")
        if len({day for day, _ in steps}) < len(steps):
            raise ValueError("it has two values for one date")
        return tuple(steps)

    number: dict[str, Any] = {"type": "number", "minimum": low, "maximum": high}
    if unknown:
        number = {"anyOf": [number, {"const": UNKNOWN}]}
    by_date = {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": number,
        "propertyNames": {"pattern": _DAY_PATTERN},
    }
    return Annotated[
        Steps | None, BeforeValidator(read), WithJsonSchema({"anyOf": [number, by_date, {"type": "null"}]})
    ]


def _interval(value: Any) -> Interval:
    if isinstance(value, Mapping):
        if set(value) != {"low", "high"}:
            raise ValueError("an interval has low and high, and nothing else")
        value = [value["low"], value["high"]]
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise ValueError("an interval has two ends")
        low, high = (_number(end, -1e12, 1e12, "an end") for end in value)
        if low > high:
            raise ValueError(f"its low end {low:g} lies above its high end {high:g}")
        return low, high
    fixed = _number(value, -1e12, 1e12)
    return fixed, fixed


_DAY_PATTERN = r"^\d{4}(-\d{2}-\d{2}|-?[Qq][1-4])$"
_FORMS = [
    {"type": "number"},
    {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    {
        "type": "object",
        "properties": {"low": {"type": "number"}, "high": {"type": "number"}},
        "required": ["low", "high"],
        "additionalProperties": False,
    },
]
Share = _steps(0, 1)
Permission = _steps(0, 1, unknown=True)
Multiplier = _steps(0, 20)
Count = _steps(0, 1e9)
Gigawatt = _steps(0, 10_000)


def ranged(low: float, high: float) -> Any:
    """Return the type of an optional number from ``low`` to ``high``."""

    def read(value: Any) -> float | None:
        return None if value is None else _number(value, low, high)

    schema = {"anyOf": [{"type": "number", "minimum": low, "maximum": high}, {"type": "null"}]}
    return Annotated[float | None, BeforeValidator(read), WithJsonSchema(schema)]


Months = ranged(-24, 60)
Factor = ranged(0, 20)
Strength = ranged(0, 3)
Override = Annotated[Interval, BeforeValidator(_interval), WithJsonSchema({"anyOf": _FORMS})]
