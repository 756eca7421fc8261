"""What the world is known to be: history, chip classes, choices of structure, labs, regions. Built from rows; opens no file."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime.errors import BadInputError, CatalogError, OutOfRangeError
from leadtime.world._clock import N_INTERVALS, interval_of, starts_yr
from leadtime.world._policy import LEGAL_CLASSES, REGIONS

__all__ = [
    "CLASSES",
    "NON_PRC_CLASSES",
    "PRC_CLASSES",
    "Application",
    "ClassPrice",
    "Lab",
    "Region",
    "WorldData",
    "world_data",
]

CLASSES = ("a100", "h100", "h800", "h20", "h200", "b30a", "b300", "rubin", "custom", "ascend")
"""Chip classes; A800 counts as A100, ``custom`` is per H100e, ``ascend`` per logic die."""
PRC_CLASSES = ("a100", "h800", "h20", "h100", "h200", "b30a", "b300", "rubin", "ascend")
NON_PRC_CLASSES = ("a100", "h100", "h200", "b300", "rubin", "custom")
MERCHANT_CLASSES = ("a100", "h100", "h200", "b300", "rubin")

Rows = Iterable[Mapping[str, str]]
Yearly = Mapping[int, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassPrice:
    """Price of a controlled class over time: ``usd`` in the year ``year``, then falling by ``decline_per_yr``."""

    usd: float
    year: float
    decline_per_yr: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lab:
    """A firm: ``developer`` has a fleet, ``maker`` makes chips, ``buyer`` only buys."""

    id: str
    name: str
    nation: str
    role: str
    purchase_share: float = 0.0
    """Share of PRC purchases of legal chips; rows of several equal buyers say so in their name."""
    n_buyers: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A part of the rest of the world."""

    id: str
    share: float
    offshore: float
    transit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """A security application as an abstract threshold of tokens per day and of capability."""

    id: str
    name: str
    need_parameter: str
    relative_cost: float
    capability_threshold: float


@dataclass(frozen=True, kw_only=True)
class WorldData:
    """Constants and history of the world model.

    ``compute`` (h) and ``bandwidth`` (b) are ratios to an H100 by class, definitions without uncertainty. Yearly totals
    of supply are in million H100e, prices in USD per H100e, wafers in million per month.
    """

    compute: Mapping[str, float]
    bandwidth: Mapping[str, float]
    merchant: Yearly
    custom: Yearly
    price: Yearly
    mix: Mapping[int, Mapping[str, float]]
    class_price: Mapping[str, ClassPrice]
    displacement: Mapping[str, float]
    series: Mapping[str, NDArray[np.float64]]
    """Over the intervals: ``wafers``, ``plan_factor``, ``stockpile``."""
    constants: Mapping[str, float]
    labs: tuple[Lab, ...]
    regions: tuple[Region, ...]
    applications: tuple[Application, ...] = ()

    @property
    def last_year(self) -> int:
        """Last year of known supply."""
        return max(self.merchant)

    def known_by(self, year: int) -> "WorldData":
        """Return the data without the supply history after ``year``, for a hindcast."""
        if year < min(self.merchant) + 1:
            raise OutOfRangeError(
                f"Nothing is known of supply by {year}.", hint=f"Use {min(self.merchant) + 1} or later."
            )
        cut: dict[str, Any] = {
            name: {y: v for y, v in getattr(self, name).items() if y <= year}
            for name in ("merchant", "custom", "price")
        }
        return replace(self, **cut)


def world_data(
    *,
    history: Rows,
    labs: Rows = (),
    applications: Rows = (),
    compute: Mapping[str, float] | None = None,
    bandwidth: Mapping[str, float] | None = None,
) -> WorldData:
    """Build the data of the world from catalogue rows.

    Parameters
    ----------
    history, labs, applications : iterables of mapping
        Rows of the tables ``history``, ``labs`` and ``security_applications``.
    compute, bandwidth : mapping of class to float, optional
        Ratios to an H100 that replace those of the table, as the catalogue of chips gives them.
    """
    table: dict[str, dict[str, float]] = defaultdict(dict)
    for row in history:
        table[row["series"]][row["key"]] = float(row["value"])
    yearly = {
        name: {int(key): value for key, value in table[name].items()}
        for name in ("merchant_supply", "custom_supply", "merchant_price")
    }
    data = WorldData(
        compute={**table["class_compute"], **(compute or {})},
        bandwidth={**table["class_bandwidth"], **(bandwidth or {})},
        merchant=yearly["merchant_supply"],
        custom=yearly["custom_supply"],
        price=yearly["merchant_price"],
        mix=_mix(table["generation_mix"]),
        class_price={
            kind: ClassPrice(
                usd=usd, year=table["class_price_year"][kind], decline_per_yr=table["class_price_decline"][kind]
            )
            for kind, usd in table["class_price"].items()
        },
        displacement=dict(table["displacement"]),
        series={
            "wafers": _interpolated(table["advanced_wafers"]),
            "plan_factor": _stepped(table["ascend_plan_factor"]),
            "stockpile": _flags(table["stockpile_quarter"]),
        },
        constants=MappingProxyType(dict(table["constant"])),
        labs=tuple(_lab(row) for row in labs),
        regions=tuple(
            Region(id=region, **{part: table[f"region_{part}"][region] for part in ("share", "offshore", "transit")})
            for region in REGIONS
        ),
        applications=tuple(_application(row) for row in applications),
    )
    _check(data)
    return data


def _mix(cells: Mapping[str, float]) -> dict[int, dict[str, float]]:
    mix: dict[int, dict[str, float]] = {}
    for key, share in cells.items():
        year, kind = key.split(":")
        mix.setdefault(int(year), {})[kind] = share
    return mix


def _interpolated(cells: Mapping[str, float]) -> NDArray[np.float64]:
    years = sorted(cells, key=float)
    return np.interp(starts_yr(), [float(year) for year in years], [cells[year] for year in years])


def _stepped(cells: Mapping[str, float]) -> NDArray[np.float64]:
    years = sorted(cells, key=float)
    known = np.array([float(year) for year in years])
    place = np.clip(np.searchsorted(known, np.floor(starts_yr()), side="right") - 1, 0, None)
    return np.array([cells[year] for year in years])[place]


def _flags(quarters: Mapping[str, float]) -> NDArray[np.float64]:
    flags = np.zeros(N_INTERVALS)
    for quarter, value in quarters.items():
        flags[interval_of(quarter)] = value
    return flags


def _lab(row: Mapping[str, str]) -> Lab:
    return Lab(
        id=row["id"],
        name=row["name"],
        nation=row["nation"],
        role=row["role"],
        purchase_share=float(row.get("purchase_share") or 0.0),
        n_buyers=int(row.get("n_buyers") or 1),
    )


def _application(row: Mapping[str, str]) -> Application:
    return Application(
        id=row["id"],
        name=row["name"],
        need_parameter=row["need_parameter"],
        relative_cost=float(row["relative_cost"]),
        capability_threshold=float(row["capability_threshold"]),
    )


def _check(data: WorldData) -> None:
    """Refuse data that do not describe a world: missing classes, shares that do not sum, gaps in the history."""
    missing = [kind for kind in CLASSES if kind not in data.compute or kind not in data.bandwidth]
    if missing:
        raise CatalogError(f"The history table lacks class_compute or class_bandwidth of {missing[0]!r}.")
    wrong = [kind for kind in CLASSES if not (data.compute[kind] > 0 and data.bandwidth[kind] > 0)]
    if wrong:
        raise BadInputError(f"The ratios of chip class {wrong[0]!r} to an H100 are not positive.")
    for year, shares in data.mix.items():
        if abs(sum(shares.values()) - 1) > 1e-6:
            raise CatalogError(f"The generation mix of {year} sums to {sum(shares.values()):g}, not 1.")
    for part in ("share", "offshore", "transit"):
        total = sum(getattr(region, part) for region in data.regions)
        if abs(total - 1) > 1e-6:
            raise CatalogError(f"The shares region_{part} sum to {total:g}, not 1.")
    if sum(lab.purchase_share for lab in data.labs) > 1 + 1e-9:
        raise CatalogError("The purchase shares of the labs sum to more than 1.")
    absent = [kind for kind in LEGAL_CLASSES if kind not in data.displacement]
    if absent:
        raise CatalogError(f"The history table lacks displacement of {absent[0]!r}.")
    years = sorted(data.merchant)
    if years != list(range(years[0], years[-1] + 1)) or not years[0] == 2022:
        raise CatalogError("The yearly history of merchant supply has gaps or does not start in 2022.")
