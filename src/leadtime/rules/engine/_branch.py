"""What remains possible where facts are missing: every region between the limits in force is tried, none is guessed.

Between two neighbouring limits a missing number makes no difference, so one representative of each region is enough and
the set of outcomes found is exact. Facts are varied together, so that what holds for all of them is seen to hold.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from leadtime.arrays import Array
from leadtime.rules.engine._compiled import Compiled
from leadtime.rules.engine._evaluate import Evaluation, evaluate
from leadtime.rules.engine._truth import FALSE, TRUE, UNKNOWN, Test

__all__ = ["Branches", "branch"]

MOST = 60_000
"""Most combinations tried for one row; facts beyond it stay unknown, which can only widen what is possible."""
CELLS = 500_000
"""Most combinations of all rows that are worked on at a time, so that memory stays within a few hundred megabytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Branches:
    """Bit sets of what remains possible for each row, and the missing facts that decide."""

    outcomes: Array
    reviews: Array
    entries: Array
    deciding: tuple[str, ...] = ()
    """For a single row: facts that, alone, can change the answer; the outcome first, else policy and entry."""


def branch(compiled: Compiled, kind: str, era: Array, facts: Mapping[str, Array], found: Evaluation) -> Branches:
    """Find what remains possible in rows with missing facts.

    Parameters
    ----------
    compiled, kind, era, facts
        As for :func:`evaluate`; every array has shape (n,) or ().
    found : Evaluation
        What evaluating them gave.
    """
    n_rows = found.outcome_low.size
    full = {name: np.broadcast_to(np.atleast_1d(value), (n_rows,)) for name, value in facts.items()}
    eras = np.broadcast_to(np.atleast_1d(era), (n_rows,))
    tests = [test for truth in found.truths.values() for test in truth.tests if test.fact]
    tested = {part for test in tests for part in (compiled.facts[test.fact].sum_of or (test.fact,))}
    missing = {name: _is_missing(compiled, name, full[name]) for name in sorted(tested)}
    pattern = np.zeros(n_rows, dtype=np.int64)
    for bit, name in enumerate(missing):
        pattern |= missing[name].astype(np.int64) << bit
    bits = [np.zeros(n_rows, dtype=np.int64) for _ in range(3)]
    deciding: tuple[str, ...] = ()
    for value in np.unique(pattern):
        rows = np.flatnonzero(pattern == value)
        names = [name for bit, name in enumerate(missing) if value >> bit & 1]
        part = {name: column[rows] for name, column in full.items()}
        sets, deciding = _vary(compiled, kind, eras[rows], part, names, tests)
        for target, source in zip(bits, sets, strict=True):
            target[rows] = source
    return Branches(outcomes=bits[0], reviews=bits[1], entries=bits[2], deciding=deciding if n_rows == 1 else ())


def _is_missing(compiled: Compiled, name: str, column: Array) -> Array:
    kind = compiled.facts[name].type
    if kind == "number":
        return np.isnan(column)
    return column == UNKNOWN if kind == "flag" else column < 0


def _vary(
    compiled: Compiled, kind: str, era: Array, facts: dict[str, Array], names: Sequence[str], tests: Sequence[Test]
) -> tuple[list[Array], tuple[str, ...]]:
    choices: dict[str, list[Array]] = {}
    n_combinations = 1
    for name in names:
        values = _representatives(compiled, name, facts, tests)
        if n_combinations * len(values) <= MOST:
            choices[name] = values
            n_combinations *= len(values)
    n_rows = len(era)
    if n_rows > 1 and n_rows * n_combinations > CELLS:
        size = max(1, CELLS // n_combinations)
        parts = [
            _vary(
                compiled,
                kind,
                era[start : start + size],
                {name: column[start : start + size] for name, column in facts.items()},
                names,
                tests,
            )[0]
            for start in range(0, n_rows, size)
        ]
        return [np.concatenate(column) for column in zip(*parts, strict=True)], ()
    shape = tuple(len(values) for values in choices.values())
    varied = dict(facts)
    for axis, (name, values) in enumerate(choices.items()):
        stacked = np.stack([np.broadcast_to(value, (n_rows,)) for value in values])
        place = (1,) * axis + (len(values),) + (1,) * (len(shape) - axis - 1) + (n_rows,)
        varied[name] = stacked.reshape(place)
    grid = (*shape, n_rows)
    found = evaluate(
        compiled,
        kind,
        np.broadcast_to(era, grid),
        {name: np.broadcast_to(value, grid) for name, value in varied.items()},
    )
    pairs = (
        (found.outcome_low, found.outcome_high),
        (found.review_low, found.review_high),
        (found.entry_low, found.entry_high),
    )
    axes = tuple(range(len(shape)))
    sets = [
        np.bitwise_or.reduce(_between(low, high), axis=axes) if axes else _between(low, high) for low, high in pairs
    ]
    deciding = _deciding(list(choices), [_between(low, high) for low, high in pairs]) if n_rows == 1 else ()
    return sets, deciding


def _between(low: Array, high: Array) -> Array:
    """Return the bit set of all codes from low to high."""
    return (np.int64(1) << (high.astype(np.int64) + 1)) - (np.int64(1) << low.astype(np.int64))


def _deciding(names: list[str], codes: list[Array]) -> tuple[str, ...]:
    for code in codes:
        varying = [name for axis, name in enumerate(names) if np.any(code != np.take(code, [0], axis=axis))]
        if varying:
            return tuple(varying)
    return ()


def _representatives(compiled: Compiled, name: str, facts: Mapping[str, Array], tests: Sequence[Test]) -> list[Array]:
    fact = compiled.facts[name]
    if fact.type == "flag":
        return [np.int8(FALSE), np.int8(TRUE)]
    if fact.type == "choice":
        return [np.int64(position) for position in range(len(fact.choices))]
    if fact.type == "member":
        return [np.int64(position) for position in range(len(compiled.registers[fact.register].members))]
    values: list[Array] = [np.float64(0.0)]
    for test in tests:
        parts = compiled.facts[test.fact].sum_of or (test.fact,)
        if name not in parts:
            continue
        rest = sum((np.nan_to_num(facts[part]) for part in parts if part != name), np.float64(0.0))
        for limit in np.unique(np.asarray(test.limit, dtype=np.float64)):
            if np.isnan(limit):
                continue
            edge = np.maximum(limit - rest, 0.0)
            other = np.nextafter(edge, np.inf if test.comparison in (">", "<=") else 0.0)
            values += [edge, other]
    return _distinct(values)


def _distinct(values: list[Array]) -> list[Array]:
    kept: list[Array] = []
    for value in values:
        if not any(np.array_equal(value, other) for other in kept):
            kept.append(value)
    return kept


def narrowed(found: Evaluation, rows: Array) -> Evaluation:
    """Return an evaluation of some rows only, with the tests of all."""
    return replace(found, outcome_low=found.outcome_low[rows], outcome_high=found.outcome_high[rows])
