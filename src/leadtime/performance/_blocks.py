"""Many configurations in blocks that stay in cache, and the best of each group of a flat table."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from leadtime.arrays import Array
from leadtime.performance._trees import block, leaves

__all__ = ["BLOCK", "best_of_groups", "count", "in_blocks"]

BLOCK = 4096
"""Configurations evaluated at once: some hundred intermediate arrays of this length stay in a core's cache."""


def count(*trees: Any) -> int:
    """Return the length of the configuration axis, the longest first axis of all arrays."""
    return max((np.shape(leaf)[0] for leaf in leaves(trees) if np.ndim(leaf) > 0), default=1)


def in_blocks(function: Callable[..., Any], *trees: Any, size: int = BLOCK) -> Any:
    """Evaluate ``function(*trees)`` over blocks of the first axis and join the results.

    Parameters
    ----------
    function : callable
        Elementwise over the first axis; returns nested tuples and mappings of arrays.
    *trees
        Nested tuples, mappings and efficiencies; numbers and axes of length one serve every block.
    size : int
        Configurations per block. Results do not depend on it.
    """
    n = count(*trees)
    if n <= size:
        return _filled(function(*trees), n)
    parts = [
        _filled(function(*(block(tree, slice(start, start + size)) for tree in trees)), min(size, n - start))
        for start in range(0, n, size)
    ]
    return _joined(parts)


def _filled(tree: Any, n: int) -> Any:
    """Give every array a first axis of length ``n``, so that blocks can be joined."""
    if isinstance(tree, Mapping):
        return {name: _filled(value, n) for name, value in tree.items()}
    if isinstance(tree, tuple):
        return (
            type(tree)(*(_filled(value, n) for value in tree))
            if hasattr(tree, "_fields")
            else tuple(_filled(v, n) for v in tree)
        )
    value = np.asarray(tree)
    if value.ndim == 0 or value.shape[0] != n:
        return np.broadcast_to(value, (n, *value.shape[1:])).copy()
    return value


def _joined(parts: list[Any]) -> Any:
    first = parts[0]
    if isinstance(first, Mapping):
        return {name: _joined([part[name] for part in parts]) for name in first}
    if isinstance(first, tuple):
        columns = [_joined(list(column)) for column in zip(*parts, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else tuple(columns)
    return np.concatenate(parts)


def best_of_groups(group: Array, score: Array) -> Array:
    """Return the position of the best score of every group, for sorted group numbers without gaps.

    NaN never wins unless a group has nothing else; of equal scores the first wins.

    Examples
    --------
    >>> best_of_groups(np.array([0, 0, 1, 1, 1]), np.array([1.0, 3.0, float("nan"), 2.0, 2.0])).tolist()
    [1, 3]
    """
    ranked = np.where(np.isnan(score), -np.inf, score)
    starts = np.flatnonzero(np.diff(group, prepend=-1))
    highest = np.maximum.reduceat(ranked, starts)
    winners = np.flatnonzero(ranked == highest[group])
    _, first = np.unique(group[winners], return_index=True)
    chosen: Array = winners[first]
    return chosen
