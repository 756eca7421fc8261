"""From usable compute to capability and months of lead, for all variants of spillover at once."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.world import _algorithms, _capability, _labs, _lead, _synthetic
from leadtime.world._clock import bounds_yr
from leadtime.world._policy import Levers
from leadtime.world._scan import scan
from leadtime.world._shift import Lag, delayed, lag

__all__ = ["VARIANTS", "frontier", "running_max", "variant_weights"]

VARIANTS = ("s0", "s1", "s2")
"""Spillover: none; a share of the gap to released models (default); a floor by imitation."""


def variant_weights(constants: Mapping[str, float]) -> dict[str, float]:
    """Return the weights of the variants of spillover."""
    return {name: constants[f"variant_weight_{name}"] for name in VARIANTS}


class _Own(NamedTuple):
    """Inputs of both nations at every bound."""

    log_compute: Array
    log_algorithms: Array
    research: Array
    served: Array


def frontier(
    params: Mapping[str, Array],
    stocks: Mapping[str, Array],
    levers: Levers,
    constants: Mapping[str, float],
    wanted: Collection[str],
) -> dict[str, Array]:
    """Return capability and lead at every bound, equations (19) to (29), (32) and (33).

    Parameters
    ----------
    params : mapping of str to array, shape (draw,)
    stocks : mapping of str to array, shape (bound, draw)
        ``us_training_h100e``, ``prc_training_h100e``, ``reference_h100e`` [M H100e], ``us_tokens_served_per_day``,
        ``prc_tokens_served_per_day`` [T].
    levers : Levers
    constants : mapping of str to float
    wanted : collection of str
        Names that the caller will use; of the others some are left out.

    Returns
    -------
    dict of str to array, shape (bound, draw)
        Names that differ between variants end in ``_s0``, ``_s1``, ``_s2``; without an ending they mix the variants by weight.
    """
    xp = namespace(*stocks.values())
    leader = {
        "us": _labs.leader_share(params, len(stocks["us_training_h100e"]), constants) * stocks["us_training_h100e"],
        "prc": params["prc_leader_share"] * stocks["prc_training_h100e"],
    }
    log_run = {nation: _labs.log_run_flop(params, nation, leader[nation], constants) for nation in leader}
    research = {nation: params[f"research_share_{nation}"] * leader[nation] for nation in leader}
    us_share = params["us_share"]
    log_us = _algorithms.frontier(
        growth=params["algorithm_growth"],
        elasticity=params["experiment_elasticity"],
        experiments=stocks["us_training_h100e"],
        reference=us_share * stocks["reference_h100e"],
    )
    log_prc = _algorithms.follower(
        params,
        frontier=log_us,
        compute_ratio=research["prc"] / research["us"],
        constants=constants,
        extra_delay_months=levers.publication_delay_extra_months,
    )
    delay_us = xp.maximum(params["release_delay_us"] + levers.release_delay_us_extra_months, 0.0)
    delay_prc = xp.maximum(params["release_delay_prc"] + levers.release_delay_prc_extra_months, 0.0)
    n = len(log_us)
    lag_us, lag_prc = lag(delay_us, n), lag(delay_prc, n)
    scale = _capability.scale(params, delayed(running_max(log_run["us"] + log_us), lag_us), constants)

    made = {
        nation: _synthetic.generated(
            params, research=research[nation], served=stocks[f"{nation}_tokens_served_per_day"], constants=constants
        )
        for nation in leader
    }
    loop = params["synthetic_gain"] if levers.synthetic_loop else 0.0 * params["synthetic_gain"]
    us = _grow(params, log_run["us"] + log_us, made["us"], loop, scale, constants)
    gap_to = delayed(us["log"], lag(delay_us + params["distillation_delay"], n))
    prc = {
        name: _grow(
            params,
            log_run["prc"] + log_prc,
            made["prc"],
            loop,
            scale,
            constants,
            spill=_spill(name, params, gap_to, levers, constants),
        )
        for name in VARIANTS
    }
    found = {
        "us_leader_h100e": leader["us"],
        "prc_leader_h100e": leader["prc"],
        "us_run_flop": xp.exp(log_run["us"]),
        "prc_run_flop": xp.exp(log_run["prc"]),
        "us_cluster_h100e": _labs.cluster(params, leader["us"]),
        "prc_cluster_h100e": _labs.cluster(params, leader["prc"]),
        "us_algorithms_log": log_us,
        "prc_algorithms_log": log_prc,
        "us_effective_log_flop": us["log"],
        "us_synthetic_tokens": us["stock"],
        "us_loop_gain": us["gain"],
        "us_capability": _capability.capability(scale, us["log"]),
    }
    found["us_released_capability"] = delayed(found["us_capability"], lag_us)
    found["us_hidden_gap"] = found["us_capability"] - found["us_released_capability"]
    by_variant = {
        name: _of_variant(prc[name], us["log"], scale, found, (delay_us, delay_prc, lag_prc), levers)
        for name in VARIANTS
    }
    for nation in leader:
        if not any(name.startswith(f"{nation}_leader_") and name != f"{nation}_leader_h100e" for name in wanted):
            continue
        found |= {
            f"{nation}_leader_{use}_h100e": amount
            for use, amount in _labs.uses(params, nation, leader[nation], constants).items()
        }
    return found | _with_mixture(by_variant, params, constants, wanted)


def running_max(series: Array) -> Array:
    """Return the largest value so far along the first axis."""
    xp = namespace(series)
    if xp.__name__ == "numpy":
        return np.maximum.accumulate(series, axis=0)
    import jax

    return jax.lax.cummax(series, axis=0)


def _spill(
    name: str, params: Mapping[str, Array], source: Array, levers: Levers, constants: Mapping[str, float]
) -> dict[str, Array] | None:
    """Return weight and level of spillover at every bound, equation (26); None for the variant without."""
    xp = namespace(source)
    if name == "s0":
        return None
    if name == "s2":
        return {"weight": xp.ones_like(source), "level": source + xp.log(params["floor_share"])}
    midpoint, width = params["spillover_midpoint"], constants["spillover_width"]
    t = xp.asarray(bounds_yr()[: len(source)] - 2022.0, source.dtype)[:, None]
    onset = 1 / (1 + xp.exp((midpoint - 2022.0 - t) * (1 / width)))
    weight = xp.minimum(params["spillover"] * levers.spillover_multiplier, 1.0)
    return {"weight": weight * onset, "level": source}


def _grow(
    params: Mapping[str, Array],
    log_own: Array,
    made: Array,
    loop: Array,
    scale: _capability.Scale,
    constants: Mapping[str, float],
    *,
    spill: dict[str, Array] | None = None,
) -> dict[str, Array]:
    """Let synthetic data and effective compute grow together, equations (25), (26), (32)."""
    xp = namespace(log_own)
    decay = params["synthetic_decay"]
    drivers = {"own": log_own, "made": made}
    if spill:
        drivers |= spill

    def step(carry: tuple[Array, Array], drivers: Mapping[str, Array]) -> tuple[tuple[Array, Array], dict[str, Array]]:
        best, stock = carry
        own = drivers["own"] + _synthetic.effective_gain(loop, stock, constants)
        if spill:
            own = own + drivers["weight"] * xp.maximum(drivers["level"] - own, 0.0)
        best = xp.maximum(best, own)
        points = _capability.capability(scale, best)
        added = _synthetic.verified_share(points, constants) * drivers["made"]
        gain = _synthetic.loop_gain(loop, stock, added, points, scale.slope_after, constants)
        return (best, (1 - decay) * stock + added), {"log": best, "stock": stock, "gain": gain}

    start = (xp.full_like(log_own[0], -np.inf), xp.zeros_like(log_own[0]))
    _, info = scan(step, start, drivers, len(log_own), xp)
    return info


def _of_variant(
    prc: Mapping[str, Array],
    us_log: Array,
    scale: _capability.Scale,
    us: Mapping[str, Array],
    delays: tuple[Array, Array, Lag],
    levers: Levers,
) -> dict[str, Array]:
    """Return what a variant changes."""
    xp = namespace(us_log)
    points = _capability.capability(scale, prc["log"])
    delay_us, delay_prc, lag_prc = delays
    released = delayed(points, lag_prc)
    true_lead = _lead.lead_months(us_log, prc["log"])
    open_floor = released if levers.open_weights_prc else xp.zeros_like(released)
    if levers.open_weights_us:
        open_floor = xp.maximum(open_floor, us["us_released_capability"])
    return {
        "lead_true_months": true_lead,
        "lead_apparent_months": _lead.apparent_lead_months(true_lead, delay_us, delay_prc, lag_prc),
        "prc_effective_log_flop": prc["log"],
        "prc_capability": points,
        "prc_released_capability": released,
        "prc_hidden_gap": points - released,
        "open_capability": open_floor,
        "capability_gap": us["us_capability"] - points,
        "prc_synthetic_tokens": prc["stock"],
        "prc_loop_gain": prc["gain"],
    }


def _with_mixture(
    by_variant: Mapping[str, Mapping[str, Array]],
    params: Mapping[str, Array],
    constants: Mapping[str, float],
    wanted: Collection[str],
) -> dict[str, Array]:
    """Add, to the series of each variant, the mixture in which every draw follows one variant."""
    xp = namespace(params["spillover_variant"])
    weights = variant_weights(constants)
    chosen = params["spillover_variant"]
    first, second = chosen < weights["s0"], chosen < weights["s0"] + weights["s1"]
    found = {}
    for name in by_variant["s1"]:
        if name in wanted:
            s0, s1, s2 = (by_variant[variant][name] for variant in VARIANTS)
            found[name] = xp.where(first, s0, xp.where(second, s1, s2))
        found |= {f"{name}_{variant}": by_variant[variant][name] for variant in VARIANTS}
    return found
