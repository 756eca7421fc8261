"""The facts that a book asks about: their types, units and defaults."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leadtime.errors import BadInputError, CatalogError, OutOfRangeError, UnknownNameError, shorten

__all__ = ["Fact", "facts_of"]

TYPES = ("number", "flag", "choice", "member")
NOT_STATED = -math.inf
"""Default of an optional number: nobody stated it, so it reaches no limit, and is neither zero nor unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that a provision may ask about an item or a transaction."""

    name: str
    type: str
    label: str
    unit: str = ""
    kinds: tuple[str, ...] = ()
    """Kinds of item of which it is asked; empty for facts of the transaction."""
    choices: tuple[str, ...] = ()
    register: str = ""
    default: Any = None
    """Value where nothing is said; None keeps it unknown."""
    same_as: str = ""
    """Another fact whose value counts where nothing is said."""
    sum_of: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    """What to ask the user for where it is missing, if not the fact itself."""

    def checked(self, value: Any) -> Any:
        """Return a value as given, or raise BadInputError if it cannot be one of this fact's."""
        if value is None:
            return None
        where = f"{self.name} ({self.label})"
        if self.type == "flag":
            if not isinstance(value, bool):
                raise BadInputError(
                    f"{where} is {shorten(value)!r}.", hint="Write true or false, or leave it out if it is unknown."
                )
        elif self.type == "number":
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise BadInputError(f"{where} is {shorten(value)!r}, which is no number.")
            if value != value or (value < 0 and value != float("-inf")) or value == float("inf"):
                raise OutOfRangeError(f"{where} is {value}.", hint="It must be a finite number, zero or more.")
        elif self.type == "choice" and value not in self.choices:
            error = UnknownNameError.among(self.name.replace("_", " "), str(value), self.choices)
            raise UnknownNameError(error.message, hint=f"One of: {', '.join(self.choices)}.")
        return value


def facts_of(rows: Mapping[str, Any]) -> dict[str, Fact]:
    """Read the ``facts`` part of a book's file."""
    result = {}
    for name, row in rows.items():
        values: dict[str, Any] = {key: tuple(row.get(key, ())) for key in ("kinds", "choices", "sum_of", "asks")}
        values |= {key: row[key] for key in ("type", "label", "unit", "register", "default", "same_as") if key in row}
        if values.get("type") not in TYPES:
            raise CatalogError(f"The fact {name} has the type {values.get('type')!r}; known are {', '.join(TYPES)}.")
        if row.get("optional"):
            values["default"] = NOT_STATED
        result[name] = Fact(name=name, **values)
    return result
