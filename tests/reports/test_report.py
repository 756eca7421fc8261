"""The report: one page that stands alone, whose numbers are those of the runs and whose links lead somewhere."""

import csv
import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from leadtime.claims import Dossier, compile_dossier
from leadtime.errors import BadInputError
from leadtime.reports import check_options, compose, render_html, render_markdown, write_report
from leadtime.reports._charts import lines_of
from leadtime.reports._page import texts
from leadtime.reports._words import amount, figure_words, months, percent, speaker

pytestmark = pytest.mark.slow

VOID = {"meta", "br", "link", "img", "input", "hr", "path", "rect", "line"}


@pytest.fixture(scope="module")
def dossier() -> Dossier:
    return compile_dossier(draws=400, seed=3, scenarios=("no_controls", "h20_banned"))


@pytest.fixture(scope="module")
def page(dossier: Dossier) -> str:
    return render_html(compose(dossier, language="en", command="leadtime report"))


class Strict(HTMLParser):
    """Collects ids, links and tags, and fails on tags that do not close in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.tags: dict[str, int] = {}

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        values = dict(attributes)
        if values.get("id"):
            self.ids.append(str(values["id"]))
        if tag == "a" and values.get("href"):
            self.links.append(str(values["href"]))
        for name in ("src", "xlink:href", "srcset", "poster", "data"):
            if values.get(name):
                self.loaded.append(str(values[name]))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"


def parsed(text: str) -> Strict:
    parser = Strict()
    parser.feed(text)
    parser.close()
    assert parser.open == []
    return parser


def test_the_page_is_well_formed_and_its_ids_are_unique(page: str) -> None:
    found = parsed(page)
    repeated = {name for name in found.ids if found.ids.count(name) > 1}
    assert repeated == set()
    assert found.tags["h1"] == 1
    assert found.tags["main"] == 1


def test_nothing_is_loaded_from_anywhere_and_nothing_runs(page: str) -> None:
    found = parsed(page)
    assert found.loaded == []
    assert "script" not in found.tags
    assert "@import" not in page
    assert not re.search(r"url\((?!#)", page)


def test_every_link_inside_the_page_has_its_target(page: str) -> None:
    found = parsed(page)
    inner = {link[1:] for link in found.links if link.startswith("#")}
    assert inner
    assert inner <= set(found.ids)
    assert all(link.startswith(("#", "https://", "http://")) for link in found.links)


def test_every_chart_speaks_and_says_its_finding(page: str) -> None:
    assert page.count('role="img"') == page.count("<figure>")
    assert all(len(text) > 20 for text in re.findall(r"<desc[^>]*>(.*?)</desc>", page))


def test_the_numbers_are_those_of_the_run(dossier: Dossier, page: str) -> None:
    base = dossier.comparison.base
    row = list(base.times("us_used_h100e")).index("2026-01-01")
    assert amount(float(base.quantile("us_used_h100e", 0.5)[row])) in page
    less = dossier.differences["no_controls"]["lead_true_months_2030"]["value"]
    assert f"{months(-less)} months shorter" in page


def test_spillover_variants_are_always_shown(page: str) -> None:
    for name in ("S0", "S1", "S2"):
        assert name in page


def test_every_source_of_the_runs_is_listed(dossier: Dossier, page: str) -> None:
    ids = set(parsed(page).ids)
    missing = [source for source in dossier.comparison.source_ids if f"source-{source}" not in ids]
    assert missing == []


def test_japanese_says_the_same(dossier: Dossier) -> None:
    japanese = render_html(compose(dossier, language="ja", command="leadtime report --lang ja"))
    found = parsed(japanese)
    assert 'lang="ja"' in japanese
    assert "輸出管理" in japanese
    row = list(dossier.comparison.base.times("us_used_h100e")).index("2026-01-01")
    value = float(dossier.comparison.base.quantile("us_used_h100e", 0.5)[row])
    assert speaker("ja").amount(value) in japanese
    assert amount(value) not in japanese
    assert found.tags["figure"] == parsed(render_html(compose(dossier, language="en", command="x"))).tags["figure"]


def test_both_languages_have_the_same_texts() -> None:
    def keys(value: object, where: str = "") -> set[str]:
        if isinstance(value, dict):
            return {deeper for key, item in value.items() for deeper in keys(item, f"{where}.{key}")}
        # Languages name other large numbers, thousands or myriads.
        return {f"{where}[{len(value)}]"} if isinstance(value, list) and where != ".numbers.scales" else {where}

    english, japanese = texts("en"), texts("ja")
    assert keys(dict(english)) == keys(dict(japanese))

    def places(value: object) -> list[str]:
        if isinstance(value, dict):
            return [f"{key}:{place}" for key, item in value.items() for place in places(item)]
        return sorted(re.findall(r"{(\w+)}", value)) if isinstance(value, str) else []

    assert sorted(places(dict(english))) == sorted(places(dict(japanese)))


def test_markdown_names_its_figures(dossier: Dossier) -> None:
    text = render_markdown(compose(dossier, language="en", command="leadtime report"))
    assert "](figures/lead.svg)" in text
    assert text.startswith("# ")


def test_the_folder_holds_page_figures_and_numbers(dossier: Dossier, tmp_path: Path) -> None:
    written = write_report(dossier, tmp_path / "out")
    assert written["page"].name == "report.html"
    figures = {path.stem for path in (tmp_path / "out" / "figures").glob("*.svg")}
    assert figures == {path.stem for path in (tmp_path / "out" / "figures").glob("*.png")}
    assert {"lead", "bite", "gap", "channels", "scenarios", "variants"} <= figures
    with (tmp_path / "out" / "data" / "lead.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert all(float(row["low"]) <= float(row["middle"]) <= float(row["high"]) for row in rows)
    assert [path.name for path in (tmp_path / "out").rglob("*.part")] == []


def test_pdf(dossier: Dossier, tmp_path: Path) -> None:
    written = write_report(dossier, tmp_path, form="pdf")
    assert written["page"].read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(("language", "form"), [("fr", "html"), ("en", "docx")])
def test_options_that_do_not_exist_are_refused_before_anything_is_computed(language: str, form: str) -> None:
    with pytest.raises(BadInputError):
        check_options(language=language, form=form)


def test_words() -> None:
    assert percent(-0.001) == "0%"
    assert months(-0.04) == "0.0"
    figure = {"label": "date", "unit": "yr", "value": 2025.25, "low": 2024.0, "high": None}
    assert figure_words(figure) == "date: 2025Q2 (2024Q1 to never)"


@pytest.fixture(scope="module")
def japanese(dossier: Dossier) -> str:
    return render_html(compose(dossier, language="ja", command="leadtime report --lang ja"))


def test_the_japanese_page_holds_no_english_sentence(japanese: str) -> None:
    body = re.sub(
        r"<style.*?</style>|<ul class=\"sourcelist\">.*?</ul>|<code>.*?</code>|<dd>.*?</dd>",
        "",
        japanese,
        flags=re.DOTALL,
    )
    said = {html.unescape(text).strip() for text in re.findall(r">([^<]+)<", body)}
    said |= {html.unescape(text) for text in re.findall(r'aria-label="([^"]+)"', body)}
    english = {
        text
        for text in said
        if re.search(r"\b[a-z]{3,} [a-z]{2,} [a-z]{2,}", text) and not re.search("[\u3040-\u30ff]", text)
    }
    assert english == set()


def test_numbers_of_the_japanese_page_are_those_of_the_english_one(dossier: Dossier) -> None:
    one, other = (compose(dossier, language=language, command="x") for language in ("en", "ja"))
    for english, japanese in zip(one.sections, other.sections, strict=True):
        for here, there in zip(english.figures, japanese.figures, strict=True):
            assert [row.get("middle") for row in here.rows] == [row.get("middle") for row in there.rows]
    assert [claim.verdict for claim in one.claims] == [claim.verdict for claim in other.claims]
    assert all(here.title != there.title for here, there in zip(one.claims, other.claims, strict=True))


def test_axes_name_large_numbers_as_the_language_does(dossier: Dossier) -> None:
    figures = {
        language: {figure.name: figure.svg() for section in compose(dossier, language=language, command="x").sections for figure in section.figures}
        for language in ("en", "ja")
    }  # fmt: skip
    assert "万" in figures["ja"]["gap"]
    assert "万" not in figures["en"]["gap"]
    assert re.search(r">\d+M<", figures["en"]["gap"])


def test_a_long_label_is_broken_and_never_cut() -> None:
    for label in (
        "海外クラウドの借用を2026年7月から中国の利用者に禁止",
        "Rental abroad closed to PRC users from July 2026",
        "short",
    ):
        lines = lines_of(label)
        assert "".join(lines).replace(" ", "") == label.replace(" ", "")
        assert len(lines) == (1 if label == "short" else 2)
    assert all(
        line[0] not in "、。）" for line in lines_of("ファウンドリー、ファウンドリー、ファウンドリー、ファウンドリー")
    )
