"""The front of throughput against latency."""

from pathlib import Path
from typing import Any

import numpy as np

from leadtime import performance, workloads
from leadtime.chips import Chip, find_chip
from leadtime.performance import ServeLayout, ServeWorkload
from leadtime.study.estimator._layout_text import serve_text
from leadtime.study.estimator._request import usual_kv, usual_precision, width
from leadtime.study.estimator._setup import checked_count, efficiency_precision, efficiency_table
from leadtime.workloads import ModelShape

__all__ = ["pareto"]


def pareto(
    model: str | Path | ModelShape,
    chip: str | Path | Chip,
    *,
    input_len: int,
    output_len: int,
    n_chips: int,
    precision: str | None = None,
    kv_precision: str | None = None,
) -> list[dict[str, Any]]:
    """Return the front of throughput against latency over layouts and batches: one row per point, in order of rising time per token."""
    shape = model if isinstance(model, ModelShape) else workloads.find_model(model)
    accelerator = chip if isinstance(chip, Chip) else find_chip(chip)
    n_chips = checked_count(n_chips, "n_chips", high=4096)
    precision = precision or usual_precision(accelerator, [])
    kv_precision = kv_precision or usual_kv(shape, precision, [])
    work = ServeWorkload(
        input_tokens=float(checked_count(input_len, "input_len", high=16_000_000)),
        output_tokens=float(checked_count(output_len, "output_len", high=16_000_000)),
        weight_byte=width(precision),
        kv_byte=width(kv_precision),
    )
    arithmetic = performance.arithmetic_precision(accelerator, precision)
    efficiencies = efficiency_table().efficiencies([accelerator], efficiency_precision(arithmetic))
    arrays = performance.chip_arrays([accelerator], precision)
    shapes = workloads.shape_arrays([shape])
    limits = np.geomspace(0.002, 2.0, 40)
    n = len(limits)
    same = np.zeros(n, dtype=np.intp)
    found = performance.search_serve_layout(
        workloads.take(shapes, same),
        workloads.take(arrays, same),
        np.full(n, float(n_chips)),
        work,
        efficiencies.take(same),
        tpot_limit_s=limits,
    )
    rate, latency = np.asarray(found.result.decode_tok_s_per_chip), np.asarray(found.result.tpot_s)
    rows = []
    for index in performance.pareto_front(latency, rate):
        layout = ServeLayout(*(float(np.broadcast_to(value, (n,))[index]) for value in found.layout))
        rows.append(
            {
                "tpot_s": float(latency[index]),
                "tokens_per_s_per_user": 1.0 / float(latency[index]),
                "decode_tok_s_per_chip": float(rate[index]),
                "batch": float(np.broadcast_to(found.result.batch, (n,))[index]),
                "parallelism": serve_text(layout),
            }
        )
    return rows
