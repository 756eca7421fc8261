"""Whether a book is whole: no provision in force may rest on a limit that has no value then."""

from typing import TYPE_CHECKING

import numpy as np

from leadtime.errors import ConflictError
from leadtime.rules.engine._case import Case
from leadtime.rules.engine._columns import columns
from leadtime.rules.engine._dates import iso
from leadtime.rules.engine._truth import UNKNOWN, Truth

if TYPE_CHECKING:
    from leadtime.rules.engine._book import Book
    from leadtime.rules.engine._provision import Provision

__all__ = ["fail_if_gaps", "parameters_used"]


class _Undecided(dict[str, Truth]):
    """Earlier provisions of which nothing is known: whatever is asked about is open."""

    def __missing__(self, name: str) -> Truth:
        return Truth(np.int8(UNKNOWN))


def parameters_used(book: "Book", item: "Provision") -> tuple[str, ...]:
    """Return the dated parameters that a provision tests, found by running it on unknown facts."""
    compiled = book.compiled("text")
    members = {name: 0 for name, fact in book.frame.facts.items() if fact.type == "member"}
    used: list[str] = []
    for kind in item.kinds:
        given = {
            name: value
            for name, value in members.items()
            if not book.frame.facts[name].kinds or kind in book.frame.facts[name].kinds
        }
        facts = columns(compiled, given, kind)
        found = item.holds(Case(compiled, facts, np.int64(0), _Undecided()))
        used += [test.parameter for test in found.tests if test.parameter is not None]
    return tuple(dict.fromkeys(used))


def fail_if_gaps(book: "Book") -> None:
    """Raise ConflictError if a provision is in force on a day on which one of its limits has no value."""
    for posture in ("text", "enforced"):
        compiled = book.compiled(posture)
        for item in book.provisions:
            days = compiled.in_force[item.key]
            if not days.any():
                continue
            for parameter in parameters_used(book, item):
                limit, _ = compiled.limit(parameter, np.arange(compiled.n_eras))
                gap = days & np.isnan(limit)
                if gap.any():
                    when = iso(int(compiled.starts[int(np.argmax(gap))]))
                    raise ConflictError(
                        f"{item.name!r} is in force on {when}, but its limit {parameter!r} has no value then.",
                        hint="End the provision, or set the limit.",
                    )
