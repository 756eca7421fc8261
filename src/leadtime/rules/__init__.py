"""Export controls as dated provisions: what is controlled, for whom, on which day, and why.

The engine knows no law; the books hold it. ``determine`` answers one question with its reasons, ``determine_many``
many at once in codes.

>>> from leadtime import rules
>>> rules.book("us_ear").name
'us_ear'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadtime.rules._coverage import coverage
    from leadtime.rules._determine import Determination, determine
    from leadtime.rules._items import KINDS, Item, find_item, item_from_file, item_from_spec, item_of
    from leadtime.rules._request import END_USES, Request
    from leadtime.rules.books import book
    from leadtime.rules.engine import Book, Outcome, Outcomes, Review, determine_many

_HOME = {
    "END_USES": "_request",
    "KINDS": "_items",
    "Book": "engine",
    "Determination": "_determine",
    "Item": "_items",
    "Outcome": "engine",
    "Outcomes": "engine",
    "Request": "_request",
    "Review": "engine",
    "book": "books",
    "coverage": "_coverage",
    "determine": "_determine",
    "determine_many": "engine",
    "find_item": "_items",
    "item_from_file": "_items",
    "item_from_spec": "_items",
    "item_of": "_items",
}

__all__ = [
    "END_USES",
    "KINDS",
    "Book",
    "Determination",
    "Item",
    "Outcome",
    "Outcomes",
    "Request",
    "Review",
    "book",
    "coverage",
    "determine",
    "determine_many",
    "find_item",
    "item_from_file",
    "item_from_spec",
    "item_of",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
