"""A series seen with a delay that differs between draws."""

from leadtime.arrays import Array, namespace

__all__ = ["delayed"]


def delayed(series: Array, months: Array, *, slope: Array | None = None) -> Array:
    """Return ``series`` as it was ``months`` earlier, linear between bounds.

    Parameters
    ----------
    series : array, shape (bound, draw)
    months : array, shape (draw,)
        Delay, not negative [months].
    slope : array, shape (draw,), optional
        Change per bound before the first bound; by default the mean of the first year.
    """
    xp = namespace(series, months)
    n = len(series)
    quarters = months * (1 / 3)
    whole = xp.floor(quarters)
    part = quarters - whole
    if slope is None:
        slope = (series[4] - series[0]) * 0.25 if n > 4 else 0.0 * series[0]
    place = xp.arange(n)[:, None] - whole.astype("int32")[None, :]
    later = xp.take_along_axis(series, xp.clip(place, 0, n - 1), axis=0)
    earlier = xp.take_along_axis(series, xp.clip(place - 1, 0, n - 1), axis=0)
    inside = later + part * (earlier - later)
    before = series[0] + slope * (xp.arange(n)[:, None].astype(series.dtype) - quarters)
    return xp.where(place >= 1, inside, before)
