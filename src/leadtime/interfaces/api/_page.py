"""The page itself: its files, and which other pages may hold it."""

import gzip
import re
from collections.abc import Sequence
from importlib import resources

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from leadtime.errors import BadInputError, shorten
from leadtime.interfaces.api._limits import HEADERS

__all__ = ["add_page"]

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".json": "application/json", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8"}  # fmt: skip
ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]{0,250}[a-z0-9])?(:\d{1,5})?", re.IGNORECASE)
POLICY = "content-security-policy"


def add_page(app: FastAPI, *, embed_from: Sequence[str] = ()) -> None:
    """Serve the files of the page: read once at the start, chosen from a closed list.

    Parameters
    ----------
    app : FastAPI
    embed_from : sequence of str
        Origins whose pages may hold ``/embed`` in a frame, beside this server's own.

    Raises
    ------
    BadInputError
        If one of them is no origin.
    """
    folder = resources.files("leadtime.interfaces.web") / "static"
    files = {entry.name: entry.read_bytes() for entry in folder.iterdir() if entry.is_file()} if folder.is_dir() else {}
    packed = {name: gzip.compress(content, 9, mtime=0) for name, content in files.items()}
    framed = _framed(embed_from)

    def file(request: Request, name: str, policy: str = HEADERS[POLICY]) -> Response:
        if name not in files:
            raise HTTPException(404)
        ending = "." + name.rsplit(".", 1)[-1]
        headers = {"cache-control": "no-cache", POLICY: policy, "vary": "accept-encoding"}
        zipped = "gzip" in request.headers.get("accept-encoding", "")
        if zipped:
            headers["content-encoding"] = "gzip"
        content = packed[name] if zipped else files[name]
        return Response(content, media_type=TYPES.get(ending, "application/octet-stream"), headers=headers)

    @app.get("/", include_in_schema=False)
    def index(request: Request) -> Response:
        return file(request, "index.html")

    @app.get("/embed", include_in_schema=False)
    def embed(request: Request) -> Response:
        return file(request, "index.html", framed)

    @app.get("/static/{name}", include_in_schema=False)
    def static(request: Request, name: str) -> Response:
        return file(request, name)

    @app.get("/favicon.ico", include_in_schema=False)
    def icon(request: Request) -> Response:
        return file(request, "icon.svg")


def _framed(origins: Sequence[str]) -> str:
    """Return the content policy of a page that some others may hold; browsers heed it before X-Frame-Options."""
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise BadInputError(
                f"{shorten(origin)!r} is no origin of a page.", hint="Write it as https://example.org, without a path."
            )
    allowed = " ".join(("'self'", *origins))
    return HEADERS[POLICY].replace("frame-ancestors 'none'", f"frame-ancestors {allowed}")
