"""Whole questions put to the model: scenarios, ensembles, comparisons; estimates and their accuracy.

>>> from leadtime import study
>>> run = study.simulate("baseline", draws=2000, seed=1)      # doctest: +SKIP
>>> run.headline()["lead_true_months_2027"]                   # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadtime.study._store import Chunk

__all__ = ["Chunk"]

_HOME = {"Chunk": "_store"}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
