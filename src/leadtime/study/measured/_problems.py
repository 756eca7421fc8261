"""Rows as arrays: everything that an evaluation of the estimator on many rows needs, gathered once.

A problem holds the layouts that were chosen for its rows, so that a fit can change efficiencies thousands of times
without a new search. ``predict`` is one vectorised call.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from leadtime.chips import Chip, Links
from leadtime.errors import LeadtimeError
from leadtime.performance import (
    ChipArrays,
    Efficiencies,
    EfficiencyTable,
    Selection,
    TrainLayout,
    TrainWorkload,
    chip_arrays,
    train_step,
)
from leadtime.study.measured._candidates import training_candidates
from leadtime.study.measured._training_rows import TrainingPoint
from leadtime.workloads import ShapeArrays, shape_arrays, take

__all__ = ["TrainingProblem", "best_of", "networked", "training_problem"]

ASSUMED_SCALE_OUT_BYTE_PER_S = 25e9
"""Network of a chip of which no source states one: a 200 Gb/s card each."""
ASSUMED_SCALE_UP_BYTE_PER_S = 64e9
"""Aggregate of both directions of a PCIe 4.0 x16 slot."""
RECOMPUTE_PENALTY, TOLERANCE = 0.01, 1.05
MEMORY_PENALTY = 8.0


def networked(chip: Chip) -> Chip:
    """Return the chip with an assumed network where no source states one, so that rows on several chips can be priced."""
    links = chip.links
    if links.scale_out_byte_per_s and (links.scale_up_byte_per_s or (links.scale_up_domain or 1) == 1):
        return chip
    return replace(
        chip,
        links=Links(
            scale_up_name=links.scale_up_name if links.scale_up_byte_per_s else "assumed",
            scale_up_byte_per_s=links.scale_up_byte_per_s or ASSUMED_SCALE_UP_BYTE_PER_S,
            scale_up_domain=links.scale_up_domain or 8,
            scale_out_byte_per_s=links.scale_out_byte_per_s or ASSUMED_SCALE_OUT_BYTE_PER_S,
        ),
    )


def unpriced(chips: Sequence[Chip], precisions: Sequence[str]) -> dict[int, str]:
    """Return position -> reason for the rows whose chip lacks a figure without which nothing can be priced."""
    found: dict[tuple[str, str], str | None] = {}
    why: dict[int, str] = {}
    for index, (chip, precision) in enumerate(zip(chips, precisions, strict=True)):
        key = (chip.id, precision)
        if key not in found:
            try:
                chip_arrays([networked(chip)], [precision])
            except LeadtimeError as problem:
                found[key] = problem.message
            else:
                found[key] = None
        reason = found[key]
        if reason is not None:
            why[index] = reason
    return why


def filled(tree: Any, n: int) -> Any:
    """Return a flat struct with every field an array of length ``n``."""
    return type(tree)(*(np.broadcast_to(np.asarray(value, dtype=float), (n,)) for value in tree))


def best_of(owner: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Return the position of the best score of each owner; owners are sorted and without gaps."""
    order = np.lexsort((np.where(np.isnan(score), -np.inf, score), owner))
    last = np.flatnonzero(np.diff(owner[order], append=owner[-1] + 1))
    found: np.ndarray = order[last]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingProblem:
    """Training rows with one layout each."""

    points: tuple[TrainingPoint, ...]
    shape: ShapeArrays
    chip: ChipArrays
    layout: TrainLayout
    workload: TrainWorkload
    selection: Selection
    log_measured: np.ndarray
    is_run: np.ndarray

    def log_rate(self, efficiencies: Efficiencies) -> np.ndarray:
        """Return the natural logarithm of the predicted rate [tokens/s per chip], of whole runs with their goodput."""
        return self._log_rate(self.shape, self.chip, self.layout, self.workload, self.is_run, efficiencies)

    def log_rate_at(self, rows: np.ndarray, efficiencies: Efficiencies) -> np.ndarray:
        """Return the same for a selection of rows, whose efficiencies are given in the same order."""
        return self._log_rate(
            take(self.shape, rows),
            take(self.chip, rows),
            take(self.layout, rows),
            take(self.workload, rows),
            self.is_run[rows],
            efficiencies,
        )

    @staticmethod
    def _log_rate(
        shape: ShapeArrays,
        chip: ChipArrays,
        layout: TrainLayout,
        workload: TrainWorkload,
        is_run: np.ndarray,
        efficiencies: Efficiencies,
    ) -> np.ndarray:
        result = train_step(shape, chip, layout, workload, efficiencies)
        rate = result.tokens_per_s_per_chip * np.where(is_run, efficiencies["goodput_frac"], 1.0)
        return np.log(rate)


def _precision(point: TrainingPoint) -> str:
    return point.setting.precision


def _lookup_precision(point: TrainingPoint) -> str:
    """Return the precision under which efficiencies are kept: 16 bit for anything wider than 8."""
    return point.setting.precision if point.setting.precision in {"fp8", "fp4", "int8"} else "bf16"


def training_selection(points: Sequence[TrainingPoint], table: EfficiencyTable) -> Selection:
    """Return the efficiency rows that serve each measured row."""
    return table.select(
        [point.chip for point in points],
        [_lookup_precision(point) for point in points],
        frameworks=[point.setting.framework for point in points],
    )


def _workload(points: Sequence[TrainingPoint], batch: np.ndarray) -> TrainWorkload:
    narrow = np.array([point.setting.precision in {"fp8", "fp4", "int8"} for point in points], dtype=float)
    work = TrainWorkload(
        sequence_tokens=np.array([point.setting.sequence_tokens for point in points]),
        batch_tokens=batch,
        narrow=narrow,
        lora=np.array([float(point.setting.lora) for point in points]),
        fused_attention=np.array(
            [float(point.setting.year >= 2022.5 or point.chip.family == "tpu") for point in points]
        ),
        imbalance=np.array([point.setting.imbalance for point in points]),
        year=np.array([point.setting.year for point in points]),
        memory_limit_frac=np.inf,
    )
    return filled(work, len(points))


def training_problem(
    points: Sequence[TrainingPoint], table: EfficiencyTable
) -> tuple[TrainingProblem | None, dict[int, str]]:
    """Choose a layout for every row and gather the arrays.

    Parameters
    ----------
    points : sequence of TrainingPoint
        Rows read.
    table : EfficiencyTable
        Efficiencies at which layouts are compared.

    Returns
    -------
    TrainingProblem or None
        Of the rows that have a layout; None if none has.
    dict
        Position -> reason, for the others.

    Notes
    -----
    Among the layouts that a row leaves open the fastest that fits its memory is taken, with a small advantage for
    less recomputation. A layout that the row states did fit: one that seems not to is kept and ranked last.
    """
    why = unpriced([point.chip for point in points], [_precision(point) for point in points])
    owners, flat, chips = [], [], []
    for index, point in enumerate(points):
        if index in why:
            continue
        found = training_candidates(point) or training_candidates(point, free=True)
        if not found:
            why[index] = f"no layout of {point.setting.n_chips:g} chips runs this batch."
            continue
        owners += [index] * len(found)
        flat += found
        chips.append(networked(point.chip))
    kept = [index for index in range(len(points)) if index not in why]
    if not kept:
        return None, why
    position = {index: place for place, index in enumerate(kept)}
    rows = [points[index] for index in kept]
    owner = np.array([position[index] for index in owners], dtype=np.intp)
    columns: dict[str, Any] = {
        name: np.array([getattr(candidate, name) for candidate in flat])
        for name in (
            "tensor",
            "pipeline",
            "virtual",
            "context",
            "expert",
            "micro_batch",
            "recompute",
            "sharding",
            "batch_tokens",
        )
    }
    batch = columns.pop("batch_tokens")
    n_chips = np.array([point.setting.n_chips for point in rows])
    shape, chip = (
        shape_arrays([point.shape for point in rows]),
        chip_arrays(chips, [_precision(point) for point in rows]),
    )
    selection = training_selection(rows, table)
    efficiencies = selection.values(table.medians, table.log_spreads)
    layout = filled(TrainLayout(n_chips=n_chips[owner], **columns), len(owner))
    workload = take(_workload(rows, np.zeros(len(rows))), owner)._replace(batch_tokens=batch)
    tried = train_step(take(shape, owner), take(chip, owner), layout, workload, efficiencies.take(owner))
    excess = np.maximum(tried.memory_byte_per_chip / (chip.capacity_byte[owner] * TOLERANCE) - 1.0, 0.0)
    score = np.log(tried.tokens_per_s_per_chip) - RECOMPUTE_PENALTY * layout.recompute - MEMORY_PENALTY * excess
    score -= 1e-5 * np.log2(layout.tensor * layout.pipeline * layout.context * layout.expert)
    best = best_of(owner, score)
    failed = np.isnan(score[best])
    problem = TrainingProblem(
        points=tuple(rows),
        shape=shape,
        chip=chip,
        layout=take(layout, best),
        workload=take(workload, best),
        selection=selection,
        log_measured=np.log([point.tokens_per_s_per_chip for point in rows]),
        is_run=np.array([point.setting.run for point in rows]),
    )
    if failed.any():
        from leadtime.performance import failure_reason

        for place in np.flatnonzero(failed):
            why[kept[place]] = f"no layout can be priced: {failure_reason(int(tried.code[best[place]]))}."
        problem = restricted(problem, np.flatnonzero(~failed))
    return problem, why


def restricted(problem: TrainingProblem, rows: np.ndarray) -> TrainingProblem:
    """Return the problem with some of its rows."""
    selection = problem.selection
    return replace(
        problem,
        points=tuple(problem.points[row] for row in rows),
        shape=take(problem.shape, rows),
        chip=take(problem.chip, rows),
        layout=take(problem.layout, rows),
        workload=take(problem.workload, rows),
        selection=restricted_selection(selection, rows),
        log_measured=problem.log_measured[rows],
        is_run=problem.is_run[rows],
    )


def restricted_selection(selection: Selection, rows: np.ndarray) -> Selection:
    """Return the selection of some rows."""
    return replace(
        selection,
        index={name: index[rows] for name, index in selection.index.items()},
        spread_factor={name: factor[rows] for name, factor in selection.spread_factor.items()},
        factor_index={name: index[rows] for name, index in selection.factor_index.items()},
        basis=tuple(selection.basis[row] for row in rows),
        task_basis={task: tuple(basis[row] for row in rows) for task, basis in selection.task_basis.items()},
    )
