"""Clusters: how many chips one operator can bring together, and when a run of a given size becomes possible."""

from datetime import date
from typing import Annotated, Any

import numpy as np

from leadtime import catalog, world
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
    plain,
    quantile_row,
    series,
    source_ids,
    uniform,
    year_frac,
)

__all__ = ["largest_cluster", "run_date"]

NATIONS = {
    "PRC": ("prc", world.PRC_CLASSES, "prc_own_h100e"),
    "US": ("non_prc", world.NON_PRC_CLASSES, "non_prc_own_h100e"),
}
LAST_YR = 2033.0
SMALLEST_SHOWN = 5000.0
"""Observed clusters of fewer chips are not shown."""
SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)

Whose = Annotated[
    str,
    Argument(
        text="Whose cluster: that of the lab with the best models, the largest of any developer, or uncertain between them",
        choices=("leader", "largest", "between"),
    ),
]


@question
def largest_cluster(
    on: Day = date(2025, 1, 27),
    ahead_yr: Annotated[
        float, Argument(text="Years until clusters under construction work [yr]", low=0.0, high=3.0)
    ] = 1.0,
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say how many chips the largest cluster of either country holds, and how much compute each country uses.

    A cluster is the share of a developer's compute that works as one; the largest developer counts, whoever it is. H100-equivalents become
    chips at the mix of classes that the country owns.
    """
    names = _cluster_names()
    run = series(scenario, names, draws=draws, seed=seed)
    share = inputs(scenario, draws=draws, seed=seed).get("cluster_share", np.full(draws, np.nan))
    ahead = min(year_frac(on) + ahead_yr, LAST_YR)
    chips = {nation: _largest_h100e(run, nation) * share * _chips_per_h100e(run, nation) for nation in NATIONS}
    figures = {
        "prc_cluster_chips": Sampled.single(f"Chips of the largest Chinese cluster, {on:%B %Y}", "chips", at(chips["PRC"], on)),
        "us_cluster_chips": Sampled.single(
            f"Chips of the largest American cluster that is at work by {ahead:.0f}", "chips", at(chips["US"], ahead)
        ),
        "us_now_chips": Sampled.single(f"Chips of the largest American cluster, {on:%B %Y}", "chips", at(chips["US"], on)),
        "ratio": Sampled.single(
            "American over Chinese compute in one cluster, that day, in H100-equivalents",
            "ratio",
            at(_largest_h100e(run, "US"), on) / at(_largest_h100e(run, "PRC"), on),
        ),
        "prc_stock_h100e": Sampled.single(f"Compute of PRC users, {on:%B %Y}", "H100e", at(run["prc_used_h100e"], on)),
        "us_stock_h100e": Sampled.single(f"Compute of US users, {on:%B %Y}", "H100e", at(run["us_used_h100e"], on)),
    }  # fmt: skip
    rows = [
        *(
            quantile_row(at(chips[nation], float(year)), label=f"{nation}, model, start of {year}")
            for nation in NATIONS
            for year in range(on.year, min(on.year + 2, 2033))
            if year >= 2022
        ),
        *_observed(on),
    ]
    return Answer(
        figures=figures,
        parameters=inputs(scenario, draws=draws, seed=seed),
        rows=rows,
        chart={"kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high", "x_title": "Chips in one cluster", "log": True},
        source_ids=tuple(sorted({*source_ids(names), *(row["source_id"] for row in catalog.table("clusters"))})),
        method=f"World model, scenario {scenario}: compute of the largest developer times the share of it that works as one cluster.",
        caveats=(
            "The share of a developer's compute that works as one cluster is a judgement with a range of five; observed clusters stand beside it.",
            "Few clusters in China are documented, so the largest need not be among those shown.",
        ),
    )  # fmt: skip


def _labs(nation: str) -> tuple[str, ...]:
    return tuple(row["id"] for row in catalog.table("labs") if row["nation"] == nation and row["role"] == "developer")


def _cluster_names() -> tuple[str, ...]:
    labs = [f"lab_{lab}_h100e" for nation in NATIONS for lab in _labs(nation)]
    stocks = [f"{prefix}_{kind}_chips" for prefix, kinds, _ in NATIONS.values() for kind in kinds]
    return (*labs, *stocks, *(own for *_, own in NATIONS.values()), "prc_used_h100e", "us_used_h100e")


def _largest_h100e(run: dict[str, Floats], nation: str) -> Floats:
    result: Floats = np.max([run[f"lab_{lab}_h100e"] for lab in _labs(nation)], axis=0)
    return result


def _chips_per_h100e(run: dict[str, Floats], nation: str) -> Floats:
    prefix, kinds, own = NATIONS[nation]
    total = sum((run[f"{prefix}_{kind}_chips"] for kind in kinds), np.zeros_like(run[own]))
    result: Floats = total / run[own]
    return result


def _observed(on: date) -> list[dict[str, Any]]:
    """Return clusters of the catalogue that stood, or were being built, within two years of a day, as rows."""
    rows = []
    for row in catalog.table("clusters"):
        if row["country"] in {"CN", "US"} and row["n_chips"] and abs(int(row["date"][:4]) - on.year) <= 2:
            chips = float(row["n_chips"])
            if chips < SMALLEST_SHOWN:
                continue
            low, high = (float(row[key] or chips) for key in ("n_chips_low", "n_chips_high"))
            name = f"{row['country'].replace('CN', 'PRC')}, {row['name']} ({row['owner']}), {row['date'][:4]}"
            rows.append({"label": name, "low": min(low, chips), "median": chips, "high": max(high, chips)})
    return sorted(rows, key=lambda one: (str(one["label"])[:2], -float(one["median"])))


WHOSE = {
    "leader": "the lab with the best models",
    "largest": "the largest developer",
    "between": "one developer, drawn between the lab with the best models and the largest owner,",
}


@question
def run_date(
    n_chips: Annotated[
        int, Argument(text="Chips of one run, in H100-equivalents", low=1000, high=100_000_000)
    ] = 100_000,
    against: ScenarioName = "no_controls",
    whose: Whose = "between",
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say when either country can bring N H100-equivalents to one run, and how much later than under another policy.

    A cluster that is not reached by the end of the model (2033) counts as reached then, so a delay is a lower bound in such draws.
    """
    leaders = {nation: f"{nation.casefold()}_cluster_h100e" for nation in NATIONS}
    names = (*leaders.values(), *(f"lab_{lab}_h100e" for nation in NATIONS for lab in _labs(nation)))
    toward_largest = {"leader": np.zeros(draws), "largest": np.ones(draws)}.get(
        whose, uniform("whose cluster", draws, seed)
    )

    def clusters(policy: str, nation: str) -> Floats:
        run = series(policy, names, draws=draws, seed=seed)
        share = inputs(policy, draws=draws, seed=seed, names=["cluster_share"])["cluster_share"]
        leader, largest = run[leaders[nation]], _largest_h100e(run, nation) * share
        path: Floats = np.maximum(leader, 1e-9) ** (1 - toward_largest) * np.maximum(largest, 1e-9) ** toward_largest
        return path

    paths = (
        (f"PRC, {scenario}", clusters(scenario, "PRC")),
        (f"PRC, {against}, for comparison", clusters(against, "PRC")),
        (f"US, {scenario}", clusters(scenario, "US")),
    )
    here, there, american = (first_date(path, float(n_chips)) for _, path in paths)
    delay = _delay_months(here, there)
    other = plain(against)
    figures = {
        "delay_months": Sampled.single(
            f"Months later that the PRC has {n_chips:,} chips in one run, against {other}", "month", delay
        ),
        "prc_yr": Sampled.single(f"When the PRC can put {n_chips:,} H100-equivalents into one run", "yr", here),
        "against_yr": Sampled.single(f"The same with {other}", "yr", there),
        "us_yr": Sampled.single("The same for the US", "yr", american),
        "reached_frac": Sampled.single("Reached by the PRC before 2033", "frac", (~np.isnan(here)).astype(float)),
    }
    rows = [_delay_row(size, *(path for _, path in paths)) for size in sorted({*SIZES, n_chips})]
    return Answer(
        figures=figures,
        parameters={
            **inputs(scenario, draws=draws, seed=seed),
            **({"whose cluster: leading lab or largest owner": toward_largest} if whose == "between" else {}),
        },
        rows=rows,
        chart={
            "kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high",
            "x_title": "Months later by size of the run",
        },
        source_ids=source_ids(names),
        method=(
            f"World model, scenarios {scenario} and {against} on the same draws; a run is possible once the coherent cluster of "
            f"{WHOSE[whose]} holds that many."
        ),
        caveats=(
            "A run can also be stretched over time or over sites, which makes size matter less.",
            "Draws that never get there count as 2033, so their delay is a lower bound.",
        ),
    )  # fmt: skip


def _delay_months(here: Floats, there: Floats) -> Floats:
    """Return how much later a date comes; a date after the end of the model counts as its end."""
    result: Floats = 12 * (np.nan_to_num(here, nan=LAST_YR) - np.nan_to_num(there, nan=LAST_YR))
    return result


def _delay_row(size: int, here: Floats, there: Floats, american: Floats) -> dict[str, Any]:
    """Return the delay at one size of the run, with the dates in which half of the draws get there."""
    dates = [first_date(path, float(size)) for path in (here, there, american)]
    delay = quantile_row(_delay_months(*dates[:2]), label=f"{size:,} chips")
    names = ("prc_yr", "against_yr", "us_yr")
    return {**delay, **{name: quantile_row(found)["median"] for name, found in zip(names, dates, strict=True)}}
