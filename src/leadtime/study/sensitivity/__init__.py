"""Which parameters and assumptions the answers hang on: global indices, flips of a ranking, regret.

>>> from leadtime.study import sensitivity
>>> callable(sensitivity.sensitivity)
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadtime.study.sensitivity._ema import ema_evaluate, ema_parameters, ema_results
    from leadtime.study.sensitivity._given import given_data_index
    from leadtime.study.sensitivity._prim import Box, box_of, peel
    from leadtime.study.sensitivity._report import Sensitivity, sensitivity
    from leadtime.study.sensitivity._sobol import sobol

__all__ = [
    "Box",
    "Sensitivity",
    "box_of",
    "ema_evaluate",
    "ema_parameters",
    "ema_results",
    "given_data_index",
    "peel",
    "sensitivity",
    "sobol",
]

_HOME = {
    "Box": "_prim",
    "Sensitivity": "_report",
    "box_of": "_prim",
    "ema_evaluate": "_ema",
    "ema_parameters": "_ema",
    "ema_results": "_ema",
    "given_data_index": "_given",
    "peel": "_prim",
    "sensitivity": "_report",
    "sobol": "_sobol",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
