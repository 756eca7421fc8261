"""One determination with its reasons, in words."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from leadtime.arrays import Array
from leadtime.errors import UnknownNameError
from leadtime.rules.engine._branch import Branches, branch
from leadtime.rules.engine._codes import Outcome, Review, outcome_words
from leadtime.rules.engine._columns import columns
from leadtime.rules.engine._compiled import Compiled
from leadtime.rules.engine._dates import iso, last_day
from leadtime.rules.engine._evaluate import Evaluation, evaluate
from leadtime.rules.engine._facts import NOT_STATED
from leadtime.rules.engine._many import settled
from leadtime.rules.engine._provision import Informs, Lifts, Provision, Requires, Reviews
from leadtime.rules.engine._truth import FALSE, TRUE, Test, Truth

if TYPE_CHECKING:
    from leadtime.rules.engine._book import Book

__all__ = ["Answer", "Remark", "TraceLine", "answer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceLine:
    """One test of one provision in force."""

    provision: str
    citation: str
    in_force_from: str | None
    in_force_to: str | None
    """Last day in force; None where no end is known."""
    test: str
    value: float | str | bool | None
    comparison: str
    limit: float | str | bool | None
    margin_frac: float | None
    """``(value - limit) / limit``; None where either is no number."""
    holds: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What an answer carries besides its outcome."""

    id: str
    text: str
    citation: str
    in_force_from: str | None
    in_force_to: str | None
    verified: str
    certain: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A determination as codes and words; certain where one outcome is possible."""

    outcome: Outcome
    review: Review
    entry: str | None
    exception: str | None
    possible_outcomes: tuple[Outcome, ...]
    possible_reviews: tuple[Review, ...]
    possible_entries: tuple[str | None, ...]
    missing: tuple[str, ...]
    """Facts of the book that nobody gave and that decide."""
    applied: tuple[str, ...]
    """Keys of the provisions that hold."""
    trace: tuple[TraceLine, ...]
    remarks: tuple[Remark, ...]


def answer(book: "Book", kind: str, facts: Mapping[str, Any], on: date, posture: str = "enforced") -> Answer:
    """Determine one transaction and say why.

    Parameters
    ----------
    book : Book
        The law.
    kind : str
        Kind of item.
    facts : mapping of str to value
        What is known, by fact; None or absent for unknown.
    on : date
        Day of the transaction.
    posture : str
        ``enforced`` or ``text``.
    """
    if kind not in book.frame.kinds:
        raise UnknownNameError(
            f"{book.name} has no items of the kind {kind!r}.", hint=f"Kinds: {', '.join(book.frame.kinds)}."
        )
    compiled = book.compiled(posture)
    checked = {
        name: book.frame.facts[name].checked(value) if name in book.frame.facts else value
        for name, value in facts.items()
    }
    values = {name: np.atleast_1d(value) for name, value in columns(compiled, checked, kind).items()}
    era = np.atleast_1d(compiled.era_of(np.asarray(on.toordinal())))
    found = evaluate(compiled, kind, era, values, with_remarks=True)
    outcome, review, entry = (codes.item() for codes in settled(compiled, kind, era, values, found))
    left = _left(compiled, kind, era, values, found)
    possible = _members(left.outcomes.item())
    ranks = _members(left.entries.item())
    names = {0: None, **{len(book.frame.classes) - index: name for index, name in enumerate(book.frame.classes)}}
    result = Outcome(outcome)
    exception = found.exception.item()
    return Answer(
        outcome=result,
        review=Review(review),
        entry=book.frame.classes[entry] if entry >= 0 else None,
        exception=found.exceptions[exception]
        if exception >= 0 and result in (Outcome.NOTIFY, Outcome.NOT_REQUIRED)
        else None,
        possible_outcomes=tuple(Outcome(code) for code in possible),
        possible_reviews=tuple(Review(code) for code in _members(left.reviews.item())),
        possible_entries=tuple(names[rank] for rank in sorted(ranks, reverse=True)),
        missing=left.deciding,
        applied=tuple(key for key, truth in found.truths.items() if truth.code.max() == TRUE),
        trace=tuple(_trace(book, compiled, kind, era.item(), found)),
        remarks=tuple(_remarks(book, compiled, era.item(), found)),
    )


def _left(compiled: Compiled, kind: str, era: Array, values: Mapping[str, Array], found: Evaluation) -> Branches:
    if not bool(found.certain.all()):
        return branch(compiled, kind, era, values, found)
    bits = (np.int64(1) << code.astype(np.int64) for code in (found.outcome_high, found.review_high, found.entry_high))
    return Branches(**dict(zip(("outcomes", "reviews", "entries"), bits, strict=True)))


def _members(bits: int) -> list[int]:
    return [code for code in range(bits.bit_length()) if bits >> code & 1]


def _trace(book: "Book", compiled: Compiled, kind: str, era: int, found: Evaluation) -> list[TraceLine]:
    required = {
        item.name
        for item in compiled.provisions
        if item.key in found.truths and isinstance(item.effect, Requires) and found.truths[item.key].code.max() != FALSE
    }
    lines = []
    for item in compiled.provisions:
        if item.key not in found.truths or not compiled.in_force[item.key][era]:
            continue
        if isinstance(item.effect, Lifts | Reviews) and required.isdisjoint(item.effect.of):
            continue
        if isinstance(item.effect, Requires) and item.effect.background and item.name not in required:
            continue
        if not isinstance(item.effect, Informs):
            lines += [_line(book, compiled, item, era, test) for test in found.truths[item.key].tests]
    return lines


def _line(book: "Book", compiled: Compiled, item: Provision, era: int, test: Test) -> TraceLine:
    period = compiled.period_of(item, era)
    value, limit = _shown(compiled, test)
    margin = None
    if test.parameter is not None and isinstance(value, float) and isinstance(limit, float) and limit != 0:
        margin = (value - limit) / limit
    return TraceLine(
        provision=item.name,
        citation=f"{book.rules[item.rule].citation}; {item.cites}",
        in_force_from=iso(period.start),
        in_force_to=last_day(period.end),
        test=test.words,
        value=value,
        comparison=test.comparison,
        limit=limit,
        margin_frac=margin,
        holds=None
        if _not_stated(compiled, test)
        else {FALSE: False, TRUE: True}.get(np.asarray(test.code).reshape(-1)[0].item()),
    )


def _not_stated(compiled: Compiled, test: Test) -> bool:
    """Tell whether the test is about an optional number that nobody stated: then neither yes nor no is told."""
    optional = test.fact != "" and compiled.facts[test.fact].default == NOT_STATED
    return optional and bool(np.asarray(test.value).reshape(-1)[0] == NOT_STATED)


def _shown(compiled: Compiled, test: Test) -> tuple[Any, Any]:
    value = np.asarray(test.value).reshape(-1)[0].item()
    if not test.fact:
        return {FALSE: False, TRUE: True}.get(value), True
    fact = compiled.facts[test.fact]
    if fact.type == "number":
        limit = float(np.asarray(test.limit).reshape(-1)[0])
        return (None if not np.isfinite(value) else float(value)), (None if np.isnan(limit) else limit)
    if fact.type == "flag":
        return {FALSE: False, TRUE: True}.get(value), True
    if fact.type == "choice":
        return (fact.choices[value] if value >= 0 else None), test.limit
    return (compiled.registers[fact.register].members[value] if value >= 0 else None), test.limit


def _remarks(book: "Book", compiled: Compiled, era: int, found: Evaluation) -> list[Remark]:
    remarks = []
    for item in compiled.provisions:
        truth: Truth | None = found.truths.get(item.key)
        if truth is None or not isinstance(item.effect, Informs):
            continue
        code = int(truth.code.max())
        if code == TRUE or (code != FALSE and item.effect.also_if_unknown):
            period = compiled.period_of(item, era)
            rule = book.rules[item.rule]
            remarks.append(
                Remark(
                    id=item.name,
                    text=item.effect.text,
                    citation=f"{rule.citation}; {item.cites}".removesuffix("; "),
                    in_force_from=iso(period.start),
                    in_force_to=last_day(period.end),
                    verified=rule.verified,
                    certain=code == TRUE,
                )
            )
    return remarks


def describe(found: Answer) -> str:
    """Return an answer in one line, for messages and timelines."""
    words = outcome_words(found.outcome)
    return f"{words} ({found.entry})" if found.entry else words
