"""Charts and tables of judged claims, drawn from what their answers ask for."""

from collections.abc import Mapping, Sequence
from typing import Any

from leadtime.claims import Judged
from leadtime.reports._charts import Fan, Figure, bars_with_ranges, fan_chart, lines_chart, stacked_areas
from leadtime.reports._page import Table
from leadtime.reports._words import cell_words, figure_words

__all__ = ["claim_figures", "claim_tables"]

MOST_ROWS = 16


def claim_figures(entry: Judged, t: Mapping[str, Any]) -> list[Figure]:
    """Return the chart that the answer of a claim asks for, titled with its headline figure; none if it asks for none.

    The chart of an answer names its ``kind`` and the keys of the rows to use: ``x``, ``y``, ``low``, ``high``, ``series``, ``label``;
    ``x_title``, ``y_title`` and ``log`` are optional.
    """
    chart, rows = entry.answer.chart, entry.answer.rows
    if not chart or not rows:
        return []
    name = f"claim-{entry.claim.id}".lower()
    common: dict[str, Any] = {
        "name": name,
        "title": figure_words(entry.figure),
        "alternative": f"{entry.claim.title}. {figure_words(entry.figure)}. {entry.reason}.",
        "caption": entry.answer.method,
        "source_ids": tuple(entry.answer.source_ids[:4]),
    }
    kind = chart["kind"]
    if kind == "fan":
        return [
            fan_chart(_fans(rows, chart), y_title=str(chart.get("y_title", "")), log=bool(chart.get("log")), **common)
        ]
    if kind == "ranges":
        drawn = [
            {
                "label": str(row[chart["label"]]),
                "low": row[chart["low"]],
                "middle": row[chart["y"]],
                "high": row[chart["high"]],
            }
            for row in rows
            if row.get(chart["y"]) is not None
            and row.get(chart["low"]) is not None
            and row.get(chart["high"]) is not None
        ]
        return (
            [
                bars_with_ranges(
                    drawn, x_title=str(chart.get("x_title", "")), zero_line=bool(chart.get("zero", True)), **common
                )
            ]
            if drawn
            else []
        )
    if kind == "areas":
        drawn = [
            {"series": str(row[chart["series"]]), "time": row[chart["x"]], "value": row[chart["y"]], "rank": index}
            for index, row in enumerate(rows)
        ]
        order = list(dict.fromkeys(row["series"] for row in drawn))
        return [stacked_areas(drawn, y_title=str(chart.get("y_title", "")), order=order, **common)]
    if kind in {"lines", "points", "bars"}:
        return [
            lines_chart(
                [row for row in rows if row.get(chart["x"]) is not None and row.get(chart["y"]) is not None],
                kind=kind,
                x=chart["x"],
                y=chart["y"],
                series=chart.get("series"),
                x_title=str(chart.get("x_title", chart["x"])),
                y_title=str(chart.get("y_title", chart["y"])),
                log=(bool(chart.get("log_x")), bool(chart.get("log"))),
                **common,
            )
        ]
    return []


def _fans(rows: Sequence[Mapping[str, Any]], chart: Mapping[str, Any]) -> list[Fan]:
    series = chart.get("series")
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        if row.get(chart["y"]) is not None:
            groups.setdefault(str(row[series]) if series else "", []).append(row)
    return [
        Fan(
            label=label,
            time_yr=[float(row[chart["x"]]) for row in group],
            low=[float(row[chart["low"]]) for row in group],
            middle=[float(row[chart["y"]]) for row in group],
            high=[float(row[chart["high"]]) for row in group],
        )
        for label, group in groups.items()
    ]


def claim_tables(entry: Judged) -> list[Table]:
    """Return the figures of a claim, and the rows of its answer if there are few."""
    from leadtime.claims._judge import figure_of

    figures = [figure_of(entry.answer, name) for name in entry.answer.figures]
    tables = []
    if len(figures) > 1:
        cells = [[words[0], words[2]] for words in (figure_words(figure).partition(": ") for figure in figures)]
        tables.append(Table(caption="", columns=["", ""], rows=cells))
    rows = entry.answer.rows
    if rows and len(rows) <= MOST_ROWS:
        keys = list(rows[0])
        numeric = frozenset(
            i
            for i, key in enumerate(keys)
            if i and all(isinstance(row.get(key), int | float) or row.get(key) is None for row in rows)
        )
        tables.append(
            Table(
                caption="",
                columns=[_column(key) for key in keys],
                rows=[[cell_words(row.get(key), key) for key in keys] for row in rows],
                numeric=numeric,
            )
        )
    return tables


def _column(key: str) -> str:
    return key.replace("_", " ")
