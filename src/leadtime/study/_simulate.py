"""Ensembles: a plan's chunks through an engine into a store, then quantiles."""

import shutil
import tempfile
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime.errors import ConflictError, OutOfRangeError, OutputError
from leadtime.study._code import code_digest
from leadtime.study._draws import blocks
from leadtime.study._engines import check_engine, run_chunks
from leadtime.study._fan import fan_of, write_fan
from leadtime.study._parquet import write_inputs
from leadtime.study._plan import Plan, plan_of
from leadtime.study._run import Run
from leadtime.study._scenarios import Scenario
from leadtime.study._store import Chunk, FolderStore, MemoryStore, Record, Store, chunk_table

__all__ = ["DEFAULT_DRAWS", "DEFAULT_SEED", "run_plan", "simulate"]

DEFAULT_DRAWS = 10_000
DEFAULT_SEED = 1
IN_MEMORY_BYTE = 1_500_000_000
"""A run without a folder keeps its draws in memory up to this size, and in a temporary folder beyond it."""

Progress = Callable[[int, int], None]


def simulate(
    scenario: "str | Path | Mapping[str, Any] | Scenario" = "baseline",
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
) -> Run:
    """Run one scenario over an ensemble of draws.

    Parameters
    ----------
    scenario : str, path, mapping or Scenario
        A packaged name, several joined by ``+``, a scenario file, or a document of that form.
    draws : int
        Number of draws. Draw ``i`` is the same for any number of draws.
    seed : int
    first, last : str or date, optional
        Quarters of the window that is kept ("2024Q1", "2030-12-31"), both included.
    engine : {"local", "dask"}
        ``dask`` starts a cluster here unless ``scheduler`` names one; results have the same bits on either.
    workers : int
        Processes. Scripts that ask for more than one need the usual ``if __name__ == "__main__":``.
    scheduler : str, optional
        Address of a Dask scheduler, or ``slurm``; the folder ``out`` must be on a disk that all workers see.
    out : path, optional
        Folder of the run. A run that was cut off there goes on where it stopped; another run in it is refused.
    outputs : sequence of str, optional
        Series to keep; see :func:`leadtime.study.output_labels`. By default :func:`leadtime.study.default_outputs`, which are fewer
        above 100,000 draws.
    belief : {"posterior", "prior"}
        Draw the parameters from the packaged calibration, or from their priors.
    progress : callable, optional
        Called with draws finished and draws in all.

    Returns
    -------
    Run

    Raises
    ------
    BadInputError
        If the scenario, a quarter, a number or the folder is not usable.
    """
    check_engine(engine, workers, scheduler)
    plan = plan_of(scenario, draws=draws, seed=seed, first=first, last=last, outputs=outputs, belief=belief)
    return run_plan(plan, engine=engine, workers=workers, scheduler=scheduler, out=out, progress=progress)


def run_plan(
    plan: Plan,
    *,
    engine: str = "local",
    workers: int = 1,
    scheduler: str | None = None,
    out: str | Path | None = None,
    progress: Progress | None = None,
) -> Run:
    """Run a plan; see :func:`simulate`."""
    spooled = out is None and _size_byte(plan) > IN_MEMORY_BYTE
    where = tempfile.mkdtemp(prefix="leadtime-run-") if spooled else out
    store: MemoryStore | FolderStore = (
        MemoryStore() if where is None else FolderStore.begin(where, plan.as_data(), plan.draws)
    )
    if spooled:
        weakref.finalize(store, shutil.rmtree, str(where), ignore_errors=True)  # the folder lives as long as the run
    if isinstance(store, FolderStore):
        fail_if_disk_too_small(store, plan)
    chunks = [chunk for chunk in chunk_table(plan.draws) if chunk.index not in store.finished()]
    tell = progress or (lambda done, total: None)
    done = plan.draws - sum(chunk.last - chunk.first for chunk in chunks)
    tell(done, plan.draws)
    try:
        for record in run_chunks(
            partial(run_chunk, plan, store_for_workers(store), code=code_digest()),
            chunks,
            engine=engine,
            workers=workers,
            scheduler=scheduler,
        ):
            store.keep(record)
            done += record.chunk.last - record.chunk.first
            tell(done, plan.draws)
    finally:
        if isinstance(store, FolderStore):
            store.save()
    fan = fan_of(plan, store)
    if isinstance(store, FolderStore):
        write_fan(store.path / "fan.parquet", plan, fan)
        write_inputs(store.path / "inputs.parquet", _inputs(plan))
        store.finish()
    return Run(plan=plan, store=store, fan=fan)


def run_chunk(plan: Plan, store: Store, chunk: Chunk, *, code: str | None = None) -> Record:
    """Compute one chunk block by block and put it away; runs in any process, which must have the ``code`` of the one that asks."""
    if code is not None and code != code_digest():
        raise ConflictError(
            "A worker has other model code than this process.", hint="Install the same version of leadtime on both."
        )
    evaluate = plan.evaluator()
    kept: dict[str, NDArray[np.float32]] = {}
    for start, stop in blocks(chunk.first, chunk.last):
        found = evaluate.block(evaluate.draws(plan.seed, start, stop, plan.belief))
        for variant in plan.scenario.variants:
            other = plan.variant(variant)
            z = other.draws(plan.seed, start, stop, plan.belief)
            found |= {f"{name}@{variant}": values for name, values in other.block(z).items()}
        found = plan.window(found)
        fail_if_not_finite(found, plan)
        for name, values in found.items():
            if name not in kept:
                kept[name] = np.empty((len(values), chunk.last - chunk.first), np.float32)
            kept[name][:, start - chunk.first : stop - chunk.first] = values
    return store.pack(chunk, kept)


def fail_if_not_finite(series: Mapping[str, NDArray[np.float32]], plan: Plan) -> None:
    """Raise OutOfRangeError if a draw has no finite result."""
    for name, values in series.items():
        if not np.isfinite(values).all():
            n_failed = int((~np.isfinite(values)).any(axis=0).sum())
            message = f"{n_failed} of {values.shape[1]} draws of {plan.scenario.name} give no finite {name}."
            raise OutOfRangeError(
                message, hint="Bring the levers and parameters of the scenario closer to those of the baseline."
            )


def fail_if_disk_too_small(store: FolderStore, plan: Plan) -> None:
    """Raise OutputError if what is still to be written cannot fit."""
    unfinished = [chunk for chunk in chunk_table(plan.draws) if chunk.index not in store.finished()]
    share = sum(chunk.last - chunk.first for chunk in unfinished) / plan.draws
    needed, free = share * _size_byte(plan), shutil.disk_usage(store.path).free
    if needed > free:
        message = f"{store.path} has room for {free / 1e9:.1f} GB where the run needs about {needed / 1e9:.1f} GB."
        raise OutputError(
            message, hint="Name another folder with --out, keep fewer series with --output, or ask for fewer draws."
        )


def store_for_workers(store: MemoryStore | FolderStore) -> Store:
    """Return a store that travels light: workers write chunks and need no list of those that are finished."""
    if isinstance(store, MemoryStore):
        return MemoryStore()
    return FolderStore(store.path.resolve(), {"plan": {"first": store.first_bound}, "chunks": []})


def _inputs(plan: Plan) -> Iterator[dict[str, Any]]:
    """Yield the sampled parameters block by block."""
    from leadtime import world

    evaluate = plan.evaluator()
    for start, stop in blocks(0, plan.draws):
        values = world.sample(evaluate.priors, evaluate.draws(plan.seed, start, stop, plan.belief))
        yield {"draw": np.arange(start, stop, dtype=np.int32), **values}


def _size_byte(plan: Plan) -> int:
    return 4 * plan.draws * sum(plan.n_rows(name) for name in plan.series())
