"""From a scenario to the arrays that the world takes: what rules and governments let happen, quarter by quarter."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime import world
from leadtime.study._outputs import world_data
from leadtime.study._permitted import Permitted, permitted
from leadtime.study._quarters import N_INTERVALS, bound_date
from leadtime.study._scenario_values import Steps
from leadtime.study._scenarios import Scenario

__all__ = ["over_time", "policy_of", "stockpiling"]

Floats = NDArray[np.float64]


def policy_of(scenario: Scenario) -> world.Policy:
    """Return the policy of a scenario: the rule books with its amendments, then its levers over them.

    Parameters
    ----------
    scenario : Scenario
        Resolved.

    Returns
    -------
    world.Policy
    """
    levers = scenario.levers
    free = levers.get("controls") == "none"
    rules = Permitted.everything() if free else permitted(scenario.amendments)
    open_share = _on_sale(rules.open_share, levers)
    policy = world.Policy(
        name=scenario.name,
        open_share=open_share,
        caps=_caps(rules, levers),
        fee_frac=over_time(levers.get("fee"), rules.fee_frac),
        import_permission=over_time(_known(levers), rules.import_permission),
        import_open_question=over_time(_question(levers), np.zeros(N_INTERVALS)),
        offshore=over_time(levers.get("offshore_cloud"), np.ones(N_INTERVALS)) * rules.offshore,
        hbm=over_time(levers.get("hbm_imports"), rules.hbm),
        foundry=over_time(levers.get("foundry_dies"), rules.foundry),
        enforcement=over_time(levers.get("enforcement"), np.zeros(N_INTERVALS)),
        region_cap=_region_caps(rules, levers),
        levers=_assumptions(levers, open_share),
    )
    if free:
        return policy.no_controls()
    return replace(policy, enforcement=np.ones(N_INTERVALS)) if levers.get("leakage") == 0 else policy


def over_time(steps: Steps | None, base: Floats) -> Floats:
    """Lay steps over a series: each interval is the mean over its days, days before the first step keep the series.

    Parameters
    ----------
    steps : tuple of (date, float), optional
        From each date on, until the next, the value.
    base : ndarray, shape (interval,)

    Examples
    --------
    >>> over_time(((date(2022, 2, 15), 1.0),), np.zeros(44))[:2]
    array([0.5, 1. ])
    """
    if not steps:
        return base.copy()
    ends = [day for day, _ in steps[1:]] + [bound_date(N_INTERVALS)]
    shares = [_share_between(start, end) for (start, _), end in zip(steps, ends, strict=True)]
    laid = sum((share * (value or 0.0) for share, (_, value) in zip(shares, steps, strict=True)), np.zeros(N_INTERVALS))
    covered = sum(shares, np.zeros(N_INTERVALS))
    result: Floats = base * (1 - covered) + laid
    return result


def _share_between(start: date, end: date) -> Floats:
    """Return the share of the days of every interval from ``start`` until before ``end``."""
    bounds = np.array([bound_date(bound).toordinal() for bound in range(N_INTERVALS + 1)], dtype=float)
    inside = np.minimum(bounds[1:], end.toordinal()) - np.maximum(bounds[:-1], start.toordinal())
    share: Floats = np.clip(inside, 0, None) / np.diff(bounds)
    return share


def _known(levers: Mapping[str, Any]) -> Steps | None:
    """Beijing's permission where it is known; nothing passes on account of what is known while it is not."""
    return levers.get("import_permission")


def _question(levers: Mapping[str, Any]) -> Steps | None:
    """1 from each date on which Beijing's permission becomes unknown."""
    steps: Steps | None = levers.get("import_permission")
    return tuple((day, 1.0 if value is None else 0.0) for day, value in steps) if steps else None


def _on_sale(open_share: Floats, levers: Mapping[str, Any]) -> Floats:
    """Replace what the rules say of a class by what the scenario says, from its first date on."""
    result = open_share.copy()
    for place, kind in enumerate(world.LEGAL_CLASSES):
        steps: Steps | None = levers.get(f"on_sale.{kind}")
        if steps:
            result[0, place] = over_time(steps, result[0, place])
            kept = 1 - _share_between(steps[0][0], bound_date(N_INTERVALS))
            result[1:, place] *= kept
    return result


def _caps(rules: Permitted, levers: Mapping[str, Any]) -> world.Caps:
    """Limits by class: those of the rules, replaced by those of the scenario from their first date on."""
    limits = {
        "chips": ("chips_per_year", 0.25, np.full((len(world.LEGAL_CLASSES), N_INTERVALS), np.inf)),
        "per_customer_chips": (
            "chips_per_customer_per_year",
            0.25,
            np.full((len(world.LEGAL_CLASSES), N_INTERVALS), np.inf),
        ),
        "us_volume_frac": ("share_of_us_sales", 1.0, rules.us_volume_frac.copy()),
    }
    for lever, per_interval, limit in limits.values():
        for place, kind in enumerate(world.LEGAL_CLASSES):
            steps: Steps | None = levers.get(f"sales_caps.{kind}.{lever}")
            for start, value in steps or ():
                limit[place, _share_between(start, bound_date(N_INTERVALS)) > 0.5] = (
                    np.inf if value is None else value * per_interval
                )
    return world.Caps(**{name: limit for name, (_, _, limit) in limits.items()})


def _region_caps(rules: Permitted, levers: Mapping[str, Any]) -> Floats:
    return np.stack(
        [
            over_time(levers.get(f"region_caps.{region}"), rules.region_cap[place])
            for place, region in enumerate(world.REGIONS)
        ]
    )


def _assumptions(levers: Mapping[str, Any], open_share: Floats) -> world.Levers:
    """What is no rule: budgets, plans, openness, loops."""
    ones = np.ones(N_INTERVALS)
    default = world.Levers()
    return world.Levers(
        demand_multiplier=over_time(levers.get("budget"), ones),
        plan_multiplier=over_time(levers.get("domestic_production"), ones),
        power_limit_w=_power_w(levers.get("power_gw")),
        stockpile=over_time(levers.get("stockpile"), stockpiling(open_share)),
        spillover_multiplier=levers.get("spillover", default.spillover_multiplier),
        publication_delay_extra_months=levers.get("publication_delay_months", 0.0),
        release_delay_us_extra_months=levers.get("release_delay_us_months", 0.0),
        release_delay_prc_extra_months=levers.get("release_delay_prc_months", 0.0),
        open_weights_us=levers.get("open_weights_us", default.open_weights_us),
        open_weights_prc=levers.get("open_weights_prc", default.open_weights_prc),
        synthetic_loop=levers.get("synthetic_data", default.synthetic_loop),
        revenue_loop=levers.get("revenue_loop", default.revenue_loop),
    )


def _power_w(steps: Steps | None) -> Floats:
    """Return the facility power [W] that there is at the end of every interval; none is stated before the first step."""
    limit = np.full(N_INTERVALS, np.inf)
    ends = np.array([bound_date(bound).toordinal() for bound in range(1, N_INTERVALS + 1)])
    for start, value in steps or ():
        limit[ends > start.toordinal()] = np.inf if value is None else value * 1e9
    return limit


ANTICIPATION = 2
"""Intervals over which buyers see a tightening coming: orders peaked in the half year before those of 2023 and 2025."""
MADE_FOR_THE_LIMITS = ("a800", "h800", "h20")
"""Classes whose closing was awaited; the first one, of the classes of 2022, came unannounced."""


def stockpiling(open_share: Floats) -> Floats:
    """Return 1 for the intervals in which buyers expect a class made for the limits to be closed to them.

    Where a class closes as it did in fact, these are the quarters of peaks observed around that date (table ``history``); where a
    scenario closes one at another date, the half year before it.

    Parameters
    ----------
    open_share : ndarray, shape (outcome, class, interval)
    """
    observed = np.flatnonzero(world_data().series["stockpile"])
    in_fact = _closings(permitted(()).open_share)
    flags = np.zeros(N_INTERVALS)
    for ending in _closings(open_share):
        if any(abs(ending - known) < 0.05 for known in in_fact):
            peaks = observed[(observed > ending - 3) & (observed < ending + 1)]
        else:
            last = int(np.ceil(ending)) - 1
            peaks = np.arange(max(0, last - ANTICIPATION + 1), last + 1)
        flags[peaks] = 1.0
    return flags


def _closings(open_share: Floats) -> set[float]:
    """Return the times [intervals since the start] at which free sale of a class made for the limits ends."""
    found = set()
    for kind in MADE_FOR_THE_LIMITS:
        free = open_share[0, world.LEGAL_CLASSES.index(kind)]
        for interval in np.flatnonzero((free[:-1] > 0) & (free[1:] == 0)):
            found.add(round(float(interval + (free[interval] if free[interval] < 1 else 1.0)), 3))
    return found
