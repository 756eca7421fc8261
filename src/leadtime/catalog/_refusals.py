"""What leadtime says when it refuses a question, in other languages: whole sentences with holes, for the names and values that stay as they are.

A language is a file ``refusals/<code>.yaml``, a mapping from English sentences to translations. A hole holds what the caller wrote or what may
stand there, and is never translated, but for three: ``{noun}`` (a kind of thing: chip, scenario) and ``{place}`` (where it stands)
are, if there are words for them, and ``{fault}`` must be, since it is the rest of the sentence. What has no translation stays English as a whole.
"""

import re
from collections.abc import Mapping
from functools import cache

from leadtime.catalog._documents import documents
from leadtime.catalog._words import ENGLISH, HOLE
from leadtime.errors import CatalogError, shorten

__all__ = ["Refusals", "refusals"]

PACKAGE = "leadtime.catalog.refusals"
HELD = {
    "noun": r"[a-z][a-z _-]{0,40}",
    "place": r"[^:]{1,160}",
    "n": r"[-+\d.,e]+",
    "day": r"\d{4}-\d\d-\d\d",
    "word": r"[\w.\[\]-]+",
    "key": r"[\w.\[\]-]+",
    "where": r"[\w.\[\]-]+",
}
"""What a hole may hold; others hold anything."""
LONGEST = 2000
"""Longer sentences are not looked at."""


class Refusals:
    """The refusals of one language.

    Parameters
    ----------
    texts : mapping of str to str
        English sentence to its translation, holes in braces.

    Examples
    --------
    >>> words = Refusals({"There is no {noun} called {name}.": "{name}という{noun}はありません。", "chip": "チップ"})
    >>> words.of("There is no chip called 'h2000'.")
    "'h2000'というチップはありません。"
    >>> words.of("Something else.")
    'Something else.'
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = {" ".join(english.split()): text for english, text in texts.items()}
        # The sentence with the most words of its own first; what ends in a hole would take in anything.
        holed = sorted(
            (text for text in self._texts if HOLE.search(text)),
            key=lambda text: (text.endswith(("}", "}.")), -len(HOLE.sub("", text))),
        )
        self._forms = [(re.compile(_pattern(text)), self._texts[text]) for text in holed]

    def find(self, english: str) -> str | None:
        """Return the translation of a refusal, or None where there is none."""
        if len(english) > LONGEST:
            return None
        text = " ".join(english.split())
        return self._texts.get(text) or self._filled(text) or self._parts(text)

    def of(self, english: str) -> str:
        """Return the translation of a refusal, or the refusal itself."""
        return self.find(english) or english

    def _filled(self, english: str) -> str | None:
        for pattern, text in self._forms:
            match = pattern.fullmatch(english)
            held = self._held(match.groupdict()) if match else None
            if held is not None:
                return HOLE.sub(lambda hole, held=held: held[hole[1]], text)  # type: ignore[misc]
        return None

    def _held(self, found: Mapping[str, str]) -> dict[str, str] | None:
        held = {
            name: self._texts.get(value, value) if name in ("noun", "place") else value for name, value in found.items()
        }
        if "list" in held:
            held["list"] = held["list"].replace(" or ", self._texts.get("or", " or "))
        if "fault" in held:
            fault = self.find(held["fault"])
            if fault is None:
                return None
            held["fault"] = fault
        return held

    def _parts(self, english: str) -> str | None:
        """Return two sentences after each other, if both have words."""
        for stop in re.finditer(r"(?<=[.?]) (?=[A-Z\d])", english):
            both = self.find(english[: stop.start()]), self.find(english[stop.end() :])
            if all(both):
                return "".join(filter(None, both))
        return None


def _pattern(text: str) -> str:
    parts = HOLE.split(text)
    return "".join(
        f"(?P<{part}>{HELD.get(part, '.+')})" if place % 2 else re.escape(part) for place, part in enumerate(parts)
    )


@cache
def refusals(language: str) -> Refusals:
    """Return the refusals of a language; none for English and where nobody has written them.

    Examples
    --------
    >>> refusals("ja").of("There is no chip called 'h2000'."), refusals("en").of("Ask again.")
    ("「h2000」というチップはありません。", 'Ask again.')
    """
    found = {} if language == ENGLISH else documents(PACKAGE).get(f"{language}.yaml", {})
    for english, text in found.items():
        if not (isinstance(english, str) and isinstance(text, str) and text.strip()):
            raise CatalogError(f"{PACKAGE}/{language}.yaml: {shorten(english)!r} is no sentence with a sentence.")
        if set(HOLE.findall(text)) - set(HOLE.findall(english)):
            raise CatalogError(f"{PACKAGE}/{language}.yaml: {shorten(english)!r} fills holes that it does not have.")
    return Refusals(found)
