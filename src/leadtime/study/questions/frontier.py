"""Where models stand: compute against the trend, the gap behind public charts, and what open weights change."""

import math
from datetime import date
from typing import Annotated, Any

import numpy as np

from leadtime import catalog, study, world
from leadtime.errors import BadInputError
from leadtime.progress import compute_needed_flop
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._estimates import Z80
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import (
    Day,
    Draws,
    Floats,
    ScenarioName,
    Seed,
    at,
    fan_rows,
    first_date,
    followers,
    inputs,
    lead_difference,
    months,
    quantile_row,
    series,
    source_ids,
    stacked,
    weights,
    year_frac,
)

__all__ = ["apparent_gap", "efficiency_on_trend", "open_weights"]

Z90 = 1.6448536269514722


def _evidence(name: str) -> dict[str, str]:
    return next(row for row in catalog.table("evidence") if row["id"] == name)


def _log_normal(row: dict[str, str], normals: Floats) -> Floats:
    """Return draws around the central value of an evidence row, its bounds read as an 80 % range."""
    spread = math.log(float(row["high"]) / float(row["low"])) / (2 * Z80)
    return float(row["central"]) * np.exp(spread * normals)


@question
def efficiency_on_trend(
    run: Annotated[str, Argument(text="Evidence row of the run that is judged (final_training_compute)")] = "T019",
    reference: Annotated[str, Argument(text="Evidence row of the earlier run of known capability")] = "T001",
    better: Annotated[
        float,
        Argument(
            text="How many times more effective compute the later model may be worth than the earlier; drawn from 1 to this",
            low=1.0,
            high=1000.0,
        ),
    ] = 5.0,
    growth_low: Annotated[
        float, Argument(text="Algorithmic efficiency a year, low end of 90 %; 0 takes the prior", low=0.0, high=100.0)
    ] = 0.0,
    growth_high: Annotated[float, Argument(text="The same, high end; 0 takes the prior", low=0.0, high=100.0)] = 0.0,
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Hold a training run against the compute that its capability needed on the trend of algorithmic efficiency.

    The percentile says how large a share of trend-implied needs lies below what the run took: near 0 it did with far less than expected.
    """  # fmt: skip
    rows = {name: _evidence_run(name) for name in (run, reference)}
    years = year_frac(date.fromisoformat(rows[run]["period_start"])) - year_frac(
        date.fromisoformat(rows[reference]["period_start"])
    )
    if years <= 0:
        raise BadInputError("The run that is judged must be later than the reference.")
    prior = next(row for row in catalog.table("priors") if row["id"] == "algorithm_growth")
    low, high = growth_low or float(prior["low"]), growth_high or float(prior["high"])
    if not 1.0 <= low <= high:
        raise BadInputError("growth_low must be at least 1 and no greater than growth_high.")
    stream = np.random.default_rng(seed)
    normals = stream.standard_normal((3, draws))
    log_growth = 0.5 * math.log(low * high) + math.log(high / low) / (2 * Z90) * normals[0]
    first = _log_normal(rows[reference], normals[1])
    advantage = np.exp(stream.random(draws) * math.log(better))
    needed = np.asarray(compute_needed_flop(first, years, log_growth_per_yr=log_growth)) * advantage
    used = _log_normal(rows[run], normals[2])
    percentile = np.searchsorted(np.sort(needed), used) / draws
    implied = (first * advantage / used) ** (1 / years)
    names = {key: row["note"].split(";")[0] or row["actor"] for key, row in rows.items()}
    figures = {
        "percentile": Sampled.single(f"Share of trend-implied needs below what {names[run]} took", "frac", percentile),
        "ratio": Sampled.single("Compute used over compute that the trend implies", "ratio", used / needed),
        "needed_flop": Sampled.single(f"Compute that the trend implies at the date of {names[run]}", "FLOP", needed),
        "used_flop": Sampled.single(f"Compute of {names[run]}", "FLOP", used),
        "implied_growth": Sampled.single("Efficiency growth that the pair implies", "1/yr", implied),
    }
    return Answer(
        figures=figures,
        parameters={
            "growth of algorithmic efficiency": log_growth,
            f"compute of {names[reference]}": first,
            "advantage of the later model": advantage,
            f"compute of {names[run]}": used,
        },
        rows=_trend_rows(first, advantage, log_growth, years, rows[reference]["period_start"]),
        chart={"kind": "fan", "x": "time_yr", "y": "median", "low": "low", "high": "high", "y_title": "Compute needed [1e24 FLOP]", "log": True},
        source_ids=tuple(sorted({rows[run]["source_id"], rows[reference]["source_id"], prior["source_id"]})),
        method=(
            f"Compute of {names[reference]} carried over {years:.2f} years at {low:g}- to {high:g}-fold efficiency a year (90 %), times what the later model "
            f"is better by (1 to {better:g}, even in logs); the prior, not the calibrated posterior, for that has seen this pair."
        ),
        caveats=(
            "How much better the later model is in effective compute is our assumption; at equal capability the trend implies less.",
            "Efficiency of the final run only: what it took to find the recipe is not in it.",
        ),
    )  # fmt: skip


def _evidence_run(name: str) -> dict[str, str]:
    known = {
        row["id"]: row
        for row in catalog.table("evidence")
        if row["quantity"] == "final_training_compute" and row["low"] and row["high"]
    }
    if name not in known:
        raise BadInputError(
            f"{name!r} is no evidence row of training compute with a range.", hint=f"Rows: {', '.join(known)}."
        )
    return known[name]


def _trend_rows(first: Floats, advantage: Floats, log_growth: Floats, years: float, start: str) -> list[dict[str, Any]]:
    begin = year_frac(date.fromisoformat(start))
    return [
        quantile_row(first * advantage * np.exp(-log_growth * gone) / 1e24, time_yr=begin + gone)
        for gone in np.linspace(0.0, years, 13)
    ]


@question
def apparent_gap(
    on: Day = date(2027, 1, 1),
    release_delay_us: Annotated[
        float | None,
        Argument(text="Months from model to release at US labs, instead of the uncertain value", low=0.0, high=36.0),
    ] = None,
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Set the lead that released models show against the true one, and say how far a public chart can mislead.

    The true lead counts internal models on both sides; the apparent one counts releases.
    """
    fixed = {} if release_delay_us is None else {"release_delay_us": release_delay_us}
    names = [f"lead_{kind}_months_{variant}" for kind in ("true", "apparent") for variant in world.VARIANTS]
    both = ("lead_true_months", "lead_apparent_months", "us_hidden_gap")
    run = series(scenario, (*names, *both), draws=draws, seed=seed, fixed=fixed)
    true, seen = (
        {variant: at(run[f"lead_{kind}_months_{variant}"], on) for variant in world.VARIANTS}
        for kind in ("true", "apparent")
    )
    hidden = {variant: true[variant] - seen[variant] for variant in world.VARIANTS}
    members = followers((scenario,), draws=draws, seed=seed)
    spoken: dict[str, Any] = {"seed": seed, "scenarios": (scenario,)}
    figures = {
        "hidden_months": months(f"Months of lead that releases do not show, {on:%B %Y}", hidden, **spoken),
        "true_months": months("True lead", true, **spoken),
        "apparent_months": months("Lead that releases show", seen, **spoken),
        "wrong_frac": Sampled(
            label="What a chart misses, over what is true",
            unit="frac",
            draws={
                name.upper(): (hidden[name] / np.where(np.abs(true[name]) > 0.1, true[name], np.nan))[
                    members[name.upper()]
                ]
                for name in hidden
            },
        ),
        "hidden_points": Sampled.single(
            "Points of capability held back by US labs", "index", at(run["us_hidden_gap"], on)
        ),
    }
    rows = [
        row
        for name, words in (
            ("lead_true_months", "true, internal models"),
            ("lead_apparent_months", "apparent, released models"),
        )
        for row in fan_rows(run[name], since_yr=2023.0, until_yr=max(2030.0, year_frac(on)), lead=words)
    ]
    return Answer(
        figures=figures,
        weights=weights(),
        parameters=inputs(scenario, draws=draws, seed=seed),
        members=members,
        rows=rows,
        chart={
            "kind": "fan", "x": "time_yr", "y": "median", "low": "low", "high": "high", "series": "lead",
            "y_title": "US lead [months]",
        },
        source_ids=source_ids((*names, *both)),
        method=(
            f"World model, scenario {scenario}: the apparent lead is the true lead as it was one PRC release delay earlier, less the longer delay of "
            "US labs. Delays are drawn from what labs have said about a few models."
        ),
        caveats=("The difference rests on release delays that labs state rarely and late; no public chart can measure them.",),
    )  # fmt: skip


@question
def open_weights(
    on: Day = date(2028, 1, 1),
    capability: Annotated[
        float | None,
        Argument(
            text="Level that followers wait for [index]; none takes what the US has at the middle of 2026",
            low=50.0,
            high=400.0,
        ),
    ] = None,
    opened: ScenarioName = "open_weights_us",
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say what publishing weights does to the lead of who publishes and to the date at which followers have a capability.

    Both runs have the same draws; weights of US models are published in one of them.
    """
    there = stacked(scenario, opened)
    names = (
        "us_capability",
        "open_capability",
        *(f"{name}_capability_{variant}" for name in ("open", "prc") for variant in world.VARIANTS),
    )
    here, other = (series(name, names, draws=draws, seed=seed) for name in (scenario, there))
    level: Any = at(here["us_capability"], date(2026, 7, 1)) if capability is None else capability
    earlier = {
        kind: {
            variant: 12 * (first_date(here[f"{kind}_capability_{variant}"], level) - first_date(other[f"{kind}_capability_{variant}"], level))
            for variant in world.VARIANTS
        }
        for kind in ("open", "prc")
    }  # fmt: skip
    spoken: dict[str, Any] = {"seed": seed, "scenarios": (scenario, there)}
    cost = lead_difference(f"Months of lead that opening costs the US, {on:%B %Y}", scenario, there, on, draws, seed)
    figures = {
        "cost_months": cost,
        "access_months": months("Months by which anyone has such a model earlier", earlier["open"], **spoken),
        "prc_earlier_months": months("Months by which the PRC has such a model earlier", earlier["prc"], **spoken),
    }
    rows = [
        row
        for run, words in ((here, study.scenario(scenario).title), (other, study.scenario(opened).title))
        for row in fan_rows(run["open_capability"], since_yr=2024.0, until_yr=max(2030.0, year_frac(on)), weights=words)
    ]
    return Answer(
        figures=figures,
        weights=weights(),
        parameters=inputs(scenario, draws=draws, seed=seed),
        members=followers((scenario, there), draws=draws, seed=seed),
        rows=rows,
        chart={
            "kind": "fan", "x": "time_yr", "y": "median", "low": "low", "high": "high", "series": "weights",
            "y_title": "Best model with open weights [index]",
        },
        source_ids=source_ids(names),
        method=(
            f"World model on the same draws under {scenario} and {there}. Openness acts through the delay after which others learn from a model and the "
            "share of the gap they close; what a developer gains by being used is not in the model."
        ),
        caveats=(
            "Attention, talent, standards and trust that openness may win are not modelled, so no advantage of the open side can show.",
            "Open weights come from the PRC and from US labs as a whole; that some US firms publish while others do not is left out.",
            "Where nothing spills over (S0), weights change access but not the race.",
        ),
    )  # fmt: skip
