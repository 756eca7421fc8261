"""An accelerator as an immutable value, in base units."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

FORMATS = ("fp64", "fp32", "tf32", "fp16", "bf16", "fp8", "fp6", "fp4", "int8", "int4")
"""Arithmetic formats in which a datasheet states a dense peak rate; fp64 and fp32 are the vector units'."""
MATRIX_FORMATS = ("fp64_matrix", "fp32_matrix")
"""Matrix-unit rates that some datasheets state beside the vector rate of the same format."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Device memory (HBM, GDDR or LPDDR) of one accelerator; None where no source states it."""

    kind: str | None = None
    capacity_byte: float | None = None
    bandwidth_byte_per_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Silicon:
    """Logic dies of one accelerator package; memory stacks do not count."""

    process_node: str | None = None
    foundry: str | None = None
    die_area_mm2: float | None = None
    """Area of all logic dies in the package together [mm²]."""
    non_planar_area_mm2: float | None = None
    """Part of ``die_area_mm2`` made on a non-planar transistor node; equals it for nodes of 16/14 nm and below."""
    n_compute_dies: int | None = None
    n_transistors: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """What connects one accelerator to others."""

    scale_up_name: str | None = None
    scale_up_byte_per_s: float | None = None
    """Aggregate of both directions, as vendors and the 2022 rule count it; one direction is half."""
    scale_up_domain: int | None = None
    """Accelerators that reach each other over the scale-up network."""
    scale_out_byte_per_s: float | None = None
    """Network bandwidth per accelerator, one direction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """An accelerator with its datasheet values.

    Peak rates are dense; structured-sparsity figures never enter. A value that no source states is None.
    ``sources`` maps a field name of the datasheet table (``memory_bandwidth``, ``bf16_dense``, ...) to a source id.
    """

    id: str
    name: str
    vendor: str | None = None
    country_of_design: str | None = None
    family: str | None = None
    """Family whose measured efficiencies apply: ampere, hopper, blackwell, ada, tpu, cdna, ascend, ... or None."""
    release_date: date | None = None
    peak_flop_per_s: Mapping[str, float] = field(default_factory=dict)
    """Dense peak rate by format of :data:`FORMATS` and :data:`MATRIX_FORMATS` [FLOP/s]; what no source states is absent."""
    memory: Memory = Memory()
    silicon: Silicon = Silicon()
    links: Links = Links()
    power_w: float | None = None
    datacenter_marketed: bool | None = None
    tpp_stated: float | None = None
    """Total processing performance where it is given instead of rates, as in a sweep over rule caps."""
    launch_price_usd: float | None = None
    sources: Mapping[str, str] = field(default_factory=dict)
