"""One loop over time for both array libraries: a Python loop on NumPy, ``lax.scan`` on JAX."""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import numpy as np

from leadtime.arrays import Array

__all__ = ["scan"]

Step = Callable[[Any, Mapping[str, Array]], tuple[Any, dict[str, Array]]]


def scan(step: Step, carry: Any, drivers: Mapping[str, Array], n: int, xp: ModuleType) -> tuple[Any, dict[str, Array]]:
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

    Returns
    -------
    carry : pytree
        State at the last bound.
    info : dict of str to array
        Time first.
    """
    if xp.__name__ != "numpy":
        import jax

        return jax.lax.scan(step, carry, {name: xp.asarray(values) for name, values in drivers.items()}, length=n)  # type: ignore[no-any-return]
    kept: dict[str, Array] = {}
    for i in range(n):
        carry, info = step(carry, {name: values[i] for name, values in drivers.items()})
        if not kept:
            kept = {name: np.empty((n, *np.shape(value)), np.asarray(value).dtype) for name, value in info.items()}
        for name, value in info.items():
            kept[name][i] = value
    return carry, kept
