"""Quantities of model shapes that training and serving share."""

from leadtime.arrays import Array
from leadtime.workloads import ShapeArrays, attention_flop_per_token, cache_read_values, cache_stored_values

__all__ = ["STATE_BYTE", "n_blocks", "passed_values", "read_byte", "stored_byte", "timed_attention_flop"]

STATE_BYTE = 4.0
"""Bytes per value of recurrent state, which published implementations keep in 32 bit."""


def n_blocks(shape: ShapeArrays) -> Array:
    """Return the number of pairs of a mixer and a feed-forward part: layers, where each holds one of both."""
    size = shape.size
    parts = size.n_attention_layers + size.n_linear_layers + size.n_dense_layers + shape.experts.n_layers
    return 0.5 * parts


def passed_values(shape: ShapeArrays) -> Array:
    """Return values per token that activations, rotated heads and recurrent gates pass through memory, all layers together."""
    size = shape.size
    return (
        3.0 * size.feed_forward * (size.n_dense_layers + shape.experts.n_layers)
        + 3.0 * size.query * size.n_attention_layers
        + 3.0 * shape.weights.linear / size.hidden
    )


def timed_attention_flop(
    shape: ShapeArrays, context: Array, recurrent_frac: Array, *, causal: bool, absorbed: Array = 0.0
) -> Array:
    """Return FLOP of attention per token at the rate of attention: recurrent layers run slower and count for more."""
    proper = attention_flop_per_token(shape.attention, context, causal=causal, absorbed=absorbed)
    return proper + shape.attention.linear_flop * (1.0 / recurrent_frac - 1.0)


def stored_byte(shape: ShapeArrays, context: Array, kv_byte: Array, whole_window: Array = 0.0) -> Array:
    """Return the cache and state of one sequence of ``context`` tokens [byte]; equation (6).

    ``whole_window`` is 1 where windowed layers keep the whole context.
    """
    held = cache_stored_values(shape.cache, shape.attention, context, whole_window) - shape.cache.state
    return held * kv_byte + shape.cache.state * STATE_BYTE


def read_byte(shape: ShapeArrays, context: Array, kv_byte: Array) -> Array:
    """Return what decoding one token of one sequence reads of its cache, and reads and writes of its state [byte]."""
    read = cache_read_values(shape.cache, shape.attention, context) - shape.cache.state
    return read * kv_byte + shape.cache.state * 2.0 * STATE_BYTE
