"""The rules page beyond chips: technology and the other kinds of item, items made abroad, and the command that says the same."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

import leadtime
from leadtime import rules
from tests.interfaces._contract import run
from tests.interfaces.web._page import address_has, address_lacks, expect, still, violations, where

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def finding(page: Any, text: str) -> None:
    page.locator(".outcome h2", has_text=text).wait_for()


def opened(page: Any, address: str, query: str) -> None:
    page.goto("about:blank")
    page.goto(f"{address}#/rules?{query}")
    page.locator(".outcome h2").wait_for()


def kind(page: Any, name: str, title: str) -> Any:
    page.get_by_label("What is exported").select_option(name)
    return page.get_by_role("group", name=title)


def determine(page: Any) -> None:
    page.get_by_role("button", name="Determine").click()


def entry(page: Any) -> Any:
    return page.locator("dt", has_text="Entry").locator("xpath=following-sibling::dd[1]")


def test_technology_has_its_entry_and_a_deemed_export_is_another_question(page: Any, address: str) -> None:
    opened(page, address, "on=2026-02-01&to=CN")
    group = kind(page, "technology", "Technology; deemed exports")
    group.get_by_label("For developing or producing").select_option("3A090.a")
    determine(page)
    finding(page, "my technology to China on 2026-02-01: A licence is required")
    expect(entry(page)).to_have_text("3E001")
    address_has(page, "kind=technology&technology_for=3A090.a")
    group.get_by_label("Released to a foreign person").select_option("yes")
    group.get_by_label("Another provision asks for a licence").select_option("no")
    determine(page)
    finding(page, "No licence is required")
    address_has(page, "deemed=yes")
    group.get_by_label("For developing or producing").select_option("4A090.b")
    determine(page)
    expect(entry(page)).to_have_text("4E001")
    again = where(page)
    page.goto("about:blank")
    page.goto(again)
    finding(page, "No licence is required")
    expect(entry(page)).to_have_text("4E001")
    expect(page.locator(".notice")).to_have_count(0)


def test_what_was_typed_for_one_kind_stays_while_another_is_looked_at(page: Any, address: str) -> None:
    opened(page, address, "on=2025-02-01&to=CN")
    kind(page, "weights", "Model weights").get_by_label("Operations in training").fill("1e27")
    determine(page)
    address_has(page, "kind=weights&training_flop=1e27")
    kind(page, "hbm", "A memory stack").get_by_label("Memory bandwidth").fill("460")
    determine(page)
    address_lacks(page, "training_flop")
    address_has(page, "memory_bandwidth_gb_s=460")
    expect(kind(page, "weights", "Model weights").get_by_label("Operations in training")).to_have_value("1e27")
    page.get_by_label("What is exported").select_option("named")
    expect(page.get_by_label("Chip", exact=True)).to_be_visible()
    determine(page)
    address_lacks(page, "kind=")


def test_a_system_holds_chips_by_name_and_a_bad_count_is_refused_in_words(page: Any, address: str) -> None:
    opened(page, address, "on=2024-06-01&to=CN&kind=system&contains=h100:8")
    finding(page, "A licence is required")
    page.get_by_label("Chips in it").fill("h100:many")
    determine(page)
    page.locator(".panel .notice.bad", has_text="count is 'many'").first.wait_for()
    page.get_by_label("Chips in it").fill("")
    determine(page)
    page.locator(".panel .notice.bad", has_text="a list of chips").first.wait_for()


def test_a_page_that_leaves_a_field_alone_shows_what_the_book_takes_for_it() -> None:
    """A flag or a choice that the page does not call unknown is the default of the book, and the other way round."""
    source = (Path(leadtime.__file__).parent / "interfaces/web/src/rules_items.ts").read_text()
    flags = dict(re.findall(r'flag\("(\w+)"(?:, "(\w+)")?\)', source))
    choices = dict(re.findall(r'name: "(\w+)", type: "choice"(?:, first: "(\w+)")?', source))
    assert len(flags) >= 10
    assert set(choices) == {"seller", "packager", "designer_status", "technology_for"}
    facts = rules.book("us_ear").frame.facts
    for name, first in {**flags, **choices}.items():
        default = facts[name].default
        if name == "published":  # unknown for weights; of technology it is no where left out (`rules.item_from_spec`)
            continue
        assert first == ("" if default is None else "no" if default is False else default), name


def test_us_content_takes_an_item_made_abroad_out_of_the_rules(page: Any, address: str) -> None:
    opened(page, address, "item=h20&on=2025-06-01&to=SG")
    page.locator("summary", has_text="More about the transaction").click()
    page.get_by_label("Sent from").fill("TW")
    page.get_by_label("Destination").fill("CN")
    determine(page)
    finding(page, "A licence is required")
    page.get_by_label("Controlled US content").fill("0.1")
    page.get_by_label("A foreign direct product rule is met").select_option("no")
    determine(page)
    address_has(page, "content=0.1&product=no")
    page.locator(".outcome.not_required, .outcome.not_in_force").wait_for()
    page.get_by_label("A foreign direct product rule is met").select_option("yes")
    determine(page)
    finding(page, "A licence is required")


QUERIES = [
    "item=H100%20SXM5&to=CN&on=2024-06-01&hq=CN&posture=text&use=military&certified=1",
    "item=h20&to=CN&on=2025-06-01&from=TW&content=0.1&product=no&quantity=10",
    "item=h200&to=AE&on=2027-06-01&hq=US&consignee=G42&owners=SMIC:0.5;Huawei&bills=safe-chips,gain-ai",
    "own=1&tpp=4799&performance_density=1.5&dc=yes&to=CN&on=2024-06-01",
    "kind=technology&technology_for=4A090.a&deemed=unknown&to=CN&on=2026-02-01",
    "kind=weights&training_flop=1e27&published=no&to=CN&on=2025-02-01",
    "kind=system&contains=h100:8;h20&to=CN&on=2024-06-01",
    "kind=hbm&memory_bandwidth_gb_s=460&package_area_mm2=110&interface_die=no&co_packaged=unknown&to=CN&on=2025-03-01",
    "kind=die&n_transistors=5e10&advanced_node=yes&seller=fabricator&designer_status=approved&to=CN&on=2025-06-01",
]


@pytest.mark.parametrize("query", [*QUERIES, f"{QUERIES[4]}&lang=ja"])
def test_the_command_says_what_the_page_says(page: Any, address: str, query: str, tmp_path: Path) -> None:
    with page.expect_response("**/api/v1/classify") as heard:
        page.goto(f"{address}#/rules?{query}")
    shown = heard.value.json()["data"]
    page.locator("details.take summary").click()
    command = page.locator("[data-command]").inner_text()
    words = shlex.split(command)
    assert words[:2] == ["leadtime", "classify"]
    if "--spec" in words:
        (tmp_path / "item.yaml").write_text(page.locator("[data-spec]").inner_text(), encoding="utf-8")
    said = run(*words[1:], "--json", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    data = json.loads(said.stdout)["data"]
    names = ("item", "kind", "on", "to", "hq", "posture", "outcome", "possible_outcomes", "eccn", "review", "missing", "quantity")  # fmt: skip
    assert {name: data[name] for name in names} == {name: shown[name] for name in names}
    assert len(data["trace"]) == len(shown["trace"])


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("name", ["technology", "die", "hbm", "weights", "system"])
def test_every_kind_fits_and_is_accessible(page: Any, address: str, width: int, name: str) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    opened(page, address, f"kind={name}&contains=h100&on=2025-06-01&from=TW&lang={'ja' if name == 'die' else 'en'}")
    page.locator("details.take summary").click()
    page.locator("[data-figure=plane] svg").wait_for()
    still(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    scheme = "dark" if width == 360 else "light"
    page.emulate_media(color_scheme=scheme)
    assert violations(page) == [], scheme
