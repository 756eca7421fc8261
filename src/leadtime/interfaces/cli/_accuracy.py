"""How the error of the estimator is shown on a terminal."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from leadtime.interfaces.cli._show import table

if TYPE_CHECKING:
    from leadtime.study.measured import AccuracyReport, ScoredRow, Summary

__all__ = ["print_report", "run_refit"]

LEAST_ROWS = 3
NAMES = {"fitted": "fitted", "leave_one_source_out": "source left out", "held_out": "never fitted"}


def _cells(item: "Summary | None") -> tuple[str, str, str, str]:
    if item is None or item.n == 0 or item.median_abs_pct_error is None or item.p90_abs_pct_error is None:
        return ("", "", "", "")
    held = "" if item.coverage_80_frac is None else f"{100 * item.coverage_80_frac:.0f} %"
    return (str(item.n), f"{item.median_abs_pct_error:.1f} %", f"{item.p90_abs_pct_error:.0f} %", held)


def _side_by_side(console: Console, title: str, sets: Mapping[str, Mapping[str, "Summary"]]) -> None:
    names = [name for name in NAMES if name in sets]
    keys = list(dict.fromkeys(key for name in names for key in sets[name]))
    columns: list[str | tuple[str, str]] = [title]
    for name in names:
        columns += [(f"{NAMES[name]}: rows", "right"), ("median", "right"), ("90 %", "right"), ("held", "right")]
    rows = [[key, *(cell for name in names for cell in _cells(sets[name].get(key)))] for key in keys]
    console.print(table("", columns, rows))


def print_report(console: Console, report: "AccuracyReport") -> None:
    """Print one report: all sets side by side, groups, worst sources, skipped rows."""
    from leadtime.study.measured import KEYS, grouped, summary

    whole = report.overall
    console.print(f"[bold]{report.kind}[/bold]: {whole.n} of {report.n_rows} rows scored")
    if report.sets:
        _side_by_side(console, "all", {name: {"": summary(rows)} for name, rows in report.sets.items()})
        for title, key in (("class", "by_figure"), ("chip family", "by_family")):
            _side_by_side(console, title, {name: grouped(rows, KEYS[key]) for name, rows in report.sets.items()})
        if "searched" in report.sets:
            n, median, high, held = _cells(summary(report.sets["searched"]))
            console.print(
                f"{n} more rows do not state how many workers shared their load; never fitted, scored over plausible numbers: "
                f"median {median}, 90 % below {high}, held {held}."
            )
    else:
        _one_table(console, report.rows, "all rows")
    worst = [
        (name, *_cells(item))
        for name, item in sorted(
            grouped(report.rows, KEYS["by_source"]).items(), key=lambda entry: -(entry[1].median_abs_pct_error or 0)
        )
        if item.n >= LEAST_ROWS
    ][:8]
    console.print(
        table(
            "Sources with the largest error",
            ["source", ("rows", "right"), ("median", "right"), ("90 %", "right"), ("held", "right")],
            worst,
        )
    )
    _print_skipped(console, report.skipped)
    console.print(
        "Errors are absolute, of the quantity that each row states; held: share of rows inside the 80 % interval.",
        style="dim",
    )


def _one_table(console: Console, rows: Iterable["ScoredRow"], title: str) -> None:
    from leadtime.study.measured import KEYS, grouped, summary

    rows = tuple(rows)
    body = [(title, *_cells(summary(rows)))]
    for key in ("by_figure", "by_family"):
        body += [(name, *_cells(item)) for name, item in grouped(rows, KEYS[key]).items()]
    console.print(table("", ["", ("rows", "right"), ("median", "right"), ("90 %", "right"), ("held", "right")], body))


def _print_skipped(console: Console, skipped: Sequence[Mapping[str, str]]) -> None:
    if not skipped:
        return
    counts: dict[str, list[str]] = {}
    for row in skipped:
        counts.setdefault("repeats another row." if row["why"].startswith("repeats") else row["why"], []).append(
            row["id"]
        )
    body = [
        (str(len(ids)), why, ", ".join(ids[:3]) + (" ..." if len(ids) > 3 else ""))
        for why, ids in sorted(counts.items(), key=lambda item: -len(item[1]))
    ]
    console.print(table(f"{len(skipped)} rows skipped", [("rows", "right"), "why", "which"], body))


def run_refit(folder: Path) -> None:
    """Fit anew, tell what is being done on standard error, and write the tables."""
    from leadtime.interfaces.cli._progress import progress
    from leadtime.study.measured import refit, write_refit

    with progress("Fitting", total=None) as advance:
        result = refit(progress=lambda text: advance(1, description=text))
    for path in write_refit(result, folder):
        Console(stderr=True, highlight=False).print(f"Wrote {path}")
