"""Charts as checked Vega-Lite specifications, drawn to accessible SVG. Finished numbers come in; nothing is computed here.

Colours are from Okabe and Ito's palette, which stays distinct under the common forms of colour blindness; series also differ in label,
and ranges are labelled in words.
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["COLOURS", "Fan", "Figure", "Region", "bars_with_ranges", "fan_chart", "plane_chart", "stacked_areas"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C8C8C")
FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', 'Liberation Sans', Arial, 'Noto Sans CJK JP', sans-serif"
WIDTH = 620
HEIGHT = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Fan:
    """A series with its range: quantiles over draws at each time."""

    label: str
    time_yr: Sequence[float]
    low: Sequence[float]
    middle: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A controlled region of a plane, as a polygon in data coordinates."""

    label: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A drawn figure: the finding as its title, its specification, the words for those who do not see it, its sources and its numbers."""

    name: str
    title: str
    spec: Mapping[str, Any]
    alternative: str
    caption: str
    source_ids: tuple[str, ...] = ()
    rows: Sequence[Mapping[str, Any]] = ()

    def svg(self) -> str:
        """Return the figure as one SVG element that scales to its container and speaks to a screen reader."""
        import vl_convert

        drawn = vl_convert.vegalite_to_svg(dict(self.spec), vl_version="5.20")
        return _accessible(drawn, self.name, self.title, self.alternative)

    def png(self, scale: float = 2.0) -> bytes:
        """Return the figure as a PNG image on white."""
        import vl_convert

        return bytes(vl_convert.vegalite_to_png(dict(self.spec), vl_version="5.20", scale=scale))


def _accessible(svg: str, name: str, title: str, alternative: str) -> str:
    width, height = re.search(r'width="([\d.]+)"', svg), re.search(r'height="([\d.]+)"', svg)
    box = re.search(r'viewBox="([^"]+)"', svg)
    view = box.group(1) if box else f"0 0 {width.group(1) if width else WIDTH} {height.group(1) if height else HEIGHT}"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{view}" role="img" aria-labelledby="{name}-title {name}-desc" class="chart">'
        f'<title id="{name}-title">{html.escape(title)}</title><desc id="{name}-desc">{html.escape(alternative)}</desc>'
    )
    body = re.sub(r"^.*?<svg[^>]*>", "", svg, count=1, flags=re.DOTALL)
    body = re.sub(r"""\s(?:role|aria-[a-z]+|aria-roledescription)=("[^"]*"|'[^']*')""", "", body)
    # Ids inside the drawing must differ between the figures of one page.
    body = re.sub(r'\bid="((?:clip|gradient)[^"]*)"', rf'id="{name}-\1"', body)
    body = re.sub(r"url\(#((?:clip|gradient)[^)]*)\)", rf"url(#{name}-\1)", body)
    return head + body


def _finish(chart: Any, *, height: int = HEIGHT) -> dict[str, Any]:
    spec: dict[str, Any] = chart.properties(width=WIDTH, height=height, background="white").to_dict()
    spec["config"] = {
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "gridColor": "#e6e6e6",
            "domainColor": "#888",
            "tickColor": "#888",
        },
        "legend": {"labelFontSize": 12, "titleFontSize": 12, "orient": "top", "title": None, "labelLimit": 400},
    }
    return spec


def _rows(fans: Sequence[Fan]) -> list[dict[str, Any]]:
    return [
        {"series": fan.label, "time": time, "low": low, "middle": middle, "high": high}
        for fan in fans
        for time, low, middle, high in zip(fan.time_yr, fan.low, fan.middle, fan.high, strict=True)
    ]


def _values(rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    return alt.InlineData(values=[dict(row) for row in rows])


def _year_axis(title: str | None = None) -> Any:
    import altair as alt

    return alt.X(
        "time:Q",
        title=title,
        axis=alt.Axis(format="d", tickCount=11, grid=False),
        scale=alt.Scale(zero=False, nice=False),
    )


def fan_chart(
    fans: Sequence[Fan],
    *,
    name: str,
    title: str,
    y_title: str,
    alternative: str,
    caption: str,
    log: bool = False,
    zero_line: bool = False,
    source_ids: tuple[str, ...] = (),
) -> Figure:
    """Return lines with their ranges over time."""
    import altair as alt

    rows = _rows(fans)
    labels = [fan.label for fan in fans]
    colour = alt.Color("series:N", scale=alt.Scale(domain=labels, range=list(COLOURS[: len(labels)])))
    scale = alt.Scale(type="log") if log else alt.Scale(zero=False)
    base = alt.Chart(_values(rows)).encode(x=_year_axis())
    band = base.mark_area(opacity=0.18).encode(y=alt.Y("low:Q", title=y_title, scale=scale), y2="high:Q", color=colour)
    line = base.mark_line(strokeWidth=2.2).encode(y=alt.Y("middle:Q", title=y_title, scale=scale), color=colour)
    chart = band + line
    if zero_line:
        rule = alt.Chart(_values([{"zero": 0.0}])).mark_rule(color="#555", strokeDash=[4, 3]).encode(y="zero:Q")
        chart = chart + rule
    return Figure(
        name=name,
        title=title,
        spec=_finish(chart),
        alternative=alternative,
        caption=caption,
        source_ids=source_ids,
        rows=rows,
    )


def stacked_areas(
    rows: Sequence[Mapping[str, Any]],
    *,
    name: str,
    title: str,
    y_title: str,
    order: Sequence[str],
    alternative: str,
    caption: str,
    facet: str | None = None,
    source_ids: tuple[str, ...] = (),
) -> Figure:
    """Return stacked areas of ``value`` by ``series`` over ``time``."""
    import altair as alt

    chart = (
        alt.Chart(_values(rows))
        .mark_area()
        .encode(
            x=_year_axis(),
            y=alt.Y("value:Q", title=y_title, stack="zero"),
            color=alt.Color(
                "series:N", sort=list(order), scale=alt.Scale(domain=list(order), range=list(COLOURS[: len(order)]))
            ),
            order=alt.Order("rank:Q"),
        )
    )
    return Figure(
        name=name,
        title=title,
        spec=_finish(chart),
        alternative=alternative,
        caption=caption,
        source_ids=source_ids,
        rows=list(rows),
    )


def plane_chart(
    points: Sequence[Mapping[str, Any]],
    regions: Sequence[Region],
    *,
    name: str,
    title: str,
    x: tuple[str, str],
    y: tuple[str, str],
    alternative: str,
    caption: str,
    colour_by: str = "group",
    log: tuple[bool, bool] = (True, True),
    source_ids: tuple[str, ...] = (),
) -> Figure:
    """Return chips in a plane of two properties with the controlled regions behind them.

    Parameters
    ----------
    points : sequence of mapping
        ``x``, ``y``, ``label`` and the group that decides the colour; ``show_label`` marks points that carry their name.
    regions : sequence of Region
        Polygons in data coordinates.
    x, y : tuple
        Title of each axis and its format.
    """
    import altair as alt

    x_scale = alt.Scale(type="log" if log[0] else "linear", nice=False)
    y_scale = alt.Scale(type="log" if log[1] else "linear", nice=False)
    groups = sorted({str(point[colour_by]) for point in points})
    layers = []
    for index, region in enumerate(regions):
        corners = [
            {"x": px, "y": py, "order": i, "region": region.label}
            for i, (px, py) in enumerate(zip(region.x, region.y, strict=True))
        ]
        layers.append(
            alt.Chart(_values(corners))
            .mark_line(
                filled=True,
                fillOpacity=0.13,
                strokeOpacity=0.5,
                strokeWidth=1,
                color=COLOURS[(index + 1) % len(COLOURS)],
            )
            .encode(x=alt.X("x:Q", scale=x_scale), y=alt.Y("y:Q", scale=y_scale), order="order:Q")
        )
        layers.append(
            alt.Chart(_values([{"x": max(region.x), "y": max(region.y), "text": region.label}]))
            .mark_text(align="right", baseline="top", dx=-5, dy=5, fontSize=11, color="#444")
            .encode(x=alt.X("x:Q", scale=x_scale), y=alt.Y("y:Q", scale=y_scale), text="text:N")
        )
    base = alt.Chart(_values(points)).encode(
        x=alt.X("x:Q", title=x[0], scale=x_scale, axis=alt.Axis(format=x[1], grid=False)),
        y=alt.Y("y:Q", title=y[0], scale=y_scale, axis=alt.Axis(format=y[1], grid=False)),
    )
    dots = base.mark_point(filled=True, size=55, opacity=0.9).encode(
        color=alt.Color(f"{colour_by}:N", scale=alt.Scale(domain=groups, range=list(COLOURS[: len(groups)]))),
        shape=alt.Shape(f"{colour_by}:N", scale=alt.Scale(domain=groups)),
    )
    names = (
        base.transform_filter("datum.show_label")
        .mark_text(align="left", dx=7, dy=-4, fontSize=10.5, color="#222")
        .encode(text="label:N")
    )
    chart = alt.layer(*layers, dots, names)
    return Figure(
        name=name,
        title=title,
        spec=_finish(chart, height=380),
        alternative=alternative,
        caption=caption,
        source_ids=source_ids,
        rows=list(points),
    )


def bars_with_ranges(
    rows: Sequence[Mapping[str, Any]],
    *,
    name: str,
    title: str,
    x_title: str,
    alternative: str,
    caption: str,
    zero_line: bool = True,
    source_ids: tuple[str, ...] = (),
) -> Figure:
    """Return one row per label with a dot at ``middle`` and a bar from ``low`` to ``high``."""
    import altair as alt

    order = [str(row["label"]) for row in rows]
    base = alt.Chart(_values(rows)).encode(
        y=alt.Y("label:N", sort=order, title=None, axis=alt.Axis(labelLimit=260, grid=False))
    )
    bar = base.mark_rule(strokeWidth=6, opacity=0.35, color=COLOURS[0]).encode(
        x=alt.X("low:Q", title=x_title), x2="high:Q"
    )
    dot = base.mark_point(filled=True, size=70, color=COLOURS[0]).encode(x="middle:Q")
    chart = bar + dot
    if zero_line:
        chart = chart + alt.Chart(_values([{"zero": 0.0}])).mark_rule(color="#555", strokeDash=[4, 3]).encode(
            x="zero:Q"
        )
    height = max(90, 26 * len(rows))
    return Figure(
        name=name,
        title=title,
        spec=_finish(chart, height=height),
        alternative=alternative,
        caption=caption,
        source_ids=source_ids,
        rows=list(rows),
    )
