"""Which policy does what: Shapley values of the policies of a scenario, on the same draws."""

from collections.abc import Callable, Mapping
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np

from leadtime.errors import BadInputError, OutOfRangeError
from leadtime.study._draws import check_seed
from leadtime.study._evaluator import evaluator
from leadtime.study._outputs import labels
from leadtime.study._quarters import FIRST_YEAR
from leadtime.study._scenario_check import check_document
from leadtime.study._scenarios import scenario
from leadtime.study.live._explore import MAX_DRAWS, YEARS
from leadtime.study.live._pieces import Draws, outputs_of

__all__ = ["MOST_SHAPLEY", "wedges"]

MOST_SHAPLEY = 5
"""Policies up to which every order of adding them is gone through (2 to the power of their number of runs)."""
MOST = 16


def wedges(
    document: Mapping[str, Any],
    *,
    draws: int = 400,
    seed: int = 1,
    year: int = 2030,
    output: str = "lead_true_months",
) -> dict[str, Any]:
    """Share the effect of a scenario among its policies.

    Parameters
    ----------
    document : mapping
        A scenario as a document. Its policies are the bases other than ``baseline``, each lever, and its amendments together; its
        parameters are assumptions and hold throughout.
    draws, seed, year, output
        As for :func:`leadtime.study.live.explore`.

    Returns
    -------
    dict
        ``policies``: name and effect of each (median and 80 % interval of the paired difference); ``total``; ``method``: ``shapley`` up
        to five policies, where the effects sum to the total draw by draw, else ``one_at_a_time`` with ``together``, what the policies
        do only in company.
    """
    if not 100 <= draws <= MAX_DRAWS:
        raise OutOfRangeError(f"draws is {draws!r} and must lie between 100 and {MAX_DRAWS:,} here.")
    if year not in YEARS:
        raise OutOfRangeError(f"year is {year!r} and must lie between {YEARS[0]} and {YEARS[-1]}.")
    scenario(document)  # the whole must be sound before its parts are asked about
    players = _players(document)
    if not players:
        raise BadInputError("The scenario has no policy to share its effect among.", hint="Set a lever first.")
    if len(players) > MOST:
        raise OutOfRangeError(f"The scenario has {len(players)} policies; at most {MOST} can be told apart.")
    row = 4 * (year - FIRST_YEAR)
    if labels()[output].kind != "stock":
        raise BadInputError(f"{output} is a flow; effects are read from stocks.")

    def value(chosen: frozenset[str]) -> Draws:
        part = _part(document, players, chosen)
        found = outputs_of(evaluator(part, (output,)), draws, check_seed(seed))
        return np.asarray(found[output][row], dtype=np.float64)

    names = tuple(players)
    total = value(frozenset(names)) - value(frozenset())
    effects = _shapley(names, value) if len(names) <= MOST_SHAPLEY else _alone(names, value)
    found: dict[str, Any] = {
        "output": output,
        "title": labels()[output].title,
        "unit": labels()[output].unit,
        "year": year,
        "method": "shapley" if len(names) <= MOST_SHAPLEY else "one_at_a_time",
        "policies": [{"name": name, **_spread(effects[name])} for name in names],
        "total": _spread(total),
        "draws": draws,
        "seed": seed,
    }
    if len(names) > MOST_SHAPLEY:
        found["together"] = _spread(total - sum(effects.values(), np.zeros_like(total)))
    return found


def _players(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the policies of a document: what each adds to the baseline."""
    check_document(document, "the scenario")
    base = document.get("base") or "baseline"
    bases = [base] if isinstance(base, str) else list(base)
    found: dict[str, Any] = {f"base:{name}": {"base": name} for name in bases if name != "baseline"}
    for name, setting in _leaves(document.get("levers") or {}):
        found[name] = {"lever": (name, setting)}
    if document.get("amendments"):
        found["amendments"] = {"amendments": document["amendments"]}
    return found


_PARTED = {"on_sale", "sales_caps", "region_caps"}


def _leaves(levers: Mapping[str, Any], prefix: str = "", depth: int = 0) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, setting in levers.items():
        if setting is None:
            continue
        inner = (depth == 0 and name in _PARTED) or (depth == 1 and prefix == "sales_caps.")
        if inner and isinstance(setting, Mapping):
            found += _leaves(setting, f"{prefix}{name}.", depth + 1)
        else:
            found.append((prefix + name, setting))
    return found


def _part(document: Mapping[str, Any], players: Mapping[str, Any], chosen: frozenset[str]) -> dict[str, Any]:
    """Return the scenario with some of its policies."""
    bases = ["baseline"]
    levers: dict[str, Any] = {}
    part: dict[str, Any] = {"name": "part", "title": "Part of a scenario"}
    for name, player in players.items():
        if name not in chosen:
            continue
        if "base" in player:
            bases.append(player["base"])
        elif "amendments" in player:
            part["amendments"] = player["amendments"]
        else:
            place, setting = player["lever"]
            *above, last = place.split(".")
            inside = levers
            for step in above:
                inside = inside.setdefault(step, {})
            inside[last] = setting
    return {**part, "base": bases, "levers": levers, "parameters": document.get("parameters") or {}}


def _shapley(names: tuple[str, ...], value: Callable[[frozenset[str]], Draws]) -> dict[str, Draws]:
    n = len(names)
    values = {frozenset(some): value(frozenset(some)) for size in range(n + 1) for some in combinations(names, size)}
    effects = {}
    for name in names:
        effect = np.zeros_like(values[frozenset()])
        for some, before in values.items():
            if name not in some:
                weight = factorial(len(some)) * factorial(n - len(some) - 1) / factorial(n)
                effect += weight * (values[some | {name}] - before)
        effects[name] = effect
    return effects


def _alone(names: tuple[str, ...], value: Callable[[frozenset[str]], Draws]) -> dict[str, Draws]:
    nothing = value(frozenset())
    return {name: value(frozenset({name})) - nothing for name in names}


def _spread(values: Draws) -> dict[str, float]:
    low, median, high = (float(one) for one in np.quantile(values, (0.1, 0.5, 0.9)))
    return {"value": median, "mean": float(values.mean()), "low": low, "high": high, "level": 0.8}
