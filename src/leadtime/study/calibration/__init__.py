"""Calibration against evidence and its test: targets, posterior, hindcast.

>>> from leadtime.study import calibration
>>> len(calibration.targets()) > 50
True
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadtime.study.calibration._build import rebuild
    from leadtime.study.calibration._cross_check import CrossCheck, cross_check
    from leadtime.study.calibration._hindcast import Hindcast, hindcast
    from leadtime.study.calibration._report import Calibration, calibrate
    from leadtime.study.calibration._targets import Target, targets

__all__ = [
    "Calibration",
    "CrossCheck",
    "Hindcast",
    "Target",
    "calibrate",
    "cross_check",
    "hindcast",
    "rebuild",
    "targets",
]

_HOME = {
    "Calibration": "_report",
    "CrossCheck": "_cross_check",
    "Hindcast": "_hindcast",
    "Target": "_targets",
    "calibrate": "_report",
    "cross_check": "_cross_check",
    "hindcast": "_hindcast",
    "rebuild": "_build",
    "targets": "_targets",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
