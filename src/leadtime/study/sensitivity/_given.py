"""First-order indices from draws as they are, also correlated ones: how far the mean of an output moves with one parameter."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["given_data_index"]

Floats = NDArray[np.float64]


def given_data_index(inputs: Floats, output: Floats, *, bins: int = 32) -> Floats:
    """Return, for each parameter, the share of the output's variance that its bins explain, corrected for chance.

    Parameters
    ----------
    inputs : ndarray, shape (parameter, draw)
    output : ndarray, shape (draw,)
    bins : int
        Bins of equal numbers of draws.

    Returns
    -------
    ndarray, shape (parameter,)
        Between 0 and 1. With correlated parameters it holds what a parameter shares with others, so indices may sum to more than 1.

    Examples
    --------
    >>> import numpy as np
    >>> z = np.random.default_rng(1).standard_normal((2, 20_000))
    >>> [round(float(value), 1) for value in given_data_index(z, 2 * z[0] + z[1])]
    [0.8, 0.2]
    """
    n = output.size
    variance = output.var()
    if variance <= 1e-24 * max(float(np.abs(output).max()) ** 2, 1e-300):
        return np.full(len(inputs), np.nan)
    place = np.arange(n) * bins // n
    counts = np.bincount(place, minlength=bins)
    found = np.empty(len(inputs))
    for row, values in enumerate(inputs):
        ordered = output[np.argsort(values, kind="stable")]
        means = np.bincount(place, ordered, bins) / counts
        between = float((counts * (means - output.mean()) ** 2).sum() / n)
        within = max(float(variance) - between, 0.0)
        found[row] = max(between - within * (bins - 1) / (n - bins), 0.0) / variance
    return found
