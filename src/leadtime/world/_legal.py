"""Legal purchases: the budget goes to the best class that may be bought, within permissions and caps."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.world._clock import QUARTER_YR, starts_yr
from leadtime.world._data import WorldData
from leadtime.world._policy import LEGAL_CLASSES, OUTCOMES, Policy

__all__ = ["Coefficients", "Info", "State", "coefficients", "drivers", "init", "step"]

CAP_BASE = {"b30a": "b300", "h200": "h200", "h800": "h100", "a800": "a100", "h20": "h100"}
"""Class whose sales to US users a relative cap refers to: the class itself or the one that it derives from."""


class Coefficients(NamedTuple):
    """Per draw, constant over time."""

    accept: tuple[Array | float, ...]
    passes: tuple[Array | float, ...]
    import_reopens: Array
    import_date: Array
    import_level: Array
    us_share: Array
    displacement: tuple[Array | float, ...]
    """Production that one chip takes from others, by class [H100e per chip]."""
    per_displacement: tuple[Array | float, ...]


class State(NamedTuple):
    """Within the calendar year, by class: wanted, bought, and allowance that follows sales to the US [M chips]."""

    wanted: Array
    bought: Array
    allowance: Array


class Info(NamedTuple):
    """Flows of the interval."""

    chips: tuple[Array, ...]
    """By legal class [M chips; frontier: M H100e]."""
    displaced: Array
    """Production that the sales took from others [M H100e], the kappa terms of equation (13)."""
    spending: tuple[Array, ...]
    """By legal class, without the fee [M USD]."""
    left: Array
    """Budget that found nothing to buy [M USD]."""
    frontier_open: Array
    import_permission: Array
    allowed: tuple[Array, ...]
    """Cap in force by class [M chips]."""


def drivers(policy: Policy, data: WorldData) -> dict[str, np.ndarray]:
    """Return the series over time that do not depend on draws."""
    t = starts_yr()
    prices = np.zeros((len(t), len(LEGAL_CLASSES)))
    for place, kind in enumerate(LEGAL_CLASSES):
        if kind in data.class_price:
            known = data.class_price[kind]
            prices[:, place] = known.usd * (1 - known.decline_per_yr) ** np.clip(t - known.year, 0, None)
    share = policy.open_share.copy()
    begin, end = data.constants["h800_ramp_start"], data.constants["h800_ramp_end"]
    share[:, LEGAL_CLASSES.index("h800")] *= np.clip((t + QUARTER_YR / 2 - begin) / (end - begin), 0, 1)
    carry, cap_chips, cap_customer, us_frac, us_slack = _accounting(policy)
    return {
        "class_price": prices,
        "open_share": np.moveaxis(share, -1, 0),
        "fee_factor": 1 + policy.fee_frac,
        "import_known": policy.import_permission * (1 - policy.import_open_question),
        "import_question": policy.import_open_question,
        "interval_end": t + QUARTER_YR - 2022.0,
        "cap_carry": carry,
        "cap_chips": cap_chips / 1e6,
        "cap_customer": cap_customer / 1e6,
        "cap_us_frac": us_frac,
        "cap_us_slack": us_slack,
        "cap_base": _cap_base(data),
    }


def _accounting(policy: Policy) -> tuple[np.ndarray, ...]:
    """Return allowances as they stand in each interval, shape (interval, class).

    An allowance accrues and carries over within a calendar year, from the first interval in which its cap exists. The first
    array is 1 where purchases of earlier intervals count, the last one is infinite where no relative cap exists.
    """
    caps = policy.caps
    limits = np.stack([caps.chips, caps.per_customer_chips, caps.us_volume_frac])
    exists = np.asarray(np.isfinite(limits).any(axis=0)).T
    in_year = (np.arange(len(exists)) % 4 > 0)[:, None]
    carry = np.zeros(exists.shape)
    carry[1:] = exists[:-1] & in_year[1:]

    def accrued(cap: np.ndarray) -> np.ndarray:
        total = cap.T.copy()
        for i in range(1, len(total)):
            total[i] += np.where((carry[i] > 0) & np.isfinite(total[i - 1]), total[i - 1], 0.0)
        return total

    us_frac = np.where(np.isfinite(caps.us_volume_frac), caps.us_volume_frac, 0.0).T
    us_slack = np.where(np.isfinite(caps.us_volume_frac), 0.0, np.inf).T
    return carry, accrued(caps.chips), accrued(caps.per_customer_chips), us_frac, us_slack


def _cap_base(data: WorldData) -> np.ndarray:
    """Return chips of the base class per merchant H100e, by interval and legal class; the frontier mix is its own base."""
    base = np.ones((len(starts_yr()), len(LEGAL_CLASSES)))
    last = max(data.mix)
    for i, start in enumerate(starts_yr()):
        mix = data.mix[min(int(start), last)]
        for place, kind in enumerate(LEGAL_CLASSES):
            if kind in CAP_BASE:
                base[i, place] = mix.get(CAP_BASE[kind], 0.0) / data.compute[CAP_BASE[kind]]
    return base


def coefficients(params: Mapping[str, Array], data: WorldData) -> Coefficients:
    """Return what stays constant over time."""
    xp = namespace(*params.values())
    displacement = tuple(
        data.displacement[kind] * (params["h20_displacement"] if kind == "h20" else 1.0) for kind in LEGAL_CLASSES
    )
    return Coefficients(
        accept=tuple(1.0 if kind == "frontier" else params[f"accept_{kind}"] for kind in LEGAL_CLASSES),
        passes=tuple(1.0 if outcome == "free" else params[f"pass_{outcome}"] for outcome in OUTCOMES),
        import_reopens=params["import_reopens"],
        import_date=params["import_date"] - 2022.0,
        import_level=params["import_level"],
        us_share=params["us_share"],
        displacement=displacement,
        per_displacement=tuple(
            1 / part if isinstance(part, float) else 1 / xp.maximum(part, 1e-6) for part in displacement
        ),
    )


def init(params: Mapping[str, Array], capped: tuple[int, ...]) -> State:
    """Return the state at the start of the first year, for the classes that some cap holds."""
    xp = namespace(*params.values())
    zero = xp.zeros((len(capped), *params["us_share"].shape), params["us_share"].dtype)
    return State(zero, zero, zero)


def import_permission(coefficients: Coefficients, drivers: Mapping[str, Array]) -> Array:
    """Return the share of legal purchases that Beijing lets pass: known, or a jump at an uncertain date."""
    xp = namespace(coefficients.import_level)
    since = xp.clip((drivers["interval_end"] - coefficients.import_date) / QUARTER_YR, 0.0, 1.0)
    opens = (coefficients.import_reopens > 0.5) * coefficients.import_level
    return drivers["import_known"] + drivers["import_question"] * since * opens


def step(
    coefficients: Coefficients,
    state: State,
    drivers: Mapping[str, Array],
    constants: Mapping[str, float],
    *,
    budget: Array,
    merchant: Array,
    price: Array,
    capped: tuple[int, ...] = (),
    customers: tuple[tuple[float, int], ...] = (),
) -> tuple[State, Info]:
    """Spend the budget on legal classes in falling order of preference, equations (1), (2), (3) and (7).

    What a cap or the size of world production leaves unsold stays in the budget.

    Parameters
    ----------
    budget, merchant, price : array, shape (draw,)
        PRC budget [M USD], world merchant production [M H100e], its price [USD per H100e].
    capped : tuple of int
        Places in :data:`LEGAL_CLASSES` of the classes under some cap.
    customers : tuple of (share, number)
        Shares of PRC purchases, for caps per customer.
    """
    xp = namespace(budget)
    mu = import_permission(coefficients, drivers)
    willing = mu * budget
    left = budget
    room = constants["production_limit"] * merchant
    displaced = 0.0
    chips, spending, wanted, bought, allowance, allowed = [], [], [], [], [], []
    frontier_open = None
    for place, kind in enumerate(LEGAL_CLASSES):
        shares = drivers["open_share"]
        is_open = shares[0, place] * coefficients.passes[0]
        for outcome in range(1, len(OUTCOMES)):
            is_open = is_open + shares[outcome, place] * coefficients.passes[outcome]
        if kind == "frontier":
            frontier_open = is_open
        unit_price = (price if kind == "frontier" else drivers["class_price"][place]) * drivers["fee_factor"]
        chip = xp.minimum(left, coefficients.accept[place] * is_open * willing) / unit_price
        chip = xp.minimum(chip, room * coefficients.per_displacement[place])
        if place in capped:
            row = capped.index(place)
            carry = drivers["cap_carry"][place]
            want_year = carry * state.wanted[row] + chip
            bought_year = carry * state.bought[row]
            us_sales = merchant * drivers["cap_base"][place] * coefficients.us_share
            allow_year = carry * state.allowance[row] + drivers["cap_us_frac"][place] * us_sales
            limit = xp.maximum(_limit(drivers, place, want_year, allow_year, customers) - bought_year, 0.0)
            chip = xp.minimum(chip, limit)
            wanted.append(want_year)
            bought.append(bought_year + chip)
            allowance.append(allow_year)
            allowed.append(limit)
        taken = coefficients.displacement[place] * chip
        displaced = displaced + taken
        room = xp.maximum(room - taken, 0.0)
        left = xp.maximum(left - chip * unit_price, 0.0)
        chips.append(chip)
        spending.append(chip * (unit_price / drivers["fee_factor"]))
    new = State(xp.stack(wanted), xp.stack(bought), xp.stack(allowance)) if capped else state
    return new, Info(tuple(chips), displaced, tuple(spending), left, frontier_open, mu, tuple(allowed))


def _limit(
    drivers: Mapping[str, Array], place: int, wanted: Array, allowance: Array, customers: tuple[tuple[float, int], ...]
) -> Array:
    """Return the cumulative allowance of the calendar year under the strictest cap [M chips]."""
    xp = namespace(wanted)
    limit = xp.minimum(allowance + drivers["cap_us_slack"][place], drivers["cap_chips"][place])
    total = 0.0
    for share, number in customers:
        total = total + number * xp.minimum((share / number) * wanted, drivers["cap_customer"][place])
    return xp.minimum(limit, total) if customers else limit
