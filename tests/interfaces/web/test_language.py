"""Every text that the model shows has its words in every language, and one English text has one translation everywhere."""

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import leadtime
from leadtime import catalog, rules, study
from leadtime.catalog import Words
from leadtime.catalog._words import CODE, HOLE
from leadtime.claims import judge, packaged_claims
from leadtime.reports._page import texts
from leadtime.reports._words import languages, speaker
from tests.interfaces.web._page import still, until

PACKAGE = Path(leadtime.__file__).parent
LANG = PACKAGE / "interfaces" / "web" / "src" / "lang"
OTHERS = [language for language in catalog.languages() if language != catalog.ENGLISH]


def page_texts(language: str) -> dict[str, str]:
    found: dict[str, str] = json.loads((LANG / f"{language}.json").read_text(encoding="utf-8"))
    return found


def unsaid(english: "set[str] | list[str]", words: Words) -> list[str]:
    """Return the texts without words; names and codes need none."""
    return sorted({text for text in english if text and words.find(text) is None and not CODE.fullmatch(text)})


def test_a_language_has_all_three_parts() -> None:
    pages = sorted(path.stem for path in LANG.glob("*.json"))
    assert pages == sorted(languages()) == sorted(catalog.languages())


@pytest.mark.parametrize("language", OTHERS)
def test_every_scenario_has_a_title_and_a_text(language: str) -> None:
    words = catalog.words(language)
    for one in study.scenarios():
        assert words.find(one.title), f"{one.name}: title"
        assert words.find(one.text), f"{one.name}: text"
    both = study.scenario("h20_banned+cloud_closed")
    assert both.title not in (words.of(both.title), "")


@pytest.mark.parametrize("language", OTHERS)
def test_every_lever_parameter_and_output_has_its_meaning(language: str) -> None:
    words = catalog.words(language)
    assert unsaid({row["description"] for row in study.lever_table()}, words) == []
    parameters = study.parameter_table()
    assert unsaid({row["description"] for row in parameters}, words) == []
    assert unsaid({row["name"].replace("_", " ") for row in parameters}, words) == []
    assert unsaid({label.title for label in study.output_labels().values()}, words) == []


@cache
def judged() -> tuple[Any, ...]:
    return tuple(judge(claim) for claim in packaged_claims().values())


def chart_texts() -> Iterator[str]:
    for entry in judged():
        chart, rows = entry.answer.chart or {}, entry.answer.rows
        yield from (chart[key] for key in ("x_title", "y_title") if key in chart)
        for row in rows:
            yield from (value for value in row.values() if isinstance(value, str))
            yield from (key.replace("_", " ") for key in row)


NAMES = {"deepseek-v3", "llama3-70b"}
"""Names of models are the same in every language."""


@pytest.mark.slow
@pytest.mark.parametrize("language", OTHERS)
def test_every_claim_is_said_in_words(language: str) -> None:
    words = catalog.words(language)
    for entry in judged():
        own = getattr(entry.claim, language, None) or {}
        for name in ("title", "statement", "why_this_test", "changes_it"):
            assert own.get(name) or words.find(getattr(entry.claim, name)), f"{entry.claim.id}: {name}"
        said = {entry.claim.who, entry.reason, entry.answer.method, *entry.answer.caveats}
        said |= {figure.label for figure in entry.answer.figures.values()}
        said |= {
            f"3 {figure.unit}" for figure in entry.answer.figures.values() if re.search("^[a-z-]{4,}$", figure.unit)
        }
        said -= {f"3 {unit}" for unit in ("ratio", "frac", "index")}
        said |= {entry.verdict.deciding_assumption or ""}
        assert unsaid(said, words) == [], entry.claim.id


@pytest.mark.parametrize("language", OTHERS)
def test_every_label_of_a_claims_chart_and_table_is_said_in_words(language: str) -> None:
    found = {text for text in chart_texts() if not re.fullmatch(r"[\d,]+ [A-Z0-9]+", text)} - NAMES
    assert unsaid(found, catalog.words(language)) == []
    assert len(found) > 100


@pytest.mark.parametrize("language", OTHERS)
def test_every_rule_provision_and_fact_of_the_law_has_its_name(language: str) -> None:
    words = catalog.words(language)
    for name in ("us_ear", "prc"):
        book = rules.book(name)
        assert unsaid([rule.label for rule in book.rules.values()], words) == []
        assert unsaid([fact.label for fact in book.frame.facts.values()], words) == []
        codes = re.compile(r"[0-9A-Z ]+[0-9A-Z.a-c]*")
        assert unsaid([one.name for one in book.provisions if not codes.fullmatch(one.name)], words) == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_bill_has_a_name_beside_its_short_title(language: str) -> None:
    words = catalog.words(language)
    for name, bill in rules.bills().items():
        said = words.find(bill.label)
        assert said, name
        assert bill.label in said, name
        assert said != bill.label, name
        added = [change.body for change in bill.changes if change.body.get("provision")]
        assert unsaid({str(one["provision"]) for one in added}, words) == [], name
        told = {str(one["effect"]["informs"]) for one in added if "informs" in one.get("effect", {})}
        assert unsaid(told, words) == [], name


@pytest.mark.parametrize("language", OTHERS)
def test_every_part_of_the_model_has_its_title(language: str) -> None:
    from leadtime.interfaces.answers import about

    assert unsaid({row["title"] for row in about.parts().data}, catalog.words(language)) == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_target_of_the_calibration_has_its_title(language: str) -> None:
    titles = {row["title"] for row in catalog.table("calibration_targets")}
    assert unsaid(titles, catalog.words(language)) == []


def test_every_term_and_field_that_the_page_words_exists() -> None:
    from leadtime.chips import describe_chip
    from leadtime.performance._serving import SERVE_TERMS
    from leadtime.performance._training import TRAIN_TERMS

    english = page_texts("en")
    assert {f"term.{name}" for name in (*SERVE_TERMS, *TRAIN_TERMS)} - english.keys() == set()
    shown = {key for key, value in describe_chip("h20").items() if not isinstance(value, dict | list)}
    fields = {key.removeprefix("field.") for key in english if key.startswith("field.")}
    assert fields - shown == set()
    assert shown - fields <= {"id", "match_note", "matched_from"}


def flat(document: Any, place: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(document, dict):
        for key, value in document.items():
            yield from flat(value, f"{place}.{key}")
    elif isinstance(document, list):
        for number, value in enumerate(document):
            yield from flat(value, f"{place}.{number}")
    elif isinstance(document, str):
        yield place, document


@pytest.mark.parametrize("language", OTHERS)
def test_the_report_says_the_same_things_in_every_language(language: str) -> None:
    english, other = dict(flat(texts("en"))), dict(flat(texts(language)))
    assert {key for key in english if ".scales." not in key} == {key for key in other if ".scales." not in key}
    for key, text in english.items():
        if ".scales." not in key:
            assert set(HOLE.findall(text)) == set(HOLE.findall(other[key])), key


SAME_WORDS_APART = {
    "{low} to {high}",
    "Data",
    "Chips",
    "Lead",
    "low",
    "high",
    "label",
    "unit",
    "use",
    "lead",
    "training",
    "serving",
    "data",
}


@pytest.mark.parametrize("language", OTHERS)
def test_one_english_text_has_one_translation_on_the_page_in_the_report_and_in_the_words(language: str) -> None:
    found: dict[str, dict[str, str]] = {}
    english, other = page_texts("en"), page_texts(language)
    for key, text in english.items():
        found.setdefault(text, {})[f"page {key}"] = other[key]
    here = dict(flat(texts(language)))
    for key, text in flat(texts("en")):
        if ".numbers." not in key and key in here:
            found.setdefault(text, {})[f"report {key}"] = here[key]
    for text, said in catalog.words(language).texts.items():
        if text in found:
            found[text]["words"] = said
    apart = {
        text: places
        for text, places in found.items()
        if len(text) > 3 and text not in SAME_WORDS_APART and len({*places}) > 1 and len(set(places.values())) > 1
        and len({place.split()[0] for place in places}) > 1
    }  # fmt: skip
    assert apart == {}


def test_japanese_of_the_page_and_the_report_is_set_alike() -> None:
    letters = r"\u3040-\u30ff\u4e00-\u9fff"
    report = {key: text for key, text in flat(texts("ja")) if not key.endswith((".cite", ".scales.0.1"))}
    for key, text in {**page_texts("ja"), **report}.items():
        if key == "number.scales":
            continue
        bare = re.sub(r"`[^`]*`", "", text)
        assert not re.search(rf"[{letters}] +[0-9A-Za-z{{]|[0-9A-Za-z}}] +[{letters}]", bare), key
        assert not re.search(rf"[{letters}][(),:;]|[(),;][{letters}]", bare), key
        assert not re.search(r"[０-９Ａ-Ｚａ-ｚ％]", bare), key
        for old in ("リード", "漏出", "訓練", "賃借", "個別審査", "国外での借用", "輸出規制"):
            assert old not in text, f"{key}: {old}"


def test_numbers_are_named_as_a_language_names_them() -> None:
    japanese = speaker("ja")
    assert [japanese.amount(value) for value in (3510.0, 31_500.0, 12_300_000.0, 2.5e9, -4.2e12)] == [
        "3,510", "3.15万", "1,230万", "25億", "-4.2兆",
    ]  # fmt: skip
    assert japanese.bounds({"value": 3.2, "low": 1.0, "high": 5.0, "unit": "month"}) == "3.2（1〜5）か月"
    assert japanese.number(2025.25, "yr") == "2025年第2四半期"
    assert speaker("en").bounds({"value": 3.2, "low": 1.0, "high": 5.0, "unit": "month"}) == "3.2 (1 to 5) month"


@pytest.fixture(scope="module")
def client() -> Any:
    pytest.importorskip("fastapi", reason="the extra 'app' is not installed")
    import asyncio

    import httpx

    from leadtime.interfaces.api import create_app

    app = create_app()

    class Client:
        """Asks the application without a socket."""

        def request(self, method: str, path: str, **asked: Any) -> httpx.Response:
            async def ask() -> httpx.Response:
                transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
                async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as one:
                    return await one.request(method, path, **asked)

            return asyncio.run(ask())

        def get(self, path: str, **asked: Any) -> httpx.Response:
            return self.request("GET", path, **asked)

        def post(self, path: str, **asked: Any) -> httpx.Response:
            return self.request("POST", path, **asked)

    return Client()


def test_an_answer_is_in_the_language_that_the_caller_reads(client: Any) -> None:
    english = client.get("/api/v1/scenarios")
    japanese = client.get("/api/v1/scenarios", headers={"accept-language": "ja-JP,ja;q=0.9,en;q=0.5"})
    assert "content-language" not in english.headers
    assert japanese.headers["content-language"] == "ja"
    assert "accept-language" in japanese.headers["vary"].lower()
    plain, spoken = english.json(), japanese.json()
    assert plain["meta"] == spoken["meta"]
    assert [row["name"] for row in plain["data"]] == [row["name"] for row in spoken["data"]]
    assert spoken["data"][0]["title"] == catalog.words("ja").of(plain["data"][0]["title"]) != plain["data"][0]["title"]
    again = client.get("/api/v1/scenarios", headers={"accept-language": "ja"})
    assert again.content == japanese.content


@pytest.mark.parametrize("wanted", ["fr", "en-GB,ja;q=0.8", "*", ";;;q=", "ja;q=0"])
def test_what_is_not_spoken_or_not_wanted_is_answered_in_english(client: Any, wanted: str) -> None:
    english = client.get("/api/v1/levers").content
    assert client.get("/api/v1/levers", headers={"accept-language": wanted}).content == english


def test_the_numbers_of_an_answer_are_the_same_in_every_language(client: Any) -> None:
    asked = {"scenario": "no_controls", "draws": 200}
    english = client.post("/api/v1/explore", json=asked).json()["data"]
    japanese = client.post("/api/v1/explore", json=asked, headers={"accept-language": "ja"}).json()["data"]
    assert english["series"]["lead_true_months"]["q50"] == japanese["series"]["lead_true_months"]["q50"]
    assert english["headline"] == japanese["headline"] or english["headline"].keys() == japanese["headline"].keys()
    drivers = [rows["drivers"]["of_value"] for rows in (english, japanese)]
    assert [row["parameter"] for row in drivers[0]] == [row["parameter"] for row in drivers[1]]
    assert all(one["label"] != other["label"] for one, other in zip(*drivers, strict=True))


def test_the_sentence_of_a_refusal_is_translated_and_its_names_are_not(client: Any) -> None:
    one = client.get("/api/v1/chips/h2000", headers={"accept-language": "ja"})
    assert one.status_code == 404
    assert one.headers["content-language"] == "ja"
    assert one.json()["error"] == {
        "code": "unknown_name",
        "message": "'h2000'というチップはありません。",
        "hint": "h200、gh200、h20のいずれかではありませんか。",
    }


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("posture", ["enforced", "text"])
def test_what_a_determination_says_is_said_in_words(language: str, posture: str) -> None:
    words = catalog.words(language)
    book = rules.book("us_ear")
    said: set[str] = set()
    for chip in ("h100", "h20", "a800", "rtx 4090", "mi308x", "ascend 910c"):
        for to in ("CN", "AE", "RU"):
            for on in (date(2022, 9, 10), date(2023, 6, 1), date(2024, 1, 1), date(2025, 5, 20), date(2026, 2, 1)):
                found = rules.determine(
                    book, rules.find_item(chip), rules.Request(to=to, on=on, posture=posture)
                ).as_data()
                said |= {remark.text for remark in found["overlays"]} | {found["coverage"]}
                said |= {line.test for line in found["trace"]}
                said |= {line.limit for line in found["trace"] if isinstance(line.limit, str) and " " in line.limit}
    makers = {text for text in said if set(text.split(", ")) <= {"NVIDIA", "AMD", "Intel"}}
    assert unsaid(said - makers, words) == []
    assert len(said) > 20


PAGES = {
    "simulator": ("#/simulator?base=h200_capped", "figure svg"),
    "rules": ("#/rules?item=h20&on=2025-06-01", ".outcome"),
    "serving": ("#/chips?tab=infer", "figure svg"),
    "datasheet": ("#/chips?chip=h20-96gb", "section.panel table"),
    "claims": ("#/claims?id=C12", "dl"),
    "method": ("#/sources?part=law", "[data-part=law] details"),
    "refusal": ("#/rules?item=zzz", ".notice.bad"),
}
SHOWN = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const at = walker.currentNode.parentElement;
    if (!at.closest("code, pre, [lang=en], option[lang], a.source, datalist, .source") && at.getClientRects().length) found.push(walker.currentNode.textContent.trim());
  }
  return found;
}"""


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("name", PAGES)
def test_no_english_sentence_stands_on_a_japanese_page(page: Any, address: str, name: str) -> None:
    where, wanted = PAGES[name]
    if name == "claims":
        page.route(
            re.compile(r"/claims/(?!C12$)[A-Z]\d\d$"), lambda route: route.abort()
        )  # they take long and look alike
    page.goto(f"{address}{where}&lang=ja")
    page.locator(f"main {wanted}").first.wait_for()
    still(page)
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
    still(page)
    shown = {
        re.sub(r"`[^`]*`|「leadtime [^」]*」", "", text) for text in page.evaluate(SHOWN)
    }  # commands are no sentences
    english = {text for text in shown if re.search(r"\b[a-z]{2,} [a-z]{2,} [a-z]{2,}", text)}
    assert {text for text in english if not re.search(r"\d+ (FR|CFR)|part \d|BIS |supp\.", text)} == set()


@pytest.mark.browser
@pytest.mark.slow
def test_paper_is_white_and_charts_are_whole_in_the_dark_too(page: Any, address: str) -> None:
    page.emulate_media(color_scheme="dark")
    page.goto(f"{address}#/simulator?base=h200_capped")
    page.locator("figure svg").first.wait_for()
    until(page, "getComputedStyle(document.body).backgroundColor !== 'rgb(255, 255, 255)'")
    page.emulate_media(media="print", color_scheme="dark")
    until(page, "getComputedStyle(document.body).backgroundColor === 'rgb(255, 255, 255)'")
    until(page, "getComputedStyle(document.body).color === 'rgb(0, 0, 0)'")
    page.set_viewport_size({"width": 700, "height": 900})
    still(page)
    wide = page.evaluate("[...document.querySelectorAll('.chart svg')].map((one) => one.getBoundingClientRect().right)")
    assert wide
    assert max(wide) <= 700
