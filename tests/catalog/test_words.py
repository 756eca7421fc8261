"""Texts in other languages: found by the English text, whole, with holes, or part by part; what is missing stays English."""

import re
from pathlib import Path

import pytest

import leadtime
from leadtime import catalog
from leadtime.catalog._words import CODE, HOLE, Words, _pattern
from leadtime.errors import BadInputError

OTHERS = [language for language in catalog.languages() if language != catalog.ENGLISH]
FOLDER = Path(leadtime.__file__).parent / "catalog" / "words"


def toy(**texts: str) -> Words:
    return Words("xx", {key.replace("_", " "): text for key, text in texts.items()} | {"; ": " / "})


def test_a_text_is_found_whole_whatever_its_line_breaks() -> None:
    assert toy(two_words="deux mots").of("two\n  words") == "deux mots"


def test_a_text_without_translation_stays_as_it_is() -> None:
    assert toy(a="b").of("My own scenario") == "My own scenario"
    assert toy(a="b").find("My own scenario") is None


def test_what_stands_in_a_hole_is_translated_too() -> None:
    words = Words("xx", {"{what}, start of {year}": "{year}: {what}", "Lead": "Avance"})
    assert words.of("Lead, start of 2030") == "2030: Avance"


def test_texts_that_end_in_words_are_tried_before_those_that_take_in_anything() -> None:
    words = Words(
        "xx", {"Lost by {day}": "L {day}", "{what} above {limit}: {share} of draws": "{what}>{limit} ({share})"}
    )
    assert words.of("Lost by 2027 above 0.1: 5% of draws") == "L 2027>0.1 (5%)"


def test_parts_are_translated_one_by_one_only_if_all_are_known_or_codes() -> None:
    words = toy(open="auf", closed="zu")
    assert words.of("open; closed; 3A090.a") == "auf / zu / 3A090.a"
    assert words.of("open; ajar") == "open; ajar"
    assert words.of("H100; H20") == "H100; H20"


def test_names_numbers_and_codes_stay_in_an_answer() -> None:
    words = toy(open="auf", baseline="Grundlinie")
    answer = {"name": "baseline", "title": "baseline", "rows": [{"label": "open", "id": "open"}], "q50": [1.0, 2.0]}
    assert words.within(answer) == {
        "name": "baseline",
        "title": "Grundlinie",
        "rows": [{"label": "auf", "id": "open"}],
        "q50": [1.0, 2.0],
    }


def test_an_unknown_language_is_refused_in_one_sentence() -> None:
    with pytest.raises(BadInputError, match="'xx' is not known") as caught:
        catalog.words("xx")
    assert "en, ja" in caught.value.hint


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_the_holes_of_their_text_and_no_two_forms_are_one(language: str) -> None:
    forms: dict[str, str] = {}
    for english, text in catalog.words(language).texts.items():
        assert set(HOLE.findall(english)) == set(HOLE.findall(text)), english
        assert len(HOLE.findall(english)) == len(set(HOLE.findall(english))), english
        if HOLE.search(english):
            form = re.sub(r"<\w+>", "", _pattern(english))
            assert forms.setdefault(form, english) == english, f"{english} / {forms[form]}"


def test_japanese_texts_are_japanese_and_set_alike() -> None:
    for english, text in catalog.words("ja").texts.items():
        bare = HOLE.sub("", text)
        if re.search("[a-z]{3}", HOLE.sub("", english)) and not CODE.fullmatch(text):
            assert re.search(r"[\u3000-\u9fff\uff00-\uffef%]", bare), text
        assert not re.search(
            r"[\u3040-\u30ff\u4e00-\u9fff] +[0-9A-Za-z{]|[0-9A-Za-z}] +[\u3040-\u30ff\u4e00-\u9fff]",
            text,
        ), text
        assert not re.search(r"[\u3040-\u9fff][(),:;]|[(),:;][\u3040-\u9fff]", text), text
        assert not re.search(r"[０-９Ａ-Ｚａ-ｚ％]", text), text


def test_each_file_of_a_language_is_read() -> None:
    for language in OTHERS:
        assert {path.suffix for path in (FOLDER / language).iterdir()} == {".yaml"}
