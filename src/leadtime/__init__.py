"""An executable model of AI compute under export controls.

Importing the package reads no file and opens no socket: names below are looked up when first used.

>>> import leadtime
>>> leadtime.__version__ == leadtime.version()
True
"""

from importlib import import_module
from importlib.metadata import version as _installed_version
from typing import Any

__all__ = ["LeadtimeError", "__version__", "version"]

_LAZY = {"LeadtimeError": "leadtime.errors"}


def version() -> str:
    """Return the installed version of the package."""
    return _installed_version("leadtime")


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return version()
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'leadtime' has no attribute {name!r}")
