"""A finished run: labelled series, headline numbers, variants, draws."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime import catalog
from leadtime.errors import BadFileError, MissingExtraError, UnknownNameError
from leadtime.study._fan import Fan, column_of, read_fan
from leadtime.study._headline import Headline, headlines, summary, values
from leadtime.study._outputs import Label
from leadtime.study._plan import Plan, plan_from_data
from leadtime.study._quantiles import LEVELS
from leadtime.study._quarters import bound_date
from leadtime.study._store import FolderStore, MemoryStore
from leadtime.study._variants import Shown, followers, variants_of

__all__ = ["SHOWN_LEVELS", "Run", "load_run"]

SHOWN_LEVELS = (0.05, 0.10, 0.50, 0.90, 0.95)


@dataclass(frozen=True, kw_only=True, eq=False)
class Run:
    """Results of one scenario.

    Parameters
    ----------
    plan : Plan
        What was run.
    store : MemoryStore or FolderStore
        Where the draws are.
    fan : mapping of str to ndarray, shape (level, time)
        Exact quantiles at 5, 10, 25, 50, 75, 90 and 95 %.
    """

    plan: Plan
    store: MemoryStore | FolderStore = field(repr=False)
    fan: Fan = field(repr=False)

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the series."""
        return self.plan.outputs

    @property
    def as_of(self) -> date:
        """Date of the catalogue that the results rest on."""
        return date.fromisoformat(catalog.data_version().replace(".", "-"))

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Ids of all sources that fed the results."""
        from leadtime.study._permitted import rule_sources

        found = {source for name in self.outputs for source in self.label(name).source_ids}
        return tuple(sorted(found | set(self.plan.scenario.sources) | set(rule_sources(self.plan.scenario.amendments))))

    def label(self, name: str) -> Label:
        """Return unit, kind, title and sources of a series."""
        self._check(name)
        return self.plan.label(name)

    def times(self, name: str) -> tuple[str, ...]:
        """Return the times of a series: days of the bounds for a stock, quarters for a flow."""
        self._check(name)
        return self.plan.times(name)

    def quantile(self, name: str, level: float) -> NDArray[np.float64]:
        """Return a quantile of a series over time; ``level`` is one of those of the fan."""
        self._check(name)
        if level not in LEVELS:
            raise UnknownNameError(
                f"There is no quantile {level:g} in a run.", hint=f"Levels: {', '.join(f'{one:g}' for one in LEVELS)}."
            )
        fan: NDArray[np.float64] = self.fan[name]
        row: NDArray[np.float64] = fan[LEVELS.index(level)]
        return row

    def series(self, names: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
        """Return the fans as plain data: unit, kind, time and quantiles by name.

        Parameters
        ----------
        names : sequence of str, optional
            Some of the outputs; all of them by default.
        """
        found = {}
        for name in self.outputs if names is None else names:
            label = self.label(name)
            bands = {column_of(level): self.quantile(name, level).tolist() for level in SHOWN_LEVELS}
            found[name] = {"unit": label.unit, "kind": label.kind, "time": list(self.times(name)), **bands}
        return found

    def headlines(self) -> tuple[Headline, ...]:
        """Return the headline numbers that this run has."""
        return headlines(self.plan)

    def headline(self) -> dict[str, dict[str, Any]]:
        """Return the headline numbers: median and interval by name."""
        return self._summaries(self.headlines(), "")

    def variants(self) -> dict[str, dict[str, Any]]:
        """Return the headline numbers that depend on an assumption, under each of its variants, with their weights.

        Draws of the posterior speak only for the variant under which they were fitted.
        """
        found = {}
        for shown in variants_of(self.plan):
            chosen = tuple(one for one in self.headlines() if self._varies(one, shown))
            found[shown.name] = {
                "title": shown.title,
                "weight": shown.weight,
                "headline": self._summaries(chosen, shown.suffix, followers(shown, self.plan)),
            }
        return found

    def _varies(self, one: Headline, shown: Shown) -> bool:
        return all(name + shown.suffix in self.plan.series() for name in one.outputs)

    def _summaries(
        self, chosen: Sequence[Headline], suffix: str, only: NDArray[np.bool_] | None = None
    ) -> dict[str, dict[str, Any]]:
        return {one.name: self._summary(one, suffix, only) for one in chosen}

    def _summary(self, one: Headline, suffix: str, only: NDArray[np.bool_] | None = None) -> dict[str, Any]:
        n_draws = self.plan.draws if only is None else int(only.sum())
        return summary(lambda: values(one, self.plan, self.store, suffix=suffix, only=only), n_draws, one.unit)

    def iter_draws(self, name: str) -> Iterator[NDArray[np.float32]]:
        """Yield the draws of a series chunk by chunk, each of shape (time, draw)."""
        self._check(name)
        return self.store.read(name, slice(0, self.plan.n_rows(name)))

    def draws(self, name: str) -> NDArray[np.float32]:
        """Return all draws of a series, shape (time, draw)."""
        return np.concatenate(list(self.iter_draws(name)), axis=1)

    def attributes(self) -> dict[str, Any]:
        """Return what labels the results as a whole."""
        import leadtime

        return {
            "scenario": self.plan.scenario.name,
            "draws": self.plan.draws,
            "seed": self.plan.seed,
            "version": leadtime.__version__,
            "data_version": catalog.data_version(),
            "as_of": self.as_of.isoformat(),
        }

    def as_data(self) -> dict[str, Any]:
        """Return what ``leadtime simulate --json`` prints as data."""
        return {
            "scenario": self.plan.scenario.name,
            "draws": self.plan.draws,
            "seed": self.plan.seed,
            "series": self.series(),
            "headline": self.headline(),
            "variants": self.variants(),
        }

    def to_xarray(self, *, draws: bool = False) -> Any:
        """Return the fans, or with ``draws`` every draw, as an xarray Dataset; needs the extra ``xarray``.

        Stocks stand on the dimension ``bound`` (days, ``datetime64``), flows on ``interval`` (quarters, with ``interval_start`` beside
        them); each variable carries units, kind, title and source ids, the dataset scenario, draws, seed, version and dates.
        """
        try:
            xarray: Any = import_module("xarray")
        except ImportError:
            raise MissingExtraError.of("xarray", "A run as a labelled dataset") from None
        variables = {}
        times: dict[str, tuple[str, ...]] = {}
        for name in self.outputs:
            label = self.label(name)
            axis = "interval" if label.kind == "flow" else "bound"
            times[axis] = self.times(name)
            attributes = {
                "units": label.unit,
                "kind": label.kind,
                "long_name": label.title,
                "source_ids": list(label.source_ids),
            }
            values = (("draw", axis), self.draws(name).T) if draws else (("quantile", axis), self.fan[name])
            variables[name] = (*values, attributes)
        coords: dict[str, Any] = {"draw": np.arange(self.plan.draws)} if draws else {"quantile": list(LEVELS)}
        if "bound" in times:
            coords["bound"] = np.array(times["bound"], "datetime64[ns]")
        if "interval" in times:
            starts = [bound_date(self.plan.first + row).isoformat() for row in range(len(times["interval"]))]
            coords["interval"] = list(times["interval"])
            coords["interval_start"] = ("interval", np.array(starts, "datetime64[ns]"))
        return xarray.Dataset(variables, coords=coords, attrs=self.attributes())

    def _check(self, name: str) -> None:
        if name not in self.plan.series():
            raise UnknownNameError.among("output", name, self.outputs)


def load_run(folder: str | Path) -> Run:
    """Load a finished run from its folder.

    Raises
    ------
    BadFileError
        If the folder is no run, was made by another format, or is not finished.
    """
    store = FolderStore.open(folder)
    if store.manifest.get("status") != "done":
        n_done, n_all = len(store.finished()), len(store.manifest["chunks"])
        hint = "Repeat the command that began it, with the same --out: it goes on where it stopped."
        raise BadFileError(f"The run in {folder} is not finished: {n_done} of {n_all} chunks.", hint=hint)
    try:
        plan = plan_from_data(store.manifest["plan"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadFileError(
            f"The plan in {folder}/manifest.json is damaged ({type(error).__name__}: {error})."
        ) from None
    for name in plan.outputs:
        if name not in _known():
            raise BadFileError(
                f"The run in {folder} holds the output {name!r}, which this version does not have.", hint="Run again."
            )
    return Run(plan=plan, store=store, fan=read_fan(store.path / "fan.parquet", plan))


def _known() -> Mapping[str, Label]:
    from leadtime.study._outputs import labels

    return labels()
