"""Charts as checked Vega-Lite specifications, drawn to accessible SVG. Finished numbers come in; nothing is computed here.

Colours are from Okabe and Ito's palette, which stays distinct under the common forms of colour blindness; series also differ in label,
and ranges are labelled in words.
"""

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["COLOURS", "Fan", "Figure", "bars_with_ranges", "fan_chart", "lines_chart", "plane_chart", "stacked_areas"]

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#8C8C8C")
FONT = "Arial, 'Liberation Sans', Helvetica, 'Noto Sans CJK JP', 'Hiragino Sans', 'Yu Gothic', sans-serif"
"""Faces of one width: the drawing is laid out with Liberation Sans, whose metrics are Arial's."""
WIDE_FONT = "'Noto Sans CJK JP', 'Hiragino Sans', 'Yu Gothic', Arial, 'Liberation Sans', sans-serif"
"""The same for pictures with East Asian text."""
WIDTH = 620
LABEL_LIMIT = 300
LINE = 34
"""Width of a line of a label, in letters; a character of an East Asian script counts as two."""
WIDE = "\u2e7f"
NEVER_FIRST, NEVER_LAST = "、。，．：；）」』】〉》〜%ーっゃゅょッャュョ,.;:)", "（「『【〈《("
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

        spec = dict(self.spec)
        if any(letter > WIDE for letter in json.dumps(spec, ensure_ascii=False)):
            # Drawn without a browser, each letter that the first face lacks would come from any face, serifs included.
            spec["config"] = {**spec.get("config", {}), "font": WIDE_FONT}
        return bytes(vl_convert.vegalite_to_png(spec, vl_version="5.20", scale=scale))


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
    spec["padding"] = {"left": 18, "right": 12, "top": 4, "bottom": 4}
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
            "labelSeparation": 5,
        },
        "legend": {
            "labelFontSize": 12,
            "orient": "top",
            "title": None,
            "labelLimit": 400,
            "columnPadding": 18,
            "columns": 4,
            "symbolOpacity": 1,
            "symbolStrokeWidth": 3,
        },
    }
    return spec


def _width(text: str) -> int:
    return sum(2 if letter > WIDE else 1 for letter in text)


def lines_of(label: str) -> list[str]:
    """Return a label as one line or, if it is long, as two: broken near its middle, at a space or beside an East Asian character.

    Examples
    --------
    >>> lines_of("No chip is smuggled"), lines_of("Foreign foundries keep making dies for PRC designers")
    (['No chip is smuggled'], ['Foreign foundries keep making', 'dies for PRC designers'])
    """
    if _width(label) <= LINE:
        return [label]
    places = [
        place
        for place in range(1, len(label))
        if label[place] == " "
        or (
            (label[place - 1] > WIDE or label[place] > WIDE)
            and label[place] not in NEVER_FIRST
            and label[place - 1] not in NEVER_LAST
        )
    ]
    if not places:
        return [label]
    best = min(places, key=lambda place: abs(_width(label[:place]) - _width(label) / 2))
    return [label[:best].rstrip(), label[best:].lstrip()]


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
    share: bool = False,
    source_ids: tuple[str, ...] = (),
) -> Figure:
    """Return lines with their ranges over time; a share is labelled in per cent."""
    import altair as alt

    rows = _rows(fans)
    labels = [fan.label for fan in fans]
    scale_of = alt.Scale(domain=labels, range=[COLOURS[index % len(COLOURS)] for index in range(len(labels))])
    legend = alt.Legend(symbolType="stroke") if len(labels) > 1 or labels[0] else None
    axis = (
        alt.Axis(format=".0%")
        if share
        else alt.Axis(format="~s", labelExpr="replace(datum.label, 'G', 'B')")  # a billion of a count is no giga
        if max((abs(high) for fan in fans for high in fan.high), default=0) >= 1e4
        else alt.Axis()
    )
    scale = alt.Scale(type="log") if log else alt.Scale(zero=False)
    base = alt.Chart(_values(rows)).encode(x=_year_axis())
    band = base.mark_area(opacity=0.18).encode(
        y=alt.Y("low:Q", title=y_title, scale=scale, axis=axis),
        y2="high:Q",
        color=alt.Color("series:N", legend=None, scale=scale_of),
    )
    line = base.mark_line(strokeWidth=2.2).encode(
        y=alt.Y("middle:Q", title=y_title, scale=scale, axis=axis),
        color=alt.Color("series:N", scale=scale_of, legend=legend),
    )
    chart = (band + line).resolve_legend(color="independent").resolve_scale(color="independent")
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


def lines_chart(
    rows: Sequence[Mapping[str, Any]],
    *,
    kind: str,
    x: str,
    y: str,
    series: str | None,
    x_title: str,
    y_title: str,
    log: tuple[bool, bool],
    name: str,
    title: str,
    alternative: str,
    caption: str,
    source_ids: tuple[str, ...] = (),
) -> Figure:
    """Return lines, points or bars of ``y`` over ``x``, one colour per series; ``x`` may be numbers or names."""
    import altair as alt

    named = any(isinstance(row[x], str) for row in rows)
    x_axis: Any
    if named:
        x_axis = alt.X(f"{x}:N", title=x_title, sort=None, axis=alt.Axis(labelAngle=-30, labelLimit=160))
    else:
        x_axis = alt.X(
            f"{x}:Q",
            title=x_title,
            scale=alt.Scale(type="log" if log[0] else "linear", zero=False),
            axis=alt.Axis(grid=False),
        )
    y_axis = alt.Y(f"{y}:Q", title=y_title, scale=alt.Scale(type="log" if log[1] else "linear", zero=kind == "bars"))
    chart = alt.Chart(_values(rows))
    marked = {
        "lines": chart.mark_line(point=True),
        "points": chart.mark_point(filled=True, size=60),
        "bars": chart.mark_bar(),
    }[kind]
    encodings: dict[str, Any] = {"x": x_axis, "y": y_axis}
    if series:
        labels = list(dict.fromkeys(str(row[series]) for row in rows))
        encodings["color"] = alt.Color(
            f"{series}:N", scale=alt.Scale(domain=labels, range=[COLOURS[i % len(COLOURS)] for i in range(len(labels))])
        )
        if kind == "bars":
            encodings["xOffset"] = alt.XOffset(f"{series}:N", sort=labels)
    else:
        marked = marked.encode(color=alt.value(COLOURS[0]))
    return Figure(
        name=name,
        title=title,
        spec=_finish(marked.encode(**encodings)),
        alternative=alternative,
        caption=caption,
        source_ids=source_ids,
        rows=list(rows),
    )


def plane_chart(
    points: Sequence[Mapping[str, Any]],
    rectangles: Sequence[Mapping[str, Any]],
    *,
    name: str,
    title: str,
    x_title: str,
    y_title: str,
    outcomes: Mapping[str, str],
    groups: Sequence[str],
    alternative: str,
    caption: str,
    source_ids: tuple[str, ...] = (),
) -> Figure:
    """Return chips in a plane of two properties, on logarithmic axes, with what the law says of each part of it.

    Parameters
    ----------
    points : sequence of mapping
        ``x``, ``y``, ``label``, ``group`` and ``show_label``.
    rectangles : sequence of mapping
        ``x_from``, ``x_to``, ``y_from``, ``y_to`` and ``outcome``, one of the keys of ``outcomes``.
    outcomes : mapping
        Outcome to fill colour, in the order of the legend.
    groups : sequence of str
        Groups of points, in the order of the legend.
    """
    import altair as alt

    x_domain, y_domain = _window(points, rectangles, "x"), _window(points, rectangles, "y")
    rectangles = [_clipped(row, x_domain, y_domain) for row in rectangles if _touches(row, x_domain, y_domain)]
    x_scale = alt.Scale(type="log", domain=x_domain, nice=False)
    y_scale = alt.Scale(type="log", domain=y_domain, nice=False)
    x_axis, y_axis = alt.Axis(grid=False, format="~s", tickCount=5), alt.Axis(grid=False, format="~s", tickCount=5)
    areas = (
        alt.Chart(_values(rectangles))
        .mark_rect(opacity=1, stroke=None)
        .encode(
            x=alt.X("x_from:Q", title=x_title, scale=x_scale, axis=x_axis),
            x2="x_to:Q",
            y=alt.Y("y_from:Q", title=y_title, scale=y_scale, axis=y_axis),
            y2="y_to:Q",
            fill=alt.Fill(
                "outcome:N",
                scale=alt.Scale(domain=list(outcomes), range=list(outcomes.values())),
                legend=alt.Legend(
                    title=None,
                    orient="bottom",
                    columns=3,
                    symbolType="square",
                    symbolStrokeColor="#999",
                    symbolStrokeWidth=1,
                ),
            ),
        )
    )
    inside = [
        p for p in points if x_domain[0] <= float(p["x"]) <= x_domain[1] and y_domain[0] <= float(p["y"]) <= y_domain[1]
    ]
    base = alt.Chart(_values(inside)).encode(x=alt.X("x:Q", scale=x_scale), y=alt.Y("y:Q", scale=y_scale))
    dots = base.mark_point(filled=True, size=58, opacity=0.95).encode(
        color=alt.Color("group:N", scale=alt.Scale(domain=list(groups), range=list(COLOURS[: len(groups)]))),
        shape=alt.Shape(
            "group:N", legend=None, scale=alt.Scale(domain=list(groups), range=["circle", "square", "triangle-up"])
        ),
    )
    middle = (x_domain[0] * x_domain[1] ** 3) ** 0.25  # labels in the right quarter stand left of their point
    sides: list[tuple[Any, int, str]] = [
        ("left", 7, f"datum.show_label && datum.x <= {middle}"),
        ("right", -7, f"datum.show_label && datum.x > {middle}"),
    ]
    names = [
        base.transform_filter(condition)
        .mark_text(align=side, dx=dx, dy=-6, fontSize=11, color="#1c2430")
        .encode(text="label:N")
        for side, dx, condition in sides
    ]
    chart = alt.layer(areas, dots, *names).resolve_scale(color="independent", fill="independent")
    return Figure(
        name=name,
        title=title,
        spec=_finish(chart, height=400),
        alternative=alternative,
        caption=caption,
        source_ids=source_ids,
        rows=list(points),
    )


def _window(points: Sequence[Mapping[str, Any]], rectangles: Sequence[Mapping[str, Any]], axis: str) -> list[float]:
    """Return the part of a logarithmic axis that holds the points and all limits, with some air."""
    ends = [min(float(r[f"{axis}_from"]) for r in rectangles), max(float(r[f"{axis}_to"]) for r in rectangles)]
    inner = {float(r[f"{axis}_{end}"]) for r in rectangles for end in ("from", "to")} - set(ends)
    shown = [float(point[axis]) for point in points] + sorted(inner)
    return [max(min(shown) * 0.7, ends[0]), min(max(shown) * 1.6, ends[1])] if shown else ends


def _touches(row: Mapping[str, Any], x_domain: Sequence[float], y_domain: Sequence[float]) -> bool:
    return all(
        float(row[f"{axis}_from"]) < domain[1] and float(row[f"{axis}_to"]) > domain[0]
        for axis, domain in (("x", x_domain), ("y", y_domain))
    )


def _clipped(row: Mapping[str, Any], x_domain: Sequence[float], y_domain: Sequence[float]) -> dict[str, Any]:
    clipped = dict(row)
    for axis, domain in (("x", x_domain), ("y", y_domain)):
        clipped[f"{axis}_from"] = max(float(row[f"{axis}_from"]), domain[0])
        clipped[f"{axis}_to"] = min(float(row[f"{axis}_to"]), domain[1])
    return clipped


def _broken(labels: Sequence[str]) -> str:
    """Return the expression that shows each label in its lines."""
    return f"({json.dumps({label: lines_of(label) for label in labels}, ensure_ascii=False)})[datum.label]"


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
        y=alt.Y(
            "label:N",
            sort=order,
            title=None,
            axis=alt.Axis(labelLimit=LABEL_LIMIT, grid=False, labelExpr=_broken(order)),
        )
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
    height = max(90, 34 * len(rows))
    return Figure(
        name=name,
        title=title,
        spec=_finish(chart, height=height),
        alternative=alternative,
        caption=caption,
        source_ids=source_ids,
        rows=list(rows),
    )
