"""What a model asks of a chip: from its shape to parameters, FLOP, bytes and cache.

Symbols follow the equations in the docstrings: L layers, d hidden width, H query heads, G key-value heads, h head width, f feed-forward
width, V vocabulary, E experts, k of them active, f_e their width, r ranks of latent attention. A multiply-add is two FLOP.

A shape comes from the catalogue or a ``config.json`` (:func:`find_model`), from a mapping (:func:`shape_from_config`) or from a size
alone (:func:`standard_dense_shape`). The work functions take one shape or, for many, the arrays of :func:`shape_arrays`.
"""

from ._arrays import (
    ActivationArrays,
    AttentionArrays,
    CacheArrays,
    ExpertArrays,
    ShapeArrays,
    SizeArrays,
    WeightArrays,
    attention_flop_per_token,
    cache_read_values,
    cache_stored_values,
    numbers,
    shape_arrays,
    take,
)
from ._byte import activation_byte_per_token, kv_cache_byte, kv_cache_byte_per_token, kv_read_byte, weight_byte
from ._catalogue import ModelRecord, model_record, model_records
from ._config import SUPPORTED, shape_from_config
from ._count import active_matmul, active_parameters, parts, prediction_count, total_parameters
from ._describe import attention_word, describe_model, list_models
from ._find import Resolution, find_model, resolve_model_name
from ._flop import (
    FLOP_CONVENTIONS,
    batch_tokens_bi2024,
    forward_flop_per_token,
    training_flop_megatron2021,
    training_flop_palm2022,
    training_flop_per_token,
    training_flop_six_n,
)
from ._operations import Operation, operations
from ._precision import BYTE_PER_VALUE, WeightPrecision, byte_per_value, weight_precision
from ._routing import domains_reached, load_imbalance, touched_experts
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
from ._standard import standard_dense_shape

__all__ = [
    "BYTE_PER_VALUE", "FLOP_CONVENTIONS", "SUPPORTED", "ActivationArrays", "Attention", "AttentionArrays", "CacheArrays", "Embedding", "ExpertArrays",
    "Experts", "Extras", "Indexer", "Latent", "LinearMixer", "Mlp", "ModelRecord", "ModelShape", "Norms", "Operation", "Origin", "Prediction",
    "Resolution", "ShapeArrays", "SizeArrays", "Span", "WeightArrays", "WeightPrecision", "activation_byte_per_token", "active_matmul",
    "active_parameters", "attention_flop_per_token", "attention_word", "batch_tokens_bi2024", "byte_per_value", "cache_read_values", "cache_stored_values", "describe_model",
    "domains_reached", "find_model", "forward_flop_per_token", "kv_cache_byte", "kv_cache_byte_per_token", "kv_read_byte", "list_models", "load_imbalance",
    "model_record", "model_records", "numbers", "operations", "parts", "prediction_count", "resolve_model_name", "shape_arrays",
    "shape_from_config", "standard_dense_shape", "take", "total_parameters", "touched_experts", "training_flop_megatron2021",
    "training_flop_palm2022", "training_flop_per_token", "training_flop_six_n", "weight_byte", "weight_precision",
]  # fmt: skip
