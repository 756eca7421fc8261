"""Typed, bounded access to a configuration; every complaint names the key."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from leadtime.errors import BadFileError, shorten

__all__ = ["Fields"]

MAX_COUNT = 10_000_000
_ABSENT: Any = object()
_USUAL = {
    "num_hidden_layers",
    "hidden_size",
    "num_attention_heads",
    "intermediate_size",
    "vocab_size",
    "num_experts_per_tok",
}
"""Of several spellings of one key, the one to name when all are missing."""


class Fields:
    """A configuration that is being read.

    Parameters
    ----------
    values : mapping
        The parsed document.
    where : str
        Its name in messages.
    """

    def __init__(self, values: Mapping[str, Any], where: str) -> None:
        self.values = values
        self.where = where
        self.warnings: list[str] = []

    def find(self, *keys: str) -> tuple[str, Any]:
        """Return the first of ``keys`` that is there and not null, with its value; ("", None) if none is."""
        for key in keys:
            if self.values.get(key) is not None:
                return key, self.values[key]
        return "", None

    def has(self, *keys: str) -> bool:
        """Tell whether any of ``keys`` is there and not null."""
        return bool(self.find(*keys)[0])

    def fail(self, key: str, what: str, hint: str = "") -> BadFileError:
        """Return the error for one key."""
        return BadFileError(f"{self.where}: {key!r} {what}.", hint=hint)

    def missing(self, *keys: str) -> BadFileError:
        """Return the error for a number that must be there."""
        usual = [key for key in keys if key in _USUAL] or keys[:3]
        names = " or ".join(repr(key) for key in usual)
        return BadFileError(f"{self.where}: {names} is missing.", hint="A model cannot be counted without it.")

    def count(self, *keys: str, default: Any = _ABSENT, low: int = 1, high: int = MAX_COUNT) -> Any:
        """Return a whole number under the first key that is there, or ``default``."""
        key, value = self.find(*keys)
        if not key:
            if default is _ABSENT:
                raise self.missing(*keys)
            return default
        return self.whole(key, value, low=low, high=high)

    def whole(self, key: str, value: Any, *, low: int = 1, high: int = MAX_COUNT) -> int:
        """Check one value."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.fail(key, f"is {shorten(repr(value), 40)}, not a whole number")
        if isinstance(value, float) and not (math.isfinite(value) and value == int(value)):
            raise self.fail(key, f"is {value}, not a whole number")
        if not low <= value <= high:
            shown = (
                f"{value:g}"
                if abs(value) < 1e15
                else f"{float(value):.3g}"
                if abs(value) < 1e300
                else "too large a number"
            )
            raise self.fail(key, f"is {shown}, outside {low} to {high}", "Check for a misprint.")
        return int(value)

    def factor(self, *keys: str, default: float) -> float:
        """Return a multiple of a width (above 0, at most 1,000) under the first key that is there, or ``default``."""
        key, value = self.find(*keys)
        if not key:
            return default
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or abs(value) > 1e300
            or not math.isfinite(value)
        ):
            raise self.fail(key, f"is {shorten(repr(value), 40)}, not a number")
        if not 0 < value <= 1000:
            raise self.fail(key, f"is {value}, outside 0 to 1000", "Check for a misprint.")
        return float(value)

    def flag(self, *keys: str, default: bool = False) -> bool:
        """Return true or false under the first key that is there, or ``default``."""
        key, value = self.find(*keys)
        if not key:
            return default
        if value in (0, 1) and isinstance(value, bool | int):
            return bool(value)
        raise self.fail(key, f"is {shorten(repr(value), 40)}, not true or false")

    def text(self, *keys: str, default: str = "") -> str:
        """Return text under the first key that is there, or ``default``."""
        key, value = self.find(*keys)
        if not key:
            return default
        if not isinstance(value, str):
            raise self.fail(key, f"is {shorten(repr(value), 40)}, not text")
        return value

    def items(self, *keys: str, length: int | None = None) -> list[Any] | None:
        """Return the list under the first key that is there, or None; ``length`` is what it must have."""
        key, value = self.find(*keys)
        if not key:
            return None
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise self.fail(key, f"is {shorten(repr(value), 40)}, not a list")
        if length is not None and len(value) != length:
            raise self.fail(key, f"has {len(value)} entries for {length} layers")
        return list(value)

    def part(self, *keys: str) -> "Fields | None":
        """Return a nested object under the first key that is there, or None; warnings are shared."""
        key, value = self.find(*keys)
        if not key:
            return None
        if not isinstance(value, Mapping):
            raise self.fail(key, f"is {shorten(repr(value), 40)}, not an object")
        inner = Fields(value, f"{self.where}, {key}")
        inner.warnings = self.warnings
        return inner

    def warn(self, sentence: str) -> None:
        """Keep a sentence for the reader of the result, once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)
