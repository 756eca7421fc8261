"""What the books say beside an outcome is there in every language of the page."""

import pytest

from leadtime import catalog, rules


@pytest.mark.parametrize("book", ["us_ear", "prc"])
@pytest.mark.parametrize("language", [one for one in catalog.languages() if one != catalog.ENGLISH])
def test_every_remark_of_a_book_has_its_words(book: str, language: str) -> None:
    words = catalog.words(language)
    told = [(one.name, str(text)) for one in rules.book(book).provisions if (text := getattr(one.effect, "text", None))]
    assert told
    assert [(name, text) for name, text in told if not words.find(text)] == []


@pytest.mark.parametrize("language", [one for one in catalog.languages() if one != catalog.ENGLISH])
def test_what_beijing_says_of_a_chip_has_its_words(language: str) -> None:
    """A determination under the US book quotes what a Chinese requirement or policy is about."""
    words = catalog.words(language)
    quoted = [one.summary for one in rules.book("prc").provisions if not getattr(one.effect, "text", None)]
    assert quoted
    assert [summary for summary in quoted if not words.find(summary)] == []
