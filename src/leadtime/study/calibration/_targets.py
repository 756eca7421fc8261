"""Targets: rows of evidence with what the model says to each of them, as data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from leadtime import catalog, world
from leadtime.arrays import namespace
from leadtime.errors import CatalogError
from leadtime.study._outputs import labels
from leadtime.study._quarters import FIRST_YEAR, N_INTERVALS, year_frac

__all__ = ["Read", "Target", "known_by", "model_value", "model_values", "needed_outputs", "targets", "terms_outputs"]

Draws = NDArray[np.float64]
_Term = tuple[float, tuple[tuple[str, str, int], ...]]

LEVEL = 0.9
"""Probability of an interval whose source names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A figure with its interval."""

    low: float | None
    central: float
    high: float | None
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One target.

    ``operator`` holds what is read from the model; ``sd`` is that of the row and of the model's discrepancy together, on the scale
    of the target.
    """

    id: str
    title: str
    evidence: tuple[str, ...]
    value: Interval
    scale: str
    sd: float
    power: float
    bound: str
    role: str
    group: str
    series: str
    row: Mapping[str, str] = field(repr=False, compare=False)

    @property
    def period_end(self) -> date:
        """Last day that the figure is about."""
        return date.fromisoformat(self.row["period_end"])

    @property
    def published(self) -> date:
        """The last day on which it can have become public, given what is known of its date."""
        return _last_day(self.row["published"])

    def on_scale(self, values: Draws) -> Draws:
        """Return values on the scale on which differences count."""
        xp = namespace(values)
        if self.scale == "log":
            found: Draws = xp.log(xp.maximum(values, 1e-300))
        elif self.scale == "logit":
            inside = xp.clip(values, 1e-6, 1 - 1e-6)
            found = xp.log(inside / (1 - inside))
        else:
            found = xp.asarray(values, float)
        return found

    def from_scale(self, values: Draws) -> Draws:
        """Return the inverse of :meth:`on_scale`."""
        if self.scale == "log":
            found: Draws = np.exp(values)
        elif self.scale == "logit":
            found = 1 / (1 + np.exp(-values))
        else:
            found = values
        return found


@cache
def targets() -> tuple[Target, ...]:
    """Return all targets of the catalogue."""
    return tuple(_target(row) for row in catalog.table("calibration_targets"))


def known_by(day: date, *, strict: bool = False, among: tuple[Target, ...] | None = None) -> tuple[Target, ...]:
    """Return the targets to fit that are about times up to a day; ``strict``: that were public by then."""
    return tuple(
        target
        for target in (targets() if among is None else among)
        if target.role == "fit" and target.period_end <= day and (not strict or target.published <= day)
    )


def _target(row: Mapping[str, str]) -> Target:
    low, central, high = (float(row[name]) if row[name] else None for name in ("low", "central", "high"))
    if central is None:
        raise CatalogError(f"The target {row['id']} has no central value.")
    value = Interval(low=low, central=central, high=high, unit=row["unit"])
    return Target(
        id=row["id"],
        title=row["title"],
        evidence=tuple(row["evidence"].split(";")),
        value=value,
        scale=row["scale"],
        sd=math.hypot(_own_sd(row, value), float(row["discrepancy"])),
        power=float(row["power"]),
        bound=row["bound"],
        role=row["role"],
        group=row["group"],
        series=row["series"],
        row=row,
    )


def _own_sd(row: Mapping[str, str], value: Interval) -> float:
    """Return the standard deviation that belongs to the interval of a row."""
    from statistics import NormalDist

    if value.low is None or value.high is None:
        return 0.0
    ends = [value.low, value.high]
    if row["scale"] == "log":
        ends = [math.log(end) for end in ends]
    elif row["scale"] == "logit":
        ends = [math.log(end / (1 - end)) for end in ends]
    level = float(row["level"] or LEVEL)
    return (ends[1] - ends[0]) / (2 * NormalDist().inv_cdf(0.5 + level / 2))


def _last_day(text: str) -> date:
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 3:
        return date(*parts)
    year, month = (parts[0], 12) if len(parts) == 1 else (parts[0], parts[1])
    return date.fromordinal((date(year + month // 12, month % 12 + 1, 1)).toordinal() - 1)


# ---------------------------------------------------------------- reading the model


@cache
def _terms(expression: str) -> tuple[_Term, ...]:
    """Parse a sum of terms: ``2*a/parameter:b + c``."""
    found = []
    for term in expression.replace("-", "+-").split("+"):
        number, factors = 1.0, []
        if term.startswith("-"):
            number, term = -1.0, term[1:]
        for place, group in enumerate(term.split("/")):
            for word in group.split("*"):
                kind, _, name = word.partition(":")
                if not name and not word[0].isalpha():
                    number *= float(word) if place == 0 else 1 / float(word)
                elif kind == "constant":
                    number *= float(name)
                else:
                    factors.append((kind if name else "output", name or word, 1 if place == 0 else -1))
        found.append((number, tuple(factors)))
    return tuple(found)


def terms_outputs(expression: str) -> set[str]:
    """Return the outputs of the model in an expression, or in several between semicolons."""
    return {
        name
        for part in expression.split(";")
        if part
        for _, factors in _terms(part)
        for kind, name, _ in factors
        if kind == "output"
    }


def needed_outputs(chosen: tuple[Target, ...]) -> tuple[str, ...]:
    """Return the outputs of the model that some targets need."""
    names = [terms_outputs(target.row[column]) for target in chosen for column in ("outputs", "over")]
    return tuple(sorted(set().union(*names)))


def last_interval(chosen: tuple[Target, ...]) -> int:
    """Return the number of intervals that the model must run to speak to some targets."""
    latest = max(date.fromisoformat(target.row["end"]) for target in chosen)
    return min(N_INTERVALS, math.ceil(4 * (year_frac(latest) - FIRST_YEAR)) + 1)


@dataclass(frozen=True, slots=True)
class _Reading:
    """A run, with the times and parameters that belong to it."""

    series: Mapping[str, Draws]
    parameters: Mapping[str, Draws]

    def sum_of(self, expression: str, take: "_Take") -> Draws:
        """Return a sum of terms, with ``take`` applied to every output."""
        total: Draws = np.zeros(())
        for number, factors in _terms(expression):
            part: Draws = np.asarray(number)  # a NumPy number takes the library of what it meets
            for kind, name, power in factors:
                values = self.parameters[name] if kind == "parameter" else take(name, self.series[name])
                part = part * values**power
            total = total + part
        return total


class _Take:
    """Reads one series at a time or over a period."""

    def __init__(self, how: str, start: float, end: float, delay: Draws | float = 0.0) -> None:
        self.how, self.start, self.end, self.delay = how, start, end, delay

    def __call__(self, name: str, series: Draws) -> Draws:
        on_bounds = labels()[name].kind != "flow"
        if self.how == "at":
            return _at(series, 4 * (self.end - self.delay - FIRST_YEAR) - (0.0 if on_bounds else 0.5))
        if on_bounds:
            series = (series[:-1] + series[1:]) / 2
        weights = _overlap(self.start, self.end, len(series))
        if self.how == "mean":
            weights = weights / weights.sum()
        found: Draws = namespace(series).tensordot(weights.astype(series.dtype), series, 1)
        return found


def _at(series: Draws, place: Draws | float) -> Draws:
    """Return a series at places between its rows, linear in logs where it is positive; one place, or one per draw."""
    xp = namespace(series, place)
    place = xp.clip(xp.asarray(place, float), 0.0, len(series) - 1.0)
    below = xp.minimum(xp.floor(place).astype(int), len(series) - 2)
    share = place - below
    columns = np.arange(series.shape[1])
    low, high = series[below, columns], series[below + 1, columns]
    both = (low > 0) & (high > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        geometric = xp.exp((1 - share) * xp.log(xp.where(both, low, 1)) + share * xp.log(xp.where(both, high, 1)))
    found: Draws = xp.where(both, geometric, (1 - share) * low + share * high)
    return found


def _overlap(start: float, end: float, n: int) -> Draws:
    """Return the share of every interval that lies in a period."""
    begins = FIRST_YEAR + np.arange(n) / 4
    found: Draws = np.clip((np.minimum(begins + 0.25, end) - np.maximum(begins, start)) * 4, 0.0, 1.0)
    return found


class Read(Protocol):
    """What says how a run is read."""

    @property
    def row(self) -> Mapping[str, str]:
        """Cells ``outputs``, ``over``, ``measure``, ``start``, ``end``, ``delay`` and ``factor``."""


def model_value(target: Read, series: Mapping[str, Draws], parameters: Mapping[str, Draws]) -> Draws:
    """Return what a run says to a target, one value per draw, in the unit of the evidence."""
    row = target.row
    reading = _Reading(series, parameters)
    start = year_frac(date.fromisoformat(row["start"]))
    end = year_frac(date.fromisoformat(row["end"])) + 1 / 365.25
    delays = [parameters[name] / 12 for name in row["delay"].split(";") if name]
    delay = delays[0] if delays else 0.0
    measure = row["measure"]
    if measure == "lag_of_runs":
        leader, follower = (series[name] for name in row["outputs"].split(";"))
        value = _lag_of_runs(leader, follower, delays, end)
    elif measure == "growth":
        late, early = (reading.sum_of(row["outputs"], _Take("at", when, when, delay)) for when in (end, start))
        value = (late / early) ** (1 / (end - start))
    else:
        how = {"ratio": "sum", "at_over_sum": "at"}.get(measure, measure)
        value = reading.sum_of(row["outputs"], _Take(how, start, end, delay))
        if row["over"]:
            how = {"at_over_sum": "sum"}.get(measure, how)
            value = value / reading.sum_of(row["over"], _Take(how, start, end, delay))
    return value * float(row["factor"])


def _lag_of_runs(leader: Draws, follower: Draws, delays: list[Draws], end: float) -> Draws:
    """Return the years since the leader published a run as large as the follower's latest."""
    xp = namespace(leader, follower)
    reached = _at(follower, 4 * (end - delays[1] - FIRST_YEAR))
    log = xp.log(world.running_max(leader))
    passed = (log < xp.log(reached)).sum(axis=0)
    after = xp.clip(passed, 1, len(log) - 1)
    columns = np.arange(log.shape[1])
    low, high = log[after - 1, columns], log[after, columns]
    rise = xp.maximum(high - low, 1e-9)
    place = xp.minimum(after - 1 + (xp.log(reached) - low) / rise, 4 * (end - FIRST_YEAR))
    lag: Draws = end - (FIRST_YEAR + xp.maximum(place, -20.0) / 4 + delays[0])
    return lag


def model_values(
    chosen: tuple[Target, ...], series: Mapping[str, Draws], parameters: Mapping[str, Draws]
) -> dict[str, Draws]:
    """Return what a run says to every target."""
    n = len(next(iter(parameters.values())))
    xp = namespace(*parameters.values())
    return {target.id: xp.broadcast_to(model_value(target, series, parameters), (n,)) for target in chosen}
