"""Months of lead: how long ago the leader had what the follower has now."""

from leadtime.arrays import Array, namespace
from leadtime.world._shift import Lag, delayed, lag

__all__ = ["apparent_lead_months", "lead_months"]

MONTHS_PER_BOUND = 3.0


def lead_months(leader: Array, follower: Array) -> Array:
    """Return the leader's lead at every bound [months], equation (28).

    Parameters
    ----------
    leader, follower : array, shape (bound, draw)
        ln effective compute; neither ever falls.

    Returns
    -------
    array, shape (bound, draw)
        12 (t - first time at which the leader had what the follower has at t), linear between bounds. Before the first
        bound the leader's first year is extended backwards. Negative where the follower leads.
    """
    xp = namespace(leader, follower)
    ahead = _since(leader, follower)
    if xp.__name__ == "numpy" and not bool((follower > leader).any()):
        return ahead
    return xp.where(follower > leader, -_since(follower, leader), ahead)


def _since(leader: Array, follower: Array) -> Array:
    """Return months since the leader passed what the follower has; meaningful where it is ahead."""
    xp = namespace(leader, follower)
    n = len(leader)
    rows = [xp.sum(leader[: t + 1] < follower[t], axis=0, dtype="int32") for t in range(n)]
    reached = xp.minimum(xp.stack(rows), xp.arange(n, dtype="int32")[:, None])
    n_draws = leader.shape[1]
    draw = xp.arange(n_draws, dtype="int32")
    place = reached * n_draws + draw
    flat = leader.reshape(-1)
    after = xp.take(flat, place)
    before = xp.take(flat, xp.maximum(place - n_draws, draw))
    rise = xp.maximum(after - before, 1e-9)
    inside = reached.astype(leader.dtype) - xp.clip((after - follower) / rise, 0.0, 1.0)
    slope = xp.maximum((leader[min(4, n - 1)] - leader[0]) / min(4, n - 1), 1e-6) if n > 1 else 1.0
    outside = (follower - leader[0]) / slope
    passed = xp.where(reached > 0, inside, xp.minimum(outside, 0.0))
    return MONTHS_PER_BOUND * (xp.arange(n)[:, None].astype(leader.dtype) - passed)


def apparent_lead_months(
    true_lead: Array, release_delay_leader: Array, release_delay_follower: Array, lag_follower: Lag | None = None
) -> Array:
    """Return the lead between released models [months], equation (29): exact when both delays are constant.

    Parameters
    ----------
    true_lead : array, shape (bound, draw)
    release_delay_leader, release_delay_follower : array, shape (draw,)
        From internal model to release [months].
    lag_follower : Lag, optional
        Places of the follower's delay, where the caller has them already.
    """
    places = lag_follower or lag(release_delay_follower, len(true_lead))
    return delayed(true_lead, places, slope=0.0 * true_lead[0]) + (release_delay_follower - release_delay_leader)
