"""Bytes: weights by precision, the cache, activations kept for the backward pass."""

from leadtime.arrays import Array, namespace
from leadtime.errors import OutOfRangeError

from ._arrays import ShapeArrays, cache_read_values, cache_stored_values, numbers, plain
from ._flop import Recompute
from ._precision import WeightPrecision, byte_per_value, weight_precision
from ._shape import ModelShape

__all__ = [
    "SELECTIVE_FRAC",
    "activation_byte_per_token",
    "kv_cache_byte",
    "kv_cache_byte_per_token",
    "kv_read_byte",
    "weight_byte",
]

SELECTIVE_FRAC = 0.55
"""Activations kept under selective recomputation, of all."""

STATE_BYTE = 4.0
"""Recurrent state is kept in 32 bit by the published implementations [byte]."""


def _of(model: ModelShape | ShapeArrays) -> ShapeArrays:
    return numbers(model) if isinstance(model, ModelShape) else model


def weight_byte(
    model: ModelShape | ShapeArrays, precision: str | WeightPrecision, *, with_prediction: bool = False
) -> Array:
    """Return the bytes of all weights.

    Parameters
    ----------
    model : ModelShape or ShapeArrays
        One model, or arrays of shape (configuration,).
    precision : str or WeightPrecision
        A name, a mix as text, or storage per part; see :func:`weight_precision`.
    with_prediction : bool
        Include the multi-token prediction blocks, stored like routed experts.

    Returns
    -------
    array_like
        [byte]
    """
    kept = weight_precision(precision) if isinstance(precision, str) else precision
    weights = _of(model).weights
    total = (
        kept.attention * (weights.attention + weights.linear)
        + kept.feed_forward * (weights.mlp + weights.shared)
        + kept.experts * weights.routed
        + kept.head * weights.head
        + kept.tables * weights.embedding
        + kept.other * weights.other
    )
    return total + kept.experts * weights.prediction if with_prediction else total


def kv_cache_byte(model: ModelShape | ShapeArrays, context: Array, *, precision: str = "bf16") -> Array:
    """Return the cache of one sequence of ``context`` tokens, recurrent state included [byte]; equation (6).

    Parameters
    ----------
    model : ModelShape or ShapeArrays
        One model, or arrays of shape (configuration,).
    context : array_like
        Tokens in the sequence [count].
    precision : str
        Storage of keys and values; recurrent state stays at 32 bit.
    """
    arrays = _of(model)
    held = cache_stored_values(arrays.cache, arrays.attention, context) - arrays.cache.state
    return plain(byte_per_value(precision) * held + STATE_BYTE * arrays.cache.state)


def kv_read_byte(model: ModelShape | ShapeArrays, context: Array, *, precision: str = "bf16") -> Array:
    """Return what decoding one token of one sequence reads of its cache, recurrent state included [byte]."""
    arrays = _of(model)
    read = cache_read_values(arrays.cache, arrays.attention, context) - arrays.cache.state
    return plain(byte_per_value(precision) * read + STATE_BYTE * arrays.cache.state)


def kv_cache_byte_per_token(model: ModelShape | ShapeArrays, context: Array = 0, *, precision: str = "bf16") -> Array:
    """Return the bytes that one more token adds to the cache at ``context`` [byte]; equation (6).

    Windowed layers stop growing once ``context`` reaches their window. At the default of 0 every layer grows.
    """
    arrays = _of(model)
    cache = arrays.cache
    xp = namespace(context, cache.per_token)
    growing = cache.per_token + cache.selected_per_token + cache.indexer_per_token
    windowed = xp.where(xp.asarray(context) < arrays.attention.window, cache.windowed_per_token, 0.0)[()]
    return plain(byte_per_value(precision) * (growing + windowed))


def activation_byte_per_token(
    model: ModelShape | ShapeArrays, *, recompute: Recompute = "none", precision: str = "bf16"
) -> Array:
    """Return the bytes that training keeps per token for the backward pass, all layers together.

    Parameters
    ----------
    model : ModelShape or ShapeArrays
        One model, or arrays of shape (configuration,).
    recompute : {"none", "selective", "full"}
        ``full`` keeps only the input of each block; ``selective`` a fixed part (55 %).
    precision : {"bf16", "fp16", "fp8"}
        Of the matrix inputs; fp8 halves those of the projections and of one feed-forward width.

    Notes
    -----
    Per attention layer 12 d + 2 (K and V width) and per feed-forward 6 f if gated, 4 f if not, plus 3 k d for routed tokens
    [byte]; valid for fused (flash) attention.
    """
    arrays = _of(model)
    kept = arrays.activation
    if recompute == "full":
        return kept.block_input_byte
    if recompute not in {"none", "selective"}:
        raise OutOfRangeError(f"Recomputation {recompute!r} is not known.", hint="Use none, selective or full.")
    all_kept = kept.all_byte - (kept.fp8_saving_byte if byte_per_value(precision) < 2 else 0.0)
    return all_kept * SELECTIVE_FRAC if recompute == "selective" else all_kept
