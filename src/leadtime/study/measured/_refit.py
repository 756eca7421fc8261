"""The refit: from priors and the fitted part of the measured rows to the efficiencies that ship, with their unseen error."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from leadtime import catalog
from leadtime.errors import BadInputError
from leadtime.files import output_folder, write_text
from leadtime.performance import PARAMETERS, TASKS, EfficiencyTable, efficiencies_from_rows
from leadtime.study.measured._fit import FitResult, FitSettings, Problem, Rows, fit_efficiencies
from leadtime.study.measured._kernel_fit import KernelFit, fit_kernels, packaged_kernels
from leadtime.study.measured._left_out import LEFT_OUT_TABLE, kernel_chips, known_to_others, roles
from leadtime.study.measured._problems import TrainingProblem, restricted
from leadtime.study.measured._scoring import KINDS, WIDENING, Kind, Read, figure_of, problem_of, read_rows, software_of
from leadtime.study.measured._serving_problem import ServingProblem, restricted_serving
from leadtime.study.measured._serving_rows import ServingPoint
from leadtime.study.measured._training_rows import TrainingPoint
from leadtime.study.measured._widths import Ratio, Residual, Widths, family_ratio, interval_widths

__all__ = ["NOISE", "RefitResult", "class_widths", "interval_cells", "refit", "write_refit"]

Z80 = 1.2815515655446004
NOISE = {
    "train_dense": 0.08, "train_moe": 0.18, "train_lora": 0.12, "run": 0.6, "serve_dense": 0.13, "serve_moe": 0.22,
    "serve_disaggregated": 0.3, "ttft": 0.15,
}  # fmt: skip
"""Standard deviation of rows of one source about the equations, by class, in the logarithm: how far a row pulls."""
GUESS_NOISE = 0.14
"""What each guess adds to it: the widening of intervals, at one standard deviation."""
KEPT_SHARE = 0.5
"""Share of a prior's spread that stays after a fit: rows of few sources never settle a value for all chips of a family."""
EFFICIENCY_COLUMNS = (
    "parameter",
    "scope",
    "precision",
    "median",
    "low",
    "high",
    "basis",
    "method",
    "measured_chips",
    "source_id",
    "locator",
    "note",
)

Restrict = Callable[[Any, np.ndarray], Any]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RefitResult:
    """What a refit found."""

    fit: FitResult
    kernels: KernelFit
    rows: dict[Kind, Rows]
    groups: tuple[tuple[Kind, str], ...]
    left_out: dict[Kind, np.ndarray]
    """Log-prediction of each fitted row by a fit without its source."""
    fitted: dict[Kind, np.ndarray]
    """Log-prediction by the fit on all of them."""
    widths: Widths


def _restrict(kind: Kind) -> Restrict:
    return restricted if kind == "training" else restricted_serving


def _fitted_points(kind: Kind) -> Any:
    role = roles(kind)
    rows = [row for row in catalog.table(f"measured_{kind}") if role.get(row["source_group"]) == "fitted"]
    read = read_rows(kind, rows)
    # a row that leaves open what its latency hangs on is scored, never fitted
    return replace(read, points=tuple(point for point in read.points if not getattr(point, "settings", ())))


def _rows_of(problem: TrainingProblem | ServingProblem, kind: Kind, number: Mapping[tuple[Kind, str], int]) -> Rows:
    return Rows(
        problem=problem,
        groups=np.array([number[kind, point.group] for point in problem.points]),
        noise=np.array([_noise(point) for point in problem.points]),
    )


def _noise(point: TrainingPoint | ServingPoint) -> float:
    """Return how far a row may lie from the equations: what it leaves to guess makes it pull less."""
    return math.hypot(NOISE[figure_of(point)], GUESS_NOISE * math.sqrt(len(WIDENING & set(point.guesses))))


def _cut(rows: Rows, group: int, restrict: Restrict) -> Rows:
    keep = np.flatnonzero(rows.groups != group)
    return Rows(problem=restrict(rows.problem, keep), groups=rows.groups[keep], noise=rows.noise[keep])


def refit(
    priors: Sequence[Mapping[str, str]] | None = None,
    settings: FitSettings | None = None,
    *,
    progress: Progress = lambda text: None,
) -> RefitResult:
    """Fit efficiencies to the fitted sources, and predict each of them by a fit without it.

    Parameters
    ----------
    priors : sequence of mapping, optional
        Rows of the efficiency table before any end-to-end row; default the packaged priors.
    settings : FitSettings, optional
        Spreads and weights.
    progress : callable
        Told in words what is being done.

    Notes
    -----
    Layouts that rows leave open are chosen at the priors, the efficiencies fitted, the layouts chosen again at the
    fitted values and the fit repeated. A source left out keeps the layouts of the full fit: its rows are few beside the
    choice among layouts, which depends on ratios of efficiencies only.
    """
    settings = settings or FitSettings()
    before = efficiencies_from_rows(catalog.table("efficiency_priors") if priors is None else priors)
    progress("kernels")
    kernels = packaged_kernels(before)
    kernel_fit = fit_kernels(kernels, before, settings)
    prior = kernel_fit.table
    reads = {kind: _fitted_points(kind) for kind in KINDS}
    table, start = prior, None
    for turn in (1, 2):
        progress(f"fit {turn} of 2")
        problems = {kind: _problem(reads[kind], table) for kind in KINDS}
        groups = tuple(sorted({(kind, point.group) for kind in KINDS for point in problems[kind].points}))
        number = {group: i for i, group in enumerate(groups)}
        rows = {kind: _rows_of(problems[kind], kind, number) for kind in KINDS}
        fit = fit_efficiencies(list(rows.values()), prior, settings, n_groups=len(groups), start=start)
        table, start = fit.table, np.log(fit.table.medians)
    kernel_groups = {point.group for point in kernels.points}
    left_out = {kind: np.full(len(rows[kind].groups), np.nan) for kind in KINDS}
    for (kind, group), place in number.items():
        progress(f"without {group}")
        unseen = fit_kernels(kernels, before, settings, without=group).table if group in kernel_groups else prior
        here = np.flatnonzero(rows[kind].groups == place)
        parts = [_cut(rows[name], place, _restrict(name)) if name == kind else rows[name] for name in rows]
        without = fit_efficiencies(parts, unseen, settings, n_groups=len(groups), start=start)
        left_out[kind][here] = _predicted(_restrict(kind)(rows[kind].problem, here), without.table)
    fitted = {kind: _predicted(rows[kind].problem, fit.table) for kind in KINDS}
    return RefitResult(
        fit=fit,
        kernels=kernel_fit,
        rows=rows,
        groups=groups,
        left_out=left_out,
        fitted=fitted,
        widths=class_widths(rows, left_out, before),
    )


def _problem(read: Read, table: EfficiencyTable) -> TrainingProblem | ServingProblem:
    problem, why = problem_of(read, table)
    if problem is None:
        raise BadInputError(f"None of the {read.kind} rows can be fitted: {next(iter(why.values()), 'there is none')}")
    return problem


def _predicted(problem: Problem, table: EfficiencyTable) -> np.ndarray:
    return problem.log_rate(problem.selection.values(table.medians, table.log_spreads))


def class_widths(rows: Mapping[Kind, Rows], left_out: Mapping[Kind, np.ndarray], prior: EfficiencyTable) -> Widths:
    """Return the half-width of each class at which intervals of left-out rows hold 80 % of them, and its factors."""
    guess = prior.scalar("half_width_guess")
    residuals: list[Residual] = []
    for kind, part in rows.items():
        points = part.problem.points
        facts = ((*_seen(point), point.group) for point in points)
        off = left_out[kind] - part.problem.log_measured
        residuals += [
            Residual(
                log_ratio=float(log_ratio),
                guessed=len(WIDENING & set(point.guesses)) * guess**2,
                source=f"{kind}:{point.group}",
                figure=figure_of(point),
                **known._asdict(),
            )
            for point, log_ratio, known in zip(points, off, known_to_others(kind, facts), strict=True)
        ]
    return interval_widths(residuals, **prior_ratios(prior))


def _seen(point: TrainingPoint | ServingPoint) -> tuple[str, str, str]:
    return point.chip.id, point.chip.family or "other", software_of(point)


def prior_ratios(prior: EfficiencyTable) -> dict[str, Ratio]:
    """Return what is assumed of the widening by new chips and new software before any residual."""
    where = {
        "chip": ("half_width_unmeasured_ratio", "any", "any"),
        "software": ("half_width_engine_ratio", "other", "any"),
    }
    places = {name: prior.position[key] for name, key in where.items()}
    return {name: Ratio(float(prior.medians[i]), float(prior.log_spreads[i])) for name, i in places.items()}


def interval_cells(
    priors: Sequence[Mapping[str, str]], widths: Widths, seen: Mapping[Kind, Sequence[tuple[str, str, str, str]]]
) -> list[dict[str, str]]:
    """Return the rows of half-widths of the efficiency table, as text cells.

    Parameters
    ----------
    priors : sequence of mapping
        Rows before any measurement.
    widths : Widths
        What residuals of left-out sources say.
    seen : mapping
        By kind, chip, family, software and source of every fitted row.
    """
    tasks: dict[str, Sequence[tuple[str, str, str, str]]] = {"train": seen["training"], "serve": seen["inference"]}
    chips = {task: {row[0] for row in rows} for task, rows in tasks.items()}
    chips["serve"] |= set(kernel_chips())
    software = {task: {row[2] for row in rows} for task, rows in tasks.items()}
    cells = []
    for row in priors:
        name = row["parameter"]
        if not name.startswith("half_width_"):
            continue
        figure, new = name.removeprefix("half_width_"), {column: row.get(column, "") for column in EFFICIENCY_COLUMNS}
        task = next((task for task, names in TASKS.items() if name in names), None)
        if figure in widths.half_widths and task:
            new |= _width_cell(widths.half_widths[figure]) | {"measured_chips": ";".join(sorted(chips[task]))}
        elif figure == "unmeasured_ratio":
            new |= _width_cell(widths.new_chip_ratio)
        elif figure == "engine_ratio":
            new |= _width_cell(widths.new_software_ratio)
        cells.append(new)
        # software with rows does not widen; other names do
        if figure == "engine_ratio":
            cells += [
                {**new, "scope": engine, **_fixed_cell(1.0, "rows of it were fitted")}
                for engine in sorted(software["serve"])
            ]
        for task, rows in tasks.items():
            if figure == f"{task}_family_ratio":
                for family in sorted({row[1] for row in rows}):
                    n = len({row[3] for row in rows if row[1] == family})
                    cell = _fixed_cell(family_ratio(n), f"{n} fitted source{'s' if n > 1 else ''}")
                    cells.append({**new, "scope": family, **cell})
        if figure == "framework_ratio":
            known = {each["scope"] for each in priors if each["parameter"] == "framework_ratio"}
            strange = sorted(known - software["train"])
            cells += [{**new, "scope": each, **_width_cell(widths.new_software_ratio)} for each in strange]
    return cells


def _fixed_cell(value: float, note: str) -> dict[str, str]:
    return {**dict.fromkeys(("median", "low", "high"), _text(value)), "basis": "F", "method": "derived", "note": note}


def _width_cell(width: float) -> dict[str, str]:
    return {
        "median": _text(width),
        "low": _text(width / 1.25),
        "high": _text(width * 1.25),
        "basis": "F",
        "method": "estimated",
        "source_id": "leadtime-efficiency-fit",
        "locator": "residuals of sources left out",
        "note": "refitted",
    }


def efficiency_cells(priors: Sequence[Mapping[str, str]], result: RefitResult) -> list[dict[str, str]]:
    """Return the rows of the efficiency table after a refit, as text cells."""
    fit = result.fit
    chips = _chips_by_row(result)
    cells = []
    for i, row in enumerate(priors):
        name = row["parameter"]
        new = {column: row.get(column, "") for column in EFFICIENCY_COLUMNS}
        if name.startswith("half_width_"):
            continue
        if fit.fitted[i] or result.kernels.learnt[i]:
            new |= _fitted_cell(result, i, PARAMETERS[name].highest or math.inf)
            new |= {"measured_chips": ";".join(chips.get(i, ())), "note": f"prior {row['median']}"}
        cells.append(new)
    seen = {kind: [(*_seen(p), p.group) for p in result.rows[kind].problem.points] for kind in KINDS}
    return cells + interval_cells(priors, result.widths, seen)


def _fitted_cell(result: RefitResult, i: int, bound: float) -> dict[str, str]:
    """Return what a fit says of one row: of end-to-end rows where they depend on it, else of kernels alone."""
    fit, seen = result.fit, bool(result.fit.fitted[i])
    median, prior = float(fit.table.medians[i]), float(fit.table.log_spreads[i])
    spread = max(float(fit.spreads[i]), KEPT_SHARE * prior) if seen else prior
    low, high = median * math.exp(-Z80 * spread), min(median * math.exp(Z80 * spread), bound)
    return {
        "median": _text(min(median, bound)),
        "low": _text(low),
        "high": _text(max(high, median)),
        "basis": "F" if seen else "K",
        "method": "estimated" if seen else "derived",
        "source_id": "leadtime-efficiency-fit",
        "locator": "fitted sources of accuracy_split" if seen else "measured_kernels",
    }


def _chips_by_row(result: RefitResult) -> dict[int, tuple[str, ...]]:
    """Return, for each efficiency row of a chip family, the chips whose measured rows it serves."""
    found: dict[int, set[str]] = {}
    kernels = packaged_kernels(result.fit.table)
    for part in (*(rows.problem for rows in result.rows.values()), kernels):
        for name, index in part.selection.index.items():
            if PARAMETERS[name].scope == "chip":
                for point, row in zip(part.points, index, strict=True):
                    found.setdefault(int(row), set()).add(point.chip.id)
    return {row: tuple(sorted(chips)) for row, chips in found.items()}


def _text(value: float) -> str:
    return f"{value:.5g}"


def left_out_cells(result: RefitResult) -> list[dict[str, str]]:
    """Return the rows of the table of left-out predictions."""
    from leadtime.study.measured._scoring import LOWER_IS_FASTER

    cells = []
    for kind in KINDS:
        points = result.rows[kind].problem.points
        for point, fitted, without in zip(points, result.fitted[kind], result.left_out[kind], strict=True):
            if math.isfinite(fitted) and math.isfinite(without):
                sign = -1.0 if point.quantity in LOWER_IS_FASTER else 1.0
                cells.append(
                    {
                        "kind": kind,
                        "id": point.id,
                        "predicted_tok_s_per_chip": f"{math.exp(fitted):.6g}",
                        "left_out_ratio": f"{math.exp(sign * (without - fitted)):.6g}",
                        "source_id": "leadtime-efficiency-fit",
                        "locator": point.group,
                        "method": "estimated",
                    }
                )
    return cells


def _csv(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> str:
    import csv
    import io

    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_refit(result: RefitResult, folder: str | Path) -> tuple[Path, Path]:
    """Write the efficiency table and the left-out predictions of a refit and return their paths."""
    path = output_folder(folder)
    efficiencies = _csv(EFFICIENCY_COLUMNS, efficiency_cells(catalog.table("efficiency_priors"), result))
    cells = left_out_cells(result)
    return write_text(path / "efficiencies.csv", efficiencies), write_text(
        path / f"{LEFT_OUT_TABLE}.csv", _csv(tuple(cells[0]), cells)
    )
