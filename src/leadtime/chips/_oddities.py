"""What looks odd in a datasheet without being impossible: said to the user, never corrected."""

from collections.abc import Iterator
from itertools import pairwise

from leadtime.chips._chip import Chip
from leadtime.chips._derived import performance_density

__all__ = ["oddities"]

RETICLE_MM2 = 858.0
"""Largest die that a scanner exposes at once: 26 mm x 33 mm."""
DENSEST = 120.0
"""TPP per mm² above which no announced part lies."""
WIDTHS = {"16-bit": ("fp16", "bf16"), "8-bit": ("fp8", "int8"), "4-bit": ("fp4", "int4")}


def oddities(chip: Chip) -> tuple[str, ...]:
    """Return sentences on values that rarely occur; an empty tuple if nothing is odd.

    Examples
    --------
    >>> oddities(Chip(id="x", name="X", peak_flop_per_s={"fp16": 400e12, "fp8": 100e12}))
    ('The 8-bit rate (100 TFLOP/s) is below the 16-bit rate (400 TFLOP/s).',)
    """
    return (*_rates(chip), *_silicon(chip))


def _rates(chip: Chip) -> Iterator[str]:
    best = {
        width: max(chip.peak_flop_per_s[name] for name in names if name in chip.peak_flop_per_s) / 1e12
        for width, names in WIDTHS.items()
        if any(name in chip.peak_flop_per_s for name in names)
    }
    widths = list(best)
    for wide, narrow in pairwise(widths):
        if best[narrow] < best[wide]:
            yield f"The {narrow} rate ({best[narrow]:g} TFLOP/s) is below the {wide} rate ({best[wide]:g} TFLOP/s)."
        elif best[narrow] > 4.5 * best[wide]:
            yield f"The {narrow} rate ({best[narrow]:g} TFLOP/s) is more than four times the {wide} rate: is it dense?"


def _silicon(chip: Chip) -> Iterator[str]:
    area, density = chip.silicon.die_area_mm2, performance_density(chip).value
    if area is not None and area > RETICLE_MM2 and chip.silicon.n_compute_dies == 1 and chip.family != "wafer-scale":
        yield f"A single die of {area:g} mm² is larger than a scanner's field ({RETICLE_MM2:g} mm²)."
    if density is not None and density > DENSEST:
        yield f"A performance density of {density:.3g} is above that of every announced part: check die area and rates."
