"""Nested tuples and mappings of arrays: which namespace they live in, and blocks of them."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from leadtime.arrays import namespace
from leadtime.performance._efficiencies import Efficiencies

__all__ = ["block", "leaves", "namespace_of"]


def leaves(tree: Any) -> Iterator[Any]:
    """Yield the arrays of nested tuples, mappings and efficiencies."""
    if isinstance(tree, Efficiencies):
        yield from tree.values.values()
    elif isinstance(tree, Mapping):
        for value in tree.values():
            yield from leaves(value)
    elif isinstance(tree, tuple):
        for value in tree:
            yield from leaves(value)
    elif tree is not None:
        yield tree


def namespace_of(*trees: Any) -> Any:
    """Return the array namespace of everything inside the trees."""
    return namespace(*leaves(trees))


def block(tree: Any, where: slice | Any) -> Any:
    """Return the tree with every array indexed along its first axis; numbers and axes of length one stay whole."""
    if isinstance(tree, Efficiencies):
        return tree.replaced(**{name: block(value, where) for name, value in tree.values.items()})
    if isinstance(tree, Mapping):
        return {name: block(value, where) for name, value in tree.items()}
    if isinstance(tree, tuple):
        return (
            type(tree)(*(block(value, where) for value in tree))
            if hasattr(tree, "_fields")
            else tuple(block(v, where) for v in tree)
        )
    if tree is None or np.ndim(tree) == 0 or np.shape(tree)[0] == 1:
        return tree
    return tree[where]
