"""The few numbers by which fits are compared."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from leadtime.study._draws import normals
from leadtime.study._evaluator import evaluator
from leadtime.study._quarters import FIRST_YEAR

__all__ = ["HEADLINES", "LEVELS", "headline_values", "quantiles_of", "summaries", "whole_draws"]

Floats = NDArray[np.float64]

LEVELS = (0.05, 0.1, 0.5, 0.9, 0.95)
HEADLINES = (
    ("lead_true_months", 2027), ("lead_bought_months", 2027), ("lead_bought_months", 2030), ("lead_apparent_months", 2026),
    ("training_ratio", 2027), ("serving_ratio", 2027), ("bite_training_frac", 2027), ("prc_used_h100e", 2026),
)  # fmt: skip


def whole_draws(names: Sequence[str], z: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return draws of all parameters of the baseline: those given, and prior draws for the others."""
    every = evaluator("baseline").names
    found = normals(every, seed=0, first=0, last=z.shape[1])
    found[[every.index(name) for name in names]] = z
    return found


def headline_values(z: NDArray[np.float32]) -> dict[str, Floats]:
    """Return the headline numbers of the baseline, one value per draw of all parameters."""
    found = evaluator("baseline", tuple(dict.fromkeys(name for name, _ in HEADLINES)))(z)
    return {f"{name}_{year}": np.asarray(found[name][4 * (year - FIRST_YEAR)], float) for name, year in HEADLINES}


def quantiles_of(values: Floats, weights: Floats | None = None) -> dict[str, float]:
    """Return quantiles by name, weighted if weights are given.

    Examples
    --------
    >>> quantiles_of(np.arange(101.0))["q10"]
    10.0
    """
    if weights is None:
        found = np.quantile(values, LEVELS)
    else:
        order = np.argsort(values)
        total = np.cumsum(weights[order])
        found = np.interp(LEVELS, (total - weights[order] / 2) / total[-1], values[order])
    return {f"q{round(100 * level):02d}": float(value) for level, value in zip(LEVELS, found, strict=True)}


def summaries(values: Mapping[str, Floats]) -> dict[str, dict[str, float]]:
    """Return quantiles of each headline number."""
    return {name: quantiles_of(part) for name, part in values.items()}
