"""Leaked chips: a market for what cannot be bought legally, closed by a scarcity price."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.world._clock import QUARTER_YR, share_after, starts_yr
from leadtime.world._data import WorldData
from leadtime.world._policy import Policy

__all__ = ["Coefficients", "Info", "clearing", "coefficients", "drivers", "step", "unmet"]


class Coefficients(NamedTuple):
    """Per draw, constant over time."""

    scale: Array
    supply_elasticity: Array
    demand_elasticity: Array
    growth_exponent: Array
    enforcement: Array
    reference: Array
    """Mean quarter of merchant production in the reference year [M H100e]."""
    blacklisted: Array
    h20_substitution: Array
    domestic_substitution: Array


class Info(NamedTuple):
    """Leaked compute [M H100e], scarcity premium [ratio], demand that no legal channel met [M H100e]."""

    leaked: Array
    premium: Array
    unmet: Array


def drivers(policy: Policy, data: WorldData) -> dict[str, np.ndarray]:
    """Return the series over time that do not depend on draws."""
    known = data.constants
    middle = starts_yr() + QUARTER_YR / 2
    ramp = np.clip((middle - known["leak_ramp_start"]) / known["leak_ramp_length"], known["leak_ramp_floor"], 1.0)
    transit = np.array([region.transit for region in data.regions]) @ policy.region_cap
    return {
        "leak_ramp": ramp * share_after(known["leak_start"]) * (1 - policy.enforcement) * transit,
        "leak_enforced": share_after(known["enforcement_start"]),
    }


def coefficients(params: Mapping[str, Array], reference: Array) -> Coefficients:
    """Return what stays constant over time."""
    return Coefficients(
        scale=params["leak_scale"],
        supply_elasticity=params["leak_supply_elasticity"],
        demand_elasticity=params["leak_demand_elasticity"],
        growth_exponent=params["leak_growth_exponent"],
        enforcement=params["enforcement_2026"],
        reference=reference,
        blacklisted=params["blacklisted_demand"],
        h20_substitution=params["h20_substitution"],
        domestic_substitution=params["domestic_substitution"] * params["other_domestic"],
    )


def unmet(
    coefficients: Coefficients,
    constants: Mapping[str, float],
    *,
    budget: Array,
    legal_spending: Array,
    h20_spending: Array,
    offshore_spending: Array,
    domestic_dies: Array,
    frontier_open: Array,
    price: Array,
) -> Array:
    """Return demand at world price that no other channel met [M H100e], equation (10)."""
    xp = namespace(budget)
    served = (
        legal_spending
        + coefficients.h20_substitution * h20_spending
        + offshore_spending
        + (coefficients.domestic_substitution * constants["die_price"]) * domestic_dies
    )
    floor = coefficients.blacklisted * (1 - frontier_open) * budget
    return xp.maximum(budget - served, floor) / price


def clearing(
    supply: Array,
    demand: Array,
    supply_elasticity: Array,
    demand_elasticity: Array,
    *,
    premium_limit: float = float("inf"),
) -> tuple[Array, Array]:
    """Close the market of leaked chips, equation (12).

    Parameters
    ----------
    supply, demand : array
        At world price [M H100e]. Supply rises with (1 + premium) to the power of its elasticity, demand falls with its own.
    premium_limit : float
        Largest premium reported; where nothing is supplied there is no market.

    Returns
    -------
    traded, premium : array
        The premium is 0 where supply covers demand.

    Examples
    --------
    >>> traded, premium = clearing(1.0, 4.0, 1.0, 1.0)
    >>> float(traded), float(premium)
    (2.0, 1.0)
    """
    xp = namespace(supply, demand)
    tiny = 1e-12
    scarcity = xp.log(xp.maximum(demand, tiny)) - xp.log(xp.maximum(supply, tiny))
    log_price = xp.maximum(scarcity, 0.0) / (supply_elasticity + demand_elasticity)
    traded = xp.where(supply > tiny, xp.minimum(supply, demand) * xp.exp(supply_elasticity * log_price), 0.0)
    return traded, xp.minimum(xp.expm1(log_price), premium_limit)


def step(
    coefficients: Coefficients,
    drivers: Mapping[str, Array],
    constants: Mapping[str, float],
    *,
    controlled: Array,
    demand: Array,
) -> Info:
    """Return the leakage of the interval, equations (11) and (12).

    Parameters
    ----------
    controlled : array
        Merchant flow of controlled classes outside the PRC [M H100e].
    demand : array
        Unmet demand at world price [M H100e].
    """
    xp = namespace(controlled)
    follows = xp.exp(coefficients.growth_exponent * xp.log(controlled / coefficients.reference))
    scale = coefficients.scale * (1 - drivers["leak_enforced"] * coefficients.enforcement) * drivers["leak_ramp"]
    supply = scale * coefficients.reference * follows
    leaked, premium = clearing(
        supply,
        demand,
        coefficients.supply_elasticity,
        coefficients.demand_elasticity,
        premium_limit=constants["premium_limit"],
    )
    return Info(xp.minimum(leaked, constants["leak_limit"] * controlled), premium, demand)
