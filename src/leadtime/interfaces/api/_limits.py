"""What keeps one caller from being everybody's problem: sizes, times, headers, and noticing who has left."""

import asyncio
import json
from concurrent.futures import Future
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

__all__ = ["CALLER", "MAX_BODY_BYTE", "Caller", "Guard", "error_body"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asked, from the side of the connection."""

    gone: "Future[None]" = field(default_factory=Future)
    """Done once the connection is closed."""


CALLER: ContextVar[Caller | None] = ContextVar("leadtime_caller", default=None)
"""Whom the code that runs answers; threads that serve a request inherit it."""

MAX_BODY_BYTE = 1_000_000
DRAINED_BYTE = 16_000_000
BODY_TIMEOUT_S = 10.0
"""A body that trickles in is cut off after this."""
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        "manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


def error_body(code: str, message: str, hint: str = "") -> bytes:
    """Return the envelope of a failure."""
    error = {"code": code, "message": message, "hint": hint}
    return json.dumps({"ok": False, "error": error}, ensure_ascii=False).encode()


class _TooLargeError(Exception):
    pass


class Guard:
    """ASGI middleware: bounds the body in size and time, puts safe headers on every answer, and notices callers who leave."""

    def __init__(self, app: Any, *, max_body_byte: int = MAX_BODY_BYTE, body_timeout_s: float = BODY_TIMEOUT_S) -> None:
        self.app = app
        self.max_body_byte = max_body_byte
        self.body_timeout_s = body_timeout_s

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_safely(message: Any) -> None:
            if message["type"] == "http.response.start":
                present = {name for name, _ in message["headers"]}
                extra = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message = {
                    **message,
                    "headers": [*message["headers"], *((name, value) for name, value in extra if name not in present)],
                }
            await send(message)

        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if not stated.isdigit() or int(stated) > self.max_body_byte:
            await self._drain(receive)
            await self._refuse_size(send_safely)
            return
        try:
            body = await asyncio.wait_for(self._read(receive), self.body_timeout_s)
        except _TooLargeError:
            await self._drain(receive)
            await self._refuse_size(send_safely)
            return
        except TimeoutError:
            message = f"The body did not arrive within {self.body_timeout_s:g} seconds."
            await _answer(send_safely, 408, error_body("timeout", message, "Send it in one piece."))
            return
        if body is None:  # the client went away before it had asked
            return
        caller, left = Caller(), asyncio.Event()
        given = False

        async def receive_body() -> Any:
            nonlocal given
            if not given:
                given = True
                return {"type": "http.request", "body": body, "more_body": False}
            await left.wait()
            return {"type": "http.disconnect"}

        token = CALLER.set(caller)
        watching = asyncio.create_task(self._watch(receive, caller, left))
        try:
            await self.app(scope, receive_body, send_safely)
        finally:
            watching.cancel()
            CALLER.reset(token)

    async def _watch(self, receive: Any, caller: Caller, left: asyncio.Event) -> None:
        """Notice that the connection was closed while the answer is made."""
        while (await receive())["type"] != "http.disconnect":
            pass
        left.set()
        caller.gone.set_result(None)

    async def _read(self, receive: Any) -> bytes | None:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self.max_body_byte:
                raise _TooLargeError
            if not message.get("more_body"):
                return b"".join(parts)

    async def _drain(self, receive: Any) -> None:
        """Let a client finish what is a little too large, so that it reads the answer and not a closed connection."""

        async def discard() -> None:
            size = 0
            while size < DRAINED_BYTE:
                message = await receive()
                size += len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body"):
                    return

        with suppress(TimeoutError):
            await asyncio.wait_for(discard(), self.body_timeout_s / 2)

    async def _refuse_size(self, send: Any) -> None:
        message = f"The request is larger than {self.max_body_byte:,} bytes."
        await _answer(send, 413, error_body("too_large", message, "Send less at a time; files stay on your side."))


async def _answer(send: Any, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, (b"connection", b"close")]})
    await send({"type": "http.response.body", "body": body})
