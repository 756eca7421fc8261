"""Weights of particles that undo a part of the evidence, smoothed in the tail.

References
----------
Vehtari, Simpson, Gelman, Yao and Gabry (2024), Pareto smoothed importance sampling; Zhang and Stephens (2009) for the fit of the tail.
"""

import math

import numpy as np
from numpy.typing import NDArray

__all__ = ["pareto_smoothed", "tail_shape"]

Floats = NDArray[np.float64]


def pareto_smoothed(log_weights: Floats) -> tuple[Floats, float]:
    """Return weights that sum to 1, with the largest replaced by quantiles of a fitted tail, and the shape of the tail.

    Parameters
    ----------
    log_weights : ndarray, shape (draw,)
    """
    n = len(log_weights)
    weights = np.exp(log_weights - log_weights.max())
    n_tail = int(min(n / 5, 3 * math.sqrt(n)))
    order = np.argsort(weights)
    tail, cut = order[-n_tail:], weights[order[-n_tail - 1]]
    above = weights[tail] - cut
    if n_tail < 5 or above[-1] <= 1e-12 * max(cut, 1e-300):
        return weights / weights.sum(), 0.0
    shape, scale = tail_shape(np.maximum(above, 1e-300))
    places = (np.arange(n_tail) + 0.5) / n_tail
    smooth = scale * np.expm1(-shape * np.log1p(-places)) / shape if abs(shape) > 1e-8 else -scale * np.log1p(-places)
    weights[tail] = np.minimum(cut + smooth, 1.0)
    return weights / weights.sum(), shape


def tail_shape(above: Floats) -> tuple[float, float]:
    """Return shape and scale of a generalised Pareto distribution fitted to exceedances in ascending order.

    The posterior mean of Zhang and Stephens over a grid, with their prior, and the weak prior on the shape of Vehtari and others.
    """
    n = len(above)
    n_grid = 30 + int(math.sqrt(n))
    quarter = above[int(n / 4 + 0.5) - 1]
    theta = 1 / above[-1] + (1 - np.sqrt(n_grid / (np.arange(1, n_grid + 1) - 0.5))) / (3 * quarter)
    theta = theta[np.abs(theta) > 1e-300]
    shapes = np.log1p(-theta[:, None] * above).mean(axis=1)
    fits = n * (np.log(-theta / shapes) - shapes - 1)
    weights = 1 / np.exp(np.clip(fits - fits[:, None], -700, 700)).sum(axis=1)
    best = float((theta * weights).sum() / weights.sum())
    shape = float(np.log1p(-best * above).mean())
    scale = -shape / best
    return (n * shape + 10 * 0.5) / (n + 10), scale
