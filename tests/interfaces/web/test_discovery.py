"""Scenario discovery on the page of sources and method: from button to boxes in words, as the server says."""

import json
import urllib.request
from typing import Any

import pytest

from tests.interfaces.web._page import (
    PATIENCE_S,
    RUN_S,
    address_has,
    address_lacks,
    expect,
    still,
    told,
    violations,
    where,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def box(page: Any) -> Any:
    return page.locator('[data-part="discovery"]')


def percent(share: float) -> str:
    return f"{round(100 * share)} %"


@pytest.fixture
def found(page: Any, address: str) -> Any:
    """The page with the study on it; its first user waits for the run, the others find the answer."""
    page.goto(f"{address}#/sources?part=discovery")
    if started(address, {}, "?start=false") is None:
        box(page).get_by_role("button", name="Run the study").click()
    box(page).locator("[data-figure=discovery] svg").wait_for(timeout=RUN_S * 1000)
    return page


def started(address: str, body: dict[str, Any], query: str = "") -> Any:
    """The job of a question: started, or, with the query, the one that there is."""
    asked = urllib.request.Request(
        f"{address}api/v1/jobs/sensitivity{query}",
        data=json.dumps(body).encode(),
        headers={"content-type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
        return json.load(answer)["data"]


def study_of(address: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the server answers; the job is done, so it comes at once."""
    job = started(address, body or {})
    assert job["status"] == "done"
    data: dict[str, Any] = told(address, f"/jobs/{job['id']}/result")
    return data


def test_every_box_is_said_with_its_density_and_coverage(found: Any, address: str) -> None:
    data = study_of(address)
    parts = box(found).locator("section.found")
    expect(parts).to_have_count(len(data["discovery"]))
    for place, row in enumerate(data["discovery"]):
        text = parts.nth(place).inner_text()
        assert percent(row["interest_frac"]) in text
        if row["box"] is None:
            assert "no part of the assumptions stands out" in text
            continue
        assert f"in {percent(row['box']['density_frac'])} of those in the box below" in text
        assert f"holds {percent(row['box']['coverage_frac'])} of all such draws" in text
        lines = parts.nth(place).locator("li")
        expect(lines).to_have_count(len(row["box"]["limits"]))
        for number, limit in enumerate(row["box"]["limits"]):
            said = lines.nth(number).inner_text()
            assert limit["parameter"].replace("_", " ") in said
            wanted = [("above", limit["low"]), ("below", limit["high"])] if limit["values"] is None else []
            for word, end in wanted:
                assert (f": {word} " in said) is (end is not None)
            for value in limit["values"] or ():
                assert value.upper() in said


def test_the_chart_and_its_table_hold_the_same_shares(found: Any, address: str) -> None:
    boxes = [row for row in study_of(address)["discovery"] if row["box"]]
    figure = box(found).locator("[data-figure=discovery]")
    expect(figure.locator("svg circle")).to_have_count(2 * len(boxes))
    best = max(boxes, key=lambda row: float(row["box"]["density_frac"]))
    expect(figure.locator("h3")).to_contain_text(percent(best["box"]["density_frac"]))
    figure.locator("summary", has_text="As a table").click()
    expect(figure.locator("tbody tr")).to_have_count(len(boxes))
    for place, row in enumerate(boxes):
        cells = figure.locator("tbody tr").nth(place).locator("td")
        shares = (row["interest_frac"], *(row["box"][f"{name}_frac"] for name in ("density", "coverage", "mass")))
        assert cells.all_inner_texts() == [percent(share) for share in shares]


def test_what_turns_an_answer_and_what_it_hangs_on_is_shown(found: Any, address: str) -> None:
    data = study_of(address)
    turning = [row for row in data["flips"] if row["flips"]]
    lines = (
        box(found).locator("h3", has_text="What turns the answer around").locator("xpath=following-sibling::ul[1]/li")
    )
    expect(lines).to_have_count(len(turning))
    box(found).locator("summary", has_text="What each answer hangs on").click()
    expect(box(found).locator("details table")).to_have_count(len(data["outputs"]))
    first = max(
        (row for row in data["indices"] if row["output"] == data["outputs"][0]), key=lambda row: float(row["total"])
    )
    table = box(found).locator("details table", has_text="True lead")
    expect(table.locator("tbody tr").first).to_contain_text(first["parameter"].replace("_", " "))


def test_it_is_there_on_coming_back_and_in_japanese(found: Any, address: str) -> None:
    found.get_by_role("link", name="Rules", exact=True).click()
    expect(found.locator(".outcome h2")).to_be_visible()
    found.get_by_role("link", name="Sources and method", exact=True).click()
    expect(box(found).locator("[data-figure=discovery] svg")).to_be_visible()
    found.get_by_label("Language").select_option("ja")
    expect(box(found).locator("section.found").first).to_contain_text("密度")
    expect(box(found).locator("section.found li").first).to_contain_text("波及")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_and_no_sideways_scroll(found: Any, scheme: str) -> None:
    found.emulate_media(color_scheme=scheme)
    box(found).locator("summary", has_text="What each answer hangs on").click()
    expect(box(found).locator("details table").nth(1)).to_be_visible()
    still(found)
    assert violations(found) == []
    found.set_viewport_size({"width": 360, "height": 800})
    still(found)
    expect(box(found).locator("[data-figure=discovery] svg")).to_be_visible()
    assert found.evaluate("document.documentElement.scrollWidth") <= 360


SMALL = {"points": 8, "draws": 400}
"""Size of a study that is asked here for its question alone."""


def small(page: Any) -> None:
    """Let the page's studies be small ones."""
    page.route(
        "**/api/v1/jobs/sensitivity",
        lambda route: route.continue_(post_data=json.dumps({**route.request.post_data_json, **SMALL})),
    )


def form(page: Any) -> Any:
    return box(page).locator("details.asked")


def run(page: Any) -> None:
    box(page).get_by_role("button", name="Run the study").click()


def test_another_question_is_asked_and_said(page: Any, address: str) -> None:
    small(page)
    page.goto(f"{address}#/sources?part=discovery")
    form(page).locator("summary").click()
    form(page).get_by_label("Scenario", exact=True).select_option("no_controls")
    form(page).get_by_label("Less this one").select_option("h20_banned")
    expect(form(page).get_by_label("Large means a difference above")).to_be_disabled()
    form(page).get_by_label("Output").select_option("prc_used_h100e")
    form(page).get_by_label("Large means a difference above").fill("100000")
    form(page).get_by_label("Quarter").select_option("2028Q1")
    run(page)
    expect(box(page).locator("section.found")).to_have_count(1, timeout=RUN_S * 1000)
    body = {"scenario": "no_controls", "against": ["h20_banned"], "outputs": ["prc_used_h100e"], "above": 100_000}
    data = study_of(address, {**body, "at": "2028Q1", **SMALL})
    (row,) = data["discovery"]
    assert (row["scenario"], row["against"], row["above"]) == ("no_controls", "h20_banned", 100_000)
    text = box(page).inner_text()
    assert percent(row["interest_frac"]) in box(page).locator("section.found").inner_text()
    assert "2028Q1" in text
    assert "“Large” means above" in text
    address_has(page, "study=no_controls&against=h20_banned&output=prc_used_h100e&at=2028Q1&above=100000")
    again = where(page)
    page.goto("about:blank")
    page.goto(again)
    expect(form(page).get_by_label("Large means a difference above")).to_have_value("100000")
    expect(form(page).get_by_label("Output")).to_have_value("prc_used_h100e")
    expect(page.locator(".notice")).to_have_count(0)


def test_a_changed_question_is_offered_and_an_answered_one_comes_back(page: Any, address: str) -> None:
    small(page)
    page.goto(f"{address}#/sources?part=discovery&output=serving_ratio")
    run(page)
    expect(box(page).locator("section.found")).to_have_count(1, timeout=RUN_S * 1000)
    form(page).get_by_label("Quarter").select_option("2026Q1")
    expect(box(page).get_by_role("button", name="Run the study")).to_be_visible()
    expect(box(page).locator("section.found")).to_have_count(0)
    address_has(page, "at=2026Q1")
    form(page).get_by_label("Quarter").select_option("2027Q1")
    address_lacks(page, "at=")
    run(page)
    expect(box(page).locator("section.found")).to_have_count(1)


@pytest.mark.parametrize(("language", "said"), [("en", "is compared with itself"), ("ja", "それ自身と比べています")])
def test_a_scenario_against_itself_is_refused_in_words(page: Any, address: str, language: str, said: str) -> None:
    page.goto(f"{address}#/sources?part=discovery&study=no_controls&lang={language}")
    form(page).get_by_label("Quarter" if language == "en" else "四半期").wait_for()
    box(page).locator("[data-offer]").click()
    expect(box(page).locator(".notice.bad")).to_contain_text(said, timeout=RUN_S * 1000)


@pytest.mark.parametrize(
    "query", ["study=atlantis", "output=gold", "above=3", "output=serving_ratio&above=much", "at=1999Q1"]
)
def test_hostile_questions_are_mended_and_said(page: Any, address: str, query: str) -> None:
    page.goto(f"{address}#/sources?part=discovery&{query}")
    box(page).locator(".notice").wait_for()
    assert page.locator(".notice.bad").count() == 0


@pytest.mark.parametrize("width", [360, 1280])
def test_the_question_fits_and_is_accessible(page: Any, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(
        f"{address}#/sources?part=discovery&output=bite_serving_frac&above=0.2&lang={'ja' if width == 360 else 'en'}"
    )
    form(page).locator("select").first.wait_for()
    still(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []
