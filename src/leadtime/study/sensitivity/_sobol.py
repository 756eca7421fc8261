"""Sobol indices with independent inputs, by the estimators of SciPy (Saltelli 2010 first order, Jansen total)."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["sobol"]

Floats = NDArray[np.float64]


def sobol(
    function: Callable[[Floats], Floats], n_parameters: int, *, points: int = 512, seed: int = 1
) -> tuple[Floats, Floats]:
    """Return first and total Sobol indices of a function of independent standard normal inputs.

    Parameters
    ----------
    function : callable
        From an array (parameter, draw) to (draw,) or (output, draw).
    n_parameters : int
    points : int
        Base points, a power of 2; the function sees ``points * (n_parameters + 2)`` draws.
    seed : int

    Returns
    -------
    first, total : ndarray, shape (parameter,) or (output, parameter)
        NaN for an output that does not vary.

    Examples
    --------
    >>> first, total = sobol(lambda z: 2 * z[0] + z[1], 2, points=1024)
    >>> [round(float(value), 1) for value in first]
    [0.8, 0.2]
    """
    from scipy.stats import norm, qmc, sobol_indices

    sampler = qmc.Sobol(2 * n_parameters, seed=np.random.default_rng(seed))
    base = norm.ppf(np.clip(sampler.random(points), 1e-9, 1 - 1e-9)).T
    first, second = base[:n_parameters], base[n_parameters:]
    values = [np.atleast_2d(function(part)) for part in (first, second)]
    crossed = np.stack([np.atleast_2d(function(_with_row(first, second, row))) for row in range(n_parameters)])
    varies = values[0].std(axis=1) > 1e-12 * np.maximum(np.abs(values[0]).mean(axis=1), 1e-300)
    found = [np.full((len(values[0]), n_parameters), np.nan) for _ in range(2)]
    if varies.any():
        known = {"f_A": values[0][varies], "f_B": values[1][varies], "f_AB": crossed[:, varies]}
        result = sobol_indices(func=known, n=points)
        for place, part in enumerate((result.first_order, result.total_order)):
            found[place][varies] = np.atleast_2d(part)
    single = np.ndim(function(first[:, :1])) == 1
    return (found[0][0], found[1][0]) if single else (found[0], found[1])


def _with_row(first: Floats, second: Floats, row: int) -> Floats:
    """Return the first draws with one parameter of the second."""
    mixed = first.copy()
    mixed[row] = second[row]
    return mixed
