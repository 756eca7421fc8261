"""From the rows of the chip table to :class:`Chip` values in base units."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

from leadtime import catalog
from leadtime.chips._chip import FORMATS, MATRIX_FORMATS, Chip, Links, Memory, Silicon
from leadtime.chips._silicon import is_non_planar
from leadtime.errors import UnknownNameError
from leadtime.units import to_base

__all__ = ["all_chips", "chip_by_id", "datasheet_rows"]


@cache
def datasheet_rows() -> Mapping[str, Mapping[str, dict[str, str]]]:
    """Return the rows of the chip table as ``{chip id: {field: row}}``."""
    grouped: dict[str, dict[str, dict[str, str]]] = {}
    for row in catalog.table("chips"):
        grouped.setdefault(row["chip_id"], {})[row["field"]] = row
    return MappingProxyType(grouped)


@cache
def _by_id() -> Mapping[str, Chip]:
    return MappingProxyType({chip_id: _chip(chip_id, rows) for chip_id, rows in datasheet_rows().items()})


def all_chips() -> tuple[Chip, ...]:
    """Return every accelerator of the catalogue, in the order of its table."""
    return tuple(_by_id().values())


def chip_by_id(chip_id: str) -> Chip:
    """Return one accelerator by its catalogue id.

    Raises
    ------
    UnknownNameError
        If no accelerator carries the id.
    """
    try:
        return _by_id()[chip_id]
    except KeyError:
        raise UnknownNameError.among("chip", chip_id, _by_id()) from None


def _chip(chip_id: str, rows: Mapping[str, dict[str, str]]) -> Chip:
    text = {field: row["value"] for field, row in rows.items()}
    number = {
        field: to_base(float(row["value"]), row["unit"])
        for field, row in rows.items()
        if row["unit"] not in {"text", "date", "bool"}
    }
    area = number.get("die_area")
    return Chip(
        id=chip_id,
        name=text["name"],
        vendor=text.get("vendor"),
        country_of_design=text.get("country_of_design"),
        family=text.get("family"),
        release_date=first_day(text.get("release_date")),
        peak_flop_per_s=MappingProxyType(
            {name: number[f"{name}_dense"] for name in FORMATS + MATRIX_FORMATS if f"{name}_dense" in number}
        ),
        memory=Memory(
            kind=text.get("memory_type"),
            capacity_byte=number.get("memory"),
            bandwidth_byte_per_s=number.get("memory_bandwidth"),
        ),
        silicon=Silicon(
            process_node=text.get("process_node"),
            foundry=text.get("foundry"),
            die_area_mm2=area,
            non_planar_area_mm2=number.get("non_planar_die_area", non_planar_area_mm2(area, text.get("process_node"))),
            n_compute_dies=whole(number.get("n_compute_dies")),
            n_transistors=number.get("n_transistors"),
        ),
        links=Links(
            scale_up_name=text.get("scale_up_name"),
            scale_up_byte_per_s=number.get("scale_up_bandwidth"),
            scale_up_domain=whole(number.get("scale_up_domain")),
            scale_out_byte_per_s=number.get("scale_out_bandwidth"),
        ),
        power_w=number.get("power"),
        datacenter_marketed={"true": True, "false": False}.get(text.get("datacenter_marketed", "")),
        launch_price_usd=number.get("launch_price"),
        sources=MappingProxyType({field: row["source_id"] for field, row in rows.items()}),
    )


def non_planar_area_mm2(die_area_mm2: float | None, process_node: str | None) -> float | None:
    """Return the part of a die area that counts towards performance density; None if area or node is unknown."""
    verdict = is_non_planar(process_node)
    if verdict is None or (verdict and die_area_mm2 is None):
        return None
    return die_area_mm2 if verdict else 0.0


def first_day(text: str | None) -> date | None:
    """Return the first day that a year, a month or a date names."""
    return date.fromisoformat((text + "-01-01")[:10]) if text else None


def whole(value: float | None) -> int | None:
    """Return a count as an integer."""
    return None if value is None else round(value)
