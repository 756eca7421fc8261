"""Scenarios: read from the package or from files, stacked on their bases, conflicts and cycles reported."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from leadtime import catalog
from leadtime.errors import BadFileError, BadInputError, ConflictError, UnknownNameError, shorten
from leadtime.files import read_structured
from leadtime.study._scenario_check import check_document
from leadtime.study._scenario_file import Position, ScenarioFile, Variant
from leadtime.study._scenario_values import UNKNOWN, Interval, Steps

__all__ = ["PACKAGE", "Scenario", "packaged_names", "scenario", "scenario_from_data", "scenarios"]

PACKAGE = "leadtime.study.scenarios"
SUFFIXES = (".yaml", ".yml", ".json")
MAX_DEPTH = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A scenario with everything of its bases in it.

    Parameters
    ----------
    name, title, text : str
        For people.
    lineage : tuple of str
        The scenarios it stands on, lowest first, itself last.
    amendments : tuple of mapping
        Amendments to the rule books, in order.
    levers : mapping of str to value
        By dotted name (``sales_caps.h200.share_of_us_sales``); values over time as steps.
    parameters : mapping of str to (low, high)
        Other intervals for parameters; equal ends fix one.
    variants : mapping of str to Variant
        Assumptions shown side by side, with weights that sum to 1.
    sources : tuple of str
        Ids of sources.
    position : Position, optional
        The published position that it reads.
    """

    name: str
    title: str
    text: str = ""
    lineage: tuple[str, ...] = ()
    amendments: tuple[Mapping[str, Any], ...] = ()
    levers: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Interval] = field(default_factory=dict)
    variants: Mapping[str, Variant] = field(default_factory=dict)
    sources: tuple[str, ...] = ()
    position: Position | None = None

    def as_data(self) -> dict[str, Any]:
        """Return the scenario as JSON values: all that decides its results, and its words."""
        return {
            "name": self.name,
            "title": self.title,
            "text": self.text,
            "lineage": list(self.lineage),
            "amendments": [_plain(amendment) for amendment in self.amendments],
            "levers": {name: _plain(value) for name, value in sorted(self.levers.items())},
            "parameters": {name: list(ends) for name, ends in sorted(self.parameters.items())},
            "variants": {name: variant.model_dump(mode="json") for name, variant in self.variants.items()},
            "sources": list(self.sources),
            **({"position": self.position.model_dump()} if self.position else {}),
        }


@dataclass(frozen=True, slots=True)
class _Layer:
    """One file of a stack, and the layers it builds on."""

    key: str
    file: ScenarioFile
    ancestors: frozenset[str]
    levers: Mapping[str, Any]


def scenario_from_data(data: Mapping[str, Any]) -> Scenario:
    """Return the scenario that :meth:`Scenario.as_data` made."""
    return Scenario(
        name=data["name"],
        title=data["title"],
        text=data["text"],
        lineage=tuple(data["lineage"]),
        amendments=tuple(data["amendments"]),
        levers={
            name: _steps_of(value) if isinstance(value, Mapping) else value for name, value in data["levers"].items()
        },
        parameters={name: (float(low), float(high)) for name, (low, high) in data["parameters"].items()},
        variants={name: Variant.model_validate(variant) for name, variant in data["variants"].items()},
        sources=tuple(data["sources"]),
        position=Position.model_validate(data["position"]) if data.get("position") else None,
    )


def _steps_of(value: Mapping[str, Any]) -> Steps:
    return tuple((date.fromisoformat(day), None if level == UNKNOWN else float(level)) for day, level in value.items())


def scenario(which: "str | Path | Mapping[str, Any] | Scenario") -> Scenario:
    """Return a scenario with its bases resolved.

    Parameters
    ----------
    which : str, path, mapping or Scenario
        A packaged name, several of them joined by ``+``, the path of a YAML or JSON file, or a document of that form.

    Raises
    ------
    UnknownNameError, BadFileError, BadInputError
        If it does not exist or cannot be read; if a lever or parameter is unknown or leaves its range.
    ConflictError
        If its bases form a cycle or set one lever to different values.
    """
    if isinstance(which, Scenario):
        return which
    if isinstance(which, Mapping):
        file = check_document(which, "the scenario")
        return _resolved(_layers_of(file, "(document)", None, ()), file.name)
    text = str(which)
    if _is_path(text):
        layers = _layers(text, Path(), ())
        return _resolved(layers, layers[-1].file.name)
    parts = [part.strip() for part in text.split("+")]
    if len(parts) == 1:
        return _resolved(_layers(text, Path(), ()), text)
    stacked = _joined([_layers(part, Path(), ()) for part in parts])
    titles = " + ".join(_title(stacked, part) for part in parts)
    return _resolved(stacked, "+".join(parts), title=titles, text=" ".join(_text(stacked, part) for part in parts))


def scenarios() -> tuple[Scenario, ...]:
    """Return the packaged scenarios, the baseline first."""
    return tuple(scenario(name) for name in packaged_names())


@cache
def packaged_names() -> tuple[str, ...]:
    """Return the names of the packaged scenarios, the baseline first."""
    names = sorted(name.removesuffix(".yaml") for name in catalog.documents(PACKAGE))
    return tuple(sorted(names, key=lambda name: (name != "baseline", name)))


def _is_path(text: str) -> bool:
    return text.casefold().endswith(SUFFIXES) or "/" in text


def _layers(which: str, beside: Path | None, trail: tuple[str, ...]) -> tuple[_Layer, ...]:
    """Return the layers of a packaged scenario or a file, lowest first; without a folder there are no files."""
    if _is_path(which):
        if beside is None:
            message = f"A scenario that is no file cannot stand on the file {shorten(which)!r}."
            raise BadInputError(message, hint="Name a packaged scenario as its base.")
        path = beside / which
        key = str(path.resolve())
        _fail_if_cycle(key, trail)
        file = check_document(read_structured(path), path.name)
        return _layers_of(file, key, path.parent, trail)
    if which not in packaged_names():
        raise UnknownNameError.among("scenario", which, packaged_names())
    _fail_if_cycle(which, trail)
    file = check_document(catalog.document(PACKAGE, f"{which}.yaml"), f"{which}.yaml")
    if file.name != which:
        raise BadFileError(f"The packaged scenario {which}.yaml calls itself {file.name!r}.")
    return _layers_of(file, which, beside, trail)


def _layers_of(file: ScenarioFile, key: str, folder: Path | None, trail: tuple[str, ...]) -> tuple[_Layer, ...]:
    bases = [file.base] if isinstance(file.base, str) else list(file.base or [])
    if key == "baseline":
        bases = []
    below = _joined([_layers(base, folder, (*trail, key)) for base in bases])
    ancestors = frozenset(layer.key for layer in below)
    return (*below, _Layer(key, file, ancestors, dict(_dotted(file.levers.model_dump(exclude_none=True)))))


def _fail_if_cycle(key: str, trail: tuple[str, ...]) -> None:
    if key in trail:
        circle = " -> ".join(Path(name).name for name in (*trail[trail.index(key) :], key))
        raise ConflictError(f"The bases of the scenario form a circle: {circle}.", hint="Take one base out.")
    if len(trail) >= MAX_DEPTH:
        raise BadFileError(f"The bases of the scenario stand more than {MAX_DEPTH} deep.", hint="Join some of them.")


def _joined(stacks: Sequence[tuple[_Layer, ...]]) -> tuple[_Layer, ...]:
    """Put stacks above each other; a layer that stands in several stays where it is first."""
    found: dict[str, _Layer] = {}
    for layer in (layer for stack in stacks for layer in stack):
        found.setdefault(layer.key, layer)
    return tuple(found.values())


def _dotted(levers: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in levers.items():
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _resolved(layers: tuple[_Layer, ...], name: str, *, title: str = "", text: str = "") -> Scenario:
    top = layers[-1].file
    variants: Mapping[str, Variant] = {}
    for layer in layers:
        variants = layer.file.variants or variants
    return Scenario(
        name=name,
        title=title or top.title,
        text=text or top.text,
        lineage=tuple(layer.file.name for layer in layers),
        amendments=tuple(amendment for layer in layers for amendment in layer.file.amendments),
        levers=_merged(layers, {layer.key: layer.levers for layer in layers}, "lever"),
        parameters=_merged(layers, {layer.key: layer.file.parameters for layer in layers}, "parameter"),
        variants=variants,
        sources=tuple(dict.fromkeys(source for layer in layers for source in _sources_of(layer.file))),
        position=top.position if name == top.name else None,
    )


def _sources_of(file: ScenarioFile) -> Iterator[str]:
    yield from file.sources
    if file.position:
        yield file.position.source


def _merged(layers: tuple[_Layer, ...], values: Mapping[str, Mapping[str, Any]], kind: str) -> dict[str, Any]:
    """Let later layers override earlier ones; two layers that do not build on each other must agree."""
    merged: dict[str, Any] = {}
    for name in dict.fromkeys(name for layer in layers for name in values[layer.key]):
        setting = [layer for layer in layers if name in values[layer.key]]
        for number, later in enumerate(setting):
            for earlier in setting[:number]:
                strangers = earlier.key not in later.ancestors and values[earlier.key][name] != values[later.key][name]
                settled = any({earlier.key, later.key} <= above.ancestors for above in setting[number + 1 :])
                if strangers and not settled:
                    message = f"{earlier.file.name} and {later.file.name} set the {kind} {name} to different values."
                    raise ConflictError(
                        message, hint="Leave one of them out, or set it once more in a scenario that stands on both."
                    )
            merged[name] = _over(merged.get(name), values[later.key][name])
    return merged


def _over(below: Any, above: Any) -> Any:
    """Lay steps over steps: before the first new date, what was there; anything else replaces."""
    if not (_is_steps(below) and _is_steps(above)):
        return above
    kept: Steps = tuple(step for step in below if step[0] < above[0][0])
    return (*kept, *above)


def _is_steps(value: Any) -> bool:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], tuple)


def _plain(value: Any) -> Any:
    if _is_steps(value):
        return {day.isoformat(): UNKNOWN if level is None else level for day, level in value}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _title(layers: Sequence[_Layer], name: str) -> str:
    return next(layer.file.title for layer in layers if layer.key == name)


def _text(layers: Sequence[_Layer], name: str) -> str:
    return next(" ".join(layer.file.text.split()) for layer in layers if layer.key == name)
