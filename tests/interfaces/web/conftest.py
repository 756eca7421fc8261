"""A real server and a real browser; without Debian's Chromium these tests say that they were skipped."""

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest


@contextmanager
def started(*options: str) -> Iterator[str]:
    """Run the server in a process of its own; its address."""
    command = [sys.executable, "-c", "from leadtime.interfaces.cli import main; main()", "app"]
    process = subprocess.Popen(
        [*command, "--port", "0", "--no-open", "--json", *options], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        url: str = json.loads(process.stdout.readline())["data"]["url"]
        for _ in range(300):
            try:
                with urllib.request.urlopen(f"{url}api/v1/health", timeout=5):
                    break
            except OSError:
                time.sleep(0.05)
        yield url
    finally:
        process.terminate()
        process.wait(15)
        process.stdout.close()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    pytest.importorskip("fastapi", reason="the extra 'app' is not installed")
    with started() as url:
        yield url


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A page that fails the test on any error, and on any request to another machine."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US", accept_downloads=True)
    one = context.new_page()
    one.set_default_timeout(60_000)
    faults: list[str] = []
    one.on("pageerror", lambda error: faults.append(str(error)))
    one.on(
        "console",
        lambda message: (
            faults.append(message.text)
            if message.type == "error"
            and not any(known in message.text for known in ("status of 4", "net::ERR_FAILED"))
            else None
        ),
    )
    one.on(
        "request",
        lambda request: faults.append(request.url) if not request.url.startswith((address, "blob:", "data:")) else None,
    )
    yield one
    context.close()
    assert faults == []
