"""The best chip that could legally be designed on a day: how the H800 and the H20 came about.

Below a limit nothing else about a quantity matters to the law, so the best design lies just below limits or at what
technology allows. All combinations of such values are tried; the limits come from the book.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import product

import numpy as np

from leadtime.chips import Chip, all_chips
from leadtime.errors import MissingFactError, OutOfRangeError
from leadtime.rules._facts import facts_of_request
from leadtime.rules._items import Item, item_of
from leadtime.rules._limits import limits_in_force
from leadtime.rules._request import Request
from leadtime.rules.engine import Book, Outcome, determine_many

__all__ = ["RETICLE_MM2", "Design", "Headroom", "Technology", "headroom", "technology"]

RETICLE_MM2 = 26.0 * 33.0
"""Largest die that one exposure field of a lithography scanner holds [mm²]."""


FACTS = ("performance_density", "memory_bandwidth_gb_s", "interconnect_gb_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Technology:
    """What the best parts on sale reach: no design is assumed to pass it."""

    tpp_per_mm2: float
    memory_bandwidth_gb_s: float
    interconnect_gb_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A chip that could be designed."""

    tpp: float
    performance_density: float
    die_area_mm2: float
    """Area at which the density comes out; the smallest at which the design is still free stands in ``least_area_mm2``."""
    least_area_mm2: float
    memory_bandwidth_gb_s: float
    interconnect_gb_s: float
    outcome: str
    bound_by: tuple[str, ...]
    """Quantities that a limit holds back, rather than technology or area."""
    nearest: str | None
    """Catalogue chip with the nearest figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """Best designs: for training, for decoding, and all that no other beats in every quantity."""

    on: date
    to: str
    technology: Technology
    die_area_mm2: float
    limits: dict[str, tuple[float, ...]]
    training: Design
    decode: Design
    frontier: tuple[Design, ...]


def technology(on: date, chips: Sequence[Chip] | None = None) -> Technology:
    """Return the best density, memory bandwidth and interconnect among accelerators released by a day.

    Only parts that state all three count, and no wafer-scale part: its die is no package that others could copy.
    """
    parts = [chip for chip in (chips or all_chips()) if chip.release_date is not None and chip.release_date <= on]
    items = [item_of(chip) for chip in parts if (chip.silicon.die_area_mm2 or 0.0) < 8 * RETICLE_MM2]
    items = [item for item in items if all(_known(item, fact) for fact in FACTS)]

    if not items:
        raise MissingFactError(
            f"No chip of the catalogue on sale on {on} states all of {', '.join(FACTS)}.", hint="Choose a later day."
        )

    def best(fact: str) -> float:
        return max(float(item.facts[fact] or 0.0) for item in items)

    return Technology(
        tpp_per_mm2=best("performance_density"),
        memory_bandwidth_gb_s=best("memory_bandwidth_gb_s"),
        interconnect_gb_s=best("interconnect_gb_s"),
    )


def _known(item: Item, fact: str) -> bool:
    value = item.facts.get(fact)
    return isinstance(value, float) and math.isfinite(value) and value > 0


def headroom(
    book: Book,
    on: date,
    request: Request,
    *,
    die_area_mm2: float = RETICLE_MM2,
    allow_notification: bool = False,
    vendor: str = "NVIDIA",
    reach: Technology | None = None,
) -> Headroom:
    """Find the best data-centre chip that needs no licence.

    Parameters
    ----------
    book : Book
        The law.
    on : date
        Day.
    request : Request
        Destination and buyer; its day does not count.
    die_area_mm2 : float
        Most logic die area in one package [mm²]; one exposure field if not given.
    allow_notification : bool
        Whether a sale after notification counts as free.
    vendor : str
        Designer, for letters to companies.
    reach : Technology, optional
        What technology allows; the best parts on sale that day if not given.
    """
    if not 1.0 <= die_area_mm2 <= 100_000.0:
        raise OutOfRangeError(
            f"A die area of {die_area_mm2:g} mm² is outside 1 to 100,000.", hint="One exposure field is 858 mm²."
        )
    asked, facts, _ = facts_of_request(book, replace(request, on=on))
    reach = reach or technology(on)
    limits = limits_in_force(book, "chip", on, facts, request.posture)
    grid = _candidates(limits, reach, die_area_mm2)
    found = determine_many(
        book,
        "chip",
        on=np.full(grid.shape[1], on.toordinal()),
        posture=request.posture,
        tpp=grid[0],
        performance_density=grid[0] / grid[1],
        memory_bandwidth_gb_s=grid[2],
        interconnect_gb_s=grid[3],
        datacenter_marketed=True,
        vendor=vendor,
        **facts,
    )
    strictest = Outcome.NOTIFY if allow_notification else Outcome.NOT_REQUIRED
    free = grid[:, found.outcome <= strictest]
    words = {tuple(column): int(code) for column, code in zip(grid.T.tolist(), found.outcome.tolist(), strict=True)}
    if free.shape[1] == 0:
        raise MissingFactError(
            f"No design is free on {on} to {asked.to}: not even one below every limit.",
            hint="Name another destination.",
        )
    front = _frontier(free)
    designs = [_design(column, free, limits, reach, die_area_mm2, words) for column in front]
    return Headroom(
        on=on,
        to=asked.to,
        technology=reach,
        die_area_mm2=die_area_mm2,
        limits=limits,
        training=max(designs, key=lambda one: (one.tpp, one.memory_bandwidth_gb_s, one.interconnect_gb_s)),
        decode=max(designs, key=lambda one: (one.memory_bandwidth_gb_s, one.tpp, one.interconnect_gb_s)),
        frontier=tuple(designs),
    )


def _below(limit: float) -> float:
    return math.nextafter(limit, 0.0)


def _candidates(limits: dict[str, tuple[float, ...]], reach: Technology, area_mm2: float) -> np.ndarray:
    """Return columns (tpp, die area, memory bandwidth, interconnect) worth trying."""
    most = reach.tpp_per_mm2 * area_mm2
    densities = [_below(limit) for limit in limits.get("performance_density", ()) if limit <= reach.tpp_per_mm2] + [
        reach.tpp_per_mm2
    ]
    tpps = {
        most,
        *(_below(limit) for limit in limits.get("tpp", ()) if limit <= most),
        *(density * area_mm2 for density in densities),
    }
    sums = limits.get("memory_plus_interconnect_gb_s", ())
    memory = {reach.memory_bandwidth_gb_s, *map(_below, limits.get("memory_bandwidth_gb_s", ()))}
    links = {reach.interconnect_gb_s, *map(_below, limits.get("interconnect_gb_s", ()))}
    memory |= {_below(total) - link for total in sums for link in links}
    links |= {_below(total) - speed for total in sums for speed in memory}
    memory = {_below(speed) for speed in memory if speed > 0} | memory
    rows = []
    for tpp, speed, link in product(sorted(tpps), sorted(memory), sorted(links)):
        if 0 < speed <= reach.memory_bandwidth_gb_s and 0 < link <= reach.interconnect_gb_s:
            areas = {area_mm2, *(tpp / density for density in densities if tpp / density <= area_mm2)}
            rows += [
                (tpp, area, speed, link) for area in sorted(areas) if tpp / area <= reach.tpp_per_mm2 * (1 + 1e-12)
            ]
    return np.array(rows).T


def _frontier(free: np.ndarray) -> list[tuple[float, ...]]:
    """Return the columns that no other beats in TPP, memory bandwidth and interconnect at once, each with its largest area."""
    best: dict[tuple[float, float, float], float] = {}
    for tpp, area, speed, link in free.T.tolist():
        best[tpp, speed, link] = max(area, best.get((tpp, speed, link), 0.0))
    points = np.array(list(best))
    kept = [point for point in points if not np.any(np.all(points >= point, axis=1) & np.any(points > point, axis=1))]
    return [
        (tpp, best[tpp, speed, link], speed, link) for tpp, speed, link in (tuple(point.tolist()) for point in kept)
    ]


def _design(
    column: tuple[float, ...],
    free: np.ndarray,
    limits: dict[str, tuple[float, ...]],
    reach: Technology,
    area_mm2: float,
    words: dict[tuple[float, ...], int],
) -> Design:
    tpp, area, speed, link = column
    same = free[:, (free[0] == tpp) & (free[2] == speed) & (free[3] == link)]
    held = {
        "tpp": tpp < reach.tpp_per_mm2 * area_mm2 * (1 - 1e-9),
        "memory_bandwidth_gb_s": speed < reach.memory_bandwidth_gb_s * (1 - 1e-9),
        "interconnect_gb_s": link < reach.interconnect_gb_s * (1 - 1e-9),
    }
    return Design(
        tpp=tpp,
        performance_density=tpp / area,
        die_area_mm2=area,
        least_area_mm2=float(same[1].min()),
        memory_bandwidth_gb_s=speed,
        interconnect_gb_s=link,
        outcome=Outcome(words[column]).name.lower(),
        bound_by=tuple(name for name, is_held in held.items() if is_held),
        nearest=_nearest(tpp, speed, link),
    )


def _nearest(tpp: float, speed: float, link: float) -> str | None:
    """Return the catalogue chip whose three figures lie nearest, in ratios."""
    goals = {"tpp": tpp, "memory_bandwidth_gb_s": speed, "interconnect_gb_s": link}
    items = [item for item in map(item_of, all_chips()) if all(_known(item, fact) for fact in goals)]

    def distance(item: Item) -> float:
        return sum(math.log(float(item.facts[fact] or 0.0) / goal) ** 2 for fact, goal in goals.items())

    return min(items, key=distance).name if items else None
