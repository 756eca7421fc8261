"""Questions by name, and arguments checked against their ranges of validity."""

import inspect
import pkgutil
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from leadtime.errors import BadInputError, OutOfRangeError, UnknownNameError, shorten
from leadtime.study.questions._answer import Answer

__all__ = ["Argument", "Question", "ask", "get", "names", "question"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """What an argument means and for which values the model is valid; goes into ``Annotated[type, Argument(...)]``."""

    text: str
    low: float | date | None = None
    high: float | date | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A public question: its function, and its arguments with type, default and range."""

    name: str
    summary: str
    function: Callable[..., Answer]
    arguments: Mapping[str, tuple[Any, Any, Argument]]
    """Name -> (type, default, description); no question has an argument without default."""


_REGISTRY: dict[str, Question] = {}
F = TypeVar("F", bound=Callable[..., Answer])


def question(function: F) -> F:
    """Register a function as a public question under its own name."""
    hints = get_type_hints(function, include_extras=True)
    arguments = {}
    for name, parameter in inspect.signature(function).parameters.items():
        hint = hints[name]
        described = (
            [extra for extra in get_args(hint)[1:] if isinstance(extra, Argument)]
            if get_origin(hint) is Annotated
            else []
        )
        if not described or parameter.default is inspect.Parameter.empty:
            raise TypeError(f"{function.__name__}: argument {name} needs Annotated[type, Argument(...)] and a default")
        arguments[name] = (get_args(hint)[0], parameter.default, described[0])
    summary = (inspect.getdoc(function) or "").split("\n", 1)[0]
    _REGISTRY[function.__name__] = Question(
        name=function.__name__, summary=summary, function=function, arguments=arguments
    )
    return function


@cache
def _loaded() -> Mapping[str, Question]:
    package = import_module("leadtime.study.questions")
    for module in pkgutil.iter_modules(package.__path__):
        if not module.name.startswith("_"):
            import_module(f"leadtime.study.questions.{module.name}")
    return types.MappingProxyType(dict(sorted(_REGISTRY.items())))


def names() -> tuple[str, ...]:
    """Return the names of all questions."""
    return tuple(_loaded())


def get(name: str) -> Question:
    """Return a question by name.

    Raises
    ------
    UnknownNameError
        If there is none; suggests the nearest.
    """
    try:
        return _loaded()[name]
    except KeyError:
        error = UnknownNameError.among("question", name, _loaded())
        hint = error.hint if error.hint.startswith("Did you mean") else "`leadtime claims questions` lists them."
        raise UnknownNameError(error.message, hint=hint) from None


def ask(name: str, arguments: Mapping[str, Any] | None = None) -> Answer:
    """Ask a question by name.

    Parameters
    ----------
    name : str
        Name of the question.
    arguments : mapping, optional
        Arguments by name; text is converted to the argument's type (``128k`` is 131072, dates are ISO, lists are separated by commas).

    Raises
    ------
    UnknownNameError
        For a question or an argument that does not exist.
    OutOfRangeError
        For a value outside the range of validity; the message gives the range.
    """
    asked = get(name)
    return asked.function(**checked(asked, arguments or {}))


def checked(asked: Question, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments converted and held against their ranges."""
    values = {}
    for key, value in arguments.items():
        if key not in asked.arguments:
            error = UnknownNameError.among("argument", key, asked.arguments)
            raise UnknownNameError(f"{asked.name} has no argument {shorten(key)!r}.", hint=_hint(error.hint, asked))
        kind, _, description = asked.arguments[key]
        values[key] = _within(_convert(value, kind, key), description, key)
    return values


def _hint(near: str, asked: Question) -> str:
    return near if near.startswith("Did you mean") else f"Its arguments: {', '.join(asked.arguments) or 'none'}."


_SUFFIX = {"k": 1024, "K": 1024, "M": 1_000_000, "B": 1_000_000_000, "T": 1_000_000_000_000}


def _convert(value: Any, kind: Any, key: str) -> Any:
    """Return a value as the type an argument wants."""
    options = get_args(kind) if get_origin(kind) in (typing.Union, types.UnionType) else (kind,)
    if value is None or (isinstance(value, str) and value.casefold() in {"none", "null", ""}):
        if type(None) in options:
            return None
        raise BadInputError(f"{key} needs a value.")
    kind = next(option for option in options if option is not type(None))
    try:
        if get_origin(kind) is tuple:
            item = get_args(kind)[0]
            parts = value.split(",") if isinstance(value, str) else list(value)
            return tuple(_convert(part.strip() if isinstance(part, str) else part, item, key) for part in parts)
        if kind is date:
            return value if isinstance(value, date) else date.fromisoformat(str(value))
        if kind is bool:
            if isinstance(value, bool):
                return value
            return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
                str(value).casefold()
            ]
        if kind in (int, float):
            number = _number(value)
            if kind is int and number != int(number):
                raise ValueError
            return kind(number)
        return str(value)
    except (ValueError, KeyError, TypeError, OverflowError):
        wanted = {
            date: "an ISO date (2024-06-01)",
            bool: "true or false",
            int: "a whole number",
            float: "a number",
        }.get(kind, "text")
        raise BadInputError(f"{key}={shorten(value)!r} is not {wanted}.") from None


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError
    if isinstance(value, str):
        text = value.strip().replace("_", "")
        if text and text[-1] in _SUFFIX:
            return float(text[:-1]) * _SUFFIX[text[-1]]
        value = float(text)
    number = float(value)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError
    return number


def _within(value: Any, description: Argument, key: str) -> Any:
    for one in value if isinstance(value, tuple) else (value,):
        if one is None:
            continue
        if description.choices and one not in description.choices:
            error = UnknownNameError.among(key, str(one), description.choices)
            hint = (
                error.hint
                if error.hint.startswith("Did you mean")
                else f"It is one of: {', '.join(description.choices)}."
            )
            raise UnknownNameError(f"{key}={shorten(one)!r} is not known.", hint=hint)
        low, high = description.low, description.high
        if (low is not None and one < low) or (high is not None and one > high):
            raise OutOfRangeError(
                f"{key}={one} is outside the range for which this is valid.",
                hint=f"Valid: {'' if low is None else f'from {low} '}{'' if high is None else f'to {high}'}".rstrip()
                + ".",
            )
    return value
