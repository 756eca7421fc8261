"""What efficiency does over time: small actors get in, large ones get further, and there is a window to prepare."""

import math
from typing import Annotated

import numpy as np

from leadtime.errors import BadInputError
from leadtime.progress import InvestmentEfficiency, access_effect, performance_effect, preparation_window_yr
from leadtime.study._outputs import world_data
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._changes import values_of
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import (
    BOUNDS_YR,
    Draws,
    Floats,
    ScenarioName,
    Seed,
    first_date,
    quantile_row,
    series,
    source_ids,
    uniform,
)

__all__ = ["access_and_performance", "preparation"]

HOUR_S = 3600.0
MOST_SCALE_EXPONENT = 0.1
"""Greatest elasticity of algorithmic efficiency in investment: gains that grow with scale help small actors less."""
Budgets = Annotated[tuple[float, ...], Argument(text="What actors can invest in one model [USD]")]
Usd = Annotated[float, Argument(text="Budget [USD]", low=1e3, high=1e13)]
GROWTHS = ("algorithm_growth", "price_decline", "capability_slope", "publication_delay", "mfu_us")


def _check_budgets(budgets: tuple[float, ...]) -> None:
    if not budgets or any(not 1e2 <= budget <= 1e13 for budget in budgets):
        raise BadInputError("Budgets must be amounts from 100 to 1e13 USD, at least one.")


def _growth(scenario: str, draws: int, seed: int) -> dict[str, Floats]:
    """Return what is uncertain about efficiency: log growth a year of algorithms and hardware, points per decade, exponent of scale."""
    drawn = values_of(GROWTHS, scenario, draws=draws, seed=seed)
    algorithms = np.log(drawn["algorithm_growth"])
    compute = math.log(world_data().constants["frontier_compute_growth"])
    return {
        **drawn,
        "log_algorithms": algorithms,
        "points_per_decade": drawn["capability_slope"] * math.log(10.0) / (algorithms + compute),
        "scale_exponent": MOST_SCALE_EXPONENT * uniform("scale exponent", draws, seed),
    }


def _parameters(grown: dict[str, Floats]) -> dict[str, Floats]:
    return {name: grown[name] for name in (*GROWTHS, "scale_exponent")}


@question
def access_and_performance(
    years: Annotated[float, Argument(text="Years that pass", low=0.0, high=20.0)] = 2.0,
    first_usd: Annotated[
        float, Argument(text="What the first actor spent to reach the level [USD]", low=1e3, high=1e12)
    ] = 1e8,
    budgets: Budgets = (1e5, 3e5, 1e6, 3e6, 1e7, 3e7, 1e8, 3e8, 1e9),
    large_usd: Usd = 1e9,
    small_usd: Usd = 1e7,
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say what one path of efficiency does for small actors (access) and for a large one (performance).

    Access: what a fixed level costs later, and how many of the budgets reach it. Performance: what a constant large budget gains.
    """
    _check_budgets(budgets)
    if small_usd > large_usd:
        raise BadInputError("small_usd must not be greater than large_usd.")
    grown = _growth(scenario, draws, seed)
    path = InvestmentEfficiency(
        reference_usd=first_usd,
        capability_at_reference=0.0,
        points_per_decade=1.0,
        log_algorithm_growth_per_yr=grown["log_algorithms"],
        log_hardware_growth_per_yr=grown["price_decline"],
        scale_exponent=grown["scale_exponent"],
    )
    cost = np.asarray(path.investment_needed_usd(0.0, years))
    able = [
        np.asarray(access_effect(path, 0.0, np.asarray(budgets), np.full(draws, gone)), dtype=float)
        for gone in (0.0, years)
    ]
    window = preparation_window_yr(
        large_usd,
        small_usd,
        log_algorithm_growth_per_yr=grown["log_algorithms"],
        log_hardware_growth_per_yr=grown["price_decline"],
        scale_exponent=grown["scale_exponent"],
    )
    gain = np.asarray(performance_effect(path, large_usd, years)) * grown["points_per_decade"]
    figures = {
        "cost_ratio": Sampled.single(f"Cost of the same level after {years:g} years, over the first cost", "frac", cost / first_usd),
        "actors_added": Sampled.single(f"More of {len(budgets)} actors that reach it", "count", able[1] - able[0]),
        "gain_points": Sampled.single(f"Gain of a constant budget of {_usd(large_usd)}", "index", gain),
        "window_months": Sampled.single(
            f"Months from {_usd(large_usd)} to {_usd(small_usd)} for the same level", "month", 12 * np.asarray(window)
        ),
        "cost_usd": Sampled.single(f"Cost of that level after {years:g} years", "USD", cost),
    }  # fmt: skip
    rows = [
        quantile_row(np.asarray(path.investment_needed_usd(0.0, float(gone))) / 1e6, label=f"after {gone:.2g} years")
        for gone in np.linspace(0.0, max(years, 0.1), 5)
    ]
    return Answer(
        figures=figures,
        parameters=_parameters(grown),
        rows=rows,
        chart={
            "kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high",
            "x_title": "Cost of the same level [million USD]",
        },
        source_ids=source_ids(("us_capability",)),
        method=(
            "What a dollar buys grows with algorithms and with compute per dollar, both as the world model draws them; gains may grow with scale "
            f"(exponent 0 to {MOST_SCALE_EXPONENT:g}, even), which widens the gap between large and small."
        ),
        caveats=("Budgets stay as they are; in fact large ones grow, and the frontier moves away while small actors catch up with a fixed level.",),
    )  # fmt: skip


@question
def preparation(
    capability: Annotated[
        float, Argument(text="Level of capability [index; the frontier gains some 15 a year]", low=60.0, high=400.0)
    ] = 150.0,
    budgets: Budgets = (1e6, 1e7, 1e8),
    usd_per_h100_hour: Annotated[float, Argument(text="Price of an H100-hour [USD]", low=0.05, high=50.0)] = 2.0,
    late_months: Annotated[
        float | None,
        Argument(
            text="Further months until small actors have the methods; none takes the uncertain delay of publication",
            low=0.0,
            high=120.0,
        ),
    ] = None,
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say how long there is to prepare, from the first model of a level until an actor with a small budget can train one.

    The leader's largest run at that date has a cost; what a dollar buys grows from then on. The figure is for the middle budget.
    """
    _check_budgets(budgets)
    names = ("us_capability", "us_run_flop")
    run = series(scenario, names, draws=draws, seed=seed)
    grown = _growth(scenario, draws, seed)
    start = first_date(run["us_capability"], capability)
    flop = np.exp(_at_each(np.log(run["us_run_flop"]), start))
    leader = flop / (grown["mfu_us"] * world_data().constants["peak_flop_per_s"] * HOUR_S) * usd_per_h100_hour
    late = grown["publication_delay"] / 12 if late_months is None else np.full(draws, late_months / 12)

    def window(budget: float) -> Floats:
        open_yr = preparation_window_yr(
            np.maximum(leader, budget),
            budget,
            log_algorithm_growth_per_yr=grown["log_algorithms"],
            log_hardware_growth_per_yr=grown["price_decline"],
            late_yr=late,
            scale_exponent=grown["scale_exponent"],
        )
        return 12 * np.asarray(open_yr)

    middle = sorted(budgets)[len(budgets) // 2]
    opened = source_ids(names)
    figures = {
        "window_months": Sampled.single(f"Months until {_usd(middle)} train what the leader reached first", "month", window(middle)),
        "leader_usd": Sampled.single("Cost of the leader's largest run at that date", "USD", leader),
        "reached_yr": Sampled.single(f"When the US leader reaches {capability:g}", "yr", start),
        "small_yr": Sampled.single(f"When {_usd(middle)} train it", "yr", start + window(middle) / 12),
        "shortest_months": Sampled.single(f"Months until {_usd(max(budgets))} train it", "month", window(max(budgets))),
        "longest_months": Sampled.single(f"Months until {_usd(min(budgets))} train it", "month", window(min(budgets))),
        "open_months": Sampled.single(
            "Months until a model with open weights has the level", "month",
            12 * (first_date(series(scenario, ("open_capability",), draws=draws, seed=seed)["open_capability"], capability) - start),
        ),
    }  # fmt: skip
    rows = [quantile_row(window(budget), label=f"{_usd(budget)}") for budget in sorted(budgets)]
    return Answer(
        figures=figures,
        parameters=_parameters(grown),
        rows=rows,
        chart={
            "kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high",
            "x_title": "Months from the first model to one within the budget",
        },
        source_ids=opened,
        method=(
            f"World model, scenario {scenario}: date and largest run of the leader at the level, priced at {usd_per_h100_hour:g} USD per H100-hour; then the "
            "closed form of the window with growth of algorithms and of compute per dollar, methods late by their delay of publication."
        ),
        caveats=(
            "Only training from the ground up: weights that are published or stolen, and distillation, end the window earlier (see open weights).",
            "The price of compute is that of today; experiments, staff and data of the small actor are not counted.",
        ),
    )  # fmt: skip


def _at_each(values: Floats, when_yr: Floats) -> Floats:
    """Return a stock at another time for every draw, linear between bounds; NaN where there is no time."""
    place = np.clip((np.nan_to_num(when_yr, nan=2022.0) - BOUNDS_YR[0]) * 4, 0, len(values) - 1.001)
    low = place.astype(int)
    draw = np.arange(values.shape[1])
    found = values[low, draw] * (1 - (place - low)) + values[low + 1, draw] * (place - low)
    return np.where(np.isnan(when_yr), np.nan, found)


def _usd(amount: float) -> str:
    for size, word in ((1e9, "billion"), (1e6, "million"), (1e3, "thousand")):
        if amount >= size:
            return f"{amount / size:.3g} {word} USD"
    return f"{amount:.3g} USD"
