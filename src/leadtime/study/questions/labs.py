"""One lab's compute: what its fleet could train under each hypothesis, and what a disadvantage in compute is worth."""

import math
from datetime import date
from typing import Annotated, Any

import numpy as np

from leadtime import catalog, chips
from leadtime.errors import BadInputError
from leadtime.study import estimator
from leadtime.study._outputs import world_data
from leadtime.study.estimator._costs import cost_parameters
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._changes import values_of
from leadtime.study.questions._estimates import SAME_FAMILY, Z80, log_sd
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import (
    Draws,
    Floats,
    ScenarioName,
    Seed,
    followers,
    months,
    quantile_row,
    source_ids,
    weights,
)

__all__ = ["compute_disadvantage", "fleet_behind_run"]

HOURS_PER_YR = 8766.0
USED = ("algorithm_growth", "spillover", "release_delay_us", "distillation_delay", "floor_share", "capability_slope")
FLEETS = ("disclosed", "early", "large")
Ratio = Annotated[float, Argument(text="Disadvantage as a ratio", low=1.0, high=1000.0)]


@question
def fleet_behind_run(
    fleet: Annotated[
        str, Argument(text="Hypothesis about the fleet, or any: each equally likely", choices=("any", *FLEETS))
    ] = "any",
    years: Annotated[float, Argument(text="Years over which the fleet worked", low=0.1, high=10.0)] = 1.0,
    model: Annotated[str, Argument(text="Model of the run: a catalogue name or a config.json")] = "deepseek-v3",
    tokens: Annotated[float, Argument(text="Tokens of the run", low=1e9, high=1e16)] = 14.8e12,
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say how many runs of one model a lab's fleet could do, and how small a part of its work the final run is.

    Hours on other chips are counted by how long the same run would take on them.
    """
    span = "a year" if years == 1 else f"{years:g} years"
    table = catalog.table("fleet_hypotheses")
    names = sorted({row["chip_id"] for row in table})
    runs = {name: _run_hours(model, name, tokens) for name in names}
    stream = np.random.default_rng([seed % 2**32, 20])
    common, single = stream.standard_normal(draws), {name: stream.standard_normal(draws) for name in names}
    hours = {
        name: central * np.exp(sd * (math.sqrt(SAME_FAMILY) * common + math.sqrt(1 - SAME_FAMILY) * single[name]))
        for name, (central, sd) in runs.items()
    }
    low, central, high = cost_parameters()["used_frac"][0]
    used = np.minimum(central * np.exp(math.log(high / low) / (2 * Z80) * stream.standard_normal(draws)), 0.98)
    per_year = {
        hypothesis: sum(
            (
                int(row["n_chips"]) * HOURS_PER_YR * used / hours[row["chip_id"]]
                for row in table
                if row["hypothesis"] == hypothesis
            ),
            np.zeros(draws),
        )
        for hypothesis in FLEETS
    }
    place = stream.integers(len(FLEETS), size=draws) if fleet == "any" else np.full(draws, FLEETS.index(fleet))
    runs_drawn = np.choose(place, [per_year[name] for name in FLEETS]) * years
    on_h800 = hours["h800-sxm5-80gb"]
    n_chips = np.choose(
        place, [sum(int(row["n_chips"]) for row in table if row["hypothesis"] == name) for name in FLEETS]
    )
    figures = {
        "final_run_frac": Sampled.single(f"Final run over what the fleet does in {span}", "frac", 1 / runs_drawn),
        "runs": Sampled.single(f"Runs of {model} that the fleet could do in {span}", "count", runs_drawn),
        "experiment_hours": Sampled.single("H800-hours left for all else", "chip-hour", np.maximum(runs_drawn - 1, 0) * on_h800),
        "run_hours": Sampled.single(f"H800-hours of the run of {model}, estimated", "chip-hour", on_h800),
        "fleet_chips": Sampled.single("Chips of the fleet", "count", n_chips),
    }  # fmt: skip
    return Answer(
        figures=figures,
        parameters={"size of the fleet": n_chips + used, "share of hours in use": used, "efficiency on all chips": common},
        rows=[
            {**quantile_row(years * per_year[name], label=name), "chips": sum(int(row["n_chips"]) for row in table if row["hypothesis"] == name),
             "final_run_frac": float(np.median(1 / (years * per_year[name])))}
            for name in FLEETS
        ],
        chart={
            "kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high",
            "x_title": f"Runs of {model} in {span}",
        },
        source_ids=tuple(sorted({row["source_id"] for row in table} | {cost_parameters()["used_frac"][1]})),
        method=(
            "Three hypotheses about the fleet (the cluster that was disclosed; that and 10,000 earlier A100; an analyst's 50,000 Hoppers and the A100); hours "
            "of the run on each chip from the estimator, errors of the chips correlated at .9."
        ),
        caveats=(
            "The largest fleet is one analyst's claim and contested; who bought what for whom within the parent fund is not public.",
            "Rented clouds are not counted: no figure is public.",
        ),
    )  # fmt: skip


def _run_hours(model: str, chip_id: str, tokens: float) -> tuple[float, float]:
    """Return chip-hours of a run on one kind of chip and the log sd of the estimate."""
    chip = chips.find_chip(chip_id)
    precision = "fp8" if "fp8" in chip.peak_flop_per_s else "bf16"
    answer: dict[str, Any] = estimator.train(
        model, chip, n_chips=2048, tokens=tokens, precision=precision, batch_tokens=62_914_560.0, on=date(2024, 12, 1)
    )
    if not answer["feasible"]:
        raise BadInputError(f"{chip.name} cannot train {model}: {answer['infeasible_reason']}.")
    return float(answer["gpu_hours"]), log_sd(answer, "gpu_hours")


@question
def compute_disadvantage(
    training_ratio: Ratio = 2.0,
    data_ratio: Ratio = 2.0,
    other_months: Annotated[
        float, Argument(text="Months by which the follower is behind for other reasons", low=0.0, high=120.0)
    ] = 3.0,
    run_usd: Annotated[float, Argument(text="Cost of the leader's run [USD]", low=1e3, high=1e12)] = 5.576e6,
    algorithm_growth: Annotated[
        float | None,
        Argument(text="Algorithmic efficiency a year, instead of the uncertain value", low=1.05, high=100.0),
    ] = None,
    compute_growth: Annotated[
        float | None, Argument(text="Training compute a year, instead of 4 to 5", low=1.05, high=100.0)
    ] = None,
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say what a disadvantage in compute is worth in months, dollars and capability, and how it splits into its two factors.

    Closed form for a constant ratio: without spillover (S0), with spillover closing a share of the gap to released models (S1), with
    imitation as a floor (S2).
    """
    drawn = values_of(USED, scenario, draws=draws, seed=seed)
    members = followers((scenario,), draws=draws, seed=seed)
    stream = np.random.default_rng([seed % 2**32, 22])
    growth_a = (
        np.log(drawn["algorithm_growth"]) if algorithm_growth is None else np.full(draws, math.log(algorithm_growth))
    )
    growth_c = (
        np.log(4.0 + stream.random(draws)) if compute_growth is None else np.full(draws, math.log(compute_growth))
    )
    per_log = 12 / (growth_a + growth_c)
    parts = {"training": per_log * math.log(training_ratio), "data": per_log * math.log(data_ratio)}
    own = parts["training"] + parts["data"]
    age = drawn["release_delay_us"] + drawn["distillation_delay"]
    floor = age - per_log * np.log(drawn["floor_share"])
    beta = drawn["spillover"]

    def seen(lag: Floats) -> dict[str, Floats]:
        return {
            "s0": lag,
            "s1": np.where(lag > age, (1 - beta) * lag + beta * age, lag),
            "s2": np.minimum(lag, floor),
        }

    behind = np.full(draws, other_months)
    together, without = seen(own + behind), seen(behind)
    closed = {name: together[name] - without[name] for name in together}
    slope = drawn["capability_slope"]
    ratio = training_ratio * data_ratio
    figures = {
        "months": months(f"Months that a {ratio:g}-fold disadvantage is worth", closed, seed=seed, scenarios=(scenario,)),
        "training_months": Sampled.single(f"Of it by {training_ratio:g}-fold training, without spillover", "month", parts["training"]),
        "data_months": Sampled.single(f"Of it by {data_ratio:g}-fold data, without spillover", "month", parts["data"]),
        "extra_usd": Sampled.single(f"Extra cost of the same result as a run of {run_usd:.3g} USD", "USD", (ratio - 1) * run_usd),
        "points": Sampled(
            label="Capability forgone at equal compute", unit="index",
            draws={name.upper(): (slope * value / 12)[members[name.upper()]] for name, value in closed.items()},
        ),
    }  # fmt: skip
    rows = [
        {**quantile_row(values, label=words), "factor": factor}
        for words, factor, values in (
            ("training, S0", training_ratio, parts["training"]), ("data, S0", data_ratio, parts["data"]),
            ("both, S0: no spillover", ratio, closed["s0"][members["S0"]]), ("both, S1: a share of the gap closes", ratio, closed["s1"][members["S1"]]),
            ("both, S2: imitation as a floor", ratio, closed["s2"][members["S2"]]),
        )
    ]  # fmt: skip
    return Answer(
        figures=figures,
        weights=weights(),
        parameters={name: drawn[name] for name in USED},
        members=members,
        rows=rows,
        chart={"kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high", "x_title": "Months"},
        source_ids=tuple(sorted({*source_ids(("us_capability",)), "liang-interview-2024"})),
        method=(
            f"Months are 12 ln {ratio:g} over the log growth of effective compute (algorithms from the world model's draws, compute 4- to 5-fold a year; "
            f"{world_data().constants['capability_slope_before']:g} index points a year before April 2024, more since); variants of spillover as in the world model."
        ),
        caveats=(
            "A founder's estimate of a gap in efficiency, without a range; chips held are another matter.",
            "Where the follower is further behind for other reasons, spillover closes more of the rest and the same disadvantage is worth less.",
            "The closed form takes the ratio as constant; dollars are those of the final run alone.",
        ),
    )  # fmt: skip
