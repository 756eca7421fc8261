"""Published results derived again: ours beside theirs, the difference and why, for every row that the model can speak to."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime import catalog, chips, progress, world
from leadtime.errors import CatalogError
from leadtime.study._evaluator import evaluator
from leadtime.study.calibration._targets import model_value, terms_outputs

__all__ = ["Reproduced", "table"]

Floats = NDArray[np.float64]

DRAWS = 4096
SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduced:
    """A published result and what we get.

    ``ours`` and ``theirs`` hold low, value and high (10th, 50th and 90th percentile of ours); ``difference`` is ours over theirs
    less one; ``agrees`` tells whether the two ranges meet (a factor of 1.1 about a value without one); None where nothing is derived.
    """

    id: str
    peer: str
    quantity: str
    conditions: str
    unit: str
    theirs: Mapping[str, Any]
    ours: Mapping[str, float] | None
    difference: float | None
    agrees: bool | None
    why: str
    conflicts: tuple[str, ...]
    source_id: str


@cache
def table() -> tuple[Reproduced, ...]:
    """Derive every published result again that the model can speak to.

    Returns
    -------
    tuple of Reproduced
        One per row of the table ``published_results``, in its order; rows that nothing here can speak to say why not.
    """
    ways = {row["id"]: row for row in catalog.table("reproduction")}
    found: dict[str, Floats] = {}
    for scenario in sorted({row["scenario"] for row in ways.values() if row["kind"] == "world"}):
        found |= _from_world(scenario, [row for row in ways.values() if row["scenario"] == scenario])
    for row in ways.values():
        if row["kind"] == "chip":
            found[row["id"]] = np.array([_of_chip(row["outputs"])])
        elif row["kind"] == "formula":
            found[row["id"]] = _FORMULAS[row["outputs"]]()
    return tuple(_row(row, ways[row["id"]], found.get(row["id"])) for row in catalog.table("published_results"))


def _from_world(scenario: str, rows: list[dict[str, str]]) -> dict[str, Floats]:
    names = {name for row in rows for part in (row["outputs"], row["over"]) for name in terms_outputs(part)}
    evaluate = evaluator(scenario, tuple(sorted(names)))
    z = evaluate.draws(SEED, 0, DRAWS)
    series, parameters = evaluate(z), world.sample(evaluate.priors, z)
    return {
        row["id"]: np.broadcast_to(model_value(SimpleNamespace(row=row), series, parameters), (DRAWS,)) for row in rows
    }


def _of_chip(what: str) -> float:
    name, quantity = what.split()
    chip = chips.find_chip(name)
    figure = chips.tpp(chip) if quantity == "tpp" else chips.performance_density(chip)
    if figure.value is None:
        raise CatalogError(f"The catalogue does not give the {quantity} of {name}.")
    return figure.value


def _halving() -> Floats:
    """Return months in which frontier algorithms halve the compute for a result."""
    evaluate = evaluator("baseline")
    growth = world.sample(evaluate.priors, evaluate.draws(SEED, 0, DRAWS))["algorithm_growth"]
    return np.asarray(12 * math.log(2) / np.log(growth), float)


def _v3_mfu() -> Floats:
    flop = 6 * 37e9 * 14.8e12
    return np.array([flop / (2.788e6 * 3600 * 989.5e12)])


def _closed_lead() -> Floats:
    growth = {"log_algorithm_growth": math.log(3), "log_compute_growth": math.log(4.5)}
    return np.array([float(progress.constant_ratio_lead_months(compute_ratio=4, algorithm_lag_yr=0.25, **growth))])


_FORMULAS: Mapping[str, Callable[[], Floats]] = {
    "halving": _halving,
    "v3_mfu": _v3_mfu,
    "closed_lead": _closed_lead,
}


def _row(published: Mapping[str, str], way: Mapping[str, str], values: Floats | None) -> Reproduced:
    low, central, high = (float(published[name]) if published[name] else None for name in ("low", "central", "high"))
    theirs: dict[str, Any] = {"low": low, "value": central, "high": high, "text": published["text"]}
    ours = None
    if values is not None:
        quantiles = np.quantile(values, (0.1, 0.5, 0.9))
        ours = {name: float(value) for name, value in zip(("low", "value", "high"), quantiles, strict=True)}
    middle = central if central is not None else _middle(low, high)
    return Reproduced(
        id=published["id"],
        peer=published["peer"],
        quantity=published["quantity"],
        conditions=published["conditions"],
        unit=published["unit"],
        theirs=theirs,
        ours=ours,
        difference=ours["value"] / middle - 1 if ours and middle else None,
        agrees=_meets(ours, low, central, high) if ours else None,
        why=way["why"],
        conflicts=tuple(part for part in way["conflicts"].split(";") if part),
        source_id=published["source_id"],
    )


def _middle(low: float | None, high: float | None) -> float | None:
    """Return the middle of a range whose value is not given, or its only end."""
    if low is not None and high is not None:
        return math.sqrt(low * high) if low > 0 else (low + high) / 2
    return low if low is not None else high


def _meets(ours: Mapping[str, float], low: float | None, central: float | None, high: float | None) -> bool:
    bottom = low if low is not None else central / 1.1 if central is not None and high is None else central
    top = high if high is not None else central * 1.1 if central is not None and low is None else central
    return (top is None or ours["low"] <= top) and (bottom is None or ours["high"] >= bottom)
