"""A Dask cluster whose workers are jobs of a Slurm queue: begun, kept in number, and given up when no job gets as far as a worker.

Dask waits for ever for a job that ends before its worker answers, and for one that Slurm refuses after the first. Here such a job
is found by asking ``squeue``, taken out of the plan and replaced.
"""

import shutil
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from leadtime.errors import BadInputError, LeadtimeError, MissingExtraError, shorten

__all__ = ["QueueWatch", "start_cluster", "watch_queue"]

ADAPT = "2s"
"""How often the jobs of a queue are counted."""
LOOK_S = 15.0
"""Seconds between two looks at the jobs whose worker does not answer."""
MAX_LOST = 5
"""Jobs in a row that may end before their worker answers."""
WAITING_OR_RUNNING = frozenset(
    {
        "PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "RESIZING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED",
        "RESV_DEL_HOLD", "SIGNALING", "SPECIAL_EXIT", "STAGE_OUT", "STOPPED",
    }
)  # fmt: skip
"""States of a job from which its worker may still answer."""


def start_cluster(workers: int) -> Any:
    """Return a Dask cluster that keeps a number of one-core jobs in the queue.

    Raises
    ------
    BadInputError
        If there is no Slurm here, or it refuses the job.
    MissingExtraError
        If dask-jobqueue is not installed.
    """
    if shutil.which("sbatch") is None:
        raise BadInputError(
            "There is no Slurm here: the command sbatch is missing.", hint="Run on a login node of the cluster."
        )
    try:
        jobqueue: Any = import_module("dask_jobqueue")
    except ImportError:
        raise MissingExtraError.of("dask", "A Slurm queue") from None
    cluster = jobqueue.SLURMCluster(
        job_cls=_job_class(jobqueue.slurm.SLURMJob), cores=1, processes=1, memory="4GB", silence_logs=50
    )
    try:
        _fail_if_refused(cluster.job_script())
    except BaseException:
        cluster.close()
        raise
    cluster.adapt(minimum=workers, maximum=workers, interval=ADAPT)  # a job that ends too early is replaced
    return cluster


def _job_class(base: Any) -> Any:
    """Return a job that remembers what Slurm said when it was refused (Dask's own fails in the background) and says when it is closed."""
    process = import_module("distributed.deploy.spec").ProcessInterface

    class Job(base):  # type: ignore[misc]
        refused: str | None = None

        async def start(self) -> None:
            try:
                await super().start()
            except (OSError, RuntimeError, ValueError) as error:  # refused, sbatch gone, or an answer without a number
                self.refused = (str(error).strip().splitlines() or ["no reason"])[-1]
                await process.start(self)

        async def close(self) -> None:
            await super().close()
            await process.close(self)  # the cluster asks every job that it ever made, as it closes

    return Job


def _fail_if_refused(script: str) -> None:
    """Ask Slurm whether it would take a job, since what it says to a job that it refuses is lost in the background."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job.sh"
        path.write_text(script, encoding="utf-8")
        asked = subprocess.run(["sbatch", "--test-only", str(path)], capture_output=True, text=True, check=False)
    if asked.returncode:
        said = (asked.stderr or asked.stdout).strip().splitlines() or [f"exit {asked.returncode}"]
        raise BadInputError(
            f"Slurm refuses the job ({shorten(said[-1], 160)}).",
            hint="Set account, queue and walltime under jobqueue.slurm in ~/.config/dask/jobqueue.yaml.",
        )


class QueueWatch:
    """Looks for jobs that ended before their worker answered.

    Parameters
    ----------
    cluster : dask_jobqueue.SLURMCluster
        Whose jobs are watched.
    give_up : callable
        Called once when no worker answers and `MAX_LOST` jobs in a row have ended.
    """

    def __init__(self, cluster: Any, give_up: Callable[[], object]) -> None:
        self._cluster = cluster
        self._give_up = give_up
        self._answered: set[str] = set()
        self._in_a_row = 0
        self._last: Any = None

    def look(self) -> bool:
        """Take the jobs that are gone out of the plan, so that Dask replaces them; return whether to look again."""
        observed, jobs = self._cluster.sync(self._state)
        if observed - self._answered:
            self._answered |= observed
            self._in_a_row = 0
        silent = {name: job for name, job in jobs.items() if name not in observed}
        queued = _still_queued([job.job_id for job in silent.values() if job.job_id])
        gone = [
            name for name, job in silent.items() if job.refused or (queued is not None and job.job_id not in queued)
        ]
        never_came = [name for name in gone if name not in self._answered]
        if never_came:
            self._in_a_row += len(never_came)
            self._last = silent[never_came[-1]]
        if self._in_a_row >= MAX_LOST:
            if not observed:
                self._give_up()
            return False  # those that answer go on alone
        if gone:
            self._cluster.sync(self._cluster.scale_down, gone)
        return True

    async def _state(self) -> tuple[set[str], dict[str, Any]]:
        """Return who answers and what was submitted, read where Dask changes them."""
        return set(self._cluster.observed), dict(self._cluster.workers)

    def error(self) -> LeadtimeError:
        """Say why this was given up."""
        if self._last is not None and self._last.refused:
            return LeadtimeError(
                f"Slurm takes none of our jobs any more ({shorten(self._last.refused, 160)}).",
                hint="Finished chunks are kept: run the same command again to go on.",
            )
        job = self._last.job_id if self._last is not None else "unknown"
        return LeadtimeError(
            f"The jobs in the queue end before their worker answers (the last was {job}).",
            hint=f"Read what it printed (slurm-{job}.out, or the log directory of jobqueue.yaml); finished chunks are kept.",
        )


@contextmanager
def watch_queue(cluster: Any, give_up: Callable[[], object]) -> Iterator[QueueWatch]:
    """Look at the jobs of a cluster every `LOOK_S` seconds, in a thread of its own, until the block is left."""
    watch, left = QueueWatch(cluster, give_up), threading.Event()

    def look_again_and_again() -> None:
        while not left.wait(LOOK_S) and watch.look():
            pass

    thread = threading.Thread(target=look_again_and_again, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        left.set()
        thread.join()


def _still_queued(jobs: list[str]) -> set[str] | None:
    """Return which of the jobs wait or run, or None where Slurm does not say."""
    if not jobs:
        return set()
    command = ["squeue", "--noheader", "--format=%i %T", f"--jobs={','.join(jobs)}"]
    try:
        asked = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    if asked.returncode and "invalid job id" not in asked.stderr.casefold():
        return None
    rows = (line.split() for line in asked.stdout.splitlines())
    return {row[0] for row in rows if len(row) == 2 and row[1] in WAITING_OR_RUNNING}
