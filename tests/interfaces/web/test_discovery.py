"""Scenario discovery on the page of sources and method: from button to boxes in words, as the server says."""

import json
import urllib.request
from typing import Any

import pytest

from tests.interfaces.web._page import PATIENCE_S, RUN_S, expect, is_kept, still, told, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def box(page: Any) -> Any:
    return page.locator('[data-part="discovery"]')


def percent(share: float) -> str:
    return f"{round(100 * share)} %"


@pytest.fixture
def found(page: Any, address: str) -> Any:
    """The page with the study on it; its first user waits for the run, the others find the answer."""
    page.goto(f"{address}#/sources?part=discovery")
    if not is_kept(address, "sensitivity"):
        box(page).get_by_role("button", name="Run the study").click()
    box(page).locator("[data-figure=discovery] svg").wait_for(timeout=RUN_S * 1000)
    return page


def study_of(address: str) -> dict[str, Any]:
    """What the server answers; the job is done, so it comes at once."""
    asked = urllib.request.Request(
        f"{address}api/v1/jobs/sensitivity", data=b"{}", headers={"content-type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
        job = json.load(answer)["data"]
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
