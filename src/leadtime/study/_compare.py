"""Scenarios against each other on the same draws: a difference is policy, not noise."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime.errors import BadFileError, BadInputError, ConflictError, shorten
from leadtime.files import output_folder, parse_json, read_text, write_text
from leadtime.study._engines import check_engine
from leadtime.study._fan import column_of
from leadtime.study._headline import Headline, summary, values
from leadtime.study._plan import Plan, plan_of
from leadtime.study._quantiles import LEVELS, quantiles
from leadtime.study._run import SHOWN_LEVELS, Run, load_run
from leadtime.study._scenarios import Scenario
from leadtime.study._simulate import DEFAULT_DRAWS, DEFAULT_SEED, Progress, run_plan
from leadtime.study._variants import followers, variants_of

__all__ = ["Comparison", "compare", "load_comparison"]

FORMAT = "leadtime comparison, version 1"


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Runs of several scenarios on the same draws, against one of them.

    Parameters
    ----------
    base : Run
        What the others are compared with.
    others : mapping of str to Run
        By name of the scenario.
    """

    base: Run = field(repr=False)
    others: Mapping[str, Run] = field(repr=False)

    @property
    def baseline(self) -> str:
        """Name of the scenario that the others are compared with."""
        return self.base.plan.scenario.name

    @property
    def runs(self) -> tuple[Run, ...]:
        """All runs, the baseline first."""
        return (self.base, *self.others.values())

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Ids of all sources that fed the results."""
        return tuple(sorted({source for run in self.runs for source in run.source_ids}))

    def headlines(self) -> tuple[Headline, ...]:
        """Return the headline numbers that all runs have."""
        common = set.intersection(*({one.name for one in run.headlines()} for run in self.runs))
        return tuple(one for one in self.base.headlines() if one.name in common)

    def differences(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return, for every other scenario, the distribution of its headline numbers less those of the baseline, draw by draw.

        Beside median and interval stand the probabilities that the number is larger and that it is smaller than in the baseline.
        """
        return {name: {one.name: self._difference(name, one, "") for one in self.headlines()} for name in self.others}

    def variants(self) -> dict[str, dict[str, Any]]:
        """Return the differences that depend on an assumption under each of its variants, with their weights."""
        found = {}
        for shown in variants_of(*(run.plan for run in self.runs)):
            chosen = [
                one
                for one in self.headlines()
                if all(name + shown.suffix in self.base.plan.series() for name in one.outputs)
            ]
            differences = {
                name: {
                    one.name: self._difference(
                        name, one, shown.suffix, followers(shown, *(run.plan for run in self.runs))
                    )
                    for one in chosen
                }
                for name in self.others
            }
            found[shown.name] = {"title": shown.title, "weight": shown.weight, "differences": differences}
        return found

    def series(self, names: Sequence[str] | None = None) -> dict[str, dict[str, dict[str, Any]]]:
        """Return fans of the paired differences over time, by scenario and series."""
        chosen = self.base.outputs if names is None else names
        return {other: {name: self._difference_over_time(other, name) for name in chosen} for other in self.others}

    def as_data(self) -> dict[str, Any]:
        """Return what ``leadtime compare --json`` prints as data."""
        return {"baseline": self.baseline, "differences": self.differences(), "variants": self.variants()}

    def _difference(
        self, name: str, one: Headline, suffix: str, only: NDArray[np.bool_] | None = None
    ) -> dict[str, Any]:
        def read() -> Iterator[NDArray[np.float32]]:
            here, there = self.others[name], self.base
            pairs = zip(
                values(one, here.plan, here.store, suffix=suffix, only=only),
                values(one, there.plan, there.store, suffix=suffix, only=only),
                strict=True,
            )
            return (ours - theirs for ours, theirs in pairs)

        n_draws = self.base.plan.draws if only is None else int(only.sum())
        above, below = (
            sum(int(np.count_nonzero(part > 0 if side else part < 0)) for part in read()) for side in (True, False)
        )
        return {
            **summary(read, n_draws, one.unit),
            "probability_above": above / n_draws,
            "probability_below": below / n_draws,
        }

    def _difference_over_time(self, other: str, name: str) -> dict[str, Any]:
        here, there = self.others[other], self.base

        def read(rows: slice) -> Iterator[NDArray[np.float32]]:
            return (
                ours - theirs
                for ours, theirs in zip(here.store.read(name, rows), there.store.read(name, rows), strict=True)
            )

        label = there.label(name)
        fan = quantiles(read, n_rows=there.plan.n_rows(name), n_draws=there.plan.draws)
        bands = {column_of(level): fan[LEVELS.index(level)].tolist() for level in SHOWN_LEVELS}
        return {"unit": label.unit, "kind": label.kind, "time": list(there.times(name)), **bands}


def compare(
    scenarios: "Sequence[str | Path | Mapping[str, Any] | Scenario]",
    *,
    draws: int = DEFAULT_DRAWS,
    seed: int = DEFAULT_SEED,
    first: str | date | None = None,
    last: str | date | None = None,
    engine: str = "local",
    workers: int = 1,
    scheduler: str | None = None,
    out: str | Path | None = None,
    outputs: Sequence[str] | None = None,
    belief: str = "posterior",
    progress: Progress | None = None,
) -> Comparison:
    """Run several scenarios on the same draws and compare them with the first.

    Parameters
    ----------
    scenarios : sequence of str, path, mapping or Scenario
        At least two; the first is the baseline of the comparison.
    out : path, optional
        Folder with one run folder per scenario; what was cut off there goes on where it stopped.
    draws, seed, first, last, engine, workers, scheduler, outputs, belief, progress
        As for :func:`leadtime.study.simulate`.
    """
    check_engine(engine, workers, scheduler)
    plans = [
        plan_of(one, draws=draws, seed=seed, first=first, last=last, outputs=outputs, belief=belief)
        for one in scenarios
    ]
    _fail_if_no_comparison(plans)
    folder = None if out is None else _begin(Path(out), plans)
    distinct = {plan.scenario.name: plan for plan in plans}
    runs = {}
    for number, (name, plan) in enumerate(distinct.items()):
        tell = None if progress is None else _shifted(progress, number * draws, len(distinct) * draws)
        where = None if folder is None else folder / name
        runs[name] = run_plan(plan, engine=engine, workers=workers, scheduler=scheduler, out=where, progress=tell)
    names = [plan.scenario.name for plan in plans]
    return Comparison(base=runs[names[0]], others={name: runs[name] for name in names[1:]})


def load_comparison(folder: str | Path) -> Comparison:
    """Load a comparison from its folder."""
    path = Path(folder) / "comparison.json"
    if not path.is_file():
        raise BadFileError(
            f"{folder} is not the folder of a comparison.",
            hint="It must hold a comparison.json; `leadtime compare --out DIR` makes one.",
        )
    document = parse_json(read_text(path), str(path))
    if (
        not isinstance(document, dict)
        or document.get("format") != FORMAT
        or not isinstance(document.get("scenarios"), list)
        or len(document["scenarios"]) < 2
    ):
        raise BadFileError(f"{path} is not the record of a comparison.", hint=f"Expected format: {FORMAT}.")
    base, *others = map(str, document["scenarios"])
    return Comparison(
        base=load_run(Path(folder) / base), others={name: load_run(Path(folder) / name) for name in others}
    )


def _fail_if_no_comparison(plans: Sequence[Plan]) -> None:
    if len(plans) < 2:
        raise BadInputError(
            "A comparison needs at least two scenarios.",
            hint="Name the baseline first: leadtime compare baseline no_controls",
        )
    seen: dict[str, str] = {}
    for plan in plans:
        name, content = plan.scenario.name, json.dumps(plan.scenario.as_data(), sort_keys=True)
        if seen.setdefault(name, content) != content:
            raise ConflictError(
                f"Two different scenarios are called {shorten(name)!r}.", hint="Rename one of them in its file."
            )


def _begin(folder: Path, plans: Sequence[Plan]) -> Path:
    """Make the folder, or check that it is that of the same comparison."""
    record = {"format": FORMAT, "scenarios": [plan.scenario.name for plan in plans]}
    path = folder / "comparison.json"
    if path.exists():
        known = parse_json(read_text(path), str(path))
        if known != record:
            raise ConflictError(f"{folder} holds another comparison.", hint="Name another folder with --out.")
        return folder
    output_folder(folder)
    write_text(path, json.dumps(record, indent=1) + "\n")
    return folder


def _shifted(progress: Progress, before: int, total: int) -> Progress:
    return lambda done, _: progress(before + done, total)
