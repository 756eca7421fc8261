"""From a question to bytes: kept by content, computed once for all who ask at the same time, a few at a time, for so long."""

import json
import os
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from datetime import date
from hashlib import blake2b
from threading import Condition
from time import monotonic
from typing import Any

from fastapi import Response

from leadtime import stopping
from leadtime.catalog import data_version
from leadtime.errors import LeadtimeError
from leadtime.interfaces.answers import Answer, plain
from leadtime.interfaces.api._limits import CALLER

__all__ = ["BUDGET_S", "Answer", "BusyError", "Desk", "OverBudgetError", "body_of", "json_response", "key_of"]

BUDGET_S = 30.0
"""Seconds that the computing of one answer may take; what takes longer is a job."""
LAST_STEP_S = 10.0
"""How long a step may be on its way after the time is over."""


class BusyError(LeadtimeError):
    """More questions than can be answered at once."""

    code = "busy"

    def __init__(self, status: int, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.status = status


class OverBudgetError(BusyError):
    """A question that took longer than one may."""

    code = "over_budget"

    def __init__(self, budget_s: float) -> None:
        super().__init__(
            503,
            f"The question took longer than {budget_s:g} seconds and was stopped.",
            hint="Ask for fewer draws, rows or scenarios, or start it as a job (POST /api/v1/jobs).",
        )


def body_of(answer: Answer) -> bytes:
    """Return the envelope of an answer as JSON."""
    return json.dumps(answer.envelope(), ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def json_response(body: bytes, *, status: int = 200, etag: str = "") -> Response:
    """Return bytes that are JSON already."""
    headers = {"cache-control": "no-cache"} | ({"etag": f'"{etag}"'} if etag else {})
    return Response(body, status_code=status, media_type="application/json", headers=headers)


class _Asked:
    """A question under way, and how many wait for its answer."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.answer: Future[bytes] = Future()
        self.n_callers = 0
        self.abandoned = False


class Desk:
    """Where questions queue.

    A question is computed in the thread of the one who asked it first; others who ask the same wait for it. It stops at its next
    step when its time is over, or when all who waited for it have gone away.

    Parameters
    ----------
    at_once : int
        Questions computed at the same time.
    queue : int
        Questions that may wait; one more is sent away (429).
    wait_s : float
        How long a question waits for its turn before it is sent away (503).
    budget_s : float
        How long it may then compute (503).
    capacity_byte : int
        Memory for answers.
    """

    def __init__(
        self,
        *,
        at_once: int | None = None,
        queue: int = 96,
        wait_s: float = 20.0,
        budget_s: float = BUDGET_S,
        capacity_byte: int = 64_000_000,
    ) -> None:
        self._free = at_once or max(1, os.cpu_count() or 1)
        self._queue, self._wait_s, self._budget_s = queue, wait_s, budget_s
        self._capacity_byte = capacity_byte
        self._n_asked = 0
        self._changed = Condition()
        """Guards everything below; tells of a free turn and of a caller who left."""
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size_byte = 0
        self._coming: dict[str, _Asked] = {}

    @property
    def n_free(self) -> int:
        """Turns that nobody holds."""
        return self._free

    @property
    def n_asked(self) -> int:
        """Different questions under way or in the queue."""
        return self._n_asked

    @property
    def n_callers(self) -> int:
        """Callers who wait for an answer."""
        with self._changed:
            return sum(asked.n_callers for asked in self._coming.values())

    def serve(self, route: str, question: Any, make: Callable[[], Answer]) -> Response:
        """Answer a question, from memory if it was asked before."""
        key = key_of(route, question)
        return json_response(self._body(key, make), etag=key)

    def keep(self, route: str, question: Any, body: bytes) -> None:
        """Keep an answer that was computed elsewhere."""
        self._keep(key_of(route, question), body)

    def _body(self, key: str, make: Callable[[], Answer]) -> bytes:
        caller = CALLER.get()
        with self._changed:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            asked = self._coming.get(key)
            first = asked is None
            if asked is None:
                if self._n_asked >= self._queue:
                    raise BusyError(429, "Too many questions are waiting.", hint="Ask again in a few seconds.")
                asked = self._coming[key] = _Asked(key)
                self._n_asked += 1
            asked.n_callers += 1
        gone: Future[None] = caller.gone if caller else Future()
        gone.add_done_callback(lambda _: self._leave(asked))
        return self._compute_for_all(asked, make) if first else self._wait(asked, gone)

    def _leave(self, asked: _Asked) -> None:
        """One who waited is gone; without anybody left the question is given up."""
        with self._changed:
            asked.n_callers -= 1
            if asked.n_callers == 0:
                asked.abandoned = True
                self._forget(asked)
                self._changed.notify_all()

    def _forget(self, asked: _Asked) -> None:
        """Let nobody else wait for this question."""
        if self._coming.get(asked.key) is asked:
            del self._coming[asked.key]

    def _wait(self, asked: _Asked, gone: "Future[None]") -> bytes:
        most_s = self._wait_s + self._budget_s + LAST_STEP_S
        either: set[Future[Any]] = {asked.answer, gone}
        found = wait(either, timeout=most_s, return_when=FIRST_COMPLETED).done
        if asked.answer in found:
            return asked.answer.result()
        raise BusyError(503, "The answer is taking too long.", hint="Ask again in a few seconds.")

    def _compute_for_all(self, asked: _Asked, make: Callable[[], Answer]) -> bytes:
        try:
            body = self._compute(asked, make)
        except BaseException as error:
            asked.answer.set_exception(error)
            raise
        else:
            asked.answer.set_result(body)
            self._keep(asked.key, body)
            return body
        finally:
            with self._changed:
                self._forget(asked)
                self._n_asked -= 1

    def _compute(self, asked: _Asked, make: Callable[[], Answer]) -> bytes:
        with self._changed:
            if not self._changed.wait_for(lambda: self._free > 0 or asked.abandoned, self._wait_s):
                raise BusyError(503, "All computing capacity is in use.", hint="Ask again in a few seconds.")
            if asked.abandoned:
                raise _gone()
            self._free -= 1
        end = monotonic() + self._budget_s
        try:
            with stopping.watched(lambda: asked.abandoned or monotonic() > end):
                return body_of(make())
        except stopping.StoppedError:
            raise _gone() if asked.abandoned else OverBudgetError(self._budget_s) from None
        finally:
            with self._changed:
                self._free += 1
                self._changed.notify_all()

    def _keep(self, key: str, body: bytes) -> None:
        with self._changed:
            self._size_byte += len(body) - len(self._kept.pop(key, b""))
            self._kept[key] = body
            while self._size_byte > self._capacity_byte and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                self._size_byte -= len(gone)


def _gone() -> BusyError:
    return BusyError(503, "Nobody waits for this answer any more.", hint="Ask again.")


def key_of(route: str, question: Any) -> str:
    """Return what identifies a question while the data and the day are the same."""
    form = question.model_dump(mode="json") if hasattr(question, "model_dump") else _sorted(question)
    content = json.dumps([route, form, data_version(), date.today().isoformat()], sort_keys=True, default=str)
    return blake2b(content.encode(), digest_size=16).hexdigest()


def _sorted(value: Any) -> Any:
    return plain(value) if isinstance(value, Mapping | list | tuple) else value
