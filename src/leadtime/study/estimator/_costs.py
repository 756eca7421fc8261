"""Prices and cost parameters of the catalogue, made ready for one chip on one date."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from leadtime import catalog, chips, economics
from leadtime.chips import Chip
from leadtime.study.estimator._setup import checked_number

__all__ = ["CostBasis", "Money", "cost_basis", "cost_parameters", "size_ratio", "size_ratios"]

Range = tuple[float, float, float]
Z80 = 1.2815515655446004


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Prices that the user states, and where they are paid; what is not stated comes from the catalogue."""

    in_china: bool = False
    """Prefer prices from China."""
    rental_usd_per_hour: float | None = None
    price_usd: float | None = None
    """Of one bare accelerator."""
    electricity_usd_per_kwh: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CostBasis:
    """What one accelerator costs per hour, rented and owned, as low, central, high of an 80 % interval."""

    rental_usd_per_hour: Range | None
    ownership_usd_per_hour: Range | None
    ownership_lines: Mapping[str, float]
    wall_power_w: float | None
    used_frac: float
    notes: tuple[str, ...]
    source_ids: tuple[str, ...]


@cache
def cost_parameters() -> Mapping[str, tuple[Range, str]]:
    """Return low, central, high and source of every row of the table ``cost_parameters``."""
    return {
        row["parameter"]: ((float(row["low"]), float(row["central"]), float(row["high"])), row["source_id"])
        for row in catalog.table("cost_parameters")
    }


def size_ratio(chip: Chip) -> float | None:
    """Return the size of a chip relative to an H100: geometric mean of its 8-bit rate and its bandwidth ratios."""
    rate, bandwidth = chips.training_ratio_h100(chip).value, chips.decode_ratio_h100(chip).value
    return math.sqrt(rate * bandwidth) if rate and bandwidth else None


@cache
def size_ratios() -> Mapping[str, float]:
    """Return the size of every catalogue chip that has one."""
    sized = ((chip.id, size_ratio(chip)) for chip in chips.all_chips())
    return {name: ratio for name, ratio in sized if ratio}


@cache
def _points() -> tuple[economics.PricePoint, ...]:
    return economics.price_points(catalog.table("prices"))


def cost_basis(chip: Chip, *, on: date, money: Money = Money()) -> CostBasis:
    """Return the cost of a chip on a date.

    Parameters
    ----------
    chip : Chip
        A catalogue chip, or a user's: then prices are those of the nearest chip in size, scaled, unless given.
    on : date
        Date of the prices.
    money : Money
        What the user states; a stated price has no range.

    Notes
    -----
    The range of the ownership cost combines the range of the purchase price with that of every cost parameter, one at a time, added in
    quadrature in log space; parameters are taken as independent. The central value uses central parameters.
    """
    catalogued = chip.id in size_ratios() and chips.chip_by_id(chip.id) == chip
    return _known_basis(chip.id, on, money) if catalogued else _basis(chip, on, money)


@lru_cache(maxsize=4096)
def _known_basis(chip_id: str, on: date, money: Money) -> CostBasis:
    return _basis(chips.chip_by_id(chip_id), on, money)


def _basis(chip: Chip, on: date, money: Money) -> CostBasis:
    sizes = dict(size_ratios())
    own_size = size_ratio(chip)
    if own_size:
        sizes.setdefault(chip.id, own_size)
    sources: list[str] = []
    notes: list[str] = []

    def priced(kind: str, stated: float | None) -> Range | None:
        if stated is not None:
            stated = checked_number(stated, f"the {kind} price", low=1e-6, high=1e9)
            return (stated, stated, stated)
        quote = economics.quote(_points(), chip.id, kind=kind, on=on, in_china=money.in_china, size_ratio=sizes)
        if quote is None:
            notes.append(f"No {kind} price: neither this chip nor one of known size has one.")
            return None
        sources.extend(quote.source_ids)
        if quote.basis != "observed" or quote.note:
            what = {"observed": "", "extended": "the nearest price is more than half a year away. ", "scaled": ""}[
                quote.basis
            ]
            notes.append(f"{kind.capitalize()} price: {what}{quote.note}".strip())
        return (quote.low, quote.usd, quote.high)

    rental = priced("rental", money.rental_usd_per_hour)
    purchase = priced("purchase", money.price_usd)
    parameters = {name: central for name, ((_, central, _), _) in cost_parameters().items()}
    if money.electricity_usd_per_kwh is not None:
        parameters["electricity_usd_per_kwh"] = checked_number(
            money.electricity_usd_per_kwh, "electricity_usd_per_kwh", low=0, high=10
        )
    terms = economics.Ownership.from_values(parameters)
    power = chip.power_w
    if power is None:
        notes.append(f"No source gives the power of {chip.name}: no energy and no cost of ownership.")
    ownership, lines = None, {}
    if purchase is not None and power is not None:
        lines = {
            name: float(value) for name, value in economics.ownership_usd_per_hour(purchase[1], power, terms).items()
        }
        ownership = _ownership_range(
            purchase, power, parameters, fixed_electricity=money.electricity_usd_per_kwh is not None
        )
        sources.extend(source for _, source in cost_parameters().values())
    return CostBasis(
        rental_usd_per_hour=rental,
        ownership_usd_per_hour=ownership,
        ownership_lines=lines,
        wall_power_w=None if power is None else float(economics.wall_power_w(power, terms)),
        used_frac=parameters["used_frac"],
        notes=tuple(notes),
        source_ids=tuple(sorted(set(sources))),
    )


def _ownership_range(
    purchase: Range, power_w: float, parameters: Mapping[str, float], *, fixed_electricity: bool
) -> Range:
    def total(price: float, changed: Mapping[str, float]) -> float:
        terms = economics.Ownership.from_values({**parameters, **changed})
        return float(economics.ownership_usd_per_hour(price, power_w, terms)["total"])

    central = total(purchase[1], {})
    down, up = 0.0, 0.0
    swings = [(total(purchase[0], {}), total(purchase[2], {}))]
    for name, ((low, _, high), _) in cost_parameters().items():
        if name in economics.Ownership.__dataclass_fields__ and not (
            fixed_electricity and name == "electricity_usd_per_kwh"
        ):
            swings.append((total(purchase[1], {name: low}), total(purchase[1], {name: high})))
    for one, other in swings:
        logs = sorted((math.log(one / central), math.log(other / central)))
        down += min(logs[0], 0.0) ** 2
        up += max(logs[1], 0.0) ** 2
    return (central * math.exp(-math.sqrt(down)), central, central * math.exp(math.sqrt(up)))
