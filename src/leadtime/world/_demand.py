"""PRC demand is a budget: a share of world merchant spending, wanted at world price."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.world._clock import QUARTER_YR, starts_yr
from leadtime.world._data import WorldData
from leadtime.world._policy import Policy

__all__ = ["Coefficients", "State", "coefficients", "drivers", "init", "step"]

BASE_YR = 2023.0  # the year to which the parameter budget_share belongs


class Coefficients(NamedTuple):
    """Per draw, constant over time."""

    growth: Array
    stockpiling: Array
    revenue_elasticity: Array | float


class State(NamedTuple):
    """Share of merchant spending wanted in the interval to come."""

    share: Array


def drivers(policy: Policy, data: WorldData) -> dict[str, np.ndarray]:
    """Return the series over time that do not depend on draws."""
    return {
        "demand_multiplier": policy.levers.demand_multiplier,
        "stockpile": policy.levers.stockpile,
        "budget_limit": np.full(len(starts_yr()), data.constants["budget_limit"]),
    }


def coefficients(params: Mapping[str, Array]) -> Coefficients:
    """Return what stays constant over time."""
    xp = namespace(*params.values())
    return Coefficients(xp.exp(QUARTER_YR * params["budget_share_growth"]), params["stockpiling"], 0.0)


def init(params: Mapping[str, Array]) -> State:
    """Return the share wanted in the first interval, from its value in the middle of the base year."""
    xp = namespace(*params.values())
    first_middle = float(starts_yr()[0]) + QUARTER_YR / 2
    return State(params["budget_share"] * xp.exp(params["budget_share_growth"] * (first_middle - BASE_YR)))


def step(
    coefficients: Coefficients,
    state: State,
    drivers: Mapping[str, Array],
    *,
    spending: Array,
    service: Array | None = None,
) -> tuple[State, Array]:
    """Return the budget of the interval [M USD], equation (6).

    Parameters
    ----------
    spending : array
        World merchant spending of the interval [M USD].
    service : array, optional
        Share of token demand that is served; lowers the budget where the revenue loop is on.
    """
    xp = namespace(spending)
    share = state.share * (drivers["demand_multiplier"] * (1 + drivers["stockpile"] * coefficients.stockpiling))
    if service is not None:
        share = share * service
    budget = xp.minimum(share, drivers["budget_limit"]) * spending
    return State(state.share * coefficients.growth), budget
