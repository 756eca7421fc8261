"""What questions to the world model share: draws kept between questions, values at a date, fans, months of lead in their variants.

Every question on the same scenario, draws and seed sees the same draws, so that answers can be set against each other; what one question has computed,
the next one reads. Nothing here changes a number of the model.
"""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from json import dumps
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from leadtime import rules, study, world
from leadtime.errors import ConflictError, OutOfRangeError
from leadtime.study._belief import VARIANT, variants_of_draws
from leadtime.study._outputs import world_data
from leadtime.study._quarters import year_frac
from leadtime.study.questions._answer import Sampled
from leadtime.study.questions._registry import Argument

__all__ = [
    "BOUNDS_YR",
    "Day",
    "Draws",
    "Floats",
    "ScenarioName",
    "Seed",
    "at",
    "determined",
    "fan_rows",
    "first_date",
    "followers",
    "in_year",
    "inputs",
    "lead_difference",
    "months",
    "plain",
    "quantile_row",
    "resolved",
    "rule_book",
    "series",
    "source_ids",
    "stacked",
    "uniform",
    "weights",
    "year_frac",
]

Floats = NDArray[np.float64]

Draws = Annotated[int, Argument(text="Draws of the uncertain inputs", low=300, high=100_000)]
Seed = Annotated[int, Argument(text="Seed of the draws", low=0, high=2**63 - 1)]
ScenarioName = Annotated[
    str, Argument(text="Scenario: a packaged name (`leadtime scenarios`), several joined by +, or a file")
]
Day = Annotated[date, Argument(text="Day", low=date(2022, 1, 1), high=date(2033, 1, 1))]

BOUNDS_YR: Floats = 2022.0 + np.arange(45) / 4
"""Times of stocks [yr]; flows stand on the intervals between them."""

KEPT_BYTE = 600_000_000
"""Draws kept between questions, in all."""
_KEPT: "OrderedDict[str, dict[str, Floats]]" = OrderedDict()


def series(
    scenario: str, names: Sequence[str], *, draws: int, seed: int, fixed: Mapping[str, float] | None = None
) -> dict[str, Floats]:
    """Return series of a scenario, each of shape (time, draw): 45 rows for stocks and levels, 44 for flows.

    Parameters
    ----------
    scenario : str
        As for :func:`leadtime.study.scenario`.
    names : sequence of str
        Outputs; see :func:`leadtime.study.output_labels`.
    draws, seed : int
        The same numbers give the same draws in every scenario and question.
    fixed : mapping, optional
        Parameters of the world that are held at a value, all other inputs of each draw staying as they are.

    Raises
    ------
    UnknownNameError
        If there is no such scenario or output.
    OutOfRangeError
        If a draw has no finite result.
    """
    asked = resolved(scenario)
    key = dumps([asked.as_data(), draws, seed, dict(sorted((fixed or {}).items()))], sort_keys=True)
    kept = _KEPT.setdefault(key, {})
    _KEPT.move_to_end(key)
    missing = [name for name in dict.fromkeys(names) if name not in kept]
    if missing:
        held = {name: (value, value) for name, value in (fixed or {}).items()}
        asked = replace(asked, parameters={**asked.parameters, **held})
        evaluate = study.evaluator(asked, missing)
        found = evaluate(evaluate.draws(seed, 0, draws))
        for name, values in found.items():
            if not np.isfinite(values).all():
                raise OutOfRangeError(
                    f"Some draws of {asked.name} give no finite {name}.",
                    hint="Bring the levers of the scenario closer to those of the baseline.",
                )
            kept[name] = np.asarray(values, dtype=np.float64)
    answer = {name: kept[name] for name in names}
    _forget()
    return answer


def _forget() -> None:
    """Drop the runs that were asked for longest ago, until what is kept fits."""
    while len(_KEPT) > 1 and sum(values.nbytes for run in _KEPT.values() for values in run.values()) > KEPT_BYTE:
        _KEPT.popitem(last=False)


def inputs(scenario: str, *, draws: int, seed: int, names: Iterable[str] | None = None) -> dict[str, Floats]:
    """Return the sampled inputs on the same draws as :func:`series`, by name; those that do not vary are left out."""
    evaluate = study.evaluator(resolved(scenario), ("prc_used_h100e",))
    values = world.sample(evaluate.priors, evaluate.draws(seed, 0, draws))
    wanted = set(values) - {VARIANT} if names is None else set(names)
    found = {}
    for name in sorted(wanted):
        drawn = np.asarray(values[name], dtype=np.float64)
        if drawn.size == draws and np.ptp(drawn) > 0:
            found[name] = np.ravel(drawn)
    return found


def uniform(name: str, draws: int, seed: int) -> Floats:
    """Return draws between 0 and 1 of an uncertainty that is no parameter of the world, from a stream of its own."""
    stream = np.random.default_rng([seed % 2**32, *name.encode()])
    result: Floats = stream.random(draws)
    return result


def at(values: Floats, when: date | float) -> Floats:
    """Return a stock or level on a day, linear between the bounds of its quarter, shape (draw,)."""
    time_yr = year_frac(when) if isinstance(when, date) else float(when)
    place = min(max((time_yr - 2022.0) * 4.0, 0.0), len(values) - 1.0)
    low = min(int(place), len(values) - 2)
    share = place - low
    result: Floats = (1.0 - share) * values[low] + share * values[low + 1]
    return result


def in_year(values: Floats, year: int) -> Floats:
    """Return the sum of a flow over the four quarters of a year, shape (draw,)."""
    first = 4 * (year - 2022)
    result: Floats = values[first : first + 4].sum(axis=0)
    return result


def first_date(values: Floats, level: float | Floats) -> Floats:
    """Return the time [yr] at which each draw first reaches a level, linear between bounds; NaN if never."""
    found = np.asarray(world.first_reached_yr(values, level), dtype=np.float64)
    return np.where(np.isfinite(found), found, np.nan)


def followers(scenarios: Sequence[str], *, draws: int, seed: int) -> dict[str, NDArray[np.bool_]]:
    """Return, for every variant of spillover, which draws speak for it ("S0", "S1", "S2").

    The posterior fits each variant to the evidence on its own, so that a draw that fits one contradicts the evidence under another. Where a
    scenario sets the variant itself, or no draw follows it, all draws speak.
    """
    everyone = np.ones(draws, dtype=bool)
    if any(VARIANT in resolved(name).parameters for name in scenarios):
        return {variant.upper(): everyone for variant in world.VARIANTS}
    followed = variants_of_draws(seed, draws)
    found = {variant.upper(): followed == place for place, variant in enumerate(world.VARIANTS)}
    return {name: mine if mine.any() else everyone for name, mine in found.items()}


def months(
    label: str, by_variant: Mapping[str, Floats], *, seed: int | None = None, scenarios: Sequence[str] = ("baseline",)
) -> Sampled:
    """Return months of lead as a figure with the variants of spillover ("S0", "S1", "S2").

    Parameters
    ----------
    label : str
    by_variant : mapping of str to ndarray, shape (draw,)
        Months under each variant ("s0", "s1", "s2"), for all draws.
    seed : int, optional
        Seed of the draws; with it each variant keeps the draws that were fitted under it (see :func:`followers`), so their numbers differ.
    scenarios : sequence of str
        Scenarios that the months rest on.
    """
    draws = len(next(iter(by_variant.values())))
    kept = {} if seed is None else followers(scenarios, draws=draws, seed=seed)
    return Sampled(
        label=label,
        unit="month",
        draws={
            name.upper(): values[kept[name.upper()]] if name.upper() in kept else values
            for name, values in by_variant.items()
        },
    )


def lead_difference(
    label: str,
    one: str,
    other: str,
    on: date | float,
    draws: int,
    seed: int,
    *,
    fixed_here: Mapping[str, float] | None = None,
    fixed_there: Mapping[str, float] | None = None,
) -> Sampled:
    """Return the months of true lead under one scenario less those under another, draw by draw, in every variant of spillover.

    Parameters
    ----------
    label : str
    one, other : str
        Scenarios; the figure is positive where the first leaves the US further ahead.
    on : date or float
    draws, seed : int
    fixed_here, fixed_there : mapping, optional
        Parameters held at a value in the first and in the second.
    """
    names = [f"lead_true_months_{variant}" for variant in world.VARIANTS]
    here = series(one, names, draws=draws, seed=seed, fixed=fixed_here)
    there = series(other, names, draws=draws, seed=seed, fixed=fixed_there)
    found = {
        variant: at(here[name], on) - at(there[name], on) for variant, name in zip(world.VARIANTS, names, strict=True)
    }
    return months(label, found, seed=seed, scenarios=(one, other))


def rule_book(scenario: str) -> rules.Book | None:
    """Return the US rule book as a scenario amends it; None where no control exists at any date."""
    asked = resolved(scenario)
    if asked.levers.get("controls") == "none":
        return None
    book = rules.book("us_ear")
    for number, document in enumerate(asked.amendments, start=1):
        if document.get("book", book.name) != book.name:
            continue
        if "bill" in document:
            enacted = document.get("enacted")
            day = date.fromisoformat(str(enacted)) if enacted else None
            book = book.amend(rules.bill(str(document["bill"]), enacted=day))
        else:
            told = {key: value for key, value in document.items() if key != "book"}
            book = book.amend(rules.amendment_of(told, f"{scenario}, amendment {number}"))
    return book


def determined(scenario: str, item: rules.Item, request: rules.Request) -> rules.Determination | None:
    """Return what the US rule book, as a scenario amends it, says of a sale; None where no control exists."""
    book = rule_book(scenario)
    return None if book is None else rules.determine(book, item, request)


def plain(scenario: str) -> str:
    """Return the title of a scenario as words within a sentence."""
    title = resolved(scenario).title
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


_LAID: dict[str, study.Scenario] = {}
"""Scenarios of :func:`stacked` whose parts set one lever to different values, by the name that it returned."""


def resolved(name: str) -> study.Scenario:
    """Return a scenario by a name of the package, a file, several joined by +, or what :func:`stacked` returned."""
    return _LAID.get(name) or study.scenario(name)


def stacked(scenario: str, change: str) -> str:
    """Return the name of a scenario with another one on top; a change to the baseline is that scenario itself.

    Where both set one lever, the change wins: it is what is asked about.
    """
    if scenario == "baseline":
        return change
    name = f"{scenario}+{change}"
    try:
        study.scenario(name)
    except ConflictError:
        base, below, above = study.scenario("baseline"), resolved(scenario), study.scenario(change)
        _LAID[name] = replace(
            below,
            name=name,
            title=f"{below.title} + {above.title}",
            lineage=(*below.lineage, *above.lineage),
            amendments=(*below.amendments, *(one for one in above.amendments if one not in below.amendments)),
            levers={**below.levers, **_own(above.levers, base.levers)},
            parameters={**below.parameters, **_own(above.parameters, base.parameters)},
            sources=tuple(dict.fromkeys((*below.sources, *above.sources))),
        )
    return name


def _own(values: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a scenario sets otherwise than the baseline."""
    return {key: value for key, value in values.items() if key not in base or base[key] != value}


def weights() -> dict[str, float]:
    """Return the weights of the variants of spillover, by the names that figures use."""
    return {name.upper(): weight for name, weight in world.variant_weights(world_data().constants).items()}


def quantile_row(values: Floats, **told: Any) -> dict[str, Any]:
    """Return a row of a table: what is told of it, then median and 80 % range; None where so many draws are NaN that it does not exist."""
    known = np.sort(values[~np.isnan(values)])
    n = values.size

    def level(share: float) -> float | None:
        place = share * (n - 1)
        if known.size == n:
            return float(np.quantile(known, share))
        return float(known[int(place)]) if int(place) < known.size else None

    return {**told, "low": level(0.1), "median": level(0.5), "high": level(0.9)}


def fan_rows(
    values: Floats, *, scale: float = 1.0, since_yr: float = 2022.0, until_yr: float = 2033.0, **told: Any
) -> list[dict[str, Any]]:
    """Return a series as rows of a fan: time, median and 80 % range; flows stand in the middle of their quarter."""
    middle = 0.125 if len(values) == 44 else 0.0
    rows = []
    for time_yr, drawn in zip(BOUNDS_YR[: len(values)] + middle, values, strict=True):
        if since_yr <= time_yr <= until_yr:
            low, median, high = (float(one) * scale for one in np.quantile(drawn, (0.1, 0.5, 0.9)))
            rows.append({**told, "time_yr": float(time_yr), "low": low, "median": median, "high": high})
    return rows


def source_ids(names: Iterable[str]) -> tuple[str, ...]:
    """Return the ids of the sources behind series of the world model."""
    labels = study.output_labels()
    return tuple(sorted({source for name in names for source in labels[name].source_ids}))
