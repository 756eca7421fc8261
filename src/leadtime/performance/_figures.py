"""Data of the figures: a model's operations under a chip's roofline, chips compared by workload, operating points."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from leadtime.chips import Chip
from leadtime.errors import MissingFactError
from leadtime.performance._chips import arithmetic_precision, chip_arrays
from leadtime.performance._codes import failure_reason
from leadtime.performance._efficiencies import EfficiencyTable
from leadtime.performance._layouts import ServeWorkload, TrainWorkload
from leadtime.performance._operation import pareto_front
from leadtime.performance._parameters import PRECISIONS
from leadtime.performance._search import search_serve_layout, search_train_layout
from leadtime.performance._serving import Bound
from leadtime.workloads import ModelShape, byte_per_value, operations, shape_arrays

__all__ = ["OperatingPoint", "RooflinePoint", "WorkloadRow", "compare_chips", "operating_points", "roofline_points"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RooflinePoint:
    """One operation of a model on the roofline of a chip."""

    operation: str
    phase: str
    intensity_flop_per_byte: float
    attainable_flop_per_s: float
    share_of_time_frac: float
    """Of the roofline time of the phase."""
    bound: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRow:
    """One chip on one workload; None where it cannot run it."""

    chip_id: str
    workload: str
    tok_s_per_chip: float | None
    joule_per_tok: float | None
    """From the rated power of the chip alone, without host and cooling."""
    n_chips: int
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatingPoint:
    """One point of the front of rate against latency."""

    tpot_s: float
    decode_tok_s_per_chip: float
    batch: int
    tensor: int
    pipeline: int
    data: int
    expert: int
    bound: str


def roofline_points(
    shape: ModelShape,
    chip: Chip,
    *,
    phase: Literal["decode", "prefill", "training"] = "decode",
    n_batch: float = 1.0,
    context: float = 4096.0,
    precision: str = "bf16",
    kv_precision: str = "bf16",
) -> tuple[RooflinePoint, ...]:
    """Place the operations of one pass under a chip's roofline.

    Parameters
    ----------
    shape, chip : ModelShape, Chip
        What runs on what.
    phase : {'decode', 'prefill', 'training'}
        As in :func:`leadtime.workloads.operations`.
    n_batch, context : float
        Sequences, and tokens of each.
    precision, kv_precision : str
        Storage of weights and cache; attention is computed in 16 bit.
    """
    arrays = chip_arrays(chip, precision)
    work = operations(
        shape, phase=phase, n_batch=n_batch, context=context, weights=precision, kv_precision=kv_precision
    )
    placed = []
    for item in work:
        peak = float(
            arrays.attention_flop_per_s if "attention" in item.name or item.kv_byte else arrays.peak_flop_per_s
        )
        traffic = item.weight_byte + item.activation_byte + item.kv_byte
        arithmetic, memory = item.flop / peak, traffic / float(arrays.bandwidth_byte_per_s)
        placed.append((item, max(arithmetic, memory), "compute" if arithmetic >= memory else "memory"))
    total = sum(time for _, time, _ in placed)
    return tuple(
        RooflinePoint(
            operation=item.name,
            phase=phase,
            intensity_flop_per_byte=item.flop_per_byte,
            attainable_flop_per_s=item.flop / time,
            share_of_time_frac=time / total,
            bound=bound,
        )
        for item, time, bound in placed
    )


def compare_chips(
    shape: ModelShape,
    chips: Sequence[Chip],
    table: EfficiencyTable,
    *,
    precision: str = "fp8",
    contexts: Sequence[int] = (4096, 32768, 131072),
    output_tokens: int = 1024,
    tpot_limit_s: float = 0.05,
    n_train_chips: int = 1024,
    train_batch_tokens: float = 16e6,
) -> tuple[WorkloadRow, ...]:
    """Compare chips on training, prefill, and decode at several contexts.

    Every chip gets its best layout: training on ``n_train_chips``, serving on the smallest number up to sixteen that
    gives the highest rate per chip. A chip without units for ``precision`` multiplies in 16 bit.
    """
    rows = []
    for chip in chips:
        rows.append(_train_row(shape, chip, table, precision, n_train_chips, train_batch_tokens))
        for length in contexts:
            phases = ("prefill", "decode") if length == contexts[0] else ("decode",)
            rows += [
                _serve_row(shape, chip, table, precision, phase, length, output_tokens, tpot_limit_s)
                for phase in phases
            ]
    return tuple(rows)


def _refused(chip: Chip, workload: str, error: MissingFactError) -> WorkloadRow:
    return WorkloadRow(
        chip_id=chip.id, workload=workload, tok_s_per_chip=None, joule_per_tok=None, n_chips=0, reason=error.message
    )


def _row(chip: Chip, workload: str, rate: float, power_w: float, n_chips: int, reason: str | None) -> WorkloadRow:
    known = bool(np.isfinite(rate))
    return WorkloadRow(
        chip_id=chip.id,
        workload=workload,
        tok_s_per_chip=rate if known else None,
        joule_per_tok=power_w / rate if known and np.isfinite(power_w) else None,
        n_chips=n_chips,
        reason=None if known else reason,
    )


def _train_row(
    shape: ModelShape, chip: Chip, table: EfficiencyTable, precision: str, n_chips: int, batch_tokens: float
) -> WorkloadRow:
    try:
        arrays = chip_arrays([chip], precision)
        efficiencies = table.efficiencies([chip], _format(chip, precision))
    except MissingFactError as error:
        return _refused(chip, "training", error)
    work = TrainWorkload(sequence_tokens=np.array([4096.0]), batch_tokens=batch_tokens)
    found = search_train_layout(shape_arrays([shape]), arrays, np.array([float(n_chips)]), work, efficiencies)
    code, memory = int(found.result.code[0]), float(found.result.memory_byte_per_chip[0])
    reason = failure_reason(code, needed_byte=memory, capacity_byte=float(arrays.capacity_byte[0]))
    return _row(
        chip, "training", float(found.result.tokens_per_s_per_chip[0]), float(arrays.power_w[0]), n_chips, reason
    )


def _serve_row(
    shape: ModelShape,
    chip: Chip,
    table: EfficiencyTable,
    precision: str,
    phase: Any,
    length: int,
    output_tokens: int,
    limit_s: float,
) -> WorkloadRow:
    name = "prefill" if phase == "prefill" else f"decode_{length // 1024}k"
    try:
        arrays = chip_arrays([chip], precision)
        efficiencies = table.efficiencies([chip], _format(chip, precision))
    except MissingFactError as error:
        return _refused(chip, name, error)
    sizes = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    n = len(sizes)
    work = ServeWorkload(
        input_tokens=np.full(n, float(length)),
        output_tokens=float(output_tokens),
        weight_byte=byte_per_value(precision),
    )
    found = search_serve_layout(
        shape_arrays([shape] * n),
        chip_arrays([chip] * n, precision),
        sizes,
        work,
        efficiencies,
        tpot_limit_s=None if phase == "prefill" else limit_s,
        phase=phase,
        group=np.zeros(n, dtype=int),
    )
    result = found.result
    rate = float((result.prefill_tok_s_per_chip if phase == "prefill" else result.decode_tok_s_per_chip)[0])
    reason = failure_reason(
        int(result.code[0]),
        needed_byte=float(result.memory_byte_per_chip[0]),
        capacity_byte=float(arrays.capacity_byte[0]),
    )
    return _row(chip, name, rate, float(arrays.power_w[0]), int(sizes[found.chosen[0]]), reason)


def _format(chip: Chip, precision: str) -> str:
    """Precision of arithmetic under which efficiencies are looked up."""
    name = arithmetic_precision(chip, precision)
    return name if name in PRECISIONS else "bf16"


def operating_points(
    shape: ModelShape,
    chip: Chip,
    table: EfficiencyTable,
    workload: ServeWorkload,
    *,
    n_chips: int,
    precision: str = "fp8",
    engine: str = "other",
    phase: Any = "mixed",
    n_batches: int = 13,
) -> tuple[OperatingPoint, ...]:
    """Return the front of rate per chip against time per token over layouts and batches; equation (40).

    ``n_batches`` batches from one to what the chips hold, in even ratios; for each, the best layout.
    """
    batches = np.unique(np.round(np.geomspace(1.0, 256.0 * n_chips, n_batches)))
    n = len(batches)
    found = search_serve_layout(
        shape_arrays([shape] * n),
        chip_arrays([chip] * n, precision),
        np.full(n, float(n_chips)),
        workload,
        table.efficiencies([chip], _format(chip, precision), engines=engine),
        batch=batches,
        phase=phase,
    )
    layout, result = found.layout, found.result
    front = pareto_front(result.tpot_s, result.decode_tok_s_per_chip)
    return tuple(
        OperatingPoint(
            tpot_s=float(result.tpot_s[i]),
            decode_tok_s_per_chip=float(result.decode_tok_s_per_chip[i]),
            batch=int(batches[i]),
            tensor=int(layout.tensor[i]),
            pipeline=int(layout.pipeline[i]),
            data=int(layout.data[i]),
            expert=int(layout.expert[i]),
            bound=Bound(int(result.bound[i])).name.lower(),
        )
        for i in front
    )
