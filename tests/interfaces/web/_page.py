"""Waiting for a page: for what it shows, for its address, until it is still. No test waits for a number of seconds.

The page writes its address and draws its answers some time after a click, and on a busy machine a good while after it. So a test
that reads at once is a race: it waits for the state that it wants with one of these.
"""

import json
import os
import random
import re
import time
import urllib.request
from typing import Any
from weakref import WeakKeyDictionary

import pytest

PATIENCE_S = 120
"""How long a test waits before it fails; a quiet machine needs a hundredth."""
RUN_S = 900
"""How long it waits for a long run."""
STEP_MS = 50
SLOW = float(os.environ.get("LEADTIME_BROWSER_SLOW", "1"))
"""LEADTIME_BROWSER_SLOW=8 gives every page an eighth of the processor and holds each answer back for up to LATE_MS: races show themselves."""
LATE_MS = 1500
OTHER_CLAIMS = re.compile(r"/claims/(C0[2-9]|C[1-9]\d|O\d\d)$")
"""Packaged claims but the first, some of which take seconds each."""

_open: "WeakKeyDictionary[Any, set[Any]]" = WeakKeyDictionary()
_protocol: "WeakKeyDictionary[Any, Any]" = WeakKeyDictionary()


def watched(page: Any) -> None:
    """Remember what a page has asked and not yet heard, for `still`."""
    asked: set[Any] = set()
    _open[page] = asked
    page.on("request", lambda one: asked.add(one) if "/api/" in one.url else None)
    page.on("requestfinished", lambda one: asked.discard(one))
    page.on("requestfailed", lambda one: asked.discard(one))


def slowed(page: Any) -> None:
    """Make a page slow, where LEADTIME_BROWSER_SLOW says so."""
    if SLOW > 1:
        _protocol[page] = page.context.new_cdp_session(page)
        _throttled(page, SLOW)
        page.route("**/api/**", _late)


def _throttled(page: Any, rate: float) -> None:
    if page in _protocol:
        _protocol[page].send("Emulation.setCPUThrottlingRate", {"rate": rate})


def _late(route: Any) -> None:
    route.request.frame.page.wait_for_timeout(random.uniform(0, LATE_MS))
    route.continue_()


def expect(one: Any) -> Any:
    """Playwright's assertions, which wait; imported late, so that tests without Playwright are skipped."""
    from playwright.sync_api import expect as found

    found.set_options(timeout=PATIENCE_S * 1000)
    return found(one)


def until(page: Any, expression: str) -> None:
    """Wait until an expression holds; the page's content policy forbids waiting inside it."""
    end = time.monotonic() + PATIENCE_S
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"{expression} never held: {page.evaluate('location.href')[:500]}"
        page.wait_for_timeout(STEP_MS)


def where(page: Any) -> str:
    """The address as the page knows it; Playwright hears of it later."""
    return str(page.evaluate("location.href"))


def address_has(page: Any, text: str) -> None:
    until(page, f"location.href.includes({json.dumps(text)})")


def address_lacks(page: Any, text: str) -> None:
    until(page, f"!location.href.includes({json.dumps(text)})")


def drawn(page: Any) -> None:
    """Wait until what is to be drawn with the next pictures of the screen is drawn."""
    page.evaluate(
        "async () => { for (let i = 0; i < 5; i += 1) await new Promise((done) => requestAnimationFrame(done)); }"
    )


def settled(page: Any) -> None:
    """Wait for the refined answer of the simulator to what stands there now, and for its charts."""
    until(
        page,
        "!document.querySelector('.page.simulator')?.classList.contains('working')"
        " && /4,000/.test(document.querySelector('.results .status')?.textContent ?? '')",
    )
    drawn(page)


STILL = """async () => {
  for (let i = 0; i < 2; i += 1) await new Promise((done) => requestAnimationFrame(done));
  const main = document.querySelector("main");
  return [location.href, main.innerHTML.length, main.textContent.length, main.querySelectorAll(".loading, .working").length];
}"""
CALM_S = 0.8
"""Longer than the page waits before it asks anything by itself."""


def still(page: Any) -> None:
    """Wait until a page asks nothing, loads nothing and changes nothing any more."""
    end = time.monotonic() + PATIENCE_S
    last, since = None, time.monotonic()
    while True:
        now = page.evaluate(STILL)
        if now != last or now[-1] or _open[page]:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > CALM_S:
            return
        assert time.monotonic() < end, f"the page is never still: {now}, {[one.url for one in _open[page]]}"
        page.wait_for_timeout(STEP_MS)


def without_other_claims(page: Any) -> None:
    """Leave out the verdicts of the other packaged claims: the list asks for them, and here they only make the server busy."""
    page.route(OTHER_CLAIMS, lambda route: route.abort() if route.request.method == "GET" else route.fallback())


def told(address: str, path: str) -> Any:
    """What the server answers when it is asked without a page."""
    with urllib.request.urlopen(f"{address}api/v1{path}", timeout=PATIENCE_S) as answer:
        return json.load(answer)["data"]


def is_kept(address: str, kind: str) -> bool:
    """Whether the server has the result of such a run already: then the page shows it by itself."""
    return any(one["kind"] == kind and one["status"] == "done" for one in told(address, "/jobs"))


AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def violations(page: Any) -> list[tuple[str, str, str]]:
    """What axe finds: rule, element, what to mend."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    _throttled(page, 1)  # axe computes a lot, and races against nothing
    found = axe.run(page, options=AXE).response["violations"]
    _throttled(page, SLOW)
    return [
        (one["id"], one["nodes"][0]["html"][:160], one["nodes"][0].get("failureSummary", "")[:200]) for one in found
    ]
