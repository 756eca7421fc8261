"""Figures of the world model: the lead with its range, differences between scenarios, what each control does, what moves it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from leadtime.errors import BadInputError
from leadtime.reports._charts import COLOURS, Fan, Figure, bars_with_ranges, fan_chart
from leadtime.reports._frame import framed
from leadtime.reports._words import months, spread
from leadtime.study import Comparison, Run

__all__ = ["differences_figure", "lead_figure", "marked", "tornado_figure", "year_of"]

MEASURES = (
    ("lead_true_months", "Months of US lead (internal systems)", 1.0, "months of lead"),
    (
        "prc_used_h100e",
        "Million H100-equivalents in use in the PRC",
        1e-6,
        "million H100-equivalents in use in the PRC",
    ),
    ("training_ratio", "US over PRC, training-usable compute", 1.0, "in the ratio of training compute"),
    (
        "bite_training_frac",
        "Share of PRC training compute taken away",
        1.0,
        "in the share of PRC training compute lost",
    ),
)
"""What a comparison is drawn by: the first that its runs have."""


def year_of(day: str) -> float:
    """Return a day of a run as a number of years."""
    return int(day[:4]) + (int(day[5:7]) - 1) / 12


def lead_figure(run: Run) -> Figure:
    """Return the lead over time of one run: internal and released systems, with the range that holds 80 % of the draws."""
    labels = {"lead_true_months": "internal systems", "lead_apparent_months": "released systems"}
    present = [name for name in labels if name in run.outputs]
    if not present:
        raise BadInputError("There is no lead to draw among these outputs.", hint=f"Add --output {next(iter(labels))}.")
    fans = [
        Fan(
            label=labels[name],
            time_yr=[year_of(day) for day in run.times(name)],
            low=run.quantile(name, 0.1).tolist(),
            middle=run.quantile(name, 0.5).tolist(),
            high=run.quantile(name, 0.9).tolist(),
        )
        for name in present
    ]
    first = fans[0]
    last = (first.low[-1], first.middle[-1], first.high[-1])
    title = f"{run.plan.scenario.title}: the US lead ({first.label}) is {spread(last, months)} months on {run.times(present[0])[-1]}"
    return fan_chart(
        fans,
        name="lead",
        title=title,
        y_title="Months of US lead",
        zero_line=True,
        alternative=f"Lines with ranges over time. {title}.",
        caption=f"Median and, shaded, the range that holds 80 % of {run.plan.draws:,} draws (seed {run.plan.seed}). How much of it controls buy "
        "hangs on spillover: leadtime simulate prints it by variant.",
        source_ids=run.source_ids[:6],
    )


def differences_figure(found: Comparison) -> Figure:
    """Return the paired differences to the first scenario, at the last year that the headline numbers reach."""
    differences = found.differences()
    for year in (2030, 2027, 2025):
        for name, axis, scale, unit in MEASURES:
            if all(f"{name}_{year}" in one for one in differences.values()):
                return _differences(found, differences, f"{name}_{year}", (axis, unit), scale, year)
    raise BadInputError(
        "There is no headline number to draw among these outputs.",
        hint="Add --output lead_true_months, or a later --to.",
    )


def _differences(
    found: Comparison,
    differences: Mapping[str, Mapping[str, Mapping[str, Any]]],
    key: str,
    words: tuple[str, str],
    scale: float,
    year: int,
) -> Figure:
    rows = []
    for name, cells in differences.items():
        cell = cells[key]
        rows.append(
            {
                "label": found.others[name].plan.scenario.title,
                "low": cell["low"] * scale,
                "middle": cell["value"] * scale,
                "high": cell["high"] * scale,
                "probability_above": cell["probability_above"],
            }
        )
    rows.sort(key=lambda row: -float(row["middle"]))
    most = max(rows, key=lambda row: abs(float(row["middle"])))
    told = "; ".join(f"{row['label']} {spread((row['low'], row['middle'], row['high']), months)}" for row in rows)
    axis, unit = words
    return bars_with_ranges(
        rows,
        name="differences",
        title=f"{most['label']}: {most['middle']:+.2g} ({most['low']:.2g} to {most['high']:.2g}) {unit} against {found.baseline} at the start of {year}",
        x_title=f"{axis}, start of {year}: difference",
        alternative=f"Dots with ranges, differences at the start of {year}: {told}.",
        caption=f"{axis}. Dots: median of the differences of {found.base.plan.draws:,} pairs of draws; bars hold 80 % of them.",
        source_ids=found.source_ids[:6],
    )


def tornado_figure(
    rows: Sequence[Mapping[str, Any]],
    *,
    name: str,
    title: str,
    x_title: str,
    low_label: str,
    high_label: str,
    middle: float,
    alternative: str,
    caption: str,
    source_ids: tuple[str, ...] = (),
) -> Figure:
    """Return bars from the result at low to the result at high values of each input, the one that moves it most on top.

    Parameters
    ----------
    rows : sequence of mapping
        ``label``, ``at_low`` and ``at_high``.
    middle : float
        The result over all draws, a vertical line.
    """
    import altair as alt

    order = [str(row["label"]) for row in rows]
    parts = [
        {"label": row["label"], "from": middle, "to": row[key], "end": words}
        for row in rows
        for key, words in (("at_low", low_label), ("at_high", high_label))
    ]
    values = alt.InlineData(values=parts)
    bars = (
        alt.Chart(values)
        .mark_bar(height={"band": 0.62}, opacity=0.9)
        .encode(
            y=alt.Y("label:N", sort=order, title=None, axis=alt.Axis(grid=False, labelLimit=250)),
            x=alt.X("from:Q", title=x_title, scale=alt.Scale(zero=False)),
            x2="to:Q",
            color=alt.Color(
                "end:N",
                scale=alt.Scale(domain=[low_label, high_label], range=[COLOURS[5], COLOURS[1]]),
                legend=alt.Legend(symbolType="square"),
            ),
        )
    )
    line = (
        alt.Chart(alt.InlineData(values=[{"middle": middle}]))
        .mark_rule(color="#222", strokeWidth=1.5)
        .encode(x="middle:Q")
    )
    return Figure(
        name=name,
        title=title,
        spec=framed(alt.layer(bars, line), height=max(90, 27 * len(rows)), width=400),
        alternative=alternative,
        caption=caption,
        source_ids=source_ids,
        rows=list(rows),
    )


def marked(figure: Figure, time_yr: float, words: str, *, colour: str) -> Figure:
    """Return a chart over time with a day marked by a line and a word."""
    spec = dict(figure.spec)
    data = {"values": [{"time": time_yr, "words": words}]}
    spec["layer"] = [
        *spec["layer"],
        {
            "data": data,
            "mark": {"type": "rule", "color": colour, "strokeDash": [2, 3], "strokeWidth": 1.5},
            "encoding": {"x": {"field": "time", "type": "quantitative"}},
        },
        {
            "data": data,
            "mark": {"type": "text", "align": "right", "dx": -6, "fontSize": 12, "color": colour},
            "encoding": {
                "x": {"field": "time", "type": "quantitative"},
                "y": {"value": 12},
                "text": {"field": "words", "type": "nominal"},
            },
        },
    ]
    return replace(figure, spec=spec)
