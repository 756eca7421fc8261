"""What a claim may ask: the questions with their arguments as a form needs them, and the figures that a test can use."""

import types
import typing
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, get_args, get_origin

from leadtime import chips, study, workloads
from leadtime.errors import LeadtimeError
from leadtime.study import questions

__all__ = ["describe_question", "known_names", "names_taken"]

TYPES = {date: "date", bool: "true or false", int: "whole number", float: "number"}


def describe_question(name: str, *, figures: bool = True) -> dict[str, Any]:
    """Return a question as plain data.

    Parameters
    ----------
    name : str
        Name of the question.
    figures : bool
        Whether to ask it once, with its defaults and the fewest draws, for the figures that it answers.

    Returns
    -------
    dict
        Name, summary, and for every argument its ``type``, whether it takes ``many`` values or none (``optional``), the kind of ``names`` that
        it takes, default, text, range and choices; with ``figures`` their labels and units. Labels name days and chips of the defaults.
    """
    asked = questions.get(name)
    told: dict[str, Any] = {"name": asked.name, "summary": asked.summary, "arguments": {}}
    for key, (kind, default, about) in asked.arguments.items():
        told["arguments"][key] = {
            **_kind(kind),
            "names": names_taken(name, key),
            "default": list(default) if isinstance(default, tuple) else default,
            "text": about.text,
            "low": about.low,
            "high": about.high,
            "choices": list(about.choices),
        }
    if figures:
        told["figures"] = {key: dict(figure) for key, figure in _figures(name).items()}
    return told


def _kind(hint: Any) -> dict[str, Any]:
    options = get_args(hint) if get_origin(hint) in (typing.Union, types.UnionType) else (hint,)
    kind = next(option for option in options if option is not type(None))
    many = get_origin(kind) is tuple
    return {
        "type": TYPES.get(get_args(kind)[0] if many else kind, "text"),
        "many": many,
        "optional": type(None) in options,
    }


@cache
def names_taken(question: str, argument: str) -> str | None:
    """Return the kind of names that an argument takes, ``scenario``, ``model`` or ``chip``: the kind of its default; None for other values."""
    kind, default, about = questions.get(question).arguments[argument]
    value = default[0] if isinstance(default, tuple) and default else default
    if not isinstance(value, str) or about.choices or _kind(kind)["type"] != "text":
        return None
    if value in {one.name for one in study.scenarios()}:
        return "scenario"
    if value in workloads.model_records():
        return "model"
    try:
        chips.find_chip(value)
    except LeadtimeError:
        return None
    return "chip"


def known_names() -> dict[str, list[str]]:
    """Return the names that arguments can take, by kind."""
    return {
        "scenario": [one.name for one in study.scenarios()],
        "model": sorted(workloads.model_records()),
        "chip": sorted(chip.id for chip in chips.list_chips()),
    }


@cache
def _figures(name: str) -> Mapping[str, Mapping[str, str]]:
    asked = questions.get(name).arguments
    fewest = {"draws": asked["draws"][2].low} if "draws" in asked else {}
    return {key: {"label": one.label, "unit": one.unit} for key, one in questions.ask(name, fewest).figures.items()}
