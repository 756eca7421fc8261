"""What a question answers: figures as distributions, with everything needed to judge and to draw them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

__all__ = ["SINGLE", "Answer", "Sampled"]

SINGLE = "single"
"""Name of the only variant of a figure that no spillover assumption touches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """One figure of an answer, by variant: an array over draws, or an array of one where nothing is uncertain.

    A draw for which the figure does not exist (a date that is never reached) is NaN; comparisons with NaN are false.
    """

    label: str
    unit: str
    draws: Mapping[str, np.ndarray]

    @classmethod
    def single(cls, label: str, unit: str, values: Any) -> "Sampled":
        """Build a figure without variants from a number or an array over draws."""
        return cls(label=label, unit=unit, draws={SINGLE: np.atleast_1d(np.asarray(values, dtype=float))})

    def quantiles(self, levels: Sequence[float], weights: Mapping[str, float]) -> list[float | None]:
        """Return quantiles of the mixture of variants; None where so many draws are NaN that the quantile does not exist."""
        values = np.concatenate([np.ravel(draws) for draws in self.draws.values()])
        mass = np.concatenate(
            [np.full(np.size(draws), weights.get(name, 1.0) / np.size(draws)) for name, draws in self.draws.items()]
        )
        known = ~np.isnan(values)
        order = np.argsort(values[known], kind="stable")
        ranked, cumulated = values[known][order], np.cumsum(mass[known][order])
        total = mass.sum()
        answers: list[float | None] = []
        for level in levels:
            position = int(np.searchsorted(cumulated, level * total - 1e-12))
            answers.append(float(ranked[position]) if position < ranked.size else None)
        return answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer to a question.

    Attributes
    ----------
    figures : mapping
        Figures by name; the first is the headline.
    weights : mapping
        Weight of each spillover variant; they sum to one. A figure with the single variant ignores them.
    parameters : mapping
        The uncertain inputs behind the draws, by name, each an array over draws: used to find the assumption that decides.
    members : mapping
        Where each variant was fitted to the evidence on its own: which draws speak for it, a mask over all draws by variant. Figures by
        variant then hold the draws of their variant only.
    rows : sequence of mapping
        The table behind the answer, one plain mapping a row, keys with unit suffixes.
    chart : mapping or None
        What to draw: ``kind`` (``fan``, ``bars``, ``lines``, ``areas``, ``points``, ``ranges``) and the names of the row keys it uses.
    source_ids : tuple of str
        Sources that fed the answer.
    method : str
        One or two sentences on how the answer came about.
    caveats : tuple of str
        What the answer does not say.
    """

    figures: Mapping[str, Sampled]
    weights: Mapping[str, float] = field(default_factory=dict)
    parameters: Mapping[str, np.ndarray] = field(default_factory=dict)
    members: Mapping[str, np.ndarray] = field(default_factory=dict)
    rows: Sequence[Mapping[str, Any]] = ()
    chart: Mapping[str, Any] | None = None
    source_ids: tuple[str, ...] = ()
    method: str = ""
    caveats: tuple[str, ...] = ()
