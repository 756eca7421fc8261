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
from leadtime.study import Comparison

__all__ = ["COUNTERFACTUALS", "Dossier", "PlaneData", "compile_dossier", "plane_data"]

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
    "beijing_refuses",
    "faster_domestic",
)
"""Scenarios that stand beside the baseline in the report."""
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
    claims: tuple[Judged, ...]
    sources: Mapping[str, Source]
    draws: int
    seed: int
    as_of: date


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
        claims=tuple(claims),
        sources={name: known[name] for name in sorted(used) if name in known},
        draws=draws,
        seed=seed,
        as_of=comparison.base.as_of,
    )


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
    book = rules.book("us_ear")
    drawn = rules.plane(book, on, rules.Request(to=to, on=on, posture=posture, certified=certified), x=x, y=y)
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
    return PlaneData(on=on, to=to, x=x, y=y, rectangles=words, points=points, source_ids=tuple(sorted(sources)))


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
