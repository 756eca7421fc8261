"""From a tested distribution to a verdict. Pure arithmetic; nothing here knows a claim.

A test gives one boolean per draw and variant. With P its probability (variants weighted as stated):

- ``depends`` if two spillover variants, or the lowest and the highest third of one uncertain parameter, fall on different sides: one at .8 or above, the
  other at .2 or below. The deciding assumption is named.
- else ``supported`` at P >= .8, ``contradicted`` at P <= .2, ``unresolved`` between.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

__all__ = ["SUPPORTED_FROM", "Verdict", "decide"]

SUPPORTED_FROM = 0.8
CONTRADICTED_TO = 0.2
MIN_DRAWS = 300
"""Fewer draws than this say nothing about thirds of a parameter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A verdict with what it rests on."""

    verdict: str
    probability: float
    by_variant: Mapping[str, float]
    deciding_assumption: str | None
    """What decides, where the verdict is ``depends``; else the assumption to which P is most sensitive, if any moves it by 0.1 or more."""
    leverage: Mapping[str, float]
    """For the parameters that move P most: P in the highest third minus P in the lowest third."""


def decide(
    holds: Mapping[str, np.ndarray],
    *,
    weights: Mapping[str, float],
    parameters: Mapping[str, np.ndarray] | None = None,
    members: Mapping[str, np.ndarray] | None = None,
) -> Verdict:
    """Decide a claim.

    Parameters
    ----------
    holds : mapping
        For each variant, whether the test holds, an array of booleans over draws.
    weights : mapping
        Weight of each variant; only the variants present count, and their weights are scaled to one.
    parameters : mapping, optional
        Uncertain inputs on the same draws.
    members : mapping, optional
        Which of the draws of a parameter speak for a variant, where not all of them do; a mask by variant.

    Examples
    --------
    >>> import numpy as np
    >>> decide({"S0": np.array([True]), "S2": np.array([False])}, weights={"S0": 0.5, "S2": 0.5}).verdict
    'depends'
    """
    by_variant = {name: float(np.mean(values)) for name, values in holds.items()}
    mass = {name: float(weights.get(name, 1.0)) for name in holds}
    total = sum(mass.values()) or 1.0
    probability = sum(mass[name] * by_variant[name] for name in holds) / total

    leverage: dict[str, float] = {}
    split: list[str] = []
    for name, values in (parameters or {}).items():
        ends = _thirds(np.ravel(values), holds, {key: mass[key] / total for key in holds}, members or {})
        if ends is None:
            continue
        leverage[name] = ends[1] - ends[0]
        if _opposite(*ends):
            split.append(name)
    leverage = dict(sorted(leverage.items(), key=lambda item: -abs(item[1]))[:5])

    deciding: str | None
    if len(by_variant) > 1 and _opposite(min(by_variant.values()), max(by_variant.values())):
        verdict, deciding = "depends", "spillover variant"
    elif split:
        verdict, deciding = "depends", max(split, key=lambda name: abs(leverage.get(name, 0.0)))
    else:
        verdict = (
            "supported"
            if probability >= SUPPORTED_FROM
            else "contradicted"
            if probability <= CONTRADICTED_TO
            else "unresolved"
        )
        deciding = next((name for name, size in leverage.items() if abs(size) >= 0.1), None)
    return Verdict(
        verdict=verdict, probability=probability, by_variant=by_variant, deciding_assumption=deciding, leverage=leverage
    )


def _thirds(
    values: np.ndarray, holds: Mapping[str, np.ndarray], weights: Mapping[str, float], members: Mapping[str, np.ndarray]
) -> tuple[float, float] | None:
    """Return the probability of the test in the lowest and in the highest third of a parameter; None where that says nothing."""
    if values.size < MIN_DRAWS or np.ptp(values) == 0:
        return None
    bottom = top = 0.0
    low, high = np.quantile(values, (1 / 3, 2 / 3))
    for name, test in holds.items():
        mine = values[members[name]] if name in members else values
        if mine.size != np.size(test):
            return None
        below, above = mine <= low, mine >= high
        if not below.any() or not above.any():
            return None
        bottom += weights[name] * float(np.mean(np.ravel(test)[below]))
        top += weights[name] * float(np.mean(np.ravel(test)[above]))
    return bottom, top


def _opposite(one: float, other: float) -> bool:
    return min(one, other) <= CONTRADICTED_TO and max(one, other) >= SUPPORTED_FROM
