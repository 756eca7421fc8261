"""The full account of a training run: the final run is the part that gets reported."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["AccountLine", "account_lines", "total_account"]

Z80 = 1.2815515655446004


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLine:
    """One line of the account, with a range at ``level``."""

    name: str
    label: str
    central_usd: float
    low_usd: float
    high_usd: float
    level: float
    basis: str
    source_ids: tuple[str, ...]


def account_lines(
    *,
    gpu_hours: tuple[float, float, float],
    usd_per_hour: tuple[float, float, float],
    parameters: Mapping[str, tuple[float, float, float]],
    source_ids: Mapping[str, Sequence[str]],
    draws: int = 20_000,
    seed: int = 0,
) -> tuple[AccountLine, ...]:
    """Return the account of developing one model, line by line.

    Parameters
    ----------
    gpu_hours : tuple
        Low, central and high of the final run's accelerator-hours (80 % interval).
    usd_per_hour : tuple
        Low, central and high price of one accelerator-hour [USD/h] (80 % interval).
    parameters : mapping
        Low, central, high (80 % intervals) of ``final_run_share_frac`` (final run over all research compute), ``failed_run_frac`` (lost and
        repeated work over the final run), ``staff_share_frac`` (staff over the whole account) and ``data_share_frac`` (data over the whole account).
    source_ids : mapping
        For each parameter, where it comes from.
    draws, seed : int
        Samples behind the ranges.

    Notes
    -----
    With compute ``C = final (1 + failed) + experiments`` and staff and data as shares ``s`` and ``d`` of the whole, the whole is
    ``C / (1 - s - d)``. Experiments are ``final (1 / f - 1)`` with ``f`` the final run's share of research compute. Uncertain inputs are log-normal.
    Infrastructure that is owned but not used for this model is not part of it: use :func:`leadtime.economics.ownership_usd_per_hour` for that.
    """
    generator = np.random.Generator(np.random.Philox(seed))

    def sample(low: float, central: float, high: float) -> np.ndarray:
        spread = math.log(high / low) / (2 * Z80) if high > low else 0.0
        return np.asarray(central * np.exp(spread * generator.standard_normal(draws)))

    hours = sample(*gpu_hours)
    price = sample(*usd_per_hour)
    share = np.minimum(sample(*parameters["final_run_share_frac"]), 1.0)
    failed = sample(*parameters["failed_run_frac"])
    staff_frac = np.minimum(sample(*parameters["staff_share_frac"]), 0.6)
    data_frac = np.minimum(sample(*parameters["data_share_frac"]), 0.3)

    final = hours * price
    compute = {
        "final_run": ("Final run", final),
        "failed_runs": ("Failed, restarted and repeated work", final * failed),
        "experiments": ("Experiments, ablations and earlier runs", final * (1.0 / share - 1.0)),
    }
    whole = sum(values for _, values in compute.values()) / (1.0 - staff_frac - data_frac)
    samples = {**compute, "staff": ("Staff", whole * staff_frac), "data": ("Data", whole * data_frac)}
    bases = {
        "final_run": ("gpu_hours", "accelerator-hours times the price of one"),
        "failed_runs": ("failed_run_frac", "share of the final run"),
        "experiments": ("final_run_share_frac", "final run's share of research compute"),
        "staff": ("staff_share_frac", "share of the whole account"),
        "data": ("data_share_frac", "share of the whole account"),
    }
    lines = [
        _line(name, label, values, bases[name][1], source_ids.get(bases[name][0], ()))
        for name, (label, values) in samples.items()
    ]
    lines.append(
        _line(
            "total",
            "All of it",
            whole,
            "sum of the lines, draw by draw",
            sorted({i for ids in source_ids.values() for i in ids}),
        )
    )
    return tuple(lines)


def _line(name: str, label: str, values: np.ndarray, basis: str, source_ids: Sequence[str]) -> AccountLine:
    low, central, high = (float(value) for value in np.quantile(values, (0.1, 0.5, 0.9)))
    return AccountLine(
        name=name,
        label=label,
        central_usd=central,
        low_usd=low,
        high_usd=high,
        level=0.8,
        basis=basis,
        source_ids=tuple(source_ids),
    )


def total_account(lines: Sequence[AccountLine]) -> AccountLine:
    """Return the line that holds the whole."""
    return next(line for line in lines if line.name == "total")
