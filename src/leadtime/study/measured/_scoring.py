"""Rows of a table of measurements to scored rows: read, predicted, compared, with the interval that was claimed."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

import numpy as np

from leadtime import catalog
from leadtime.errors import BadInputError
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
    {"model", "chip", "phase", "layout", "lengths", "load", "sequence", "chips", "precision", "weights", "speculation"}
)
"""Guesses that widen an interval; a batch or a cache format in its usual range hardly matters."""
LOWER_IS_FASTER = frozenset({"step_time_s", "gpu_hours", "wall_days", "tpot_ms"})
SHARE_OF_RANGE = 0.8
"""Share of an even range that its central 80 % take."""
EXACT_DIGITS = 4
"""Digits from which on two equal values are one measurement."""
_COLUMN = {
    "decode": "decode_tok_s_per_chip",
    "prefill": "prefill_tok_s_per_chip",
    "total": "total_tok_s_per_chip",
    "tpot": "tpot_ms",
}


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
    software: str
    """Training framework or serving engine as efficiencies tell them apart."""
    basis: str
    """Whether rows of this ``measured`` chip were fitted, or values of its ``family`` or of any ``other`` chip serve it."""
    quantity: str
    """Column that was scored."""
    measured: float
    predicted: float
    low: float
    high: float
    guesses: tuple[str, ...]
    widened_by: tuple[str, ...] = ()
    """Why its interval is wider than that of a fully stated row on a chip and software with measured rows."""

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
        point = point if point.id else replace(point, id=name)
        first = seen.setdefault(_fingerprint(point, row), name)
        if first != name:
            skipped.append({"id": name, "why": f"repeats {first}."})
            continue
        points.append(point)
    return Read(kind=kind, n_rows=n, points=tuple(points), skipped=tuple(skipped))


def _fingerprint(point: TrainingPoint | ServingPoint, row: Row) -> tuple[Any, ...]:
    """Return what two rows share only if one repeats the other: model, chip, sizes and five digits of the value.

    A value of fewer than four digits is shared by chance; then layout, formats and load count too.
    """
    if isinstance(point, TrainingPoint):
        setting = point.setting
        sizes: tuple[Any, ...] = (setting.n_chips, setting.sequence_tokens, setting.batch_tokens)
        value, column = point.tokens_per_s_per_chip, point.quantity
        details: tuple[Any, ...] = (setting.precision, setting.framework, point.layout)
    else:
        demand = point.demand
        sizes = (point.n_chips, demand.input_tokens, demand.output_tokens, demand.phase, point.quantity)
        value, column = point.value, _COLUMN[point.quantity]
        details = (point.formats, demand.load, point.layout)
    digits = re.sub(r"\D", "", text_of(row, column)).strip("0")
    return (point.shape.id, point.chip.id, *sizes, f"{value:.5g}", *(details if 0 < len(digits) < EXACT_DIGITS else ()))


def problem_of(read: Read, table: EfficiencyTable) -> tuple[TrainingProblem | ServingProblem | None, dict[int, str]]:
    """Return the arrays of the rows, and the reasons of those without a layout; None if no row has one."""
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


def software_of(point: TrainingPoint | ServingPoint) -> str:
    """Return the training framework or the serving engine of a row."""
    return point.setting.framework if isinstance(point, TrainingPoint) else point.formats.engine


GUESS_WORDS = {
    "model": "only the size of the model is known",
    "chip": "the chip is named by its class alone",
    "phase": "the phase is not stated",
    "layout": "the layout was searched",
    "lengths": "lengths of prompt or answer are not stated",
    "load": "the load is not stated",
    "sequence": "the sequence length is not stated",
    "chips": "the number of chips is not stated",
    "workers": "the number of workers is not stated",
    "precision": "the precision is not stated",
    "weights": "the format of the weights is not stated",
    "speculation": "speculation is not stated",
}
BASIS_WORDS = {
    "family": "no rows of this chip were fitted: values of its family",
    "other": "no rows of this chip were fitted: values that other families share",
}


def _reasons(point: TrainingPoint | ServingPoint, basis: str, software_ratio: float) -> tuple[str, ...]:
    """Return why an interval is wider than the narrowest of its class, in words."""
    found = [BASIS_WORDS[basis]] if basis in BASIS_WORDS else []
    if software_ratio > 1:
        name = software_of(point)
        found.append("no rows of this software were fitted" + ("" if name == "other" else f": {name}"))
    return (*found, *(text for name, text in GUESS_WORDS.items() if name in point.guesses))


def half_widths(problem: TrainingProblem | ServingProblem, table: EfficiencyTable) -> np.ndarray:
    """Return the log half-width at level 0.8 of every row."""
    efficiencies = problem.selection.values(table.medians, table.log_spreads)
    guesses = np.array([len(WIDENING & set(point.guesses)) for point in problem.points], dtype=float)
    figures = np.array([figure_of(point) for point in problem.points])
    result = np.zeros(len(figures))
    basis = problem.selection.task_basis["train" if isinstance(problem, TrainingProblem) else "serve"]
    for figure in np.unique(figures):
        width = half_width(efficiencies, figure, n_guesses=guesses, basis=basis)
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
    unpriced = [{"id": read.points[i].id, "why": reason} for i, reason in sorted(why.items())]
    if problem is None:
        return (), (*read.skipped, *unpriced), read.n_rows
    predicted = problem.log_rate(problem.selection.values(table.medians, table.log_spreads))
    scored = scored_rows(problem, predicted, half_widths(problem, table), table)
    late = [
        {"id": problem.points[i].id, "why": "the estimator says that it does not fit."}
        for i in np.flatnonzero(~np.isfinite(predicted))
    ]
    return scored, (*read.skipped, *unpriced, *late), read.n_rows


def scored_rows(
    problem: TrainingProblem | ServingProblem, log_predicted: np.ndarray, widths: np.ndarray, table: EfficiencyTable
) -> tuple[ScoredRow, ...]:
    """Put predictions beside measurements, in the unit of the column that was scored."""
    down = up = widths
    if isinstance(problem, ServingProblem):
        # a count that the row leaves open may lie anywhere among its plausible values
        least, middle, most = problem.open_range.T
        down, up = (np.hypot(widths, SHARE_OF_RANGE * side) for side in (middle - least, most - middle))
    value = np.exp(log_predicted)
    low, high = interval(value, down).low, interval(value, up).high
    task, scope = ("train", "framework") if isinstance(problem, TrainingProblem) else ("serve", "engine")
    ratio = table.medians[problem.selection.index[f"half_width_{scope}_ratio"]]
    basis = problem.selection.task_basis[task]
    rows = zip(problem.points, problem.log_measured, log_predicted, low, high, basis, ratio, strict=True)
    return tuple(_scored(*row) for row in rows if math.isfinite(row[2]))


def _scored(
    point: TrainingPoint | ServingPoint,
    log_measured: float,
    log_predicted: float,
    low: float,
    high: float,
    basis: str,
    software_ratio: float,
) -> ScoredRow:
    quantity, measured = _stated(point, math.exp(log_measured))
    ratios = [
        float(math.exp(log_predicted - log_measured)),
        *(float(end) / math.exp(log_measured) for end in (low, high)),
    ]
    if quantity in LOWER_IS_FASTER:
        ratios = [1 / ratios[0], 1 / ratios[2], 1 / ratios[1]]
    return ScoredRow(
        id=point.id,
        source_group=point.group,
        chip=point.chip.id,
        family=point.chip.family or "other",
        model=point.shape.id,
        figure=figure_of(point),
        software=software_of(point),
        basis=basis,
        quantity=quantity,
        measured=measured,
        predicted=measured * ratios[0],
        low=measured * ratios[1],
        high=measured * ratios[2],
        guesses=point.guesses,
        widened_by=_reasons(point, basis, software_ratio),
    )


def _stated(point: TrainingPoint | ServingPoint, rate: float) -> tuple[str, float]:
    """Return the column that was scored and its value, per package of the catalogue."""
    if isinstance(point, ServingPoint):
        return _COLUMN[point.quantity], 1e3 / rate if point.quantity == "tpot" else rate
    return point.quantity, point.stated_value
