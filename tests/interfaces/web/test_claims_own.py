"""A reader's own claims in a real browser: written, checked, judged, shared by address, downloaded, opened again."""

import base64
import json
import re
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.interfaces._contract import answer
from tests.interfaces.web._page import (
    PATIENCE_S,
    address_lacks,
    expect,
    still,
    until,
    violations,
    where,
    without_other_claims,
)

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CLAIM: dict[str, Any] = {
    "id": "h20-decodes",
    "title": "The H20 decodes faster",
    "statement": "A chip made for the limits of 2023 serves long answers faster than the one that was banned.",
    "who": "A panel, October 2025",
    "compute": {"question": "chip_against", "arguments": {"chip": "h20", "against": "h800"}},
    "test": {"all_of": [{"figure": "decode_ratio", "above": 1}]},
    "figure": "decode_ratio",
}
JUDGE = "**/api/v1/claims/judge"
VERDICTS = ".verdict.supported, .verdict.contradicted, .verdict.depends, .verdict.unresolved"


@pytest.fixture(autouse=True)
def quiet(request: pytest.FixtureRequest) -> None:
    """Tests of the list ask for the verdicts of the other packaged claims."""
    if "page" in request.fixturenames:
        without_other_claims(request.getfixturevalue("page"))


def packed(document: Any) -> str:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = squeeze.compress(json.dumps(document).encode()) + squeeze.flush()
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unpacked(url: str) -> Any:
    text = url.split("own=", 1)[1].split("&", 1)[0]
    return json.loads(zlib.decompress(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), -15))


def written(page: Any, wanted: Callable[[Any], bool]) -> Any:
    """The claims in the address, once they are as wanted: the page packs them in the background."""
    end = time.monotonic() + PATIENCE_S
    while True:
        address = where(page)
        found = unpacked(address) if "own=" in address else []
        if wanted(found):
            return found
        assert time.monotonic() < end, found
        page.wait_for_timeout(50)


def limit_is(above: float) -> Callable[[Any], bool]:
    return lambda found: bool(found) and found[0]["test"]["all_of"][0].get("above") == above


def begin(page: Any, address: str) -> None:
    page.goto(f"{address}#/claims")
    page.get_by_role("button", name="Write your own", exact=True).click()
    page.get_by_label("Title").wait_for()


def fill(page: Any) -> None:
    page.get_by_label("Title").fill(CLAIM["title"])
    page.get_by_label("Statement").fill(CLAIM["statement"])
    page.get_by_label("Who said it").fill(CLAIM["who"])
    page.get_by_label("against", exact=True).fill("h800")
    page.get_by_label("Lower limit", exact=True).fill("1")


def hold(page: Any) -> list[Any]:
    """Hold every request for a verdict until the test lets it go."""
    held: list[Any] = []
    page.route(JUDGE, lambda route: held.append(route))
    return held


def asked(page: Any, held: list[Any]) -> Any:
    """The request for a verdict that is held, once it has come."""
    end = time.monotonic() + PATIENCE_S
    while not held:
        assert time.monotonic() < end, "nothing was asked"
        page.wait_for_timeout(50)
    return held.pop()


def judge(page: Any) -> str:
    page.get_by_role("button", name="Judge", exact=True).click()
    return shown(page)


def shown(page: Any) -> str:
    page.locator(f".own-verdict >> {VERDICTS}").first.wait_for()
    return str(page.locator(".own-verdict .verdict").inner_text())


def test_a_claim_is_written_checked_and_judged(page: Any, address: str) -> None:
    begin(page, address)
    status = page.locator(".own-form .own-status")
    page.locator("text=Still to fill in: Title, Statement, Who said it, a limit in the test").wait_for()
    page.get_by_label("chip", exact=True).fill("h1oo")
    page.locator("text=There is no chip called 'h1oo'. Did you mean").wait_for()
    page.get_by_label("chip", exact=True).fill("../../etc/passwd")
    page.locator("text=looks like a file").wait_for()
    page.get_by_label("chip", exact=True).fill("h20")
    page.get_by_role("button", name="Judge", exact=True).click()
    until(page, "document.activeElement.dataset.own === 'title'")
    fill(page)
    page.get_by_label("Lower limit", exact=True).fill("fast")
    page.locator(".own-form .own-status", has_text="should be a valid number").wait_for()
    page.get_by_label("Lower limit", exact=True).fill("1")
    page.locator("text=Valid: it can be judged.").wait_for()
    assert status.get_attribute("role") == "status"
    verdict = judge(page)
    expect(page.locator('.own-verdict [data-key="claim"] svg')).to_have_count(1)
    assert "Decode rate, H20" in page.locator(".own-verdict figure h3").first.inner_text()
    assert page.locator(".own-verdict blockquote").inner_text() == CLAIM["statement"]
    expect(page.locator(".panel > [role=status]")).to_contain_text(re.compile(verdict, re.IGNORECASE))
    until(page, "document.activeElement.tagName === 'H2'")
    page.get_by_label("Lower limit", exact=True).fill("0.1")
    page.locator("text=Changed since this verdict").wait_for()
    assert judge(page) == "supported"
    expect(page.locator('[data-claim="my-claim"] .verdict')).to_have_text("supported")


def test_the_address_holds_the_claim_and_nothing_else_does(page: Any, address: str) -> None:
    begin(page, address)
    fill(page)
    verdict = judge(page)
    probability = page.locator(".own-verdict p").first.inner_text()
    (document,) = written(page, limit_is(1))
    link = where(page)
    assert len(link) < 700
    assert document["compute"] == {"question": "chip_against", "arguments": {"against": "h800"}}
    assert page.evaluate("document.cookie") == ""
    assert page.evaluate("sessionStorage.length") == 0
    assert page.evaluate("Object.keys(localStorage).filter((key) => !/language|theme/.test(key)).length") == 0
    page.goto("about:blank")
    page.goto(link)
    assert shown(page) == verdict
    assert page.locator(".own-verdict p").first.inner_text() == probability
    assert page.locator(".notice").count() == 0
    still(page)
    assert where(page) == link
    page.locator(".own-change > summary").click()
    assert page.get_by_label("Statement").input_value() == CLAIM["statement"]
    assert page.get_by_label("against", exact=True).input_value() == "h800"


def test_a_verdict_on_what_was_written_before_says_so(page: Any, address: str) -> None:
    begin(page, address)
    fill(page)
    held = hold(page)
    page.get_by_role("button", name="Judge", exact=True).click()
    request = asked(page, held)
    page.get_by_label("Lower limit", exact=True).fill("0.1")
    request.continue_()
    shown(page)
    page.locator("text=Changed since this verdict").wait_for()
    expect(page.locator('[data-claim="my-claim"] .verdict')).to_have_text("draft")


def test_a_verdict_that_nobody_waited_for_falls_when_the_claim_has_changed(page: Any, address: str) -> None:
    other = {**CLAIM, "id": "second", "title": "Another"}
    held = hold(page)
    page.goto(f"{address}#/claims?own={packed([CLAIM, other])}")
    asked(page, held).continue_()
    shown(page)
    request = asked(page, held)
    second = page.locator('[data-claim="second"]')
    second.click()
    page.locator(".own-form").get_by_label("Lower limit", exact=True).fill("0.1")
    with page.expect_response(JUDGE):
        request.continue_()
    page.locator("text=Valid: it can be judged.").wait_for()
    still(page)
    expect(second.locator(".verdict")).to_have_text("draft")
    page.unroute(JUDGE)
    assert judge(page) == "supported"
    expect(second.locator(".verdict")).to_have_text("supported")


def test_the_downloaded_file_runs_on_the_command_line(page: Any, address: str, tmp_path: Path) -> None:
    page.goto(f"{address}#/claims?own={packed([{**CLAIM, 'judgeable_on': '2028-01-01', 'why_this_test': 'yes: no'}])}")
    verdict = shown(page)
    page.locator(".own-change > summary").click()
    page.locator("text=Valid: it can be judged.").wait_for()
    with page.expect_download() as found:
        page.get_by_role("button", name="Download claim file").click()
    assert found.value.suggested_filename == "h20-decodes.yaml"
    path = tmp_path / "mine.yaml"
    found.value.save_as(path)
    entry = answer("claims", str(path))["data"][0]
    assert entry["verdict"] == verdict
    assert (entry["id"], entry["judgeable_on"], entry["why_this_test"]) == ("h20-decodes", "2028-01-01", "yes: no")
    page.locator("summary", has_text="Open a claim file").click()
    page.get_by_label("File", exact=True).set_input_files(path)
    until(page, "document.querySelector('.own-tools textarea').value.length > 50")
    page.get_by_role("button", name="Read it").click()
    page.locator('[data-claim="h20-decodes-2"][aria-current]').wait_for()
    first, second = written(page, lambda found: len(found) == 2)
    assert {**second, "id": first["id"]} == first
    assert shown(page) == verdict


def test_text_is_opened_by_the_server_or_refused_in_its_sentence(page: Any, address: str) -> None:
    page.goto(f"{address}#/claims")
    page.locator("summary", has_text="Open a claim file").click()
    box, news = page.get_by_label("Or its text"), page.locator(".own-tools .own-status")
    read = page.get_by_role("button", name="Read it")
    for text, words in [
        ("", "Choose a file"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("id: mine", "is missing"),
        (yaml.safe_dump({**CLAIM, "compute": {"question": "chip_against", "arguments": {"model": "/etc/passwd"}}}), "looks like a file"),
    ]:  # fmt: skip
        box.fill(text)
        read.click()
        news.filter(has_text=words).wait_for()
    assert "own=" not in where(page)
    box.fill(json.dumps(CLAIM))
    read.click()
    shown(page)
    expect(page.locator(".claims-groups h2").first).to_have_text("Your claims, in this address")


def test_a_claim_of_ones_own_begins_from_a_packaged_one(page: Any, address: str) -> None:
    page.goto(f"{address}#/claims?id=C02&a.chip=h20")
    page.locator("text=Judged with changed arguments").wait_for()
    page.get_by_role("button", name="Write your own from this").click()
    page.locator('[data-claim="my-C02"][aria-current]').wait_for()
    page.locator("text=Valid: it can be judged.").wait_for()
    assert page.get_by_label("chip", exact=True).input_value().startswith("h20")
    assert judge(page) in {"supported", "contradicted", "depends", "unresolved"}
    page.get_by_role("button", name="Remove this claim").click()
    page.locator("text=was removed").wait_for()
    address_lacks(page, "own=")


def test_another_question_brings_its_own_arguments_and_figures(page: Any, address: str) -> None:
    begin(page, address)
    page.get_by_label("Question", exact=True).select_option("run_date")
    page.get_by_label("whose", exact=True).wait_for()
    assert page.get_by_label("n_chips", exact=True).get_attribute("min") == "1000"
    assert page.get_by_label("draws", exact=True).get_attribute("max") == "10000"
    names = page.evaluate(
        "document.getElementById(document.querySelector('input[list]').getAttribute('list')).options.length"
    )
    assert names > 20
    page.get_by_label("Figure of the answer").select_option("delay_months")
    expect(page.get_by_label("Headline figure")).to_have_value("delay_months")
    page.get_by_role("button", name="Add a condition").first.click()
    expect(page.get_by_label("Figure of the answer")).to_have_count(2)
    page.get_by_role("button", name="Remove condition 2").click()
    expect(page.get_by_label("Figure of the answer")).to_have_count(1)
    page.get_by_label("Question", exact=True).select_option("rule_dates")
    page.get_by_label("items", exact=True).wait_for()
    assert page.get_by_label("on", exact=True).get_attribute("type") == "date"


HOSTILE = [
    ("AAAA", "could not be read"),
    ("%00%FF", "could not be read"),
    ("x" * 9000, "could not be read"),
    (packed("text"), "could not be read"),
    (packed([{"title": "y" * 50_000_000}]), "could not be read"),  # unpacks into far more than it takes to carry
    (packed([CLAIM] * 20), "at most 8 claims"),
    (packed([{**CLAIM, "id": "C01"}]), "cannot be C01; C01-2 is used"),
    (packed([{**CLAIM, "id": "../etc"}]), "cannot be ../etc"),
    (packed([{**CLAIM, "title": {"a": 1}}]), "is no value for title"),
    (packed([{**CLAIM, "statement": "z" * 5000}]), "longer than 1500"),
    (packed([{**CLAIM, "figure": "__proto__"}]), "cannot be __proto__"),
    (packed([{**CLAIM, "test": {"all_of": [{"figure": "constructor", "above": 1}]}}]), "no figure constructor"),
    (packed([{**CLAIM, "compute": {"question": "toString"}}]), "cannot be toString"),
    (packed([{**CLAIM, "compute": {"question": "chip_against", "arguments": {"__proto__x": 1}}}]), "no argument __proto__x"),
    (packed([{**CLAIM, "compute": {"question": "chip_against", "arguments": {"n_chips": 1e9}}}]), "n_chips cannot be 1000000000; 4096 is used"),
    (packed([{**CLAIM, "compute": {"question": "chip_against", "arguments": {"on": "1066-10-14"}}}]), "2020-01-01 is used"),
    (packed([{**CLAIM, "compute": {"question": "chip_against", "arguments": {"n_chips": "eight"}}}]), "cannot be eight; 16 is used"),
]  # fmt: skip


@pytest.mark.parametrize(("own", "said"), HOSTILE, ids=[said for _, said in HOSTILE])
def test_a_broken_or_hostile_address_loads_the_nearest_state_and_says_so(
    page: Any, address: str, own: str, said: str
) -> None:
    page.goto(f"{address}#/claims?own={own}")
    page.locator(".notice", has_text=said).wait_for()
    page.locator(".panel h2").first.wait_for()
    assert page.locator(".notice.bad").count() == 0
    assert page.locator("main script").count() == 0


def test_markup_in_a_claim_stays_text(page: Any, address: str) -> None:
    claim = {**CLAIM, "title": "<img src=x onerror=alert(1)>", "statement": "<script>document.title='x'</script>"}
    page.goto(f"{address}#/claims?own={packed([claim])}")
    shown(page)
    assert page.locator(".panel h2").first.inner_text() == claim["title"]
    assert page.locator("main img").count() == 0
    assert page.title().startswith("Claims")


def test_a_name_that_only_the_server_can_judge_is_shown_with_its_sentence(page: Any, address: str) -> None:
    claim = {**CLAIM, "compute": {"question": "chip_against", "arguments": {"chip": "../../etc/passwd"}}}
    page.goto(f"{address}#/claims?own={packed([claim])}")
    page.locator(".own-verdict .notice.bad", has_text="looks like a file").wait_for()
    page.locator(".own-change > summary").click()
    assert page.get_by_label("chip", exact=True).input_value() == "../../etc/passwd"


def test_an_address_holds_only_so_much(page: Any, address: str) -> None:
    begin(page, address)
    fill(page)
    page.get_by_label("Upper limit", exact=True).fill("5")
    written(page, limit_is(1))
    page.get_by_text("Reasons, date and id").click()
    for label, step in (("What would change it", 7919), ("Why this test decides", 6271), ("Statement", 4099)):
        text = "".join(chr(0x4E00 + (n * n * step) % 20_000) for n in range(1500))  # does not compress
        page.get_by_label(label, exact=True).fill(text)
    page.locator(".own-form .own-status", has_text="Too long for a link").wait_for()
    assert len(where(page)) < 8_600
    page.get_by_label("What would change it", exact=True).fill("")
    page.get_by_label("Why this test decides", exact=True).fill("")
    page.locator("text=Valid: it can be judged.").wait_for()
    written(page, lambda found: found[0]["statement"] == text)


def test_the_keyboard_alone_writes_and_judges(page: Any, address: str) -> None:
    page.goto(f"{address}#/claims")
    page.get_by_role("button", name="Write your own", exact=True).wait_for()
    here = "(document.activeElement.getAttribute('aria-label') || document.activeElement.labels?.[0]?.textContent || document.activeElement.textContent || '').trim()"

    def tab_to(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate(here) == name:
                return
        raise AssertionError(f"{name} is not reached")

    tab_to("Write your own")
    page.keyboard.press("Enter")
    until(page, "document.activeElement.dataset.own === 'title'")
    page.keyboard.type("Half the rate")
    tab_to("Statement")
    page.keyboard.type("An H20 decodes at half the rate of an H100 or better.")
    tab_to("Who said it")
    page.keyboard.type("Nobody yet")
    tab_to("Figure of the answer")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    tab_to("Lower limit: included or not")
    page.keyboard.press("ArrowDown")
    tab_to("Lower limit")
    page.keyboard.type("0.5")
    page.keyboard.press("Enter")
    assert shown(page) == "supported"
    written(page, lambda found: found[0]["test"] == {"all_of": [{"figure": "decode_ratio", "at_least": 0.5}]})
    until(page, "document.activeElement.tagName === 'H2'")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation_and_no_sideways_scroll(page: Any, address: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{address}#/claims?own={packed([CLAIM])}")
    shown(page)
    page.locator(".own-change > summary").click()
    for summary in ("Open a claim file", "Conditions of which one suffices", "Reasons, date and id"):
        page.locator("summary", has_text=summary).click()
    page.locator("text=Valid: it can be judged.").wait_for()
    page.get_by_label("chip", exact=True).fill("h1oo")
    page.locator("text=There is no chip called").wait_for()
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        still(page)
        assert violations(page) == [], width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_busy_server_is_asked_again(page: Any, address: str) -> None:
    busy = {"ok": False, "error": {"code": "busy", "message": "Too many questions are waiting.", "hint": ""}}
    asked: list[str] = []

    def first_busy(route: Any) -> None:
        asked.append(route.request.url)
        if len(asked) == 1:
            route.fulfill(status=429, content_type="application/json", body=json.dumps(busy))
        else:
            route.continue_()

    page.route(re.compile(r"/claims/C02$"), first_busy)
    page.goto(f"{address}#/claims")
    page.locator(f'[data-claim="C02"] >> {VERDICTS}').wait_for()
    assert len(asked) == 2
    page.locator(
        '[data-claim="C03"] .verdict.failed'
    ).wait_for()  # put off by this file's fixture: no answer, not a busy one


def test_in_japanese(page: Any, address: str) -> None:
    page.goto(f"{address}#/claims?lang=ja&own={packed([CLAIM])}")
    shown(page)
    page.locator(".own-change > summary").click()
    page.locator("text=有効です").wait_for()
    assert page.get_by_label("題名").input_value() == CLAIM["title"]
    assert page.locator("[data-own=question] option:checked").inner_text() == "チップ同士の比較"


def test_every_question_has_a_title_in_both_languages() -> None:
    import leadtime
    from leadtime.study import questions

    folder = Path(leadtime.__file__).parent / "interfaces" / "web" / "src" / "lang"
    for language in ("en", "ja"):
        texts = json.loads((folder / f"{language}.json").read_text(encoding="utf-8"))
        titles = {key.removeprefix("question.") for key in texts if key.startswith("question.")}
        assert titles == set(questions.names())


def test_what_a_question_says_of_itself_is_said_in_japanese_too() -> None:
    from leadtime import catalog
    from leadtime.claims import describe_question
    from leadtime.study import questions

    said = catalog.words("ja")
    for name in questions.names():
        told = describe_question(name, figures=False)
        for text in (told["summary"], *(about["text"] for about in told["arguments"].values())):
            assert said.find(text), f"{name}: {text}"
