"""Algorithmic efficiency: the frontier moves with experiments, the follower catches up with what is public."""

from collections.abc import Mapping

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.world._clock import QUARTER_YR, bounds_yr
from leadtime.world._scan import scan
from leadtime.world._shift import delayed, lag

__all__ = ["catch_up_drivers", "follower", "frontier"]


def frontier(*, growth: Array, elasticity: Array, experiments: Array, reference: Array) -> Array:
    """Return ln of the frontier's efficiency at every bound, equation (24), zero at the start.

    Parameters
    ----------
    growth : array
        Growth factor per year.
    elasticity : array
        Elasticity of progress in experiment compute.
    experiments, reference : array, shape (bound, draw)
        Experiment compute, and what it would be with nothing sold to the PRC.
    """
    xp = namespace(growth, experiments)
    pace = xp.exp(elasticity * xp.log(experiments[:-1] / reference[:-1]))
    gained = xp.cumsum(QUARTER_YR * xp.log(growth) * pace, axis=0)
    return xp.concatenate([xp.zeros_like(gained[:1]), gained])


def catch_up_drivers(constants: Mapping[str, float]) -> np.ndarray:
    """Return how far the change in the speed of catching up has set in, by interval."""
    middle = bounds_yr()[:-1] + QUARTER_YR / 2
    return 1 / (1 + np.exp(-(middle - constants["catch_up_break"]) / constants["catch_up_width"]))


def follower(
    params: Mapping[str, Array],
    *,
    frontier: Array,
    compute_ratio: Array,
    constants: Mapping[str, float],
    extra_delay_months: float = 0.0,
) -> Array:
    """Return ln of the follower's efficiency at every bound, equation (24).

    Parameters
    ----------
    frontier : array, shape (bound, draw)
    compute_ratio : array, shape (bound, draw)
        Experiment compute of the follower over that of the frontier.
    extra_delay_months : float
        Addition to the publication delay.
    """
    xp = namespace(frontier)
    log_growth = xp.log(params["algorithm_growth"])
    delay = xp.maximum(params["publication_delay"] + extra_delay_months, 0.0)
    public = delayed(frontier, lag(delay, len(frontier)), slope=QUARTER_YR * log_growth)
    own = QUARTER_YR * log_growth * xp.exp(params["experiment_elasticity"] * xp.log(compute_ratio[:-1]))
    # months of half-life -> share of the gap closed per quarter
    rate = 12 * float(np.log(2)) * QUARTER_YR / params["catch_up_half_life"]
    log_speedup = xp.log(params["catch_up_speedup"])

    def step(carry: Array, drivers: Mapping[str, Array]) -> tuple[Array, dict[str, Array]]:
        moved = carry + drivers["own"]
        closed = -xp.expm1(-rate * xp.exp(-log_speedup * drivers["since"]))
        moved = moved + closed * xp.maximum(drivers["public"] - moved, 0.0)
        return moved, {"after": moved}

    start = -xp.log(params["initial_gap"])
    drivers = {
        "own": own,
        "public": public[1:],
        "since": catch_up_drivers(constants)[: len(own)].astype(frontier.dtype),
    }
    _, info = scan(step, start, drivers, len(own), xp)
    return xp.concatenate([start[None], info["after"]])
