"""A real server and a real browser; without Debian's Chromium these tests say that they were skipped."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.interfaces._server import served
from tests.interfaces.web._page import PATIENCE_S, slowed, watched

KNOWN = ("status of 4", "status of 503", "net::ERR_FAILED")
"""What the browser says of answers that a page shows in words: refusals, a busy server, a question that a test stops."""


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    pytest.importorskip("fastapi", reason="the extra 'app' is not installed")
    with served() as server:
        yield server.url


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A page that fails the test on any error, and on any request to another machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US", accept_downloads=True)
    one = context.new_page()
    one.set_default_timeout(PATIENCE_S * 1000)
    watched(one)
    slowed(one)
    faults: list[str] = []
    one.on("pageerror", lambda error: faults.append(str(error)))
    one.on(
        "console",
        lambda message: (
            faults.append(message.text)
            if message.type == "error" and not any(known in message.text for known in KNOWN)
            else None
        ),
    )
    one.on(
        "request",
        lambda request: faults.append(request.url) if not request.url.startswith((address, "blob:", "data:")) else None,
    )
    yield one
    context.unroute_all(behavior="ignoreErrors")
    one.unroute_all(behavior="ignoreErrors")
    context.close()
    assert faults == []
