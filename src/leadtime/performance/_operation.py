"""What surrounds steps: failures and checkpoints, whole runs, split pools, fronts of operating points."""

from typing import NamedTuple

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.performance._serving import ServeResult

__all__ = [
    "SplitService",
    "checkpoint_interval_daly2006",
    "chip_hours",
    "goodput_frac",
    "pareto_front",
    "split_service",
]

CHIP_HOURS_BETWEEN_FAILURES = 50_700.0
"""Chip-hours per unexpected interruption: 419 in 54 days on 16,384 H100 (Llama 3, arXiv:2407.21783, section 3.3.4)."""
HOUR_S = 3600.0


def checkpoint_interval_daly2006(*, checkpoint_s: Array, mean_time_between_failures_s: Array) -> Array:
    """Return the interval between checkpoints that loses least time [s].

    Notes
    -----
    First order: sqrt(2 delta M) - delta, the interval of Young (1974) less the checkpoint itself; valid while a
    checkpoint takes well under half of the time between failures, beyond which the interval equals that time.

    References
    ----------
    Daly (2006), doi:10.1016/j.future.2004.11.016.

    Examples
    --------
    >>> round(checkpoint_interval_daly2006(checkpoint_s=10.0, mean_time_between_failures_s=7200.0), 1)
    369.5
    """
    xp = namespace(checkpoint_s, mean_time_between_failures_s)
    best = xp.sqrt(2.0 * checkpoint_s * mean_time_between_failures_s) - checkpoint_s
    chosen = xp.where(checkpoint_s < 0.5 * mean_time_between_failures_s, best, mean_time_between_failures_s)
    return float(chosen) if np.ndim(chosen) == 0 and isinstance(chosen, np.ndarray | np.generic) else chosen


def goodput_frac(
    *,
    n_chips: Array,
    checkpoint_s: Array = 10.0,
    restart_s: Array = 600.0,
    chip_hours_between_failures: Array = CHIP_HOURS_BETWEEN_FAILURES,
    interval_s: Array | None = None,
) -> Array:
    """Return the useful share of a run's time under failures and checkpoints; equation (28).

    Parameters
    ----------
    n_chips : array_like
        Chips of the run: failures come in proportion.
    checkpoint_s : array_like
        Time for which a checkpoint stops training [s].
    restart_s : array_like
        From failure to training again: detection, replacement, loading [s].
    chip_hours_between_failures : array_like
        Chip-hours per interruption.
    interval_s : array_like, optional
        Time between checkpoints [s]; the best one if not given.

    Notes
    -----
    Lost per failure: the restart and half an interval. Evaluation, redone experiments and planned maintenance are not
    counted; whole runs lose more (``goodput_frac`` of the efficiency rows).

    Examples
    --------
    >>> round(float(goodput_frac(n_chips=16384.0)), 3)
    0.911
    """
    between = chip_hours_between_failures * HOUR_S / n_chips
    if interval_s is None:
        interval_s = checkpoint_interval_daly2006(checkpoint_s=checkpoint_s, mean_time_between_failures_s=between)
    useful = interval_s / (interval_s + checkpoint_s)
    lost = (restart_s + 0.5 * interval_s) / between
    return useful / (1.0 + lost)


def chip_hours(*, tokens: Array, tokens_per_s_per_chip: Array, goodput: Array = 1.0) -> Array:
    """Return the chip-hours of a run of ``tokens`` tokens; equation (28).

    Examples
    --------
    >>> round(chip_hours(tokens=14.8e12, tokens_per_s_per_chip=1543.0))
    2664362
    """
    return tokens / (tokens_per_s_per_chip * goodput * HOUR_S)


class SplitService(NamedTuple):
    """A service with a pool for prefill and a pool for decode."""

    decode_tok_s_per_chip: Array  # output tokens over the chips of both pools
    total_tok_s_per_chip: Array
    prefill_share: Array  # of the chips
    ttft_s: Array
    tpot_s: Array


def split_service(
    prefill: ServeResult,
    decode: ServeResult,
    *,
    input_tokens: Array,
    output_tokens: Array,
    cache_hit_frac: Array = 0.0,
    n_chips: Array | None = None,
    transfer_byte: Array = 0.0,
    transfer_byte_per_s: Array = float("inf"),
) -> SplitService:
    """Combine a prefill pool and a decode pool in the best ratio; equation (37).

    Parameters
    ----------
    prefill, decode : ServeResult
        One replica of each pool, phases ``prefill`` and ``decode``.
    input_tokens, output_tokens, cache_hit_frac : array_like
        Of a request; cached input needs no prefill.
    n_chips : array_like, optional
        Chips of both pools together: whole replicas only. Without it pools of any size are matched exactly.
    transfer_byte, transfer_byte_per_s : array_like
        Cache of a request that moves between the pools before the first token, and the rate at which it does.
    """
    xp = namespace(prefill.prefill_tok_s_per_chip, decode.decode_tok_s_per_chip, input_tokens, output_tokens)
    per_prefill_chip = prefill.prefill_tok_s_per_chip / (input_tokens * (1.0 - cache_hit_frac))  # requests/s
    per_decode_chip = decode.decode_tok_s_per_chip / output_tokens
    share = per_decode_chip / (per_prefill_chip + per_decode_chip)
    requests = share * per_prefill_chip
    if n_chips is not None:
        share, requests = _whole_replicas(prefill, decode, share, per_prefill_chip, per_decode_chip, n_chips)
    return SplitService(
        decode_tok_s_per_chip=requests * output_tokens,
        total_tok_s_per_chip=requests * (input_tokens + output_tokens),
        prefill_share=share,
        ttft_s=prefill.ttft_s + transfer_byte / transfer_byte_per_s + decode.tpot_s,
        tpot_s=decode.tpot_s + 0.0 * xp.asarray(requests),
    )


def _whole_replicas(
    prefill: ServeResult,
    decode: ServeResult,
    share: Array,
    per_prefill_chip: Array,
    per_decode_chip: Array,
    n_chips: Array,
) -> tuple[Array, Array]:
    """Round the prefill pool to the neighbouring numbers of replicas, give decode the rest, keep the better."""
    xp = namespace(share, n_chips, prefill.n_chips)
    best_share, best = share * 0.0, share * 0.0
    for rounding in (xp.floor, xp.ceil):
        n_prefill = xp.maximum(rounding(share * n_chips / prefill.n_chips), 1.0) * prefill.n_chips
        n_decode = xp.floor((n_chips - n_prefill) / decode.n_chips) * decode.n_chips
        requests = xp.minimum(n_prefill * per_prefill_chip, n_decode * per_decode_chip) / n_chips
        better = requests > best
        best_share, best = xp.where(better, n_prefill / n_chips, best_share), xp.where(better, requests, best)
    unserved = best <= 0.0  # fewer chips than one replica of each
    return xp.where(unserved, float("nan"), best_share), xp.where(unserved, float("nan"), best)


def pareto_front(cost: Array, value: Array) -> Array:
    """Return the positions of the points that no other beats in both, in order of rising cost; equation (40).

    Parameters
    ----------
    cost : array_like, shape (point,)
        Less is better: time per token. NaN never stands on the front.
    value : array_like, shape (point,)
        More is better: rate per chip.

    Examples
    --------
    >>> pareto_front([3.0, 1.0, 2.0, 2.5], [9.0, 4.0, 8.0, 7.0]).tolist()
    [1, 2, 0]
    """
    costs, values = np.asarray(cost, dtype=float), np.asarray(value, dtype=float)
    known = np.flatnonzero(np.isfinite(costs) & np.isfinite(values))
    order = known[np.lexsort((-values[known], costs[known]))]
    if not len(order):
        return order
    before = np.concatenate(([-np.inf], np.maximum.accumulate(values[order])[:-1]))
    front: Array = order[values[order] > before]
    return front
