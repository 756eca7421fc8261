"""Labs: shares of their nation's compute, the largest run of a year, the largest coherent cluster, uses of compute."""

from collections.abc import Mapping

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.world._clock import bounds_yr
from leadtime.world._data import WorldData

__all__ = [
    "YEAR_S",
    "cluster",
    "final_run_share",
    "lab_shares",
    "leader_share",
    "log_run_flop",
    "run_flop",
    "uses",
    "year_mean",
]

YEAR_S = 365.25 * 86400.0
SHARE_BASE_YR = 2024.0  # the year to which us_leader_share and final_run_share_* belong
LAB_BASE_YR = 2026.0  # the year to which share_<lab> belongs


def leader_share(params: Mapping[str, Array], n_bounds: int, constants: Mapping[str, float]) -> Array:
    """Return the US leader's share of US compute at the first ``n_bounds`` bounds, equation (19); shape (bound, draw)."""
    xp = namespace(*params.values())
    years = _clip(bounds_yr()[:n_bounds] - SHARE_BASE_YR, -2, 4, params["us_leader_share"], xp)
    share = params["us_leader_share"] * xp.exp(params["us_leader_share_growth"] * years)
    return xp.minimum(share, constants["leader_share_limit"])


def final_run_share(params: Mapping[str, Array], nation: str, n_bounds: int, constants: Mapping[str, float]) -> Array:
    """Return the largest run's share of a year of research compute at the first ``n_bounds`` bounds; shape (bound, draw)."""
    xp = namespace(*params.values())
    growth = params["final_run_growth"] + (params["final_run_growth_prc"] if nation == "prc" else 0.0)
    years = _clip(bounds_yr()[:n_bounds] - SHARE_BASE_YR, -2, 3, growth, xp)
    return xp.minimum(params[f"final_run_share_{nation}"] * xp.exp(growth * years), constants["final_run_limit"])


def _clip(values: np.ndarray, low: float, high: float, like: Array, xp: object) -> Array:
    """Return time as a column of the type of the draws."""
    return xp.asarray(np.clip(values, low, high), like.dtype)[:, None]  # type: ignore[attr-defined]


def year_mean(stock: Array) -> Array:
    """Return the mean of a stock over the last four bounds; over those there are at the start."""
    xp = namespace(stock)
    padded = xp.concatenate([xp.zeros_like(stock[:3]), stock])
    total = padded[3:] + padded[2:-1] + padded[1:-2] + padded[:-3]
    counts = np.minimum(np.arange(len(stock)) + 1, 4)
    return total / xp.asarray(counts, stock.dtype)[:, None]


def run_flop(
    *,
    h100e: Array,
    research_share: Array,
    run_share: Array,
    mfu: Array,
    peak_flop_per_s: float,
    duration_s: float = YEAR_S,
) -> Array:
    """Return the training compute of the largest run [FLOP], equation (20).

    Parameters
    ----------
    h100e : array_like
        Mean compute of the lab over the year [H100e].
    research_share, run_share, mfu : array_like
        Share of research, share of the largest run in it, model FLOP utilisation.
    peak_flop_per_s : float
        Dense 16-bit peak of an H100 [FLOP/s].
    duration_s : float
        Seconds over which the compute works.

    Examples
    --------
    DeepSeek-V3: 2.788 million H800-hours at a utilisation of .331 for 37 B parameters and 14.8 T tokens.

    >>> flop = run_flop(h100e=2.788e6, research_share=1, run_share=1, mfu=0.331, peak_flop_per_s=989e12, duration_s=3600)
    >>> round(flop / (6 * 37e9 * 14.8e12), 3)
    1.0
    """
    return h100e * research_share * run_share * mfu * (peak_flop_per_s * duration_s)


def log_run_flop(params: Mapping[str, Array], nation: str, compute: Array, constants: Mapping[str, float]) -> Array:
    """Return the log of the leader's largest run of the year before each bound [ln FLOP]; ``compute`` of the leader in M H100e."""
    xp = namespace(compute)
    share = params[f"research_share_{nation}"] * params[f"mfu_{nation}"]
    share = share * final_run_share(params, nation, len(compute), constants)
    return xp.log(year_mean(compute) * share) + float(np.log(1e6 * constants["peak_flop_per_s"] * YEAR_S))


def cluster(params: Mapping[str, Array], compute: Array) -> Array:
    """Return the largest coherent cluster of a lab, in the unit of ``compute``, equation (22)."""
    return params["cluster_share"] * compute


def lab_shares(params: Mapping[str, Array], data: WorldData, nation: str, n_bounds: int) -> dict[str, Array]:
    """Return the shares of named labs of one nation at the first ``n_bounds`` bounds; they never sum to more than the limit."""
    xp = namespace(*params.values())
    shares = {}
    for lab in data.labs:
        if lab.nation == nation and lab.role == "developer":
            base = params[f"share_{lab.id}"]
            years = _clip(bounds_yr()[:n_bounds] - LAB_BASE_YR, -3, 3, base, xp)
            shares[lab.id] = base * xp.exp(params[f"share_growth_{lab.id}"] * years)
    if not shares:
        return {}
    total = sum(shares.values())
    scale = xp.minimum(1.0, data.constants["lab_share_limit"] / total)
    return {name: share * scale for name, share in shares.items()}


def uses(params: Mapping[str, Array], nation: str, compute: Array, constants: Mapping[str, float]) -> dict[str, Array]:
    """Divide the leader's compute among its uses: they sum to ``compute``.

    Returns
    -------
    dict
        ``deployment``, ``security``, ``final_run``, ``synthetic``, ``experiments`` in the unit of ``compute``.
    """
    xp = namespace(compute)
    research = params[f"research_share_{nation}"] * compute
    run = final_run_share(params, nation, len(compute), constants)
    made = xp.minimum(params["synthetic_share"], 1 - run)
    return {
        "deployment": (1 - params["security_share"]) * (compute - research),
        "security": params["security_share"] * (compute - research),
        "final_run": run * research,
        "synthetic": made * research,
        "experiments": (1 - run - made) * research,
    }


def named_labs(params: Mapping[str, Array], training: Mapping[str, Array], data: WorldData) -> dict[str, Array]:
    """Return compute and largest run of the named labs at every bound.

    Parameters
    ----------
    training : mapping of nation to array, shape (bound, draw)
        Usable compute of ``us`` and ``prc`` [M H100e].
    """
    found = {}
    for nation, compute in training.items():
        for name, share in lab_shares(params, data, nation.upper(), len(compute)).items():
            own = share * compute
            found[f"lab_{name}_h100e"] = own
            found[f"lab_{name}_run_flop"] = namespace(own).exp(log_run_flop(params, nation, own, data.constants))
    return found


def token_capacity(
    params: Mapping[str, Array], capacity: Mapping[str, Array], data: WorldData, n_bounds: int
) -> dict[str, Array]:
    """Return what the named labs could serve if all their compute served [T tokens/day].

    Scarcity at one lab is a question for its own share: the nation as a whole has had capacity to spare.

    Parameters
    ----------
    capacity : mapping of nation to array, shape (bound, draw)
        What the whole fleet of ``us`` and ``prc`` could serve [T tokens/day], at the last of ``n_bounds`` bounds.
    """
    return {
        f"lab_{name}_token_capacity_per_day": share[-len(total) :] * total
        for nation, total in capacity.items()
        for name, share in lab_shares(params, data, nation.upper(), n_bounds).items()
    }
