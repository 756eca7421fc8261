"""Rows of isolated kernels as arrays, predicted with the estimator's operations: the first stage of a fit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leadtime.performance import (
    ChipArrays,
    Efficiencies,
    EfficiencyTable,
    Link,
    Selection,
    all_gather_s,
    all_reduce_s,
    all_to_all_s,
    causal_attention_s,
    chip_arrays,
    decode_attention_s,
    expert_exchange_s,
    gemm_s,
    grouped_gemm_s,
    harmonic_size,
    link_for,
    size_factor,
)
from leadtime.study.measured._kernel_rows import KernelPoint
from leadtime.study.measured._problems import networked, restricted_selection, unpriced
from leadtime.workloads import take

__all__ = ["KernelProblem", "kernel_problem", "restricted_kernels"]

START_S = 6e-6
"""Launch and drain of one isolated kernel, that its efficiency is not to explain."""
LEAST_ROOFLINE_S = 8e-6
"""A kernel whose roofline is shorter is mostly launch, and says little of a rate."""
BOUND_BY_LAUNCH = frozenset({"product", "large_product", "grouped", "latent_decode", "decode", "prefill", "copy"})
OPERATIONS = ("product", "large_product", "grouped", "latent_decode", "decode", "prefill", "copy", "all_reduce", "gather", "exchange", "dispatch")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelProblem:
    """Kernels with what their prediction needs."""

    points: tuple[KernelPoint, ...]
    chip: ChipArrays
    sizes: np.ndarray
    """One line per kernel: operation, rows, weights, touched, columns, depth, flop, bytes, length, bytes per value."""
    selection: Selection
    log_measured: np.ndarray

    def log_rate(self, efficiencies: Efficiencies) -> np.ndarray:
        """Return the natural logarithm of kernels per second."""
        return -np.log(_seconds(self.chip, self.sizes, efficiencies))

    def log_rate_at(self, rows: np.ndarray, efficiencies: Efficiencies) -> np.ndarray:
        """Return the same for a selection of rows, whose efficiencies are given in the same order."""
        return -np.log(_seconds(take(self.chip, rows), self.sizes[rows], efficiencies))


def _link(chip: ChipArrays, ranks: np.ndarray, e: Efficiencies, share: str, latency: str) -> Link:
    return link_for(
        chip,
        n_ranks=ranks,
        inside_frac=e[share],
        outside_frac=e["scale_out_frac"],
        latency_s=e[latency],
        outside_latency_s=e["scale_out_latency_s"],
    )


def _seconds(chip: ChipArrays, sizes: np.ndarray, e: Efficiencies) -> np.ndarray:
    """Return the time of every kernel: all operations are priced for all rows, each row keeps its own."""
    operation, rows, weights, touched, columns, depth, flop, size_byte, length, width = sizes.T
    peak, bandwidth = chip.peak_flop_per_s, chip.bandwidth_byte_per_s
    ridge = width * peak / bandwidth
    rate = e["gemm_serve_frac"]
    product = gemm_s(
        rows=rows,
        weights=weights,
        peak_flop_per_s=peak,
        bandwidth_byte_per_s=bandwidth,
        efficiency=rate * size_factor(rows, e["gemm_serve_half_ratio"] * ridge * rate),
        memory_efficiency=e["memory_frac"],
        weight_byte=width,
        activation_byte=rows * (width * depth + 2.0 * columns),
    ).total
    size = harmonic_size(rows, columns, depth)
    large = 2.0 * rows * weights / (peak * e["gemm_train_frac"] * size_factor(size, e["gemm_train_half_ratio"] * ridge))
    grouped = grouped_gemm_s(
        routed_rows=rows,
        touched=touched,
        weights=weights,
        peak_flop_per_s=peak,
        bandwidth_byte_per_s=bandwidth,
        efficiency=rate * e["expert_serve_frac"],
        half_size=e["expert_half_ratio"] * ridge * rate * e["expert_serve_frac"],
        memory_efficiency=e["memory_frac"] * e["expert_memory_frac"],
        weight_byte=width,
    ).total
    attention = {
        "flop": flop,
        "read_byte": size_byte,
        "peak_flop_per_s": chip.attention_flop_per_s,
        "bandwidth_byte_per_s": bandwidth,
    }
    latent = decode_attention_s(
        efficiency=e["latent_decode_frac"], memory_efficiency=e["latent_memory_frac"], **attention
    ).total
    decode = decode_attention_s(
        efficiency=e["latent_decode_frac"], memory_efficiency=e["kv_memory_frac"], **attention
    ).total
    prefill = causal_attention_s(
        flop=flop,
        length=length,
        peak_flop_per_s=chip.attention_flop_per_s,
        efficiency=e["attention_prefill_frac"],
        half_length=e["attention_half_tokens"],
    )
    link = _link(chip, length, e, "collective_frac", "collective_latency_s")
    dispatch = expert_exchange_s(
        n_tokens=rows,
        width=weights,
        n_active=touched,
        byte_per_value=size_byte,
        link=_link(chip, length, e, "serve_collective_frac", "all_to_all_latency_s"),
        combined=False,
    )
    times = (
        product,
        large,
        grouped,
        latent,
        decode,
        prefill,
        size_byte / (bandwidth * e["memory_frac"]),
        all_reduce_s(size_byte, _link(chip, length, e, "all_reduce_frac", "collective_latency_s")),
        all_gather_s(size_byte, link),
        all_to_all_s(size_byte, link),
        dispatch,
    )
    chosen: np.ndarray = np.choose(operation.astype(int), times)
    return chosen + np.where(operation < OPERATIONS.index("all_reduce"), START_S, 0.0)


def _bytes_per_value(point: KernelPoint) -> float:
    return {"fp8": 1.0, "int8": 1.0, "fp4": 0.5}.get(point.precision, 2.0)


def _line(point: KernelPoint) -> list[float]:
    place = float(OPERATIONS.index(point.operation))
    sizes = [point.rows, point.weights, point.touched, *point.depth, point.flop, point.size_byte, point.length]
    return [place, *sizes, _bytes_per_value(point)]


def _roofline_s(problem: KernelProblem) -> np.ndarray:
    """Return the time at peak rates of the operations whose rate a launch could hide."""
    chip = problem.chip
    _, rows, weights, touched, _, _, flop, size_byte, _, width = problem.sizes.T
    arithmetic = 2.0 * rows * weights / chip.peak_flop_per_s + flop / chip.attention_flop_per_s
    traffic = (touched * weights * width + size_byte) / chip.bandwidth_byte_per_s
    found: np.ndarray = np.maximum(arithmetic, traffic)
    return found


def kernel_problem(points: Sequence[KernelPoint], table: EfficiencyTable) -> tuple[KernelProblem, dict[int, str]]:
    """Gather kernels as arrays.

    Returns
    -------
    KernelProblem
        Of the kernels whose time says something of a rate.
    dict
        Position -> reason, for the others.
    """
    why = unpriced([point.chip for point in points], [point.precision for point in points])
    kept = [index for index in range(len(points)) if index not in why]
    rows = [points[index] for index in kept]
    problem = KernelProblem(
        points=tuple(rows),
        chip=chip_arrays([networked(point.chip) for point in rows], [point.precision for point in rows]),
        sizes=np.array([_line(point) for point in rows]).reshape(len(rows), 10),
        selection=table.select([point.chip for point in rows], [point.precision for point in rows]),
        log_measured=-np.log([point.seconds for point in rows]),
    )
    launched = np.array([point.operation in BOUND_BY_LAUNCH for point in rows], dtype=bool)
    short = launched & (_roofline_s(problem) < LEAST_ROOFLINE_S)
    why |= {kept[place]: "so short that its launch sets its time." for place in np.flatnonzero(short)}
    return restricted_kernels(problem, np.flatnonzero(~short)), why


def restricted_kernels(problem: KernelProblem, rows: np.ndarray) -> KernelProblem:
    """Return the problem with some of its rows."""
    parts: dict[str, Any] = {
        "points": tuple(problem.points[row] for row in rows),
        "chip": take(problem.chip, rows),
        "sizes": problem.sizes[rows],
        "selection": restricted_selection(problem.selection, rows),
        "log_measured": problem.log_measured[rows],
    }
    return replace(problem, **parts)
