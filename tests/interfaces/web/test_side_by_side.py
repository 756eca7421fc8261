"""Scenarios beside yours, levers in steps, published positions, figures inside other pages."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.interfaces._server import served
from tests.interfaces.web._page import (
    PATIENCE_S,
    RUN_S,
    address_has,
    expect,
    settled,
    still,
    until,
    violations,
    where,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def open_group(page: Any, name: str) -> None:
    page.evaluate(f"document.querySelector('[data-group={name}]').open = true")


def test_scenarios_stand_side_by_side(page: Any, address: str) -> None:
    page.goto(f"{address}#/simulator?base=cloud_closed")
    settled(page)
    expect(page.locator("[data-panel=beside]")).not_to_be_visible()
    open_group(page, "beside")
    page.get_by_role("button", name="Keep mine beside").click()
    page.get_by_label("Put beside").select_option("nvidia_2025")
    page.get_by_label("Start from scenario").select_option("h200_uncapped")
    page.locator("[data-figure=beside] svg").wait_for()
    settled(page)
    address_has(page, "with=cloud_closed&with=nvidia_2025")
    page.locator("[data-figure=lead] .legend li", has_text="NVIDIA").wait_for()
    page.locator("[data-figure=beside] summary").click()
    rows = page.locator("[data-figure=beside] tbody tr")
    expect(rows).to_have_count(4)  # each scenario comes with its own answer
    still(page)
    leads = [float(re.findall(r"-?[\d.]+", text)[0]) for text in rows.locator("td:nth-child(2)").all_inner_texts()]
    title = page.locator("[data-figure=beside] h3").inner_text()
    assert f"{max(leads):g} months" in title
    expect(page.locator("[data-panel=take] pre").first).to_have_text(
        "leadtime compare baseline h200_uncapped cloud_closed nvidia_2025 --draws 4000 --seed 1"
    )
    page.get_by_role("button", name=re.compile("^Take Competing")).click()
    page.get_by_role("button", name=re.compile("^Change Rental")).click()
    address_has(page, "base=cloud_closed&with=h200_uncapped")
    page.get_by_role("button", name="Undo").click()
    address_has(page, "base=h200_uncapped&with=cloud_closed")


def test_what_stands_beside_is_what_the_command_line_says(page: Any, address: str) -> None:
    from leadtime import study

    page.goto(f"{address}#/simulator?with=no_controls")
    page.locator("[data-figure=beside] svg").wait_for()
    settled(page)
    found = study.compare(["baseline", "no_controls"], draws=4000, seed=1).as_data()
    difference = found["differences"]["no_controls"]["lead_true_months_2030"]["value"]
    page.locator("[data-figure=beside] summary").click()
    shown = page.locator("[data-figure=beside] tbody tr").nth(2).locator("td").nth(-2).inner_text()
    assert float(re.findall(r"[\d.]+", shown)[0]) == pytest.approx(abs(difference), abs=0.06)


def test_a_kept_scenario_of_ones_own_travels_in_the_address(page: Any, address: str, tmp_path: Path) -> None:
    inner = "?base=h20_banned&name=Mine & <b>yours</b>&l.fee=0.1@2027Q1,0.3@2029Q1&p.spillover=0.2~0.4"
    page.goto(f"{address}#/simulator?with={quote(inner.replace(' & ', ' %26 '))}")
    page.locator("[data-figure=beside] svg").wait_for()
    settled(page)
    still(page)
    assert page.locator(".notice").count() == 0
    open_group(page, "beside")
    expect(page.get_by_label(re.compile("^Name of Mine"))).to_have_value("Mine & <b>yours</b>")
    assert page.locator("main b").count() == 0
    with page.expect_download() as found:
        page.get_by_role("button", name="File of Mine").click()
    file = tmp_path / "kept.yaml"
    found.value.save_as(file)
    from leadtime import study

    made = study.scenario(file)
    assert [value for _, value in made.levers["fee"]][-2:] == [0.1, 0.3]
    assert made.parameters["spillover"] == (0.2, 0.4)
    page.get_by_label(re.compile("^Name of Mine")).fill("Second thoughts")
    page.keyboard.press("Enter")
    page.locator("[data-figure=lead] .legend li", has_text="Second thoughts").wait_for()
    again = where(page)
    page.goto("about:blank")
    page.goto(again)
    page.locator("[data-figure=lead] .legend li", has_text="Second thoughts").wait_for()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("with=nowhere", "no scenario nowhere"),
        ("with=%3Fbase%3D%2Fetc%2Fpasswd", "no scenario"),
        ("with=%3Fl.fee%3D9", "cannot be 9"),
        ("with=%3Fwith%3D%253F", "means nothing"),
        ("with=a&with=b&with=c&with=h20_free&with=h20_banned&with=no_controls&with=hbm_never", "At most 3"),
        ("l.fee=0.1@2027Q1,oops@2028Q1", "is no value"),
        ("l.fee=0.3@2028Q1,0.1@2027Q1", "cannot be"),
        ("l.fee=0.1,0.9@2027Q1,2@2028Q1", "cannot be"),
        ("embed=everything", "is no value"),
        ("r.start.everything=2027Q1", "no lever called start.everything"),
        ("r.bill.safe-chips=never", "is no value"),
        ("r.start.letter-2025=2022Q1", "is no value"),
        ("with=%3Fr.bill.nothing%3D2027Q1", "no lever called bill.nothing"),
        ("v=0.0.1-2020.01.01", "was made with version 0.0.1-2020.01.01"),
    ],
)
def test_hostile_addresses_load_the_nearest_state(page: Any, address: str, query: str, said: str) -> None:
    page.goto(f"{address}#/simulator?{query}")
    settled(page)
    expect(page.locator(".notice").first).to_contain_text(said)
    assert page.locator(".notice.bad").count() == 0


def test_a_lever_changes_in_steps(page: Any, address: str) -> None:
    page.goto(address)
    settled(page)
    slider = page.get_by_role("slider", name="Levy on legal sales", exact=True)
    slider.focus()
    page.keyboard.press("End")
    page.get_by_role("button", name="Add a later change of Levy on legal sales").click()
    page.get_by_label("Levy on legal sales, change 2, as a number").fill("0.1")
    page.keyboard.press("Enter")
    page.get_by_label("Levy on legal sales, change 2, from when").select_option("2029Q3")
    settled(page)
    address_has(page, "l.fee=1%402027Q1%2C0.1%402029Q3")
    page.locator("summary", has_text="Show the scenario file").click()
    for line in ("2027Q1: 1", "2029Q3: 0.1"):
        expect(page.locator("[data-panel=take] details pre").first).to_contain_text(line)
    page.get_by_role("button", name="Take away: Levy on legal sales, change 2").click()
    until(page, "location.href.endsWith('l.fee=1%402027Q1')")


def test_a_lever_says_who_sets_it_and_a_position_who_holds_it(page: Any, address: str) -> None:
    page.goto(f"{address}#/simulator?base=per_customer_cap_2026")
    settled(page)
    lever = page.locator("[data-lever='sales_caps.h200.chips_per_customer_per_year']")
    lever.locator("summary").click()
    for text in ("75k from 2026-04-01", "businesstimes-h200-cap"):
        expect(lever.locator(".set-by")).to_contain_text(text)
    page.locator("summary", has_text="What this scenario says").click()
    expect(page.locator(".about")).to_contain_text("US officials")
    groups = page.locator("[aria-describedby], select").locator("optgroup").all()
    assert {group.get_attribute("label") for group in groups} == {"Scenarios", "Published positions"}


@pytest.mark.parametrize("figure", ["lead", "beside", "channels", "deployment", "bite", "why", "wedges", "drivers"])
def test_an_embedded_page_shows_one_figure(page: Any, address: str, figure: str) -> None:
    page.goto(f"{address}embed#/simulator?base=cloud_closed&l.fee=0.3&with=h20_banned&embed={figure}")
    page.locator(f"figure[data-figure={figure}] svg").wait_for()
    still(page)
    shown = page.locator("figure:visible").evaluate_all("(all) => all.map((one) => one.dataset.figure)")
    assert shown == [figure]
    expect(page.locator("nav")).not_to_be_visible()
    link = page.locator(".embed-source a").get_attribute("href")
    assert link.startswith(f"{address}#/simulator?")
    assert "embed" not in link
    assert violations(page) == []


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, dict[str, str]]]:
    """A page of another site: its address, and the body to put into it."""
    held = {"body": ""}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>Elsewhere</title>{held['body']}".encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", held
    server.shutdown()
    server.server_close()


def test_the_code_to_embed_works_in_a_page_that_the_server_was_told_of(
    browser: Any, page: Any, address: str, elsewhere: tuple[str, dict[str, str]]
) -> None:
    origin, held = elsewhere
    page.goto(f"{address}#/simulator?base=cloud_closed")
    settled(page)
    page.locator("summary", has_text="Embed a figure").click()
    page.get_by_label("Figure", exact=True).select_option("bite")
    code = page.locator(".embed-code code").inner_text()
    with served("--embed-from", origin) as told:
        other = browser.new_page()
        other.set_default_timeout(PATIENCE_S * 1000)
        held["body"] = code.replace(address, told.url)
        other.goto(origin)
        other.frame_locator("iframe").locator("figure[data-figure=bite] svg").wait_for()
        held["body"] = code  # of the server that was told of nobody
        with other.expect_console_message(lambda message: "frame-ancestors" in message.text):
            other.goto(origin)
        assert other.frame_locator("iframe").locator("figure").count() == 0
        other.close()


@pytest.mark.parametrize("width", [360, 1280])
def test_side_by_side_fits_and_is_accessible(page: Any, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(
        f"{address}#/simulator?base=h200_capped&l.fee=0.2%402027Q1%2C0.3%402029Q1&with=h20_banned&with=nvidia_2025"
    )
    page.locator("[data-figure=beside] svg").wait_for()
    settled(page)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    still(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert violations(page) == [], scheme


def test_a_long_run_is_watched_and_stopped(page: Any, address: str) -> None:
    page.goto(f"{address}#/simulator?base=cloud_closed")
    settled(page)
    page.locator("summary", has_text="Run it with more draws").click()
    page.get_by_label("Draws", exact=True).select_option("100000")
    page.get_by_role("button", name="Run on the server").click()
    page.locator("progress").wait_for()
    page.locator(".long [role=status]", has_text=re.compile("[1-9][0-9]? % done")).wait_for(timeout=RUN_S * 1000)
    page.get_by_role("button", name="Stop", exact=True).click()
    page.locator("text=Stopped.").wait_for()
    until(page, "fetch('/api/v1/jobs').then((one) => one.json()).then(({data}) => data.at(-1).status === 'stopped')")
    page.get_by_label("Draws", exact=True).select_option("20000")
    page.get_by_role("button", name="Run on the server").click()
    page.locator(".long li", has_text="months").wait_for(timeout=RUN_S * 1000)
    with page.expect_download() as found:
        page.locator(".long").get_by_role("button", name="Everything as JSON").click()
    assert found.value.suggested_filename == "leadtime-long.json"


def test_a_copied_link_says_which_version_made_it(page: Any, address: str) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{address}#/simulator?base=cloud_closed")
    settled(page)
    button = page.get_by_role("button", name="Copy link")
    button.evaluate(
        "one => new MutationObserver(() => { one.dataset.said ??= one.textContent; }).observe(one, {childList: true})"
    )
    button.click()
    until(page, "document.querySelector('[data-said]')?.dataset.said === 'Copied'")  # it says so for a moment only
    copied = page.evaluate("navigator.clipboard.readText()")
    version = page.evaluate("fetch('/api/v1/scenarios').then((answer) => answer.json())")["meta"]
    assert copied.endswith(f"#/simulator?base=cloud_closed&v={version['version']}-{version['data_version']}")
    page.goto("about:blank")
    page.goto(copied)
    settled(page)
    assert page.locator(".notice").count() == 0


def test_bills_and_dates_of_rules_are_levers(page: Any, address: str, tmp_path: Path) -> None:
    from leadtime import study

    page.goto(f"{address}#/simulator?base=beijing_open&against=beijing_open")
    settled(page)
    open_group(page, "moves")
    page.get_by_label("SAFE Chips Act of 2025").select_option("2027Q3")
    page.get_by_label("Letters that control the H20").select_option("2023Q4")
    page.locator("[data-group=moves] .badge", has_text="2 set").wait_for()
    settled(page)
    address_has(page, "r.bill.safe-chips=2027Q3&r.start.letter-2025=2023Q4")
    page.locator("p.lead", has_text=re.compile("Sold legally brings .* less")).wait_for()
    page.locator("[data-panel=wedges] figure svg").wait_for()
    with page.expect_download() as found:
        page.get_by_role("button", name="Scenario file").click()
    file = tmp_path / "bills.yaml"
    found.value.save_as(file)
    made = study.scenario(file)
    assert made.amendments[0] == {"bill": "safe-chips", "enacted": "2027-07-01"}
    assert made.amendments[1]["changes"] == [{"start": {"rule": "letter-2025", "on": "2023-10-01"}}]
    page.get_by_role("button", name="Reset").click()
    page.locator("text=Nothing is changed yet").wait_for()
    until(page, "!location.hash.includes('r.')")
