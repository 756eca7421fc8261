"""Ranges of the answers: log-normal, combined in quadrature."""

import math
from typing import Any

from leadtime.performance import interval

__all__ = ["LEVEL", "POWER_HALF_WIDTH", "between", "range_of", "times"]

LEVEL = 0.8
POWER_HALF_WIDTH = 0.3
"""Log half-width of energy at given time: load, server share and site overhead together; judgement."""


def range_of(value: float | None, half_width: float, *, most: float = math.inf) -> dict[str, Any] | None:
    """Return low, high and level of a log-normal figure that cannot exceed ``most``; None for a figure that does not exist."""
    if value is None or not math.isfinite(value):
        return None
    low, high, level = interval(value, half_width, level=LEVEL)
    return {"low": float(low), "high": min(float(high), most), "level": level}


def between(
    prices: tuple[float, float, float] | None, quantity: float | None, half_width: float
) -> dict[str, Any] | None:
    """Return the range of a quantity times a price whose own range is given."""
    if prices is None or quantity is None or not math.isfinite(quantity):
        return None
    low, central, high = prices
    down = math.sqrt(half_width**2 + math.log(central / low) ** 2)
    up = math.sqrt(half_width**2 + math.log(high / central) ** 2)
    value = central * quantity
    return {"low": value * math.exp(-down), "high": value * math.exp(up), "level": LEVEL}


def times(prices: tuple[float, float, float] | None, quantity: float | None) -> float | None:
    """Return a quantity at its central price; None if either is unknown."""
    return None if prices is None or quantity is None else prices[1] * quantity
