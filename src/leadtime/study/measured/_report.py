"""The error of the estimator, overall and by chip, model and source; fitted, left out and never fitted side by side."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from leadtime import catalog
from leadtime.files import read_csv
from leadtime.study.measured._scoring import Kind, Row, ScoredRow, check_kind, score_rows
from leadtime.study.measured._table import check_columns, check_separator, with_known_columns

__all__ = ["AccuracyReport", "Summary", "accuracy", "accuracy_of_file", "summary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Error over a set of rows; every field None where there is no row."""

    n: int
    median_abs_pct_error: float | None
    p90_abs_pct_error: float | None
    bias_pct: float | None
    """Median of predicted over measured, less one [%]."""
    coverage_80_frac: float | None
    """Share of rows inside their 80 % interval."""


def summary(rows: Iterable[ScoredRow]) -> Summary:
    """Summarise rows.

    Examples
    --------
    >>> summary([]).n
    0
    """
    rows = tuple(rows)
    if not rows:
        return Summary(n=0, median_abs_pct_error=None, p90_abs_pct_error=None, bias_pct=None, coverage_80_frac=None)
    error = np.array([row.error_pct for row in rows])
    return Summary(
        n=len(rows),
        median_abs_pct_error=float(np.median(np.abs(error))),
        p90_abs_pct_error=float(np.quantile(np.abs(error), 0.9)),
        bias_pct=float(np.median(error)),
        coverage_80_frac=float(np.mean([row.inside for row in rows])),
    )


def grouped(rows: Iterable[ScoredRow], key: Callable[[ScoredRow], str]) -> dict[str, Summary]:
    """Summarise rows by a key, largest groups first."""
    groups: dict[str, list[ScoredRow]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return {name: summary(group) for name, group in sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))}


KEYS: dict[str, Callable[[ScoredRow], str]] = {
    "by_chip": lambda row: row.chip,
    "by_family": lambda row: row.family,
    "by_model": lambda row: row.model,
    "by_source": lambda row: row.source_group,
    "by_figure": lambda row: row.figure,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AccuracyReport:
    """What `leadtime accuracy` says.

    ``sets`` holds the parts that never stand alone: ``fitted`` (rows that efficiencies rest on, predicted with them),
    ``leave_one_source_out`` (the same rows, predicted by a fit without their source), ``held_out`` (sources that no fit
    has seen) and ``searched`` (rows of fitted sources that no fit has seen, since they do not state how many workers
    shared their load). It is empty for a table of the user's own.
    """

    kind: Kind
    n_rows: int
    rows: tuple[ScoredRow, ...]
    skipped: tuple[dict[str, str], ...]
    sets: Mapping[str, tuple[ScoredRow, ...]] = field(default_factory=dict)

    @property
    def overall(self) -> Summary:
        """Error over all scored rows, with the efficiencies that the estimator ships with."""
        return summary(self.rows)

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Ids of the sources behind the rows of the packaged table; empty for a table of the user's own."""
        if not self.sets:
            return ()
        known = {row["id"]: row["source_id"] for row in catalog.table(f"measured_{self.kind}")}
        return tuple(sorted({known[row.id] for row in self.rows if row.id in known}))

    def to_dict(self) -> dict[str, Any]:
        """Return the answer in the layout of the contract."""
        whole = self.overall
        answer: dict[str, Any] = {
            "kind": self.kind,
            "n_rows": self.n_rows,
            "n_scored": whole.n,
            "skipped": list(self.skipped),
            "median_abs_pct_error": whole.median_abs_pct_error,
            "p90_abs_pct_error": whole.p90_abs_pct_error,
            "bias_pct": whole.bias_pct,
            "coverage_80_frac": whole.coverage_80_frac,
            **{name: _plain(grouped(self.rows, key)) for name, key in KEYS.items()},
            "rows": [_row(row) for row in self.rows],
        }
        for name, rows in self.sets.items():
            answer[name] = {
                **_fields(summary(rows)),
                **{by: _plain(grouped(rows, KEYS[by])) for by in ("by_figure", "by_family", "by_source")},
            }
        return answer


def _fields(item: Summary) -> dict[str, Any]:
    return {name: getattr(item, name) for name in Summary.__slots__}


def _plain(groups: Mapping[str, Summary]) -> dict[str, dict[str, Any]]:
    return {name: _fields(item) for name, item in groups.items()}


def _row(row: ScoredRow) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in ScoredRow.__slots__ if name not in {"guesses", "widened_by"}},
        "guesses": list(row.guesses),
        "widened_by": list(row.widened_by),
        "error_pct": row.error_pct,
        "inside": row.inside,
    }


def accuracy(kind: str, rows: Sequence[Row] | None = None) -> AccuracyReport:
    """Score the estimator against measured rows.

    Parameters
    ----------
    kind : {'training', 'inference'}
        Which table of measurements.
    rows : sequence of mapping, optional
        Text cells by column name, in the layout of the packaged tables; default the packaged table, whose report also
        sets fitted, left-out and never-fitted errors side by side.

    Raises
    ------
    BadInputError
        If there is no such kind.
    BadFileError
        If the rows lack the columns without which nothing can be scored.
    """
    chosen = check_kind(kind)
    if rows is not None:
        check_columns(chosen, rows, "The table")
        return _scored(chosen, rows)
    table = catalog.table(f"measured_{chosen}")
    report = _scored(chosen, table)
    from leadtime.study.measured._left_out import evaluation_sets

    return AccuracyReport(
        kind=report.kind,
        n_rows=report.n_rows,
        rows=report.rows,
        skipped=report.skipped,
        sets=evaluation_sets(chosen, report.rows),
    )


def accuracy_of_file(kind: str, path: str | Path) -> AccuracyReport:
    """Score the estimator against a CSV file in the layout of the packaged tables.

    Column names are recognised whatever their case, and whether words are joined by spaces, hyphens or underscores;
    columns that mean nothing here are left alone.
    """
    chosen = check_kind(kind)
    name = Path(path).name
    check_separator(path)
    rows = with_known_columns(chosen, read_csv(path), name)
    check_columns(chosen, rows, name)
    return _scored(chosen, rows)


def _scored(kind: Kind, rows: Sequence[Row]) -> AccuracyReport:
    scored, skipped, n = score_rows(kind, rows)
    return AccuracyReport(kind=kind, n_rows=n, rows=scored, skipped=skipped)
