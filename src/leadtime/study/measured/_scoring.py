"""Rows of a table of measurements to scored rows: read, predicted, compared, with the interval that was claimed."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np

from leadtime import catalog
from leadtime.errors import BadFileError, BadInputError
from leadtime.performance import EfficiencyTable, efficiencies_from_rows, half_width, interval
from leadtime.study.measured._cells import RowProblem, text_of
from leadtime.study.measured._problems import TrainingProblem, training_problem
from leadtime.study.measured._serving_problem import ServingProblem, serving_problem
from leadtime.study.measured._serving_rows import ServingPoint, read_serving_row
from leadtime.study.measured._training_rows import TrainingPoint, read_training_row

__all__ = ["KINDS", "Kind", "Read", "ScoredRow", "figure_of", "packaged_efficiencies", "read_rows", "score_rows"]

Kind = Literal["training", "inference"]
KINDS: tuple[Kind, ...] = ("training", "inference")
Row = Mapping[str, str]

WIDENING = frozenset(
    {"model", "chip", "layout", "lengths", "load", "sequence", "chips", "precision", "weights", "speculation"}
)
"""Guesses that widen an interval; a batch or a cache format in its usual range hardly matters."""
NEEDED: dict[str, tuple[str, ...]] = {"training": ("model", "chip"), "inference": ("model", "chip", "phase")}
TELLING: dict[str, frozenset[str]] = {
    "training": frozenset(
        {"tokens_per_s_per_gpu", "step_time_s", "gpu_hours", "mfu_pct", "tflops_per_gpu", "wall_days"}
    ),
    "inference": frozenset(
        {"decode_tok_s_per_chip", "prefill_tok_s_per_chip", "total_tok_s_per_chip", "ttft_ms", "tpot_ms"}
    ),
}
LOWER_IS_FASTER = frozenset({"step_time_s", "gpu_hours", "wall_days"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRow:
    """One row beside what the estimator says; measured, predicted, low and high are in the unit of the column scored."""

    id: str
    source_group: str
    chip: str
    family: str
    model: str
    figure: str
    """Class of its interval: train_dense, train_moe, train_lora, run, serve_dense, serve_moe, serve_disaggregated, ttft."""
    quantity: str
    """Column that was scored."""
    measured: float
    predicted: float
    low: float
    high: float
    guesses: tuple[str, ...]

    @property
    def error_pct(self) -> float:
        """Predicted over measured, less one [%]."""
        return 100.0 * (self.predicted / self.measured - 1.0)

    @property
    def inside(self) -> bool:
        """Whether the 80 % interval holds the measured value."""
        return self.low <= self.measured <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The rows of a table that can be scored, and why the others cannot."""

    kind: Kind
    n_rows: int
    points: tuple[Any, ...]
    skipped: tuple[dict[str, str], ...]


@cache
def packaged_efficiencies() -> EfficiencyTable:
    """Return the efficiencies that the estimator ships with."""
    return efficiencies_from_rows(catalog.table("efficiencies"))


def check_kind(kind: str) -> Kind:
    """Return the kind, or say which there are."""
    if kind == "training":
        return "training"
    if kind == "inference":
        return "inference"
    raise BadInputError(f"There is no table of {kind!r} measurements.", hint="Ask for training or inference.")


def check_columns(kind: Kind, rows: Sequence[Row], where: str) -> None:
    """Refuse a table that lacks the columns without which nothing can be scored, or that is of the other kind."""
    if not rows:
        raise BadFileError(f"{where} has no rows.", hint="Give a table in the layout of the packaged measurements.")
    present = set(rows[0])
    other = "inference" if kind == "training" else "training"
    if not present & TELLING[kind]:
        if present & TELLING[other]:
            raise BadFileError(
                f"{where} holds {other} measurements.", hint=f"Run: leadtime accuracy {other} --against {where}"
            )
        raise BadFileError(
            f"{where} has no column with a measured value.",
            hint=f"One of {', '.join(sorted(TELLING[kind]))} is needed.",
        )
    missing = [name for name in NEEDED[kind] if name not in present]
    if missing:
        raise BadFileError(
            f"{where} lacks the column {missing[0]!r}.",
            hint=f"Needed are {', '.join(NEEDED[kind])} and a measured value.",
        )


def read_rows(kind: Kind, rows: Iterable[Row]) -> Read:
    """Read every row that can be scored; one that repeats another counts once.

    Parameters
    ----------
    kind : {'training', 'inference'}
        Which table.
    rows : iterable of mapping
        Text cells by column name.
    """
    reader: Callable[[Row], Any] = read_training_row if kind == "training" else read_serving_row
    points: list[Any] = []
    skipped: list[dict[str, str]] = []
    seen: dict[tuple[Any, ...], str] = {}
    n = 0
    for n, row in enumerate(rows, start=1):
        name = text_of(row, "id") or f"row {n}"
        try:
            point = reader(row)
        except (RowProblem, BadInputError) as problem:
            skipped.append({"id": name, "why": problem.message})
            continue
        first = seen.setdefault(_fingerprint(point), name)
        if first != name:
            skipped.append({"id": name, "why": f"repeats {first}."})
            continue
        points.append(point)
    return Read(kind=kind, n_rows=n, points=tuple(points), skipped=tuple(skipped))


def _fingerprint(point: TrainingPoint | ServingPoint) -> tuple[Any, ...]:
    """Return what two rows share only if one repeats the other: model, chip, sizes and five digits of the value."""
    if isinstance(point, TrainingPoint):
        setting = point.setting
        sizes: tuple[Any, ...] = (setting.n_chips, setting.sequence_tokens, setting.batch_tokens)
        value = point.tokens_per_s_per_chip
    else:
        demand = point.demand
        sizes = (point.n_chips, demand.input_tokens, demand.output_tokens, demand.phase, point.quantity)
        value = point.value
    return (point.shape.id, point.chip.id, *sizes, f"{value:.5g}")


def problem_of(read: Read, table: EfficiencyTable) -> tuple[TrainingProblem | ServingProblem, dict[int, str]]:
    """Return the arrays of the rows, and the reasons of those without a layout."""
    if read.kind == "training":
        return training_problem(read.points, table)
    return serving_problem(read.points, table)


def figure_of(point: TrainingPoint | ServingPoint) -> str:
    """Return the class of intervals that a row belongs to."""
    mixture = bool(point.shape.experts)
    if isinstance(point, TrainingPoint):
        setting = point.setting
        return "run" if setting.run else "train_lora" if setting.lora else "train_moe" if mixture else "train_dense"
    if point.demand.phase == "prefill" and point.demand.load.concurrency == 1:
        return "ttft"
    if point.layout.disaggregated and point.demand.phase == "mixed":
        return "serve_disaggregated"
    return "serve_moe" if mixture else "serve_dense"


def half_widths(problem: TrainingProblem | ServingProblem, table: EfficiencyTable) -> np.ndarray:
    """Return the log half-width at level 0.8 of every row."""
    efficiencies = problem.selection.values(table.medians, table.log_spreads)
    guesses = np.array([len(WIDENING & set(point.guesses)) for point in problem.points], dtype=float)
    figures = np.array([figure_of(point) for point in problem.points])
    result = np.zeros(len(figures))
    for figure in np.unique(figures):
        width = half_width(efficiencies, figure, n_guesses=guesses, basis=problem.selection.basis)
        result = np.where(figures == figure, width, result)
    return result


def score_rows(
    kind: Kind, rows: Iterable[Row], table: EfficiencyTable | None = None
) -> tuple[tuple[ScoredRow, ...], tuple[dict[str, str], ...], int]:
    """Score a table.

    Parameters
    ----------
    kind : {'training', 'inference'}
        Which table.
    rows : iterable of mapping
        Text cells by column name.
    table : EfficiencyTable, optional
        Efficiencies; default those that the estimator ships with.

    Returns
    -------
    tuple
        Scored rows, skipped rows with their reasons, number of rows.
    """
    table = table or packaged_efficiencies()
    read = read_rows(kind, rows)
    if not read.points:
        return (), read.skipped, read.n_rows
    problem, why = problem_of(read, table)
    predicted = problem.log_rate(problem.selection.values(table.medians, table.log_spreads))
    scored = scored_rows(problem, predicted, half_widths(problem, table))
    late = [
        {"id": point.id, "why": "the estimator says that it does not fit."}
        for point, value in zip(problem.points, predicted, strict=True)
        if not math.isfinite(value)
    ]
    skipped = (*read.skipped, *({"id": read.points[i].id, "why": reason} for i, reason in sorted(why.items())), *late)
    return scored, tuple(skipped), read.n_rows


def scored_rows(
    problem: TrainingProblem | ServingProblem, log_predicted: np.ndarray, widths: np.ndarray
) -> tuple[ScoredRow, ...]:
    """Put predictions beside measurements, in the unit of the column that was scored."""
    band = interval(np.exp(log_predicted), widths)
    rows = zip(problem.points, problem.log_measured, log_predicted, band.low, band.high, strict=True)
    return tuple(_scored(*row) for row in rows if math.isfinite(row[2]))


def _scored(
    point: TrainingPoint | ServingPoint, log_measured: float, log_predicted: float, low: float, high: float
) -> ScoredRow:
    quantity, measured = _stated(point, math.exp(log_measured))
    ratios = [math.exp(log_predicted - log_measured), low / math.exp(log_measured), high / math.exp(log_measured)]
    if quantity in LOWER_IS_FASTER:
        ratios = [1 / ratios[0], 1 / ratios[2], 1 / ratios[1]]
    return ScoredRow(
        id=point.id,
        source_group=point.group,
        chip=point.chip.id,
        family=point.chip.family or "other",
        model=point.shape.id,
        figure=figure_of(point),
        quantity=quantity,
        measured=measured,
        predicted=measured * ratios[0],
        low=measured * ratios[1],
        high=measured * ratios[2],
        guesses=point.guesses,
    )


def _stated(point: TrainingPoint | ServingPoint, rate: float) -> tuple[str, float]:
    """Return the column that was scored and its value, per package of the catalogue."""
    if isinstance(point, ServingPoint):
        return {
            "decode": "decode_tok_s_per_chip",
            "prefill": "prefill_tok_s_per_chip",
            "total": "total_tok_s_per_chip",
        }[point.quantity], rate
    return point.quantity, point.stated_value
