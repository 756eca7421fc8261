"""Accelerators, and what follows from their datasheets.

>>> from leadtime import chips
>>> chips.find_chip("h100").id
'h100-sxm5-80gb'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from leadtime.chips._chip import FORMATS, MATRIX_FORMATS, Chip, Links, Memory, Silicon

if TYPE_CHECKING:
    from leadtime.chips._derived import (
        BIT_LENGTHS,
        Figure,
        decode_ratio_h100,
        eight_bit_flop_per_s,
        memory_bandwidth_density,
        per_usd,
        per_w,
        performance_density,
        tpp,
        tpp_format,
        training_ratio_h100,
    )
    from leadtime.chips._describe import compare_chips, describe_chip
    from leadtime.chips._listing import first_day, last_day, list_chips
    from leadtime.chips._loading import all_chips, chip_by_id, datasheet_rows
    from leadtime.chips._names import find_chip, match_chip, resolve_chip_name
    from leadtime.chips._oddities import oddities
    from leadtime.chips._own import OWN_KEYS, chip_from_file, chip_from_mapping
    from leadtime.chips._silicon import is_non_planar

__all__ = [
    "BIT_LENGTHS",
    "FORMATS",
    "MATRIX_FORMATS",
    "OWN_KEYS",
    "Chip",
    "Figure",
    "Links",
    "Memory",
    "Silicon",
    "all_chips",
    "chip_by_id",
    "chip_from_file",
    "chip_from_mapping",
    "compare_chips",
    "datasheet_rows",
    "decode_ratio_h100",
    "describe_chip",
    "eight_bit_flop_per_s",
    "find_chip",
    "first_day",
    "is_non_planar",
    "last_day",
    "list_chips",
    "match_chip",
    "memory_bandwidth_density",
    "oddities",
    "per_usd",
    "per_w",
    "performance_density",
    "resolve_chip_name",
    "tpp",
    "tpp_format",
    "training_ratio_h100",
]

_HOME = {
    "BIT_LENGTHS": "_derived",
    "Figure": "_derived",
    "OWN_KEYS": "_own",
    "all_chips": "_loading",
    "chip_by_id": "_loading",
    "chip_from_file": "_own",
    "chip_from_mapping": "_own",
    "compare_chips": "_describe",
    "datasheet_rows": "_loading",
    "decode_ratio_h100": "_derived",
    "describe_chip": "_describe",
    "eight_bit_flop_per_s": "_derived",
    "find_chip": "_names",
    "first_day": "_listing",
    "is_non_planar": "_silicon",
    "last_day": "_listing",
    "list_chips": "_listing",
    "match_chip": "_names",
    "memory_bandwidth_density": "_derived",
    "oddities": "_oddities",
    "per_usd": "_derived",
    "per_w": "_derived",
    "performance_density": "_derived",
    "resolve_chip_name": "_names",
    "tpp": "_derived",
    "tpp_format": "_derived",
    "training_ratio_h100": "_derived",
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
