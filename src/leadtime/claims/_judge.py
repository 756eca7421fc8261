"""Run a claim: ask its question, test the answer draw by draw, decide."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadtime.claims._claim import Claim, Condition
from leadtime.claims._verdict import Verdict, decide
from leadtime.errors import BadFileError, LeadtimeError, shorten
from leadtime.study import questions
from leadtime.study.questions._answer import SINGLE, Answer

__all__ = ["Judged", "figure_of", "judge", "try_out"]

LEVEL = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A claim with its answer and verdict."""

    claim: Claim
    answer: Answer
    verdict: Verdict
    figure: Mapping[str, Any]
    """Headline figure: value, low, high, level, unit, label; None where it does not exist in enough draws."""
    reason: str
    """One line: the tested conditions with the probability of each."""

    def as_contract(self) -> dict[str, Any]:
        """Return the entry that `leadtime claims --json` prints for this claim."""
        claim, verdict = self.claim, self.verdict
        return {
            "id": claim.id,
            "statement": claim.statement,
            "verdict": verdict.verdict,
            "probability": verdict.probability,
            "figure": dict(self.figure),
            "deciding_assumption": verdict.deciding_assumption,
            "judgeable_on": claim.judgeable_on,
            "computation": {
                "question": claim.compute.question,
                "arguments": {key: _plain(value) for key, value in claim.compute.arguments.items()},
                "test": claim.test.model_dump(exclude_none=True, exclude_defaults=True),
                "method": self.answer.method,
            },
            "sources": sorted({*claim.sources, *self.answer.source_ids}),
            "title": claim.title,
            "kind": claim.kind,
            "who": claim.who,
            "place": claim.place,
            "reason": self.reason,
            "by_variant": dict(verdict.by_variant),
            "leverage": dict(verdict.leverage),
            "figures": {name: figure_of(self.answer, name) for name in self.answer.figures},
            "rows": list(self.answer.rows),
            "why_this_test": claim.why_this_test,
            "changes_it": claim.changes_it,
            "caveats": list(self.answer.caveats),
        }


def judge(claim: Claim) -> Judged:
    """Run one claim and return its verdict with everything behind it."""
    answer = questions.ask(claim.compute.question, claim.compute.arguments)
    _require_figures(claim, answer, f"Claim {claim.id}")
    conditions = [*claim.test.all_of, *claim.test.any_of]
    variants = _variants(answer, conditions)
    holds = {variant: _holds(claim, answer, variant) for variant in variants}
    verdict = decide(holds, weights=answer.weights, parameters=answer.parameters, members=answer.members)
    return Judged(
        claim=claim,
        answer=answer,
        verdict=verdict,
        figure=figure_of(answer, claim.figure),
        reason=_reason(answer, conditions, variants),
    )


def try_out(claim: Claim, where: str) -> Answer:
    """Ask a claim's question with the fewest draws it takes, to find what only the answer shows: names and figures that do not exist.

    Parameters
    ----------
    claim : Claim
    where : str
        Name of the claim's file in messages.

    Returns
    -------
    Answer
        Its figures have the names, labels and units that a test of this claim can use; a verdict needs more draws.
    """
    asked = questions.get(claim.compute.question).arguments
    fewest = {"draws": int(asked["draws"][2].low or 1)} if "draws" in asked else {}  # type: ignore[arg-type]
    try:
        answer = questions.ask(claim.compute.question, {**claim.compute.arguments, **fewest})
    except LeadtimeError as error:
        raise type(error)(f"{where}: {error.message}", hint=error.hint) from None
    _require_figures(claim, answer, where)
    return answer


def _require_figures(claim: Claim, answer: Answer, where: str) -> None:
    for name in dict.fromkeys((claim.figure, *(one.figure for one in (*claim.test.all_of, *claim.test.any_of)))):
        if name not in answer.figures:
            raise BadFileError(
                f"{where}: {claim.compute.question} answers no figure {shorten(name)!r}.",
                hint=f"It answers: {', '.join(answer.figures)}.",
            )


def _variants(answer: Answer, conditions: list[Condition]) -> list[str]:
    named = [name for condition in conditions for name in answer.figures[condition.figure].draws]
    several = [name for name in dict.fromkeys(named) if name != SINGLE]
    return several or [SINGLE]


def _test(answer: Answer, condition: Condition, variant: str) -> np.ndarray:
    draws = answer.figures[condition.figure].draws
    values = np.asarray(draws[variant] if variant in draws else draws[SINGLE], dtype=float)
    mask = answer.members.get(variant)
    if mask is not None and variant not in draws and values.size == mask.size:
        values = values[mask]
    result = np.ones(values.shape, dtype=bool)
    with np.errstate(invalid="ignore"):
        if condition.above is not None:
            result &= values > condition.above
        if condition.at_least is not None:
            result &= values >= condition.at_least
        if condition.below is not None:
            result &= values < condition.below
        if condition.at_most is not None:
            result &= values <= condition.at_most
    return result


def _holds(claim: Claim, answer: Answer, variant: str) -> np.ndarray:
    result = np.array(True)
    for condition in claim.test.all_of:
        result = result & _test(answer, condition, variant)
    if claim.test.any_of:
        some = np.array(False)
        for condition in claim.test.any_of:
            some = some | _test(answer, condition, variant)
        result = result & some
    return np.atleast_1d(result)


def figure_of(answer: Answer, name: str) -> dict[str, Any]:
    """Return a figure of an answer as value and range over the mixture of variants."""
    figure = answer.figures[name]
    low, value, high = figure.quantiles(((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2), answer.weights)
    return {
        "name": name,
        "label": figure.label,
        "value": value,
        "low": low,
        "high": high,
        "level": LEVEL,
        "unit": figure.unit,
    }


def _reason(answer: Answer, conditions: list[Condition], variants: list[str]) -> str:
    total = sum(answer.weights.get(variant, 1.0) for variant in variants) or 1.0
    parts = []
    for condition in conditions:
        share = (
            sum(
                answer.weights.get(variant, 1.0) * float(np.mean(_test(answer, condition, variant)))
                for variant in variants
            )
            / total
        )
        limits = [
            ("above", condition.above),
            ("at least", condition.at_least),
            ("below", condition.below),
            ("at most", condition.at_most),
        ]
        words = " and ".join(f"{word} {limit:g}" for word, limit in limits if limit is not None)
        figure = answer.figures[condition.figure]
        unit = f" {figure.unit}" if figure.unit and figure.unit not in {"ratio", "frac"} else ""
        parts.append(
            f"{figure.label} {words}{unit}: {share:.0%} of draws"
            if _size(answer) > 1
            else f"{figure.label} {words}{unit}: {'yes' if share else 'no'}"
        )
    return "; ".join(parts)


def _size(answer: Answer) -> int:
    return max(np.size(draws) for figure in answer.figures.values() for draws in figure.draws.values())


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
