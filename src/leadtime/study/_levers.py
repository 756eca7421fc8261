"""What a scenario may set, as tables: levers with their ranges, parameters with their priors."""

from collections.abc import Iterator
from typing import Any

from leadtime import catalog, world
from leadtime.study._priors import valid_range
from leadtime.study._scenario_file import Levers
from leadtime.study._scenarios import scenarios

__all__ = ["lever_table", "parameter_table"]


def lever_table() -> list[dict[str, Any]]:
    """Return name, meaning and range of every lever, dotted where levers have parts, and which packaged scenarios set it.

    Returns
    -------
    list of dict
        ``name``, ``description``, ``kind``, ``low``, ``high``, ``over_time``, and ``set_by``: scenario, values by first day (the empty
        day stands for all of the time) and the sources of that scenario.
    """
    schema = Levers.model_json_schema()
    settings = _settings()
    return [{**row, "set_by": settings.get(row["name"], [])} for row in _rows(schema, schema.get("$defs", {}), "")]


def _settings() -> dict[str, list[dict[str, Any]]]:
    """Return what the packaged scenarios set, by lever; what they only take over from the baseline is left to the baseline."""
    baseline, *others = scenarios()
    common = baseline.as_data()["levers"]
    found: dict[str, list[dict[str, Any]]] = {}
    for one in (baseline, *others):
        own = [source for source in one.sources if one is baseline or source not in baseline.sources]
        for name, value in one.as_data()["levers"].items():
            if one is baseline or common.get(name) != value:
                steps = value if isinstance(value, dict) else {"": value}
                found.setdefault(name, []).append({"scenario": one.name, "steps": steps, "sources": own})
    return found


def _rows(schema: dict[str, Any], parts: dict[str, Any], prefix: str) -> Iterator[dict[str, Any]]:
    for name, field in schema["properties"].items():
        inner = next((form["$ref"].rsplit("/", 1)[-1] for form in field.get("anyOf", ()) if "$ref" in form), None)
        if inner:
            yield from _rows(parts[inner], parts, f"{prefix}{name}.")
        else:
            yield {"name": prefix + name, "description": field.get("description", ""), **_form(field)}


def _form(field: dict[str, Any]) -> dict[str, Any]:
    """Return what values a lever takes: their kind, range, and whether they may change over time."""
    forms = [form for form in field.get("anyOf", [field]) if form.get("type") != "null"]
    numbers = [inner for form in forms for inner in form.get("anyOf", [form]) if inner.get("type") == "number"]
    if numbers:
        over_time = any("additionalProperties" in form for form in forms)
        return {"kind": "number", "low": numbers[0]["minimum"], "high": numbers[0]["maximum"], "over_time": over_time}
    if any(form.get("type") == "boolean" for form in forms):
        return {"kind": "true or false", "low": None, "high": None, "over_time": False}
    words = " or ".join(str(word) for form in forms for word in form.get("enum", ()))
    return {"kind": words, "low": None, "high": None, "over_time": False}


def parameter_table() -> list[dict[str, Any]]:
    """Return every uncertain parameter: its prior, unit, valid range, meaning and source."""
    found = []
    for prior in world.parameters(catalog.table("priors")):
        low, high = valid_range(prior)
        found.append(
            {
                "name": prior.id,
                "description": prior.note,
                "distribution": prior.distribution,
                "low": prior.low,
                "high": prior.high,
                "level": prior.level,
                "unit": prior.unit,
                "valid_low": low,
                "valid_high": high,
                "source": prior.source_id,
                "method": prior.method,
            }
        )
    return found
