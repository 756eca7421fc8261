"""Series of a scenario with some levers moved, and the values of named inputs on the same draws."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np

from leadtime import study, world
from leadtime.study.questions._runs import Floats, resolved

__all__ = ["changed_series", "values_of"]

FIRST_DAY = date(2022, 1, 1)


def changed_series(
    scenario: str, names: Sequence[str], changes: Mapping[str, Any], *, draws: int, seed: int
) -> dict[str, Floats]:
    """Return series of a scenario with levers set to other values, on the same draws as the scenario itself.

    Parameters
    ----------
    scenario : str
        As for :func:`leadtime.study.scenario`.
    names : sequence of str
        Outputs.
    changes : mapping
        Lever -> value for all dates, or a function from the scenario's value (None where it is not set) to the new one.
    draws, seed : int
        As for the other questions.
    """
    base = resolved(scenario)
    levers = dict(base.levers)
    over_time = {row["name"] for row in study.lever_table() if row["over_time"]}
    for name, value in changes.items():
        changed = value(levers.get(name)) if callable(value) else value
        steps = name in over_time and isinstance(changed, int | float)
        levers[name] = ((FIRST_DAY, float(changed)),) if steps else changed
    evaluate = study.evaluator(replace(base, levers=levers), list(names))
    found = evaluate(evaluate.draws(seed, 0, draws))
    return {name: np.asarray(found[name], dtype=np.float64) for name in names}


def values_of(names: Sequence[str], scenario: str, *, draws: int, seed: int) -> dict[str, Floats]:
    """Return named inputs of the world on the draws of a scenario, by name; what the scenario fixes is the same in every draw."""
    evaluate = study.evaluator(resolved(scenario), ("prc_used_h100e",))
    sampled = world.sample(evaluate.priors, evaluate.draws(seed, 0, draws))
    return {name: np.broadcast_to(np.ravel(np.asarray(sampled[name], dtype=np.float64)), (draws,)) for name in names}
