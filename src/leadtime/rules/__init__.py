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
    from leadtime.rules._bills import amendment, bill, bills, starts_on
    from leadtime.rules._compare import Cell, Difference, difference, instruments, matrix, telling_dates
    from leadtime.rules._coverage import coverage, coverage_note
    from leadtime.rules._determine import Determination, determine
    from leadtime.rules._facts import with_defaults
    from leadtime.rules._headroom import RETICLE_MM2, Headroom, Technology, headroom
    from leadtime.rules._items import KINDS, Item, find_item, item_from_file, item_from_spec, item_of
    from leadtime.rules._permissions import CATEGORIES, LARGE_DIE, STACK, Actor, Permissions, permissions
    from leadtime.rules._plane import Plane, plane
    from leadtime.rules._request import END_USES, Owner, Request, owner_of
    from leadtime.rules._timeline import Span, timeline
    from leadtime.rules.books import book
    from leadtime.rules.engine import (
        POSTURES,
        Amendment,
        Book,
        Outcome,
        Outcomes,
        Review,
        amendment_of,
        determine_many,
        outcome_words,
        review_words,
    )

_HOME = {
    "CATEGORIES": "_permissions",
    "END_USES": "_request",
    "KINDS": "_items",
    "LARGE_DIE": "_permissions",
    "POSTURES": "engine",
    "RETICLE_MM2": "_headroom",
    "STACK": "_permissions",
    "Actor": "_permissions",
    "Amendment": "engine",
    "Book": "engine",
    "Cell": "_compare",
    "Determination": "_determine",
    "Difference": "_compare",
    "Headroom": "_headroom",
    "Item": "_items",
    "Outcome": "engine",
    "Outcomes": "engine",
    "Owner": "_request",
    "Permissions": "_permissions",
    "Plane": "_plane",
    "Request": "_request",
    "Review": "engine",
    "Span": "_timeline",
    "Technology": "_headroom",
    "amendment": "_bills",
    "amendment_of": "engine",
    "bill": "_bills",
    "bills": "_bills",
    "book": "books",
    "coverage": "_coverage",
    "coverage_note": "_coverage",
    "determine": "_determine",
    "determine_many": "engine",
    "difference": "_compare",
    "find_item": "_items",
    "headroom": "_headroom",
    "instruments": "_compare",
    "item_from_file": "_items",
    "item_from_spec": "_items",
    "item_of": "_items",
    "matrix": "_compare",
    "outcome_words": "engine",
    "owner_of": "_request",
    "permissions": "_permissions",
    "plane": "_plane",
    "review_words": "engine",
    "starts_on": "_bills",
    "telling_dates": "_compare",
    "timeline": "_timeline",
    "with_defaults": "_facts",
}

__all__ = [
    "CATEGORIES",
    "END_USES",
    "KINDS",
    "LARGE_DIE",
    "POSTURES",
    "RETICLE_MM2",
    "STACK",
    "Actor",
    "Amendment",
    "Book",
    "Cell",
    "Determination",
    "Difference",
    "Headroom",
    "Item",
    "Outcome",
    "Outcomes",
    "Owner",
    "Permissions",
    "Plane",
    "Request",
    "Review",
    "Span",
    "Technology",
    "amendment",
    "amendment_of",
    "bill",
    "bills",
    "book",
    "coverage",
    "coverage_note",
    "determine",
    "determine_many",
    "difference",
    "find_item",
    "headroom",
    "instruments",
    "item_from_file",
    "item_from_spec",
    "item_of",
    "matrix",
    "outcome_words",
    "owner_of",
    "permissions",
    "plane",
    "review_words",
    "starts_on",
    "telling_dates",
    "timeline",
    "with_defaults",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
