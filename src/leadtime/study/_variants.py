"""The same results under other assumptions, side by side: the variants of spillover always, or those that a scenario file names."""

from dataclasses import dataclass

from leadtime import world
from leadtime.study._outputs import world_data
from leadtime.study._plan import Plan

__all__ = ["Shown", "variants_of"]

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
