"""What leadtime says in English, in other languages.

A language is a folder ``words/<code>/`` of YAML files, each a mapping from the English text to its translation. The English text itself is
the key: it has one home (a scenario file, a lever, a table), and where it changes, its old translation no longer applies and a test says
so. A text may have holes, ``"{when}, start of {year}"``; what stands in a hole is translated in turn.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from leadtime.catalog._documents import documents
from leadtime.catalog._resources import folder
from leadtime.errors import BadInputError, CatalogError, shorten

__all__ = ["ENGLISH", "SPOKEN", "Words", "languages", "words"]

ENGLISH = "en"
PACKAGE = "leadtime.catalog.words"
HOLE = re.compile(r"\{(\w+)\}")
SENTENCES, LISTS = ("; ", ". "), (" + ", ", ")
"""What joins texts that are translated one by one where the whole is not known: before and after texts with holes are tried."""
CODE = re.compile(r"[\dA-Z][\w.()/-]*")
"""What stays as it is in every language: numbers, names of chips, entries of a list."""
SPOKEN = frozenset(
    {
        "assumed", "basis", "caveats", "changes_it", "coverage", "deciding_assumption", "description", "infeasible_reason", "label", "limit", "method",
        "note", "notes", "place", "practice", "provision", "reason", "rule", "series", "statement", "summary", "test", "text", "title", "use", "who", "why_this_test",
    }
)  # fmt: skip
"""Fields of an answer that hold text for people; names, ids and codes are never translated."""


HELD = {
    "year": r"\d{4}",
    "n": r"[\d.,e+]+",
    "count": r"[^A-Za-z]+(?:e[-+]?\d+)?(?: to [^A-Za-z]+)?",
    "chip": r"[^,;:]+",
    "date": r"\d{4}-\d\d-\d\d",
}
"""What the hole of a name may hold; others hold anything."""


class Words:
    """The texts of one language.

    Parameters
    ----------
    language : str
        Its code.
    texts : mapping of str to str
        English text to its translation, holes in braces.
    """

    def __init__(self, language: str, texts: Mapping[str, str]) -> None:
        self.language = language
        self.texts = {
            english if english in (*SENTENCES, *LISTS) else _plain(english): text for english, text in texts.items()
        }
        # What ends in words of its own is tried before what ends in a hole, which would take in anything.
        holed = sorted(
            (text for text in self.texts if HOLE.search(text)),
            key=lambda text: (text.endswith("}"), -len(HOLE.sub("", text))),
        )
        self._forms = [(re.compile(_pattern(text)), self.texts[text]) for text in holed]
        self._found: dict[str, str | None] = {}

    def find(self, english: str) -> str | None:
        """Return the translation of a text, or None where there is none."""
        if english not in self._found:
            if len(self._found) > 50_000:
                self._found.clear()
            self._found[english] = self._search(_plain(english))
        return self._found[english]

    def of(self, english: str) -> str:
        """Return the translation of a text, or the text itself.

        Examples
        --------
        >>> words("ja").of("No chip is smuggled"), words("ja").of("My own scenario")
        ('密輸なし', 'My own scenario')
        """
        return self.find(english) or english

    def _search(self, english: str) -> str | None:
        spaced = english if " " in english else english.replace("_", " ")
        if spaced in self.texts:
            return self.texts[spaced]
        return self._joined(english, SENTENCES) or self._filled(english) or self._joined(english, LISTS)

    def _joined(self, english: str, joins: tuple[str, ...]) -> str | None:
        """Return the translations of the parts of a text, if every part has one or is a code."""
        return next(filter(None, (self._parts(english, join) for join in joins if join in english)), None)

    def _parts(self, english: str, join: str) -> str | None:
        parts = [part for part in english.split(join) if part]
        if join == ". ":
            parts = [f"{part.removesuffix('.')}." for part in parts]
        found = [self.find(part) or (part if CODE.fullmatch(part) else "") for part in parts]
        if not all(found) or found == parts:
            return None
        if join == ". ":
            return "".join(text if ord(text[-1]) > 0x2FFF else f"{text} " for text in found).rstrip()
        return self.texts.get(join, join).join(found)

    def _filled(self, english: str) -> str | None:
        for pattern, text in self._forms:
            if match := pattern.fullmatch(english):
                held = {name: self.of(value) for name, value in match.groupdict().items()}
                return HOLE.sub(lambda hole, held=held: held[hole[1]], text)  # type: ignore[misc]
        return None

    def within(self, value: Any, *, spoken: bool = False) -> Any:
        """Return JSON values with the texts of their :data:`SPOKEN` fields translated; numbers, names and codes stay."""
        if isinstance(value, str):
            return self.of(value) if spoken else value
        if isinstance(value, Mapping):
            return {key: self.within(item, spoken=key in SPOKEN) for key, item in value.items()}
        if isinstance(value, list):
            if value and isinstance(value[0], int | float):
                return value
            return [self.within(item, spoken=spoken) for item in value]
        return value


def _plain(text: str) -> str:
    return " ".join(text.split())


def _pattern(text: str) -> str:
    parts = HOLE.split(text)
    return "".join(
        f"(?P<{part}>{HELD.get(part, '.+')})" if place % 2 else re.escape(part) for place, part in enumerate(parts)
    )


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of the languages that there are texts for, English first."""
    place = folder(PACKAGE)
    found = sorted(entry.name for entry in place.iterdir() if entry.is_dir() and re.fullmatch("[a-z]{2}", entry.name))
    return (ENGLISH, *found)


@cache
def words(language: str) -> Words:
    """Return the texts of a language; English has none of its own.

    Raises
    ------
    BadInputError
        If there is no such language.
    """
    if language not in languages():
        raise BadInputError(
            f"The language {shorten(language)!r} is not known.", hint=f"It is one of: {', '.join(languages())}."
        )
    texts: dict[str, str] = {}
    for name, document in documents(f"{PACKAGE}.{language}").items() if language != ENGLISH else ():
        for english, text in document.items():
            if not (isinstance(english, str) and isinstance(text, str) and text.strip()):
                raise CatalogError(f"{PACKAGE}.{language}/{name}: {shorten(str(english))!r} is no text with a text.")
            if texts.setdefault(english, text) != text:
                raise CatalogError(f"{PACKAGE}.{language}/{name}: {shorten(english)!r} has two translations.")
    return Words(language, texts)
