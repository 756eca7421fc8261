"""One training run: time, memory, utilisation, cost, energy, with ranges."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from leadtime import performance, workloads
from leadtime.chips import Chip, find_chip
from leadtime.errors import ConflictError, LeadtimeError
from leadtime.performance import FailureCode, TrainLayout, TrainWorkload, failure_reason
from leadtime.stopping import check
from leadtime.study.estimator._costs import Money, cost_basis
from leadtime.study.estimator._layout_text import train_layout, train_text
from leadtime.study.estimator._ranges import POWER_HALF_WIDTH, between, range_of, times
from leadtime.study.estimator._setup import (
    checked_count,
    checked_number,
    checked_software,
    efficiency_precision,
    efficiency_sources,
    efficiency_table,
    is_mixture,
    precision_note,
    row_of,
    scalar,
)
from leadtime.units import DAY_S, HOUR_S
from leadtime.workloads import ModelShape

__all__ = ["TrainQuestion", "train", "train_many"]

AT_ONCE = 64
"""Questions priced together: with some thousand candidate layouts each, more of them only leave the cache (measured), and a search can
be stopped between two parts."""

BATCH_SOURCE = "arxiv-2401-02954"
"""Where the batch comes from that is assumed where none is stated."""
IMBALANCE_RATIO = 1.1
"""Load of the busiest expert rank over the mean where routing is not forced into balance; between a benchmark (1) and service (1.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainQuestion:
    """What :func:`train` is asked; see there."""

    model: str | Path | ModelShape
    chip: str | Path | Chip
    n_chips: int
    tokens: float
    seq_len: int = 4096
    batch_tokens: float | None = None
    precision: str = "bf16"
    parallelism: str = "auto"
    framework: str = "other"
    on: date | None = None
    money: Money = Money()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A question with its names resolved and its numbers checked."""

    question: TrainQuestion
    shape: ModelShape
    chip: Chip
    arithmetic: str
    layout: TrainLayout | None
    work: TrainWorkload
    on: date
    assumed: tuple[str, ...]


def train(
    model: str | Path | ModelShape,
    chip: str | Path | Chip,
    *,
    n_chips: int,
    tokens: float,
    seq_len: int = 4096,
    batch_tokens: float | None = None,
    precision: str = "bf16",
    parallelism: str = "auto",
    framework: str = "other",
    on: date | None = None,
    money: Money | None = None,
) -> dict[str, Any]:
    """Estimate a training run.

    Parameters
    ----------
    model : str, Path or ModelShape
        Catalogue name, ``config.json`` or a shape.
    chip : str, Path or Chip
        Catalogue name, chip file or a chip.
    n_chips : int
        Accelerators of the run, 1 to 1,000,000.
    tokens : float
        Tokens of the run, at least one batch, up to 1e16.
    seq_len : int
        Sequence length [tokens].
    batch_tokens : float, optional
        Global batch [tokens]; if not given, what suits the size of the run (:func:`leadtime.workloads.batch_tokens_bi2024`).
    precision : str
        Of matrix products: bf16, fp8, fp4, int8.
    parallelism : str
        ``auto`` searches; else degrees (``tp=8,pp=16``).
    framework : str
        Software whose efficiency is known (``in-house``, ``maxtext``, ...); ``other`` for any that is not.
    on : date, optional
        Date of the software and of the prices; today if not given.
    money : Money, optional
        Stated prices and the place where they are paid.

    Returns
    -------
    dict
        The contract of ``leadtime train``: see the JSON schema. What does not fit has ``feasible`` false, a reason, and None for
        everything that depends on the time of a step.

    Notes
    -----
    Valid for decoders from 1e8 weights. GPU-hours include failures and restarts at the goodput of published runs; the time of a step does not.
    """
    question = TrainQuestion(
        model=model,
        chip=chip,
        n_chips=n_chips,
        tokens=tokens,
        seq_len=seq_len,
        batch_tokens=batch_tokens,
        precision=precision,
        parallelism=parallelism,
        framework=framework,
        on=on,
        money=money or Money(),
    )
    answer = train_many([question])[0]
    if isinstance(answer, LeadtimeError):
        raise answer
    return answer


def train_many(questions: Sequence[TrainQuestion]) -> list[dict[str, Any] | LeadtimeError]:
    """Answer many questions at once; a question that cannot be asked has its error in its place."""
    answers: list[dict[str, Any] | LeadtimeError] = []
    ready: list[tuple[int, _Ready]] = []
    for index, question in enumerate(questions):
        check()
        try:
            ready.append((index, _prepare(question)))
            answers.append(LeadtimeError("not reached"))
        except LeadtimeError as error:
            answers.append(error)
    for group in ([r for r in ready if r[1].layout is None], [r for r in ready if r[1].layout is not None]):
        for start in range(0, len(group), AT_ONCE):
            check()
            part = group[start : start + AT_ONCE]
            for (index, one), answer in zip(part, _priced([one for _, one in part]), strict=True):
                try:
                    answers[index] = _answer(one, *answer)
                except LeadtimeError as error:
                    answers[index] = error
    return answers


def _usual_batch(shape: ModelShape, tokens: float, step: int, seq_len: int) -> float:
    """Return the batch [tokens] that suits a run of this size: whole sequences on every chip, no more than the run has."""
    usual = workloads.batch_tokens_bi2024(float(workloads.training_flop_per_token(shape, float(seq_len))) * tokens)
    return float(max(1, round(min(usual, tokens) / step)) * step)


def _prepare(question: TrainQuestion) -> _Ready:
    shape = question.model if isinstance(question.model, ModelShape) else workloads.find_model(question.model)
    chip = question.chip if isinstance(question.chip, Chip) else find_chip(question.chip)
    n_chips = checked_count(question.n_chips, "n_chips", high=1_000_000)
    checked_number(question.tokens, "tokens", low=1, high=1e16)
    checked_software(question.framework, "framework")
    seq_len = checked_count(question.seq_len, "seq_len", low=16, high=16_000_000)
    assumed = []
    batch_tokens = question.batch_tokens
    if batch_tokens is None:
        batch_tokens = _usual_batch(shape, question.tokens, n_chips * seq_len, seq_len)
        assumed.append(f"a batch of {batch_tokens:,.0f} tokens, usual for a run of this size")
    batch_tokens = checked_number(batch_tokens, "batch_tokens", low=seq_len, high=1e12)
    if batch_tokens > question.tokens:
        raise ConflictError(
            f"A batch of {batch_tokens:,.0f} tokens is more than the whole run of {question.tokens:,.0f}.",
            hint="Give more tokens, fewer chips, or a smaller batch_tokens.",
        )
    if question.parallelism == "auto":
        assumed.append("the fastest layout that fits")
    on = question.on or date.today()
    arithmetic = performance.arithmetic_precision(chip, question.precision)
    narrow = efficiency_precision(arithmetic) in {"fp8", "fp4", "int8"}
    work = TrainWorkload(
        sequence_tokens=float(seq_len),
        batch_tokens=float(batch_tokens),
        narrow=1.0 if narrow else 0.0,
        dispatch_byte=1.0 if narrow else 2.0,
        imbalance=IMBALANCE_RATIO if is_mixture(shape) else 1.0,
        year=min(max(on.year + (on.timetuple().tm_yday - 1) / 365.25, 2019.0), 2028.0),
    )
    return _Ready(
        question=question,
        shape=shape,
        chip=chip,
        arithmetic=arithmetic,
        layout=None if question.parallelism == "auto" else train_layout(question.parallelism, n_chips),
        work=work,
        on=on,
        assumed=tuple(assumed),
    )


def _priced(group: Sequence[_Ready]) -> list[tuple[dict[str, Any], TrainLayout, Any]]:
    """Price a group of questions that all search their layout, or all state it: one call of the estimator."""
    chips = [one.chip for one in group]
    arrays = performance.chip_arrays(chips, [one.question.precision for one in group])
    efficiencies = efficiency_table().efficiencies(
        chips,
        [efficiency_precision(one.arithmetic) for one in group],
        frameworks=[one.question.framework for one in group],
    )
    shapes = workloads.shape_arrays([one.shape for one in group])
    work = TrainWorkload(*np.array([one.work for one in group]).T)
    if group[0].layout is None:
        n_chips = np.array([float(one.question.n_chips) for one in group])
        found = performance.search_train_layout(shapes, arrays, n_chips, work, efficiencies)
        layout, result = found.layout, found.result
    else:
        layout = TrainLayout(*np.array([one.layout for one in group]).T)
        result = performance.in_blocks(performance.train_step, shapes, arrays, layout, work, efficiencies)
    n = len(group)
    values = result._asdict()
    return [
        (
            {**row_of(values, index, n), "capacity_byte": float(np.broadcast_to(arrays.capacity_byte, (n,))[index])},
            TrainLayout(*(float(np.broadcast_to(value, (n,))[index]) for value in layout)),
            efficiencies.take(np.array([index])),
        )
        for index in range(n)
    ]


def _answer(ready: _Ready, one: dict[str, Any], layout: TrainLayout, efficiencies: Any) -> dict[str, Any]:
    """Dress one priced configuration as the contract wants it."""
    question, shape, chip = ready.question, ready.shape, ready.chip
    code = FailureCode(int(one["code"]))
    if ready.layout is not None and code not in (FailureCode.NONE, FailureCode.MEMORY):
        raise ConflictError(
            f"The layout {question.parallelism} cannot run {shape.name}: {failure_reason(code)}.",
            hint="Or let --parallelism auto find one.",
        )
    feasible = code is FailureCode.NONE
    basis = efficiencies.task_basis["train"][0]
    half = scalar(
        performance.half_width(
            efficiencies,
            "train_moe" if is_mixture(shape) else "train_dense",
            n_guesses=float(len(ready.assumed)),
            basis=basis,
        )
    )
    run_half = max(half, scalar(performance.half_width(efficiencies, "run", basis=basis)))
    goodput = scalar(efficiencies["goodput_frac"])
    rate = one["tokens_per_s_per_chip"] if feasible else None
    chip_s = None if rate is None else question.tokens / (rate * goodput)
    gpu_hours = None if chip_s is None else chip_s / HOUR_S
    wall_days = None if chip_s is None else chip_s / question.n_chips / DAY_S
    costs = cost_basis(chip, on=ready.on, money=question.money)
    energy = None if chip_s is None or costs.wall_power_w is None else chip_s * costs.wall_power_w
    mfu = one["mfu_frac"] if feasible else None
    intervals = {
        "step_time_s": range_of(one["step_time_s"], half),
        "tokens_per_s_per_chip": range_of(rate, half),
        "mfu_frac": range_of(mfu, half, most=1.0),
        "gpu_hours": range_of(gpu_hours, run_half),
        "wall_days": range_of(wall_days, run_half),
        "cost_usd.rental": between(costs.rental_usd_per_hour, gpu_hours, run_half),
        "cost_usd.ownership": between(costs.ownership_usd_per_hour, gpu_hours, run_half),
        "energy_j": range_of(energy, math.hypot(run_half, POWER_HALF_WIDTH)),
    }
    return {
        "model": shape.id,
        "chip": chip.id,
        "n_chips": question.n_chips,
        "tokens": question.tokens,
        "seq_len": question.seq_len,
        "batch_tokens": ready.work.batch_tokens,
        "precision": question.precision,
        "arithmetic": ready.arithmetic,
        "step_time_s": one["step_time_s"] if feasible else None,
        "tokens_per_s_per_chip": rate,
        "mfu_frac": mfu,
        "hfu_frac": one["hfu_frac"] if feasible else None,
        "gpu_hours": gpu_hours,
        "wall_days": wall_days,
        "goodput_frac": goodput,
        "training_flop": one["model_flop_per_token"] * question.tokens,
        "memory_byte_per_chip": one["memory_byte_per_chip"],
        "memory_capacity_byte_per_chip": one["capacity_byte"],
        "feasible": feasible,
        "infeasible_reason": failure_reason(
            code, needed_byte=one["memory_byte_per_chip"], capacity_byte=one["capacity_byte"]
        ),
        "parallelism": train_text(layout),
        "cost_usd": {
            "rental": times(costs.rental_usd_per_hour, gpu_hours),
            "ownership": times(costs.ownership_usd_per_hour, gpu_hours),
        },
        "usd_per_chip_hour": {
            "rental": times(costs.rental_usd_per_hour, 1.0),
            "ownership": times(costs.ownership_usd_per_hour, 1.0),
            "ownership_lines": dict(costs.ownership_lines),
        },
        "energy_j": energy,
        "breakdown_s": {name: (value if feasible else None) for name, value in one["breakdown_s"].items()},
        "intervals": {name: value for name, value in intervals.items() if value is not None},
        "efficiency_basis": basis,
        "assumed": list(ready.assumed),
        "notes": [*costs.notes, *shape.origin.warnings, *precision_note(chip, question.precision, ready.arithmetic)],
        "sources": sorted(
            {
                *efficiency_sources(),
                *costs.source_ids,
                *chip.sources.values(),
                *([BATCH_SOURCE] if ready.question.batch_tokens is None else []),
            }
        ),
    }
