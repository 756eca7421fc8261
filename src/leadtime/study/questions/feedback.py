"""Whether deployment feeds development: the gain of the loop through synthetic data, and what it is worth in months."""

from datetime import date
from typing import Annotated

import numpy as np

from leadtime import world
from leadtime.study._outputs import world_data
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._changes import values_of
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import (
    Day,
    Draws,
    ScenarioName,
    Seed,
    at,
    fan_rows,
    first_date,
    followers,
    inputs,
    lead_difference,
    series,
    source_ids,
    weights,
    year_frac,
)

__all__ = ["deployment_feedback"]


@question
def deployment_feedback(
    on: Day = date(2027, 1, 1),
    matters_frac: Annotated[
        float, Argument(text="Addition to effective compute from which the loop matters", low=0.001, high=10.0)
    ] = 0.1,
    synthetic_gain: Annotated[
        float | None,
        Argument(text="Elasticity of effective compute in data, instead of the uncertain value", low=0.0, high=1.0),
    ] = None,
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say how strong the loop from models to data to models is, and what it does to the lead.

    Gain: how much more data a quarter's addition of data leads to a quarter later, through a better model that passes more of it. At 1 the loop
    would feed itself. Off means that synthetic data add nothing.
    """  # fmt: skip
    held = {} if synthetic_gain is None else {"synthetic_gain": synthetic_gain}
    names = (
        "us_loop_gain",
        "us_synthetic_tokens",
        "us_leader_h100e",
        *(f"prc_loop_gain_{variant}" for variant in world.VARIANTS),
    )
    run = series(scenario, names, draws=draws, seed=seed, fixed=held)
    elasticity = (
        np.full(draws, synthetic_gain)
        if synthetic_gain is not None
        else values_of(("synthetic_gain",), scenario, draws=draws, seed=seed)["synthetic_gain"]
    )
    human = world_data().constants["human_data"] * 1e12
    added = np.expm1(elasticity * np.log1p(run["us_synthetic_tokens"] / human))
    when = first_date(np.maximum.accumulate(added, axis=0), matters_frac)
    lead = lead_difference(
        f"Months of US lead that the loop adds, {on:%B %Y}", scenario, scenario, on, draws, seed,
        fixed_here=held, fixed_there={"synthetic_gain": 0.0},
    )  # fmt: skip
    compute = run["us_leader_h100e"]
    members = followers((scenario,), draws=draws, seed=seed)
    figures = {
        "gain": Sampled.single(f"Gain of the loop per quarter, US leader, {on:%B %Y}", "ratio", at(run["us_loop_gain"], on)),
        "prc_gain": Sampled(
            label="Gain of the loop per quarter, PRC leader",
            unit="ratio",
            draws={v.upper(): at(run[f"prc_loop_gain_{v}"], on)[members[v.upper()]] for v in world.VARIANTS},
        ),
        "lead_months": lead,
        "added_frac": Sampled.single(f"Effective compute that synthetic data add, US leader, {on:%B %Y}", "frac", at(added, on)),
        "matters_yr": Sampled.single(f"When they add {matters_frac:.0%}", "yr", when),
        "matters_h100e": Sampled.single(
            "Compute of the US leader then", "H100e",
            [np.nan if np.isnan(t) else float(at(compute[:, [k]], t)[0]) for k, t in enumerate(when)],
        ),
    }  # fmt: skip
    figures["prc_gain"] = Sampled(
        label="Gain of the loop per quarter, PRC leader", unit="ratio", draws=figures["prc_gain"].draws
    )
    return Answer(
        figures=figures,
        weights=weights(),
        members=members,
        parameters=inputs(scenario, draws=draws, seed=seed),
        rows=fan_rows(added, since_yr=2024.0, until_yr=max(2030.0, year_frac(on))),
        chart={
            "kind": "fan", "x": "time_yr", "y": "median", "low": "low", "high": "high",
            "y_title": "Effective compute added by synthetic data, US leader",
        },
        source_ids=source_ids(("us_loop_gain", "us_synthetic_tokens")),
        method=(
            f"World model, scenario {scenario}: research compute and service make data, a better model verifies a larger share, verified data raise "
            "effective compute by a logarithm; the same draws with and without that last step."
        ),
        caveats=(
            "The form (a logarithm of data inside a logarithm of compute) keeps the gain small by construction; a form in which data from reinforcement "
            "learning replace pre-training would let it be large, and no public figure decides between them.",
            "Money earned by serving is another loop; it is off here (lever revenue_loop).",
        ),
    )  # fmt: skip
