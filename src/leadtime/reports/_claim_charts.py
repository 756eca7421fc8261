"""Charts and tables of judged claims, drawn from what their answers ask for."""

from collections.abc import Mapping, Sequence
from typing import Any

from leadtime.catalog import ENGLISH
from leadtime.claims import Claim, Judged
from leadtime.reports._charts import Fan, Figure, bars_with_ranges, fan_chart, lines_chart, stacked_areas
from leadtime.reports._page import Table
from leadtime.reports._words import Speaker

__all__ = ["claim_figures", "claim_tables", "spoken"]

MOST_ROWS = 16


def claim_figures(entry: Judged, say: Speaker) -> list[Figure]:
    """Return the chart that the answer of a claim asks for, titled with its headline figure; none if it asks for none.

    The chart of an answer names its ``kind`` and the keys of the rows to use: ``x``, ``y``, ``low``, ``high``, ``series``, ``label``;
    ``x_title``, ``y_title`` and ``log`` are optional. Labels are said in the language of the speaker.
    """
    chart = entry.answer.chart
    rows = [
        {key: say.of(value) if isinstance(value, str) else value for key, value in row.items()}
        for row in entry.answer.rows
    ]
    if not chart or not rows:
        return []
    name = f"claim-{entry.claim.id}".lower()
    title, stop = spoken_title(entry.claim, say), say.numbers["stop"]
    common: dict[str, Any] = {
        "name": name,
        "title": say.figure(entry.figure),
        "alternative": f"{stop.join((title, say.figure(entry.figure), say.of(entry.reason)))}{stop}".rstrip(),
        "caption": say.of(entry.answer.method),
        "source_ids": tuple(entry.answer.source_ids[:4]),
    }
    kind = chart["kind"]
    if kind == "fan":
        return [
            fan_chart(
                _fans(rows, chart), y_title=say.of(str(chart.get("y_title", ""))), log=bool(chart.get("log")), **common
            )
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
                    drawn,
                    x_title=say.of(str(chart.get("x_title", ""))),
                    zero_line=bool(chart.get("zero", True)),
                    **common,
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
        return [stacked_areas(drawn, y_title=say.of(str(chart.get("y_title", ""))), order=order, **common)]
    if kind in {"lines", "points", "bars"}:
        return [
            lines_chart(
                [row for row in rows if row.get(chart["x"]) is not None and row.get(chart["y"]) is not None],
                kind=kind,
                x=chart["x"],
                y=chart["y"],
                series=chart.get("series"),
                x_title=say.of(str(chart.get("x_title", chart["x"]))),
                y_title=say.of(str(chart.get("y_title", chart["y"]))),
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


def spoken(claim: Claim, name: str, say: Speaker) -> str:
    """Return a text of a claim in a language: its own, else the one of the words, else the English one."""
    own = dict(getattr(claim, say.language, None) or {}) if say.language != ENGLISH else {}
    return str(own.get(name) or say.of(str(getattr(claim, name))))


def spoken_title(claim: Claim, say: Speaker) -> str:
    """Return the title of a claim in a language."""
    return spoken(claim, "title", say)


def claim_tables(entry: Judged, say: Speaker) -> list[Table]:
    """Return the figures of a claim, and the rows of its answer if there are few."""
    from leadtime.claims._judge import figure_of

    figures = [figure_of(entry.answer, name) for name in entry.answer.figures]
    tables = []
    if len(figures) > 1:
        cells = [[say.of(figure["label"]), say.bounds(figure)] for figure in figures]
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
                columns=[say.of(_column(key)) for key in keys],
                rows=[[say.cell(row.get(key), key) for key in keys] for row in rows],
                numeric=numeric,
            )
        )
    return tables


def _column(key: str) -> str:
    return key.replace("_", " ")
