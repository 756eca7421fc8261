"""Regions of outcome over two quantities on one day: exact rectangles between the limits in force, not a raster."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from leadtime.arrays import Array
from leadtime.errors import UnknownNameError
from leadtime.rules._facts import facts_of_request
from leadtime.rules._limits import limits_in_force
from leadtime.rules._request import Request
from leadtime.rules.engine import Book, determine_many

__all__ = ["Plane", "plane"]

QUANTITIES = ("tpp", "performance_density", "memory_bandwidth_gb_s", "interconnect_gb_s")
RANGES = {
    "tpp": (100.0, 100_000.0),
    "performance_density": (0.1, 100.0),
    "memory_bandwidth_gb_s": (50.0, 30_000.0),
    "interconnect_gb_s": (10.0, 5_000.0),
}
ELSEWHERE = {"tpp": 100.0, "performance_density": 0.1, "memory_bandwidth_gb_s": 50.0, "interconnect_gb_s": 10.0}
"""Values of the quantities that are not on an axis: below every limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane:
    """A plane cut by the limits in force into rectangles of one outcome each.

    ``outcome[j, i]`` holds for ``x_edges[i] <= x < x_edges[i + 1]`` and ``y_edges[j] <= y < y_edges[j + 1]``; limits with
    the other bound shift by one representable number.
    """

    on: date
    to: str
    x: str
    y: str
    x_edges: Array
    y_edges: Array
    outcome: Array
    """:class:`~leadtime.rules.Outcome` codes, shape (n_y, n_x)."""
    review: Array
    """:class:`~leadtime.rules.Review` codes."""
    entry: Array
    """Position in ``entries``; -1 for none."""
    entries: tuple[str, ...]

    def rectangles(self) -> list[dict[str, float | int | str | None]]:
        """Return one row per rectangle: its corners, outcome, policy and entry."""
        rows: list[dict[str, float | int | str | None]] = []
        for j in range(len(self.y_edges) - 1):
            for i in range(len(self.x_edges) - 1):
                entry = int(self.entry[j, i])
                rows.append(
                    {
                        "x_from": float(self.x_edges[i]),
                        "x_to": float(self.x_edges[i + 1]),
                        "y_from": float(self.y_edges[j]),
                        "y_to": float(self.y_edges[j + 1]),
                        "outcome": int(self.outcome[j, i]),
                        "review": int(self.review[j, i]),
                        "eccn": self.entries[entry] if entry >= 0 else None,
                    }
                )
        return rows


def plane(
    book: Book,
    on: date,
    request: Request,
    *,
    x: str = "tpp",
    y: str = "performance_density",
    datacenter_marketed: bool = True,
    vendor: str = "NVIDIA",
    fixed: dict[str, float] | None = None,
) -> Plane:
    """Return the regions of outcome over two quantities of a chip.

    Parameters
    ----------
    book : Book
        The law.
    on : date
        Day.
    request : Request
        Destination and buyer; its day does not count.
    x, y : str
        Two of ``tpp``, ``performance_density`` [tpp/mm2], ``memory_bandwidth_gb_s``, ``interconnect_gb_s``.
    datacenter_marketed : bool
        Whether the chip is designed or marketed for data centres.
    vendor : str
        Designer, for letters to companies.
    fixed : dict of str to float, optional
        Values of the other quantities; below every limit if not given.
    """
    for name in (x, y):
        if name not in QUANTITIES:
            raise UnknownNameError(f"There is no quantity {name!r} to draw.", hint=f"One of: {', '.join(QUANTITIES)}.")
    asked, facts, _ = facts_of_request(book, replace(request, on=on))
    limits = limits_in_force(book, "chip", on, facts, request.posture)
    x_edges, y_edges = (_edges(name, limits) for name in (x, y))
    values = {**ELSEWHERE, **(fixed or {})}
    values |= {x: np.sqrt(x_edges[:-1] * x_edges[1:])[None, :], y: np.sqrt(y_edges[:-1] * y_edges[1:])[:, None]}
    found = determine_many(
        book,
        "chip",
        on=np.full((len(y_edges) - 1, len(x_edges) - 1), on.toordinal()),
        posture=request.posture,
        datacenter_marketed=datacenter_marketed,
        vendor=vendor,
        **values,
        **facts,
    )
    return Plane(
        on=on,
        to=asked.to,
        x=x,
        y=y,
        x_edges=x_edges,
        y_edges=y_edges,
        outcome=found.outcome,
        review=found.review,
        entry=found.entry,
        entries=found.entries,
    )


def _edges(name: str, limits: dict[str, tuple[float, ...]]) -> Array:
    low, high = RANGES[name]
    inside = [limit for limit in limits.get(name, ()) if low < limit < high]
    return np.array([low, *inside, high])
