"""Long runs: started, watched, stopped."""

import secrets
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

from leadtime import stopping
from leadtime.errors import LeadtimeError, UnknownNameError, shorten
from leadtime.interfaces.answers import Answer
from leadtime.interfaces.api._serve import BusyError, body_of

__all__ = ["Job", "JobBook", "Tell"]

Tell = Callable[[int, int], None]
OPEN = ("queued", "running")


@dataclass(kw_only=True)
class Job:
    """One long run.

    Those who ask for the same work share a job; it stops when the last of them stops it.
    """

    id: str
    kind: str
    key: str = ""
    """What the work is, for those who ask for the same; empty for work that is not shared."""
    holders: int = 1
    status: str = "queued"
    done: int = 0
    total: int = 0
    body: bytes | None = None
    error: dict[str, str] | None = None
    stop: Event = field(default_factory=Event)

    def as_data(self) -> dict[str, Any]:
        """Return what the interface says of it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "status": self.status,
            "done": self.done,
            "total": self.total,
            "error": self.error,
        }


class JobBook:
    """All jobs of this server; finished ones are kept until newer ones need their place."""

    def __init__(self, *, at_once: int = 1, queue: int = 8, kept: int = 24) -> None:
        self._pool = ThreadPoolExecutor(max_workers=at_once, thread_name_prefix="leadtime-job")
        self._queue, self._kept = queue, kept
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._lock = Lock()

    def start(
        self, kind: str, work: Callable[[Tell], Answer], *, key: str = "", keep: Callable[[bytes], None] | None = None
    ) -> Job:
        """Queue a job.

        Parameters
        ----------
        kind : str
        work : callable
            Given a function that it calls with steps done and in all.
        key : str
            The same for the same work: while such a job is queued, running or done, it is returned and no other started.
        keep : callable, optional
            Given the answer once it is there.
        """
        with self._lock:
            known = self._known(key)
            if known:
                known.holders += 1
                return known
            open_jobs = [job for job in self._jobs.values() if job.status in OPEN]
            if len(open_jobs) >= self._queue:
                raise BusyError(429, "Too many runs are waiting.", hint="Wait for one to finish, or stop one.")
            for old in [job.id for job in self._jobs.values() if job.status not in OPEN]:
                if len(self._jobs) < self._kept:
                    break
                del self._jobs[old]
            job = Job(id=secrets.token_hex(8), kind=kind, key=key)
            try:
                self._pool.submit(self._run, job, work, keep)
            except RuntimeError:  # the pool was closed
                raise BusyError(503, "The server is stopping.", hint="Ask again when it is back.") from None
            self._jobs[job.id] = job
        return job

    def known(self, key: str) -> Job | None:
        """Return the job of some work if it is queued, running or done; starts nothing and holds nothing."""
        with self._lock:
            return self._known(key)

    def _known(self, key: str) -> Job | None:
        alive = (job for job in self._jobs.values() if job.status in (*OPEN, "done") and not job.stop.is_set())
        return next((job for job in alive if key and job.key == key), None)

    def get(self, job_id: str) -> Job:
        """Return a job by its id."""
        with self._lock:
            if job_id not in self._jobs:
                raise UnknownNameError(
                    f"There is no run called {shorten(job_id, 40)!r}.",
                    hint="Runs end with the server, and old ones make room for new ones.",
                )
            return self._jobs[job_id]

    def all(self) -> list[Job]:
        """Return all jobs, the oldest first."""
        with self._lock:
            return list(self._jobs.values())

    def stop(self, job_id: str) -> Job:
        """Ask a job to stop; it does so at its next step, unless others asked for it too."""
        job = self.get(job_id)
        with self._lock:
            job.holders = max(0, job.holders - 1)
            if job.holders == 0 and job.status in OPEN:
                job.stop.set()
                if job.status == "queued":
                    job.status = "stopped"
        return job

    def close(self) -> None:
        """Stop everything."""
        for job in self.all():
            job.stop.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self, job: Job, work: Callable[[Tell], Answer], keep: Callable[[bytes], None] | None) -> None:
        def tell(done: int, total: int) -> None:
            job.done, job.total = done, total

        with self._lock:
            if job.stop.is_set():
                job.status = "stopped"
                return
            job.status = "running"
        try:
            with stopping.watched(job.stop.is_set):
                job.body = body_of(work(tell))
            if keep:
                keep(job.body)
            job.status = "done"
        except stopping.StoppedError:
            job.status = "stopped"
        except LeadtimeError as error:
            job.error = {"code": error.code, "message": error.message, "hint": error.hint}
            job.status = "failed"
        except MemoryError:
            job.error = {
                "code": "memory",
                "message": "There is not enough memory for this.",
                "hint": "Ask for fewer draws.",
            }
            job.status = "failed"
        except Exception as error:  # a job has no other way to say it
            job.error = {
                "code": "internal",
                "message": f"An error inside leadtime: {type(error).__name__}: {shorten(error, 160)}.",
                "hint": "Report it with the request that led to it.",
            }
            job.status = "failed"
