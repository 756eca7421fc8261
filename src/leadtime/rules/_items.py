"""What is sold: six kinds of item, each with the facts that the law asks about it.

========  =====================================================================================================
kind      keys of a spec file
========  =====================================================================================================
chip      those of a chip file (``based_on``, ``fp8_dense_tflops``, ``die_area_mm2``, ``process_node``, ``memory_bandwidth_gb_s``,
          ``interconnect_gb_s``, ``datacenter_marketed``, ``vendor``, ``release_date``, ...), with ``tpp`` and
          ``performance_density`` where they are known themselves; of a die area only what is on a non-planar node counts,
          so it needs ``process_node`` (or ``non_planar_die_area_mm2``) beside it
system    ``contains``: a list of chips, each a catalogue name, ``{chip: NAME, count: N}``, or a mapping as above
hbm       ``bandwidth_density_gb_s_mm2``, or ``memory_bandwidth_gb_s`` with ``package_area_mm2``; ``co_packaged`` (with a
          processor whose function dominates), ``interface_die`` (fixed to a control-interface logic die only),
          ``exception_conditions_met`` (those of 740.25 other than density)
weights   ``training_flop``, ``published``, ``below_best_published``, ``derived_from_published``, ``added_flop``
die       ``n_transistors``, ``advanced_node`` (16/14 nm or below, or non-planar), ``has_hbm``, ``packager`` (fabricator |
          approved_osat | other), ``packaged_in_embargoed`` (in Macau or D:5), ``designer_status`` (approved | authorized |
          authorized_pending | other), ``seller`` (fabricator | osat | later); ``tpp``, ``performance_density``,
          ``die_area_mm2`` and ``datacenter_marketed`` as attested
technology  ``technology_for`` (3A090.a | 3A090.b | 3A090.c | 4A090.a | 4A090.b | other): the entry of what is developed or
          produced with it; ``deemed`` (released to a foreign person instead of sent abroad: the destination is then the
          country of that person's latest citizenship or permanent residency), ``published``, ``other_licence`` (whether an
          entry or a section that is not held asks for a licence)
========  =====================================================================================================

Every kind takes ``kind``, ``name`` and ``note``. A number left out is unknown, never zero. Of the flags, ``co_packaged``,
``interface_die``, ``exception_conditions_met``, ``below_best_published``, ``derived_from_published`` and ``deemed``, and
``published`` of technology, are false where left out and unknown where written as null; the others are unknown where left out.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from leadtime.chips import Chip, chip_from_mapping, find_chip, tpp
from leadtime.errors import BadFileError, ConflictError, OutOfRangeError, shorten
from leadtime.files import read_structured

__all__ = ["KINDS", "Item", "find_item", "item_from_file", "item_from_spec", "item_of"]

KINDS = ("chip", "system", "hbm", "weights", "die", "technology")
DENSITY_AGREEMENT = 0.01
"""Relative difference at which a stated density contradicts a stated area."""
ON_SALE_BY = date(2026, 1, 15)
"""Publication of the rule that asks whether a part was commercially available in the United States."""

_NUMBERS = {
    "hbm": ("bandwidth_density_gb_s_mm2", "memory_bandwidth_gb_s", "package_area_mm2"),
    "weights": ("training_flop", "added_flop"),
    "die": ("n_transistors", "tpp", "performance_density", "die_area_mm2"),
    "technology": (),
}
_FLAGS = {
    "hbm": ("co_packaged", "interface_die", "exception_conditions_met"),
    "weights": ("published", "below_best_published", "derived_from_published"),
    "die": ("advanced_node", "has_hbm", "packaged_in_embargoed", "datacenter_marketed"),
    "technology": ("published", "deemed", "other_licence"),
}
_CHOICES = {
    "hbm": (),
    "weights": (),
    "die": ("packager", "designer_status", "seller"),
    "technology": ("technology_for",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that somebody wants to export.

    Parameters
    ----------
    name : str
        For people.
    kind : str
        One of :data:`KINDS`.
    facts : mapping of str to number, bool, str or None
        What is known about it, by the names that the books use; absent or None for unknown. A performance density of
        minus infinity stands for "undefined": no logic die on a non-planar node.
    asks : mapping of str to tuple of str
        What to ask the user for where a fact is missing (``performance_density`` asks for ``die_area_mm2``).
    parts : tuple of Item
        For a system: the chips in it.
    counts : tuple of int
        For a system: how many of each part it holds [count], in their order.
    """

    name: str
    kind: str = "chip"
    facts: Mapping[str, float | bool | str | None] = field(default_factory=dict)
    asks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parts: tuple["Item", ...] = ()
    counts: tuple[int, ...] = ()

    @property
    def unit_tpp(self) -> float | None:
        """Total processing performance of one unit, over all chips in it; None where it is not known [tpp]."""
        if self.kind != "system":
            value = self.facts.get("tpp")
            return float(value) if isinstance(value, int | float) else None
        each = [part.unit_tpp for part in self.parts]
        known = [value * count for value, count in zip(each, self.counts, strict=True) if value is not None]
        return sum(known) if len(known) == len(each) else None


def item_of(chip: Chip) -> Item:
    """Return an accelerator as an item: its legal quantities, and what is missing for them.

    Parameters
    ----------
    chip : Chip
        Rates in FLOP/s, bandwidths in byte/s.
    """
    total = tpp(chip)
    area = chip.silicon.non_planar_area_mm2
    asks: dict[str, tuple[str, ...]] = {}
    density: float | None = None
    if area == 0:
        density = -math.inf
    elif total.value is not None and area is not None:
        density = total.value / area
    else:
        where = "die_area_mm2" if chip.silicon.die_area_mm2 is None else "process_node"
        asks["performance_density"] = (where,) if area is None else total.missing
    if total.value is None:
        asks["tpp"] = total.missing
    released = chip.release_date
    facts: dict[str, float | bool | str | None] = {
        "tpp": total.value,
        "performance_density": density,
        "memory_bandwidth_gb_s": None if _is_sram(chip) else _gigabyte(chip.memory.bandwidth_byte_per_s),
        "interconnect_gb_s": _gigabyte(chip.links.scale_up_byte_per_s),
        "datacenter_marketed": chip.datacenter_marketed,
        "vendor": _vendor(chip.vendor),
        "named": _named(chip),
        "part": _part(chip),
        "foreign": None if chip.country_of_design is None else not chip.country_of_design.startswith(("CN", "China")),
    }
    if released is not None and released > ON_SALE_BY:
        facts["on_sale_in_us_2026"] = False
    return Item(name=chip.name, kind="chip", facts=facts, asks=asks)


def find_item(name_or_path: str) -> Item:
    """Return the item that a catalogue name, a chip file or a spec file means."""
    if Path(name_or_path).suffix.casefold() in {".yaml", ".yml", ".json"}:
        return item_from_file(name_or_path)
    return item_of(find_chip(name_or_path))


def item_from_file(path: str | Path) -> Item:
    """Return the item that a YAML or JSON file describes."""
    return item_from_spec(read_structured(path), Path(path).name)


def item_from_spec(spec: Any, where: str = "spec") -> Item:
    """Return the item that a mapping describes.

    Parameters
    ----------
    spec : mapping
        Keys as in the table at the head of this module.
    where : str
        Its name in messages.

    Raises
    ------
    BadFileError
        If the kind or a key is unknown, or a value has the wrong type.
    OutOfRangeError
        If a value is impossible.
    ConflictError
        If two values contradict each other.

    Examples
    --------
    >>> item_from_spec({"kind": "hbm", "memory_bandwidth_gb_s": 460, "package_area_mm2": 110}).facts["bandwidth_density_gb_s_mm2"]
    4.181818181818182
    """
    if not isinstance(spec, Mapping):
        raise BadFileError(
            f"{where}: an item is a list of `key: value` lines.", hint=f"Start with `kind: {' | '.join(KINDS)}`."
        )
    kind = spec.get("kind", "chip")
    if kind not in KINDS:
        raise BadFileError(f"{where}: kind is {shorten(kind)!r}.", hint=f"One of: {', '.join(KINDS)}.")
    if kind == "chip":
        return _chip(spec, where)
    if kind == "system":
        return _system(spec, where)
    return _plain(str(kind), spec, where)


def _chip(spec: Mapping[str, Any], where: str) -> Item:
    item = item_of(
        chip_from_mapping({key: value for key, value in spec.items() if key != "performance_density"}, where)
    )
    if spec.get("performance_density") is None:
        return item
    density = _number(spec["performance_density"], "performance_density", where)
    known = item.facts["performance_density"]
    if isinstance(known, float) and not math.isclose(known, density, rel_tol=DENSITY_AGREEMENT):
        words = "undefined, as no die is on a non-planar node" if known == -math.inf else f"{known:.4g}"
        raise ConflictError(
            f"{where}: performance_density is {density:g}, yet TPP and die area make it {words}.",
            hint="Leave one of them out.",
        )
    return _with_density(item, density)


def _with_density(item: Item, density: float) -> Item:
    asks = {key: asked for key, asked in item.asks.items() if key != "performance_density"}
    return replace(item, facts={**item.facts, "performance_density": density}, asks=asks)


def _system(spec: Mapping[str, Any], where: str) -> Item:
    _fail_if_unknown_keys(spec, ("contains",), "system", where)
    contains = spec.get("contains")
    if isinstance(contains, str | Mapping):
        contains = [contains]
    if not isinstance(contains, list) or not contains:
        raise BadFileError(
            f"{where}: a system needs `contains`, a list of chips.", hint="For example: contains: [h100]"
        )
    parts, counts = [], []
    for number, row in enumerate(contains, start=1):
        place = f"{where}, contains {number}"
        counts.append(_count(row["count"], place) if isinstance(row, Mapping) and "count" in row else 1)
        if isinstance(row, str):
            parts.append(item_of(find_chip(row)))
        elif isinstance(row, Mapping) and "chip" in row and not set(row) - {"chip", "count"}:
            parts.append(item_of(find_chip(str(row["chip"]))))
        else:
            parts.append(_chip(row, place) if isinstance(row, Mapping) else item_from_spec(row, place))
    name = _text(spec, "name", where) or f"system with {', '.join(dict.fromkeys(part.name for part in parts))}"
    return Item(name=name, kind="system", parts=tuple(parts), counts=tuple(counts))


def _count(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise OutOfRangeError(f"{where}: count is {shorten(value)!r}.", hint="Give a whole number, one or more.")
    return value


def _plain(kind: str, spec: Mapping[str, Any], where: str) -> Item:
    _fail_if_unknown_keys(spec, (*_NUMBERS[kind], *_FLAGS[kind], *_CHOICES[kind]), kind, where)
    numbers = {key: _number(spec[key], key, where) for key in _NUMBERS[kind] if spec.get(key) is not None}
    facts: dict[str, float | bool | str | None] = {}
    for key in _FLAGS[kind]:
        if key in spec:
            if spec[key] is not None and not isinstance(spec[key], bool):
                raise BadFileError(f"{where}: {key} is {shorten(spec[key])!r}, not true or false.")
            facts[key] = spec[key]
    facts |= {key: str(spec[key]) for key in _CHOICES[kind] if spec.get(key) is not None}
    asks: dict[str, tuple[str, ...]] = {}
    if kind == "hbm":
        _ratio(numbers, "memory_bandwidth_gb_s", "package_area_mm2", "bandwidth_density_gb_s_mm2", asks, where)
    elif kind == "technology":
        facts.setdefault("published", False)
    elif kind == "weights":
        if facts.get("derived_from_published"):
            _ratio(numbers, "added_flop", "training_flop", "added_frac", asks, where)
            if numbers.get("added_frac", 0.0) > 1.0:
                raise ConflictError(
                    f"{where}: added_flop is more than training_flop, which counts all of them.", hint="Check both."
                )
    else:
        _ratio(numbers, "tpp", "die_area_mm2", "performance_density", asks, where)
    kept = {key: value for key, value in numbers.items() if key not in {"package_area_mm2", "die_area_mm2"}}
    if kind == "hbm":
        kept.pop("memory_bandwidth_gb_s", None)
    names = {"hbm": "HBM stack", "weights": "model weights", "die": "logic die", "technology": "technology"}
    return Item(name=_text(spec, "name", where) or names[kind], kind=kind, facts={**kept, **facts}, asks=asks)


def _ratio(
    numbers: dict[str, float], above: str, below: str, ratio: str, asks: dict[str, tuple[str, ...]], where: str
) -> None:
    """Derive a ratio from its parts, check it against a stated one, or note what is missing."""
    absent = tuple(key for key in (above, below) if key not in numbers)
    if absent:
        if ratio not in numbers:
            asks[ratio] = absent
        return
    if numbers[below] == 0:
        raise OutOfRangeError(f"{where}: {below} is zero.", hint="Leave it out if it is unknown.")
    value = numbers[above] / numbers[below]
    if ratio in numbers and not math.isclose(numbers[ratio], value, rel_tol=DENSITY_AGREEMENT):
        raise ConflictError(
            f"{where}: {ratio} is {numbers[ratio]:g}, yet {above} over {below} is {value:.4g}.",
            hint="Leave one of them out.",
        )
    numbers.setdefault(ratio, value)


def _fail_if_unknown_keys(spec: Mapping[str, Any], known: tuple[str, ...], kind: str, where: str) -> None:
    every = (*known, "kind", "name", "note")
    for key in spec:
        if key not in every:
            near = get_close_matches(str(key), every, n=1, cutoff=0.5)
            hint = f"Did you mean {near[0]!r}?" if near else f"Keys: {', '.join(every)}."
            raise BadFileError(f"{where}: a {kind} has no {shorten(key)!r}.", hint=hint)


def _number(value: Any, key: str, where: str) -> float:
    if isinstance(value, str):
        try:
            value = float(value)  # YAML reads 1e26 as text
        except ValueError:
            raise BadFileError(f"{where}: {key} is {shorten(value)!r}, not a number.") from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadFileError(f"{where}: {key} is {shorten(value)!r}, not a number.")
    if not math.isfinite(value) or value < 0:
        raise OutOfRangeError(f"{where}: {key} is {value}.", hint="It must be zero or more.")
    return float(value)


def _text(spec: Mapping[str, Any], key: str, where: str) -> str:
    value = spec.get(key)
    if value is not None and not isinstance(value, str):
        raise BadFileError(f"{where}: {key} is {shorten(value)!r}, not text.")
    return value or ""


def _is_sram(chip: Chip) -> bool:
    """Tell whether the memory stated is on the die: its bandwidth is no DRAM bandwidth."""
    return chip.memory.kind is not None and chip.memory.kind.casefold().startswith("sram")


def _gigabyte(value: float | None) -> float | None:
    return None if value is None else value / 1e9


def _vendor(vendor: str | None) -> str | None:
    if vendor is None:
        return None
    known = {"nvidia": "NVIDIA", "amd": "AMD", "intel": "Intel", "habana": "Intel"}
    return next((name for word, name in known.items() if word in vendor.casefold()), "other")


def _key(chip: Chip) -> str:
    return f"{chip.id} {chip.name}".casefold().replace("-", " ")


def _named(chip: Chip) -> str:
    words = _key(chip)
    return "ascend_910bcd" if any(f"ascend 910{letter}" in words for letter in "bcd") else "none"


def _part(chip: Chip) -> str:
    words = _key(chip)
    for part, telling in (
        ("rtx_5090d_v2", ("5090 d v2",)),
        ("rtx_pro_6000d", ("pro 6000d",)),
        ("h200", ("h200 ",)),
        ("h20", ("h20 ",)),
    ):
        if any(phrase in words for phrase in telling) and "gh200" not in words:
            return part
    return "other"
