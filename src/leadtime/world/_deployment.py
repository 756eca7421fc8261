"""Serving users: capacity in tokens per day against demand, cost, price and users."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.world._clock import bounds_yr
from leadtime.world._data import WorldData

__all__ = ["Coefficients", "Info", "capacity", "coefficients", "cost_usd_per_mtok", "demand", "drivers", "serve"]

HOURS_PER_YR = 8766.0


class Coefficients(NamedTuple):
    """Per draw, constant over time; pairs are (US, PRC)."""

    tokens_per_h100e: Array
    """Tokens per day at the reference date [T per M H100e]."""
    log_efficiency_growth: Array
    deploy_share: tuple[Array, Array]
    """Share of the fleet that serves language models."""
    demand_start: tuple[Array, Array]
    log_demand_growth: tuple[Array, Array]
    demand_fade: Array
    capital_charge: Array
    """Yearly capital charge per dollar of accelerators [1/yr]."""
    power_kw: Array
    power_price: Array
    margin: Array


class Info(NamedTuple):
    """One nation at one bound: tokens per day [T] and shares."""

    capacity: Array
    demand: Array
    served: Array
    unmet_frac: Array
    utilisation_frac: Array


def drivers(data: WorldData) -> dict[str, np.ndarray]:
    """Return the series over the bounds that do not depend on draws."""
    known = data.constants
    t = bounds_yr()
    since = np.clip(t - known["demand_start"], None, known["demand_fast_years"])
    return {
        "serving_age": t - known["serving_reference_date"],
        "demand_fast": since,
        "demand_slow": np.clip(t - known["demand_start"] - known["demand_fast_years"], 0, None),
        "reasoning_age": t - known["serving_reference_date"],
        "power_factor": np.exp(-known["power_decline"] * (t - 2025.0)),
    }


def coefficients(params: Mapping[str, Array], constants: Mapping[str, float]) -> Coefficients:
    """Return what stays constant over time."""
    xp = namespace(*params.values())
    per_chip = constants["tokens_per_h100e_day"] / (
        constants["throughput_reference"] * constants["utilisation_reference"]
    )
    return Coefficients(
        tokens_per_h100e=per_chip * params["throughput"] * params["utilisation"],
        log_efficiency_growth=xp.log(params["serving_efficiency_growth"]),
        deploy_share=(
            params["deploy_share_us"] * params["llm_share"],
            params["deploy_share_prc"] * params["llm_share"],
        ),
        demand_start=(params["token_demand_us"], params["token_demand_prc"]),
        log_demand_growth=(xp.log(params["token_demand_growth_us"]), xp.log(params["token_demand_growth_prc"])),
        demand_fade=constants["demand_decay_factor"] * params["token_demand_decay"],
        capital_charge=params["server_overhead"] * params["capital_recovery"],
        power_kw=params["power_per_h100e"],
        power_price=params["power_price"],
        margin=params["margin"],
    )


def capacity(coefficients: Coefficients, drivers: Mapping[str, Array], serving: Array) -> Array:
    """Return what a fleet could serve if all of it served [T tokens/day], equation (34); ``serving`` in M H100 equivalents."""
    xp = namespace(serving)
    return coefficients.tokens_per_h100e * xp.exp(coefficients.log_efficiency_growth * drivers["serving_age"]) * serving


def demand(coefficients: Coefficients, drivers: Mapping[str, Array]) -> tuple[Array, Array]:
    """Return tokens wanted per day [T], US and PRC, equation (35): fast growth, then a growth rate that fades."""
    xp = namespace(coefficients.demand_fade)
    fade = coefficients.demand_fade
    years = drivers["demand_fast"] - xp.expm1(-fade * drivers["demand_slow"]) / fade
    us, prc = (
        start * xp.exp(growth * years)
        for start, growth in zip(coefficients.demand_start, coefficients.log_demand_growth, strict=True)
    )
    return us, prc


def serve(coefficients: Coefficients, nation: int, capacity: Array, demand: Array) -> Info:
    """Meet demand as far as the serving fleet allows; ``nation`` is 0 for the US, 1 for the PRC."""
    xp = namespace(capacity)
    available = coefficients.deploy_share[nation] * capacity
    served = xp.minimum(demand, available)
    return Info(capacity, demand, served, 1 - served / demand, served / xp.maximum(available, 1e-9))


def cost_usd_per_mtok(
    coefficients: Coefficients, drivers: Mapping[str, Array], *, price: Array, tokens_per_h100e: Array, pue: float
) -> Array:
    """Return the cost of a million tokens [USD], equation (36).

    Parameters
    ----------
    price : array
        Price of accelerators [USD per H100e].
    tokens_per_h100e : array
        Tokens per day and H100e of the fleet [T per M H100e, equal to M tokens per H100e].
    pue : float
        Facility power over IT power.
    """
    per_hour = coefficients.capital_charge * price * (1 / HOURS_PER_YR)
    power = coefficients.power_kw * (drivers["power_factor"] * pue) * coefficients.power_price
    return (per_hour + power) * 24 / tokens_per_h100e
