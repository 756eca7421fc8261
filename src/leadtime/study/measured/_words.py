"""Formats, frameworks and engines from the words of a source."""

import re
from dataclasses import dataclass

__all__ = [
    "Format",
    "engine_of",
    "framework_of",
    "read_activation_format",
    "read_cache_format",
    "read_format",
    "read_weight_format",
]

_FOUR = re.compile(r"nv-?fp4|mx-?fp4|(?<![a-z])fp4|float4|4[ -]?bit float|w4a4|w4a8")
_EIGHT = re.compile(r"mx-?fp8|(?<![a-z])fp8|float8|hif8|e4m3|e5m2|transformer engine|(?<![\d.])8[ -]?bit(?! int)")
_INT8 = re.compile(r"(?<![a-z])u?int8|w8a8|8[ -]?bit int|smoothquant")
_INT4 = re.compile(r"(?<![a-z])u?int4|w4a16|w4afp8|awq|gptq|gguf|q4|(?<![\d.])4[ -]?bit(?! float)|nf4")
_WIDE_ACTIVATIONS = re.compile(r"w\d+a16|weights?[- ]only")
_NARROW_ACTIVATIONS = re.compile(r"w4a8|w4afp8")
_SIXTEEN = re.compile(r"b?fp?16|bfloat|float16|(?<![a-z])amp(?![a-z])|half|16[ -]?bit|mixed")
_SINGLE = re.compile(r"tf32|fp32|float32|32[ -]?bit|single")
_BITS = re.compile(r"(\d+(?:\.\d+)?)[ -]?bits?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A number format: its name, and whether a source states it."""

    name: str
    stated: bool = True


def read_format(text: str) -> str | None:
    """Return the format in which a text says that matrices are multiplied: fp4, fp8, int8, bf16 or tf32; None if silent.

    The narrowest one named decides: a run in "BF16 + FP8" multiplies in 8 bit.

    Examples
    --------
    >>> read_format("MXFP8"), read_format("BF16/FP16 mixed"), read_format("INT8 (AQT)"), read_format("")
    ('fp8', 'bf16', 'int8', None)
    """
    low = text.casefold()
    for pattern, name in ((_FOUR, "fp4"), (_EIGHT, "fp8"), (_INT8, "int8"), (_SIXTEEN, "bf16"), (_SINGLE, "tf32")):
        if pattern.search(low):
            return name
    return None


def read_weight_format(text: str) -> str | None:
    """Return the format in which weights are stored: fp4, int4, fp8, int8, bf16; None if the text does not say.

    Examples
    --------
    >>> read_weight_format("INT8 (W8A8)"), read_weight_format("UINT4"), read_weight_format("/")
    ('int8', 'int4', None)
    """
    low = text.casefold()
    if re.search(r"w4a8", low) or _INT4.search(low):
        return "int4"
    if re.search(r"w8a16", low):
        return "int8"
    found = read_format(text)
    return "bf16" if found == "tf32" else found


def read_activation_format(text: str) -> str | None:
    """Return the format of the other factor of products where a text sets it apart from the weights; None if it does not.

    Examples
    --------
    >>> read_activation_format("W8A16"), read_activation_format("w4a8"), read_activation_format("FP8")
    ('bf16', 'fp8', None)
    """
    low = text.casefold()
    if _WIDE_ACTIVATIONS.search(low):
        return "bf16"
    return "fp8" if _NARROW_ACTIVATIONS.search(low) else None


def read_cache_format(text: str) -> float | None:
    """Return the bytes per value of the key-value cache that a text states; None if it is silent.

    Examples
    --------
    >>> read_cache_format("FP8 (KV) per benchmark flags"), read_cache_format("~6-bit average"), read_cache_format("FP16")
    (1.0, 0.75, 2.0)
    """
    low = text.casefold()
    bits = _BITS.search(low)
    if bits:
        return float(bits.group(1)) / 8
    if _FOUR.search(low) or _INT4.search(low):
        return 0.5625
    if _EIGHT.search(low) or _INT8.search(low):
        return 1.0
    return 2.0 if _SIXTEEN.search(low) else None


def is_mlperf(*texts: str) -> bool:
    """Tell whether any of the texts says that the row is an MLPerf result."""
    return any(re.search(r"mlperf|mlcommons", text, re.IGNORECASE) for text in texts)


def framework_of(
    *, words: str, layout: str, family: str | None, year: float, own_model: bool, n_chips: float, dual_pipe: bool
) -> str:
    """Return the training software as efficiencies distinguish it.

    Parameters
    ----------
    words : str
        Everything the row says about itself, in lower case: model, notes, locator, organisation, source group.
    layout : str
        Text of the layout, in lower case.
    family : str or None
        Chip family.
    year : float
        Year of the software.
    own_model : bool
        Whether the row is a run of the model's own developer rather than a benchmark.
    n_chips : float
        Size of the run.
    dual_pipe : bool
        Whether the pipeline schedule has no or half the usual bubble.
    """
    if is_mlperf(words):
        return "mlperf"
    if "megascale" in words:
        return "megascale"
    if family == "tpu" or "maxtext" in words or "jax" in words:
        return "maxtext"
    if dual_pipe:
        return "in-house"
    megatron = bool(re.search(r"megatron|flagscale|nemo", f"{words} {layout}"))
    model_parallel = bool(re.search(r"tp\s*[=-]?\s*(?:[2-9]|\d\d)|pp\s*[=-]?\s*(?:[2-9]|\d\d)|tensor|pipeline", layout))
    sharded = not model_parallel and bool(re.search(r"(?<![a-z])fsdp(?!\s*[=:]\s*\d)|full[_ ]shard|shard_grad", layout))
    if year < 2022.6 and (megatron or not sharded):
        return "megatron-2021"
    if not model_parallel and re.search(r"deepspeed|zero(?![a-z])", layout):
        return "deepspeed"
    if sharded and year < 2025:
        return "llm-foundry-hopper" if family == "hopper" else "llm-foundry"
    if own_model and n_chips >= 1024:
        return "in-house"
    if "flagperf" in words or "flagscale" in words:
        return "megatron-mixed"
    return "other"


def engine_of(*, engine: str, words: str, family: str | None) -> str:
    """Return the serving software as efficiencies distinguish it.

    Examples
    --------
    >>> engine_of(engine="vLLM 0.10.0 ROCm 6.4.1", words="", family="cdna")
    'rocm-vllm'
    >>> engine_of(engine="trtllm 1.2.0rc6", words="", family="blackwell")
    'tensorrt-llm'
    """
    low = engine.casefold()
    if is_mlperf(words):
        return "mlperf"
    if re.search(r"in-house|proprietary|cloudmatrix|xdeepserve|internal|closed", low):
        return "in-house"
    if "vllm" in low:
        return "rocm-vllm" if family == "cdna" or "rocm" in low else "vllm"
    if "sglang" in low:
        return "sglang"
    if re.search(r"(?<![a-z])trt(?![a-z])|trt-?llm|tensorrt", low):
        return "tensorrt-llm"
    return "other"
