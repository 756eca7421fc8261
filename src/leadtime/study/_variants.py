"""The same results under other assumptions, side by side: the variants of spillover always, or those that a scenario file names."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from leadtime import world
from leadtime.study._belief import VARIANT, variants_of_draws
from leadtime.study._outputs import world_data
from leadtime.study._plan import Plan

__all__ = ["Shown", "followers", "variants_of"]

TITLES = {
    "s0": "No spillover: PRC capability rests on own compute and algorithms",
    "s1": "Spillover closes a share of the gap to released US models (default)",
    "s2": "Imitation alone reaches a share of released US models (floor)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A variant, its weight, and the ending of the series that belong to it."""

    name: str
    title: str
    weight: float
    suffix: str


def variants_of(*plans: Plan) -> tuple[Shown, ...]:
    """Return the variants under which runs show their results: those of their files if they all name the same, else those of spillover."""
    plan = plans[0]
    if plan.scenario.variants and all(other.scenario.variants == plan.scenario.variants for other in plans):
        return tuple(
            Shown(name=name, title=one.title, weight=one.weight, suffix=f"@{name}")
            for name, one in plan.scenario.variants.items()
        )
    weights = world.variant_weights(world_data().constants)
    return tuple(
        Shown(name=name, title=TITLES[name], weight=weight, suffix=f"_{name}") for name, weight in weights.items()
    )


def followers(shown: Shown, *plans: Plan) -> NDArray[np.bool_] | None:
    """Return which draws of the posterior were fitted under a variant of spillover; None where all draws speak for it.

    Each variant was fitted to the evidence on its own: parameters that fit one of them contradict the evidence under another. Draws
    of the priors belong to none, and so do those of a scenario that chooses the variant itself.
    """
    plan = plans[0]
    names = list(TITLES)
    if shown.name not in names or any(
        other.belief != "posterior" or VARIANT in other.scenario.parameters for other in plans
    ):
        return None
    found = variants_of_draws(plan.seed, plan.draws) == names.index(shown.name)
    return found if found.any() else None
