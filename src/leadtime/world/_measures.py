"""Dates read off series: when something first reaches a level, when controls have half of their later bite."""

from leadtime.arrays import Array, namespace
from leadtime.errors import OutOfRangeError
from leadtime.world._clock import FIRST_YR, QUARTER_YR

__all__ = ["bite", "first_reached_yr", "half_date_yr"]


def first_reached_yr(series: Array, level: Array, *, first_yr: float = FIRST_YR) -> Array:
    """Return when a series on bounds first reaches a level [yr], linear between bounds; infinite where it never does.

    Parameters
    ----------
    series : array, shape (bound, draw)
        For instance the largest coherent cluster of an actor.
    level : float or array, shape (draw,)
    first_yr : float
        Date of the first bound.

    Examples
    --------
    >>> import numpy as np
    >>> first_reached_yr(np.array([[0.0], [1.0], [3.0]]), 2.0)
    array([2022.375])
    """
    xp = namespace(series, level)
    reached = series >= level
    after = xp.argmax(reached, axis=0)
    before = xp.maximum(after - 1, 0)
    draw = xp.arange(series.shape[1])
    low, high = series[before, draw], series[after, draw]
    part = xp.clip((level - low) / xp.where(high > low, high - low, 1.0), 0.0, 1.0)
    place = xp.where(after > 0, before + part, 0.0)
    return xp.where(reached.any(axis=0), first_yr + QUARTER_YR * place, xp.inf)


def bite(series: Array, twin: Array) -> Array:
    """Return the share of the twin's value that a policy takes away, equation (18); negative where it adds."""
    return 1 - series / twin


def half_date_yr(bitten: Array, *, at_yr: float = 2030.0, first_yr: float = FIRST_YR) -> Array:
    """Return the first bound at which a bite has half of its value at ``at_yr`` [yr].

    Parameters
    ----------
    bitten : array, shape (bound, draw)
    at_yr : float
        Date of the value that is halved.

    Returns
    -------
    array, shape (draw,)
        Infinite where the bite is not positive at ``at_yr``.
    """
    xp = namespace(bitten)
    place = round((at_yr - first_yr) / QUARTER_YR)
    if not 0 <= place < len(bitten):
        raise OutOfRangeError(f"The run has no bound at {at_yr:g}.", hint="Run to that date or name an earlier one.")
    final = bitten[place]
    after = xp.argmax(bitten >= 0.5 * final, axis=0)
    return xp.where(final > 0, first_yr + QUARTER_YR * after, xp.inf)
