"""What a mixed fleet can serve: each class where it is comparatively best, prefill or decode."""

from collections.abc import Sequence

from leadtime.arrays import Array, namespace

__all__ = ["prefill_odds_factor", "serving_capacity"]


def serving_capacity(
    chips: Sequence[Array], compute: Sequence[float], bandwidth: Sequence[float], prefill_share: Array
) -> Array:
    """Return the serving capacity of a fleet in H100 equivalents, equation (17).

    Traffic needs ``prefill_share`` of an H100's time for prefill, whose rate follows ``compute``, and the rest for decode,
    whose rate follows ``bandwidth``. The capacity is the largest V for which the fleet can be divided so that both needs are
    met: the classes with the highest ratio of bandwidth to compute decode, the others prefill, one class is split.

    Parameters
    ----------
    chips : sequence of array
        Chips by class.
    compute, bandwidth : sequence of float
        Ratios to an H100 by class, in the same order.
    prefill_share : array
        Between 0 and 1, both excluded.

    Notes
    -----
    Computed as the dual of that linear programme. With r the price of compute over the price of bandwidth,
    V = min over r of sum_c n_c max(b_c, r h_c) / ((1 - w) + w r), and the minimum lies where r equals some b_c / h_c.

    Examples
    --------
    One H20 alone at prefill shares of .4 and .03:

    >>> [round(float(serving_capacity([1.0], [0.15], [1.19], w)), 2) for w in (0.4, 0.03)]
    [0.32, 0.99]
    """
    order = sorted(range(len(chips)), key=lambda place: bandwidth[place] / compute[place])
    # numerator at the ratio of class k: h r for the classes below it, b for the classes above it
    above = 0.0
    decode = []
    for place in reversed(order):
        above = above + bandwidth[place] * chips[place]
        decode.append(above)
    decode.reverse()
    xp = namespace(*chips, prefill_share)
    below = 0.0
    best = None
    for rank, place in enumerate(order):
        ratio = bandwidth[place] / compute[place]
        capacity = (decode[rank] + ratio * below) / (1 + (ratio - 1) * prefill_share)
        best = capacity if best is None else xp.minimum(best, capacity)
        below = below + compute[place] * chips[place]
    return best


def prefill_odds_factor(decline_per_yr: Array, years: float) -> Array:
    """Return the factor on the odds of prefill against decode after ``years`` of growing answers."""
    xp = namespace(decline_per_yr)
    return xp.exp(-decline_per_yr * years)
