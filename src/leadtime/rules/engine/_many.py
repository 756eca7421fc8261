"""Outcomes for many transactions at once."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from leadtime.arrays import Array
from leadtime.errors import UnknownNameError
from leadtime.rules.engine._branch import branch, narrowed
from leadtime.rules.engine._codes import Outcome, Review
from leadtime.rules.engine._columns import columns
from leadtime.rules.engine._compiled import Compiled
from leadtime.rules.engine._evaluate import Evaluation, evaluate

if TYPE_CHECKING:
    from leadtime.rules.engine._book import Book

__all__ = ["Outcomes", "determine_many"]

BLOCK = 16_384
"""Rows worked on at a time: the arrays of one block stay in cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """Codes of many determinations, in the order of the rows asked about."""

    outcome: Array
    """:class:`Outcome` codes, int8."""
    review: Array
    """:class:`Review` codes, int8."""
    entry: Array
    """Position in ``entries``; -1 for none, -2 for unknown."""
    exception: Array
    """Position in ``exceptions``; -1 for none."""
    entries: tuple[str, ...]
    exceptions: tuple[str, ...]


def determine_many(book: "Book", kind: str = "chip", *, on: Array, posture: str = "enforced", **facts: Any) -> Outcomes:
    """Determine many transactions at once; one row at a time gives the same answers.

    Parameters
    ----------
    book : Book
        The law.
    kind : str
        Kind of item, the same for all rows.
    on : array of int
        Dates as ordinals (``date.toordinal``), or ISO texts or dates in a NumPy ``datetime64`` array.
    posture : str
        ``enforced`` or ``text``.
    **facts : array
        The facts that the book asks about; they broadcast against ``on``. See :func:`columns` for their forms.
    """
    if kind not in book.frame.kinds:
        raise UnknownNameError(
            f"{book.name} has no items of the kind {kind!r}.", hint=f"Kinds: {', '.join(book.frame.kinds)}."
        )
    compiled = book.compiled(posture)
    values = columns(compiled, facts, kind)
    days = _ordinals(on)
    shape = np.broadcast_shapes(days.shape, *(value.shape for value in values.values()))
    n_rows = int(np.prod(shape, dtype=np.int64))
    era = np.broadcast_to(compiled.era_of(days), shape).reshape(n_rows)
    flat = {
        name: value if value.ndim == 0 else np.broadcast_to(value, shape).reshape(n_rows)
        for name, value in values.items()
    }
    order, blocks = _blocks(era, compiled.n_eras)
    if order is not None:
        flat = {name: value if value.ndim == 0 else value[order] for name, value in flat.items()}
    parts = [_block(compiled, kind, part_era, flat, rows) for part_era, rows in blocks]
    names = tuple(dict.fromkeys(name for part in parts for name in part[1]))
    codes = [_joined([part[0][index] for part in parts], order, shape) for index in range(3)]
    return Outcomes(
        outcome=codes[0],
        review=codes[1],
        entry=codes[2],
        exception=_joined([_renamed(part[0][3], part[1], names) for part in parts], order, shape),
        entries=compiled.classes,
        exceptions=names,
    )


def _blocks(era: Array, n_eras: int) -> tuple[Array | None, list[tuple[Array, slice]]]:
    """Return blocks of rows with their eras; many rows are sorted, so that each block lies in one era and asks only its law."""
    n_rows = len(era)
    if n_rows < n_eras * BLOCK // 8:
        return None, [
            (era[start : start + BLOCK], slice(start, min(start + BLOCK, n_rows))) for start in range(0, n_rows, BLOCK)
        ]
    order = np.argsort(era.astype(np.int16), kind="stable")
    bounds = np.searchsorted(era[order], np.arange(n_eras + 1))
    blocks = [
        (np.int64(number), slice(start, min(start + BLOCK, int(bounds[number + 1]))))
        for number in range(n_eras)
        for start in range(int(bounds[number]), int(bounds[number + 1]), BLOCK)
    ]
    return order, blocks


def _joined(parts: list[Array], order: Array | None, shape: tuple[int, ...]) -> Array:
    joined = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int8)
    if order is not None:
        unsorted = np.empty_like(joined)
        unsorted[order] = joined
        joined = unsorted
    return joined.reshape(shape)


def _renamed(codes: Array, old: tuple[str, ...], new: tuple[str, ...]) -> Array:
    table = np.array([new.index(name) for name in old] + [-1], dtype=np.int8)
    return table[codes]


def _ordinals(on: Array) -> Array:
    days = np.asarray(on)
    if days.dtype.kind in "USM" or days.dtype == object:
        return days.astype("datetime64[D]").astype(np.int64) + 719_163  # ordinal of 1970-01-01
    return days.astype(np.int64)


def _block(
    compiled: Compiled, kind: str, era: Array, facts: dict[str, Array], rows: slice
) -> tuple[tuple[Array, Array, Array, Array], tuple[str, ...]]:
    part = {name: value if value.ndim == 0 else value[rows] for name, value in facts.items()}
    found = evaluate(compiled, kind, era, part, shape=(rows.stop - rows.start,))
    outcome, review, entry = settled(compiled, kind, era, part, found)
    return (outcome, review, entry, found.exception), found.exceptions


def settled(
    compiled: Compiled, kind: str, era: Array, facts: dict[str, Array], found: Evaluation
) -> tuple[Array, Array, Array]:
    """Return outcome, review and entry codes, trying out missing facts where they leave a row uncertain."""
    n_classes = len(compiled.classes)
    open_rows = np.flatnonzero(~found.certain)
    outcome, review = found.outcome_high, found.review_high
    entry = np.where(found.entry_high == 0, -1, n_classes - found.entry_high).astype(np.int8)
    if open_rows.size == 0:
        return outcome, review, entry
    part = {name: value if value.ndim == 0 else value[open_rows] for name, value in facts.items()}
    eras = era if era.ndim == 0 else era[open_rows]
    left = branch(compiled, kind, eras, part, narrowed(found, open_rows))
    outcome, review, entry = outcome.copy(), review.copy(), entry.copy()
    outcome[open_rows] = _single(left.outcomes, Outcome.UNKNOWN)
    review[open_rows] = _single(left.reviews, Review.UNKNOWN)
    rank = _single(left.entries, -1)
    entry[open_rows] = np.where(rank < 0, -2, np.where(rank == 0, -1, n_classes - rank))
    return outcome, review, entry


def _single(bits: Array, several: int) -> Array:
    """Return the only code of each bit set, or ``several``."""
    code = np.log2(np.maximum(bits, 1).astype(np.float64)).astype(np.int64)
    return np.where(bits == np.int64(1) << code, code, several).astype(np.int8)
