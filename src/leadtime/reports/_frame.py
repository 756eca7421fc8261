"""The frame of a figure: sizes that stay readable on a phone, and a figure that stands alone, with its title and caption drawn."""

import textwrap
from dataclasses import replace
from typing import Any

from leadtime.reports._charts import FONT, Figure

__all__ = ["framed", "standalone"]

WIDTH = 460
TEXT = 14
TICKS = 6
LINE = 66
"""Characters of a line of the title or the caption over a drawing of this width."""
SHADES: dict[str, Any] = {
    "gridColor": "#e6e6e6",
    "domainColor": "#888",
    "tickColor": "#888",
    "labelSeparation": 8,
    "labelOverlap": "greedy",
}


def framed(chart: Any, *, height: int, width: int = WIDTH, columns: int = 2) -> dict[str, Any]:
    """Return the specification of a chart with sizes for a narrow screen; the legend stands above in ``columns`` columns."""
    spec: dict[str, Any] = chart.properties(width=width, height=height, background="white").to_dict()
    spec["padding"] = {"left": 10, "right": 16, "top": 6, "bottom": 6}
    spec["config"] = _config(columns)
    return spec


def _config(columns: int) -> dict[str, Any]:
    return {
        "font": FONT,
        "view": {"stroke": None},
        "axis": {"labelFontSize": TEXT, "titleFontSize": TEXT, "titleFontWeight": "normal", **SHADES},
        "axisX": {"tickCount": TICKS},
        "axisY": {"labelOverlap": False},
        "legend": {
            "labelFontSize": TEXT,
            "titleFontSize": TEXT,
            "orient": "top",
            "title": None,
            "labelLimit": 420,
            "columnPadding": 18,
            "columns": columns,
            "symbolOpacity": 1,
            "symbolStrokeWidth": 2,
        },
    }


def standalone(figure: Figure) -> Figure:
    """Return a figure with its title above and its caption below the title, for a file that has no page around it."""
    spec = dict(figure.spec)
    spec["title"] = {
        "text": textwrap.wrap(figure.title, LINE - 8),
        "subtitle": [line for part in figure.caption.split("\n") for line in textwrap.wrap(part, LINE + 8)],
        "anchor": "start",
        "frame": "bounds",
        "fontSize": TEXT + 2,
        "subtitleFontSize": TEXT - 1,
        "subtitleColor": "#444",
        "subtitlePadding": 6,
        "offset": 14,
    }
    if spec.get("width", 0) > WIDTH:
        spec["width"] = WIDTH
        config = dict(spec["config"])
        config["axis"] = {**config["axis"], **SHADES, "labelFontSize": TEXT, "titleFontSize": TEXT}
        config |= {"axisX": {"tickCount": TICKS}, "axisY": {"labelOverlap": False}}
        config["legend"] = {**config["legend"], "labelFontSize": TEXT, "columns": 2}
        spec["config"] = config
    return replace(figure, spec=spec)
