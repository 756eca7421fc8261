"""Rental abroad: physically part of the stock outside the PRC, used by PRC users, revocable at once."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.world._clock import QUARTER_YR, starts_yr
from leadtime.world._data import WorldData
from leadtime.world._policy import Policy

__all__ = ["Coefficients", "coefficients", "drivers", "onset", "step"]


class Coefficients(NamedTuple):
    """Per draw, constant over time."""

    maximum: Array
    midpoint: Array


def drivers(policy: Policy, data: WorldData) -> dict[str, np.ndarray]:
    """Return the series over time that do not depend on draws."""
    shares = np.array([region.offshore for region in data.regions])[:, None] * policy.region_cap
    hosts = np.array([region.share for region in data.regions])[:, None] * policy.region_cap
    total = shares.sum(axis=0)
    return {
        "offshore_permission": policy.offshore * total,
        "offshore_split": (shares / np.where(total > 0, total, 1.0)).T,
        "host_limit": data.constants["offshore_limit"] * hosts.T,
        "offshore_keeps": (policy.offshore > 0).astype(float),
        "middle": starts_yr() + QUARTER_YR / 2 - 2022.0,
    }


def coefficients(params: Mapping[str, Array]) -> Coefficients:
    """Return what stays constant over time."""
    return Coefficients(params["offshore_max"], params["offshore_midpoint"] - 2022.0)


def onset(t: Array, midpoint: Array, width: float) -> Array:
    """Return the smooth rise from 0 to 1 of something that starts around ``midpoint``."""
    xp = namespace(midpoint)
    return 1 / (1 + xp.exp((midpoint - t) * (1 / width)))


def step(
    coefficients: Coefficients,
    drivers: Mapping[str, Array],
    constants: Mapping[str, float],
    *,
    budget: Array,
    left: Array,
    price: Array,
    host_inflow: Array,
) -> Array:
    """Return newly rented compute of the interval by region [M H100e], shape (region, draw), equation (8).

    In no region can it exceed a fixed part of what is installed there (``host_inflow`` is what the rest of the world
    installs), so that the rented stock never exceeds the stock that it stands in.
    """
    xp = namespace(budget)
    wanted = (
        coefficients.maximum
        * drivers["offshore_permission"]
        * onset(drivers["middle"], coefficients.midpoint, constants["offshore_ramp"])
    )
    rented = xp.minimum(left, wanted * budget) / price
    split, limit = drivers["offshore_split"], drivers["host_limit"]
    return xp.stack([xp.minimum(split[place] * rented, limit[place] * host_inflow) for place in range(len(split))])
