"""Which uses of a state are bound by capacity and which by capability alone; abstract needs, no recipes."""

from datetime import date
from typing import Annotated

import numpy as np

from leadtime import catalog
from leadtime.errors import UnknownNameError
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import (
    Day,
    Draws,
    Floats,
    ScenarioName,
    Seed,
    at,
    first_date,
    inputs,
    quantile_row,
    series,
    stacked,
)

__all__ = ["security_capacity"]


@question
def security_capacity(
    on: Day = date(2027, 1, 1),
    mass: Annotated[str, Argument(text="Application that is said to need capacity")] = "cameras",
    single: Annotated[str, Argument(text="Application that is said to need none to speak of")] = "agents",
    share: Annotated[
        float | None,
        Argument(
            text="Share of the nation's capacity for such uses, instead of the uncertain value", low=0.0001, high=1.0
        ),
    ] = None,
    against: ScenarioName = "no_controls",
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Set the tokens that application classes want against the capacity a state can give them, with controls and without.

    A need above one is bound by capacity; a model below the threshold of the class is bound by capability, which controls on chips alone do not set.
    """  # fmt: skip
    known = {row["id"]: row for row in catalog.table("security_applications")}
    for name in (mass, single):
        if name not in known:
            raise UnknownNameError.among("application", name, known)
    fixed = {} if share is None else {"security_share": share}
    names = [f"security_{name}_need_ratio" for name in known]
    codes = [f"security_{name}_bound_code" for name in known]
    here = series(scenario, [*names, *codes], draws=draws, seed=seed, fixed=fixed)
    there = series(
        against if scenario == "baseline" else stacked(scenario, against), names, draws=draws, seed=seed, fixed=fixed
    )
    need = {name: at(here[f"security_{name}_need_ratio"], on) for name in known}
    free = {name: at(there[f"security_{name}_need_ratio"], on) for name in known}
    bound = round((on.year + (on.timetuple().tm_yday - 1) / 365.25 - 2022) * 4)
    code = {name: here[f"security_{name}_bound_code"][bound] for name in known}
    figures = {
        "mass_need": Sampled.single(f"{known[mass]['name']}: need over capacity, {on:%B %Y}", "ratio", need[mass]),
        "single_need": Sampled.single(f"{known[single]['name']}: need over capacity", "ratio", need[single]),
        "controls_on_mass": Sampled.single(
            f"{known[mass]['name']}: need over capacity, with controls over without", "ratio", need[mass] / free[mass]
        ),
        "mass_possible_yr": Sampled.single(
            f"When capacity is enough: {known[mass]['name'].lower()}", "yr", _possible(here[f"security_{mass}_need_ratio"])
        ),
        "single_lacks_model": Sampled.single(
            f"{known[single]['name']}: no model is able", "", (code[single].astype(int) % 2 == 1).astype(float)
        ),
    }  # fmt: skip
    rows = [
        {
            **quantile_row(np.log10(need[name]), label=row["name"]),
            "median_need_ratio": float(np.median(need[name])),
            "bound_by_capacity_frac": float(np.mean(need[name] > 1)),
            "lacks_capability_frac": float(np.mean(code[name].astype(int) % 2 == 1)),
            "median_without_controls": float(np.median(free[name])),
        }
        for name, row in known.items()
    ]
    sampled = inputs(scenario, draws=draws, seed=seed)
    return Answer(
        figures=figures,
        parameters={name: values for name, values in sampled.items() if not (name == "security_share" and share is not None)},
        rows=rows,
        chart={
            "kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high",
            "x_title": "Need over capacity, in powers of ten: above 0 lacks capacity",
        },
        source_ids=tuple(sorted({row[key] for row in known.values() for key in ("source_id", "source_id_2") if row[key]})),
        method=(
            f"World model, scenario {scenario}: tokens a day that each class wants (stated intensities with ranges) over the share of the nation's capacity "
            f"that the state gives to such uses; the same under {against}."
        ),
        caveats=(
            "Intensities are abstract and weakly sourced; small networks at the edge do camera work at a tenth to a hundredth of the cost.",
            "What a single operator can rent abroad is not counted: it would make small needs smaller still.",
        ),
    )  # fmt: skip


def _possible(need: Floats) -> Floats:
    return first_date(np.maximum.accumulate(1.0 / np.maximum(need, 1e-12), axis=0), 1.0)
