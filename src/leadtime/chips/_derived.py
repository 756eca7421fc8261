"""What follows from a datasheet: legal quantities, H100-equivalents, figures per watt and per dollar.

Each function returns a :class:`Figure`: a value, or the names of what is missing. Nothing missing ever counts as zero.
"""

from dataclasses import dataclass

from leadtime.chips._chip import Chip

__all__ = [
    "BIT_LENGTHS",
    "H100_DRAM_BYTE_PER_S",
    "H100_EIGHT_BIT_FLOP_PER_S",
    "Figure",
    "decode_ratio_h100",
    "eight_bit_flop_per_s",
    "memory_bandwidth_density",
    "per_usd",
    "per_w",
    "performance_density",
    "tpp",
    "tpp_format",
    "training_ratio_h100",
]

BIT_LENGTHS = {
    "fp64": 64,
    "fp64_matrix": 64,
    "fp32": 32,
    "fp32_matrix": 32,
    "tf32": 19,
    "fp16": 16,
    "bf16": 16,
    "fp8": 8,
    "int8": 8,
    "fp6": 6,
    "fp4": 4,
    "int4": 4,
}
"""Bit length of the larger multiply input of each format; TF32 carries 19 bits (1 sign, 8 exponent, 10 fraction)."""

H100_EIGHT_BIT_FLOP_PER_S = 1979e12
"""Dense 8-bit peak of the H100 SXM [FLOP/s]."""
H100_DRAM_BYTE_PER_S = 3.35e12
"""DRAM bandwidth of the H100 SXM [byte/s]."""
TERA = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A derived figure, or what keeps it from being known."""

    value: float | None = None
    missing: tuple[str, ...] = ()
    """Datasheet fields that nobody has stated and without which there is no value."""
    note: str = ""

    @property
    def known(self) -> bool:
        """Whether there is a value."""
        return self.value is not None

    def over(self, other: float) -> "Figure":
        """Return this figure divided by a number; unknown stays unknown."""
        return self if self.value is None else Figure(value=self.value / other, note=self.note)


def tpp(chip: Chip) -> Figure:
    """Return total processing performance: the highest product of dense peak rate and bit length.

    Parameters
    ----------
    chip : Chip
        Rates in FLOP/s; integer rates count alike.

    Returns
    -------
    Figure
        In tera-operations per second times bits, as 15 CFR part 774 supp. 1, 3A090, technical notes 1-3 define it.

    Notes
    -----
    ``TPP = max over formats of rate x bit length / 1e12``. Datasheets count a multiply-accumulate as two operations, as the
    note does. Sparsity is not counted. The bit length is that of the larger multiply input.

    Examples
    --------
    >>> tpp(Chip(id="x", name="X", peak_flop_per_s={"fp8": 600e12})).value
    4800.0
    >>> tpp(Chip(id="x", name="X")).missing
    ('peak_rates',)
    """
    products = [rate * BIT_LENGTHS[name] / TERA for name, rate in chip.peak_flop_per_s.items() if name in BIT_LENGTHS]
    if not products:
        if chip.tpp_stated is not None:
            return Figure(value=chip.tpp_stated, note="stated")
        return Figure(missing=("peak_rates",))
    return Figure(value=max(products))


def tpp_format(chip: Chip) -> str | None:
    """Return the format that decides the TPP of a chip; of equals the widest up to 16 bits, None where no rate is known."""
    products = {name: rate * BIT_LENGTHS[name] for name, rate in chip.peak_flop_per_s.items() if name in BIT_LENGTHS}
    return max(products, key=lambda name: (products[name], BIT_LENGTHS[name] <= 16, BIT_LENGTHS[name]), default=None)


def performance_density(chip: Chip) -> Figure:
    """Return TPP over applicable die area: that of all logic dies on non-planar nodes.

    Returns
    -------
    Figure
        In TPP per mm² (3A090, technical note 4). Without any non-planar die the figure is undefined, not zero.
    """
    total = tpp(chip)
    area = chip.silicon.non_planar_area_mm2
    missing = total.missing
    if area is None:
        missing += ("die_area_mm2",) if chip.silicon.die_area_mm2 is None else ("process_node",)
    if missing or total.value is None or area is None:
        return Figure(missing=missing)
    if area == 0:
        return Figure(missing=("non_planar_die_area_mm2",), note="undefined: no logic die on a non-planar node")
    return Figure(value=total.value / area)


def dram_bandwidth(chip: Chip) -> Figure:
    """Return device DRAM bandwidth in byte/s; on-chip SRAM is no DRAM."""
    if chip.memory.kind is not None and chip.memory.kind.casefold().startswith("sram"):
        return Figure(missing=("dram_bandwidth_byte_per_s",), note="the memory stated is on-chip SRAM")
    if chip.memory.bandwidth_byte_per_s is None:
        return Figure(missing=("memory_bandwidth_byte_per_s",))
    return Figure(value=chip.memory.bandwidth_byte_per_s)


def memory_bandwidth_density(chip: Chip) -> Figure:
    """Return DRAM bandwidth over the area of all logic dies, in GB/s per mm²."""
    bandwidth, area = dram_bandwidth(chip), chip.silicon.die_area_mm2
    missing = bandwidth.missing + (("die_area_mm2",) if area is None else ())
    if bandwidth.value is None or area is None:
        return Figure(missing=missing, note=bandwidth.note)
    return Figure(value=bandwidth.value / 1e9 / area)


def eight_bit_flop_per_s(chip: Chip) -> Figure:
    """Return the dense peak rate at which a chip does 8-bit work, in FLOP/s.

    Notes
    -----
    The higher of FP8 and INT8. A chip without an 8-bit format does 8-bit work at its 16-bit rate, which is half an H100's
    ratio in 16-bit terms.
    """
    rates = chip.peak_flop_per_s
    for names in (("fp8", "int8"), ("fp16", "bf16")):
        stated = [rates[name] for name in names if name in rates]
        if stated:
            return Figure(value=max(stated))
    return Figure(missing=("fp8_dense_flop_per_s",))


def training_ratio_h100(chip: Chip) -> Figure:
    """Return peak dense 8-bit rate over that of an H100 SXM: the definition of an H100-equivalent in stock counts."""
    return eight_bit_flop_per_s(chip).over(H100_EIGHT_BIT_FLOP_PER_S)


def decode_ratio_h100(chip: Chip) -> Figure:
    """Return DRAM bandwidth over that of an H100 SXM: the bound of token generation at small batches."""
    return dram_bandwidth(chip).over(H100_DRAM_BYTE_PER_S)


def per_w(chip: Chip, figure: Figure) -> Figure:
    """Return a figure per watt of the chip's rated power."""
    missing = figure.missing + (("power_w",) if chip.power_w is None else ())
    return Figure(missing=missing, note=figure.note) if chip.power_w is None else figure.over(chip.power_w)


def per_usd(chip: Chip, figure: Figure, *, price_usd: float | None = None) -> Figure:
    """Return a figure per dollar of the price given, else of the launch price."""
    price = chip.launch_price_usd if price_usd is None else price_usd
    missing = figure.missing + (("price_usd",) if price is None else ())
    return Figure(missing=missing, note=figure.note) if price is None else figure.over(price)
