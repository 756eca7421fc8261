"""World production and its price: known history, then spending growth and price decline."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.world._clock import N_INTERVALS, QUARTER_YR, starts_yr
from leadtime.world._data import WorldData, Yearly

__all__ = ["Coefficients", "Info", "State", "coefficients", "drivers", "init", "parts_of_history", "step"]


class Coefficients(NamedTuple):
    """Per draw, constant over time."""

    merchant_scale: Array
    custom_scale: Array
    growth: Array
    """Growth factor of H100e per quarter by year after the history; shape (year, draw)."""
    decline: Array
    """Factor on the price per quarter."""
    reference: Array
    """Mean quarter of merchant production in the reference year [M H100e]."""


class State(NamedTuple):
    """Flows of the interval before the one to come."""

    merchant: Array
    custom: Array
    price: Array


class Info(NamedTuple):
    """Production of the interval [M H100e] and price [USD per H100e]."""

    merchant: Array
    custom: Array
    price: Array


def parts_of_history(totals: Yearly, n_per_year: int = 4) -> np.ndarray:
    """Split yearly totals into parts that grow geometrically, with the growth between the neighbouring known years.

    The parts of a year sum to its total; no year outside ``totals`` enters.
    """
    years = sorted(totals)
    parts = []
    for year in years:
        before, after = totals.get(year - 1), totals.get(year + 1)
        low, high = (before or totals[year]), (after or totals[year])
        span = (before is not None) + (after is not None)
        growth = (high / low) ** (1 / span) if span else 1.0
        weights = growth ** (np.arange(n_per_year) / n_per_year)
        parts.append(totals[year] * weights / weights.sum())
    return np.concatenate(parts)


def drivers(data: WorldData) -> dict[str, np.ndarray]:
    """Return the series over time that do not depend on draws."""
    n_known = 4 * len(data.merchant)
    merchant, custom, price, known = (np.zeros(N_INTERVALS) for _ in range(4))
    merchant[:n_known] = parts_of_history(data.merchant)
    custom[:n_known] = parts_of_history(data.custom)
    price[:n_known] = np.repeat([data.price[year] for year in sorted(data.merchant)], 4)
    known[:n_known] = 1.0
    years_after = np.clip(np.floor(starts_yr()) - data.last_year - 1, 0, None).astype(np.int32)
    return {
        "merchant_known": merchant,
        "custom_known": custom,
        "price_known": price,
        "supply_known": known,
        "years_after_history": years_after,
    }


def coefficients(params: Mapping[str, Array], data: WorldData) -> Coefficients:
    """Return what stays constant over time, equation (5): growth of H100e is spending growth times price decline."""
    xp = namespace(*params.values())
    decline = xp.exp(-QUARTER_YR * params["price_decline"])
    n_years = N_INTERVALS // 4 - len(data.merchant)
    excess = params["spending_growth_first"] - 1
    growth = []
    for _ in range(max(n_years, 1)):
        growth.append(xp.exp(QUARTER_YR * xp.log1p(excess)) / decline)
        excess = excess * params["spending_growth_decay"]
    scale = xp.exp(params["merchant_history_error"])
    reference = _reference_quarter(data, scale, growth)
    return Coefficients(scale, xp.exp(params["custom_history_error"]), xp.stack(growth), decline, reference)


def _reference_quarter(data: WorldData, scale: Array, growth: list[Array]) -> Array:
    """Return the mean quarter of the reference year, projected where it lies after the history."""
    year = int(data.constants["frontier_reference_year"])
    if year in data.merchant:
        return scale * (data.merchant[year] / 4)
    flow = scale * float(parts_of_history(data.merchant)[-1])
    total = 0.0 * flow
    for later in range(data.last_year + 1, year + 1):
        total = 0.0 * flow
        for _ in range(4):
            flow = flow * growth[later - data.last_year - 1]
            total = total + flow
    return total / 4


def init(coefficients: Coefficients) -> State:
    """Return the state before the first interval, in which the history is known."""
    zero = 0.0 * coefficients.merchant_scale
    return State(zero, zero, zero)


def step(coefficients: Coefficients, state: State, drivers: Mapping[str, Array]) -> tuple[State, Info]:
    """Return production and price of the next interval, equations (4) and (5)."""
    known = drivers["supply_known"]
    growth = (1 - known) * coefficients.growth[drivers["years_after_history"]]
    merchant = drivers["merchant_known"] * coefficients.merchant_scale + growth * state.merchant
    custom = drivers["custom_known"] * coefficients.custom_scale + growth * state.custom
    price = drivers["price_known"] + (1 - known) * coefficients.decline * state.price
    return State(merchant, custom, price), Info(merchant, custom, price)
