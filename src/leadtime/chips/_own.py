"""An accelerator that a user describes in a YAML or JSON file, alone or as a change of a catalogue part."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from leadtime.chips._chip import FORMATS, MATRIX_FORMATS, Chip, Links, Memory, Silicon
from leadtime.chips._derived import BIT_LENGTHS, tpp
from leadtime.chips._loading import non_planar_area_mm2
from leadtime.chips._silicon import feature_size_nm
from leadtime.errors import BadFileError, BadInputError, ConflictError, OutOfRangeError, shorten
from leadtime.files import read_structured

__all__ = ["OTHER_KINDS", "OWN_KEYS", "chip_from_file", "chip_from_mapping"]

OTHER_KINDS = frozenset({"hbm", "system", "weights", "die"})
"""Kinds of items that the rules know and that are no chip."""

VECTOR_FORMATS = ("fp64", "fp32")
TPP_AGREEMENT = 1e-3
"""Relative difference at which a stated TPP contradicts the stated rates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    """A key with a number: the datasheet field it gives, its factor to base units, the largest value that could be meant."""

    field: str
    factor: float = 1.0
    largest: float
    whole: bool = False


RATE_KEYS = {
    f"{name}_dense_{'tops' if name.startswith('int') else 'tflops'}": _Number(
        field=f"{name}_dense", factor=1e12, largest=1e7
    )
    for name in FORMATS + MATRIX_FORMATS
}
NUMBER_KEYS = RATE_KEYS | {
    "tpp": _Number(field="tpp", largest=1e9),
    "die_area_mm2": _Number(field="die_area", largest=1e5),
    "non_planar_die_area_mm2": _Number(field="non_planar_die_area", largest=1e5),
    "process_node_nm": _Number(field="process_node", largest=1000),
    "n_compute_dies": _Number(field="n_compute_dies", largest=1000, whole=True),
    "n_transistors": _Number(field="n_transistors", largest=1e15),
    "memory_gb": _Number(field="memory", factor=1e9, largest=1e6),
    "memory_bandwidth_gb_s": _Number(field="memory_bandwidth", factor=1e9, largest=1e8),
    "interconnect_gb_s": _Number(field="scale_up_bandwidth", factor=1e9, largest=1e7),
    "network_gb_s": _Number(field="scale_out_bandwidth", factor=1e9, largest=1e6),
    "scaleup_domain": _Number(field="scale_up_domain", largest=1e7, whole=True),
    "tdp_w": _Number(field="power", largest=1e6),
    "launch_price_usd": _Number(field="launch_price", largest=1e9),
}
TEXT_KEYS = {
    "name": "name",
    "id": "id",
    "vendor": "vendor",
    "country_of_design": "country_of_design",
    "family": "family",
    "process_node": "process_node",
    "foundry": "foundry",
    "memory_type": "memory_type",
    "interconnect_name": "scale_up_name",
    "based_on": "",
    "note": "",
    "kind": "",
}
OWN_KEYS = frozenset({*NUMBER_KEYS, *TEXT_KEYS, "datacenter_marketed", "release_date"})
"""Every key that a chip file may carry."""


def chip_from_file(path: str | Path) -> Chip:
    """Return the accelerator that a YAML or JSON file describes.

    Raises
    ------
    BadInputError
        If the file is no description of a chip.
    """
    return chip_from_mapping(read_structured(path), Path(path).name)


def chip_from_mapping(mapping: Any, where: str = "chip") -> Chip:
    """Return the accelerator that a mapping describes.

    Parameters
    ----------
    mapping : mapping
        Keys with unit suffixes: ``name``, ``fp16_dense_tflops``, ``die_area_mm2``, ``memory_bandwidth_gb_s``, ...
        ``based_on: h100`` starts from a catalogue part and changes what else is given. ``tpp`` may stand instead of
        rates; with ``based_on`` it scales all rates of the base alike, so that a cap can be swept. A rate given with
        ``based_on`` carries the other matrix rates of the base along, in the ratio of the nearest bit length.
    where : str
        Name of the file in messages.

    Raises
    ------
    BadFileError
        If a key is unknown or a value has the wrong type.
    OutOfRangeError
        If a value is impossible.
    ConflictError
        If two values contradict each other.

    Examples
    --------
    >>> capped = chip_from_mapping({"kind": "chip", "based_on": "h100", "tpp": 4800})
    >>> capped.name, round(tpp(capped).value)
    ('H100 SXM5 80GB, changed', 4800)
    """
    values = _checked(mapping, where)
    base = _base(values, where)
    chip = replace(
        base,
        **_identity(values),
        memory=_memory(base.memory, values),
        silicon=_silicon(base.silicon, values, where),
        links=_links(base.links, values),
        power_w=values.get("tdp_w", base.power_w),
        launch_price_usd=values.get("launch_price_usd", base.launch_price_usd),
        datacenter_marketed=values.get("datacenter_marketed", base.datacenter_marketed),
    )
    return _with_rates(_without_stale_sources(chip, values), values, where)


def _checked(mapping: Any, where: str) -> dict[str, Any]:
    """Return the values in base units, or say which key is wrong."""
    if not isinstance(mapping, Mapping):
        raise BadFileError(
            f"{where}: a chip is made of `key: value` lines, not {_kind_of(mapping)}.", hint="Start with `kind: chip`."
        )
    kind = mapping.get("kind", "chip")
    if isinstance(kind, str) and kind in OTHER_KINDS:
        raise BadFileError(
            f"{where} describes a {kind}, not a chip.", hint=f"Ask `leadtime classify --spec {where} --to CC`."
        )
    if kind != "chip":
        raise BadFileError(f"{where}: kind is {shorten(repr(kind))}.", hint="Write `kind: chip`.")
    unknown = next((key for key in mapping if key not in OWN_KEYS), None)
    if unknown is not None:
        near = get_close_matches(str(unknown).casefold(), sorted(OWN_KEYS), n=1, cutoff=0.5)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known keys: {', '.join(sorted(OWN_KEYS))}."
        raise BadFileError(f"{where}: the key {shorten(repr(unknown))} is not known.", hint=hint)
    # An empty value says what leaving the key out says: not known.
    return {key: _value(key, value, where) for key, value in mapping.items() if value is not None}


def _value(key: str, value: Any, where: str) -> Any:
    if key in NUMBER_KEYS:
        return _number(key, value, where)
    if key == "datacenter_marketed":
        if not isinstance(value, bool):
            raise BadFileError(f"{where}: {key} is {shorten(repr(value))}, not true or false.")
        return value
    if key == "release_date":
        return _date(value, where)
    if not isinstance(value, str) or not value.strip():
        raise BadFileError(f"{where}: {key} is {shorten(repr(value))}, not text.", hint="Put it in quotes.")
    if len(value) > 500:
        raise BadFileError(f"{where}: {key} has more than 500 characters.")
    return value.strip()


def _number(key: str, value: Any, where: str) -> float:
    kind = NUMBER_KEYS[key]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        hint = "Write a plain number; its unit stands in the key."
        raise BadFileError(f"{where}: {key} is {shorten(repr(value))}, not a number.", hint=hint)
    if isinstance(value, float) and not math.isfinite(value):
        raise BadFileError(f"{where}: {key} is {value}, not a usable number.", hint="Leave it out if it is unknown.")
    if not 0 < value <= kind.largest:
        raise OutOfRangeError(
            f"{where}: {key} is {shorten(value, 30)}, outside what is possible (above 0, at most {kind.largest:g}).",
            hint="Check value and unit; leave it out if it is unknown.",
        )
    if kind.whole and value != int(value):
        raise BadFileError(f"{where}: {key} is {value}, not a whole number.")
    return float(value) * kind.factor


def _date(value: Any, where: str) -> date:
    try:
        return value if type(value) is date else date.fromisoformat(value)
    except (TypeError, ValueError):
        raise BadFileError(
            f"{where}: release_date is {shorten(repr(value))}, not a date.", hint="Write it as 2024-07-01."
        ) from None


def _base(values: Mapping[str, Any], where: str) -> Chip:
    if "based_on" not in values:
        name = values.get("name", Path(where).stem)
        return Chip(id=slug(name), name=name)
    from leadtime.chips._names import find_chip, is_chip_file

    if is_chip_file(values["based_on"]):
        raise BadFileError(f"{where}: based_on names a file.", hint="Name a chip of the catalogue.")
    try:
        base = find_chip(values["based_on"])
    except BadInputError as error:
        raise type(error)(f"{where}: based_on: {error.message}", hint=error.hint) from None
    return replace(base, id=f"{base.id}-changed", name=f"{base.name}, changed", release_date=None)


def slug(name: str) -> str:
    """Return a name as an id: lower case, words joined by hyphens."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.casefold()).split()) or "chip"


def _identity(values: Mapping[str, Any]) -> dict[str, Any]:
    named = {"id": slug(values["name"])} if "name" in values else {}
    return named | {
        key: values[key]
        for key in ("name", "id", "vendor", "country_of_design", "family", "release_date")
        if key in values
    }


def _memory(base: Memory, values: Mapping[str, Any]) -> Memory:
    return Memory(
        kind=values.get("memory_type", base.kind),
        capacity_byte=values.get("memory_gb", base.capacity_byte),
        bandwidth_byte_per_s=values.get("memory_bandwidth_gb_s", base.bandwidth_byte_per_s),
    )


def _silicon(base: Silicon, values: Mapping[str, Any], where: str) -> Silicon:
    node, area = _node(base, values, where), values.get("die_area_mm2", base.die_area_mm2)
    counted = values.get("non_planar_die_area_mm2")
    if counted is not None and area is not None and counted > area:
        raise ConflictError(f"{where}: non_planar_die_area_mm2 ({counted:g}) is more than die_area_mm2 ({area:g}).")
    if counted is None:
        changed = {"die_area_mm2", "process_node", "process_node_nm"} & values.keys()
        counted = non_planar_area_mm2(area, node) if changed else base.non_planar_area_mm2
    return Silicon(
        process_node=node,
        foundry=values.get("foundry", base.foundry),
        die_area_mm2=area,
        non_planar_area_mm2=counted,
        n_compute_dies=int(values["n_compute_dies"]) if "n_compute_dies" in values else base.n_compute_dies,
        n_transistors=values.get("n_transistors", base.n_transistors),
    )


def _node(base: Silicon, values: Mapping[str, Any], where: str) -> str | None:
    size: float | None = values.get("process_node_nm")
    name: str | None = values.get("process_node", base.process_node)
    if size is None:
        return name
    if "process_node" not in values:
        return f"{size:g} nm"
    named = feature_size_nm(values["process_node"])
    if named is not None and named != size:
        raise ConflictError(
            f"{where}: process_node is {shorten(values['process_node'])!r}, yet process_node_nm is {size:g}.",
            hint="Leave out one of the two.",
        )
    return f"{values['process_node']} ({size:g} nm)"


def _links(base: Links, values: Mapping[str, Any]) -> Links:
    return Links(
        scale_up_name=values.get("interconnect_name", base.scale_up_name),
        scale_up_byte_per_s=values.get("interconnect_gb_s", base.scale_up_byte_per_s),
        scale_up_domain=int(values["scaleup_domain"]) if "scaleup_domain" in values else base.scale_up_domain,
        scale_out_byte_per_s=values.get("network_gb_s", base.scale_out_byte_per_s),
    )


def _without_stale_sources(chip: Chip, values: Mapping[str, Any]) -> Chip:
    """Drop the sources of what the user has changed: those values are the user's own."""
    changed = {NUMBER_KEYS[key].field if key in NUMBER_KEYS else TEXT_KEYS.get(key, key) for key in values}
    changed |= {"name", "release_date", "status"}
    if "tpp" in values or RATE_KEYS.keys() & values.keys():
        changed |= {kind.field for kind in RATE_KEYS.values()}
    return replace(chip, sources={name: source for name, source in chip.sources.items() if name not in changed})


def _with_rates(chip: Chip, values: Mapping[str, Any], where: str) -> Chip:
    given = {kind.field.removesuffix("_dense"): values[key] for key, kind in RATE_KEYS.items() if key in values}
    stated = values.get("tpp")
    rates = {**_following(chip.peak_flop_per_s, given), **given}
    if stated is None:
        return replace(chip, peak_flop_per_s=rates)
    computed = tpp(replace(chip, peak_flop_per_s=rates)).value
    if computed is None:
        return replace(chip, tpp_stated=stated)
    if given and abs(computed - stated) > TPP_AGREEMENT * stated:
        raise ConflictError(
            f"{where}: tpp is {stated:g}, yet the rates give {computed:g}.", hint="Leave out one of the two."
        )
    if given:
        return replace(chip, peak_flop_per_s=rates)
    return replace(chip, peak_flop_per_s={name: rate * stated / computed for name, rate in rates.items()})


def _following(base: Mapping[str, float], given: Mapping[str, float]) -> dict[str, float]:
    """Return the rates of a base chip, those of its matrix units scaled with the given rate of the nearest bit length.

    A chip "like an H100 with 148 TFLOP/s in FP16" has no 989 TFLOP/s in BF16. Vector rates stay.
    """
    ratio = {name: rate / base[name] for name, rate in given.items() if name in base and name not in VECTOR_FORMATS}
    if not ratio:
        return dict(base)

    def nearest(name: str) -> str:
        return min(ratio, key=lambda other: abs(math.log2(BIT_LENGTHS[other] / BIT_LENGTHS[name])))

    return {name: rate if name in VECTOR_FORMATS else rate * ratio[nearest(name)] for name, rate in base.items()}


def _kind_of(value: Any) -> str:
    return {list: "a list", str: "text", type(None): "an empty file"}.get(type(value), f"a {type(value).__name__}")
