"""What an accelerator cost on a date: observed prices, interpolated, with a range that says how far off they may be."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

__all__ = ["PricePoint", "PriceQuote", "price_points", "quote"]

Z80 = 1.2815515655446004  # standard normal quantile of .9: half of an 80 % interval


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePoint:
    """One observed price."""

    chip_id: str
    kind: str
    """``purchase``, ``rental`` (per hour) or ``smuggled_purchase``."""
    region: str
    on: date
    usd: float
    source_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceQuote:
    """A price for a chip on a date.

    ``basis`` tells how it came about: ``observed`` (points of this chip around the date), ``extended`` (the nearest point of
    this chip, more than half a year away) or ``scaled`` (no price of this chip: that of another one, by compute and bandwidth).
    """

    usd: float
    low: float
    high: float
    level: float
    basis: str
    source_ids: tuple[str, ...]
    note: str


def price_points(rows: Iterable[Mapping[str, str]]) -> tuple[PricePoint, ...]:
    """Return the rows of the table ``prices`` as points, per accelerator.

    Dates given as a year count as its middle, dates given as a month as its fifteenth. Left out: spot offers, which can be withdrawn at
    any time, and purchases of whole servers, whose price holds more than accelerators (smuggled servers stay, as nothing else is known).
    """
    points = []
    for row in rows:
        n_chips = int(row.get("n_chips") or 1)
        if "spot" in row.get("terms", "") or (row["kind"] == "purchase" and n_chips > 1):
            continue
        points.append(
            PricePoint(
                chip_id=row["chip_id"],
                kind=row["kind"],
                region=row["region"],
                on=_middle(row["date"]),
                usd=float(row["price"]) / n_chips,
                source_id=row["source_id"],
            )
        )
    return tuple(points)


def _middle(text: str) -> date:
    parts = [int(part) for part in text.split("-")]
    if len(parts) == 1:
        return date(parts[0], 7, 1)
    if len(parts) == 2:
        return date(parts[0], parts[1], 15)
    return date(*parts)


def quote(
    points: Sequence[PricePoint],
    chip_id: str,
    *,
    kind: str,
    on: date,
    in_china: bool,
    size_ratio: Mapping[str, float],
) -> PriceQuote | None:
    """Return the price of a chip on a date.

    Parameters
    ----------
    points : sequence of PricePoint
        All observed prices.
    chip_id : str
        The chip.
    kind : str
        ``purchase`` or ``rental`` (per hour).
    on : date
        The date.
    in_china : bool
        Prefer prices from China; prices from elsewhere stand in, and the note says so.
    size_ratio : mapping
        For every chip its size relative to an H100 (geometric mean of the 8-bit rate and the bandwidth ratios), used when no price of the
        chip is known.

    Returns
    -------
    PriceQuote or None
        None if neither the chip nor any chip of known size has a price of this kind.

    Notes
    -----
    Between points of one chip the logarithm of the price is linear in time. The 80 % interval has the half-width ``0.15 + 0.25 sqrt(gap in years)``
    in log, at least the spread among offers within half a year; a scaled price adds 0.35. These widths are judgement, set from the scatter between
    contemporary offers in the table, which differ by a factor of about 1.5 in one month.
    """
    same_kind = [point for point in points if point.kind == kind]
    own = _in_region([point for point in same_kind if point.chip_id == chip_id], in_china)
    if own[0]:
        return _interpolate(own[0], on, scale=1.0, basis=None, extra=0.0, note=own[1])
    if chip_id not in size_ratio:
        return None
    candidates = [point for point in same_kind if point.chip_id in size_ratio]
    if not candidates:
        return None
    pool, note = _in_region(candidates, in_china)
    by_chip: dict[str, list[PricePoint]] = {}
    for point in pool:
        by_chip.setdefault(point.chip_id, []).append(point)

    def distance(other: str) -> float:
        nearest = min(abs((point.on - on).days) for point in by_chip[other]) / 365.25
        return abs(math.log(size_ratio[other] / size_ratio[chip_id])) + 0.5 * nearest

    other = min(by_chip, key=distance)
    scale = size_ratio[chip_id] / size_ratio[other]
    scaled_note = (
        f"no price of this chip is known: that of {other} times {scale:.2f}, the ratio of their sizes. {note}".strip()
    )
    return _interpolate(by_chip[other], on, scale=scale, basis="scaled", extra=0.35, note=scaled_note)


def _in_region(points: list[PricePoint], in_china: bool) -> tuple[list[PricePoint], str]:
    chinese = [point for point in points if point.region == "CN"]
    others = [point for point in points if point not in chinese]
    wanted, rest = (chinese, others) if in_china else (others, chinese)
    if wanted:
        return wanted, ""
    return rest, "Prices from elsewhere stand in for missing local ones." if rest else ""


def _interpolate(
    points: list[PricePoint], on: date, *, scale: float, basis: str | None, extra: float, note: str
) -> PriceQuote:
    by_day: dict[date, list[PricePoint]] = {}
    for point in points:
        by_day.setdefault(point.on, []).append(point)
    days = sorted(by_day)
    level = {day: sum(math.log(point.usd) for point in by_day[day]) / len(by_day[day]) for day in days}
    before = [day for day in days if day <= on]
    after = [day for day in days if day >= on]
    if before and after:
        left, right = before[-1], after[0]
        share = 0.0 if left == right else (on - left).days / (right - left).days
        log_price = level[left] * (1 - share) + level[right] * share
        used = {left, right}
    else:
        used = {before[-1] if before else after[0]}
        log_price = level[next(iter(used))]
    gap_yr = min(abs((day - on).days) for day in used) / 365.25
    near = [point for day in days if abs((day - on).days) <= 183 for point in by_day[day]]
    spread = 0.0
    if len(near) > 1:
        logs = [math.log(point.usd) for point in near]
        mean = sum(logs) / len(logs)
        spread = Z80 * math.sqrt(sum((value - mean) ** 2 for value in logs) / (len(logs) - 1))
    half_width = max(0.15 + 0.25 * math.sqrt(gap_yr), spread) + extra
    usd = math.exp(log_price) * scale
    return PriceQuote(
        usd=usd,
        low=usd * math.exp(-half_width),
        high=usd * math.exp(half_width),
        level=0.8,
        basis=basis or ("observed" if gap_yr <= 0.5 else "extended"),
        source_ids=tuple(sorted({point.source_id for day in used for point in by_day[day]})),
        note=note,
    )
