"""Everything that a report says, computed once: runs on the same draws, planes of the law, judged claims."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from leadtime import catalog, chips, rules, study
from leadtime.catalog import Source
from leadtime.claims._claim import packaged_claims
from leadtime.claims._judge import Judged, judge
from leadtime.errors import ConflictError
from leadtime.study import Comparison, Run

__all__ = [
    "COUNTERFACTUALS",
    "Dossier",
    "PlaneData",
    "compile_dossier",
    "drivers_of",
    "effects_of",
    "plane_data",
    "plane_of",
]

COUNTERFACTUALS = (
    "no_controls",
    "rule_2022_only",
    "strict_enforcement",
    "zero_leakage",
    "cloud_closed",
    "h20_banned",
    "h200_uncapped",
    "b30a_aggressive",
    "hbm_never",
    "foundry_never",
    "beijing_refuses",
    "faster_domestic",
)
"""Scenarios that stand beside the baseline in the report."""
CHIPS_OVER_TIME = ("a100", "a800", "h100", "h800", "h20", "h200", "b300", "l40s", "rtx 4090", "rtx 4090d", "mi308x")
"""Parts whose status for China the report shows over time."""
DRIVERS = 10
"""Inputs that the tornado shows."""
BOUGHT = "lead_bought_months"
PLANES = (
    (date(2023, 6, 1), "tpp", "interconnect_gb_s"),
    (date(2024, 6, 1), "tpp", "performance_density"),
    (date(2026, 6, 1), "tpp", "memory_bandwidth_gb_s"),
)
"""Days and axes of the planes: before and after October 2023, and after January 2026."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaneData:
    """The law over two properties of a chip for one buyer on one day, with the chips that existed then."""

    on: date
    to: str
    x: str
    y: str
    rectangles: Sequence[Mapping[str, Any]]
    points: Sequence[Mapping[str, Any]]
    source_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """Finished results of one report."""

    comparison: Comparison
    headline: Mapping[str, Mapping[str, Any]]
    """Headline numbers of the baseline."""
    variants: Mapping[str, Mapping[str, Any]]
    """The same under each version of the assumption on spillover."""
    differences: Mapping[str, Mapping[str, Mapping[str, Any]]]
    """Paired differences to the baseline, by scenario and number."""
    difference_variants: Mapping[str, Mapping[str, Any]]
    planes: tuple[PlaneData, ...]
    statuses: Mapping[str, tuple[rules.Span, ...]]
    """What China may be sold over time, by name of the chip."""
    drivers: Sequence[Mapping[str, Any]]
    """Inputs that move the months bought most: see :func:`drivers_of`."""
    effects: Sequence[Mapping[str, Any]]
    """What each control does to the lead, alone and together: see :func:`effects_of`."""
    claims: tuple[Judged, ...]
    sources: Mapping[str, Source]

    @property
    def draws(self) -> int:
        """Draws of the runs."""
        return self.comparison.base.plan.draws

    @property
    def seed(self) -> int:
        """Seed of the runs."""
        return self.comparison.base.plan.seed

    @property
    def as_of(self) -> date:
        """Date of the catalogue behind the runs."""
        return self.comparison.base.as_of


def compile_dossier(
    *,
    draws: int,
    seed: int,
    out: Path | None = None,
    scenarios: Sequence[str] = COUNTERFACTUALS,
    tell: Callable[[str, int, int], None] = lambda *_: None,
) -> Dossier:
    """Run baseline and counterfactuals, evaluate the law over the planes and judge all claims.

    Parameters
    ----------
    draws, seed : int
        Of the runs and of every claim that draws.
    out : Path, optional
        Folder for the runs; they stay in memory without it.
    scenarios : sequence of str
        What stands beside the baseline.
    tell : callable
        Called with a stage, steps done and steps in all.
    """
    tell("Simulating", 0, 1)
    comparison = _compared(["baseline", *scenarios], draws=draws, seed=seed, out=out)
    tell("Simulating", 1, 1)
    planes = []
    for index, (on, x, y) in enumerate(PLANES):
        tell("Evaluating the law", index, len(PLANES))
        planes.append(plane_data(on, x, y))
    claims = []
    wanted = list(packaged_claims().values())
    for index, claim in enumerate(wanted):
        tell(f"Judging {claim.id}", index, len(wanted))
        claims.append(judge(claim))
    tell("Judging claims", len(wanted), max(len(wanted), 1))
    used = {*comparison.source_ids, *(s for plane in planes for s in plane.source_ids)}
    used |= {source for entry in claims for source in (*entry.claim.sources, *entry.answer.source_ids)}
    known = catalog.sources()
    return Dossier(
        comparison=comparison,
        headline=comparison.base.headline(),
        variants=comparison.base.variants(),
        differences=comparison.differences(),
        difference_variants=comparison.variants(),
        planes=tuple(planes),
        statuses=_statuses(comparison.base.as_of),
        drivers=drivers_of(comparison.base),
        effects=effects_of(comparison),
        claims=tuple(claims),
        sources={name: known[name] for name in sorted(used) if name in known},
    )


def _statuses(until: date) -> dict[str, tuple[rules.Span, ...]]:
    book = rules.book("us_ear")
    asked = rules.with_defaults(book, rules.Request(to="CN", on=until, posture="enforced"))
    items = [rules.find_item(name) for name in CHIPS_OVER_TIME]
    return {item.name: rules.timeline(book, item, asked, until=until) for item in items}


def drivers_of(run: Run, *, year: int = 2030, most: int = DRIVERS) -> list[dict[str, Any]]:
    """Return the uncertain inputs that move the months bought by controls most, from the draws of a run as they are.

    Each row holds the ``input``, its rank correlation over the draws, and the median of the months in the fifth of the draws in which
    the input is lowest (``at_low``) and highest (``at_high``). Inputs are correlated under the posterior, so what one shows it may share
    with others. The largest absolute correlation comes first.
    """
    from scipy.stats import rankdata

    model = run.plan.evaluator()
    z = np.asarray(model.draws(run.plan.seed, 0, run.plan.draws, run.plan.belief), float)
    row = list(run.times(BOUGHT)).index(f"{year}-01-01")
    months = np.asarray(run.draws(BOUGHT)[row], float)
    free = [place for place, prior in enumerate(model.priors) if prior.distribution != "F"]
    # Inputs that take few values have ties, which share their mean rank.
    ranks, ranked = rankdata(z[free], axis=1), rankdata(months)
    ranks, ranked = ranks - ranks.mean(axis=1, keepdims=True), ranked - ranked.mean()
    found = (ranks * ranked).mean(axis=1) / np.maximum(ranks.std(axis=1) * ranked.std(), 1e-300)
    fifth = max(months.size // 5, 1)
    rows = []
    for place in np.argsort(-np.abs(found))[:most]:
        order = np.argsort(z[free[place]])
        # Priors map rising draws to rising values, so the order of the draws is that of the values.
        rows.append(
            {
                "input": model.names[free[place]],
                "rank_correlation": float(found[place]),
                "at_low": float(np.median(months[order[:fifth]])),
                "at_high": float(np.median(months[order[-fifth:]])),
            }
        )
    return rows


EFFECTS = (
    ("all", "baseline", "no_controls"),
    ("only_2022", "rule_2022_only", "no_controls"),
    ("after_2022", "baseline", "rule_2022_only"),
    ("hbm", "baseline", "hbm_never"),
    ("foundry", "baseline", "foundry_never"),
)
"""Effect, the scenario with the control, and the one without it: all else is the same in both."""


def effects_of(comparison: Comparison, *, year: int = 2030) -> list[dict[str, Any]]:
    """Return what controls do to the true lead at the start of a year, in months, draw by draw: alone, in addition, and all together.

    Effects whose scenarios were not run are left out.
    """
    runs = {comparison.baseline: comparison.base, **comparison.others}
    name = "lead_true_months"
    row = list(comparison.base.times(name)).index(f"{year}-01-01")
    rows = []
    for effect, with_, without in EFFECTS:
        if with_ not in runs or without not in runs:
            continue
        difference = np.asarray(runs[with_].draws(name)[row], float) - np.asarray(runs[without].draws(name)[row], float)
        low, middle, high = (float(value) for value in np.quantile(difference, (0.1, 0.5, 0.9)))
        rows.append({"effect": effect, "low": low, "middle": middle, "high": high})
    return rows


def _compared(scenarios: Sequence[str], *, draws: int, seed: int, out: Path | None) -> Comparison:
    """Run or resume the comparison; results of an earlier report with other settings or data make room for the new ones."""
    try:
        return study.compare(scenarios, draws=draws, seed=seed, out=out)
    except ConflictError:
        if out is None or not (out / "comparison.json").is_file():
            raise
        shutil.rmtree(out)
        return study.compare(scenarios, draws=draws, seed=seed, out=out)


AXES: Mapping[str, Callable[[chips.Chip], float | None]] = {
    "tpp": lambda chip: chips.tpp(chip).value,
    "performance_density": lambda chip: chips.performance_density(chip).value,
    "memory_bandwidth_gb_s": lambda chip: chip.memory.bandwidth_byte_per_s and chip.memory.bandwidth_byte_per_s / 1e9,
    "interconnect_gb_s": lambda chip: chip.links.scale_up_byte_per_s and chip.links.scale_up_byte_per_s / 1e9,
}


def plane_data(
    on: date, x: str, y: str, *, to: str = "CN", posture: str = "enforced", certified: bool = True
) -> PlaneData:
    """Return the law over two properties of a data-centre chip for a buyer on a day, with the catalogue's chips released by then."""
    return plane_of(rules.book("us_ear"), rules.Request(to=to, on=on, posture=posture, certified=certified), x, y)


def plane_of(book: rules.Book, asked: rules.Request, x: str, y: str) -> PlaneData:
    """Return what a book, as law or amended, says over two properties of a data-centre chip in a transaction, with the catalogue's chips released by its day."""
    on = asked.on
    drawn = rules.plane(book, on, asked, x=x, y=y)
    words = [
        {
            **row,
            "outcome": rules.outcome_words(int(row["outcome"] or 0)),
            "review": rules.review_words(int(row["review"] or 0)),
        }
        for row in drawn.rectangles()
    ]
    points = []
    sources: set[str] = set()
    for chip in chips.all_chips():
        px, py = AXES[x](chip), AXES[y](chip)
        if (
            px is None
            or py is None
            or chip.release_date is None
            or chip.release_date > on
            or chip.datacenter_marketed is not True
        ):
            continue
        points.append(
            {
                "id": chip.id,
                "label": chip.name,
                "x": float(px),
                "y": float(py),
                "country": chip.country_of_design,
                "vendor": chip.vendor,
            }
        )
        sources.update(chip.sources.values())
    return PlaneData(on=on, to=asked.to, x=x, y=y, rectangles=words, points=points, source_ids=tuple(sorted(sources)))


def labels_that_fit(points: Sequence[Mapping[str, Any]], wanted: int, *, always: Sequence[str] = ()) -> list[int]:
    """Return positions of points whose labels do not lie on top of each other, on logarithmic axes; parts of ``always`` and then parts with known prices first."""
    priced: dict[str, int] = {}
    for row in catalog.table("prices"):
        priced[row["chip_id"]] = priced.get(row["chip_id"], 0) + 1
    order = sorted(
        range(len(points)),
        key=lambda i: (points[i]["id"] not in always, -priced.get(str(points[i]["id"]), 0), -float(points[i]["x"])),
    )
    chosen: list[int] = []
    for index in order:
        here = np.log10([float(points[index]["x"]), float(points[index]["y"])])
        there = [np.log10([float(points[other]["x"]), float(points[other]["y"])]) for other in chosen]
        if all(abs(here[0] - one[0]) > 0.75 or abs(here[1] - one[1]) > 0.06 for one in there):
            chosen.append(index)
        if len(chosen) == wanted:
            break
    return chosen
