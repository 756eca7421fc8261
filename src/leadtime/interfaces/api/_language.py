"""Answers in the language that the caller reads: the same numbers and names, other texts."""

import json
import re
from collections import OrderedDict
from threading import Lock
from typing import Any

from leadtime.catalog import ENGLISH, Words, languages, words

__all__ = ["Language", "preferred"]

PREFIX = "/api/v1"
KEPT = 64
"""Answers kept in another language; those to the same question are translated once."""
PART = re.compile(r"\s*([A-Za-z]{1,8}|\*)(?:-[A-Za-z0-9-]*)?\s*(?:;\s*q=([0-9.]{1,6}))?\s*")


def preferred(header: str) -> str:
    """Return the language to answer in: the first among the most wanted ones that there are texts for; English otherwise.

    Parameters
    ----------
    header : str
        What the header ``accept-language`` says.

    Examples
    --------
    >>> preferred("ja,en;q=0.8"), preferred("fr"), preferred("en-GB, ja;q=0.5"), preferred("")
    ('ja', 'en', 'en', 'en')
    """
    wanted: list[tuple[float, int, str]] = []
    for part in header[:200].split(","):
        found = PART.fullmatch(part)
        weight = _weight(found[2]) if found else 0.0
        if found and weight > 0:
            wanted.append((-weight, len(wanted), found[1].lower()))
    known = languages()
    return next((name for _, _, name in sorted(wanted) if name in known), ENGLISH)


def _weight(text: str | None) -> float:
    try:
        return 1.0 if text is None else float(text)
    except ValueError:
        return 0.0


class Language:
    """ASGI middleware: translates the texts of answers under ``/api/v1`` that are not errors; sentences of errors stay those of the command line."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._kept: OrderedDict[tuple[str, bytes], bytes] = OrderedDict()
        self._lock = Lock()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        wanted = preferred(dict(scope["headers"]).get(b"accept-language", b"").decode("latin-1"))
        if wanted == ENGLISH:
            await self.app(scope, receive, send)
            return
        start: dict[str, Any] = {}
        parts: list[bytes] = []

        async def collect(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body"):
                body = self._translated(start, b"".join(parts), wanted)
                headers = {**dict(start["headers"]), b"content-length": str(len(body)).encode()}
                if body is not parts[0]:
                    headers |= {b"content-language": wanted.encode(), b"vary": b"accept-language"}
                    headers.pop(b"etag", None)
                await send({**start, "headers": list(headers.items())})
                await send({"type": "http.response.body", "body": body})

        await self.app(scope, receive, collect)

    def _translated(self, start: dict[str, Any], body: bytes, language: str) -> bytes:
        headers = dict(start["headers"])
        if start["status"] != 200 or not headers.get(b"content-type", b"").startswith(b"application/json"):
            return body
        key = (language, headers.get(b"etag", b""))
        with self._lock:
            if key[1] and key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        said = _in_words(body, words(language))
        if key[1]:
            with self._lock:
                self._kept[key] = said
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return said


def _in_words(body: bytes, language: Words) -> bytes:
    document = json.loads(body)
    if "data" not in document:
        return body
    document["data"] = language.within(document["data"])
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
