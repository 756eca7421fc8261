"""Names from a request, resolved in the catalogue alone: none of them is ever taken for a file."""

import re
from collections.abc import Mapping
from typing import Any

from leadtime import chips, rules, study, workloads
from leadtime.errors import BadFileError, BadInputError, UnknownNameError, shorten
from leadtime.study._scenarios import packaged_names

__all__ = ["amendments_named", "chip_named", "chip_of", "item_of_spec", "model_of", "plain_name", "scenario_of"]

MAX_LENGTH = 120
_PLAIN = re.compile(r"[\w .+()&',:*×-]+", re.UNICODE)
_FILE_ENDINGS = (".yaml", ".yml", ".json", ".csv", ".toml", ".py")


def plain_name(kind: str, text: Any) -> str:
    """Return a name that cannot mean a file.

    Raises
    ------
    BadInputError
        If it has a path separator, a file ending, control characters or more than 120 characters.
    """
    name = str(text).strip()
    looks_like_file = any(sign in name for sign in "/\\\0") or name.casefold().endswith(_FILE_ENDINGS) or ".." in name
    if looks_like_file:
        raise BadInputError(
            f"{shorten(name, 60)!r} looks like a file; a {kind} is given by name here.",
            hint="Send the description itself as an object in place of the name.",
        )
    if not name or len(name) > MAX_LENGTH or not _PLAIN.fullmatch(name):
        raise BadInputError(
            f"{shorten(name, 60)!r} cannot be the name of a {kind}.",
            hint=f"Letters, digits and spaces, at most {MAX_LENGTH}.",
        )
    return name


def chip_named(text: Any) -> chips.Chip:
    """Return a chip of the catalogue."""
    return chips.find_chip(plain_name("chip", text))


def chip_of(given: Any) -> chips.Chip:
    """Return a chip by name, or from a description."""
    if isinstance(given, Mapping):
        return chips.chip_from_mapping(_inside(given), "chip")
    return chip_named(given)


def model_of(given: Any) -> workloads.ModelShape:
    """Return the shape of a model by name, or from the contents of a HuggingFace ``config.json``."""
    if isinstance(given, Mapping):
        return workloads.shape_from_config(given, "config.json")
    name = plain_name("model", given)
    try:
        found = workloads.resolve_model_name(name)
    except UnknownNameError as error:
        raise UnknownNameError(error.message, hint=error.hint) from None
    if found.how != "catalogue":  # a size in a name does not make it a model of ours
        raise UnknownNameError.among("model", name, workloads.model_records())
    return found.shape


def item_of_spec(given: Any) -> rules.Item:
    """Return an item of the law by the name of a chip, or from a description of any kind."""
    if isinstance(given, Mapping):
        return rules.item_from_spec(_inside(given), "item")
    return rules.item_of(chip_named(given))


def _inside(spec: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a description in which every chip that it names is a plain name."""
    if "based_on" in spec:
        plain_name("chip", spec["based_on"])
    contains = spec.get("contains", [])
    for part in [contains] if isinstance(contains, str | Mapping) else contains if isinstance(contains, list) else []:
        if isinstance(part, str):
            plain_name("chip", part)
        elif isinstance(part, Mapping):
            if "chip" in part:
                plain_name("chip", part["chip"])
            _inside(part)
    return spec


def amendments_named(names: list[str]) -> list[rules.Amendment]:
    """Return bills by name."""
    return [rules.bill(plain_name("bill", name)) for name in names]


def scenario_of(
    given: Any, levers: Mapping[str, Any] | None = None, parameters: Mapping[str, Any] | None = None
) -> study.Scenario:
    """Return a scenario by name (several joined by a plus) or from a document, with levers and parameters laid over it."""
    if levers or parameters:
        return study.scenario(_laid_over(given, levers or {}, parameters or {}))
    if isinstance(given, Mapping):
        return study.scenario(_checked_bases(given))
    return study.scenario("+".join(_packaged(part) for part in str(given).split("+")))


def _packaged(name: str) -> str:
    known = packaged_names()
    plain = plain_name("scenario", name)
    if plain not in known:
        raise UnknownNameError.among("scenario", plain, known)
    return plain


def _checked_bases(document: Mapping[str, Any]) -> Mapping[str, Any]:
    base = document.get("base")
    for name in [base] if isinstance(base, str) else base if isinstance(base, list) else []:
        _packaged(str(name))
    return document


def _laid_over(given: Any, levers: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    if isinstance(given, Mapping):
        document = dict(_checked_bases(given))
    else:
        bases = [_packaged(part) for part in str(given).split("+")]
        document = {"name": "asked", "title": "As asked", "base": bases if len(bases) > 1 else bases[0]}
    nested: dict[str, Any] = dict(document.get("levers") or {})
    for dotted, value in levers.items():
        *above, last = str(dotted).split(".")
        inside = nested
        for step in above:
            below = inside.get(step)
            inside[step] = dict(below) if isinstance(below, Mapping) else {}
            inside = inside[step]
        inside[last] = value
    if not isinstance(document.get("parameters", {}), Mapping):
        raise BadFileError("the scenario: parameters is not a mapping.")
    return {**document, "levers": nested, "parameters": {**(document.get("parameters") or {}), **parameters}}
