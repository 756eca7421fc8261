"""In which precision a checkpoint stores its weights: reported, never used for counting."""

from typing import Any

from ._fields import Fields

__all__ = ["stored_precision"]

_TYPES = {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32", "float8_e4m3fn": "fp8"}
_METHODS = {
    "fp8": "fp8",
    "mxfp4": "fp4",
    "nvfp4": "fp4",
    "awq": "int4",
    "gptq": "int4",
    "fbgemm_fp8": "fp8",
    "mxfp8": "fp8",
    "int8": "int8",
}


def stored_precision(fields: Fields) -> str | None:
    """Return the precision of most weights by ``quantization_config`` or else by the data type; None if unstated."""
    quantised = fields.find("quantization_config")[1]
    if isinstance(quantised, dict):
        found = _quantised(quantised)
        if found:
            return found
    expert = fields.find("expert_dtype")[1]
    if isinstance(expert, str) and expert in _METHODS | {"fp4": "fp4"}:
        return "fp4" if expert == "fp4" else _METHODS[expert]
    kind = fields.find("torch_dtype", "dtype")[1]
    return _TYPES.get(kind.removeprefix("torch.")) if isinstance(kind, str) else None


def _quantised(config: dict[str, Any]) -> str | None:
    method = str(config.get("quant_method", "")).casefold()
    algorithm = str(config.get("quant_algo", "")).casefold()
    if "nvfp4" in algorithm or "fp4" in algorithm or "w4a8" in algorithm:
        return "fp4"
    if "fp8" in algorithm:
        return "fp8"
    bits = config.get("bits", config.get("weight_bits"))
    if bits is None:
        groups = config.get("config_groups")
        first: Any = next(iter(groups.values()), {}) if isinstance(groups, dict) else {}
        weights = first.get("weights") if isinstance(first, dict) else None
        if isinstance(weights, dict):
            bits = weights.get("num_bits")
            if bits in (4, 8):
                return f"{'fp' if weights.get('type') == 'float' else 'int'}{bits}"
    if bits in (4, 8) and method in {"awq", "gptq", "bitsandbytes", "compressed-tensors", "quark", "auto-round", ""}:
        return f"int{bits}"
    return _METHODS.get(method)
