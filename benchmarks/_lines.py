"""One line of the table: a rate, what it is held against, and the ratio of the two."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Line", "best_processor_s", "line_json", "processor_s", "ratio", "render"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """A measured figure beside its reference."""

    benchmark: str
    what: str
    unit: str
    """Of both figures, such as ``configurations/s`` or ``% error``."""
    ours: float | None
    against: str
    """What the reference is."""
    reference: float | None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours over the reference; None where one of them is absent."""
        return ratio(self.ours, self.reference)


def ratio(ours: float | None, reference: float | None) -> float | None:
    """Return ours over the reference.

    >>> ratio(3.0, 2.0)
    1.5
    >>> ratio(3.0, None) is None, ratio(3.0, 0.0) is None
    (True, True)
    """
    if ours is None or reference is None or not math.isfinite(ours) or not math.isfinite(reference) or reference == 0:
        return None
    return ours / reference


def processor_s(function: Callable[[], Any]) -> tuple[float, Any]:
    """Return the processor time of one call [s] and its result: what other processes take does not count."""
    start = time.process_time()
    found = function()
    return time.process_time() - start, found


def best_processor_s(function: Callable[[], Any], repeats: int = 3) -> float:
    """Return the least processor time of several calls [s], after one that warms up."""
    function()
    return min(processor_s(function)[0] for _ in range(repeats))


def _short(value: float | None) -> str:
    if value is None:
        return "-"
    if value == 0:
        return "0"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def render(lines: Iterable[Line]) -> str:
    """Return the table as text, one row per line."""
    head = ("benchmark", "what", "ours", "against", "reference", "unit", "ratio")
    rows = [
        (
            line.benchmark,
            line.what,
            _short(line.ours),
            line.against,
            _short(line.reference),
            line.unit,
            _short(line.ratio),
        )
        for line in lines
    ]
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    right = {2, 4, 6}

    def text(row: tuple[str, ...]) -> str:
        return "  ".join(
            cell.rjust(w) if i in right else cell.ljust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()

    return "\n".join((text(head), "  ".join("-" * w for w in widths), *(text(row) for row in rows)))


def line_json(line: Line) -> dict[str, Any]:
    """Return a line as plain data, the ratio included."""
    return {**asdict(line), "ratio": line.ratio}
