"""The rules page under bills taken as law: plane, course and table say the same as the determination, and say which bills."""

from typing import Any

import pytest

from tests.interfaces.web._page import address_has, still, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PLANE = "[data-figure=plane]"


def caption(page: Any, key: str) -> Any:
    return page.locator(f"[data-figure={key}] figcaption")


def table_of_the_plane(page: Any, query: str, address: str) -> list[str]:
    """Return the rows of chips with their status."""
    page.goto("about:blank")
    page.goto(f"{address}#/rules?{query}")
    page.locator(f"{PLANE} svg").wait_for()
    page.locator(f"{PLANE} summary").click()
    page.locator(f"{PLANE} tbody tr").first.wait_for()
    still(page)
    rows: list[str] = page.locator(f"{PLANE} tbody tr").all_inner_texts()
    return rows


def test_the_plane_is_drawn_under_the_bills_of_the_determination(page: Any, address: str) -> None:
    mild = page.locator("section.panel:has([data-figure=plane]) i.k-mild")
    page.goto(f"{address}#/rules?item=b300&to=CN&certified=1&on=2027-06-01")
    mild.wait_for()
    page.locator("summary", has_text="More about the transaction").click()
    page.get_by_label("SAFE Chips").check()
    page.get_by_role("button", name="Determine").click()
    caption(page, "plane").get_by_text("Taken as law: SAFE Chips Act of 2025 (from 2027-01-01).").wait_for()
    caption(page, "timeline").get_by_text("Taken as law: SAFE Chips Act of 2025 (from 2027-01-01).").wait_for()
    page.locator(".matrix .hint", has_text="SAFE Chips Act").wait_for()
    page.get_by_role("columnheader", name="2027-01-01").wait_for()
    mild.wait_for(state="detached")


def test_what_a_bill_changes_shows_only_from_its_day(page: Any, address: str) -> None:
    before = table_of_the_plane(page, "to=MO&on=2026-12-31&bills=ai-overwatch,safe-chips", address)
    assert before == table_of_the_plane(page, "to=MO&on=2026-12-31", address)
    after = table_of_the_plane(page, "to=MO&on=2027-01-01&bills=ai-overwatch,safe-chips", address)
    assert after != table_of_the_plane(page, "to=MO&on=2027-01-01", address)


def test_the_slider_reaches_the_day_of_a_bill_and_comes_back(page: Any, address: str) -> None:
    page.goto(f"{address}#/rules?item=h200&on=2026-06-01")
    slider = page.locator("[data-day] input")
    page.locator(f"{PLANE} svg").wait_for()
    short = int(slider.get_attribute("max"))
    page.locator("summary", has_text="More about the transaction").click()
    page.get_by_label("SAFE Chips").check()
    page.get_by_role("button", name="Determine").click()
    caption(page, "plane").get_by_text("SAFE Chips").wait_for()
    until(page, f"Number(document.querySelector('[data-day] input').max) > {short}")
    slider.evaluate("box => { box.value = box.max; box.dispatchEvent(new Event('input')); }")
    page.locator(f"{PLANE} h3", has_text="2028-01-01").wait_for()
    page.locator(".outcome h2", has_text="on 2028-01-01").wait_for()
    address_has(page, "on=2028-01-01")


def test_no_chip_lies_outside_the_picture_and_no_bar_runs_backwards(page: Any, address: str) -> None:
    page.goto(f"{address}#/rules?item=b300&on=2027-06-01&bills=gain-ai&y=memory_bandwidth_gb_s")
    page.locator(f"{PLANE} svg circle").first.wait_for()
    page.locator("[data-figure=timeline] svg rect").first.wait_for()
    still(page)
    outside = page.evaluate(
        """() => {
          const boxes = [...document.querySelectorAll('[data-figure=plane] svg rect')].map((one) => one.getBoundingClientRect());
          const [left, right] = [Math.min(...boxes.map((one) => one.left)), Math.max(...boxes.map((one) => one.right))];
          const [top, bottom] = [Math.min(...boxes.map((one) => one.top)), Math.max(...boxes.map((one) => one.bottom))];
          return [...document.querySelectorAll('[data-figure=plane] svg circle')].map((one) => one.getBoundingClientRect())
            .filter((one) => one.left < left - 6 || one.right > right + 6 || one.top < top - 6 || one.bottom > bottom + 6).length;
        }"""
    )
    assert outside == 0
    widths = page.locator("[data-figure=timeline] svg rect").evaluate_all(
        "all => all.map((one) => Number(one.getAttribute('width')))"
    )
    assert widths
    assert min(widths) > 0


def test_it_says_the_bills_in_japanese_and_fits_a_phone(page: Any, address: str) -> None:
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(f"{address}#/rules?item=h200&on=2027-06-01&bills=ai-overwatch,gain-ai&lang=ja")
    caption(page, "plane").get_by_text("成立したと仮定した法案").wait_for()
    still(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
