"""Times of single operations: the larger of arithmetic and traffic, at efficiencies that depend on size.

Every function is elementwise over its arguments. No efficiency exceeds one, so none returns less than the roofline.
"""

from typing import Any, NamedTuple

from leadtime.arrays import Array, namespace

__all__ = [
    "OperationTime",
    "causal_attention_s",
    "decode_attention_s",
    "elementwise_s",
    "gemm_s",
    "grouped_gemm_s",
    "harmonic_size",
    "roofline_williams2009",
    "size_factor",
    "touched_experts",
]


class OperationTime(NamedTuple):
    """Seconds of one operation: what its arithmetic and its traffic take, and the roofline at peak rates."""

    compute: Array
    memory: Array
    ideal: Array

    @property
    def total(self) -> Array:
        """The larger of arithmetic and traffic."""
        return namespace(self.compute, self.memory).maximum(self.compute, self.memory)


def roofline_williams2009(
    *, flop: Array, traffic_byte: Array, peak_flop_per_s: Array, bandwidth_byte_per_s: Array
) -> Array:
    """Return the time below which no operation can go: max(FLOP / F, bytes / W) [s].

    References
    ----------
    Williams, Waterman, Patterson (2009), doi:10.1145/1498765.1498785.

    Examples
    --------
    >>> roofline_williams2009(flop=2e12, traffic_byte=1e9, peak_flop_per_s=1e15, bandwidth_byte_per_s=1e12)
    0.002
    """
    xp = namespace(flop, traffic_byte, peak_flop_per_s, bandwidth_byte_per_s)
    return _scalar(xp.maximum(flop / peak_flop_per_s, traffic_byte / bandwidth_byte_per_s))


def harmonic_size(m: Array, n: Array, k: Array) -> Array:
    """Return the size of a product that its rate follows in training: 3 / (1/M + 1/N + 1/K); equation (8)."""
    return 3.0 / (1.0 / m + 1.0 / n + 1.0 / k)


def size_factor(size: Array, half_size: Array) -> Array:
    """Return the share of the large-size rate at a size: m / (m + x0); equations (8) and (9)."""
    return size / (size + half_size)


def gemm_s(
    *,
    rows: Array,
    weights: Array,
    peak_flop_per_s: Array,
    bandwidth_byte_per_s: Array,
    efficiency: Array,
    memory_efficiency: Array,
    weight_byte: Array,
    activation_byte: Array = 0.0,
) -> OperationTime:
    """Return the time of a product of ``rows`` with ``weights`` weights; equation (8).

    ``activation_byte`` are the bytes of inputs and outputs together.
    Valid for products whose weights are read once, which holds below some 10^5 rows.
    """
    xp = namespace(rows, weights, peak_flop_per_s, weight_byte, activation_byte)
    compute = 2.0 * rows * weights / peak_flop_per_s
    memory = (weights * weight_byte + activation_byte) / bandwidth_byte_per_s
    return OperationTime(compute / efficiency, memory / memory_efficiency, xp.maximum(compute, memory))


def touched_experts(n_local: Array, n_experts: Array, n_active: Array, n_tokens: Array) -> Array:
    """Return the expected number of experts on a chip that some token meets: E_l (1 - (1 - k/E)^tokens).

    Equation (10), for tokens that choose their ``n_active`` experts evenly. The power is an exponential of a logarithm.
    """
    xp = namespace(n_local, n_experts, n_active, n_tokens)
    # k = E would make the logarithm infinite; such a model touches all experts with the first token.
    share = xp.minimum(n_active / n_experts, 1.0 - 1e-9)
    return n_local * -xp.expm1(n_tokens * xp.log1p(-share))


def grouped_gemm_s(
    *,
    routed_rows: Array,
    touched: Array,
    weights: Array,
    peak_flop_per_s: Array,
    bandwidth_byte_per_s: Array,
    efficiency: Array,
    half_size: Array,
    memory_efficiency: Array,
    weight_byte: Array,
    imbalance: Array = 1.0,
) -> OperationTime:
    """Return the time of the grouped product over the experts of a chip; equation (10).

    ``routed_rows`` are token copies that reach the chip, ``touched`` the experts they meet, ``weights`` the weights of
    one expert. Rows per touched expert set the rate.
    """
    xp = namespace(routed_rows, touched)
    rows_each = xp.maximum(routed_rows / xp.maximum(touched, 1e-9), 1e-9)  # a dense model routes nothing
    compute = 2.0 * routed_rows * weights / peak_flop_per_s
    memory = touched * weights * weight_byte / bandwidth_byte_per_s
    rate = efficiency * size_factor(rows_each, half_size)
    return OperationTime(imbalance * compute / rate, memory / memory_efficiency, xp.maximum(compute, memory))


def causal_attention_s(
    *, flop: Array, length: Array, peak_flop_per_s: Array, efficiency: Array, half_length: Array
) -> Array:
    """Return the time of attention proper over whole sequences of ``length`` tokens; equation (11).

    Arithmetic only: a fused kernel keeps scores on the chip. Valid from some hundred tokens.
    """
    return flop / (peak_flop_per_s * efficiency * size_factor(length, half_length))


def decode_attention_s(
    *,
    flop: Array,
    read_byte: Array,
    peak_flop_per_s: Array,
    bandwidth_byte_per_s: Array,
    efficiency: Array,
    memory_efficiency: Array,
) -> OperationTime:
    """Return the time of one decode step's attention; equation (12).

    Grouped-query attention is bound by traffic. The absorbed form of latent attention does about 240 FLOP per byte and
    may be bound by either.
    """
    xp = namespace(flop, read_byte, peak_flop_per_s, bandwidth_byte_per_s)
    compute, memory = flop / peak_flop_per_s, read_byte / bandwidth_byte_per_s
    return OperationTime(compute / efficiency, memory / memory_efficiency, xp.maximum(compute, memory))


def elementwise_s(*, traffic_byte: Array, bandwidth_byte_per_s: Array, memory_efficiency: Array) -> Array:
    """Return the time of operations that only move data: norms, residuals, activations, rotations; equation (13)."""
    return traffic_byte / (bandwidth_byte_per_s * memory_efficiency)


def _scalar(value: Any) -> Any:
    """Return a Python float for a zero-dimensional NumPy value, anything else as it is."""
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0 else value
