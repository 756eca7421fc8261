"""Answers in the language that the caller reads: the same numbers and names, other texts."""

import asyncio
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock
from typing import Any

from leadtime.catalog import ENGLISH, languages, refusals, words

__all__ = ["Language", "preferred"]

PREFIX = "/api/v1"
AT_ONCE_BYTE = 8_000
"""Shorter answers are translated where they are; longer ones in a thread, so that nobody else waits for it."""
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
    """ASGI middleware: translates the texts of answers under ``/api/v1``, and the sentences of refusals as far as there are words for them.

    Names, numbers and values stay. A refusal without words stays that of the command line, and is not marked as translated.
    """

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
                body = b"".join(parts)
                known = self._known(start, body, wanted)
                if known is not None:
                    said = known
                elif len(body) < AT_ONCE_BYTE:
                    said = self._translated(start, body, wanted)
                else:
                    said = await asyncio.to_thread(self._translated, start, body, wanted)
                headers = {**dict(start["headers"]), b"content-length": str(len(said)).encode()}
                if said is not body:
                    headers |= {b"content-language": wanted.encode(), b"vary": b"accept-language"}
                    headers.pop(b"etag", None)
                await send({**start, "headers": list(headers.items())})
                await send({"type": "http.response.body", "body": said})

        await self.app(scope, receive, collect)

    def _known(self, start: Mapping[str, Any], body: bytes, language: str) -> bytes | None:
        """Return what needs no work: a body that has no texts, or one that was translated before."""
        headers = dict(start["headers"])
        if not headers.get(b"content-type", b"").startswith(b"application/json"):
            return body
        with self._lock:
            key = (language, headers.get(b"etag", b""))
            if key[1] and key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        return None

    def _translated(self, start: Mapping[str, Any], body: bytes, language: str) -> bytes:
        said = _in_words(body, language)
        etag = dict(start["headers"]).get(b"etag", b"")
        if etag:
            with self._lock:
                self._kept[language, etag] = said
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        return said


def _in_words(body: bytes, language: str) -> bytes:
    document = json.loads(body)
    if "error" in document:
        error = _refused(document["error"], language)
        if error is None:
            return body
        document["error"] = error
    elif "data" in document:
        data = document["data"]
        document["data"] = words(language).within(data)
        if isinstance(data, Mapping) and isinstance(data.get("error"), Mapping):  # a run that failed
            document["data"]["error"] = _refused(data["error"], language) or data["error"]
    else:
        return body
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _refused(error: Mapping[str, Any], language: str) -> dict[str, Any] | None:
    """Return an error with its sentence and its hint in a language; None where the sentence has no words.

    A hint without words stays as it is behind a sentence that has them: it mostly holds names.
    """
    spoken = refusals(language)
    message = spoken.find(error["message"])
    hint = spoken.find(error["hint"]) or words(language).of(error["hint"])
    return None if message is None else {**error, "message": message, "hint": hint}
