"""What a model asks of a chip: from its shape to parameters, FLOP, bytes and cache.

Symbols follow the equations in the docstrings: L layers, d hidden width, H query heads, G key-value heads, h head width, f feed-forward
width, V vocabulary, E experts, k of them active, f_e their width, r ranks of latent attention. A multiply-add is two FLOP.
"""

from ._arrays import (
    AttentionArrays,
    CacheArrays,
    ExpertArrays,
    ShapeArrays,
    SizeArrays,
    WeightArrays,
    attention_flop_per_token,
    cache_read_values,
    cache_stored_values,
    shape_arrays,
    take,
)
from ._count import active_matmul, active_parameters, parts, prediction_count, total_parameters
from ._shape import (
    Attention,
    Embedding,
    Experts,
    Extras,
    Indexer,
    Latent,
    LinearMixer,
    Mlp,
    ModelShape,
    Norms,
    Origin,
    Prediction,
    Span,
)

__all__ = [
    "Attention", "AttentionArrays", "CacheArrays", "Embedding", "ExpertArrays", "Experts", "Extras", "Indexer", "Latent",
    "LinearMixer", "Mlp", "ModelShape", "Norms", "Origin", "Prediction", "ShapeArrays", "SizeArrays", "Span", "WeightArrays",
    "active_matmul", "active_parameters", "attention_flop_per_token", "cache_read_values", "cache_stored_values", "parts",
    "prediction_count", "shape_arrays", "take", "total_parameters",
]  # fmt: skip
