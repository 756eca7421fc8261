"""The world model: stocks, flows, channels, allocation, capability and months of lead, one quarter at a time, all draws at once.

The model is a function of arrays: :func:`run` takes parameter values (draws last), a :class:`Policy` (what rules and governments let
happen, over 44 quarters) and :class:`WorldData` (history and constants). A draw is one deterministic run, so the difference between two
policies on the same draws is policy and not noise. Nothing here opens a file or knows law.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "_clock": (
        "FIRST_YR",
        "N_BOUNDS",
        "N_INTERVALS",
        "QUARTER_YR",
        "bounds_yr",
        "interval_of",
        "quarter_names",
        "starts_yr",
    ),
    "_data": (
        "CLASSES",
        "NON_PRC_CLASSES",
        "PRC_CLASSES",
        "Application",
        "ClassPrice",
        "Lab",
        "Region",
        "WorldData",
        "world_data",
    ),
    "_frontier": ("VARIANTS", "running_max", "variant_weights"),
    "_labs": ("run_flop",),
    "_lead": ("apparent_lead_months", "lead_months"),
    "_leakage": ("clearing",),
    "_measures": ("bite", "first_reached_yr", "half_date_yr"),
    "_outputs": ("DEFAULT_OUTPUTS", "OUTPUTS", "Output", "output_table"),
    "_parameters": ("DISTRIBUTIONS", "Parameter", "parameters", "sample"),
    "_policy": ("LEGAL_CLASSES", "OUTCOMES", "REGIONS", "Caps", "Levers", "Policy", "policy_from"),
    "_physical": ("FACTORS",),
    "_run": ("Checkpoint", "Run", "run"),
    "_serving": ("serving_capacity",),
}
_WHERE = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
