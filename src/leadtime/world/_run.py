"""Running the world: a block of draws under one policy, from the start or from a carried state."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.errors import BadInputError, OutOfRangeError, UnknownNameError
from leadtime.world import _deployment, _labs, _physical
from leadtime.world._clock import N_INTERVALS
from leadtime.world._data import WorldData
from leadtime.world._frontier import frontier
from leadtime.world._outputs import DEFAULT_OUTPUTS, Output, output_table
from leadtime.world._policy import Policy
from leadtime.world._scan import scan
from leadtime.world._security import security
from leadtime.world._shift import delayed

__all__ = ["Checkpoint", "Run", "run"]

HISTORY = ("us_training_h100e", "prc_training_h100e", "reference_h100e", "us_tokens_served_per_day", "prc_tokens_served_per_day")
"""Stocks whose past the frontier needs, and that a carried state brings along."""


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """Everything needed to go on from a bound."""

    bound: int
    state: _physical.State
    history: Mapping[str, Array]
    """Series at the bounds before this one, shape (bound, draw)."""


@dataclass(frozen=True, kw_only=True)
class Run(Mapping[str, Array]):
    """Results of a run: series by name, shape (time, draw), and the state at its end."""

    series: Mapping[str, Array]
    first: int
    last: int
    table: Mapping[str, Output] = field(repr=False)
    checkpoint: Checkpoint = field(repr=False)

    def __getitem__(self, name: str) -> Array:
        return self.series[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.series)

    def __len__(self) -> int:
        return len(self.series)


def run(
    parameters: Mapping[str, Array],
    policy: Policy,
    *,
    data: WorldData,
    outputs: Sequence[str] | None = None,
    first: int = 0,
    last: int = N_INTERVALS,
    state: Checkpoint | None = None,
) -> Run:
    """Run the world for one block of draws.

    Parameters
    ----------
    parameters : mapping of str to array, shape (draw,)
        Values by parameter name, as :func:`leadtime.world.sample` gives them. Their type (float32 or float64) and their library
        (NumPy or JAX) decide those of the run. Blocks of about 4,096 draws stay in cache.
    policy : Policy
    data : WorldData
    outputs : sequence of str, optional
        Names from :func:`output_table`; by default :data:`DEFAULT_OUTPUTS`.
    first, last : int
        Intervals to run, ``last`` excluded. Series on bounds have ``last - first + 1`` values, series on intervals one less.
    state : Checkpoint, optional
        Where to go on from; needed when ``first`` is not 0.

    Returns
    -------
    Run
        A mapping of name to array, shape (time, draw), in the units of the registry.
    """
    table = output_table(data)
    wanted = tuple(DEFAULT_OUTPUTS if outputs is None else outputs)
    _check(parameters, wanted, table, first, last, state)
    xp = namespace(*parameters.values())
    params = {name: xp.asarray(value) for name, value in parameters.items()}
    kind = params["us_share"].dtype
    setting = _physical.setting(policy, data)
    coefficients = _physical.coefficients(params, data)
    carry = state.state if state else _physical.init(params, coefficients, setting)
    before = dict(state.history) if state else {}

    blocks = {table[name].block for name in wanted}
    needed = {name for name in wanted if table[name].block == "physical"} | set(HISTORY)
    needed |= _needed_for_costs(wanted)
    intervals = _typed(_physical.interval_drivers(policy, data), kind, first, last)
    bounds = _typed(_physical.bound_drivers(data), kind, first, last + 1)
    carry, stocks, flows = _march(carry, intervals, bounds, coefficients, setting, needed, last - first, xp)

    history = {name: xp.concatenate([before[name], stocks[name]]) if before else stocks[name] for name in HISTORY}
    found = {**flows, **stocks, **_costs(wanted, coefficients, stocks, flows, bounds, data)}
    if blocks & {"frontier", "security"}:
        found |= _from(first, frontier(params, history, policy.levers, data.constants))
    if "labs" in blocks:
        training = {nation: history[f"{nation}_training_h100e"] for nation in ("us", "prc")}
        found |= _from(first, _labs.named_labs(params, training, data))
    if "security" in blocks:
        usable = xp.maximum(delayed(found["prc_capability"], params["state_access_delay"]), found["open_capability"])
        found |= security(params, data.applications, capacity=stocks["prc_token_capacity_per_day"], capability=usable)
    series = {name: found[name] * table[name].scale if table[name].scale != 1 else found[name] for name in wanted}
    end = Checkpoint(bound=last, state=carry, history={name: values[:-1] for name, values in history.items()})
    return Run(series=series, first=first, last=last, table=table, checkpoint=end)


def _check(parameters: Mapping[str, Array], wanted: Sequence[str], table: Mapping[str, Output], first: int, last: int, state: Checkpoint | None) -> None:
    for name in wanted:
        if name not in table:
            raise UnknownNameError.among("output", name, table)
    if not 0 <= first < last <= N_INTERVALS:
        raise OutOfRangeError(f"Intervals {first} to {last} do not lie in 0 to {N_INTERVALS}.", hint="Quarters run from 2022Q1 to 2032Q4.")
    if (state is None) != (first == 0) or (state is not None and state.bound != first):
        at = "the start" if state is None else f"bound {state.bound}"
        raise BadInputError(f"A run from interval {first} cannot go on from {at}.", hint="Pass the checkpoint of the run that ended there.")
    lengths = {name: np.shape(value) for name, value in parameters.items()}
    if len(set(lengths.values())) > 1 or any(len(shape) != 1 for shape in lengths.values()):
        raise BadInputError("The parameters do not all have the same number of draws.", hint="Give one array of draws for every parameter.")


def _typed(drivers: Mapping[str, np.ndarray], kind: Any, first: int, last: int) -> dict[str, np.ndarray]:
    """Return drivers of the run's intervals in its type: a float64 number would widen every float32 array it meets."""
    return {
        name: values[first:last] if np.issubdtype(values.dtype, np.integer) else values[first:last].astype(kind) for name, values in drivers.items()
    }


def _march(
    carry: Any,
    intervals: Mapping[str, Array],
    bounds: Mapping[str, Array],
    coefficients: _physical.Coefficients,
    setting: _physical.Setting,
    needed: set[str],
    n: int,
    xp: ModuleType,
) -> tuple[Any, dict[str, Array], dict[str, Array]]:
    """Step through the intervals; return the last state, stocks at n + 1 bounds and flows of n intervals."""

    def step(carry: Any, drivers: Mapping[str, Array]) -> tuple[Any, dict[str, Array]]:
        seen = _physical.observe(coefficients, carry, drivers, setting)
        service = None
        if setting.revenue_loop:
            service = xp.exp(setting.revenue_loop * xp.log(1 - seen["prc_unmet_frac"]))
        carry, flows = _physical.step(coefficients, carry, drivers, setting, service)
        return carry, {name: value for name, value in {**seen, **flows}.items() if name in needed}

    carry, info = scan(step, carry, {**intervals, **{name: values[:-1] for name, values in bounds.items()}}, n, xp)
    final = _physical.observe(coefficients, carry, {name: xp.asarray(values[-1]) for name, values in bounds.items()}, setting)
    stocks = {name: xp.concatenate([info.pop(name), final[name][None]]) for name in list(info) if name in final}
    return carry, stocks, info


def _from(first: int, series: Mapping[str, Array]) -> dict[str, Array]:
    return {name: values[first:] for name, values in series.items()}


COST_OUTPUTS = {f"{nation}_{what}_usd_per_mtok" for nation in ("us", "prc") for what in ("cost", "price")}
POWER_OUTPUTS = {"us_power_w", "prc_power_w"}


def _needed_for_costs(wanted: Sequence[str]) -> set[str]:
    needed: set[str] = set()
    if COST_OUTPUTS & set(wanted):
        needed |= {"us_tokens_per_h100e", "prc_tokens_per_h100e", "merchant_price_usd_per_h100e", "scarcity_premium_ratio", "prc_leaked_h100e", "prc_acquired_h100e"}
    if POWER_OUTPUTS & set(wanted):
        needed |= {"us_used_h100e", "prc_own_h100e"}
    needed |= {"prc_token_capacity_per_day"} if any(name.startswith("security_") for name in wanted) else set()
    return needed


def _costs(wanted: Sequence[str], coefficients: _physical.Coefficients, stocks: Mapping[str, Array], flows: Mapping[str, Array], bounds: Mapping[str, Array], data: WorldData) -> dict[str, Array]:
    """Return cost and price of tokens and facility power at the bounds, for those that are wanted."""
    found: dict[str, Array] = {}
    dep, pue = coefficients.deployment, data.constants["pue"]
    power = {"power_factor": bounds["power_factor"][:, None]}
    if POWER_OUTPUTS & set(wanted):
        per_h100e = dep.power_kw * power["power_factor"] * pue
        found |= {"us_power_w": per_h100e * stocks["us_used_h100e"], "prc_power_w": per_h100e * stocks["prc_own_h100e"]}
    if COST_OUTPUTS & set(wanted):
        xp = namespace(dep.margin)
        price = xp.concatenate([flows["merchant_price_usd_per_h100e"], flows["merchant_price_usd_per_h100e"][-1:]])
        leaked = flows["prc_leaked_h100e"] / xp.maximum(flows["prc_acquired_h100e"], 1e-9)
        extra = 1 + flows["scarcity_premium_ratio"] * leaked
        extra = xp.concatenate([extra, extra[-1:]])
        for nation, paid in (("us", price), ("prc", price * extra)):
            cost = _deployment.cost_usd_per_mtok(dep, power, price=paid, tokens_per_h100e=stocks[f"{nation}_tokens_per_h100e"], pue=pue)
            found[f"{nation}_cost_usd_per_mtok"] = cost
            found[f"{nation}_price_usd_per_mtok"] = cost * (1 + dep.margin)
    return found
