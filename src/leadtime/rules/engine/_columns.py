"""Values as people give them to the arrays that provisions see."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from leadtime.arrays import Array
from leadtime.errors import BadInputError
from leadtime.rules.engine._compiled import Compiled
from leadtime.rules.engine._facts import Fact
from leadtime.rules.engine._names import unknown_name
from leadtime.rules.engine._truth import FALSE, TRUE, UNKNOWN

__all__ = ["columns"]


def columns(compiled: Compiled, values: Mapping[str, Any], kind: str) -> dict[str, Array]:
    """Return one array per fact that the book knows of a kind of item.

    Parameters
    ----------
    compiled : Compiled
        The book.
    values : mapping of str to value or array
        Numbers (NaN for unknown); flags as booleans, or whole numbers with -1 for unknown; choices and members as words, or
        as positions with -1 for unknown. None is unknown. What is not given at all takes its default, and is unknown if
        there is none.
    kind : str
        Kind of item.

    Raises
    ------
    UnknownNameError
        If the book knows no such fact, choice or member.
    """
    facts = {
        name: fact
        for name, fact in compiled.facts.items()
        if not fact.sum_of and (not fact.kinds or kind in fact.kinds)
    }
    for name in values:
        if name not in facts:
            raise unknown_name("fact", name, facts)
    result: dict[str, Array] = {}
    for name, fact in facts.items():
        if name in values or not fact.same_as:
            result[name] = _column(compiled, fact, values.get(name, fact.default))
    for name, fact in facts.items():
        if name not in result:
            result[name] = result[fact.same_as]
    return result


def _column(compiled: Compiled, fact: Fact, value: Any) -> Array:
    if fact.type == "number":
        return np.asarray(np.nan if value is None else value, dtype=np.float64)
    if fact.type == "flag":
        return _flags(fact, value)
    if fact.type == "choice":
        return _positions(fact.name, value, fact.choices.index)
    return _positions(fact.name, value, compiled.registers[fact.register].code)


def _flags(fact: Fact, value: Any) -> Array:
    array = np.asarray(-1 if value is None else value)
    if array.dtype == bool:
        return np.where(array, np.int8(TRUE), np.int8(FALSE))
    if array.dtype.kind not in "iu":
        raise BadInputError(f"{fact.name} is neither a boolean nor a whole number (1, 0, and -1 for unknown).")
    return np.where(array < 0, np.int8(UNKNOWN), np.where(array > 0, np.int8(TRUE), np.int8(FALSE)))


def _positions(name: str, value: Any, position: Any) -> Array:
    if value is None:
        return np.asarray(-1)
    array = np.asarray(value)
    if array.dtype.kind in "iu":
        return array
    words, inverse = np.unique(array, return_inverse=True)
    try:
        codes = np.array([position(str(word)) for word in words])
    except ValueError:
        raise BadInputError(f"{name} holds a value that is none of its choices.") from None
    return codes[inverse].reshape(array.shape)
