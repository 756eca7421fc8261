"""Refusals in other languages: holes, names that stay, nothing half said, and no sentence that takes long."""

import time

import pytest

from leadtime import catalog
from leadtime.catalog import Refusals

SPOKEN = [language for language in catalog.languages() if language != catalog.ENGLISH]
WORDS = Refusals(
    {
        "chip": "CHIP",
        "the file": "FILE",
        "There is no {noun} called {name}.": "No <{noun}> {name}.",
        "{key} is {value}.": "<{key}> = {value}.",
        "{place}: {fault}": "[{place}] {fault}",
        "One of: {list}.": "Of {list}.",
        "or": " / ",
        "Ask again.": "AGAIN.",
    }
)


def test_names_stay_and_nouns_are_translated() -> None:
    assert WORDS.of("There is no chip called 'chip'.") == "No <CHIP> 'chip'."
    assert WORDS.of("There is no gadget called 'chip'.") == "No <gadget> 'chip'."
    assert WORDS.of("One of: a, b or c.") == "Of a, b / c."


def test_a_fault_behind_a_place_needs_words_of_its_own() -> None:
    assert WORDS.of("the file: line 3: tpp is 7.") == "[FILE] [line 3] <tpp> = 7."
    assert WORDS.find("the file: something else entirely") is None


def test_sentences_after_each_other_are_said_only_if_all_have_words() -> None:
    assert (
        WORDS.of("One of: a, b. Ask again.") == "Of a, b. Ask again."
    )  # one hole takes both: the list ends the sentence
    assert WORDS.of("Ask again. Ask again.") == "AGAIN.AGAIN."
    assert WORDS.find("Ask again. Nobody knows.") is None


def test_a_key_is_no_sentence() -> None:
    assert WORDS.find("The weather is fine.") is None


@pytest.mark.parametrize("language", SPOKEN)
def test_every_language_has_its_refusals(language: str) -> None:
    words = catalog.refusals(language)
    assert words.find("There is no chip called 'h2000'.")
    assert words.of("A sentence that nobody has written.") == "A sentence that nobody has written."
    assert catalog.refusals("en").find("Ask again.") is None


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize(
    "hostile",
    [
        "a and " * 330,
        ": " * 900,
        "x is " * 400,
        "or " * 600,
        "(a) ; " * 330,
        "'" * 1999,
        "There is no chip called " * 80,
    ],
)
def test_no_refusal_takes_long(language: str, hostile: str) -> None:
    start = time.process_time()
    catalog.refusals(language).find(hostile)
    assert time.process_time() - start < 0.5
