"""Figures of the estimator: throughput against latency, where a step goes, chips by workload, operations under a roofline."""

from collections.abc import Mapping, Sequence
from typing import Any

from leadtime.reports._charts import COLOURS, Figure
from leadtime.reports._frame import framed
from leadtime.units import format_si

__all__ = ["front_figure", "roofline_figure", "step_figure", "workloads_figure"]

SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down", "triangle-right", "triangle-left")
LIMIT_MS = 50.0
"""Time per token at which the title reads the front."""
PER = {
    "chip": ("tok_s_per_chip", "Tokens per second and chip (logarithmic)", "per chip"),
    "usd": ("tok_per_usd", "Tokens per US dollar of rent (logarithmic)", "per dollar"),
    "watt": ("tok_s_per_w", "Tokens per second and watt of the chip's rating (logarithmic)", "per watt"),
}
WORKLOADS = {
    "training": "training",
    "prefill": "prefill, 4k",
    "decode_4k": "decode, 4k context",
    "decode_32k": "decode, 32k context",
    "decode_128k": "decode, 128k context",
}
TERMS = {
    "gemm": "dense matrix products",
    "experts": "experts",
    "attention": "attention",
    "elementwise": "elementwise work",
    "expert_launch": "launching experts",
    "head": "output head",
    "tensor_traffic": "tensor parallel traffic",
    "expert_traffic": "expert exchange",
    "context_traffic": "context parallel traffic",
    "weight_gathers": "gathering weights",
    "stage_imbalance": "uneven stages",
    "pipeline_bubble": "pipeline bubble",
    "pipeline_sends": "pipeline sends",
    "data_traffic": "gradient traffic",
    "optimizer": "optimiser",
    "fixed": "fixed costs",
}


def _values(rows: Sequence[Mapping[str, Any]]) -> Any:
    import altair as alt

    return alt.InlineData(values=[dict(row) for row in rows])


def _series(labels: Sequence[str], field: str) -> dict[str, Any]:
    """Return colour and shape by series, so that neither must be told apart alone."""
    import altair as alt

    names = list(labels)
    return {
        "color": alt.Color(
            f"{field}:N",
            scale=alt.Scale(domain=names, range=[COLOURS[i % len(COLOURS)] for i in range(len(names))]),
            legend=alt.Legend() if len(names) > 1 else None,
        ),
        "shape": alt.Shape(
            f"{field}:N",
            scale=alt.Scale(domain=names, range=[SHAPES[i % len(SHAPES)] for i in range(len(names))]),
            legend=alt.Legend() if len(names) > 1 else None,
        ),
    }


def front_figure(
    fronts: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    model: str,
    input_len: int,
    output_len: int,
    n_chips: Mapping[str, int],
    source_ids: tuple[str, ...] = (),
) -> Figure:
    """Return the front of throughput against latency, one line per chip.

    Parameters
    ----------
    fronts : mapping of str to rows of :func:`leadtime.study.estimator.pareto`
        By the name of the chip.
    n_chips : mapping of str to int
        Chips of the deployment, by name.
    """
    import altair as alt

    labels = {chip: f"{chip} ({n_chips[chip]} chips)" for chip in fronts}
    rows = [
        {
            "chip": labels[chip],
            **{key: value for key, value in row.items() if key != "chip"},
            "tpot_ms": row["tpot_s"] * 1e3,
        }
        for chip, front in fronts.items()
        for row in front
    ]
    best = {
        chip: max((row["decode_tok_s_per_chip"] for row in front if row["tpot_s"] * 1e3 <= LIMIT_MS), default=None)
        for chip, front in fronts.items()
    }
    told = "; ".join(
        f"{chip} {'cannot' if value is None else f'{value:,.0f} tokens/s per chip'}" for chip, value in best.items()
    )
    used = [labels[chip] for chip, front in fronts.items() if front]
    base = alt.Chart(_values(rows)).encode(
        x=alt.X(
            "tpot_ms:Q",
            title="Time per output token [ms] (logarithmic)",
            scale=alt.Scale(
                type="log",
                nice=False,
                domain=[min(row["tpot_ms"] for row in rows) * 0.9, max(row["tpot_ms"] for row in rows) * 1.1],
            ),
            axis=alt.Axis(grid=False, format="~s", tickCount=5),
        ),
        y=alt.Y("decode_tok_s_per_chip:Q", title="Output tokens per second and chip", axis=alt.Axis(format="~s")),
        **_series(used, "chip"),
    )
    chart = alt.layer(base.mark_line(strokeWidth=2), base.mark_point(filled=True, size=45))
    return Figure(
        name="front",
        title=f"{model} at {LIMIT_MS:.0f} ms per token: {told}",
        spec=framed(chart, height=300, columns=1 if max(map(len, used), default=0) > 26 else 2),
        alternative=f"Lines of throughput against latency for {model}. Within {LIMIT_MS:.0f} ms per token: {told}.",
        caption=f"{input_len:,} tokens in, {output_len:,} out; each point is the best layout and batch for its latency. Central estimates: "
        "the answer of leadtime infer carries the 80 % range.",
        source_ids=source_ids,
        rows=rows,
    )


def step_figure(answer: Mapping[str, Any], *, source_ids: tuple[str, ...] = ()) -> Figure:
    """Return where a training step goes, from an answer of :func:`leadtime.study.estimator.train`."""
    import altair as alt

    total = float(answer["step_time_s"])
    parts = sorted(
        ((name, float(value or 0)) for name, value in answer["breakdown_s"].items()), key=lambda item: -item[1]
    )
    rows = [
        {"part": TERMS.get(name, name.replace("_", " ")), "seconds": value, "share": f"{value / total:.0%}"}
        for name, value in parts
        if value > 0.0005 * total
    ]
    span = answer["intervals"].get("step_time_s")
    base = alt.Chart(_values(rows)).encode(
        y=alt.Y("part:N", sort=[row["part"] for row in rows], title=None, axis=alt.Axis(grid=False, labelLimit=200)),
        x=alt.X(
            "seconds:Q",
            title="Seconds of a step",
            scale=alt.Scale(domain=[0, 1.12 * max(row["seconds"] for row in rows)], nice=False),
        ),
    )
    bars = base.mark_bar(color=COLOURS[0], height={"band": 0.7})
    text = base.mark_text(align="left", dx=5, fontSize=13, color="#222").encode(text="share:N")
    head = f"{rows[0]['part'].capitalize()} take{'s' if rows[0]['part'] in {'attention', 'expert exchange'} else ''} {rows[0]['share']}"
    return Figure(
        name="step",
        title=f"{head} of a step of {total:.3g} s: {answer['model']} on {answer['n_chips']:,} {answer['chip']}",
        spec=framed(alt.layer(bars, text), height=max(90, 26 * len(rows))),
        alternative="Bars of the parts of a step: "
        + "; ".join(f"{row['part']} {row['seconds']:.3g} s ({row['share']})" for row in rows)
        + ".",
        caption=f"{answer['arithmetic']}, {answer['parallelism'].replace(',', ', ')}; MFU {answer['mfu_frac']:.0%}. Central estimate"
        + ("" if span is None else f"; the step takes {span['low']:.3g} to {span['high']:.3g} s with 80 % probability")
        + ". Traffic is what computation does not hide.",
        source_ids=source_ids,
        rows=rows,
    )


def workloads_figure(answer: Mapping[str, Any], *, source_ids: tuple[str, ...] = ()) -> Figure:
    """Return chips on several workloads as dots on a logarithmic axis; per dollar with the range of the rental price."""
    import altair as alt

    field, axis, words = PER[answer["per"]]
    known = [row for row in answer["rows"] if row[field] is not None]
    labels = list(dict.fromkeys(str(row["name"]) for row in answer["rows"]))
    present = [label for label in labels if any(row["name"] == label for row in known)]
    rows = [
        {
            "chip": row["name"],
            "workload": WORKLOADS.get(row["workload"], row["workload"]),
            "value": row[field],
            "low": row["tok_per_usd_low"] if field == "tok_per_usd" else row[field],
            "high": row["tok_per_usd_high"] if field == "tok_per_usd" else row[field],
        }
        for row in known
    ]
    order = [words_ for key, words_ in WORKLOADS.items() if any(row["workload"] == words_ for row in rows)]
    base = alt.Chart(_values(rows)).encode(
        y=alt.Y("workload:N", sort=order, title=None, axis=alt.Axis(grid=True, labelLimit=200)),
        yOffset=alt.YOffset("chip:N", sort=present),
    )
    series = _series(present, "chip")
    dots = base.mark_point(filled=True, size=90, opacity=1).encode(
        x=alt.X("value:Q", title=axis, scale=alt.Scale(type="log"), axis=alt.Axis(format="~s", tickCount=5)), **series
    )
    layers = [dots]
    if field == "tok_per_usd":
        span = base.mark_rule(strokeWidth=3, opacity=0.4).encode(x="low:Q", x2="high:Q", color=series["color"])
        layers.insert(0, span)
    decode = [row for row in rows if row["workload"] == WORKLOADS["decode_4k"]]
    training = [row for row in rows if row["workload"] == WORKLOADS["training"]]
    finding = "; ".join(
        f"{' and '.join(_leaders(some))} {'leads' if len(_leaders(some)) == 1 else 'lead'} in {what}"
        for what, some in (("training", training), ("decode at 4k", decode))
        if some
    )
    told = "; ".join(f"{row['chip']}, {row['workload']}: {row['value']:,.3g}" for row in rows)
    missing = sorted(
        {f"{row['name']} ({row['workload'].replace('_', ' ')})" for row in answer["rows"] if row[field] is None}
    )
    return Figure(
        name="workloads",
        title=f"{answer['model']} {words}: {finding}" if finding else f"{answer['model']} {words}",
        spec=framed(alt.layer(*layers), height=max(120, 26 * len(order) * max(1, len(present)) // 2 + 40)),
        alternative=f"Dots of {axis.lower()}: {told}.",
        caption=f"{answer['precision']} weights; training on {answer['n_train_chips']:,} chips, serving on the best number up to 16 with "
        f"{answer['tpot_limit_ms']:.0f} ms per token at most. Central estimates"
        + ("; lines are the 80 % range of the rental price." if field == "tok_per_usd" else ".")
        + (f"\nNot shown: {', '.join(missing)}." if missing else ""),
        source_ids=source_ids,
        rows=rows,
    )


def _leaders(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the best chip, with those that stand within a tenth of it or within the range of its price."""
    best = max(rows, key=lambda row: row["value"])
    return [
        str(row["chip"])
        for row in rows
        if row["value"] >= 0.9 * best["value"] or row["value"] >= best["low"] < best["high"]
    ]


def roofline_figure(answer: Mapping[str, Any], *, source_ids: tuple[str, ...] = ()) -> Figure:
    """Return the roofline of a chip with a model's operations on it; the area of a mark is its share of the time."""
    import altair as alt

    points = answer["operations"]
    peak, slope = float(answer["peak_flop_per_s"]), float(answer["bandwidth_byte_per_s"])
    knee = peak / slope
    low = min([knee, *(row["intensity_flop_per_byte"] for row in points)]) / 3
    high = max([knee, *(row["intensity_flop_per_byte"] for row in points)]) * 3
    roof = [
        {"x": low, "y": low * slope / 1e12},
        {"x": knee, "y": peak / 1e12},
        {"x": high, "y": peak / 1e12},
    ]
    ranked = sorted(points, key=lambda row: -row["share_of_time_frac"])
    names = [row["operation"] for row in ranked if row["share_of_time_frac"] >= 0.04][:5]
    phases = list(dict.fromkeys(str(row["phase"]) for row in points))
    rows = [
        {
            **row,
            "x": row["intensity_flop_per_byte"],
            "y": row["attainable_flop_per_s"] / 1e12,
            "share": row["share_of_time_frac"],
            "label": f"{row['operation'].replace('.', ' ')} {row['share_of_time_frac']:.0%}"
            if row["operation"] in names
            else "",
        }
        for row in points
    ]
    x_scale, y_scale = alt.Scale(type="log", domain=[low, high], nice=False), alt.Scale(type="log", nice=False)
    line = (
        alt.Chart(_values(roof))
        .mark_line(color="#444", strokeWidth=2)
        .encode(
            x=alt.X(
                "x:Q",
                title="FLOP per byte of memory traffic (logarithmic)",
                scale=x_scale,
                axis=alt.Axis(grid=False, format="~g", tickCount=5),
            ),
            y=alt.Y(
                "y:Q", title="TFLOP/s (logarithmic)", scale=y_scale, axis=alt.Axis(grid=False, format="~g", tickCount=5)
            ),
        )
    )
    attention = float(answer["attention_flop_per_s"])
    lower = [{"x": attention / slope, "y": attention / 1e12}, {"x": high, "y": attention / 1e12}]
    second = (
        alt.Chart(_values(lower))
        .mark_line(color="#444", strokeWidth=1.5, strokeDash=[5, 4])
        .encode(x=alt.X("x:Q", scale=x_scale), y=alt.Y("y:Q", scale=y_scale))
    )
    base = alt.Chart(_values(rows)).encode(x=alt.X("x:Q", scale=x_scale), y=alt.Y("y:Q", scale=y_scale))
    dots = base.mark_point(filled=True, opacity=0.75).encode(
        size=alt.Size("share:Q", scale=alt.Scale(domain=[0, 1], range=[30, 700]), legend=None),
        color=alt.Color(
            "bound:N",
            scale=alt.Scale(domain=["memory", "compute"], range=[COLOURS[1], COLOURS[0]]),
            legend=alt.Legend(
                labelExpr="datum.label == 'memory' ? 'bound by memory bandwidth' : 'bound by arithmetic'"
            ),
        ),
    )
    text = _spaced(rows, low, high)
    names_layer = [
        alt.Chart(_values(text))
        .transform_filter(f"datum.side == '{side}'")
        .mark_text(
            align=side, fontSize=13, color="#222", dx=15 if side == "left" else 12, dy=0 if side == "left" else 22
        )
        .encode(x=alt.X("x:Q", scale=x_scale), y=alt.Y("label_y:Q", scale=y_scale), text="label:N")
        for side in ("left", "right")
    ]
    bound = sum(row["share_of_time_frac"] for row in points if row["bound"] == "memory")
    return Figure(
        name="roofline",
        title=f"{answer['model']} on {answer['name']}, {' and '.join(phases)}: {bound:.0%} of the time is bound by memory bandwidth",
        spec=framed(alt.layer(line, *([second] if attention < peak else []), dots, *names_layer), height=320),
        alternative="Operations under the roofline: "
        + "; ".join(f"{row['operation']} {row['bound']} {row['share_of_time_frac']:.0%}" for row in ranked)
        + ".",
        caption=f"{answer['batch']:g} sequences of {answer['context']:,.0f} tokens, {answer['precision']} weights. Roof: {format_si(peak)}FLOP/s and "
        f"{format_si(slope)}B/s, turning at {knee:.0f} FLOP per byte. Attention is computed in 16 bit, under its own lower roof where 8 bit is faster. "
        "Areas and per cent: share of the time; no range, since limits of the datasheet are drawn.",
        source_ids=source_ids,
        rows=[{key: row[key] for key in row if key not in {"x", "y", "label", "share"}} for row in rows],
    )


def _spaced(rows: Sequence[Mapping[str, Any]], low: float, high: float) -> list[dict[str, Any]]:
    """Return labels moved down where they would lie on one another, on the side of their point that has room."""
    middle = (low * high) ** 0.5
    placed: list[dict[str, Any]] = []
    for row in sorted((row for row in rows if row["label"]), key=lambda row: -row["y"]):
        side = "left" if row["x"] < middle else "right"
        height = float(row["y"])
        for other in placed:
            if other["side"] == side and height > other["label_y"] / 1.28:
                height = other["label_y"] / 1.28
        placed.append({"x": row["x"], "label_y": height, "label": row["label"], "side": side})
    return placed
