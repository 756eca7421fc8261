"""Trends and closed forms: algorithmic efficiency, hardware, what investment buys over time, months of lead from a ratio.

Pure functions over numbers or arrays; nothing here knows chips, law or the world model.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "_algorithms": (
        "ALGORITHM_TRENDS",
        "catch_up_efficiency_range",
        "compute_needed_flop",
        "efficiency_epoch2025",
        "efficiency_ho2024",
        "implied_growth_factor",
        "scale_dependent_efficiency_gundlach2025",
        "share_of_draws_above",
    ),
    "_growth": ("doubling_time_yr", "growth_from_doubling", "growth_from_factor", "growth_from_halving_months"),
    "_hardware": (
        "HARDWARE_TRENDS",
        "energy_efficiency_epoch2023",
        "memory_bandwidth_epoch2023",
        "performance_epoch2023",
        "price_performance_epoch2023",
        "supercomputer_efficiency_pilz2025",
    ),
    "_investment": (
        "InvestmentEfficiency",
        "access_effect",
        "investor_lag_yr",
        "performance_effect",
        "preparation_window_yr",
    ),
    "_lead": ("compute_ratio_of_lead", "constant_ratio_lead_months", "months_per_efficiency_gap"),
}
_WHERE = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
