"""Domestic chips: the least of plan, logic dies and HBM, each with its own stock."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.world._clock import starts_yr
from leadtime.world._data import WorldData
from leadtime.world._policy import Policy

__all__ = ["Coefficients", "Info", "State", "coefficients", "drivers", "init", "step"]


class Coefficients(NamedTuple):
    """Per draw, constant over time."""

    plan_2024: Array
    plan_growth_2025: Array
    plan_growth: Array
    foreign_dies: Array
    die_rate: Array
    hbm_share: Array
    hbm_leak: Array
    hbm_start: Array
    hbm_ramp: Array


class State(NamedTuple):
    """Stores at the bound and the yearly plan after 2024."""

    dies: Array
    stacks: Array
    plan: Array


class Info(NamedTuple):
    """Flows of the interval [M dies, M stacks] and the input that binds: 0 plan, 1 dies, 2 HBM."""

    made: Array
    dies_in: Array
    stacks_in: Array
    binding: Array


def drivers(policy: Policy, data: WorldData) -> dict[str, np.ndarray]:
    """Return the series over time that do not depend on draws."""
    t = starts_yr()
    known = data.constants
    stocking = (t >= known["foreign_dies_start"]) & (
        t < known["foreign_dies_start"] + known["foreign_dies_quarters"] / 4
    )
    after = t >= known["foreign_dies_start"] + known["foreign_dies_quarters"] / 4
    growth = (1 + known["hbm_growth"]) ** np.clip(t - known["hbm_growth_from"], 0, None)
    hbm = np.where(t >= known["hbm_start"], known["hbm_imports"] / known["hbm_import_quarters"], 0.0) * growth
    return {
        "plan_factor": np.where(t < 2025, data.series["plan_factor"], 1.0) * policy.levers.plan_multiplier / 4,
        "plan_is_2025": (t == 2025.0).astype(float),
        "plan_grows": (t > 2025.0).astype(float),
        "foreign_die_share": np.where(stocking, 1.0, np.where(after, policy.foundry, 0.0))
        / known["foreign_dies_quarters"],
        "wafer_dies": data.series["wafers"] * 3 * known["dies_per_wafer"],
        "hbm_imports": hbm * policy.hbm,
        "hbm_closed": 1 - policy.hbm,
        "hbm_since": t - 2022.0,
    }


def coefficients(params: Mapping[str, Array]) -> Coefficients:
    """Return what stays constant over time; growth per quarter."""
    xp = namespace(*params.values())
    return Coefficients(
        plan_2024=params["ascend_plan_2024"],
        plan_growth_2025=params["ascend_plan_growth_2025"] * params["ascend_plan_growth"] ** -0.5,
        plan_growth=xp.exp(0.25 * xp.log(params["ascend_plan_growth"])),
        foreign_dies=params["foreign_dies"],
        die_rate=params["die_rate"],
        hbm_share=params["hbm_share"],
        hbm_leak=params["hbm_leak"],
        hbm_start=params["domestic_hbm_start"] - 2022.0,
        hbm_ramp=params["domestic_hbm_ramp"],
    )


def init(coefficients: Coefficients) -> State:
    """Return empty stores and the plan of 2024."""
    zero = 0.0 * coefficients.plan_2024
    return State(zero, zero, coefficients.plan_2024)


def step(
    coefficients: Coefficients, state: State, drivers: Mapping[str, Array], constants: Mapping[str, float]
) -> tuple[State, Info]:
    """Make packages from the stores and refill them, equation (9)."""
    xp = namespace(state.dies)
    jump, grows = drivers["plan_is_2025"], drivers["plan_grows"]
    plan_year = state.plan * (
        jump * coefficients.plan_growth_2025 + grows * coefficients.plan_growth + (1 - jump - grows)
    )
    plan = drivers["plan_factor"] * plan_year
    per_die = constants["stacks_per_die"]
    from_dies = constants["store_draw"] * state.dies
    from_stacks = (constants["store_draw"] / per_die) * state.stacks
    stored = xp.minimum(from_dies, from_stacks)
    made = xp.minimum(plan, stored)
    binding = ((plan > stored) * (1 + (from_dies > from_stacks))).astype(made.dtype)
    dies_in = drivers["foreign_die_share"] * coefficients.foreign_dies + drivers["wafer_dies"] * coefficients.die_rate
    own = coefficients.hbm_ramp * xp.maximum(drivers["hbm_since"] - coefficients.hbm_start, 0.0)
    stacks_in = drivers["hbm_imports"] * coefficients.hbm_share + drivers["hbm_closed"] * coefficients.hbm_leak + own
    new = State(state.dies - made + dies_in, state.stacks - per_die * made + stacks_in, plan_year)
    return new, Info(made, dies_in, stacks_in, binding)
