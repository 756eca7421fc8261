"""The limits that decide about a kind of item on a day, found by asking the book with nothing known."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np

from leadtime.rules.engine import Book
from leadtime.rules.engine._columns import columns
from leadtime.rules.engine._evaluate import evaluate

__all__ = ["limits_in_force"]


def limits_in_force(
    book: Book, kind: str, on: date, facts: Mapping[str, Any], posture: str
) -> dict[str, tuple[float, ...]]:
    """Return, by fact, the numbers that provisions in force compare it with, in rising order.

    Parameters
    ----------
    book : Book
        The law.
    kind : str
        Kind of item.
    on : date
        Day.
    facts : mapping of str to value
        The transaction: destination, headquarters and so on.
    posture : str
        ``enforced`` or ``text``.
    """
    compiled = book.compiled(posture)
    era = compiled.era_of(np.asarray(on.toordinal()))
    found = evaluate(compiled, kind, era, columns(compiled, facts, kind))
    limits: dict[str, set[float]] = {}
    for key, truth in found.truths.items():
        if compiled.in_force[key][int(era)]:
            for test in truth.tests:
                if test.parameter is not None and not np.isnan(test.limit):
                    limits.setdefault(test.fact, set()).add(float(test.limit))
    return {fact: tuple(sorted(values)) for fact, values in limits.items()}
