"""From a question to bytes: kept by content, computed once for all who ask at the same time, a few at a time."""

import json
import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from threading import BoundedSemaphore, Lock
from typing import Any

from fastapi import Response

from leadtime.catalog import data_version
from leadtime.errors import LeadtimeError
from leadtime.interfaces.cli._show import envelope, plain

__all__ = ["Answer", "BusyError", "Desk", "json_response"]


class BusyError(LeadtimeError):
    """More questions than can be answered at once."""

    code = "busy"

    def __init__(self, status: int, message: str, *, hint: str) -> None:
        super().__init__(message, hint=hint)
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a question was answered with, and what goes into the envelope beside it."""

    data: Any
    sources: Iterable[str] = ()
    as_of: date | None = None
    seed: int | None = None

    def body(self) -> bytes:
        """Return the envelope as JSON."""
        document = envelope(self.data, sources=self.sources, as_of=self.as_of, seed=self.seed)
        return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def json_response(body: bytes, *, status: int = 200, etag: str = "") -> Response:
    """Return bytes that are JSON already."""
    headers = {"cache-control": "no-cache"} | ({"etag": f'"{etag}"'} if etag else {})
    return Response(body, status_code=status, media_type="application/json", headers=headers)


class Desk:
    """Where questions queue.

    Parameters
    ----------
    at_once : int
        Questions computed at the same time.
    queue : int
        Questions that may wait; one more is sent away (429).
    wait_s : float
        How long a question waits for its turn before it is sent away (503).
    capacity_byte : int
        Memory for answers.
    """

    def __init__(
        self, *, at_once: int | None = None, queue: int = 96, wait_s: float = 20.0, capacity_byte: int = 64_000_000
    ) -> None:
        self._turns = BoundedSemaphore(at_once or max(1, os.cpu_count() or 1))
        self._queue, self._wait_s, self._capacity_byte = queue, wait_s, capacity_byte
        self._waiting = 0
        self._lock = Lock()
        self._kept: OrderedDict[str, bytes] = OrderedDict()
        self._size_byte = 0
        self._coming: dict[str, Future[bytes]] = {}

    def serve(self, route: str, question: Any, make: Callable[[], Answer]) -> Response:
        """Answer a question, from memory if it was asked before."""
        key = _key(route, question)
        return json_response(self._body(key, make), etag=key)

    def _body(self, key: str, make: Callable[[], Answer]) -> bytes:
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
            coming = self._coming.get(key)
            if coming is None:
                if self._waiting >= self._queue:
                    raise BusyError(429, "Too many questions are waiting.", hint="Ask again in a few seconds.")
                mine: Future[bytes] = Future()
                self._coming[key] = mine
                self._waiting += 1
        if coming is not None:
            try:
                return coming.result(timeout=60)
            except TimeoutError:
                raise BusyError(503, "The answer is taking too long.", hint="Ask again in a few seconds.") from None
        try:
            body = self._compute(make)
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            mine.set_result(body)
            self._keep(key, body)
            return body
        finally:
            with self._lock:
                self._coming.pop(key, None)
                self._waiting -= 1

    def _compute(self, make: Callable[[], Answer]) -> bytes:
        if not self._turns.acquire(timeout=self._wait_s):
            raise BusyError(503, "All computing capacity is in use.", hint="Ask again in a few seconds.")
        try:
            return make().body()
        finally:
            self._turns.release()

    def _keep(self, key: str, body: bytes) -> None:
        with self._lock:
            self._kept[key] = body
            self._size_byte += len(body)
            while self._size_byte > self._capacity_byte and len(self._kept) > 1:
                _, gone = self._kept.popitem(last=False)
                self._size_byte -= len(gone)


def _key(route: str, question: Any) -> str:
    form = question.model_dump(mode="json") if hasattr(question, "model_dump") else _sorted(question)
    content = json.dumps([route, form, data_version(), date.today().isoformat()], sort_keys=True, default=str)
    return blake2b(content.encode(), digest_size=16).hexdigest()


def _sorted(value: Any) -> Any:
    return plain(value) if isinstance(value, Mapping | list | tuple) else value
