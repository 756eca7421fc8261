"""Every page in a real browser: main path, address round trip, keyboard alone, 360 px, accessibility."""

import re
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.interfaces.web._page import (
    address_has,
    address_lacks,
    drawn,
    expect,
    settled,
    still,
    until,
    violations,
    where,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = {
    "simulator": ("#/simulator?base=h200_capped&l.offshore_cloud=0%402027Q1", "figure svg"),
    "rules": ("#/rules?item=h20&on=2024-06-01", ".outcome"),
    "chips": ("#/chips?chip=h20-96gb", "table"),
    "scatter": ("#/chips?tab=scatter", "figure svg"),
    "compare": ("#/chips?tab=compare", "table"),
    "models": ("#/chips?tab=models", "table"),
    "training": ("#/chips?tab=train", "figure svg"),
    "serving": ("#/chips?tab=infer", "figure svg"),
    "claims": ("#/claims", ".verdict.supported, .verdict.contradicted, .verdict.depends, .verdict.unresolved"),
    "sources": ("#/sources", "table"),
}


def visit(page: Any, address: str, name: str) -> None:
    query, wanted = PAGES[name]
    page.goto(address + query)
    page.locator(f"main {wanted}").first.wait_for()
    if name == "claims":  # verdicts of the list come in for a long time
        drawn(page)
    else:
        still(page)


def zlib_rows(image: bytes) -> list[bytes]:
    """Return the rows of a PNG, unfiltered as they stand."""
    data, at, width = b"", 8, int.from_bytes(image[16:20], "big")
    while at < len(image):
        size = int.from_bytes(image[at : at + 4], "big")
        if image[at + 4 : at + 8] == b"IDAT":
            data += image[at + 8 : at + 8 + size]
        at += size + 12
    raw = zlib.decompress(data)
    step = len(raw) // int.from_bytes(image[20:24], "big")
    assert step >= 3 * width
    return [raw[place : place + step] for place in range(0, len(raw), step)]


@pytest.mark.parametrize("name", PAGES)
def test_no_violation_and_no_sideways_scroll(page: Any, address: str, name: str) -> None:
    visit(page, address, name)
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], scheme
    page.set_viewport_size({"width": 360, "height": 800})
    until(page, "innerWidth === 360")
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_lever_moves_the_curve_and_the_address(page: Any, address: str) -> None:
    page.goto(address)
    settled(page)
    expect(page.locator(".finding h2")).to_contain_text("True lead at the start of 2030")
    before = page.locator('[data-key="lead"] svg').inner_html()
    slider = page.get_by_role("slider", name="Renting abroad", exact=True)
    slider.focus()
    page.keyboard.press("Home")
    page.locator(".finding h2", has_text=re.compile("longer|shorter")).wait_for()
    settled(page)
    assert page.locator('[data-key="lead"] svg').inner_html() != before
    address_has(page, "l.offshore_cloud=0%402027Q1")
    expect(page.locator("p.lead")).to_contain_text("Newly rented abroad")
    page.get_by_role("button", name="Undo").click()
    page.locator("text=Nothing is changed yet").wait_for()
    address_lacks(page, "offshore")


def test_chips_that_wait_for_power_are_no_channel_and_no_know_how(page: Any, address: str) -> None:
    page.goto(f"{address}#/simulator?l.power_gw=60%402027Q1")
    settled(page)
    expect(page.locator("[data-panel=why] p.lead")).to_contain_text("wait for power")
    page.goto(f"{address}#/simulator?l.spillover=0.5")
    settled(page)
    expect(page.locator("[data-panel=why] p.lead")).to_contain_text("the spread of know-how")


def test_the_address_holds_the_whole_state(page: Any, address: str) -> None:
    wanted = "#/simulator?base=h200_capped&l.enforcement=0.8%402027Q1&l.open_weights_us=true&p.spillover=0.2%7E0.5&rebase=1&year=2028&show=lead_bought_months"
    page.goto(address + wanted)
    settled(page)
    assert page.locator(".notice").count() == 0
    assert page.get_by_label("Start from scenario").input_value() == "h200_capped"
    assert page.get_by_label("Leakage stopped, as a number").input_value() == "0.8"
    assert page.get_by_label("At the start of", exact=True).input_value() == "2028"
    assert page.get_by_label("Re-base: the baseline under the same assumptions").is_checked()
    first = page.locator(".finding").inner_text()
    page.get_by_label("At the start of", exact=True).select_option("2029")
    page.get_by_label("At the start of", exact=True).select_option("2028")
    settled(page)
    assert page.locator(".finding").inner_text() == first
    again = where(page)
    page.goto("about:blank")
    page.goto(again)
    settled(page)
    assert page.locator(".finding").inner_text() == first


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("base=%2Fetc%2Fpasswd", "no scenario"),
        ("base=<script>alert(1)</script>", "no scenario"),
        ("l.fee=7", "cannot be 7"),
        ("l.fee=NaN", "is no value"),
        ("l.fee=0.3%401999Q9", "cannot be"),
        ("l.__proto__=1", "no lever"),
        ("l.bribes=1", "no lever"),
        ("p.spillover=99", "cannot be 99"),
        ("p.luck=1", "no parameter"),
        ("year=1066", "cannot be 1066"),
        ("seed=-3", "cannot be -3"),
        ("old=1", "means nothing"),
        ("&".join(f"x{n}=1" for n in range(500)), "means nothing"),
    ],
)
def test_a_stale_or_hostile_address_loads_the_nearest_state_and_says_so(
    page: Any, address: str, query: str, said: str
) -> None:
    page.goto(f"{address}#/simulator?{query}")
    settled(page)
    expect(page.locator(".notice")).to_contain_text(said)
    assert page.locator(".notice.bad").count() == 0
    assert page.locator("main script").count() == 0


@pytest.mark.parametrize(
    "where", ["#/nowhere", "#/rules?on=1066-13-45&to=ATLANTIS&x=%3Cb%3E", "#/chips?tab=secret", "#/claims?id=C99&a.x=1"]
)
def test_other_pages_mend_their_address_too(page: Any, address: str, where: str) -> None:
    page.goto(address + where)
    page.locator(".notice").first.wait_for()
    assert page.locator(".notice.bad").count() == 0


def test_a_wrong_name_shows_the_sentence_of_the_command_line(page: Any, address: str) -> None:
    page.goto(f"{address}#/rules?item=h1oo")
    expect(page.locator(".notice.bad").first).to_contain_text("There is no chip called 'h1oo'. Did you mean")


def test_rules_follow_the_day(page: Any, address: str) -> None:
    visit(page, address, "rules")
    expect(page.locator(".outcome")).to_contain_text("No licence is required")
    assert page.locator(".rules table").first.locator("tbody tr").count() > 3
    slider = page.get_by_role("slider")
    slider.focus()
    page.keyboard.press("End")
    page.locator(".outcome", has_text="A licence is required").wait_for()
    address_lacks(page, "on=2024-06-01")
    for figure in ("plane", "timeline"):
        expect(page.locator(f'[data-key="{figure}"] svg')).to_have_count(1)


def test_a_datasheet_value_is_one_click_from_its_source(page: Any, address: str) -> None:
    visit(page, address, "chips")
    page.locator("a.value").first.click()
    page.locator("h2", has_text="Cited").wait_for()
    address_has(page, "#/sources?id=")


def test_the_calculators_answer_and_say_what_does_not_fit(page: Any, address: str) -> None:
    visit(page, address, "training")
    expect(page.locator(".panel h2").first).to_contain_text("days")
    visit(page, address, "serving")
    page.get_by_label("Chips", exact=True).fill("1")
    page.get_by_role("button", name="Compute").click()
    page.locator("h2", has_text="Does not fit").wait_for()
    page.get_by_label("Chips", exact=True).fill("eight")
    page.get_by_role("button", name="Compute").click()
    page.locator("text=is not a number").wait_for()


def test_a_claim_is_judged_again_with_another_argument(page: Any, address: str) -> None:
    page.goto(f"{address}#/claims?id=C02")
    page.locator(".panel .verdict").wait_for()
    page.locator("summary", has_text="Change an argument").click()
    page.get_by_label("chip", exact=True).fill("h20")
    page.get_by_role("button", name="Judge again").click()
    page.locator("text=Judged with changed arguments").wait_for()
    address_has(page, "a.chip=h20")


def test_downloads(page: Any, address: str, tmp_path: Path) -> None:
    visit(page, address, "simulator")
    settled(page)
    with page.expect_download() as found:
        page.get_by_role("button", name="Scenario file").click()
    file = tmp_path / "my_scenario.yaml"
    found.value.save_as(file)
    from leadtime import study

    made = study.scenario(file)
    assert made.lineage[-2:] == ("h200_capped", "my_scenario")
    assert "offshore_cloud" in made.levers
    with page.expect_download() as found:
        page.get_by_role("button", name="Numbers as CSV").click()
    found.value.save_as(tmp_path / "numbers.csv")
    assert (
        (tmp_path / "numbers.csv")
        .read_text()
        .startswith("which,series,unit,time,q10,q50,q90\nyours,lead_true_months,month,")
    )
    with page.expect_download() as found:
        page.get_by_role("button", name="Download lead as SVG").click()
    found.value.save_as(tmp_path / "lead.svg")
    picture = (tmp_path / "lead.svg").read_text()
    assert picture.startswith("<svg")
    assert "var(" not in picture
    assert "True lead" in picture
    with page.expect_download() as found:
        page.get_by_role("button", name="Download lead as PNG").click()
    found.value.save_as(tmp_path / "lead.png")
    image = (tmp_path / "lead.png").read_bytes()
    assert image.startswith(b"\x89PNG")
    width, height = (int.from_bytes(image[at : at + 4], "big") for at in (16, 20))
    assert width > 1000
    assert height > 600
    assert len(set(zlib_rows(image))) > 50  # a picture, not one colour


def test_the_keyboard_alone_reaches_everything(page: Any, address: str) -> None:
    page.goto(address)
    settled(page)
    page.keyboard.press("Tab")
    until(page, "document.activeElement.id === 'skip'")
    page.keyboard.press("Enter")
    until(page, "document.activeElement.id === 'main'")
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "(document.activeElement.getAttribute('aria-label') || document.activeElement.labels?.[0]?.textContent || document.activeElement.textContent || '').trim()"
            )
        )
        if page.evaluate("document.activeElement.type") == "range":
            break
    assert {"Copy link", "Start from scenario", "Compare with"} <= {name if len(name) < 60 else "" for name in reached}
    page.keyboard.press("ArrowRight")
    page.locator(".badge", has_text="1 set").wait_for()
    page.goto(f"{address}#/chips")
    page.get_by_role("tab", name="Chips", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.locator("[role=tab][aria-selected=true]", has_text="Scatter").wait_for()


def test_every_chart_has_a_table_beside_it(page: Any, address: str) -> None:
    visit(page, address, "simulator")
    settled(page)
    page.evaluate("document.querySelectorAll('.figure-tools details').forEach((one) => { one.open = true; })")
    still(page)
    assert page.locator("figure:has(.chart)").count() == page.locator("figure:has(.chart):has(tbody tr)").count() >= 5


def test_japanese(page: Any, address: str) -> None:
    page.goto(f"{address}#/simulator?lang=ja")
    page.locator(".finding h2", has_text="真の先行").wait_for()
    until(page, "document.documentElement.lang === 'ja'")


def test_without_the_server_the_page_says_so(page: Any, address: str) -> None:
    page.goto(address)
    settled(page)
    page.route("**/api/v1/**", lambda route: route.abort())
    slider = page.get_by_role("slider", name="Levy on legal sales", exact=True)
    slider.focus()
    page.keyboard.press("End")
    page.locator("text=The server does not answer").wait_for()
    still(page)  # the refined answer has failed as well
    page.unroute("**/api/v1/**")
    page.get_by_role("button", name="Try again").click()
    page.locator(".tiles").wait_for()


def test_it_loads_and_answers_a_lever_in_the_time_of_a_reader(page: Any, address: str) -> None:
    page.goto(address)
    settled(page)
    page.reload()
    page.locator("figure svg").first.wait_for()
    loaded = page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert loaded < 30_000  # a second on a quiet machine
    times = page.evaluate(
        """async () => {
          const found = [];
          for (let i = 1; i <= 9; i += 1) {
            const start = performance.now();
            await (await fetch('/api/v1/explore', {method: 'POST', headers: {'content-type': 'application/json'},
              body: JSON.stringify({levers: {fee: {'2027Q1': i / 37}}, draws: 400})})).json();
            found.push(performance.now() - start);
          }
          return found.sort((a, b) => a - b);
        }"""
    )
    assert times[4] < 15_000  # 150 ms is the aim on a quiet machine; this one may be shared
