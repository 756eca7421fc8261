"""FLOP per token: forward and training, in our convention and in those that sources use."""

from collections.abc import Callable
from typing import Literal

from leadtime.arrays import Array
from leadtime.errors import OutOfRangeError

from ._arrays import ShapeArrays, attention_flop_per_token, numbers, plain
from ._shape import ModelShape

__all__ = [
    "FLOP_CONVENTIONS", "Recompute", "batch_tokens_bi2024", "forward_flop_per_token", "training_flop_megatron2021", "training_flop_palm2022",
    "training_flop_per_token", "training_flop_six_n",
]  # fmt: skip

Recompute = Literal["none", "selective", "full"]


def _of(model: ModelShape | ShapeArrays) -> ShapeArrays:
    return numbers(model) if isinstance(model, ModelShape) else model


def forward_flop_per_token(
    model: ModelShape | ShapeArrays, context: Array, *, causal: bool = False, absorbed: bool = False
) -> Array:
    """Return the FLOP of one forward pass per token; equation (5): 2 N_a + attention at the context.

    Parameters
    ----------
    model : ModelShape or ShapeArrays
        One model, or arrays of shape (configuration,).
    context : array_like
        Tokens [count]: the sequence length if ``causal``, else those that one decoded token sees.
    causal : bool
        Mean over a causal sequence (prefill, training): half of ``context`` in full layers.
    absorbed : bool
        Latent attention in its absorbed form, as decoding runs it.

    Returns
    -------
    array_like
        [FLOP]

    Notes
    -----
    Element-wise work (norms, activation, softmax) and the embedding look-up are left out, as all published counts do.

    Examples
    --------
    >>> from leadtime.workloads import standard_dense_shape
    >>> forward_flop_per_token(standard_dense_shape(7e9), 0) > 2 * 6e9
    True
    """
    arrays = _of(model)
    attention = attention_flop_per_token(arrays.attention, context, causal=causal, absorbed=1.0 if absorbed else 0.0)
    return plain(2.0 * arrays.weights.matmul + attention)


def training_flop_per_token(
    model: ModelShape | ShapeArrays, sequence: Array, *, recompute: Recompute = "none"
) -> Array:
    """Return the FLOP of forward and backward pass per token; equation (7).

    With ``recompute="none"`` this is the model FLOP behind MFU: three forward passes with causal attention. The others add
    what is computed twice and give the hardware FLOP behind HFU: attention proper for ``selective`` (Korthikanti et al.
    2022), the whole forward pass for ``full``.

    Parameters
    ----------
    model : ModelShape or ShapeArrays
        One model, or arrays of shape (configuration,).
    sequence : array_like
        Tokens per sequence [count].
    recompute : {"none", "selective", "full"}
        What is recomputed in the backward pass.

    Returns
    -------
    array_like
        [FLOP]
    """
    arrays = _of(model)
    forward = forward_flop_per_token(arrays, sequence, causal=True)
    if recompute == "none":
        return 3.0 * forward
    if recompute == "full":
        return 4.0 * forward
    if recompute == "selective":
        return plain(3.0 * forward + attention_flop_per_token(arrays.attention, sequence, causal=True))
    raise OutOfRangeError(f"Recomputation {recompute!r} is not known.", hint="Use none, selective or full.")


def training_flop_six_n(model: ModelShape | ShapeArrays, sequence: Array) -> Array:
    """Return 6 N per token: active parameters without tables that are looked up, no attention (Kaplan et al. 2020)."""
    return 6.0 * _of(model).weights.matmul + 0.0 * sequence


def training_flop_palm2022(model: ModelShape | ShapeArrays, sequence: Array) -> Array:
    """Return 6 N + 12 L H h s per token: attention over the whole square, as PaLM's appendix B and MosaicML count it."""
    arrays = _of(model)
    terms = arrays.attention
    square = terms.flop_per_context + terms.windowed_flop_per_context + terms.selected_flop_per_context
    return 3.0 * (2.0 * arrays.weights.matmul + square * sequence)


def training_flop_megatron2021(model: ModelShape | ShapeArrays, sequence: Array) -> Array:
    """Return 96 L d² (1 + s/(6 d) + V/(16 L d)) per token: with full recomputation and square attention.

    Narayanan et al. 2021, equation 3. Holds for GPT blocks (full heads, 4 d feed-forward) only.
    """
    size = _of(model).size
    n, d, vocabulary = size.n_layers, size.hidden, size.vocabulary
    return 96.0 * n * d * d * (1.0 + sequence / (6.0 * d) + vocabulary / (16.0 * n * d))


def batch_tokens_bi2024(training_flop: Array) -> Array:
    """Return the global batch with the least loss for a run of this size: .292 C^.3271 tokens.

    Bi et al. 2024 (DeepSeek LLM, arXiv 2401.02954, section 3.1). Fitted to runs of 1e17 to 2e19 FLOP and used there for 8e23; beyond that an
    extrapolation. Published runs lie between a fifth of it (Llama 2 70B, GPT-3) and twice as much (DeepSeek-V3).

    Parameters
    ----------
    training_flop : array_like
        FLOP of the whole run.

    Returns
    -------
    array_like
        [tokens]

    Examples
    --------
    >>> round(batch_tokens_bi2024(6 * 67e9 * 2e12) / 1e6, 1)  # DeepSeek LLM 67B was trained with 18.9 M
    19.5
    """
    return 0.2920 * training_flop**0.3271


FLOP_CONVENTIONS: dict[str, Callable[[ModelShape | ShapeArrays, Array], Array]] = {
    "causal": training_flop_per_token,
    "six_n": training_flop_six_n,
    "palm2022": training_flop_palm2022,
    "megatron2021": training_flop_megatron2021,
}
"""Training FLOP per token by the convention of a source, (model, sequence) -> FLOP."""
