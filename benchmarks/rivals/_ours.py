"""The same cases put to ours: predictions against the measurements, and how fast."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks._lines import best_processor_s, processor_s
from benchmarks.rivals._cases import Case
from leadtime import catalog, workloads
from leadtime.errors import LeadtimeError
from leadtime.performance import (
    ServeLayout,
    ServeWorkload,
    TrainLayout,
    TrainWorkload,
    chip_arrays,
    efficiencies_from_rows,
    in_blocks,
    serve,
    train_step,
)
from leadtime.study import estimator
from leadtime.study.measured import score_rows

__all__ = ["errors_pct", "fitted", "left_out_errors_pct", "scalar_per_s", "vectorised_per_s"]

N_VECTOR = 60_000
"""Configurations of one vectorised call."""
N_SCALAR = 40
"""Calls of the scalar function that are timed, spread over the cases."""
LAYOUT = "tp={tensor},pp={pipeline}"


def _scored(kind: str, cases: Sequence[Case]) -> tuple[Any, ...]:
    ids = {case.id for case in cases}
    rows = [row for row in catalog.table(f"measured_{kind}") if row["id"] in ids]
    return score_rows(kind, rows)[0]  # type: ignore[arg-type]


def errors_pct(kind: str, cases: Sequence[Case]) -> dict[str, float]:
    """Return the error of every case that ours answers, with the efficiencies that ship: predicted over measured rate, less one [%]."""
    measured = {case.id: case.measured for case in cases}
    return {row.id: 100 * (_rate(row, measured[row.id]) / measured[row.id] - 1) for row in _scored(kind, cases)}


def fitted(kind: str, cases: Sequence[Case]) -> frozenset[str]:
    """Return the cases whose source was among those that efficiencies were fitted to: on them ours has an advantage."""
    role = {row["source_group"]: row["role"] for row in catalog.table("accuracy_split") if row["kind"] == kind}
    return frozenset(case.id for case in cases if role.get(case.point.group) == "fitted")


def _rate(row: Any, measured: float) -> float:
    """Return the predicted rate; chip-hours and step times grow where rates fall."""
    inverse = row.quantity in {"step_time_s", "gpu_hours", "wall_days"}
    share = row.measured / row.predicted if inverse else row.predicted / row.measured
    return float(measured * share)


def left_out_errors_pct(kind: str, cases: Sequence[Case]) -> dict[str, float] | None:
    """Return the same as if no row of the case's source had been fitted; None where those predictions are not packaged."""
    from leadtime.study.measured._left_out import evaluation_sets

    try:
        sets = evaluation_sets(kind, _scored(kind, cases))  # type: ignore[arg-type]
    except LeadtimeError:
        return None
    measured = {case.id: case.measured for case in cases}
    rows = itertools.chain(sets["leave_one_source_out"], sets["held_out"])
    return {row.id: 100 * (_rate(row, measured[row.id]) / measured[row.id] - 1) for row in rows}


def scalar_per_s(cases: Sequence[Case]) -> float:
    """Return whole answers per second (cost, energy, ranges and reasons included), one call each."""
    chosen = cases[:: max(len(cases) // N_SCALAR, 1)]
    calls = [_train_call(case) if case.question["kind"] == "training" else _serve_call(case) for case in chosen]
    calls[0]()
    return len(calls) / processor_s(lambda: [_quietly(call) for call in calls])[0]


def _quietly(call: Any) -> Any:
    """Return an answer, or the refusal that is one too."""
    try:
        return call()
    except LeadtimeError as error:
        return error


def _serve_call(case: Case) -> Any:
    asked, point = case.question, case.point
    phase = asked["kind"]
    return lambda: _quietly(
        lambda: estimator.infer(
            point.shape,
            point.chip,
            estimator.Request(input_len=asked["input_tokens"], output_len=max(asked["output_tokens"], 1)),
            deployment=estimator.Deployment(
                n_chips=asked["tensor"] * asked["pipeline"],
                parallelism=LAYOUT.format(**asked),
                precision=asked["weights"],
                phase=phase,
            ),
            limits=estimator.Limits(batch=asked["batch"]),
        )
    )


def _train_call(case: Case) -> Any:
    asked, point = case.question, case.point
    return lambda: _quietly(
        lambda: estimator.train(
            point.shape,
            point.chip,
            n_chips=asked["tensor"] * asked["pipeline"] * asked["data"],
            tokens=asked["tokens"] or 1e12,
            seq_len=asked["sequence_tokens"],
            batch_tokens=float(asked["sequences"] * asked["sequence_tokens"]),
            parallelism=LAYOUT.format(**asked),
        )
    )


def _column(cases: Sequence[Case], name: str, which: np.ndarray) -> np.ndarray:
    return np.array([float(case.question[name]) for case in cases])[which]


def vectorised_per_s(cases: Sequence[Case], n: int = N_VECTOR, seed: int = 0) -> float:
    """Return configurations per second of one call over the cases again and again, each with a load of its own."""
    rng = np.random.default_rng(seed)
    which = rng.integers(0, len(cases), n)
    training = cases[0].question["kind"] == "training"
    chips = [case.point.chip for case in cases]
    precisions = ["bf16" if training else case.question["weights"] for case in cases]
    table = efficiencies_from_rows(catalog.table("efficiencies"))
    arithmetic = [name if name in {"bf16", "fp8"} else "bf16" for name in precisions]
    shape = workloads.take(workloads.shape_arrays([case.point.shape for case in cases]), which)
    chip = workloads.take(chip_arrays(chips, precisions), which)
    efficiencies = table.efficiencies(chips, arithmetic).take(which)
    if training:
        codes: Mapping[str, float] = {"none": 0.0, "selective": 1.0, "full": 2.0, "unstated": 2.0}
        degrees = [_column(cases, name, which) for name in ("tensor", "pipeline", "data")]
        layout = TrainLayout(
            n_chips=degrees[0] * degrees[1] * degrees[2],
            tensor=degrees[0],
            pipeline=degrees[1],
            micro_batch=_column(cases, "micro_batch", which),
            recompute=np.array([codes[case.question["recompute"]] for case in cases])[which],
        )
        sequence = _column(cases, "sequence_tokens", which)
        work = TrainWorkload(
            sequence_tokens=sequence,
            batch_tokens=sequence
            * degrees[2]
            * np.maximum(_column(cases, "sequences", which) // degrees[2] + rng.integers(-2, 3, n), 1),
        )
        return n / best_processor_s(lambda: in_blocks(train_step, shape, chip, layout, work, efficiencies))
    serving = ServeLayout(tensor=_column(cases, "tensor", which), pipeline=_column(cases, "pipeline", which))
    load = ServeWorkload(
        input_tokens=_column(cases, "input_tokens", which),
        output_tokens=np.maximum(_column(cases, "output_tokens", which), 1.0),
        weight_byte=np.where(np.array([name == "fp8" for name in precisions])[which], 1.0, 2.0),
        kv_byte=_column(cases, "cache_byte", which),
    )
    batch = np.maximum(np.floor(_column(cases, "batch", which) * rng.uniform(0.5, 2.0, n)), 1.0)

    def priced(*trees: Any) -> Any:
        *base, asked = trees
        return serve(*base, batch=asked)

    return n / best_processor_s(lambda: in_blocks(priced, shape, chip, serving, load, efficiencies, batch))
