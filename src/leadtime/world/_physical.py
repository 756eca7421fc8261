"""One quarter of the physical world: supply, demand, the four channels, pipelines, fleets, serving."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.world import _demand, _deployment, _domestic, _fleet, _leakage, _legal, _offshore, _supply
from leadtime.world._clock import N_INTERVALS, bounds_yr, starts_yr
from leadtime.world._data import MERCHANT_CLASSES, NON_PRC_CLASSES, PRC_CLASSES, WorldData
from leadtime.world._policy import LEGAL_CLASSES, Policy
from leadtime.world._serving import prefill_odds_factor, serving_capacity

__all__ = [
    "FACTORS",
    "Coefficients",
    "Setting",
    "State",
    "bound_drivers",
    "coefficients",
    "init",
    "interval_drivers",
    "observe",
    "setting",
    "step",
]


class Coefficients(NamedTuple):
    """Per draw, constant over time, by part."""

    supply: _supply.Coefficients
    demand: _demand.Coefficients
    legal: _legal.Coefficients
    offshore: _offshore.Coefficients
    domestic: _domestic.Coefficients
    leakage: _leakage.Coefficients
    prc: _fleet.Coefficients
    non_prc: _fleet.Coefficients
    deployment: _deployment.Coefficients
    extra: dict[str, Array]


class State(NamedTuple):
    """Everything carried from one bound to the next."""

    supply: _supply.State
    demand: _demand.State
    legal: _legal.State
    domestic: _domestic.State
    prc: _fleet.State
    non_prc: _fleet.State
    rented: _fleet.State
    """M H100e rented abroad by PRC users, by region, on the way and in operation; physically part of ``non_prc``."""
    reference: _fleet.State
    """M H100e outside the PRC if nothing were ever sold to it."""
    diverted: _fleet.State
    """M H100e by region that a regional cap moved to US users; shape (region, draw)."""
    sold: Array
    """M H100e sold so far through legal, leaked, domestic and offshore channels; shape (channel, draw)."""


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What does not change during a run: constants and the static shape of the policy."""

    data: WorldData
    capped: tuple[int, ...]
    customers: tuple[tuple[float, int], ...]
    regional: bool
    powered: bool
    """Some power limit is in force."""
    revenue_loop: float
    prc_serving: tuple[tuple[float, ...], tuple[float, ...]]
    non_prc_serving: tuple[tuple[float, ...], tuple[float, ...]]

    @property
    def constants(self) -> Mapping[str, float]:
        """Structural constants."""
        return self.data.constants


def setting(policy: Policy, data: WorldData) -> Setting:
    """Return the static shape of a run."""
    caps = policy.caps
    finite = np.isfinite(np.stack([caps.chips, caps.per_customer_chips, caps.us_volume_frac])).any(axis=(0, 2))
    named = tuple((lab.purchase_share, lab.n_buyers) for lab in data.labs if lab.purchase_share > 0)
    rest = 1 - sum(share for share, _ in named)
    per_customer = bool(np.isfinite(caps.per_customer_chips).any())
    small = int(data.constants["small_buyers"])
    return Setting(
        data=data,
        capped=tuple(int(place) for place in np.flatnonzero(finite)),
        customers=(*named, (rest, small)) if per_customer else (),
        regional=bool((policy.region_cap < 1).any()),
        powered=bool(np.isfinite(policy.levers.power_limit_w).any()),
        revenue_loop=policy.levers.revenue_loop,
        prc_serving=_ratios(PRC_CLASSES, data),
        non_prc_serving=_ratios(NON_PRC_CLASSES, data),
    )


def _ratios(classes: tuple[str, ...], data: WorldData) -> tuple[tuple[float, ...], tuple[float, ...]]:
    return tuple(data.compute[kind] for kind in classes), tuple(data.bandwidth[kind] for kind in classes)


def interval_drivers(policy: Policy, data: WorldData) -> dict[str, np.ndarray]:
    """Return the series over the 44 intervals that do not depend on draws."""
    last = max(data.mix)
    mix = np.zeros((N_INTERVALS, len(MERCHANT_CLASSES)))
    for i, start in enumerate(starts_yr()):
        shares = data.mix[min(int(start), last)]
        mix[i] = [shares.get(kind, 0.0) / data.compute[kind] for kind in MERCHANT_CLASSES]
    return {
        **_supply.drivers(data),
        **_demand.drivers(policy, data),
        **_legal.drivers(policy, data),
        **_offshore.drivers(policy, data),
        **_domestic.drivers(policy, data),
        **_leakage.drivers(policy, data),
        "mix_chips": mix,
        "region_cut": (1 - policy.region_cap).T,
        "power_limit_gw": policy.levers.power_limit_w / 1e9,
        "power_per_end": data.constants["pue"] * _deployment.drivers(data)["power_factor"][1:],
    }


FACTORS = {
    "demand_multiplier": "demand_multiplier",
    "plan_multiplier": "plan_factor",
    "offshore": "offshore_permission",
    "leakage": "leak_ramp",
}
"""Levers that one driver follows in proportion, so that a factor on the one is a factor on the other."""


def bound_drivers(data: WorldData) -> dict[str, np.ndarray]:
    """Return the series over the 45 bounds that do not depend on draws."""
    start = data.constants["reasoning_start"] - data.constants["serving_reference_date"]
    drivers = _deployment.drivers(data)
    drivers["reasoning_age"] = np.clip(drivers["reasoning_age"], start, None)
    drivers["bound"] = bounds_yr() - 2022.0
    return drivers


def coefficients(params: Mapping[str, Array], data: WorldData) -> Coefficients:
    """Return what stays constant over time, for all parts."""
    supply = _supply.coefficients(params, data)
    return Coefficients(
        supply=supply,
        demand=_demand.coefficients(params),
        legal=_legal.coefficients(params, data),
        offshore=_offshore.coefficients(params),
        domestic=_domestic.coefficients(params),
        leakage=_leakage.coefficients(params, supply.reference),
        prc=_fleet.coefficients(params["pipeline_prc"], params["chip_life"]),
        non_prc=_fleet.coefficients(params["pipeline_non_prc"], params["chip_life"]),
        deployment=_deployment.coefficients(params, data.constants),
        extra={
            "us_share": params["us_share"],
            "other_domestic": params["other_domestic"],
            "usable_prc": params["usable_prc"],
            "efficiency_h800": params["efficiency_h800"],
            "efficiency_h20": params["efficiency_h20"],
            "efficiency_ascend": params["efficiency_ascend"],
            "prefill_odds": params["prefill_share"] / (1 - params["prefill_share"]),
            "prefill_decline": params["prefill_decline"],
            "tokens_per_user": params["tokens_per_user_day"],
        },
    )


def init(params: Mapping[str, Array], coefficients: Coefficients, setting: Setting) -> State:
    """Return the state at the start of 2022."""
    xp = namespace(*params.values())
    data = setting.data
    a100 = 1 / data.compute["a100"]
    prc, non_prc = params["initial_prc"], params["initial_non_prc"]
    zero = 0.0 * prc
    return State(
        supply=_supply.init(coefficients.supply),
        demand=_demand.init(params),
        legal=_legal.init(params, setting.capped),
        domestic=_domestic.init(coefficients.domestic),
        prc=_fleet.init(xp.stack([prc * a100] + [zero] * (len(PRC_CLASSES) - 1))),
        non_prc=_fleet.init(xp.stack([non_prc * a100] + [zero] * (len(NON_PRC_CLASSES) - 1))),
        rented=_fleet.init(xp.stack([zero] * len(data.regions))),
        reference=_fleet.init(non_prc),
        diverted=_fleet.init(xp.stack([zero] * len(data.regions))),
        sold=xp.stack([zero] * 4),
    )


def step(
    coefficients: Coefficients, state: State, drivers: Mapping[str, Array], setting: Setting, service: Array | None
) -> tuple[State, dict[str, Array]]:
    """Advance the physical world by one interval."""
    xp = namespace(state.sold)
    k, data, constants = coefficients, setting.data, setting.constants
    supply, made = _supply.step(k.supply, state.supply, drivers)
    spending = made.price * made.merchant
    demand, budget = _demand.step(k.demand, state.demand, drivers, spending=spending, service=service)
    legal, bought = _legal.step(
        k.legal,
        state.legal,
        drivers,
        constants,
        budget=budget,
        merchant=made.merchant,
        price=made.price,
        capped=setting.capped,
        customers=setting.customers,
    )
    domestic, ascend = _domestic.step(k.domestic, state.domestic, drivers, constants)

    controlled = made.merchant - bought.displaced
    hosts = (1 - k.extra["us_share"]) * (controlled + made.custom)
    rented_by = _offshore.step(
        k.offshore, drivers, constants, budget=budget, left=bought.left, price=made.price, host_inflow=hosts
    )
    rented = sum(rented_by[1:], rented_by[0])
    legal_spending = sum(bought.spending[1:], bought.spending[0])
    unmet = _leakage.unmet(
        k.leakage,
        constants,
        budget=budget,
        legal_spending=legal_spending - bought.spending[-1],
        h20_spending=bought.spending[-1],
        offshore_spending=rented * made.price,
        domestic_dies=ascend.made,
        frontier_open=bought.frontier_open,
        price=made.price,
    )
    leak = _leakage.step(k.leakage, drivers, constants, controlled=controlled, demand=unmet)

    own_dies = ascend.made * k.extra["other_domestic"]
    prc_inflow = _prc_inflow(bought, leak.leaked, own_dies, drivers["mix_chips"], xp)
    kept = controlled - leak.leaked
    mix = drivers["mix_chips"]
    non_prc_inflow = xp.stack([*(kept * mix[place] for place in range(len(MERCHANT_CLASSES))), made.custom])
    inflow_h100e = kept + made.custom
    legal_h100e = _h100e(bought.chips, data)
    domestic_h100e = data.compute["ascend"] * own_dies

    admitted = _admitted(k, state.non_prc, non_prc_inflow, drivers, setting) if setting.powered else None
    contracts = _fleet.step(k.non_prc, state.rented, rented_by, admitted=admitted)
    contracts = _fleet.State(*(drivers["offshore_keeps"] * part for part in contracts))
    diverted = state.diverted
    if setting.regional:
        shares = xp.stack([drivers["region_cut"][place] * region.share for place, region in enumerate(data.regions)])
        cut = shares[:, None] * ((1 - k.extra["us_share"]) * inflow_h100e)
        diverted = _fleet.step(k.non_prc, state.diverted, cut, admitted=admitted)
    new = State(
        supply=supply,
        demand=demand,
        legal=legal,
        domestic=domestic,
        prc=_fleet.step(k.prc, state.prc, prc_inflow),
        non_prc=_fleet.step(k.non_prc, state.non_prc, non_prc_inflow, admitted=admitted),
        rented=contracts,
        reference=_fleet.step(k.non_prc, state.reference, made.merchant + made.custom),
        diverted=diverted,
        sold=state.sold + xp.stack([legal_h100e, leak.leaked, domestic_h100e, rented]),
    )
    mix_chips = sum(mix[place] for place in range(len(MERCHANT_CLASSES)))
    flows = {
        "merchant_made_h100e": made.merchant,
        "custom_made_h100e": made.custom,
        "merchant_price_usd_per_h100e": made.price,
        "world_spending_usd": spending + made.price * made.custom,
        "prc_budget_usd": budget,
        "prc_legal_spending_usd": legal_spending,
        "us_fee_usd": legal_spending * (drivers["fee_factor"] - 1),
        "prc_legal_h100e": legal_h100e,
        "prc_leaked_h100e": leak.leaked,
        "prc_leaked_chips": leak.leaked * mix_chips,
        "prc_domestic_h100e": domestic_h100e,
        "prc_domestic_dies": ascend.made,
        "prc_rented_new_h100e": rented,
        "prc_acquired_h100e": legal_h100e + leak.leaked + domestic_h100e,
        "us_acquired_h100e": k.extra["us_share"] * inflow_h100e,
        "non_prc_acquired_h100e": inflow_h100e,
        "prc_displaced_h100e": bought.displaced,
        "prc_unmet_h100e": unmet,
        "scarcity_premium_ratio": leak.premium,
        "import_permission_frac": bought.import_permission + 0.0 * budget,
        "frontier_open_frac": bought.frontier_open + 0.0 * budget,
        "domestic_binding_code": ascend.binding,
        "dies_added": ascend.dies_in,
        "hbm_stacks_added": ascend.stacks_in,
        **{
            f"prc_legal_{kind}_chips": bought.chips[place]
            for place, kind in enumerate(LEGAL_CLASSES)
            if kind != "frontier"
        },
        "prc_legal_frontier_h100e": bought.chips[0],
    }
    return new, flows


def _admitted(
    k: Coefficients, fleet: _fleet.State, inflow: Array, drivers: Mapping[str, Array], setting: Setting
) -> Array:
    """Return the share of the chips ready to start outside the PRC for which there is power."""
    xp = namespace(inflow)
    weights = {place: setting.data.compute[kind] for place, kind in enumerate(NON_PRC_CLASSES)}
    ready = _fleet.weighted(_fleet.due(k.non_prc, fleet, inflow), weights)
    staying = _fleet.weighted(_fleet.in_operation(fleet) - k.non_prc.ages * fleet.old, weights)
    per_h100e = k.deployment.power_kw * drivers["power_per_end"]  # kW per H100e is GW per million
    room = xp.maximum(drivers["power_limit_gw"] / per_h100e - staying, 0.0)
    return xp.minimum(room / xp.maximum(ready, 1e-9), 1.0)


def _h100e(chips: tuple[Array, ...], data: WorldData) -> Array:
    total = chips[0]
    for place, kind in enumerate(LEGAL_CLASSES[1:], start=1):
        total = total + data.compute["a100" if kind == "a800" else kind] * chips[place]
    return total


def _prc_inflow(bought: _legal.Info, leaked: Array, dies: Array, mix: Array, xp: object) -> Array:
    """Return chips that enter the PRC pipeline by class, in the order of PRC_CLASSES."""
    frontier, b30a, h200, h800, a800, h20 = bought.chips
    modern = frontier + leaked
    a100, h100, h200_mix, b300, rubin = (modern * mix[place] for place in range(len(MERCHANT_CLASSES)))
    return xp.stack([a100 + a800, h800, h20, h100, h200 + h200_mix, b30a, b300, rubin, dies])  # type: ignore[attr-defined]


def observe(
    coefficients: Coefficients, state: State, drivers: Mapping[str, Array], setting: Setting
) -> dict[str, Array]:
    """Return the stocks at one bound, equations (16), (17) and (34) to (36)."""
    xp = namespace(state.sold)
    k, data, _constants, e = coefficients, setting.data, setting.constants, coefficients.extra
    prc, non_prc = _fleet.in_operation(state.prc), _fleet.in_operation(state.non_prc)
    rented_by = _fleet.in_operation(state.rented)
    rented = sum(rented_by[1:], rented_by[0])
    compute = data.compute
    prc_own = _fleet.weighted(prc, {place: compute[kind] for place, kind in enumerate(PRC_CLASSES)})
    non_prc_own = _fleet.weighted(non_prc, {place: compute[kind] for place, kind in enumerate(NON_PRC_CLASSES)})
    moved = _fleet.in_operation(state.diverted)
    us = e["us_share"] * non_prc_own
    host = (1 - e["us_share"]) * non_prc_own
    if setting.regional:
        extra = sum(moved[place] for place in range(len(data.regions)))
        us, host = us + extra, host - extra
    row = host - rented
    slack = prc_own + rented
    for name, kind in (("efficiency_h800", "h800"), ("efficiency_h20", "h20"), ("efficiency_ascend", "ascend")):
        slack = slack + ((e[name] - 1) * compute[kind]) * prc[PRC_CLASSES.index(kind)]
    training_prc = e["usable_prc"] * slack

    odds = e["prefill_odds"] * prefill_odds_factor(e["prefill_decline"], drivers["reasoning_age"])
    prefill = odds / (1 + odds)
    place_h100 = PRC_CLASSES.index("h100")
    used = [prc[place] + rented if place == place_h100 else prc[place] for place in range(len(PRC_CLASSES))]
    serving_prc = e["usable_prc"] * serving_capacity(used, *setting.prc_serving, prefill)
    serving_all = serving_capacity(list(non_prc), *setting.non_prc_serving, prefill)
    serving_us = serving_all * (us / non_prc_own)

    dep = k.deployment
    want_us, want_prc = _deployment.demand(dep, drivers)
    served_us = _deployment.serve(dep, 0, _deployment.capacity(dep, drivers, serving_us), want_us)
    served_prc = _deployment.serve(dep, 1, _deployment.capacity(dep, drivers, serving_prc), want_prc)
    way_prc = state.prc.ordered + state.prc.installing
    way_non_prc = state.non_prc.ordered + state.non_prc.installing
    stocks = {
        "prc_own_h100e": prc_own,
        "prc_rented_h100e": rented,
        "prc_used_h100e": prc_own + rented,
        "non_prc_own_h100e": non_prc_own,
        "us_used_h100e": us,
        "row_used_h100e": row,
        "prc_pipeline_h100e": _fleet.weighted(
            way_prc, {place: compute[kind] for place, kind in enumerate(PRC_CLASSES)}
        ),
        "non_prc_pipeline_h100e": _fleet.weighted(
            way_non_prc, {place: compute[kind] for place, kind in enumerate(NON_PRC_CLASSES)}
        ),
        "prc_training_h100e": training_prc,
        "us_training_h100e": us,
        "training_ratio": us / training_prc,
        "reference_h100e": _fleet.in_operation(state.reference),
        "prefill_share_frac": prefill,
        "prc_serving_h100e": serving_prc,
        "us_serving_h100e": serving_us,
        "serving_ratio": serving_us / serving_prc,
        "prc_sold_legal_h100e": state.sold[0],
        "prc_sold_leaked_h100e": state.sold[1],
        "prc_sold_domestic_h100e": state.sold[2],
        "prc_sold_offshore_h100e": state.sold[3],
        "dies_stored": state.domestic.dies,
        "hbm_stacks_stored": state.domestic.stacks,
        **{f"prc_{kind}_chips": prc[place] for place, kind in enumerate(PRC_CLASSES)},
        **{f"non_prc_{kind}_chips": non_prc[place] for place, kind in enumerate(NON_PRC_CLASSES)},
    }
    for place, region in enumerate(data.regions):
        own = region.share * (1 - e["us_share"]) * non_prc_own
        own = own - moved[place] if setting.regional else own
        stocks[f"region_{region.id}_h100e"] = own - rented_by[place]
    for nation, serving, info in (("us", serving_us, served_us), ("prc", serving_prc, served_prc)):
        stocks |= {
            f"{nation}_token_capacity_per_day": info.capacity,
            f"{nation}_token_demand_per_day": info.demand,
            f"{nation}_tokens_served_per_day": info.served,
            f"{nation}_unmet_frac": info.unmet_frac,
            f"{nation}_serving_utilisation_frac": info.utilisation_frac,
            f"{nation}_users": info.served / e["tokens_per_user"],
            f"{nation}_tokens_per_h100e": info.capacity / xp.maximum(serving, 1e-12),
        }
    return stocks
