"""Bytes per stored value by precision, and which part of a model is kept in which."""

from dataclasses import dataclass

from leadtime.errors import OutOfRangeError, UnknownNameError, shorten

__all__ = ["BYTE_PER_VALUE", "WeightPrecision", "byte_per_value", "weight_precision"]

BYTE_PER_VALUE: dict[str, float] = {
    "fp32": 4.0,
    "bf16": 2.0,
    "fp16": 2.0,
    "fp8": 1.0,
    "int8": 1.0,
    "fp6": 0.75,
    "fp4": 0.5625,
    "int4": 0.5625,
}
"""Storage per value [byte]. The 4-bit formats carry one 8-bit scale per 16 values (NVFP4), hence 9/16; MXFP4 with one per 32
would be 17/32. The scales of 8-bit formats (one per channel or 128 x 128 block) are below 0.1 % and left out."""

_ALIASES = {
    "bfloat16": "bf16", "float16": "fp16", "half": "fp16", "float32": "fp32", "float": "fp32", "float8": "fp8", "e4m3": "fp8",
    "fp8_e4m3": "fp8", "mxfp8": "fp8", "w8a8": "int8", "nvfp4": "fp4", "mxfp4": "fp4", "awq": "int4", "gptq": "int4",
    "w4a16": "int4",
}  # fmt: skip


def byte_per_value(precision: str) -> float:
    """Return the storage of one value [byte].

    Parameters
    ----------
    precision : str
        A key of :data:`BYTE_PER_VALUE` or a common other name of one ("nvfp4", "bfloat16").

    Examples
    --------
    >>> byte_per_value("NVFP4"), byte_per_value("bf16")
    (0.5625, 2.0)
    """
    return BYTE_PER_VALUE[normal_precision(precision)]


def normal_precision(precision: str) -> str:
    """Return the canonical name of a precision."""
    name = precision.strip().casefold().replace("-", "_").removeprefix("torch.")
    name = _ALIASES.get(name, name)
    if name not in BYTE_PER_VALUE:
        raise UnknownNameError(
            f"There is no precision called {shorten(precision)!r}.",
            hint=f"Known are {', '.join(BYTE_PER_VALUE)} and mixes such as experts=fp4,rest=bf16.",
        )
    return name


@dataclass(frozen=True, slots=True, kw_only=True)
class WeightPrecision:
    """Storage per weight by part of the model [byte].

    The common serving recipes quantise the matrices inside the blocks and leave token tables, head, router and norms at
    16 bit; :func:`weight_precision` makes those.
    """

    attention: float = 2.0
    """Matrices of attention and recurrent layers."""
    feed_forward: float = 2.0
    """Matrices of dense feed-forward layers, shared experts and routers."""
    experts: float = 2.0
    """Matrices of routed experts."""
    head: float = 2.0
    tables: float = 2.0
    other: float = 2.0
    """Norms, biases, vision towers."""


_PARTS = {
    "experts": ("experts",),
    "attention": ("attention",),
    "feed_forward": ("feed_forward",),
    "mlp": ("feed_forward",),
    "head": ("head",),
    "tables": ("tables",),
    "embedding": ("tables",),
    "rest": ("attention", "feed_forward", "head", "tables", "other"),
    "all": ("attention", "feed_forward", "experts", "head", "tables", "other"),
}


def weight_precision(text: str) -> WeightPrecision:
    """Read a precision or a mix of precisions.

    Parameters
    ----------
    text : str
        One name ("fp8": all matrices inside the blocks at that width, tables, head and norms at 16 bit; the 16 and 32 bit
        names apply throughout), or parts with a name each ("experts=fp4,rest=bf16"; parts are attention, feed_forward,
        experts, head, tables, rest, all; later ones win).

    Examples
    --------
    >>> weight_precision("experts=fp4,rest=bf16").experts
    0.5625
    >>> weight_precision("fp8").head
    2.0
    """
    if "=" not in text:
        width = byte_per_value(text)
        outside = width if width >= 2 else 2.0
        return WeightPrecision(
            attention=width, feed_forward=width, experts=width, head=outside, tables=outside, other=outside
        )
    chosen: dict[str, float] = {}
    for item in text.split(","):
        part, _, name = item.partition("=")
        key = part.strip().casefold().replace("-", "_")
        if key not in _PARTS:
            raise OutOfRangeError(
                f"{shorten(item)!r} names no part of a model.", hint=f"Parts are {', '.join(_PARTS)}."
            )
        for field in _PARTS[key]:
            chosen[field] = byte_per_value(name)
    return WeightPrecision(**chosen)
