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
from leadtime.world._shift import delayed, lag

__all__ = ["Checkpoint", "Run", "run"]

HISTORY = (
    "us_training_h100e",
    "prc_training_h100e",
    "reference_h100e",
    "us_tokens_served_per_day",
    "prc_tokens_served_per_day",
)
"""Stocks whose past the frontier needs, and that a carried state brings along."""
RAW = "raw "
"""Marks a series kept in the unit of the model (millions, trillions)."""


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
    factors: Mapping[str, Array] | None = None,
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
    factors : mapping of str to array, optional
        Factors by which levers of the policy (:data:`leadtime.world.FACTORS`) are larger than it says, at all dates: a number, or
        one per draw. Unlike the policy they may be traced by JAX, so that a lever has a derivative.

    Returns
    -------
    Run
        A mapping of name to array, shape (time, draw), in the units of the registry.
    """
    table = output_table(data)
    wanted = tuple(DEFAULT_OUTPUTS if outputs is None else outputs)
    _check(parameters, wanted, table, first, last, state)
    xp = namespace(*parameters.values())
    params = _Parameters(
        {name: value if isinstance(value, xp.ndarray) else xp.asarray(value) for name, value in parameters.items()}
    )
    kind = params["us_share"].dtype
    setting = _physical.setting(policy, data)
    coefficients = _physical.coefficients(params, data)
    carry = state.state if state else _physical.init(params, coefficients, setting)
    before = dict(state.history) if state else {}

    blocks = {table[name].block for name in wanted}
    kept = {name: table[name].scale for name in wanted if table[name].block == "physical"} | {
        f"{RAW}{name}": 1.0 for name in HISTORY
    }
    kept |= _needed_for_costs(wanted)
    intervals = _typed(_physical.interval_drivers(policy, data), kind, first, last)
    intervals |= _larger(intervals, factors or {}, kind, xp)
    bounds = _typed(_physical.bound_drivers(data), kind, first, last + 1)
    carry, found = _march(carry, intervals, bounds, coefficients, setting, kept, last - first, xp)

    history = {name: found[f"{RAW}{name}"] for name in HISTORY}
    history = {name: xp.concatenate([before[name], values]) for name, values in history.items()} if before else history
    found |= _scaled(_costs(wanted, coefficients, found, bounds, data), table)
    if blocks & {"frontier", "security"}:
        also = ("prc_capability", "open_capability") if "security" in blocks else ()
        ahead = frontier(params, history, policy.levers, data.constants, {*wanted, *also})
        if "security" in blocks:
            usable = xp.maximum(
                delayed(ahead["prc_capability"], lag(params["state_access_delay"], last + 1)), ahead["open_capability"]
            )
            capacity = found[f"{RAW}prc_token_capacity_per_day"]
            found |= security(params, data.applications, capacity=capacity, capability=usable[first:])
        found |= _scaled({name: ahead[name][first:] for name in wanted if name in ahead}, table)
    if "labs" in blocks:
        training = {nation: history[f"{nation}_training_h100e"] for nation in ("us", "prc")}
        named = _labs.named_labs(params, training, data)
        capacity = {nation: found[f"{RAW}{nation}_token_capacity_per_day"] for nation in training}
        served = _labs.token_capacity(params, capacity, data, last + 1)
        found |= _scaled({name: served[name] for name in wanted if name in served}, table)
        found |= _scaled({name: named[name][first:] for name in wanted if name in named}, table)
    end = Checkpoint(bound=last, state=carry, history={name: values[:-1] for name, values in history.items()})
    return Run(series={name: found[name] for name in wanted}, first=first, last=last, table=table, checkpoint=end)


class _Parameters(dict[str, Array]):
    """Values by name; a name that is not there is the caller's oversight."""

    def __missing__(self, name: str) -> Array:
        raise BadInputError(
            f"The parameter {name!r} has no values.", hint="Give values for every row of the table priors."
        )


def _scaled(series: Mapping[str, Array], table: Mapping[str, Output]) -> dict[str, Array]:
    """Return series in the units of the registry."""
    return {name: values if table[name].scale == 1 else values * table[name].scale for name, values in series.items()}


def _check(
    parameters: Mapping[str, Array],
    wanted: Sequence[str],
    table: Mapping[str, Output],
    first: int,
    last: int,
    state: Checkpoint | None,
) -> None:
    for name in wanted:
        if name not in table:
            raise UnknownNameError.among("output", name, table)
    if not 0 <= first < last <= N_INTERVALS:
        raise OutOfRangeError(
            f"Intervals {first} to {last} do not lie in 0 to {N_INTERVALS}.", hint="Quarters run from 2022Q1 to 2032Q4."
        )
    if (state is None) != (first == 0) or (state is not None and state.bound != first):
        at = "the start" if state is None else f"bound {state.bound}"
        raise BadInputError(
            f"A run from interval {first} cannot go on from {at}.",
            hint="Pass the checkpoint of the run that ended there.",
        )
    lengths = {name: np.shape(value) for name, value in parameters.items()}
    if len(set(lengths.values())) > 1 or any(len(shape) != 1 for shape in lengths.values()):
        raise BadInputError(
            "The parameters do not all have the same number of draws.",
            hint="Give one array of draws for every parameter.",
        )


def _typed(drivers: Mapping[str, np.ndarray], kind: Any, first: int, last: int) -> dict[str, np.ndarray]:
    """Return drivers of the run's intervals in its type: a float64 number would widen every float32 array it meets."""
    return {
        name: values[first:last] if np.issubdtype(values.dtype, np.integer) else values[first:last].astype(kind)
        for name, values in drivers.items()
    }


def _larger(
    intervals: Mapping[str, Array], factors: Mapping[str, Array], kind: Any, xp: ModuleType
) -> dict[str, Array]:
    """Return the drivers that follow from levers with factors, shape (interval, draw or 1)."""
    found = {}
    for lever, factor in factors.items():
        if lever not in _physical.FACTORS:
            raise UnknownNameError.among("lever", lever, _physical.FACTORS)
        driver = _physical.FACTORS[lever]
        found[driver] = intervals[driver][:, None] * xp.reshape(xp.asarray(factor, kind), (1, -1))
    return found


def _march(
    carry: Any,
    intervals: Mapping[str, Array],
    bounds: Mapping[str, Array],
    coefficients: _physical.Coefficients,
    setting: _physical.Setting,
    kept: Mapping[str, float],
    n: int,
    xp: ModuleType,
) -> tuple[Any, dict[str, Array]]:
    """Step through the intervals; return the last state, stocks at n + 1 bounds and flows of n intervals.

    ``kept`` maps the names of series to their scale; a name that starts with :data:`RAW` keeps the unit of the model.
    """

    def chosen(series: Mapping[str, Array]) -> dict[str, Array]:
        found = {}
        for name, scale in kept.items():
            value = series.get(name.removeprefix(RAW))
            if value is not None:
                found[name] = value if scale == 1 else value * scale
        return found

    def step(carry: Any, drivers: Mapping[str, Array]) -> tuple[Any, dict[str, Array]]:
        seen = _physical.observe(coefficients, carry, drivers, setting)
        service = None
        if setting.revenue_loop:
            service = xp.exp(setting.revenue_loop * xp.log(1 - seen["prc_unmet_frac"]))
        carry, flows = _physical.step(coefficients, carry, drivers, setting, service)
        return carry, chosen(seen | flows)

    end = {name: xp.asarray(values[-1]) for name, values in bounds.items()}
    drivers = {**intervals, **{name: values[:-1] for name, values in bounds.items()}}
    return scan(
        step, carry, drivers, n, xp, last=lambda carry: chosen(_physical.observe(coefficients, carry, end, setting))
    )


COST_OUTPUTS = {f"{nation}_{what}_usd_per_mtok" for nation in ("us", "prc") for what in ("cost", "price")}
POWER_OUTPUTS = {"us_power_w", "prc_power_w"}


def _needed_for_costs(wanted: Sequence[str]) -> dict[str, float]:
    """Return the physical series from which wanted costs, power and security thresholds follow."""
    needed: set[str] = set()
    if COST_OUTPUTS & set(wanted):
        needed |= {
            "us_tokens_per_h100e",
            "prc_tokens_per_h100e",
            "merchant_price_usd_per_h100e",
            "scarcity_premium_ratio",
            "prc_leaked_h100e",
            "prc_acquired_h100e",
        }
    if POWER_OUTPUTS & set(wanted):
        needed |= {"us_used_h100e", "prc_own_h100e"}
    if any(name.startswith(("security_", "prc_state_")) for name in wanted):
        needed.add("prc_token_capacity_per_day")
    if any(name.startswith("lab_") for name in wanted):
        needed |= {"us_token_capacity_per_day", "prc_token_capacity_per_day"}
    return {f"{RAW}{name}": 1.0 for name in needed}


def _costs(
    wanted: Sequence[str],
    coefficients: _physical.Coefficients,
    found: Mapping[str, Array],
    bounds: Mapping[str, Array],
    data: WorldData,
) -> dict[str, Array]:
    """Return cost and price of tokens and facility power at the bounds, for those that are wanted, in the units of the model."""
    raw = {name.removeprefix(RAW): values for name, values in found.items() if name.startswith(RAW)}
    result: dict[str, Array] = {}
    dep, pue = coefficients.deployment, data.constants["pue"]
    power = {"power_factor": bounds["power_factor"][:, None]}
    if POWER_OUTPUTS & set(wanted):
        per_h100e = dep.power_kw * power["power_factor"] * pue
        result |= {"us_power_w": per_h100e * raw["us_used_h100e"], "prc_power_w": per_h100e * raw["prc_own_h100e"]}
    if COST_OUTPUTS & set(wanted):
        xp = namespace(dep.margin)
        price = _to_bounds(raw["merchant_price_usd_per_h100e"])
        leaked = raw["prc_leaked_h100e"] / xp.maximum(raw["prc_acquired_h100e"], 1e-9)
        extra = _to_bounds(1 + raw["scarcity_premium_ratio"] * leaked)
        for nation, paid in (("us", price), ("prc", price * extra)):
            cost = _deployment.cost_usd_per_mtok(
                dep, power, price=paid, tokens_per_h100e=raw[f"{nation}_tokens_per_h100e"], pue=pue
            )
            result[f"{nation}_cost_usd_per_mtok"] = cost
            result[f"{nation}_price_usd_per_mtok"] = cost * (1 + dep.margin)
    return {name: values for name, values in result.items() if name in wanted}


def _to_bounds(flow: Array) -> Array:
    """Return a series over intervals at the bounds at which they start; the last interval stands for the end."""
    return namespace(flow).concatenate([flow, flow[-1:]])
