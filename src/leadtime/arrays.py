"""The array namespace: one source for NumPy and JAX.

Numeric functions are written with operators and ``xp = namespace(...)``. They never assign into an array
and never index with a boolean mask, so that the same lines run on NumPy, on JAX and under ``jax.jit``.
"""

import sys
from types import ModuleType
from typing import Any

__all__ = ["Array", "namespace"]

Array = Any
"""A NumPy array, a JAX array, or a Python number where a function broadcasts."""


def namespace(*values: Array) -> ModuleType:
    """Return ``jax.numpy`` if any value is a JAX array or tracer, else ``numpy``.

    Parameters
    ----------
    *values : array_like
        What the calling function is about to compute with.

    Notes
    -----
    JAX is never imported here: a JAX array cannot exist before its caller imported JAX. While another thread imports it, it is half there.
    """
    array = getattr(sys.modules.get("jax"), "Array", None)
    if array is not None and any(isinstance(value, array) for value in values):
        return sys.modules["jax.numpy"]
    import numpy

    return numpy
