"""Effective compute on a published scale of capability."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.errors import OutOfRangeError
from leadtime.world._clock import FIRST_YR, QUARTER_YR

__all__ = ["Scale", "capability", "scale"]


class Scale(NamedTuple):
    """Two slopes that meet at a break [index points per ln effective compute]."""

    break_log: Array
    """ln effective compute of the released frontier at the break of its trend."""
    break_points: Array
    slope_before: Array
    slope_after: Array


def scale(params: Mapping[str, Array], released: Array, constants: Mapping[str, float]) -> Scale:
    """Anchor the scale on the released US frontier, equation (27).

    Parameters
    ----------
    released : array, shape (bound, draw)
        ln effective compute of the best released US model, without the gain from synthetic data.

    Notes
    -----
    The slope in points per log compute is derived from points per year over growth of effective compute per year;
    a prior of its own could not be told apart from the growth of algorithms.
    """
    xp = namespace(released)
    growth = xp.log(params["algorithm_growth"]) + float(np.log(constants["frontier_compute_growth"]))
    place = (constants["capability_break"] - FIRST_YR) / QUARTER_YR
    whole, part = int(place), place - int(place)
    if len(released) < whole + 2:
        raise OutOfRangeError(
            f"The scale of capability is anchored in {constants['capability_break']:g}, after the end of the run.",
            hint="Run to the end of 2024 or later, or leave capability and lead out of the outputs.",
        )
    at_break = released[whole] + part * (released[whole + 1] - released[whole])
    after = constants["capability_anchor_date"] - constants["capability_break"]
    return Scale(
        break_log=at_break,
        break_points=constants["capability_anchor"] - after * params["capability_slope"],
        slope_before=constants["capability_slope_before"] / growth,
        slope_after=params["capability_slope"] / growth,
    )


def capability(scale: Scale, log_effective: Array) -> Array:
    """Return capability [index points] of ln effective compute."""
    xp = namespace(log_effective)
    above = log_effective - scale.break_log
    return scale.break_points + scale.slope_after * xp.maximum(above, 0.0) + scale.slope_before * xp.minimum(above, 0.0)
