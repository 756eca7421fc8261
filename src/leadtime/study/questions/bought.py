"""What controls buy in months of lead, what that costs, and what a recipe would have been worth on more chips."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import numpy as np

from leadtime import chips, progress, study
from leadtime.errors import LeadtimeError, OutOfRangeError
from leadtime.study import estimator
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._estimates import SAME_FAMILY, UNRELATED, log_sd, ratio_draws
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import (
    Day,
    Draws,
    Floats,
    ScenarioName,
    Seed,
    at,
    followers,
    inputs,
    lead_difference,
    quantile_row,
    series,
    source_ids,
    stacked,
    weights,
    year_frac,
)

__all__ = ["months_bought", "recipe_on_fleet"]

Scenarios = Annotated[tuple[str, ...], Argument(text="Scenarios, separated by commas")]
DEFAULT_VARIANT = "S1"
MOST_CHIPS = 1_000_000
SEQUENCE_TOKENS = 4096
"""Sequence length of the recipe, the estimator's default; every chip needs a sequence of its own."""


@question
def months_bought(
    on: Day = date(2027, 1, 1),
    later: Day = date(2030, 1, 1),
    against: ScenarioName = "no_controls",
    lifted: Scenarios = ("rule_2022_only", "h20_free", "hbm_never", "foundry_never"),
    added: Scenarios = ("h20_banned", "cloud_closed", "zero_leakage", "strict_enforcement"),
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say how many months of lead controls buy, alone and together, what that costs in sales, and how leakage shrinks it.

    A control that stands is judged by a scenario in which it alone is lifted, one that does not stand by a scenario in which it is added.
    """
    names = ("prc_legal_spending_usd",)
    here, there = (
        series(name, names, draws=draws, seed=seed)["prc_legal_spending_usd"] for name in (scenario, against)
    )
    until = round((year_frac(on) - 2022.0) * 4)
    forgone = (there[:until] - here[:until]).sum(axis=0) / 1e9
    bought = lead_difference(f"Months of lead that controls buy by {on:%B %Y}", scenario, against, on, draws, seed)
    figures = {
        "months": bought,
        "later_months": lead_difference(f"The same by {later:%B %Y}", scenario, against, later, draws, seed),
        "forgone_busd": Sampled.single(f"Sales to the PRC forgone by {on:%B %Y}", "billion USD", forgone),
        "leak_months": _leak_effect(scenario, on, draws, seed),
    }
    rows, left_out = [_row(f"Against: {study.scenario(against).title}", bought)], []
    for name, word in (*((name, "Against") for name in lifted), *((name, "Further") for name in added)):
        title = study.scenario(name).title
        try:
            other = stacked(scenario, name)
            pair = (scenario, other) if word == "Against" else (other, scenario)
            rows.append(_row(f"{word}: {title}", lead_difference("", *pair, on, draws, seed)))
        except LeadtimeError as error:
            left_out.append(f"Left out of the table, since it cannot stand on {scenario}: {title}. {error.message}")
    return Answer(
        figures=figures,
        weights=weights(),
        parameters=inputs(scenario, draws=draws, seed=seed),
        members=followers((scenario, against), draws=draws, seed=seed),
        rows=rows,
        chart={
            "kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high",
            "x_title": f"Months of lead by {on.year}, spillover closing a share of the gap (S1)",
        },
        source_ids=source_ids((*names, "lead_true_months")),
        method=(
            f"World model on the same draws under {scenario} and {against}; months of true lead in three variants of spillover (none .2, a share "
            "of the gap .6, imitation as a floor .2). The table shows the second."
        ),
        caveats=(
            *left_out,
            "Where imitation alone sets the pace (S2), chips buy no time by construction; evidence does not yet rule that out.",
            "Sales are forgone only if supply would have grown: chips that were not sold to the PRC found other buyers.",
        ),
    )  # fmt: skip


def _leak_effect(scenario: str, on: date, draws: int, seed: int) -> Sampled:
    scale = inputs(scenario, draws=draws, seed=seed).get("leak_scale")
    ends: list[Mapping[str, float]] = [{}, {}]
    if scale is not None:
        ends = [{"leak_scale": float(np.quantile(scale, level))} for level in (0.1, 0.9)]
    return lead_difference(
        "Months that shrink away from low to high leakage (10th to 90th percentile)",
        scenario, scenario, on, draws, seed, fixed_here=ends[0], fixed_there=ends[1],
    )  # fmt: skip


def _row(label: str, months: Sampled) -> dict[str, Any]:
    row = quantile_row(months.draws[DEFAULT_VARIANT], label=label)
    others = {
        f"median_{name.casefold()}": float(np.median(values))
        for name, values in months.draws.items()
        if name != DEFAULT_VARIANT
    }
    return {**row, **others}


@question
def recipe_on_fleet(
    chip: Annotated[str, Argument(text="Chip of the larger fleet")] = "b200",
    n_chips: Annotated[int, Argument(text="Chips of the larger fleet", low=8, high=1_000_000)] = 200_000,
    base_chip: Annotated[str, Argument(text="Chip that was used")] = "h800",
    base_chips: Annotated[int, Argument(text="Chips that were used", low=8, high=1_000_000)] = 2048,
    model: Annotated[str, Argument(text="Model whose recipe it is: a catalogue name or a config.json")] = "deepseek-v3",
    tokens: Annotated[float, Argument(text="Tokens of the run on the base fleet", low=1e9, high=1e16)] = 14.8e12,
    batch: Annotated[
        float, Argument(text="Tokens of a global batch, unless the fleet is too large for it", low=1e4, high=1e9)
    ] = 62_914_560.0,
    on: Annotated[
        date,
        Argument(
            text="Day from which the growth of frontier compute is read", low=date(2024, 1, 1), high=date(2030, 1, 1)
        ),
    ] = date(2025, 1, 1),
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say what the recipe of a run would have reached in the same days on a larger fleet: compute, months of frontier growth, index points.

    A multiple R of compute is worth ln R / (g_A + g_C) years of the frontier's growth, with g_A the growth of algorithms and g_C that of
    training compute; a point of the index is that time its slope.
    """
    if year_frac(on) + 1.0 > 2033.0:
        raise OutOfRangeError(
            "There is no year of growth left in the model after that day.", hint="Give an earlier day."
        )
    sampled = inputs(scenario, draws=draws, seed=seed)
    run = series(scenario, ("us_run_flop",), draws=draws, seed=seed)["us_run_flop"]
    growth = np.log(at(run, year_frac(on)) / at(run, year_frac(on) - 1.0))
    algorithms = np.log(inputs(scenario, draws=draws, seed=seed, names=["algorithm_growth"])["algorithm_growth"])
    slope = sampled["capability_slope"]
    normals = np.random.default_rng(seed).standard_normal(draws)
    fleets = ((base_chip, base_chips), (base_chip, min(8 * base_chips, MOST_CHIPS)), ("h100", 100_000), (chip, n_chips))
    answers = {fleet: _run_on(model, fleet, tokens, batch) for fleet in dict.fromkeys(fleets)}
    multiples = {fleet: _multiple(answers, fleet, fleets[0], normals) for fleet in answers}
    asked = multiples[fleets[-1]]
    months = progress.constant_ratio_lead_months(
        compute_ratio=asked, algorithm_lag_yr=0.0, log_algorithm_growth=algorithms, log_compute_growth=growth
    )
    figures = {
        "months": Sampled.single(
            f"Frontier growth that {n_chips:,} {chip.upper()} instead of {base_chips:,} {base_chip.upper()} are worth", "month", months
        ),
        "compute_multiple": Sampled.single("Training compute in the same days, over that of the base fleet", "ratio", asked),
        "points": Sampled.single("Points of the capability index", "index", slope * np.asarray(months) / 12),
        "tokens": Sampled.single("Tokens of the same model in the same days", "tokens", tokens * asked),
    }  # fmt: skip
    rows = [
        {
            "label": f"{count:,} {name.upper()}",
            "feasible": answers[name, count]["feasible"],
            "compute_multiple": float(np.nanmedian(values)) if np.isfinite(values).any() else None,
            "mfu_frac": answers[name, count]["mfu_frac"],
            **quantile_row(_months_of(values, algorithms, growth), unit="months of frontier growth"),
        }
        for (name, count), values in multiples.items()
    ]
    return Answer(
        figures=figures,
        parameters={**sampled, "estimate of the rate per chip": normals},
        rows=rows,
        chart={"kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high", "x_title": "Months of frontier growth"},
        source_ids=tuple(
            sorted({*source_ids(("us_run_flop",)), *(source for answer in answers.values() for source in answer["sources"])})
        ),
        method=(
            f"The estimator trains {model} on each fleet for the days that {tokens:.3g} tokens take on the base fleet; months by the growth of "
            f"frontier compute in the year before {on} and of algorithms in each draw."
        ),
        caveats=(
            "More compute on the same data and model meets limits that a multiple of FLOP does not show: a larger fleet would train a larger model.",
        ),
    )  # fmt: skip


def _run_on(model: str, fleet: tuple[str, int], tokens: float, batch: float) -> dict[str, Any]:
    name, count = fleet
    narrow = "fp8" in chips.find_chip(name).peak_flop_per_s
    return estimator.train(
        model,
        name,
        n_chips=count,
        tokens=tokens,
        batch_tokens=max(batch, float(count) * SEQUENCE_TOKENS),
        precision="fp8" if narrow else "bf16",
        on=date(2024, 12, 1),
    )


def _multiple(
    answers: Mapping[tuple[str, int], Mapping[str, Any]], fleet: tuple[str, int], base: tuple[str, int], normals: Floats
) -> Floats:
    """Return the compute of a fleet over that of the base fleet, in the same time, as draws."""
    one, other = answers[fleet], answers[base]
    if fleet == base:
        return np.ones(normals.shape)
    if not one["feasible"] or not other["feasible"]:
        return np.full(normals.shape, np.nan)
    ratio = fleet[1] * one["tokens_per_s_per_chip"] / (base[1] * other["tokens_per_s_per_chip"])
    same = chips.find_chip(fleet[0]).family == chips.find_chip(base[0]).family
    sds = [log_sd(answer, "tokens_per_s_per_chip") for answer in (one, other)]
    return ratio_draws(ratio, *sds, correlation=SAME_FAMILY if same else UNRELATED, normals=normals)


def _months_of(multiple: Floats, algorithms: Floats, growth: Floats) -> Floats:
    result: Floats = 12 * np.log(multiple) / (algorithms + growth)
    return result
