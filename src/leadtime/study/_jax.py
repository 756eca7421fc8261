"""JAX where it is installed: found late, and in double precision only within a block."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from leadtime.errors import MissingExtraError

__all__ = ["has_jax", "in_double", "jax_for"]


def has_jax() -> bool:
    """Tell whether JAX is installed, without importing it."""
    try:
        return all(find_spec(name) is not None for name in ("jax", "jaxlib"))
    except ValueError:  # a module that something put in its place
        return False


def jax_for(purpose: str, extra: str = "jax") -> Any:
    """Return JAX, or say which extra a purpose needs.

    Parameters
    ----------
    purpose : str
        The beginning of the sentence: "A gradient".
    extra : str
        Extra of the package that brings it.
    """
    try:
        return import_module("jax")
    except ImportError:
        raise MissingExtraError.of(extra, purpose) from None


@contextmanager
def in_double(jax: Any) -> Iterator[None]:
    """Compute in double precision inside the block, and leave the setting of the process as it was."""
    switch = jax.enable_x64 if hasattr(jax, "enable_x64") else import_module("jax.experimental").enable_x64
    with switch(True):
        yield
