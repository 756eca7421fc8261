"""The invented law as a book."""

from functools import cache
from pathlib import Path

import yaml

from leadtime.rules.engine import Book, Membership, Register, book_from, group_sets_of
from leadtime.rules.engine._dates import NEVER, Interval, day
from tests.rules.toy import kites

FOLDER = Path(__file__).parent


@cache
def toyland() -> Book:
    documents = {path.name: yaml.safe_load(path.read_text()) for path in FOLDER.glob("*.yaml")}
    sets = {
        "windy": {"label": "hills or coast, not sheltered", "any_of": ["hills", "coast"], "none_of": ["sheltered"]},
        "moor": {"label": "the moor", "members": ["M"]},
        "anywhere": {"label": "anywhere", "members": ["H", "C", "M", "T"]},
    }
    always = Interval()
    places = Register(
        name="places",
        noun="place",
        members=("H", "C", "M", "T"),
        memberships=(
            Membership("H", "hills", always),
            Membership("C", "coast", always),
            Membership("T", "coast", always),
            Membership("T", "sheltered", Interval(1, day("2002-06-01", "T"))),
            Membership("M", "hills", Interval(day("2004-01-01", "M"), NEVER)),
        ),
        sets=group_sets_of(sets),
    )
    return book_from(documents, [kites], {"places": places})
