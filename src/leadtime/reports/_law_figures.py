"""Figures of the law: the status of chips over time, and the plane of two properties. Finished determinations come in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import log10
from typing import Any

from leadtime.claims import PlaneData
from leadtime.claims._dossier import labels_that_fit
from leadtime.reports._charts import Figure, _window, plane_chart
from leadtime.reports._frame import WIDTH, framed
from leadtime.rules import Span

__all__ = ["FILLS", "STATUS_COLOURS", "plane_figure", "status_key", "status_strip"]

FILLS = {"free": "#f2f5f1", "notify": "#e4ecf7", "case_by_case": "#fbeecb", "denial": "#f7dccb", "other": "#ece3ef"}
NAMED = (
    "h100-sxm5-80gb",
    "h800-sxm5-80gb",
    "a100-sxm4-80gb",
    "a800-sxm4-80gb",
    "h20-96gb",
    "h200-sxm-141gb",
    "mi300x",
    "ascend-910c",
)
"""Parts that the titles of the planes and the article speak of."""
STATUS_COLOURS = {
    "no_control": "#D9D9D9",
    "free": "#009E73",
    "notify": "#56B4E9",
    "approval": "#F0E442",
    "case_by_case": "#E69F00",
    "issued": "#CC79A7",
    "not_known": "#7A3B5E",
    "denial": "#D55E00",
    "other": "#0072B2",
    "unknown": "#5A5A5A",
}
"""Fill of each status, in the order of the legend."""
APART_YR = 0.22
"""Numbers of events nearer than this stand on two levels."""
MOST_EVENTS = 12
NO_EVENT = "The first controls on such items begin; this one is below their limits"
"""What changed where no provision began or ceased to hold for the item itself."""


def status_key(span: Any) -> str:
    """Return the word for outcome and review policy of a span or a cell: a key of :data:`STATUS_COLOURS`."""
    if span.outcome in {"not_in_force", "not_required", "notify", "unknown"}:
        return {"not_in_force": "no_control", "not_required": "free"}.get(span.outcome, str(span.outcome))
    review = {
        "presumption_of_denial": "denial",
        "case_by_case": "case_by_case",
        "presumption_of_approval": "approval",
    }.get(span.review or "")
    if review:
        return review
    return {"licences_issued": "issued", "no_licence_known": "not_known"}.get(
        getattr(span, "practice", None) or "", "other"
    )


def _year(day: str) -> float:
    one = date.fromisoformat(day)
    return one.year + (one.timetuple().tm_yday - 1) / 365.25


def status_strip(
    statuses: Mapping[str, Sequence[Span]],
    *,
    until: date,
    name: str,
    title: str,
    words: Mapping[str, str],
    caption: str,
    alternative: str,
    source_ids: tuple[str, ...] = (),
    say: Callable[[str], str] = str,
) -> Figure:
    """Return one bar per chip, coloured by status over time, with the days of change numbered and named in the caption.

    Parameters
    ----------
    statuses : mapping of str to sequence of Span
        Finished time lines by the name of the chip, in the order of the rows.
    until : date
        Where open spans end.
    words : mapping
        Status to what the legend says.
    caption, alternative : str
        The caption is followed by the list of events; ``{rows}`` in the alternative text becomes the spans in words.
    say : callable
        Translates the names of rules.
    """
    import altair as alt

    statuses = {chip: _merged(spans) for chip, spans in statuses.items()}
    rows: list[dict[str, Any]] = [
        {
            "chip": chip,
            "since": span.since,
            "until": span.until or until.isoformat(),
            "from": _year(span.since),
            "to": _year(span.until or until.isoformat()),
            "status": words[status_key(span)],
            "event": "; ".join(f"{say(event.rule)} ({event.citation})" for event in span.events),
        }
        for chip, spans in statuses.items()
        for span in spans
        if span.since <= until.isoformat()
    ]
    present = {row["status"] for row in rows}
    shown = [key for key in STATUS_COLOURS if words[key] in present]
    chips = list(statuses)
    start, end = min(float(row["from"]) for row in rows), max(float(row["to"]) for row in rows)
    scale = alt.Scale(domain=[start, end], nice=False, zero=False)
    axis = alt.Axis(format="d", values=list(range(int(start) + (start % 1 > 0.01), int(end) + 1)), grid=False)
    bars = (
        alt.Chart(_values(rows))
        .mark_bar(height={"band": 0.72}, stroke="white", strokeWidth=1)
        .encode(
            x=alt.X("from:Q", title=None, scale=scale, axis=axis),
            x2="to:Q",
            y=alt.Y(
                "chip:N", sort=chips, title=None, axis=alt.Axis(grid=False, labelLimit=250, ticks=False, domain=False)
            ),
            color=alt.Color(
                "status:N",
                scale=alt.Scale(domain=[words[key] for key in shown], range=[STATUS_COLOURS[key] for key in shown]),
                legend=alt.Legend(symbolType="square", orient="bottom", titlePadding=0),
            ),
        )
    )
    marked = _events(statuses, until)
    layers = [bars]
    if marked:
        base = alt.Chart(_values(marked)).encode(x=alt.X("time:Q", scale=scale))
        layers.append(base.mark_rule(color="#222", strokeDash=[2, 3], strokeWidth=1))
        layers += [
            base.transform_filter(f"datum.level == {level}")
            .mark_text(fontSize=13, fontWeight="bold", color="#222", baseline="bottom")
            .encode(y=alt.value(-3 - 15 * level), text="number:N")
            for level in (0, 1, 2)
        ]
    listed = ";\n".join(f"{row['number']}  {row['on']}  {say(row['text'])}" for row in marked)
    told = "; ".join(f"{row['chip']}: {row['status']} {row['since']} – {row['until']}" for row in rows)
    return Figure(
        name=name,
        title=title,
        spec=framed(alt.layer(*layers), height=max(60, 30 * len(chips))),
        alternative=alternative.format(rows=told),
        caption=f"{caption}\n{listed}" if listed else caption,
        source_ids=source_ids,
        rows=rows,
    )


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Join neighbouring spans that the figure shows alike: a change of paragraph or exception alone is none here."""
    found: list[Span] = []
    for span in spans:
        if found and status_key(found[-1]) == status_key(span):
            found[-1] = replace(found[-1], until=span.until)
        else:
            found.append(span)
    return found


def _events(statuses: Mapping[str, Sequence[Span]], until: date) -> list[dict[str, Any]]:
    """Return the days on which a status changed, numbered, each with the instrument that changed most of them."""
    found: dict[str, dict[str, int]] = {}
    for spans in statuses.values():
        for span in spans[1:]:
            if span.since > until.isoformat():
                continue
            names = found.setdefault(span.since, {})
            for place, event in enumerate(span.events):
                names[event.rule] = names.get(event.rule, 0) + (100 if place == 0 else 1)
    days = sorted(found)
    if len(days) > MOST_EVENTS:
        weights = sorted(days, key=lambda day: -sum(found[day].values()))[:MOST_EVENTS]
        days = [day for day in days if day in weights]
    rows: list[dict[str, Any]] = []
    last = [-1e9, -1e9, -1e9]
    for number, day in enumerate(days, 1):
        time = _year(day)
        level = next((one for one in range(3) if time - last[one] >= APART_YR), 2)
        last[level] = time
        first = max(found[day], key=lambda rule: found[day][rule]) if found[day] else NO_EVENT
        rows.append({"number": str(number), "on": day, "time": time, "level": level, "text": first})
    return rows


def _values(rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    return alt.InlineData(values=[dict(row) for row in rows])


def plane_figure(plane: PlaneData, p: Mapping[str, Any], *, title: str, caption: str, labels: int = 18) -> Figure:
    """Return the plane of two properties with the regions of the law and the chips of the day.

    Parameters
    ----------
    plane : PlaneData
    p : mapping
        Words of the page: ``axes``, ``countries``, ``outcomes``, ``alternatives``.
    """
    labelled = _clear(plane, labels_that_fit(plane.points, labels, always=NAMED))
    points = [
        {
            "x": point["x"],
            "y": point["y"],
            "label": point["label"],
            "group": p["countries"].get(point["country"] or "", p["countries"]["other"]),
            "show_label": index in labelled,
        }
        for index, point in enumerate(plane.points)
    ]
    rectangles = [{**row, "outcome": p["outcomes"][_outcome(row)]} for row in plane.rectangles]
    present = {row["outcome"] for row in rectangles}
    return plane_chart(
        points,
        rectangles,
        name="plane-"
        + {"interconnect_gb_s": "interconnect", "performance_density": "density"}.get(plane.y, "bandwidth"),
        title=title,
        x_title=p["axes"][plane.x],
        y_title=p["axes"][plane.y],
        outcomes={p["outcomes"][key]: fill for key, fill in FILLS.items() if p["outcomes"][key] in present},
        groups=[p["countries"][key] for key in ("US", "CN", "other")],
        alternative=p["alternatives"]["plane"].format(n=len(points)),
        caption=caption,
        source_ids=plane.source_ids[:6],
    )


def _clear(plane: PlaneData, chosen: Sequence[int]) -> set[int]:
    """Return the labels that lie on no point of another chip; those that titles speak of stay."""
    left, right = (log10(end) for end in _window(plane.points, plane.rectangles, "x"))
    bottom, top = (log10(end) for end in _window(plane.points, plane.rectangles, "y"))
    wide, tall = right - left, top - bottom
    logs = [(log10(float(point["x"])), log10(float(point["y"]))) for point in plane.points]
    kept: set[int] = set()
    for index in chosen:
        x, y = logs[index]
        # As in the drawing: labels in the right quarter stand left of their point.
        side = -1.0 if x > left + 0.75 * wide else 1.0
        reach = (len(str(plane.points[index]["label"])) * 6.2 + 10) / WIDTH * wide
        covered = any(
            0.003 * wide < side * (other_x - x) < reach and -0.02 * tall < other_y - y < 0.05 * tall
            for other_x, other_y in logs
        )
        if not covered or plane.points[index]["id"] in NAMED[:6]:
            kept.add(index)
    return kept


def _outcome(row: Mapping[str, Any]) -> str:
    if row["outcome"] in {"not_required", "not_in_force"}:
        return "free"
    if row["outcome"] == "notify":
        return "notify"
    return {"presumption_of_denial": "denial", "case_by_case": "case_by_case"}.get(str(row["review"]), "other")
