"""The rules page beyond a name and a day: a chip of one's own, the transaction, bills."""

from typing import Any

import pytest

from tests.interfaces.web._page import address_has, expect, still, violations, where

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def outcome(page: Any) -> Any:
    return page.locator(".outcome h2")


def test_a_chip_of_ones_own_is_judged_and_stands_in_the_plane(page: Any, address: str) -> None:
    page.goto(f"{address}#/rules?on=2024-06-01")
    outcome(page).wait_for()
    page.get_by_label("What is exported").select_option("chip")
    group = page.get_by_role("group", name="A chip of my own")
    group.get_by_label("TPP").fill("4799")
    group.get_by_label("Performance density").fill("1.5")
    group.get_by_label("Designed or marketed for data centres").select_option("yes")
    page.get_by_role("button", name="Determine").click()
    page.locator(".outcome h2", has_text="my chip to China on 2024-06-01: No licence is required").wait_for()
    group.get_by_label("TPP").fill("4800")
    page.get_by_role("button", name="Determine").click()
    page.locator(".outcome h2", has_text="A licence is required").wait_for()
    expect(page.locator("[data-key=plane] svg circle[r='7']")).to_have_count(1)
    group.get_by_label("Performance density").fill("")
    group.get_by_label("TPP").fill("2000")
    page.get_by_role("button", name="Determine").click()
    page.locator(".outcome h2", has_text="Not decided by what is known").wait_for()
    again = where(page)
    page.goto("about:blank")
    page.goto(again)
    page.locator(".outcome h2", has_text="Not decided by what is known").wait_for()
    assert page.locator(".notice").count() == 0


def test_the_transaction_and_bills_reach_the_determination(page: Any, address: str) -> None:
    page.goto(f"{address}#/rules?item=a2&on=2024-06-01")
    page.locator(".outcome h2", has_text="No licence is required").wait_for()
    page.locator("summary", has_text="More about the transaction").click()
    page.get_by_label("End use").select_option("military")
    page.get_by_role("button", name="Determine").click()
    page.locator(".outcome h2", has_text="A licence is required").wait_for()
    address_has(page, "use=military")
    page.get_by_label("End use").select_option("")
    page.get_by_label("Owners of the buyer").fill("SMIC:x")
    page.get_by_role("button", name="Determine").click()
    page.locator(".notice.bad").first.wait_for()
    page.get_by_label("Owners of the buyer").fill("")
    page.get_by_role("button", name="Determine").click()
    page.locator(".outcome h2", has_text="No licence is required").wait_for()


def test_a_bill_taken_as_law_says_so(page: Any, address: str) -> None:
    from leadtime import rules

    page.goto(f"{address}#/rules?item=h20&to=CN&on=2027-06-01")
    outcome(page).wait_for()
    page.locator("summary", has_text="More about the transaction").click()
    boxes = page.get_by_role("group", name="What if these bills were law?").get_by_role("checkbox")
    assert boxes.count() == len(rules.bills())
    page.get_by_label("SAFE").check()
    page.get_by_role("button", name="Determine").click()
    address_has(page, "bills=safe-chips")


@pytest.mark.parametrize(
    "query",
    [
        "own=1&tpp=-5",
        "own=1&tpp=NaN",
        "use=bribery",
        "bills=nothing,safe-chips",
        "from=ATLANTIS",
        "quantity=1e999",
        "dc=maybe&own=1",
        "kind=spaceship",
        "kind=technology&technology_for=5A992&deemed=perhaps",
        "kind=weights&training_flop=-1e26",
        "content=20",
        "content=%20",
        "product=often",
    ],
)
def test_hostile_addresses_are_mended_and_said(page: Any, address: str, query: str) -> None:
    page.goto(f"{address}#/rules?on=2024-06-01&{query}")
    outcome(page).wait_for()
    page.locator(".notice").first.wait_for()
    assert page.locator(".notice.bad").count() == 0


@pytest.mark.parametrize("width", [360, 1280])
def test_it_fits_and_is_accessible_with_everything_open(page: Any, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{address}#/rules?own=1&tpp=4000&performance_density=2&on=2024-06-01&quantity=1000")
    outcome(page).wait_for()
    page.locator("[data-key=plane] svg").wait_for()
    still(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], scheme
