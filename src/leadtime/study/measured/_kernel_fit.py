"""First stage of the fit: what isolated kernels say of efficiencies before any end-to-end row."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from leadtime import catalog
from leadtime.performance import EfficiencyTable, on_host_bus
from leadtime.study.measured._cells import RowProblem
from leadtime.study.measured._fit import FitSettings, Rows, fit_efficiencies
from leadtime.study.measured._kernel_problem import KernelProblem, kernel_problem, restricted_kernels
from leadtime.study.measured._kernel_rows import KernelPoint, read_kernel_row

__all__ = ["KernelFit", "fit_kernels", "packaged_kernels", "read_kernels"]

APPLICATION_SPREAD = 0.12
"""How much a share of a peak inside an application differs from that of the isolated kernel, in the logarithm: shapes, heat, caches."""
SIZE_SPREAD = 0.4
"""The same of half sizes and latencies, which differ from one library of kernels to the next."""
NOISE, LARGE_PRODUCT_NOISE = 0.15, 0.3
"""Standard deviation of a kernel about the equations. One large square product, run alone, says least of applications."""
HOST_NOISE = 0.7
"""The same of what collectives over a host's own bus reach from one host to the next, common to all rows of a host: whether cards reach
each other through a switch, through the processor or across sockets changes it by a factor."""
COLLECTIVES = frozenset({"all_reduce", "gather", "exchange"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelFit:
    """Priors after the kernels."""

    table: EfficiencyTable
    learnt: np.ndarray
    """Whether some kernel depended on the row."""


def _noise(points: Sequence[KernelPoint]) -> list[float]:
    """Return how far each kernel may lie from the equations; the rows of one host over its bus together count as one."""
    hosts = [
        (point.group, point.chip.id) if point.operation in COLLECTIVES and on_host_bus(point.chip) else None
        for point in points
    ]
    n_rows = Counter(hosts)
    return [
        math.hypot(NOISE, HOST_NOISE * math.sqrt(n_rows[host]))
        if host
        else (LARGE_PRODUCT_NOISE if point.operation == "large_product" else NOISE)
        for host, point in zip(hosts, points, strict=True)
    ]


def read_kernels() -> tuple[tuple[KernelPoint, ...], tuple[dict[str, str], ...]]:
    """Read the packaged kernels; return them, and the rows that teach nothing with the reason."""
    points, skipped = [], []
    for row in catalog.table("measured_kernels"):
        try:
            points.append(read_kernel_row(row))
        except RowProblem as problem:
            skipped.append({"id": row["id"], "why": problem.message})
    return tuple(points), tuple(skipped)


def packaged_kernels(table: EfficiencyTable) -> KernelProblem:
    """Return the packaged kernels as arrays."""
    return kernel_problem(read_kernels()[0], table)[0]


def fit_kernels(
    problem: KernelProblem, prior: EfficiencyTable, settings: FitSettings, *, without: str | None = None
) -> KernelFit:
    """Fit efficiencies to kernels alone and return them as priors for applications.

    Parameters
    ----------
    problem : KernelProblem
        Kernels.
    prior : EfficiencyTable
        Before any measurement.
    settings : FitSettings
        Spreads and weights.
    without : str, optional
        Source group to leave out.

    Notes
    -----
    What a kernel depended on gets the fitted median, and a spread from how well the kernels follow the equation and how
    far applications depart from kernels; the rest keeps its prior.
    """
    kept = np.array([i for i, point in enumerate(problem.points) if point.group != without], dtype=np.intp)
    part = restricted_kernels(problem, kept)
    names = sorted({point.group for point in part.points})
    noise = _noise(part.points)
    rows = Rows(
        problem=part, groups=np.array([names.index(point.group) for point in part.points]), noise=np.array(noise)
    )
    fit = fit_efficiencies([rows], prior, settings, n_groups=len(names))
    departs = np.array([APPLICATION_SPREAD if row.parameter.endswith("_frac") else SIZE_SPREAD for row in prior.rows])
    spreads = np.where(fit.fitted, np.sqrt(fit.spreads**2 + departs**2 + fit.misfit**2), prior.log_spreads)
    return KernelFit(table=replace(fit.table, log_spreads=spreads), learnt=fit.fitted)
