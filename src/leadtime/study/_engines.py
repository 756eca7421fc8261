"""One map over chunks, three back ends: this process, a pool of processes, a Dask cluster.

A back end yields the results as they come, in any order; nothing about a result may depend on which one it was. A worker that
dies costs its running chunk, which runs again elsewhere. On Ctrl-C a pool starts nothing more, yields what was running, and only
then lets the interruption through; in this process and on a cluster the chunks under way are lost.
"""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from functools import partial
from importlib import import_module
from typing import Any, TypeVar

from leadtime.errors import BadInputError, LeadtimeError, MissingExtraError, UnknownNameError, shorten
from leadtime.study import _slurm

__all__ = ["ENGINES", "check_engine", "run_chunks"]

Work = TypeVar("Work")
Result = TypeVar("Result")
Task = Callable[[Work], Result]

ENGINES = ("local", "dask")
MAX_DEATHS = 5
"""Deaths of workers in a row without a finished chunk, after which we give up."""
CONNECT_S = 15.0
"""Seconds to wait for a Dask scheduler."""


def run_chunks(
    task: Task[Work, Result],
    chunks: Sequence[Work],
    *,
    engine: str = "local",
    workers: int = 1,
    scheduler: str | None = None,
) -> Iterator[Result]:
    """Yield ``task(chunk)`` for every chunk, as they finish.

    Parameters
    ----------
    task : callable
        A function of a module or a :class:`functools.partial` of one, so that it travels to other processes.
    chunks : sequence
        What to do.
    engine : {"local", "dask"}
        ``local`` is this process, or a pool of processes if ``workers`` is more than 1.
    workers : int
        Number of processes.
    scheduler : str, optional
        For ``dask``: the address of a running scheduler, or ``slurm``; without it a cluster starts here.
    """
    check_engine(engine, workers, scheduler)
    if engine == "dask":
        return _dask(task, chunks, workers, scheduler)
    if workers > 1 and len(chunks) > 1:
        return _pool(task, chunks, min(workers, len(chunks)))
    return _serial(task, chunks)


def check_engine(engine: str, workers: int, scheduler: str | None) -> None:
    """Refuse an engine that does not exist and settings that do not go together."""
    if engine not in ENGINES:
        raise UnknownNameError(
            f"There is no engine called {shorten(engine)!r}.", hint=f"Engines: {', '.join(ENGINES)}."
        )
    if isinstance(workers, bool) or not isinstance(workers, int) or not 1 <= workers <= 4096:
        raise BadInputError(f"{shorten(workers)} workers are not possible.", hint="Use 1 to 4096.")
    if scheduler and engine != "dask":
        raise BadInputError("A scheduler needs the engine dask.", hint="Add --engine dask.")


def _serial(task: Task[Work, Result], chunks: Sequence[Work]) -> Iterator[Result]:
    for chunk in chunks:
        yield task(chunk)


def _pool(task: Task[Work, Result], chunks: Sequence[Work], workers: int) -> Iterator[Result]:
    waiting = dict(enumerate(chunks))
    deaths = 0
    while waiting:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_be_a_quiet_worker) as executor:
            futures: dict[Future[Result], int] = {
                executor.submit(task, chunk): number for number, chunk in waiting.items()
            }
            try:
                for future in as_completed(futures):
                    result = future.result()
                    del waiting[futures[future]]
                    deaths = 0
                    yield result
            except BrokenProcessPool:
                deaths += 1
                if deaths > MAX_DEATHS:
                    raise LeadtimeError(
                        "The worker processes keep dying.",
                        hint="Use fewer workers: memory may be short. Finished chunks are kept.",
                    ) from None
            except KeyboardInterrupt:
                yield from _running_ones(futures, waiting)
                raise
            finally:
                executor.shutdown(wait=False, cancel_futures=True)


def _running_ones(futures: dict[Future[Result], int], waiting: dict[int, Any]) -> Iterator[Result]:
    """Cancel what has not begun and yield what has."""
    begun = [future for future, number in futures.items() if number in waiting and not future.cancel()]
    for future in begun:
        if future.exception() is None:
            yield future.result()


def _be_a_quiet_worker() -> None:
    """Leave Ctrl-C to the parent, and leave with it should it be killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()

    def leave_with_parent() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=leave_with_parent, daemon=True).start()


def _dask(task: Task[Work, Result], chunks: Sequence[Work], workers: int, scheduler: str | None) -> Iterator[Result]:
    try:
        distributed: Any = import_module("distributed")
    except ImportError:
        raise MissingExtraError.of("dask", "The engine dask") from None
    with _cluster(distributed, workers, scheduler) as cluster, _client(distributed, cluster, scheduler) as client:
        futures = client.map(task, list(chunks), pure=False, retries=2)
        seen = set()
        watching = (
            _slurm.watch_queue(cluster, partial(client.cancel, futures, force=True))
            if _is_slurm(scheduler)
            else nullcontext()
        )
        try:
            with watching as watch:
                for future, result in distributed.as_completed(futures, loop=client.loop, with_results=True):
                    if watch is not None and future.cancelled():
                        raise watch.error()
                    seen.add(future.key)
                    yield result
        except KeyboardInterrupt:
            for future in [future for future in futures if future.status == "finished" and future.key not in seen]:
                yield future.result()
            client.cancel(futures, force=True)
            raise
        except (distributed.KilledWorker, OSError, TimeoutError) as error:
            message = f"The Dask cluster was lost ({shorten(error, 120)})."
            raise LeadtimeError(
                message, hint="Finished chunks are kept: run the same command again to go on."
            ) from None


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Ignore Ctrl-C for a while, where this is the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _is_slurm(scheduler: str | None) -> bool:
    return scheduler is not None and scheduler.casefold() == "slurm"


def _client(distributed: Any, cluster: Any, scheduler: str | None) -> Any:
    try:
        return distributed.Client(cluster, set_as_default=False, timeout=CONNECT_S)
    except (OSError, ValueError) as error:
        where = shorten(scheduler or "this machine")
        raise BadInputError(
            f"No Dask scheduler answers at {where} ({shorten(error, 80)}).",
            hint="Give an address such as tcp://host:8786.",
        ) from None


def _cluster(distributed: Any, workers: int, scheduler: str | None) -> Any:
    """Return a context that gives what a client connects to: our own cluster, a Slurm queue, or an address."""
    if scheduler is None:
        with _deaf_to_ctrl_c():  # the workers inherit it: a terminal interrupts all processes of a command at once
            return distributed.LocalCluster(
                n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
            )
    return _slurm.start_cluster(workers) if _is_slurm(scheduler) else nullcontext(scheduler)
