"""A chip as one flat record with unit suffixes: what the command line, the API and the app show."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from leadtime import catalog
from leadtime.chips._chip import FORMATS, MATRIX_FORMATS, Chip
from leadtime.chips._derived import (
    Figure,
    decode_ratio_h100,
    memory_bandwidth_density,
    per_usd,
    per_w,
    performance_density,
    tpp,
    tpp_format,
    training_ratio_h100,
)
from leadtime.chips._loading import datasheet_rows
from leadtime.chips._names import match_chip
from leadtime.chips._oddities import oddities
from leadtime.units import to_base

__all__ = ["DATASHEET_FIELDS", "DERIVED_FIELDS", "compare_chips", "describe_chip", "rate_name"]


def rate_name(fmt: str) -> str:
    """Return the record's name of a dense peak rate: operations for integers, FLOP for floating point."""
    return f"{fmt}_dense_{'op' if fmt.startswith('int') else 'flop'}_per_s"


def _rate(fmt: str) -> Callable[[Chip], float | None]:
    return lambda chip: chip.peak_flop_per_s.get(fmt)


def _gb_s(value: float | None) -> float | None:
    return None if value is None else value / 1e9


ORDERED_FORMATS = sorted((*FORMATS, *MATRIX_FORMATS), key=lambda name: FORMATS.index(name.removesuffix("_matrix")))

# name in the record -> (field of the datasheet table, how to read it off a chip)
DATASHEET_FIELDS: Mapping[str, tuple[str, Callable[[Chip], Any]]] = MappingProxyType(
    {
        "id": ("", lambda chip: chip.id),
        "name": ("name", lambda chip: chip.name),
        "vendor": ("vendor", lambda chip: chip.vendor),
        "country_of_design": ("country_of_design", lambda chip: chip.country_of_design),
        "family": ("family", lambda chip: chip.family),
        "release_date": ("release_date", lambda chip: chip.release_date),
        "process_node": ("process_node", lambda chip: chip.silicon.process_node),
        "foundry": ("foundry", lambda chip: chip.silicon.foundry),
        "die_area_mm2": ("die_area", lambda chip: chip.silicon.die_area_mm2),
        "non_planar_die_area_mm2": ("non_planar_die_area", lambda chip: chip.silicon.non_planar_area_mm2),
        "n_compute_dies": ("n_compute_dies", lambda chip: chip.silicon.n_compute_dies),
        "n_transistors": ("n_transistors", lambda chip: chip.silicon.n_transistors),
        **{rate_name(fmt): (f"{fmt}_dense", _rate(fmt)) for fmt in ORDERED_FORMATS},
        "memory_type": ("memory_type", lambda chip: chip.memory.kind),
        "memory_byte": ("memory", lambda chip: chip.memory.capacity_byte),
        "memory_bandwidth_byte_per_s": ("memory_bandwidth", lambda chip: chip.memory.bandwidth_byte_per_s),
        "memory_bandwidth_gb_s": ("memory_bandwidth", lambda chip: _gb_s(chip.memory.bandwidth_byte_per_s)),
        "scale_up_name": ("scale_up_name", lambda chip: chip.links.scale_up_name),
        "scale_up_byte_per_s": ("scale_up_bandwidth", lambda chip: chip.links.scale_up_byte_per_s),
        "scale_up_domain": ("scale_up_domain", lambda chip: chip.links.scale_up_domain),
        "scale_out_byte_per_s": ("scale_out_bandwidth", lambda chip: chip.links.scale_out_byte_per_s),
        "power_w": ("power", lambda chip: chip.power_w),
        "launch_price_usd": ("launch_price", lambda chip: chip.launch_price_usd),
        "datacenter_marketed": ("datacenter_marketed", lambda chip: chip.datacenter_marketed),
    }
)


def _per_kw(ratio: Callable[[Chip], Figure]) -> Callable[[Chip], Figure]:
    return lambda chip: per_w(chip, ratio(chip)).over(1e-3)


def _per_1000_usd(ratio: Callable[[Chip], Figure]) -> Callable[[Chip], Figure]:
    return lambda chip: per_usd(chip, ratio(chip)).over(1e-3)


DERIVED_FIELDS: Mapping[str, Callable[[Chip], Figure]] = MappingProxyType(
    {
        "tpp": tpp,
        "performance_density": performance_density,
        "h100e_training_ratio": training_ratio_h100,
        "h100e_decode_ratio": decode_ratio_h100,
        "memory_bandwidth_density_gb_s_per_mm2": memory_bandwidth_density,
        "h100e_training_per_kw": _per_kw(training_ratio_h100),
        "h100e_decode_per_kw": _per_kw(decode_ratio_h100),
        "h100e_training_per_1000_usd": _per_1000_usd(training_ratio_h100),
        "h100e_decode_per_1000_usd": _per_1000_usd(decode_ratio_h100),
    }
)
MAIN_FIGURES = ("tpp", "performance_density", "h100e_training_ratio", "h100e_decode_ratio")
"""Figures whose missing inputs a record lists."""


def describe_chip(name: str | Chip) -> dict[str, Any]:
    """Return everything known of one accelerator as a flat record.

    Parameters
    ----------
    name : str or Chip
        A name, an alias or a file, as :func:`leadtime.chips.find_chip` takes it, or a chip.

    Returns
    -------
    dict
        Datasheet fields in base units (None where nobody states them), derived figures, ``missing`` (datasheet fields
        that keep a main figure from being known; all figures in ``missing_by_figure``), ``warnings``, ``notes`` and ``methods`` by field, ``disputed`` values,
        ``sources`` by field, ``matched_from`` and ``match_note``.

    Examples
    --------
    >>> record = describe_chip("h20")
    >>> record["id"], record["tpp"], round(record["performance_density"], 2), record["matched_from"]
    ('h20-96gb', 2368.0, 2.91, 'h20')
    """
    chip, matched_from, match_note = (name, name.id, "") if isinstance(name, Chip) else match_chip(name)
    figures = {field: derive(chip) for field, derive in DERIVED_FIELDS.items()}
    record: dict[str, Any] = {field: read(chip) for field, (_, read) in DATASHEET_FIELDS.items()}
    rows = {field: row for field, row in datasheet_rows().get(chip.id, {}).items() if field in chip.sources}
    if "release_date" in rows:
        record["release_date"] = rows["release_date"]["value"]  # as precise as the source, a year or a month too
    fields = {**{name: field for name, (field, _) in DATASHEET_FIELDS.items()}, "status": "status"}
    return {
        **record,
        "status": rows["status"]["value"] if "status" in rows else None,
        "matched_from": matched_from,
        "match_note": match_note,
        **{field: figure.value for field, figure in figures.items()},
        "tpp_format": tpp_format(chip),
        "missing_by_figure": {field: list(figure.missing) for field, figure in figures.items() if figure.missing},
        "missing": list(dict.fromkeys(name for field in MAIN_FIGURES for name in figures[field].missing)),
        "warnings": list(oddities(chip)),
        "notes": {name: rows[field]["note"] for name, field in fields.items() if field in rows and rows[field]["note"]},
        "methods": {name: rows[field]["method"] for name, field in fields.items() if field in rows},
        "disputed": list(_disputes().get(chip.id, ())) if rows else [],
        "sources": {name: chip.sources[field] for name, field in fields.items() if field in chip.sources},
    }


def compare_chips(names: Iterable[str]) -> dict[str, Any]:
    """Return the records of several accelerators and each number relative to that of the first."""
    records = [describe_chip(name) for name in names]
    first = records[0]
    ratios = {
        field: [_ratio(record[field], first[field]) for record in records]
        for field in (*DATASHEET_FIELDS, *DERIVED_FIELDS)
        if isinstance(first[field], (int, float)) and not isinstance(first[field], bool)
    }
    return {"chips": records, "relative_to": first["id"], "ratios": ratios}


def _ratio(value: Any, first: float) -> float | None:
    return None if value is None or first == 0 else value / first


@cache
def _disputes() -> Mapping[str, tuple[dict[str, Any], ...]]:
    """Return the values that some source states and the catalogue does not use, by chip."""
    found: dict[str, tuple[dict[str, Any], ...]] = {}
    record_name = {field: name for name, (field, _) in reversed(tuple(DATASHEET_FIELDS.items()))}
    for row in catalog.table("chip_disputes"):
        entry = {
            "field": record_name[row["field"]],
            "rejected_value": to_base(float(row["rejected_value"]), row["unit"]),
            "source": row["source_id"],
            "reason": row["reason"],
        }
        found[row["chip_id"]] = (*found.get(row["chip_id"], ()), entry)
    return MappingProxyType(found)
