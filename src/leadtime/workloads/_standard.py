"""A standard shape for a dense model of which only the size is known."""

import math
from itertools import pairwise

from leadtime.errors import OutOfRangeError

from ._count import total_parameters
from ._shape import Attention, Embedding, Mlp, ModelShape, Norms, Origin

__all__ = ["standard_dense_shape"]

_DEPTH = (
    (1e8, 12), (3.5e8, 24), (1.3e9, 24), (2.7e9, 32), (7e9, 32), (13e9, 40), (32e9, 60), (70e9, 80), (175e9, 96), (405e9, 126),
    (1e12, 128),
)  # fmt: skip
"""Parameters and layers of published dense models (GPT-3 and Llama families), between which the depth is interpolated."""
_GPT_VOCABULARY, _GPT_POSITIONS = 50257, 2048
_LLAMA_VOCABULARY = 128256
_HEAD_DIM = 128


def _depth(n_params: float) -> int:
    sizes, layers = zip(*_DEPTH, strict=True)
    if n_params <= sizes[0]:
        return int(layers[0])
    for (low, first), (high, second) in pairwise(_DEPTH):
        if n_params <= high:
            share = math.log(n_params / low) / math.log(high / low)
            return max(2, 2 * round((first + share * (second - first)) / 2))
    return int(layers[-1])


def _build(n_layers: int, hidden: int, width: int, style: str, n_params: float) -> ModelShape:
    head_dim = _HEAD_DIM if hidden >= 1024 else 64
    n_heads = hidden // head_dim
    grouped = style == "llama" and n_heads % 8 == 0
    n_kv_heads = 8 if grouped else n_heads
    gpt = style == "gpt"
    bias = (n_heads + 2 * n_kv_heads) * head_dim + hidden if gpt else 0
    unit, letter = (1e12, "T") if n_params >= 1e12 else (1e9, "B") if n_params >= 1e9 else (1e6, "M")
    size = f"{n_params / unit:.3g}{letter}"
    what = "GPT-3" if gpt else "Llama"
    return ModelShape(
        id=f"standard-{style}-{size.casefold()}",
        name=f"standard dense {what}-like model of {size}",
        n_layers=n_layers,
        hidden_size=hidden,
        mixers=(
            Attention(
                n_layers=n_layers,
                n_heads=n_heads,
                n_kv_heads=n_kv_heads,
                head_dim=head_dim,
                value_dim=head_dim,
                n_bias=bias,
            ),
        ),
        feed_forwards=(Mlp(n_layers=n_layers, width=width, gated=not gpt, bias=gpt),),
        embedding=Embedding(
            n_vocabulary=_GPT_VOCABULARY if gpt else _LLAMA_VOCABULARY if n_params >= 3e9 else 32000,
            tied=gpt or n_params < 3e9,
            n_positions=_GPT_POSITIONS if gpt else 0,
        ),
        norms=Norms(bias=gpt),
        origin=Origin(
            is_standard=True,
            warnings=(f"Only the size is known: a standard {what}-like shape of {size} stands in for the model.",),
        ),
    )


def standard_dense_shape(n_params: float, *, style: str = "llama") -> ModelShape:
    """Return a dense decoder of about ``n_params`` parameters.

    Parameters
    ----------
    n_params : float
        Parameters in total [count]; from 10 million to 10 trillion.
    style : {"llama", "gpt"}
        ``llama``: gated feed-forward, 8 key-value heads, no biases. ``gpt``: GPT-3's block, full heads, biases, learned
        positions, tied tables.

    Returns
    -------
    ModelShape
        Its total is within 1 % of ``n_params`` above 100 million; ``origin.is_standard`` is set and a warning says so.

    Examples
    --------
    >>> shape = standard_dense_shape(7e9)
    >>> shape.n_layers, abs(total_parameters(shape) / 7e9 - 1) < 0.01
    (32, True)
    """
    if not (1e7 <= n_params <= 1e13):
        raise OutOfRangeError(
            f"A dense model of {n_params:g} parameters is outside what a standard shape is known for.",
            hint="Give between 10 million and 10 trillion parameters, or a config.json.",
        )
    if style not in {"llama", "gpt"}:
        raise OutOfRangeError(f"There is no standard shape of style {style!r}.", hint="Use llama or gpt.")
    n_layers = _depth(n_params)
    step = 1024 if n_params >= 3e9 else 128 if n_params >= 1e9 else 64
    widest = 4.0 if style == "gpt" else 3.5

    def with_hidden(hidden: int) -> ModelShape:
        """Fill up with the feed-forward width, the one number that can be fine."""
        bare = total_parameters(_build(n_layers, hidden, 0, style, n_params))
        width = (n_params - bare) / ((2 if style == "gpt" else 3) * n_layers * hidden)
        return _build(n_layers, hidden, max(64, 64 * round(width / 64)), style, n_params)

    candidates = [with_hidden(step * k) for k in range(1, 200) if step * k * step * k * n_layers < 2 * n_params]
    return min(candidates, key=lambda shape: abs(math.log(shape.dense[0].width / (widest * shape.hidden_size))))
