"""From rates to cost and energy per token."""

from leadtime.arrays import Array
from leadtime.units import HOUR_S

__all__ = ["joule_per_token", "usd_per_mtok"]


def usd_per_mtok(usd_per_chip_hour: Array, tok_s_per_chip: Array, *, used_frac: Array = 1.0) -> Array:
    """Return the cost of a million tokens [USD].

    Parameters
    ----------
    usd_per_chip_hour : array_like
        Cost of one accelerator per hour [USD/h].
    tok_s_per_chip : array_like
        Tokens per second and accelerator while it works.
    used_frac : array_like
        Share of paid hours in which it works [0..1].

    Examples
    --------
    >>> usd_per_mtok(2.0, 2000.0)
    0.2777777777777778
    """
    return usd_per_chip_hour / (tok_s_per_chip * HOUR_S * used_frac) * 1e6


def joule_per_token(wall_power_w_per_chip: Array, tok_s_per_chip: Array) -> Array:
    """Return the energy from the grid per token [J]."""
    return wall_power_w_per_chip / tok_s_per_chip
