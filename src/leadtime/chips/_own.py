"""An accelerator that a user describes in a YAML or JSON file, alone or as a change of a catalogue part."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from leadtime.chips._chip import FORMATS, MATRIX_FORMATS, Chip, Links, Memory, Silicon
from leadtime.chips._derived import tpp
from leadtime.chips._loading import non_planar_area_mm2
from leadtime.errors import BadFileError, ConflictError, OutOfRangeError, shorten
from leadtime.files import read_structured

__all__ = ["OTHER_KINDS", "OWN_KEYS", "chip_from_file", "chip_from_mapping"]

OTHER_KINDS = frozenset({"hbm", "system", "weights", "die"})
"""Kinds of items that rules know and that are no chip."""

TPP_AGREEMENT = 1e-3
"""Relative difference at which a stated TPP contradicts the stated rates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Number:
    """A key with a number: factor to base units, and the largest value that could be meant."""

    factor: float = 1.0
    largest: float
    whole: bool = False


RATE_KEYS = {
    f"{name}_dense_{'tops' if name.startswith('int') else 'tflops'}": (name, _Number(factor=1e12, largest=1e7))
    for name in FORMATS + MATRIX_FORMATS
}
NUMBER_KEYS = {
    "tpp": _Number(largest=1e9),
    "die_area_mm2": _Number(largest=1e5),
    "non_planar_die_area_mm2": _Number(largest=1e5),
    "process_node_nm": _Number(largest=1000),
    "n_compute_dies": _Number(largest=1000, whole=True),
    "n_transistors": _Number(largest=1e15),
    "memory_gb": _Number(factor=1e9, largest=1e6),
    "memory_bandwidth_gb_s": _Number(factor=1e9, largest=1e8),
    "interconnect_gb_s": _Number(factor=1e9, largest=1e7),
    "network_gb_s": _Number(factor=1e9, largest=1e6),
    "scaleup_domain": _Number(largest=1e7, whole=True),
    "tdp_w": _Number(largest=1e6),
    "launch_price_usd": _Number(largest=1e9),
}
TEXT_KEYS = frozenset(
    {
        "kind",
        "based_on",
        "id",
        "name",
        "vendor",
        "country_of_design",
        "family",
        "process_node",
        "foundry",
        "memory_type",
        "interconnect_name",
        "note",
    }
)
OWN_KEYS = frozenset({*RATE_KEYS, *NUMBER_KEYS, *TEXT_KEYS, "datacenter_marketed", "release_date"})
"""Every key that a chip file may carry."""


def chip_from_file(path: str | Path) -> Chip:
    """Return the accelerator that a YAML or JSON file describes.

    Raises
    ------
    BadFileError
        If the file is not a chip description.
    """
    return chip_from_mapping(read_structured(path), Path(path).name)


def chip_from_mapping(mapping: Any, where: str = "chip") -> Chip:
    """Return the accelerator that a mapping describes.

    Parameters
    ----------
    mapping : mapping
        Keys with unit suffixes: ``name``, ``fp16_dense_tflops``, ``die_area_mm2``, ``memory_bandwidth_gb_s``, ...;
        ``based_on: h100`` starts from a catalogue part; ``tpp`` may stand instead of rates, and with ``based_on`` scales
        all rates of the base alike.
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
    >>> chip_from_mapping({"kind": "chip", "based_on": "h100", "tpp": 4800}).name
    'H100 SXM5 80GB, changed'
    """
    values = _checked(mapping, where)
    base = _base(values, where)
    rates = {name: values[key] for key, (name, _) in RATE_KEYS.items() if key in values}
    chip = _with_identity(base, values)
    chip = replace(
        chip,
        memory=_memory(chip.memory, values),
        silicon=_silicon(chip.silicon, values, where),
        links=_links(chip.links, values),
        power_w=values.get("tdp_w", chip.power_w),
        launch_price_usd=values.get("launch_price_usd", chip.launch_price_usd),
        datacenter_marketed=values.get("datacenter_marketed", chip.datacenter_marketed),
    )
    return _with_rates(chip, rates, values.get("tpp"), where)


def _checked(mapping: Any, where: str) -> dict[str, Any]:
    """Return the values in base units, or say which key is wrong."""
    if not isinstance(mapping, Mapping):
        raise BadFileError(
            f"{where}: a chip is a list of `key: value` lines, not {_kind_of(mapping)}.",
            hint="Start with `kind: chip`.",
        )
    kind = mapping.get("kind", "chip")
    if isinstance(kind, str) and kind in OTHER_KINDS:
        raise BadFileError(f"{where} describes a {kind}, not a chip.", hint=f"Ask `leadtime classify --spec {where}`.")
    if kind != "chip":
        raise BadFileError(f"{where}: kind is {shorten(kind)!r}.", hint="Write `kind: chip`.")
    values: dict[str, Any] = {}
    for key, value in mapping.items():
        if key not in OWN_KEYS:
            raise _unknown_key(key, where)
        if value is None:  # an empty value says what leaving the key out says: not known
            continue
        values[key] = _value(key, value, where)
    return values


def _unknown_key(key: Any, where: str) -> BadFileError:
    near = get_close_matches(str(key).casefold(), OWN_KEYS, n=1, cutoff=0.5)
    hint = f"Did you mean {near[0]!r}?" if near else f"Known keys: {', '.join(sorted(OWN_KEYS))}."
    return BadFileError(f"{where}: the key {shorten(key)!r} is not known.", hint=hint)


def _value(key: str, value: Any, where: str) -> Any:
    if key in RATE_KEYS:
        return _number(key, value, RATE_KEYS[key][1], where)
    if key in NUMBER_KEYS:
        return _number(key, value, NUMBER_KEYS[key], where)
    if key == "datacenter_marketed":
        if not isinstance(value, bool):
            raise BadFileError(f"{where}: {key} is {shorten(value)!r}, not true or false.")
        return value
    if key == "release_date":
        return _date(value, where)
    if not isinstance(value, str) or not value.strip():
        raise BadFileError(f"{where}: {key} is {shorten(value)!r}, not text.", hint="Quote it.")
    if len(value) > 500:
        raise BadFileError(f"{where}: {key} has more than 500 characters.")
    return value.strip()


def _number(key: str, value: Any, kind: _Number, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadFileError(
            f"{where}: {key} is {shorten(value)!r}, not a number.",
            hint="Write a plain number; the unit stands in the key.",
        )
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
            f"{where}: release_date is {shorten(value)!r}, not a date.", hint="Write it as 2024-07-01."
        ) from None


def _base(values: Mapping[str, Any], where: str) -> Chip:
    if "based_on" not in values:
        return Chip(
            id=values.get("id", slug(values.get("name", Path(where).stem))), name=values.get("name", Path(where).stem)
        )
    from leadtime.chips._names import find_chip, is_chip_file

    if is_chip_file(values["based_on"]):
        raise BadFileError(f"{where}: based_on names a file.", hint="Name a chip of the catalogue.")
    base = find_chip(values["based_on"])
    return replace(base, id=f"{base.id}-changed", name=f"{base.name}, changed", release_date=None)


def slug(name: str) -> str:
    """Return a name as an id: lower case, words joined by hyphens."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in name.casefold()).split()) or "chip"


def _with_identity(base: Chip, values: Mapping[str, Any]) -> Chip:
    named = {"id": slug(values["name"]), "name": values["name"]} if "name" in values else {}
    given = {
        key: values[key] for key in ("id", "vendor", "country_of_design", "family", "release_date") if key in values
    }
    return replace(base, **(named | given))


def _memory(base: Memory, values: Mapping[str, Any]) -> Memory:
    return Memory(
        kind=values.get("memory_type", base.kind),
        capacity_byte=values.get("memory_gb", base.capacity_byte),
        bandwidth_byte_per_s=values.get("memory_bandwidth_gb_s", base.bandwidth_byte_per_s),
    )


def _silicon(base: Silicon, values: Mapping[str, Any], where: str) -> Silicon:
    node = values.get(
        "process_node", f"{values['process_node_nm']:g} nm" if "process_node_nm" in values else base.process_node
    )
    area = values.get("die_area_mm2", base.die_area_mm2)
    counted = values.get("non_planar_die_area_mm2")
    if counted is not None and area is not None and counted > area:
        raise ConflictError(f"{where}: non_planar_die_area_mm2 ({counted:g}) is more than die_area_mm2 ({area:g}).")
    changed = {"die_area_mm2", "process_node", "process_node_nm"} & values.keys()
    if counted is None:
        counted = non_planar_area_mm2(area, node) if changed else base.non_planar_area_mm2
    return replace(
        base,
        process_node=node,
        foundry=values.get("foundry", base.foundry),
        die_area_mm2=area,
        non_planar_area_mm2=counted,
        n_compute_dies=int(values["n_compute_dies"]) if "n_compute_dies" in values else base.n_compute_dies,
        n_transistors=values.get("n_transistors", base.n_transistors),
    )


def _links(base: Links, values: Mapping[str, Any]) -> Links:
    return Links(
        scale_up_name=values.get("interconnect_name", base.scale_up_name),
        scale_up_byte_per_s=values.get("interconnect_gb_s", base.scale_up_byte_per_s),
        scale_up_domain=int(values["scaleup_domain"]) if "scaleup_domain" in values else base.scale_up_domain,
        scale_out_byte_per_s=values.get("network_gb_s", base.scale_out_byte_per_s),
    )


def _with_rates(chip: Chip, rates: Mapping[str, float], stated: float | None, where: str) -> Chip:
    if stated is None:
        return replace(chip, peak_flop_per_s={**chip.peak_flop_per_s, **rates})
    if rates:
        chip = replace(chip, peak_flop_per_s=dict(rates))
        computed = tpp(chip).value
        if computed is None or abs(computed - stated) > TPP_AGREEMENT * stated:
            raise ConflictError(
                f"{where}: tpp is {stated:g}, yet the rates give {computed:g}.", hint="Leave out one of the two."
            )
        return chip
    base = tpp(chip).value
    if base is None or not chip.peak_flop_per_s:
        return replace(chip, tpp_stated=stated)
    scaled = {name: rate * stated / base for name, rate in chip.peak_flop_per_s.items()}
    return replace(chip, peak_flop_per_s=scaled)


def _kind_of(value: Any) -> str:
    return {list: "a list", str: "text", type(None): "an empty file"}.get(type(value), f"a {type(value).__name__}")
