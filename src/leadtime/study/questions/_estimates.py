"""Ratios of two estimates, as draws: what two chips share in error cancels, what sets them apart does not."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime.chips import Chip

__all__ = ["LINK_LOG_SD", "SAME_FAMILY", "UNRELATED", "log_sd", "ratio_draws", "same_but_links"]

Z80 = 1.2815515655446004
SAME_FAMILY = 0.9
"""Correlation of the log errors of two chips of one family on one model: software, kernels and the model of the estimator are the same."""
UNRELATED = 0.5
"""The same for chips of different families: workload and model of the estimator are the same, kernels are not."""
FORMATS_USED = ("bf16", "fp16", "fp8", "int8", "fp4")
LINK_LOG_SD = 0.5
"""Log sd of the time that links add where two chips differ in nothing else: the spread of the exposed fractions in the efficiency table."""


def log_sd(answer: Mapping[str, Any], field: str) -> float:
    """Return the log standard deviation behind the 80 % interval of a field of an estimate; 0 where it states none."""
    interval = answer["intervals"].get(field)
    if interval is None or not interval["low"] or not interval["high"]:
        return 0.0
    return math.log(interval["high"] / interval["low"]) / (2 * Z80)


def same_but_links(one: Chip, other: Chip) -> bool:
    """Return whether two chips have the same arithmetic and the same memory, so that only their links differ."""
    mine, theirs = ([chip.peak_flop_per_s.get(name) for name in FORMATS_USED] for chip in (one, other))
    same_memory = (one.memory.bandwidth_byte_per_s, one.memory.capacity_byte) == (
        other.memory.bandwidth_byte_per_s,
        other.memory.capacity_byte,
    )
    return mine == theirs and same_memory


def ratio_draws(
    ratio: float | None, sd_one: float, sd_other: float, *, correlation: float, normals: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return draws of a ratio of two log-normal estimates with correlated errors; NaN where one of them does not exist.

    Parameters
    ----------
    ratio : float or None
        Ratio of the central values, the median of the draws.
    sd_one, sd_other : float
        Log standard deviations.
    correlation : float
        Of the two log errors.
    normals : ndarray, shape (draw,)
        Standard normal draws.
    """
    if ratio is None or not math.isfinite(ratio) or ratio <= 0:
        return np.full(normals.shape, np.nan)
    sd = math.sqrt(max(sd_one**2 + sd_other**2 - 2 * correlation * sd_one * sd_other, 0.0))
    return ratio * np.exp(sd * normals)
