"""Whether money or chips are the constraint: what a little more of each buys, and the price that scarcity sets."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from json import dumps, loads
from typing import Annotated, Any

import numpy as np

from leadtime import study
from leadtime.errors import BadInputError
from leadtime.study._jax import has_jax
from leadtime.study._scenarios import scenario_from_data
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._changes import changed_series
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import (
    Day,
    Draws,
    Floats,
    ScenarioName,
    Seed,
    at,
    fan_rows,
    inputs,
    resolved,
    series,
    source_ids,
    year_frac,
)

__all__ = ["money_or_chips"]

STOCKS = ("prc_used_h100e", "prc_training_h100e")
SUPPLIED = ("prc_leaked_h100e", "prc_domestic_h100e")
FLOWS = (
    *SUPPLIED, "prc_acquired_h100e", "prc_rented_new_h100e", "prc_budget_usd", "merchant_price_usd_per_h100e", "scarcity_premium_ratio",
)  # fmt: skip
GOT = ("prc_acquired_h100e", "prc_rented_new_h100e")
SUPPLY = ("leakage", "domestic_production")
CHECK_FRAC = 0.02
GRADIENT_DRAWS = 500
"""Draws on which the gradient is taken."""
USED = "prc_used_h100e"


@question
def money_or_chips(
    on: Day = date(2027, 1, 1),
    more: Annotated[float, Argument(text="How much more of each, as a share", low=0.01, high=1.0)] = 0.1,
    since: Annotated[
        date, Argument(text="First day of the flows that are compared", low=date(2022, 1, 1), high=date(2032, 9, 1))
    ] = date(2024, 1, 1),
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Compare more money with more chips for the PRC at the margin, and the shadow price of a chip with its cash price.

    Paired differences: the same draws with a larger budget, and with as much more from the channels that money does not open (leaked and domestic
    chips). The shadow price is what one more chip costs by way of a larger budget, over what it costs abroad.
    """  # fmt: skip
    if on <= since:
        raise BadInputError("`on` must be later than `since`.")
    names = (*STOCKS, *FLOWS)
    base = series(scenario, names, draws=draws, seed=seed)
    richer, nudged = (
        changed_series(scenario, names, {"budget": _times(1 + by)}, draws=draws, seed=seed) for by in (more, CHECK_FRAC)
    )
    supplied = changed_series(scenario, names, {name: _times(1 + more) for name in SUPPLY}, draws=draws, seed=seed)
    span = slice(round((year_frac(since) - 2022.0) * 4), round((year_frac(on) - 2022.0) * 4))
    spent = (richer["prc_budget_usd"] - base["prc_budget_usd"])[span].sum(axis=0)
    got = _more(richer, base, GOT, span)
    brought = _more(supplied, base, GOT, span) / np.maximum(_more(supplied, base, SUPPLIED, span), 1e-9)
    cash = (base["prc_budget_usd"] * base["merchant_price_usd_per_h100e"])[span].sum(axis=0) / base["prc_budget_usd"][
        span
    ].sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shadow = np.where(got > 0, spent / got / cash, np.inf)
    response = {
        name: _response(run, base, by, on) for name, run, by in (("money", richer, more), ("check", nudged, CHECK_FRAC))
    }
    exact = _gradient(scenario, on, draws=min(draws, GRADIENT_DRAWS), seed=seed) if has_jax() else None
    premium = base["scarcity_premium_ratio"]
    year = premium[span.stop - 4 : span.stop].mean(axis=0) if span.stop >= 4 else premium[: span.stop].mean(axis=0)
    figures = {
        "premium": Sampled.single(f"Price of a controlled chip in the PRC over that abroad, less one, year to {on:%B %Y}", "ratio", year),
        "shadow_ratio": Sampled.single("Cost of one more H100e by way of a larger budget, over its price abroad", "ratio", shadow),
        "money_elasticity": Sampled.single(
            f"Growth of PRC compute in {on:%B %Y} per growth of its budget", "ratio", response["money"]
        ),
        "chips_yield": Sampled.single("H100e that one more leaked or domestic H100e adds in all", "ratio", brought),
        "money_yield": Sampled.single("H100e that the price of one adds through a larger budget", "ratio", 1 / shadow),
        "check_ratio": Sampled.single(
            f"First by a step of {CHECK_FRAC:.0%} instead of {more:.0%}, less the first", "ratio", response["check"] - response["money"]
        ),
    }  # fmt: skip
    if exact is not None:
        figures["gradient_ratio"] = Sampled.single(
            "Growth of PRC compute per growth of its budget by the gradient, less that by the small step",
            "ratio",
            exact - response["check"][: len(exact)],
        )
    return Answer(
        figures=figures,
        parameters=inputs(scenario, draws=draws, seed=seed),
        rows=fan_rows(premium, since_yr=2023.0, until_yr=max(2030.0, year_frac(on))),
        chart={
            "kind": "fan", "x": "time_yr", "y": "median", "low": "low", "high": "high", "y_title": "Scarcity premium in the PRC",
        },
        source_ids=source_ids(names),
        method=(
            f"World model, scenario {scenario}, same draws with the budget {more:.0%} larger at all dates, and with leaked and domestic supply {more:.0%} larger; "
            f"flows from {since} to {on}. A step of {CHECK_FRAC:.0%} checks that the differences are local"
            + (
                "; JAX is not installed, so no gradient checks them too."
                if exact is None
                else f", and so does the gradient of the model (JAX) on {len(exact):,} of the draws: in the median draw it gives {np.median(exact):.3f} "
                f"where the small step gives {np.median(response['check'][: len(exact)]):.3f} and the large one {np.median(response['money'][: len(exact)]):.3f}. "
                "They part where a limit or a market that clears lies within the step."
            )
        ),
        caveats=(
            "Money also pays for leaked chips, rent abroad and legal parts, so it is never worthless; what it cannot do is open a channel.",
            "Spending in the PRC may be low because chips cannot be bought: then the true budget is larger and the premium too.",
        ),
    )  # fmt: skip


def _gradient(scenario: str, on: date, *, draws: int, seed: int) -> Floats:
    """Return the log change of compute in use over that of the budget by the gradient of the model, by draw."""
    found = _derivatives(dumps(resolved(scenario).as_data(), sort_keys=True), draws, seed)
    slope: Floats = at(found.slopes[USED]["budget"], on) / at(found.values[USED], on)
    return slope


@lru_cache(maxsize=8)
def _derivatives(scenario: str, draws: int, seed: int) -> study.Derivatives:
    """Return the derivatives by the budget, kept for a scenario: compiling takes seconds."""
    return study.derivatives(
        scenario_from_data(loads(scenario)), outputs=(USED,), by=("budget",), draws=draws, seed=seed
    )


def _more(run: dict[str, Floats], base: dict[str, Floats], names: tuple[str, ...], span: slice) -> Floats:
    """Return by how much the sum of flows over a span is larger, by draw."""
    total: Floats = np.sum([(run[name] - base[name])[span].sum(axis=0) for name in names], axis=0)
    return total


def _response(run: dict[str, Floats], base: dict[str, Floats], by: float, on: date) -> Floats:
    """Return the log change of compute in use over the log change of what was made larger."""
    result: Floats = np.log(at(run[USED], on) / at(base[USED], on)) / np.log1p(by)
    return result


def _times(factor: float) -> Callable[[Any], Any]:
    """Return a change of a lever by a factor, whether it is not set, a number, or steps over time."""

    def changed(value: Any) -> Any:
        if value is None:
            return factor
        if isinstance(value, tuple):
            return tuple((day, None if level is None else level * factor) for day, level in value)
        return float(value) * factor

    return changed
