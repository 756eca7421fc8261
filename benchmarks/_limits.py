"""What this machine can do at all: the time that the array operations of a call would take in cache and nothing else.

Every elementary array operation of one call is counted by name, type and size; each is timed on a block in cache; the sum
is the limit of any implementation that makes the same operations one at a time with NumPy.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from benchmarks.world import Counting, operation_s

__all__ = ["array_limit_s", "counted", "multiply_per_s"]

READINGS = 3


@cache
def _timed(name: str, kind: str) -> float:
    """Return the least of several readings: a shared machine only ever makes one slower."""
    return min(operation_s(name, kind) for _ in range(READINGS))


def counted(tree: Any) -> Any:
    """Return the tree with every array as one that counts the operations made with it."""
    if isinstance(tree, np.ndarray):
        return tree.view(Counting)
    if isinstance(tree, Mapping):
        return {name: counted(value) for name, value in tree.items()}
    if isinstance(tree, tuple):
        parts = [counted(value) for value in tree]
        return type(tree)(*parts) if hasattr(tree, "_fields") else tuple(parts)
    return tree


def array_limit_s(call: Callable[[], Any]) -> tuple[float, float]:
    """Return the limit of a call over counting arrays [s], and the number of operations counted."""
    Counting.tally.clear()
    call()
    tally = {key: count for key, count in Counting.tally.items() if count}
    Counting.tally.clear()
    return sum(count * _timed(*key) for key, count in tally.items()), float(sum(tally.values()))


def multiply_per_s() -> float:
    """Return float64 multiplications per second of one core, in cache: the plainest array operation there is."""
    return 1.0 / _timed("multiply", "float64")
