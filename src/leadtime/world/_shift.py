"""A series seen with a delay that differs between draws."""

from typing import NamedTuple

from leadtime.arrays import Array, namespace

__all__ = ["Lag", "delayed", "lag"]


class Lag(NamedTuple):
    """Where the delayed values of an array of shape (bound, draw) stand; made once per delay and shared by the series."""

    later: Array
    """Flat places of the bound just after the wanted time."""
    earlier: Array
    part: Array
    """Share of the way from ``later`` to ``earlier``."""
    known: Array
    """Whether the wanted time lies after the first bound."""
    quarters: Array


def lag(months: Array, n_bounds: int) -> Lag:
    """Return the places for a delay.

    Parameters
    ----------
    months : array, shape (draw,)
        Delay, not negative [months].
    n_bounds : int
        Length of the series.
    """
    xp = namespace(months)
    quarters = months * (1 / 3)
    whole = xp.floor(quarters)
    n_draws = months.shape[0]
    draw = xp.arange(n_draws, dtype="int32")
    place = xp.arange(n_bounds, dtype="int32")[:, None] - whole.astype("int32")
    later = xp.maximum(place, 0) * n_draws + draw
    return Lag(later, xp.maximum(later - n_draws, draw), quarters - whole, place >= 1, quarters)


def delayed(series: Array, lag: Lag, *, slope: Array | None = None) -> Array:
    """Return ``series`` as it was a delay earlier, linear between bounds.

    Parameters
    ----------
    series : array, shape (bound, draw)
    lag : Lag
    slope : array, shape (draw,), optional
        Change per bound before the first bound; by default the mean of the first year.
    """
    xp = namespace(series)
    n = len(series)
    if slope is None:
        first_year = min(4, n - 1)
        slope = (series[first_year] - series[0]) / first_year if first_year else 0.0 * series[0]
    flat = series.reshape(-1)
    later = xp.take(flat, lag.later)
    inside = later + lag.part * (xp.take(flat, lag.earlier) - later)
    before = series[0] + slope * (xp.arange(n)[:, None].astype(series.dtype) - lag.quarters)
    return xp.where(lag.known, inside, before)
