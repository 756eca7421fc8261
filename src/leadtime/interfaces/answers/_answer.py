"""One envelope for every answer, made of JSON types only."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, is_dataclass
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

__all__ = ["Answer", "envelope", "plain"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a question was answered with, and what goes into the envelope beside it.

    Parameters
    ----------
    data : object
        What the contract of the command says; dates, arrays and dataclasses are turned into JSON on the way out.
    sources : iterable of str
        Ids of the sources that fed the answer.
    as_of : date, optional
        The date that the answer is about.
    seed : int, optional
        Seed of the draws behind it.
    """

    data: Any
    sources: Iterable[str] = ()
    as_of: date | None = None
    seed: int | None = None

    def envelope(self) -> dict[str, Any]:
        """Return the envelope, of JSON types only."""
        return envelope(self.data, sources=self.sources, as_of=self.as_of, seed=self.seed)


def envelope(
    data: Any, *, sources: Iterable[str] = (), as_of: date | None = None, seed: int | None = None
) -> dict[str, Any]:
    """Wrap an answer; the parameters are those of :class:`Answer`."""
    import leadtime
    from leadtime.catalog import data_version

    return {
        "ok": True,
        "data": plain(data),
        "meta": {
            "version": leadtime.__version__,
            "data_version": data_version(),
            "as_of": plain(as_of),
            "seed": seed,
            "sources": sorted(set(sources)),
        },
    }


def plain(value: Any) -> Any:
    """Return a value made of JSON types only: no NaN, dates as ISO text, arrays as lists.

    Examples
    --------
    >>> plain({"a": (1, float("nan"))})
    {'a': [1, None]}
    """
    kind = type(value)  # the plainest first: an answer of the simulator has tens of thousands of numbers
    if kind is float:
        return value if math.isfinite(value) else None
    if value is None or kind is str or kind is int or kind is bool:
        return value
    if kind is list:
        return _plain_list(value)
    if kind is dict:
        return {key if type(key) is str else str(plain(key)): plain(item) for key, item in value.items()}
    return _plain_other(value)


def _plain_list(values: list[Any]) -> list[Any]:
    kinds = set(map(type, values))
    if kinds == {str}:
        return values
    if kinds == {float}:
        return values if all(map(math.isfinite, values)) else [one if math.isfinite(one) else None for one in values]
    return [plain(one) for one in values]


def _plain_other(value: Any) -> Any:
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, float):  # NumPy's double is one
        return float(value) if math.isfinite(value) else None
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if hasattr(value, "tolist"):  # a NumPy or JAX array or scalar
        return plain(value.tolist())
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no JSON form")
