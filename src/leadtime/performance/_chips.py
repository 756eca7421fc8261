"""Chips as arrays: what the equations need of a datasheet, one number per configuration.

Rule caps are inputs. Take the arrays of an H100, lower the interconnect or the arithmetic with :func:`capped_chips`,
and the same equations price the H800 and the H20 that the caps imply.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.chips import Chip
from leadtime.errors import MissingFactError, OutOfRangeError, shorten
from leadtime.workloads import BYTE_PER_VALUE

__all__ = [
    "WEIGHT_BYTE",
    "ChipArrays",
    "arithmetic_precision",
    "capped_chips",
    "chip_arrays",
    "on_host_bus",
    "ridge_flop_per_byte",
]

TRUE_CAPACITY_RATIO = 1.07
"""Decimal bytes that HBM parts expose over their marketed GB: an "80 GB" part has 80 GiB (driver listings: 81,559 MiB)."""
MEBIBYTE = 2.0**20
NODE_CHIPS = 8.0
"""Chips of one host where the scale-up domain is smaller, as with PCIe cards."""
NODE_BYTE_PER_S = 25e9
"""One-way rate between chips of one host that no scale-up link joins: PCIe 4.0 x16 after protocol [byte/s]."""

WEIGHT_BYTE = {**BYTE_PER_VALUE, "tf32": 4.0}
"""Bytes per stored weight, block scales of narrow formats included; tf32 is a format of arithmetic, stored in 32 bit."""

_ARITHMETIC = {
    "fp32": ("fp32",), "tf32": ("tf32",), "bf16": ("bf16", "fp16"), "fp16": ("fp16", "bf16"), "fp8": ("fp8", "bf16", "fp16"),
    "int8": ("int8", "bf16", "fp16"), "fp6": ("fp6", "fp8", "bf16", "fp16"), "fp4": ("fp4", "bf16", "fp16"), "int4": ("bf16", "fp16"),
}  # fmt: skip
_BITS = {"fp64": 64, "tf32": 32, "fp32": 32, "fp16": 16, "bf16": 16, "fp8": 8, "fp6": 6, "fp4": 4, "int8": 8, "int4": 4}


class ChipArrays(NamedTuple):
    """Datasheet values in base units; each field has shape (configuration,) or broadcasts with it.

    NaN stands for an unknown network or power: a configuration that does not use it is not concerned.
    """

    peak_flop_per_s: Array  # F_p, dense, at the precision of arithmetic
    attention_flop_per_s: Array  # F_16, in which attention is computed
    bandwidth_byte_per_s: Array  # W
    capacity_byte: Array  # C, as the driver shows it, not as marketed
    scale_up_byte_per_s: Array  # U, one direction
    domain: Array  # D, chips that reach each other over the scale-up network
    node: Array  # chips of one host, at least the domain
    node_byte_per_s: Array  # between domains of one host, one direction
    scale_out_byte_per_s: Array  # R per chip, one direction
    power_w: Array
    tpp: Array  # largest rate in tera times bit length, as export rules count it


def arithmetic_precision(chip: Chip, precision: str) -> str:
    """Return the format in which a chip computes with weights stored in ``precision``.

    A chip without units for a narrow format holds the weights in it and multiplies in 16 bit; four-bit integers always
    do (W4A16).

    Examples
    --------
    >>> arithmetic_precision(Chip(id="a", name="a", peak_flop_per_s={"bf16": 312e12}), "fp8")
    'bf16'
    """
    try:
        ladder = _ARITHMETIC[precision]
    except KeyError:
        known = ", ".join(_ARITHMETIC)
        raise OutOfRangeError(
            f"The precision {shorten(precision)!r} is not known.", hint=f"Use one of {known}."
        ) from None
    for name in ladder:
        if name in chip.peak_flop_per_s:
            return name
    raise MissingFactError(
        f"No source gives a dense {ladder[-1] if len(ladder) == 1 else 'bf16 or fp16'} peak rate of {chip.name} (field {ladder[-1]}_dense).",
        hint="Give it in a chip file.",
    )


def chip_arrays(chips: Sequence[Chip] | Chip, precisions: str | Sequence[str] = "bf16") -> ChipArrays:
    """Gather datasheets into arrays, one chip per configuration.

    Parameters
    ----------
    chips : Chip or sequence of Chip
        One chip per configuration; a single chip gives scalars.
    precisions : str or sequence of str
        Format of the weights; arithmetic follows :func:`arithmetic_precision`.

    Raises
    ------
    MissingFactError
        If peak rate, memory bandwidth or capacity of a chip is unknown; the message names the field.
    """
    single = isinstance(chips, Chip)
    all_chips: Sequence[Chip] = [chips] if isinstance(chips, Chip) else chips
    wanted = [precisions] * len(all_chips) if isinstance(precisions, str) else list(precisions)
    known: dict[tuple[int, str], tuple[float, ...]] = {}
    rows = []
    for chip, precision in zip(all_chips, wanted, strict=True):
        key = (id(chip), precision)
        if key not in known:
            known[key] = _row(chip, precision)
        rows.append(known[key])
    columns = np.array(rows, dtype=float).T if rows else np.empty((len(ChipArrays._fields), 0))
    return ChipArrays(*(column[0] if single else column for column in columns))


def _row(chip: Chip, precision: str) -> tuple[float, ...]:
    peak = chip.peak_flop_per_s[arithmetic_precision(chip, precision)]
    half_rate = chip.peak_flop_per_s[arithmetic_precision(chip, "bf16")]
    memory, links = chip.memory, chip.links
    for value, field in ((memory.bandwidth_byte_per_s, "memory_bandwidth"), (memory.capacity_byte, "memory")):
        if value is None:
            raise MissingFactError(
                f"No source gives the {field.replace('_', ' ')} of {chip.name} (field {field}).",
                hint="Give it in a chip file.",
            )
    capacity = float(memory.capacity_byte or 0.0)
    if (memory.kind or "").upper().startswith("HBM") and capacity % MEBIBYTE:
        capacity *= TRUE_CAPACITY_RATIO  # a capacity printed in GiB (AWS, Google) is whole in MiB, one in GB is not
    domain = float(links.scale_up_domain or 1)
    up = links.scale_up_byte_per_s / 2.0 if links.scale_up_byte_per_s else float("nan")
    is_host_bus = on_host_bus(chip)
    inside_host = up if is_host_bus else NODE_BYTE_PER_S
    if is_host_bus:
        domain = 1.0
    return (
        peak,
        half_rate,
        float(memory.bandwidth_byte_per_s or 0.0),
        capacity,
        up,
        domain,
        max(domain, NODE_CHIPS),
        inside_host,
        float(links.scale_out_byte_per_s or float("nan")),
        float(chip.power_w or float("nan")),
        max(rate / 1e12 * _BITS[name] for name, rate in chip.peak_flop_per_s.items() if name in _BITS),
    )


def on_host_bus(chip: Chip) -> bool:
    """Tell whether chips of one host reach each other over its bus alone, without a scale-up network."""
    return "pcie" in (chip.links.scale_up_name or "").lower()


def ridge_flop_per_byte(chips: ChipArrays) -> Array:
    """Return the operations per byte above which a chip computes longer than it reads: F_p / W [FLOP/byte]."""
    return chips.peak_flop_per_s / chips.bandwidth_byte_per_s


def capped_chips(
    chips: ChipArrays,
    *,
    tpp: Array | None = None,
    interconnect_byte_per_s: Array | None = None,
    bandwidth_byte_per_s: Array | None = None,
    capacity_byte: Array | None = None,
) -> ChipArrays:
    """Return the chips as a rule or a design would cap them; a cap above the chip's own value changes nothing.

    Parameters
    ----------
    chips : ChipArrays
        Uncapped chips.
    tpp : array_like, optional
        Cap on total processing performance; all formats slow down in proportion.
    interconnect_byte_per_s : array_like, optional
        Cap on the scale-up bandwidth, aggregate of both directions as the 2022 rule counts it [byte/s].
    bandwidth_byte_per_s : array_like, optional
        Cap on the memory bandwidth [byte/s].
    capacity_byte : array_like, optional
        Cap on the memory [byte].
    """
    xp = namespace(chips.peak_flop_per_s, tpp, interconnect_byte_per_s, bandwidth_byte_per_s, capacity_byte)
    capped = chips
    if tpp is not None:
        slower = xp.minimum(1.0, tpp / chips.tpp)
        capped = capped._replace(
            peak_flop_per_s=chips.peak_flop_per_s * slower,
            attention_flop_per_s=chips.attention_flop_per_s * slower,
            tpp=chips.tpp * slower,
        )
    if interconnect_byte_per_s is not None:
        capped = capped._replace(
            scale_up_byte_per_s=xp.minimum(chips.scale_up_byte_per_s, interconnect_byte_per_s / 2.0)
        )
    if bandwidth_byte_per_s is not None:
        capped = capped._replace(bandwidth_byte_per_s=xp.minimum(chips.bandwidth_byte_per_s, bandwidth_byte_per_s))
    if capacity_byte is not None:
        capped = capped._replace(capacity_byte=xp.minimum(chips.capacity_byte, capacity_byte))
    return capped
