"""One sentence for everything that is wrong with a scenario file."""

from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError

from leadtime.errors import BadFileError, BadInputError, OutOfRangeError, UnknownNameError, shorten
from leadtime.study._scenario_file import ScenarioFile

__all__ = ["check_document", "json_schema"]


def check_document(document: Any, where: str) -> ScenarioFile:
    """Return a scenario document as a checked file.

    Parameters
    ----------
    document : object
        What YAML or JSON made of the file.
    where : str
        Name of the file, for messages.

    Raises
    ------
    BadInputError
        With the place in the file, what is wrong and what would be right.
    """
    if not isinstance(document, Mapping):
        raise BadFileError(
            f"{where} is not a scenario.",
            hint="A scenario is a mapping with name, title and levers; see `leadtime scenarios new`.",
        )
    try:
        return ScenarioFile.model_validate(_keys_as_text(document))
    except ValidationError as error:
        raise _first_fault(error, where) from None


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a scenario file."""
    schema = ScenarioFile.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _keys_as_text(value: Any) -> Any:
    """Return a document whose keys are text, as JSON has them.

    YAML 1.1 reads dates and the word ``on`` as keys of other kinds: ``on`` is its True.
    """
    if isinstance(value, Mapping):
        return {
            "on" if key is True else "off" if key is False else str(key): _keys_as_text(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_keys_as_text(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _first_fault(error: ValidationError, where: str) -> BadInputError:
    faults = error.errors(include_url=False)
    fault = faults[0]
    place = ".".join(str(part) for part in fault["loc"])
    more = f" {len(faults) - 1} more after it." if len(faults) > 1 else ""
    if fault["type"] == "extra_forbidden":
        known = _fields_at(fault["loc"][:-1])
        near = get_close_matches(str(fault["loc"][-1]), known, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(known)}."
        kind = "lever" if fault["loc"][0] == "levers" else "field"
        return UnknownNameError(f"{where}: there is no {kind} called {shorten(place)!r}.", hint=hint + more)
    if fault["type"] == "missing":
        return BadFileError(f"{where}: {place} is missing.", hint=more.strip())
    said = str(fault["ctx"]["error"]) if "error" in fault.get("ctx", {}) else _lower(fault["msg"])
    kind_of = OutOfRangeError if "must lie between" in said or "lies outside" in said else BadFileError
    return kind_of(f"{where}: {f'{place}: ' if place else ''}{said.rstrip('.')}.", hint=more.strip())


def _fields_at(loc: tuple[int | str, ...]) -> list[str]:
    """Return the fields that may stand at a place of the file."""
    model: type[BaseModel] = ScenarioFile
    for part in loc:
        inner = list(_models_in(model.model_fields[str(part)].annotation)) if str(part) in model.model_fields else []
        if inner:
            model = inner[0]
    return list(model.model_fields)


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [found for part in getattr(annotation, "__args__", ()) for found in _models_in(part)]


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
