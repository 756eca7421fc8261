"""Growth in its several coats: factor per year, log growth, doubling time, halving time."""

import math

from leadtime.arrays import Array, namespace

__all__ = ["doubling_time_yr", "growth_from_doubling", "growth_from_factor", "growth_from_halving_months"]

LN2 = math.log(2.0)
MONTHS_PER_YR = 12.0


def growth_from_factor(factor_per_yr: Array) -> Array:
    """Return log growth per year [1/yr] of a factor per year.

    Examples
    --------
    >>> round(float(growth_from_factor(4.5)), 3)
    1.504
    """
    return namespace(factor_per_yr).log(factor_per_yr)


def growth_from_doubling(doubling_yr: Array) -> Array:
    """Return log growth per year [1/yr] of a doubling time [yr].

    Examples
    --------
    >>> round(growth_from_doubling(2.1), 2)
    0.33
    """
    return LN2 / doubling_yr


def growth_from_halving_months(halving_months: Array) -> Array:
    """Return log growth per year [1/yr] of efficiency whose needs halve in ``halving_months`` [months].

    Examples
    --------
    Eight months of halving are 2.8-fold efficiency a year:

    >>> round(math.exp(growth_from_halving_months(8)), 1)
    2.8
    """
    return LN2 * MONTHS_PER_YR / halving_months


def doubling_time_yr(log_growth_per_yr: Array) -> Array:
    """Return the doubling time [yr] of a log growth per year [1/yr]."""
    return LN2 / log_growth_per_yr
