"""Exact quantiles of draws that lie in many chunks, in bounded memory.

A quantile is linear between order statistics (the usual definition, that of NumPy and Hyndman and Fan's type 7), so it depends
on the set of draws alone: not on their order, nor on how they were cut into chunks. Rows that fit are sorted; rows of more draws than
that are selected by two passes of counting over the 16 high and the 16 low bits of the float32 keys, which is as exact.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime.stopping import check

__all__ = ["LEVELS", "quantiles", "quantiles_by_counting", "quantiles_by_sorting"]

LEVELS = (0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95)
MAX_VALUES = 2**25
"""Values held at once: 128 MiB of float32."""

Rows = NDArray[np.float32]
Reader = Callable[[slice], Iterable[Rows]]
"""Gives, for a slice of rows, the chunks one after the other, each of shape (row, draw)."""


def quantiles(
    read: Reader, *, n_rows: int, n_draws: int, levels: Sequence[float] = LEVELS, max_values: int = MAX_VALUES
) -> NDArray[np.float64]:
    """Return quantiles over the draws of every row.

    Parameters
    ----------
    read : callable
        Takes a slice of rows and yields the chunks of those rows, each an array of float32 of shape (row, draw).
    n_rows, n_draws : int
        Size of the whole.
    levels : sequence of float
        Probabilities from 0 to 1.
    max_values : int
        Values to hold in memory at most.

    Returns
    -------
    ndarray of float64, shape (level, row)
    """
    result = np.empty((len(levels), n_rows))
    if n_draws > max_values:
        group, select = max(1, max_values // 2**20), quantiles_by_counting
    else:
        group, select = max(1, max_values // n_draws), quantiles_by_sorting
    for start in range(0, n_rows, group):
        check()
        rows = slice(start, min(n_rows, start + group))
        result[:, rows] = select(lambda rows=rows: read(rows), rows.stop - rows.start, n_draws, levels)  # type: ignore[misc]
    return result


def quantiles_by_sorting(
    read: Callable[[], Iterable[Rows]], n_rows: int, n_draws: int, levels: Sequence[float]
) -> NDArray[np.float64]:
    """Gather the rows, sort them and interpolate."""
    values = np.empty((n_rows, n_draws), np.float32)
    start = 0
    for chunk in read():
        values[:, start : start + chunk.shape[1]] = chunk
        start += chunk.shape[1]
    values.sort(axis=1)
    ranks, below, above, share = _positions(levels, n_draws)
    order = values[:, ranks].astype(np.float64)
    return _between(order[:, below].T, order[:, above].T, share[:, None])


def quantiles_by_counting(
    read: Callable[[], Iterable[Rows]], n_rows: int, n_draws: int, levels: Sequence[float]
) -> NDArray[np.float64]:
    """Select the order statistics by counting keys, twice over the chunks, and interpolate."""
    ranks, below, above, share = _positions(levels, n_draws)
    counts = np.zeros((n_rows, 2**16), np.int64)
    for chunk in read():
        for row, keys in enumerate(_keys(chunk)):
            counts[row] += np.bincount(keys >> 16, minlength=2**16)
    totals = counts.cumsum(axis=1)
    high = np.stack([np.searchsorted(row, ranks, side="right") for row in totals])
    inside = ranks - np.where(high > 0, np.take_along_axis(totals, np.maximum(high - 1, 0), axis=1), 0)
    fine: list[dict[int, NDArray[np.int64]]] = [{int(part): np.zeros(2**16, np.int64) for part in row} for row in high]
    for chunk in read():
        for row, keys in enumerate(_keys(chunk)):
            for part, into in fine[row].items():
                into += np.bincount(keys[keys >> 16 == part] & 0xFFFF, minlength=2**16)
    low = np.array(
        [
            [
                np.searchsorted(fine[row][int(part)].cumsum(), rank, side="right")
                for part, rank in zip(high[row], inside[row], strict=True)
            ]
            for row in range(n_rows)
        ]
    )
    order = _values((high.astype(np.uint32) << 16) | low.astype(np.uint32)).astype(np.float64)
    return _between(order[:, below].T, order[:, above].T, share[:, None])


def _positions(levels: Sequence[float], n_draws: int) -> tuple[Any, Any, Any, Any]:
    position = np.asarray(levels, np.float64) * (n_draws - 1)
    lower = np.floor(position).astype(np.int64)
    upper = np.minimum(lower + 1, n_draws - 1)
    ranks, index = np.unique(np.concatenate([lower, upper]), return_inverse=True)
    return ranks, index[: len(lower)], index[len(lower) :], position - lower


def _between(low: NDArray[np.float64], high: NDArray[np.float64], share: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(invalid="ignore"):
        return np.where((low == high) | (share == 0), low, low + share * (high - low))  # infinities have no difference


def _keys(values: Rows) -> NDArray[np.uint32]:
    """Map float32 to unsigned integers of the same order."""
    bits = np.ascontiguousarray(values + np.float32(0)).view(np.uint32)  # + 0 turns -0 into 0
    return np.where(bits >> 31, ~bits, bits | np.uint32(2**31))


def _values(keys: NDArray[Any]) -> Rows:
    bits = np.where(keys >> 31, keys & np.uint32(2**31 - 1), ~keys)
    return bits.astype(np.uint32).view(np.float32)
