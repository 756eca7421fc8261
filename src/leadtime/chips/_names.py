"""From what people call an accelerator to the accelerator."""

import os
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType

from leadtime import catalog
from leadtime.chips._chip import Chip
from leadtime.chips._loading import all_chips, chip_by_id
from leadtime.errors import BadInputError, ConflictError, UnknownNameError, shorten

__all__ = ["find_chip", "is_chip_file", "known_names", "match_chip", "resolve_chip_name"]

FILE_SUFFIXES = {".yaml", ".yml", ".json"}
MAX_NAME_LENGTH = 200

# Words that name a maker or a kind of thing and never tell two parts apart.
_NOISE = frozenset(
    [
        "nvidia",
        "amd",
        "intel",
        "huawei",
        "google",
        "aws",
        "amazon",
        "meta",
        "microsoft",
        "cambricon",
        "biren",
        "hygon",
        "baidu",
        "kunlunxin",
        "alibaba",
        "enflame",
        "iluvatar",
        "corex",
        "metax",
        "moore",
        "threads",
        "mthreads",
        "groq",
        "cerebras",
        "tesla",
        "geforce",
        "instinct",
        "habana",
        "radeon",
        "gpu",
        "gpus",
        "npu",
        "npus",
        "accelerator",
        "accelerators",
        "chip",
        "chips",
        "card",
        "cards",
        "core",
        "tensor",
        "the",
        "cloud",
    ]
)
# A part that carries one of these words is another part unless the catalogue name has the word too.
_DISTINCT = frozenset(["laptop", "mobile", "ti", "super", "max-q", "ada", "ultra", "mini", "half", "mig"])
_COUNT = re.compile(r"^\s*\d{1,7}\s*[x×*]\s*(?=\D)", re.IGNORECASE)
_SPLIT = re.compile(r"[^a-z0-9.+]+")


def tokens(text: str) -> tuple[str, ...]:
    """Return the telling words of a name in lower case: no maker, no count in front, SXM4 and SXM5 as SXM.

    Examples
    --------
    >>> tokens("8x NVIDIA H100-SXM5-80GB")
    ('h100', 'sxm', '80gb')
    >>> tokens("RTX 5090D"), tokens("rtx-5090-d")
    (('rtx', '5090d'), ('rtx', '5090d'))
    """
    words = [word for word in _SPLIT.split(_COUNT.sub("", text.casefold())) if word]
    joined: list[str] = []
    for word in words:
        if word == "d" and joined and joined[-1].isdigit():
            joined[-1] += "d"  # 5090 D
        elif word in {"gb", "g", "gib"} and joined and joined[-1].isdigit():
            joined[-1] += "gb"  # 80 GB
        else:
            joined.append(word)
    return tuple(_plain(word) for word in joined if word not in _noise())


@cache
def _noise() -> frozenset[str]:
    """Return the words that tell no two parts apart, the makers of the catalogue among them."""
    return _NOISE | {word for chip in all_chips() for word in _SPLIT.split((chip.vendor or "").casefold()) if word}


def _plain(word: str) -> str:
    if re.fullmatch(r"sxm\d?", word):
        return "sxm"
    return re.sub(r"^(\d+)(g|gib)$", r"\1gb", word)


@cache
def _index() -> Mapping[frozenset[str], tuple[str, str]]:
    """Return ``{telling words: (chip id, name they come from)}``; aliases win over names, and the first over later ones."""
    index: dict[frozenset[str], tuple[str, str]] = {}
    for row in catalog.table("chip_aliases"):
        index.setdefault(frozenset(tokens(row["alias"])), (row["chip_id"], row["alias"]))
    for chip in all_chips():
        for name in (chip.id, chip.name):
            index.setdefault(frozenset(tokens(name)), (chip.id, name))
    index.pop(frozenset(), None)
    return MappingProxyType(index)


@cache
def _squashed_index() -> Mapping[str, tuple[str, str]]:
    """Return the index by letters and digits alone, for names written in one word."""
    index: dict[str, tuple[str, str]] = {}
    for found in _index().values():
        for name in (found[1], found[0]):
            index.setdefault(_squashed(name), found)
    return MappingProxyType(index)


def _squashed(name: str) -> str:
    return re.sub(r"sxm\d?", "sxm", "".join(filter(str.isalnum, "".join(tokens(name)))))


def _by_words(name: str) -> tuple[str, str] | None:
    """Return the chip whose name has the same telling words, in any order or written as one."""
    words = frozenset(tokens(name))
    return (_index().get(words) or _squashed_index().get(_squashed(name))) if words else None


def known_names() -> tuple[str, ...]:
    """Return every id, name and alias, for suggestions."""
    return tuple(
        dict.fromkeys([row["alias"] for row in catalog.table("chip_aliases")] + [chip.id for chip in all_chips()])
    )


def is_chip_file(name: str) -> bool:
    """Tell whether a name means a file: by its ending, or because it has a folder in its path and exists."""
    if Path(name).suffix.casefold() in FILE_SUFFIXES:
        return True
    try:
        return ("/" in name or os.sep in name) and Path(name).is_file()
    except (OSError, ValueError):  # too long for a file name, or with a character that none has
        return False


def find_chip(name_or_path: str | Path) -> Chip:
    """Return the accelerator that a name or a file means.

    Parameters
    ----------
    name_or_path : str or Path
        An id, a name or an alias (case, hyphens and the maker's name do not matter), or a YAML or JSON file with
        ``kind: chip``.

    Raises
    ------
    UnknownNameError
        If nothing carries the name; the nearest names stand in the hint.
    BadFileError
        If the file is no description of a chip.

    Examples
    --------
    >>> find_chip("H100 SXM").id, find_chip("h100-sxm").id, find_chip("h20").id
    ('h100-sxm5-80gb', 'h100-sxm5-80gb', 'h20-96gb')
    """
    return match_chip(name_or_path)[0]


def match_chip(name_or_path: str | Path) -> tuple[Chip, str, str]:
    """Return what :func:`find_chip` returns, the name or file that was recognised, and why that part where siblings exist."""
    name = str(name_or_path).strip()
    if not name:
        raise BadInputError("The name of the chip is empty.", hint="`leadtime chips list` shows what there is.")
    if is_chip_file(name):
        from leadtime.chips._own import chip_from_file

        return chip_from_file(name), Path(name).name, ""
    found = _by_words(name[:MAX_NAME_LENGTH])
    if found is None:
        raise UnknownNameError.among("chip", name, known_names())
    return chip_by_id(found[0]), found[1], _alias_notes().get(found[1], "")


@cache
def _alias_notes() -> Mapping[str, str]:
    return MappingProxyType({row["alias"]: row["note"] for row in catalog.table("chip_aliases")})


def resolve_chip_name(text: str) -> tuple[Chip, str]:
    """Return the accelerator that a free-form text means, and how it was recognised.

    Parameters
    ----------
    text : str
        What a table of measurements says: "8xH200 141GB", "NVIDIA H100-SXM-80GB", "GB200 NVL72", "Ascend 910C".

    Returns
    -------
    Chip, str
        The part, and the words that decided ("'h200' in '8xH200 (16 nodes)'").

    Raises
    ------
    UnknownNameError
        If no known name stands in the text.
    ConflictError
        If two unrelated names stand in it.

    Examples
    --------
    >>> resolve_chip_name("Ascend 910C (dual-die package)")[0].id
    'ascend-910c'
    """
    text = text[:MAX_NAME_LENGTH]
    found = _by_words(text)
    if found:
        return chip_by_id(found[0]), f"named {found[1]!r}"
    outside = re.sub(
        r"\([^()]*\)", " ", text
    )  # what stands in brackets explains; it decides only where the rest does not
    inside = _named_inside(outside, text) or _named_inside(text, text)
    if inside is None:
        raise UnknownNameError.among("chip", text, known_names())
    return chip_by_id(inside[0]), f"{inside[1]!r} in {shorten(text)!r}"


def _named_inside(part: str, text: str) -> tuple[str, str] | None:
    """Return the chip whose name is the longest of those that stand in a part of a text."""
    words = frozenset(tokens(part))
    named = [
        (names, found)
        for names, found in _index().items()
        if names <= words and not all(map(str.isdigit, names)) and not (words & _DISTINCT) - names
    ]
    if not named:
        return None
    longest = max(named, key=lambda entry: (len(entry[0]), sum(map(len, entry[0]))))
    rivals = {found[0] for names, found in named if not names & longest[0]}
    if rivals:
        all_named = ", ".join(sorted({longest[1][0], *rivals}))
        raise ConflictError(f"{shorten(text)!r} names several chips: {all_named}.", hint="Name one of them.")
    return longest[1]
