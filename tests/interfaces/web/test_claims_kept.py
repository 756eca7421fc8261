"""A reader's own claims while the tab is open: other pages of the application do not lose them, removing does, and nothing is stored."""

from typing import Any

import pytest

from tests.interfaces.web._page import address_has, address_lacks, expect, still, until, without_other_claims
from tests.interfaces.web.test_claims_own import CLAIM, VERDICTS, packed

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OTHER = {**CLAIM, "id": "second", "title": "The second one"}


@pytest.fixture(autouse=True)
def quiet(page: Any) -> None:
    without_other_claims(page)


def to(page: Any, name: str) -> None:
    """Go to another page of the application by its link at the top."""
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True).click()
    expect(page.locator("main h1").first).to_be_visible()


def listed(page: Any, name: str) -> Any:
    return page.locator(f'[data-claim="{name}"]')


def judged(page: Any, address: str, *documents: dict[str, Any]) -> None:
    page.goto(f"{address}#/claims?id={documents[0]['id']}&own={packed(list(documents))}")
    expect(page.locator(".own-verdict").locator(VERDICTS).first).to_be_visible()


def test_going_to_another_page_and_back_loses_no_claim_and_asks_for_no_verdict_again(page: Any, address: str) -> None:
    judged(page, address, CLAIM)
    asked: list[str] = []
    page.on("request", lambda one: asked.append(one.url) if one.url.endswith("/claims/judge") else None)
    for other in ("Simulator", "Sources and method"):
        to(page, other)
        address_lacks(page, "own=")
        to(page, "Claims")
        expect(listed(page, "h20-decodes")).to_have_attribute("aria-current", "true")
        expect(page.locator(".own-verdict").locator(VERDICTS).first).to_be_visible()
        address_has(page, "own=")
        address_has(page, "id=h20-decodes")
    assert asked == []
    page.reload()  # the address alone brings it back
    expect(page.locator(".own-verdict").locator(VERDICTS).first).to_be_visible()


def test_what_is_typed_just_before_leaving_is_there_on_coming_back(page: Any, address: str) -> None:
    page.goto(f"{address}#/claims")
    page.get_by_role("button", name="Write your own", exact=True).click()
    page.get_by_label("Title").fill("Half a thought")
    to(page, "Rules")
    to(page, "Claims")
    expect(page.get_by_label("Title")).to_have_value("Half a thought")
    expect(listed(page, "my-claim")).to_contain_text("Half a thought")
    address_has(page, "own=")


def test_removed_is_removed_on_every_way_back(page: Any, address: str) -> None:
    judged(page, address, CLAIM, OTHER)
    to(page, "Rules")
    to(page, "Claims")
    expect(listed(page, "second")).to_be_visible()
    listed(page, "h20-decodes").click()
    page.locator(".own-form, .own-change").first.wait_for()
    form = page.locator("summary", has_text="The claim: question, statement, test")
    if not page.get_by_role("button", name="Remove this claim").is_visible():
        form.click()
    page.get_by_role("button", name="Remove this claim").click()
    expect(listed(page, "h20-decodes")).to_have_count(0)
    still(page)
    to(page, "Rules")
    to(page, "Claims")
    expect(listed(page, "second")).to_be_visible()
    expect(listed(page, "h20-decodes")).to_have_count(0)
    for _ in range(4):  # past the entry that once held it
        page.go_back()
        still(page)
    expect(listed(page, "second")).to_be_visible()
    expect(listed(page, "h20-decodes")).to_have_count(0)


def test_a_link_adds_its_claims_to_those_of_the_tab_and_none_twice(page: Any, address: str) -> None:
    judged(page, address, CLAIM)
    to(page, "Rules")
    page.goto(f"{address}#/claims?own={packed([CLAIM, OTHER])}")
    expect(listed(page, "second")).to_be_visible()
    expect(listed(page, "h20-decodes")).to_have_count(1)
    expect(page.locator("[data-claim]").filter(has_text="The H20 decodes faster")).to_have_count(1)
    other = {**CLAIM, "title": "Something else under a name that is taken"}
    to(page, "Rules")
    page.goto(f"{address}#/claims?id=h20-decodes&own={packed([other])}")
    expect(listed(page, "h20-decodes-2")).to_have_attribute("aria-current", "true")
    expect(listed(page, "h20-decodes")).to_be_visible()
    expect(page.locator(".notice", has_text="h20-decodes-2")).to_be_visible()


def test_a_tab_that_is_loaded_again_elsewhere_has_forgotten_them(page: Any, address: str) -> None:
    judged(page, address, CLAIM)
    to(page, "Rules")
    page.reload()
    to(page, "Claims")
    expect(listed(page, "C01")).to_be_visible()
    expect(listed(page, "h20-decodes")).to_have_count(0)
    kept = page.evaluate(
        "[document.cookie, ...Object.values(localStorage), ...Object.values(sessionStorage)].join(' ')"
    )
    assert "decodes" not in kept
    assert page.context.cookies() == []


def test_the_other_language_has_them_too(page: Any, address: str) -> None:
    judged(page, address, CLAIM)
    english = page.locator(".own-verdict dl").inner_text()
    page.get_by_label("Language").select_option("ja")
    expect(listed(page, "h20-decodes")).to_be_visible()
    expect(page.locator(".own-verdict").locator(VERDICTS).first).to_be_visible()
    until(page, "/[\\u3040-\\u30ff]/.test(document.querySelector('.own-verdict dl')?.innerText ?? '')")
    assert page.locator(".own-verdict dl").inner_text() != english
