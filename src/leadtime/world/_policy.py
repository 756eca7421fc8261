"""What policy lets happen, as arrays over the 44 intervals. The rules that lead to these arrays are not known here."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime.errors import BadInputError, OutOfRangeError, UnknownNameError
from leadtime.world._clock import N_INTERVALS

__all__ = ["LEGAL_CLASSES", "OUTCOMES", "REGIONS", "Caps", "Levers", "Policy", "policy_from"]

Floats = NDArray[np.float64]

LEGAL_CLASSES = ("frontier", "b30a", "h200", "h800", "a800", "h20")
"""Classes that PRC users buy legally where they may, most wanted first; ``frontier`` is the current generation mix."""
OUTCOMES = ("free", "notify", "case_by_case", "denial")
"""Outcomes that let some sales pass; what is refused outright is the rest of the interval."""
REGIONS = ("allies", "gulf", "sea", "other")
"""Parts of the rest of the world, by headquarters of the user."""


def _open_end(shape: tuple[int, ...]) -> Floats:
    return np.full(shape, np.inf)


def _ones() -> Floats:
    return np.ones(N_INTERVALS)


def _zeros() -> Floats:
    return np.zeros(N_INTERVALS)


@dataclass(frozen=True, kw_only=True)
class Caps:
    """Upper limits on legal sales by class; infinite where there is none. Unused allowance carries over within a calendar year."""

    chips: Floats = field(default_factory=lambda: _open_end((len(LEGAL_CLASSES), N_INTERVALS)))
    """Allowance that accrues in the interval [chips] (frontier: H100e)."""
    per_customer_chips: Floats = field(default_factory=lambda: _open_end((len(LEGAL_CLASSES), N_INTERVALS)))
    """The same, for each buyer [chips]."""
    us_volume_frac: Floats = field(default_factory=lambda: _open_end((len(LEGAL_CLASSES), N_INTERVALS)))
    """The same, as a fraction of the sales of the class (or of the class that it derives from) to US users."""


@dataclass(frozen=True, kw_only=True)
class Levers:
    """Assumptions that a scenario may move and that are no rule."""

    demand_multiplier: Floats = field(default_factory=_ones)
    plan_multiplier: Floats = field(default_factory=_ones)
    stockpile: Floats = field(default_factory=_zeros)
    """1 in intervals of buying ahead of a tightening."""
    power_limit_w: Floats = field(default_factory=lambda: np.full(N_INTERVALS, np.inf))
    """Facility power for AI outside the PRC at the end of the interval [W]; chips beyond it wait. Infinite: no limit."""
    spillover_multiplier: float = 1.0
    publication_delay_extra_months: float = 0.0
    release_delay_us_extra_months: float = 0.0
    release_delay_prc_extra_months: float = 0.0
    open_weights_us: bool = False
    """US labs publish the weights of their released models."""
    open_weights_prc: bool = True
    synthetic_loop: bool = True
    revenue_loop: float = 0.0
    """Elasticity of the PRC budget in the share of token demand that can be served; 0 is off."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Permissions, caps and other dated levers over the 44 intervals 2022Q1 to 2032Q4."""

    name: str
    open_share: Floats
    """Share of the interval by outcome in which a class may be sold to the PRC; shape (outcome, class, interval)."""
    caps: Caps = field(default_factory=Caps)
    fee_frac: Floats = field(default_factory=_zeros)
    """Levy on legal sales, as a fraction of the price."""
    import_permission: Floats = field(default_factory=_ones)
    """Share of legal purchases that Beijing lets pass, where it is known (mu)."""
    import_open_question: Floats = field(default_factory=_zeros)
    """Share of the interval in which Beijing's permission is not known: the parameters ``import_*`` take over."""
    offshore: Floats = field(default_factory=_ones)
    """Permission of rental abroad (chi); 0 ends every contract at once."""
    hbm: Floats = field(default_factory=_ones)
    """Share of HBM imports allowed."""
    foundry: Floats = field(default_factory=_ones)
    """Share of foreign foundry dies allowed."""
    enforcement: Floats = field(default_factory=_zeros)
    """Reduction of leaked supply, on top of the parameter ``enforcement_2026``."""
    region_cap: Floats = field(default_factory=lambda: np.ones((len(REGIONS), N_INTERVALS)))
    """Share of its wanted imports that a region may have; shape (region, interval)."""
    levers: Levers = field(default_factory=Levers)

    def __post_init__(self) -> None:
        _check(self)

    def no_controls(self) -> "Policy":
        """Return the twin in which nothing is controlled, Beijing lets everything pass and nobody needs to buy ahead or to smuggle."""
        free = np.zeros_like(self.open_share)
        free[0] = 1.0
        return Policy(
            name=f"{self.name}, no controls",
            open_share=free,
            levers=replace(self.levers, stockpile=_zeros()),
        )

    def shifted(self, quarters: int) -> "Policy":
        """Return the policy with every dated series moved later by whole quarters; the first value fills the start."""

        def moved(values: Floats) -> Floats:
            order = np.clip(np.arange(N_INTERVALS) - quarters, 0, N_INTERVALS - 1)
            return values[..., order]

        names = (
            "open_share",
            "fee_frac",
            "import_permission",
            "import_open_question",
            "offshore",
            "hbm",
            "foundry",
            "enforcement",
            "region_cap",
        )
        caps = Caps(**{name: moved(getattr(self.caps, name)) for name in Caps.__dataclass_fields__})
        dated = ("demand_multiplier", "plan_multiplier", "stockpile", "power_limit_w")
        lever_changes: dict[str, Any] = {name: moved(getattr(self.levers, name)) for name in dated}
        changes: dict[str, Any] = {name: moved(getattr(self, name)) for name in names}
        return replace(self, caps=caps, levers=replace(self.levers, **lever_changes), **changes)


def policy_from(
    *, name: str, permissions: Mapping[str, Any], caps: Mapping[str, Mapping[str, Any]] | None = None, **series: Any
) -> Policy:
    """Build a policy from plain arrays, broadcasting numbers over the intervals.

    Parameters
    ----------
    name : str
    permissions : mapping of class to array_like
        For each of :data:`LEGAL_CLASSES` either shares of the interval with free sale, shape (interval,) or a number, or a
        mapping from outcome (:data:`OUTCOMES`) to such shares. A class left out may not be sold at all.
    caps : mapping of class to mapping, optional
        ``{"h200": {"us_volume_frac": .5}}``; names as in :class:`Caps`.
    **series
        ``fee_frac``, ``import_permission``, ``import_open_question``, ``offshore``, ``hbm``, ``foundry``, ``enforcement``
        as arrays or numbers, ``region_cap`` as a mapping of region to the same, and ``levers``.

    Examples
    --------
    >>> policy_from(name="free", permissions={"frontier": 1.0}).open_share[0, 0, :2]
    array([1., 1.])
    """
    share = np.zeros((len(OUTCOMES), len(LEGAL_CLASSES), N_INTERVALS))
    for kind, given in permissions.items():
        by_outcome = given if isinstance(given, Mapping) else {"free": given}
        for outcome, values in by_outcome.items():
            share[_index(OUTCOMES, outcome, "outcome"), _index(LEGAL_CLASSES, kind, "chip class")] = _series(
                values, f"{kind} {outcome}"
            )
    limits = {limit: _open_end((len(LEGAL_CLASSES), N_INTERVALS)) for limit in Caps.__dataclass_fields__}
    for kind, given in (caps or {}).items():
        for limit, values in given.items():
            if limit not in limits:
                raise UnknownNameError.among("cap", limit, limits)
            limits[limit][_index(LEGAL_CLASSES, kind, "chip class")] = _series(values, f"{limit} of {kind}")
    region = np.ones((len(REGIONS), N_INTERVALS))
    for area, values in series.pop("region_cap", {}).items():
        region[_index(REGIONS, area, "region")] = _series(values, f"cap of {area}")
    levers = series.pop("levers", Levers())
    plain = {key: _series(values, key) for key, values in series.items()}
    return Policy(name=name, open_share=share, caps=Caps(**limits), region_cap=region, levers=levers, **plain)


def _index(names: tuple[str, ...], name: str, kind: str) -> int:
    if name not in names:
        raise UnknownNameError.among(kind, name, names)
    return names.index(name)


def _series(values: Any, what: str) -> Floats:
    array = np.asarray(values, dtype=float)
    if array.ndim > 1 or (array.ndim == 1 and array.shape != (N_INTERVALS,)):
        raise BadInputError(
            f"{what}: {array.shape} is no series over {N_INTERVALS} quarters.",
            hint="Give one number or one per quarter.",
        )
    return np.broadcast_to(array, (N_INTERVALS,)).copy()


def _check(policy: Policy) -> None:
    """Refuse shares outside 0 to 1 and series of the wrong length."""
    shares = {
        "open_share": (policy.open_share, (len(OUTCOMES), len(LEGAL_CLASSES), N_INTERVALS)),
        "region_cap": (policy.region_cap, (len(REGIONS), N_INTERVALS)),
    }
    for key in ("import_permission", "import_open_question", "offshore", "hbm", "foundry", "enforcement"):
        shares[key] = (getattr(policy, key), (N_INTERVALS,))
    for key, (values, shape) in shares.items():
        if np.shape(values) != shape:
            raise BadInputError(f"Policy {policy.name!r}: {key} has the shape {np.shape(values)}, not {shape}.")
        if not bool(np.all((values >= 0) & (values <= 1))):
            raise OutOfRangeError(
                f"Policy {policy.name!r}: {key} leaves the range 0 to 1.",
                hint="Shares of an interval lie between 0 and 1.",
            )
    if bool(np.any(policy.open_share.sum(axis=0) > 1 + 1e-9)):
        raise OutOfRangeError(f"Policy {policy.name!r}: the outcomes of a class fill more than the interval.")
    for limit in Caps.__dataclass_fields__:
        if bool(np.any(~(getattr(policy.caps, limit) >= 0))):
            raise OutOfRangeError(f"Policy {policy.name!r}: the cap {limit} is negative or not a number.")
    _check_levers(policy.name, policy.levers)


def _check_levers(name: str, levers: Levers) -> None:
    """Refuse multipliers and limits that are negative, no numbers or of the wrong length."""
    for key in ("demand_multiplier", "plan_multiplier", "stockpile", "power_limit_w"):
        values = getattr(levers, key)
        if np.shape(values) != (N_INTERVALS,):
            raise BadInputError(
                f"Policy {name!r}: the lever {key} has the shape {np.shape(values)}, not ({N_INTERVALS},)."
            )
        if bool(np.any(~(values >= 0))) or (key != "power_limit_w" and not bool(np.all(np.isfinite(values)))):
            raise OutOfRangeError(f"Policy {name!r}: the lever {key} is negative or not a number.")
    for key in ("spillover_multiplier", "revenue_loop"):
        if not 0 <= getattr(levers, key) < float("inf"):
            raise OutOfRangeError(f"Policy {name!r}: the lever {key} is negative or not a number.")
