"""Answers that come late or in another order than they were asked for: the page shows the one to the latest question."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.interfaces.web._page import address_has, address_lacks, expect, settled, still, where

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BUSY = {"ok": False, "error": {"code": "busy", "message": "All computing capacity is in use.", "hint": "Ask again."}}


class Hold:
    """Holds what a page asks of one address until the test lets it go."""

    def __init__(self, page: Any, pattern: str, wanted: Callable[[Any], bool] = lambda asked: True) -> None:
        self.page, self.held = page, []  # type: ignore[var-annotated]
        page.route(pattern, lambda route: self.held.append(route) if wanted(route.request) else route.fallback())

    def come(self, number: int) -> None:
        """Wait until so many questions are held."""
        for _ in range(2400):
            if len(self.held) >= number:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError("nothing was asked")

    def release(self) -> None:
        for route in self.held:
            route.continue_()


def draws(request: Any) -> int:
    return int(json.loads(request.post_data)["draws"])


def test_a_first_answer_that_comes_after_the_refined_one_is_not_shown(page: Any, address: str) -> None:
    hold = Hold(page, "**/api/v1/explore", lambda request: draws(request) == 400)
    page.goto(address)
    hold.come(1)
    settled(page)
    hold.release()
    still(page)
    settled(page)


def test_a_busy_server_is_asked_again_for_the_refined_answer(page: Any, address: str) -> None:
    sent = []

    def first_busy(route: Any) -> None:
        if draws(route.request) != 4000 or sent:
            route.fallback()
        else:
            sent.append(route.request.url)
            route.fulfill(status=503, content_type="application/json", body=json.dumps(BUSY))

    page.route("**/api/v1/explore", first_busy)
    page.goto(address)
    settled(page)
    assert len(sent) == 1
    assert page.locator(".notice.bad").count() == 0


def test_a_calculator_shows_the_answer_to_the_latest_question(page: Any, address: str) -> None:
    hold = Hold(page, "**/api/v1/train", lambda request: '"n_chips":2048' in request.post_data)
    page.goto(f"{address}#/chips?tab=train&n=2048")
    hold.come(1)
    page.get_by_label("Chips", exact=True).fill("1024")
    page.get_by_role("button", name="Compute").click()
    page.locator(".panel h2", has_text="1,024").wait_for()
    hold.release()
    still(page)
    expect(page.locator(".panel h2").first).to_contain_text("1,024")


def test_the_rules_page_shows_the_course_of_the_latest_item(page: Any, address: str) -> None:
    hold = Hold(page, "**/api/v1/rules/timeline", lambda request: '"item":"h800"' in request.post_data)
    page.goto(f"{address}#/rules?item=h800&on=2024-06-01")
    hold.come(1)
    page.get_by_label("Chip", exact=True).first.fill("a2")
    page.get_by_role("button", name="Determine").click()
    page.locator("[data-figure=timeline] h3", has_text="A2").wait_for()
    hold.release()
    still(page)
    expect(page.locator("[data-figure=timeline] h3")).to_contain_text("A2")


def test_a_claim_shows_the_verdict_of_the_latest_arguments(page: Any, address: str) -> None:
    hold = Hold(page, "**/api/v1/claims/C02", lambda request: '"chip":"h20"' in (request.post_data or ""))
    page.goto(f"{address}#/claims?id=C02")
    page.locator(".panel .verdict").wait_for()
    page.locator("summary", has_text="Change an argument").click()
    chip = page.get_by_label("chip", exact=True)
    before = chip.input_value()
    chip.fill("h20")
    page.get_by_role("button", name="Judge again").click()
    hold.come(1)
    chip.fill(before)
    page.get_by_role("button", name="Judge again").click()
    address_lacks(page, "a.chip")
    hold.release()
    page.wait_for_timeout(500)
    expect(page.locator("text=Judged with changed arguments")).to_have_count(0)


@pytest.mark.parametrize(
    ("left", "asked"),
    [
        ("#/rules?item=a2&on=2024-06-01", "**/api/v1/rules/bills"),
        ("#/chips?tab=train&n=64", "**/api/v1/models"),
        ("#/simulator?l.fee=7", "**/api/v1/parameters"),
        ("#/sources?find=nvidia", "**/api/v1/sources"),
    ],
)
def test_a_page_that_the_reader_has_left_writes_no_address(page: Any, address: str, left: str, asked: str) -> None:
    hold = Hold(page, asked)
    page.goto(f"{address}{left}")
    hold.come(1)
    page.route("**/api/v1/claims/*", lambda route: route.abort())  # the list of the next page; it takes long
    page.get_by_role("link", name="Claims").click()
    page.locator("h1", has_text="Claims").wait_for()
    address_has(page, "#/claims?id=C01")
    before = where(page)
    hold.release()
    still(page)
    assert where(page) == before
