"""The application: routes, limits, errors as sentences, the page."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import leadtime
from leadtime.errors import LeadtimeError, MissingExtraError, UnknownNameError, shorten

try:
    from fastapi import FastAPI, Request, Response
    from fastapi.exceptions import RequestValidationError
    from starlette.exceptions import HTTPException
except ImportError:
    raise MissingExtraError.of("app", "The simulator in the browser") from None

from leadtime.interfaces.api import _about, _claimed, _estimates, _facts, _law, _long, _worlds
from leadtime.interfaces.api._jobs import JobBook
from leadtime.interfaces.api._language import Language
from leadtime.interfaces.api._limits import Guard, error_body
from leadtime.interfaces.api._page import add_page
from leadtime.interfaces.api._serve import Answer, BusyError, Desk, OverBudgetError, body_of, json_response

if TYPE_CHECKING:
    from leadtime.claims import Claim

__all__ = ["create_app"]

PREFIX = "/api/v1"
THREADS = 160
"""Requests that may wait in threads; the desk decides how many compute."""
FAILURES: dict[int | str, dict[str, Any]] = {
    404: {"description": "No such name."},
    408: {"description": "The body came too slowly."},
    413: {"description": "The body is too large."},
    422: {"description": "The input is wrong; the sentence says what and how to mend it."},
    429: {"description": "Too many questions are waiting."},
    500: {"description": "An error inside leadtime."},
    503: {"description": "All computing capacity is in use, or the question took longer than one may."},
}


def create_app(
    *,
    desk: Desk | None = None,
    jobs: JobBook | None = None,
    claims: "Mapping[str, Claim] | None" = None,
    embed_from: Sequence[str] = (),
) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    desk : Desk, optional
        Where questions queue; by default as many at once as there are processors.
    jobs : JobBook, optional
        Where long runs are kept.
    claims : mapping, optional
        The user's own claims by id, beside the packaged ones; see ``own_claims``.
    embed_from : sequence of str
        Origins whose pages may show a figure of the page in a frame; without any, only pages of this server.

    Raises
    ------
    BadInputError
        If an origin is none.
    """
    app = FastAPI(
        title="leadtime",
        version=leadtime.__version__,
        summary="AI compute under export controls: the functions of the command line over HTTP.",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.desk, app.state.jobs = desk or Desk(), jobs or JobBook()
    app.state.claims = dict(claims or {})
    for part in (_about, _facts, _law, _estimates, _worlds, _long, _claimed):
        app.include_router(part.router, prefix=PREFIX, responses=FAILURES)
    app.add_api_route(f"{PREFIX}/health", health, methods=["GET"], tags=["server"], summary="Is the server there?")
    _add_errors(app)
    add_page(app, embed_from=embed_from)
    app.add_middleware(Guard)
    app.add_middleware(Language)
    return app


def health() -> Response:
    """Version of the program and of its data."""
    return json_response(body_of(Answer(data={"status": "ready"})))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    from anyio import to_thread

    to_thread.current_default_thread_limiter().total_tokens = THREADS
    warming = asyncio.get_running_loop().run_in_executor(None, _warm)
    yield
    app.state.jobs.close()
    await warming


def _warm() -> None:
    """Compute the first answer before anybody asks for it."""
    if os.environ.get("LEADTIME_APP_COLD"):
        return
    from leadtime.study import live

    live.explore("baseline", draws=400)


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(LeadtimeError)
    async def ours(request: Request, error: LeadtimeError) -> Response:
        status = 422 if error.exit_status == 2 else 500
        if isinstance(error, BusyError):
            status = error.status
        elif isinstance(error, UnknownNameError) and request.method in {"GET", "DELETE"} and request.path_params:
            status = 404
        response = json_response(error_body(error.code, error.message, error.hint), status=status)
        if status in {429, 503} and not isinstance(error, OverBudgetError):  # asking that again would end the same way
            response.headers["retry-after"] = "2"
        return response

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        return json_response(error_body("bad_input", *_sentence(error)), status=422)

    @app.exception_handler(HTTPException)
    async def plain(_: Request, error: HTTPException) -> Response:
        if error.status_code == 400:  # a body that cannot even be read as JSON
            return json_response(error_body("bad_input", "The body is not JSON.", "Send one JSON object."), status=422)
        said = {404: "There is nothing here.", 405: "This address takes another method."}
        text = said.get(error.status_code, f"{error.detail}.")
        response = json_response(
            error_body("http", text, f"{PREFIX}/openapi.json lists the addresses."), status=error.status_code
        )
        response.headers.update(error.headers or {})
        return response

    @app.exception_handler(MemoryError)
    async def full(_: Request, error: MemoryError) -> Response:
        return json_response(error_body("memory", "There is not enough memory for this.", "Ask for less."), status=503)

    @app.exception_handler(Exception)
    async def unexpected(_: Request, error: Exception) -> Response:
        message = f"An error inside leadtime: {type(error).__name__}: {shorten(error, 160)}."
        return json_response(error_body("internal", message, "Report it with the request that led to it."), status=500)


def _sentence(error: RequestValidationError) -> tuple[str, str]:
    faults = error.errors()
    first = faults[0]
    if first["type"] == "json_invalid":
        return "The body is not JSON.", "Send one JSON object."
    place = ".".join(str(part) for part in first["loc"] if part not in {"body", "query", "path"})
    said = str(first["msg"]).rstrip(".")
    more = f"{len(faults) - 1} more after it." if len(faults) > 1 else ""
    if first["type"] == "extra_forbidden":
        return (
            f"There is no field called {shorten(place, 60)!r}.",
            f"{PREFIX}/openapi.json lists the fields. {more}".strip(),
        )
    if first["type"] == "missing":
        return f"{place or 'The body'} is missing.", more
    return f"{f'{shorten(place, 80)}: ' if place else ''}{said[:1].lower()}{shorten(said[1:], 200)}.", more
