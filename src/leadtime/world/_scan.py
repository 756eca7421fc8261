"""One loop over time for both array libraries: a Python loop on NumPy, ``lax.scan`` on JAX."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from leadtime.arrays import Array
from leadtime.stopping import check

__all__ = ["scan"]

Step = Callable[[Any, Mapping[str, Array]], tuple[Any, dict[str, Array]]]
Last = Callable[[Any], dict[str, Array]]


def scan(
    step: Step, carry: Any, drivers: Mapping[str, Array], n: int, xp: ModuleType, *, last: Last | None = None
) -> tuple[Any, dict[str, Array]]:
    """Apply ``step`` to ``n`` intervals.

    Parameters
    ----------
    step : callable
        ``step(carry, drivers_of_one_interval) -> (carry, info)``.
    carry : pytree
        State at the first bound.
    drivers : mapping of str to array
        Arrays with time first.
    n : int
        Number of intervals.
    last : callable, optional
        ``last(carry) -> info`` at the last bound, for the series that stand on bounds: they get one row more.

    Returns
    -------
    carry : pytree
        State at the last bound.
    info : dict of str to array
        Time first.
    """
    if xp.__name__ != "numpy":
        return _scan_jax(step, carry, drivers, n, xp, last)
    carry, info = step(carry, {name: values[0] for name, values in drivers.items()})
    on_bounds = last(carry) if last else {}  # of this bound only the names matter
    kept = {
        name: np.empty((n + (name in on_bounds), *np.shape(value)), np.asarray(value).dtype)
        for name, value in info.items()
    }
    for i in range(n):
        check()
        if i:
            carry, info = step(carry, {name: values[i] for name, values in drivers.items()})
        for name, value in info.items():
            kept[name][i] = value
    if last:
        for name, value in last(carry).items():
            kept[name][n] = value
    return carry, kept


def _scan_jax(
    step: Step, carry: Any, drivers: Mapping[str, Array], n: int, xp: ModuleType, last: Last | None
) -> tuple[Any, dict[str, Array]]:
    import jax

    carry, info = jax.lax.scan(step, carry, {name: xp.asarray(values) for name, values in drivers.items()}, length=n)
    final = last(carry) if last else {}
    return carry, {
        name: xp.concatenate([rows, final[name][None]]) if name in final else rows for name, rows in info.items()
    }
