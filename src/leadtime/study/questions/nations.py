"""Two countries against each other: compute added in a year, compute in use, compute sold by channel, months between their models."""

from datetime import date
from typing import Annotated

import numpy as np

from leadtime import chips
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import (
    Day,
    Draws,
    ScenarioName,
    Seed,
    at,
    fan_rows,
    followers,
    in_year,
    inputs,
    months,
    quantile_row,
    series,
    source_ids,
    weights,
    year_frac,
)

__all__ = ["compute_added", "compute_in_use", "compute_sold", "months_between"]

CHANNELS = {
    "legal": ("prc_legal_h100e", "Bought legally"),
    "leaked": ("prc_leaked_h100e", "Smuggled"),
    "domestic": ("prc_domestic_h100e", "Made in the PRC"),
    "rented": ("prc_rented_new_h100e", "Newly rented abroad"),
}
SOLD = {"legal": "prc_sold_legal_h100e", "leaked": "prc_sold_leaked_h100e", "domestic": "prc_sold_domestic_h100e"}


@question
def compute_added(
    year: Annotated[int, Argument(text="Calendar year", low=2022, high=2032)] = 2026,
    unit_chip: Annotated[str, Argument(text="Chip in whose equivalents PRC purchases are also told")] = "b300",
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say how much compute the United States and the PRC add in a year, and by which channels the PRC does.

    The ratio counts what users buy (United States) and what is bought legally, smuggled or made at home (PRC); rental abroad stands apart.
    """
    names = ("us_acquired_h100e", "prc_acquired_h100e", *(name for name, _ in CHANNELS.values()))
    run = series(scenario, names, draws=draws, seed=seed)
    prc, american = in_year(run["prc_acquired_h100e"], year), in_year(run["us_acquired_h100e"], year)
    rented = in_year(run["prc_rented_new_h100e"], year)
    size = chips.training_ratio_h100(chips.find_chip(unit_chip)).value or np.nan
    figures = {
        "ratio": Sampled.single(f"Compute added in {year}, United States over PRC", "ratio", american / prc),
        "ratio_with_rent": Sampled.single("The same with what the PRC newly rents abroad", "ratio", american / (prc + rented)),
        "prc_h100e": Sampled.single(f"Compute that the PRC acquires in {year}", "H100e", prc),
        "prc_equivalents": Sampled.single(f"The same in {unit_chip.upper()}", "chips", prc / size),
        "prc_all_equivalents": Sampled.single(f"With new rental abroad, in {unit_chip.upper()}", "chips", (prc + rented) / size),
        "us_h100e": Sampled.single(f"Compute that US users buy in {year}", "H100e", american),
    }  # fmt: skip
    rows = [quantile_row(in_year(run[name], year), label=words, unit="H100e") for name, words in CHANNELS.values()]
    return Answer(
        figures=figures,
        parameters=inputs(scenario, draws=draws, seed=seed),
        rows=rows,
        chart={"kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high", "x_title": f"H100-equivalents added by the PRC in {year}"},
        source_ids=source_ids(names),
        method=f"World model, scenario {scenario}: sum of the four quarters of {year}.",
        caveats=("H100-equivalents count peak rates at 8 bit, not what software makes of them.",),
    )  # fmt: skip


@question
def compute_in_use(
    on: Day = date(2026, 7, 1), scenario: ScenarioName = "baseline", draws: Draws = 2000, seed: Seed = 1
) -> Answer:
    """Say what share of the world's AI compute the PRC uses on a day, and how far the United States is ahead in training and in serving."""
    names = ("prc_used_h100e", "us_used_h100e", "row_used_h100e", "training_ratio", "serving_ratio")
    run = series(scenario, names, draws=draws, seed=seed)
    world = run["prc_used_h100e"] + run["us_used_h100e"] + run["row_used_h100e"]
    share = run["prc_used_h100e"] / world
    figures = {
        "prc_share_frac": Sampled.single(f"PRC share of the world's AI compute in use, {on:%B %Y}", "frac", at(share, on)),
        "prc_h100e": Sampled.single("Compute of PRC users", "H100e", at(run["prc_used_h100e"], on)),
        "us_h100e": Sampled.single("Compute of US users", "H100e", at(run["us_used_h100e"], on)),
        "training_ratio": Sampled.single("Compute usable in training, US over PRC", "ratio", at(run["training_ratio"], on)),
        "serving_ratio": Sampled.single("Serving capacity, US over PRC", "ratio", at(run["serving_ratio"], on)),
        "training_over_serving": Sampled.single(
            "Lead in training over lead in serving", "ratio", at(run["training_ratio"] / run["serving_ratio"], on)
        ),
    }  # fmt: skip
    return Answer(
        figures=figures,
        parameters=inputs(scenario, draws=draws, seed=seed),
        rows=fan_rows(share, since_yr=2023.0, until_yr=max(2030.0, year_frac(on))),
        chart={
            "kind": "fan", "x": "time_yr", "y": "median", "low": "low", "high": "high",
            "y_title": "PRC share of the world's AI compute in use",
        },
        source_ids=source_ids(names),
        method=f"World model, scenario {scenario}: chips at work for users of each country, rented ones with the user.",
        caveats=("Chips sold but not yet at work do not count; counts of sales give another share.",),
    )  # fmt: skip


@question
def compute_sold(
    channel: Annotated[str, Argument(text="How it came", choices=tuple(SOLD))] = "legal",
    on: Day = date(2025, 1, 1),
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say how much compute has come to the PRC since 2022 by a channel, counted when sold."""
    sold = series(scenario, (SOLD[channel],), draws=draws, seed=seed)[SOLD[channel]]
    words = CHANNELS[channel][1]
    return Answer(
        figures={"sold_h100e": Sampled.single(f"{words} since 2022, to {on:%B %Y}", "H100e", at(sold, on))},
        parameters=inputs(scenario, draws=draws, seed=seed),
        rows=fan_rows(sold, until_yr=max(2027.0, year_frac(on))),
        chart={
            "kind": "fan", "x": "time_yr", "y": "median", "low": "low", "high": "high",
            "y_title": f"{words} since 2022, H100-equivalents",
        },
        source_ids=source_ids((SOLD[channel],)),
        method=f"World model, scenario {scenario}; sales since the start of 2022, nothing taken off for retirement or time on the way.",
    )  # fmt: skip


@question
def months_between(
    on: Day = date(2025, 7, 1), scenario: ScenarioName = "baseline", draws: Draws = 2000, seed: Seed = 1
) -> Answer:
    """Say how many months PRC models are behind on a day: as public releases show it, and inside the labs."""
    names = [f"lead_{kind}_months_{variant}" for kind in ("apparent", "true") for variant in ("s0", "s1", "s2")]
    run = series(scenario, (*names, "lead_apparent_months"), draws=draws, seed=seed)
    apparent, true = (
        {variant: at(run[f"lead_{kind}_months_{variant}"], on) for variant in ("s0", "s1", "s2")}
        for kind in ("apparent", "true")
    )
    return Answer(
        figures={
            name: months(label, values, seed=seed, scenarios=(scenario,))
            for name, label, values in (
                ("apparent_months", f"Months between public models, {on:%B %Y}", apparent),
                ("true_months", "Months between models inside the labs", true),
                (
                    "hidden_months",
                    "Months that release delays hide",
                    {name: true[name] - apparent[name] for name in apparent},
                ),
            )
        },
        weights=weights(),
        parameters=inputs(scenario, draws=draws, seed=seed),
        members=followers((scenario,), draws=draws, seed=seed),
        rows=fan_rows(run["lead_apparent_months"], since_yr=2023.0, until_yr=max(2028.0, year_frac(on))),
        chart={
            "kind": "fan", "x": "time_yr", "y": "median", "low": "low", "high": "high",
            "y_title": "Months between public models",
        },
        source_ids=source_ids(("lead_apparent_months",)),
        method=f"World model, scenario {scenario}: time since the United States had what the PRC has, by effective training compute.",
        caveats=("Single releases come in leaps; the model follows their envelope.",),
    )  # fmt: skip
