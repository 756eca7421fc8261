"""How long work takes on chips: roofline, kernels, collectives, parallel layouts, training, inference.

Arrays in, arrays out. No function opens a file: efficiencies arrive as rows (:func:`efficiencies_from_rows`), chips as
:class:`~leadtime.chips.Chip` values, models as :class:`~leadtime.workloads.ShapeArrays`.
"""

from importlib import import_module
from typing import Any

_HOME = {
    "_parameters": ("PARAMETERS", "PRECISIONS", "Parameter", "parameter"),
    "_efficiencies": (
        "Efficiencies", "EfficiencyRow", "EfficiencyTable", "Selection", "efficiencies_from_rows", "sample_efficiencies",
    ),
    "_chips": ("WEIGHT_BYTE", "ChipArrays", "arithmetic_precision", "capped_chips", "chip_arrays", "ridge_flop_per_byte"),
    "_roofline": (
        "OperationTime", "causal_attention_s", "decode_attention_s", "elementwise_s", "gemm_s", "grouped_gemm_s", "harmonic_size",
        "roofline_williams2009", "size_factor", "touched_experts",
    ),
    "_collectives": (
        "Link", "all_gather_s", "all_reduce_s", "all_to_all_s", "expert_exchange_byte", "expert_exchange_s", "link_for", "point_to_point_s",
        "reduce_scatter_s",
    ),
    "_codes": ("FailureCode", "failure_reason"),
    "_layouts": ("Recompute", "ServeLayout", "ServeWorkload", "Sharding", "TrainLayout", "TrainWorkload"),
    "_serving": ("SERVE_TERMS", "Bound", "ServeResult", "max_batch", "serve", "tokens_per_step", "weight_byte_per_chip"),
    "_training": ("TRAIN_TERMS", "TrainResult", "train_flop_per_token", "train_step"),
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = sorted(_MODULE_OF)


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
