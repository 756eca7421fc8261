"""The page of sources and method: the hindcast from button to chart, what the page says of the model, how it looks narrow and dark."""

import re
from typing import Any

import pytest

from leadtime.interfaces.answers import about
from tests.interfaces.web._page import (
    RUN_S,
    address_has,
    drawn,
    expect,
    is_kept,
    still,
    told,
    until,
    violations,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PARTS = (
    "which",
    "calibrated",
    "hindcast",
    "discovery",
    "accuracy",
    "known",
    "parameters",
    "law",
    "equations",
    "limits",
    "changes",
)


def part(page: Any, name: str) -> Any:
    return page.locator(f'[data-part="{name}"]')


def loaded(page: Any, address: str, query: str = "") -> None:
    page.goto(f"{address}#/sources{query}")
    page.locator('[data-figure="accuracy-inference"] svg').wait_for()
    page.locator('[data-figure="calibration"] svg').wait_for()
    expect(page.locator(".panel .loading")).to_have_count(0)


@pytest.fixture
def scored(page: Any, address: str) -> Any:
    """The page with the hindcast on it; its first user waits for the run, the others find the answer."""
    loaded(page, address)
    if not is_kept(address, "hindcast"):
        page.get_by_role("button", name="Run the hindcast").click()
    part(page, "hindcast").locator('[data-figure="hindcast"] svg').wait_for(timeout=RUN_S * 1000)
    return page


def test_the_hindcast_tells_how_far_it_is_and_can_be_stopped(page: Any, address: str) -> None:
    page.route("**/api/v1/jobs/hindcast", lambda route: route.continue_(post_data='{"seed": 4711}'))
    if is_kept(address, "hindcast"):
        pytest.skip("another test has run the hindcast already, and its answer is kept")
    loaded(page, address)
    box = part(page, "hindcast")
    box.get_by_role("button", name="Run the hindcast").click()
    box.locator("progress").wait_for()
    box.locator("[role=status]", has_text=re.compile(r"Fitting to what was known then: [1-9]\d? %")).wait_for(
        timeout=RUN_S * 1000
    )
    assert 0 < box.locator("progress").evaluate("bar => bar.position") < 1
    page.get_by_role("link", name="Chips and models").click()
    page.locator("main table").first.wait_for()
    page.go_back()
    box.locator("progress").wait_for()
    box.get_by_role("button", name="Stop").click()
    box.locator("text=Stopped.").wait_for()
    expect(box.get_by_role("button", name="Run the hindcast")).to_have_count(1)


def test_a_hindcast_that_fails_says_why_and_can_be_asked_again(page: Any, address: str) -> None:
    if is_kept(address, "hindcast"):
        pytest.skip("another test has run the hindcast already, and its answer is kept")
    loaded(page, address)
    box = part(page, "hindcast")
    page.route(
        "**/api/v1/jobs/hindcast",
        lambda route: route.fulfill(
            status=429,
            json={"ok": False, "error": {"code": "busy", "message": "Too many runs are waiting.", "hint": "Stop one."}},
        ),
    )
    box.get_by_role("button", name="Run the hindcast").click()
    box.locator(".notice.bad", has_text="Too many runs are waiting. Stop one.").wait_for()
    page.unroute("**/api/v1/jobs/hindcast")
    box.get_by_role("button", name="Try again").click()
    box.locator("progress").wait_for()
    box.get_by_role("button", name="Stop").click()
    box.locator("text=Stopped.").wait_for()


def test_the_hindcast_shows_what_the_server_says(scored: Any, address: str) -> None:
    found = told(address, "/hindcast")
    box = part(scored, "hindcast")
    inside = round(found["coverage_80_frac"] * found["n_targets"])
    assert (
        f"{inside} of {found['n_targets']} values known after {found['as_of']}" in box.locator("figure h3").inner_text()
    )
    tiles = [one.inner_text() for one in box.locator(".tile").all()]
    for value, tile in zip(
        (
            f"{round(100 * found['coverage_80_frac'])} %",
            f"{round(100 * found['coverage_50_frac'])} %",
            f"{found['log_score']['model']:.1f}".replace("-", "−"),
            f"{found['median_width_ratio_to_prior']:.2f}",
            str(found["versions_scored"]),
        ),
        tiles,
        strict=True,
    ):
        assert value in tile
    for other in ("trend", "last_value"):
        assert f"{found['log_score'][other]:.1f}".replace("-", "−") in tiles[2]
    box.locator("figure summary", has_text="As a table").click()
    rows = box.locator("figure tbody tr")
    expect(rows).to_have_count(len(found["rows"]))
    first = rows.first.inner_text().split("\t")
    assert first[0].strip() == found["rows"][0]["title"]
    assert float(first[2]) == pytest.approx(found["rows"][0]["observed"], rel=1e-3)
    assert float(first[4]) == pytest.approx(found["rows"][0]["predicted"]["q50"], rel=1e-3)
    titles = box.locator('[data-figure="hindcast"] svg text').all_text_contents()
    assert {row["title"] for row in found["rows"]} <= set(titles)
    assert f"{len(found['priors_with_later_evidence'])} priors cite evidence from after the date" in box.inner_text()
    strict = box.locator("table", has_text="was published by the date").inner_text()
    assert str(found["by_publication_date"]["n_used"]) in strict


def test_the_hindcast_is_kept_for_the_next_reader(scored: Any, address: str) -> None:
    runs = told(address, "/jobs")
    scored.reload()
    scored.locator('[data-figure="hindcast"] svg').wait_for()
    assert told(address, "/jobs") == runs
    scored.goto(f"{address}#/sources?lang=ja")
    scored.locator('[data-figure="hindcast"] h3', has_text="80%区間").or_(
        part(scored, "hindcast").locator("figure h3", has_text="80%区間")
    ).first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_and_no_sideways_scroll(scored: Any, scheme: str) -> None:
    part(scored, "equations").locator("summary").first.click()
    part(scored, "equations").locator("pre").first.wait_for()
    scored.emulate_media(color_scheme=scheme)
    still(scored)
    assert violations(scored) == []
    scored.set_viewport_size({"width": 360, "height": 800})
    still(scored)
    assert scored.evaluate("document.documentElement.scrollWidth") <= 360
    overflow = (
        "box => [...box.querySelectorAll('svg text')].some(one => one.getBoundingClientRect().right > innerWidth)"
    )
    assert not part(scored, "hindcast").evaluate(overflow)


def test_it_prints_without_buttons(scored: Any) -> None:
    scored.emulate_media(media="print")
    drawn(scored)
    for name in ("nav.buttons", ".figure-tools"):
        expect(scored.locator(name).first).not_to_be_visible()
    expect(part(scored, "hindcast").locator("svg")).to_be_visible()


def test_every_part_is_there_and_can_be_linked(page: Any, address: str) -> None:
    loaded(page, address)
    assert [one.get_attribute("data-part") for one in page.locator("[data-part]").all()] == list(PARTS)
    assert page.locator(".notice.bad").count() == 0
    page.get_by_role("button", name="Equations", exact=True).click()
    address_has(page, "part=equations")
    until(page, "document.activeElement.closest('[data-part]')?.dataset.part === 'equations'")
    page.reload()
    until(page, "document.activeElement.closest('[data-part]')?.dataset.part === 'equations'")


def test_it_says_which_model_this_is_and_shows_its_code(page: Any, address: str) -> None:
    loaded(page, address)
    model = about.about().data["model_id"]
    assert part(page, "which").locator("code").inner_text() == model
    assert part(page, "which").locator("li").count() == 6
    box = part(page, "equations")
    box.locator("summary", has_text="Months of lead:").click()
    box.locator("pre").wait_for()
    assert box.locator("pre").inner_text().strip() == about.part("world", "lead").data["code"].strip()
    part(page, "changes").locator("summary").click()
    expect(part(page, "changes").locator("pre")).to_contain_text("0.1.0")
