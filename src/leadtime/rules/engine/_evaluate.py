"""Provisions over arrays: for each row the mildest and the strictest outcome that its facts allow."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from leadtime.arrays import Array
from leadtime.rules.engine._case import Case
from leadtime.rules.engine._codes import Outcome, Review
from leadtime.rules.engine._compiled import Compiled
from leadtime.rules.engine._provision import Classifies, Informs, Lifts, Provision, Requires, Reviews
from leadtime.rules.engine._truth import FALSE, TRUE, Truth

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Bounds for each row; where low and high agree, the answer is certain."""

    outcome_low: Array
    outcome_high: Array
    review_low: Array
    review_high: Array
    entry_low: Array
    """Rank of the entry of the control list: 0 for none, higher for stricter."""
    entry_high: Array
    exception: Array
    """Position in ``exceptions`` of the exception that lifts the requirement, -1 for none."""
    exceptions: tuple[str, ...]
    truths: Mapping[str, Truth]
    """By key of the provision, for those in force in any row."""

    @property
    def certain(self) -> Array:
        """Whether outcome, review and entry are all certain."""
        return (
            (self.outcome_low == self.outcome_high)
            & (self.review_low == self.review_high)
            & (self.entry_low == self.entry_high)
        )


def evaluate(
    compiled: Compiled,
    kind: str,
    era: Array,
    facts: Mapping[str, Array],
    *,
    with_remarks: bool = False,
    shape: tuple[int, ...] | None = None,
) -> Evaluation:
    """Evaluate every provision that bears on a kind of item.

    Parameters
    ----------
    compiled : Compiled
        The book under one posture.
    kind : str
        Kind of item.
    era : array of int, shape (n,) or ()
        Era of each row.
    facts : mapping of str to array
        Broadcast against ``era``; see :class:`Case`.
    with_remarks : bool
        Whether provisions that only inform are evaluated too.
    shape : tuple of int, optional
        Shape of the answer, where it is more than era and facts broadcast to.
    """
    truths, by_name = _truths(compiled, kind, era, facts, with_remarks)
    if shape is None:
        shape = np.broadcast_shapes(np.shape(era), *(np.shape(truth.code) for truth in truths.values()))
    active = [(item, truths[item.key]) for item in compiled.provisions if item.key in truths]
    active.sort(key=lambda pair: -pair[0].precedence)
    outcome, review, exception, exceptions = _requirements(active, by_name, shape)
    exists = compiled.anything(kind)[era]
    least = np.where(exists, np.int8(Outcome.NOT_REQUIRED), np.int8(Outcome.NOT_IN_FORCE))
    entry_low, entry_high = _entries(compiled.classes, active, shape)
    return Evaluation(
        outcome_low=np.maximum(outcome[0], least),
        outcome_high=np.maximum(outcome[1], least),
        review_low=review[0],
        review_high=review[1],
        entry_low=entry_low,
        entry_high=entry_high,
        exception=exception,
        exceptions=exceptions,
        truths=truths,
    )


def _truths(
    compiled: Compiled, kind: str, era: Array, facts: Mapping[str, Array], with_remarks: bool
) -> tuple[dict[str, Truth], dict[str, Truth]]:
    truths: dict[str, Truth] = {}
    nothing = Truth(np.int8(FALSE))
    by_name: dict[str, Truth] = dict.fromkeys(compiled.gone, nothing)
    case = Case(compiled, facts, era, by_name)
    for item in compiled.provisions:
        if kind not in item.kinds:
            by_name.setdefault(item.name, nothing)
            continue
        if isinstance(item.effect, Informs) and not with_remarks:
            continue
        in_force = compiled.in_force[item.key][era]
        if np.any(in_force):
            found = item.holds(case)
            if not np.all(in_force):
                found = Truth(np.where(in_force, found.code, np.int8(FALSE)), found.tests)
            truths[item.key] = found
            by_name[item.name] = found | by_name[item.name] if item.name in by_name else found
        else:
            by_name.setdefault(item.name, nothing)
    return truths, by_name


def _entries(
    classes: tuple[str, ...], active: list[tuple[Provision, Truth]], shape: tuple[int, ...]
) -> tuple[Array, Array]:
    low = high = np.zeros(shape, dtype=np.int8)
    for item, truth in active:
        if isinstance(item.effect, Classifies):
            rank = np.int8(len(classes) - classes.index(item.effect.eccn))
            low = np.maximum(low, np.where(truth.code == TRUE, rank, np.int8(0)))
            high = np.maximum(high, np.where(truth.code != FALSE, rank, np.int8(0)))
    return low, high


Pair = tuple[Array, Array]


def _requirements(
    active: list[tuple[Provision, Truth]], by_name: Mapping[str, Truth], shape: tuple[int, ...]
) -> tuple[Pair, Pair, Array, tuple[str, ...]]:
    zero = np.zeros(shape, dtype=np.int8)
    outcome: Pair = (zero, zero)
    review: Pair = (zero, zero)
    exception = np.full(shape, -1, dtype=np.int8)
    names = tuple(dict.fromkeys(item.effect.exception for item, _ in active if isinstance(item.effect, Lifts)))
    somewhere = [pair for pair in active if np.any(pair[1].code != FALSE)]  # the rest can change no row
    seen: set[str] = set()
    for item, _ in somewhere:
        if not isinstance(item.effect, Requires) or item.name in seen:
            continue
        seen.add(item.name)
        low, high, lifted = _lifted(item.name, by_name[item.name], somewhere, names)
        exception = np.where((high > outcome[1]) | ((high == outcome[1]) & (exception < 0)), lifted, exception)
        outcome = (np.maximum(outcome[0], low), np.maximum(outcome[1], high))
        policy_low, policy_high = _policy(item.name, somewhere)
        certain, possible = low >= Outcome.NOTIFY, high >= Outcome.NOTIFY  # a notification may be answered with "apply"
        review = (
            np.maximum(review[0], np.where(certain, policy_low, np.int8(0))),
            np.maximum(review[1], np.where(possible, policy_high, np.int8(0))),
        )
    return outcome, review, exception, names


def _lifted(
    name: str, truth: Truth, active: list[tuple[Provision, Truth]], names: tuple[str, ...]
) -> tuple[Array, Array, Array]:
    """Return the mildest and strictest outcome of one requirement, and the exception that certainly lifts it."""
    low: Array = np.int8(Outcome.REQUIRED)
    high: Array = low
    lifted: Array = np.int8(-1)
    for item, lift in active:
        if isinstance(item.effect, Lifts) and name in item.effect.of:
            to = np.int8(item.effect.to)
            applies = (lift.code == TRUE) & (to < high)
            lifted = np.where(applies & (truth.code == TRUE), np.int8(names.index(item.effect.exception)), lifted)
            low = np.where(lift.code != FALSE, np.minimum(low, to), low)
            high = np.where(lift.code == TRUE, np.minimum(high, to), high)
    least = np.int8(Outcome.NOT_IN_FORCE)
    return np.where(truth.code == TRUE, low, least), np.where(truth.code != FALSE, high, least), lifted


def _policy(name: str, active: list[tuple[Provision, Truth]]) -> Pair:
    low: Array = np.int8(Review.NONE)
    high: Array = low
    for item, truth in reversed(active):
        if isinstance(item.effect, Reviews) and name in item.effect.of:
            policy = np.int8(item.effect.policy)
            low, high = (
                np.where(truth.code == TRUE, policy, np.where(truth.code == FALSE, low, np.minimum(policy, low))),
                np.where(truth.code == TRUE, policy, np.where(truth.code == FALSE, high, np.maximum(policy, high))),
            )
    return low, high
