"""One pass as a table of operations: what each computes and moves. The sums are the totals of the other modules."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from leadtime.errors import OutOfRangeError

from ._byte import STATE_BYTE
from ._cache import stored_width
from ._count import attention_matrices, expert_matmul, mixer_count
from ._precision import WeightPrecision, byte_per_value, weight_precision
from ._routing import touched_experts
from ._shape import Attention, Experts, LinearMixer, Mlp, ModelShape
from ._work import group_linear_flop, mean_context, pair_flop, state_values

__all__ = ["Operation", "Phase", "operations"]

Phase = Literal["decode", "prefill", "training"]
ACTIVATION_BYTE = 2.0
"""Activations between operations are 16 bit [byte]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One kind of operation in one pass over a batch, summed over its layers."""

    name: str
    n_layers: int
    flop: float
    weight_byte: float = 0.0
    """Weights read once [byte]."""
    activation_byte: float = 0.0
    """Inputs read and outputs written [byte]."""
    kv_byte: float = 0.0
    """Cache and recurrent state read and written [byte]."""

    @property
    def flop_per_byte(self) -> float:
        """Arithmetic intensity against all traffic [FLOP/byte]."""
        moved = self.weight_byte + self.activation_byte + self.kv_byte
        return self.flop / moved if moved else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pass:
    d: int
    n_tokens: float
    n_sequences: float
    context: float
    causal: bool
    weights: WeightPrecision
    kv_byte: float

    def matrix(self, name: str, n_layers: int, weights: float, width_byte: float, values: float) -> Operation:
        """A matrix product that every token meets; ``values`` are its inputs and outputs per token and layer."""
        return Operation(
            name=name,
            n_layers=n_layers,
            flop=2.0 * weights * self.n_tokens,
            weight_byte=weights * width_byte,
            activation_byte=ACTIVATION_BYTE * values * n_layers * self.n_tokens,
        )


def operations(
    shape: ModelShape,
    *,
    phase: Phase,
    n_batch: float,
    context: float,
    weights: str | WeightPrecision = "bf16",
    kv_precision: str = "bf16",
) -> tuple[Operation, ...]:
    """Return the operations of one forward pass, in order of the trunk.

    Parameters
    ----------
    shape : ModelShape
        The model; multi-token prediction is left out.
    phase : {"decode", "prefill", "training"}
        ``decode``: one token for each of ``n_batch`` sequences of ``context`` tokens, latent attention absorbed.
        ``prefill``: all ``context`` tokens of ``n_batch`` prompts, the head on the last token of each only.
        ``training``: the forward pass of as many sequences, the head on every token.
    n_batch : float
        Sequences [count].
    context : float
        Tokens per sequence [count].
    weights : str or WeightPrecision
        Storage of the weights.
    kv_precision : str
        Storage of keys and values.

    Returns
    -------
    tuple of Operation
        Their FLOP sum to tokens x :func:`forward_flop_per_token` (in prefill less the head on the other tokens).
    """
    if phase not in {"decode", "prefill", "training"}:
        raise OutOfRangeError(f"The phase {phase!r} is not known.", hint="Use decode, prefill or training.")
    if not (n_batch > 0 and context > 0):
        raise OutOfRangeError(
            f"A pass over {n_batch} sequences of {context} tokens has nothing to do.", hint="Give positive numbers."
        )
    causal = phase != "decode"
    one = _Pass(
        d=shape.hidden_size,
        n_tokens=n_batch * (context if causal else 1),
        n_sequences=n_batch,
        context=context,
        causal=causal,
        weights=weight_precision(weights) if isinstance(weights, str) else weights,
        kv_byte=byte_per_value(kv_precision),
    )
    found: list[Operation] = []
    for mixer in shape.mixers:
        found += _attention(mixer, one) if isinstance(mixer, Attention) else _linear(mixer, one)
    for feed_forward in shape.feed_forwards:
        found += _mlp(feed_forward, one) if isinstance(feed_forward, Mlp) else _experts(feed_forward, one)
    if shape.extras.n_matmul:
        found.append(one.matrix("extras", shape.n_layers, shape.extras.n_matmul, one.weights.other, 0))
    found.append(_head(shape, one, n_batch if phase == "prefill" else one.n_tokens))
    return tuple(found)


def _attention(group: Attention, one: _Pass) -> Iterator[Operation]:
    d, n = one.d, group.n_layers
    widths = {
        "query": d + group.n_heads * group.head_dim,
        "key_value": d + stored_width(group),
        "indexer": d,
        "extra": d,
        "output": group.n_heads * group.value_dim + d,
    }
    matrices = attention_matrices(group, d)
    if matrices.get("extra", 0) < 0:  # a low-rank output projection: less than the plain one by that much
        matrices["output"] += matrices.pop("extra")
    for name in ("query", "key_value", "indexer", "extra"):
        if name in matrices:
            yield one.matrix(f"attention.{name}", n, matrices[name], one.weights.attention, widths[name])
    yield _attention_core(group, one)
    yield one.matrix("attention.output", n, matrices["output"], one.weights.attention, widths["output"])


def _attention_core(group: Attention, one: _Pass) -> Operation:
    span, n = group.span, group.n_layers
    endless = float("inf")
    pair = pair_flop(group, absorbed=not one.causal)
    n_stored = n if group.n_kv_layers is None else group.n_kv_layers
    window = mean_context(one.context, span.window or endless, causal=one.causal, chunked=span.kind == "chunked")
    entries = mean_context(one.context, (span.n_selected or endless) * (span.n_compressed or 1), causal=one.causal) / (
        span.n_compressed or 1
    )
    seen = {"full": entries, "sparse": entries, "compressed": entries + (window if span.window else 0)}.get(
        span.kind, window
    )
    flop, read = pair * n * seen, stored_width(group) * n * seen
    if span.indexer:
        scored = mean_context(one.context, endless, causal=one.causal) / (span.n_compressed or 1)
        flop += 2.0 * span.indexer.n_heads * span.indexer.head_dim * span.indexer.n_layers * scored
        read += span.indexer.head_dim * span.indexer.n_layers * scored
    written = n_stored * stored_width(group)
    return Operation(
        name=f"attention.{span.kind}",
        n_layers=n,
        flop=flop * one.n_tokens,
        activation_byte=ACTIVATION_BYTE * n * group.n_heads * (group.head_dim + group.value_dim) * one.n_tokens,
        # Prefill streams keys and values through fast memory once per block of queries: the cache is written, not re-read.
        kv_byte=one.kv_byte * one.n_tokens * (written if one.causal else read + written),
    )


def _linear(group: LinearMixer, one: _Pass) -> Iterator[Operation]:
    inner, keys = group.n_heads * group.value_dim, group.n_key_heads * group.key_dim
    yield one.matrix(
        f"linear.{group.kind}",
        group.n_layers,
        mixer_count(group, one.d).matmul,
        one.weights.attention,
        2 * one.d + 3 * inner + 2 * keys,
    )
    yield Operation(
        name="linear.state",
        n_layers=group.n_layers,
        flop=group_linear_flop(group) * one.n_tokens,
        activation_byte=ACTIVATION_BYTE * group.n_layers * 2 * (inner + keys) * one.n_tokens,
        kv_byte=STATE_BYTE * 2 * state_values(group) * group.n_layers * one.n_sequences,
    )


def _mlp(group: Mlp, one: _Pass) -> Iterator[Operation]:
    first = 2 if group.gated else 1
    size = one.d * group.width * group.n_layers
    yield one.matrix("mlp.up", group.n_layers, first * size, one.weights.feed_forward, one.d + first * group.width)
    yield one.matrix("mlp.down", group.n_layers, size, one.weights.feed_forward, group.width + one.d)


def _experts(group: Experts, one: _Pass) -> Iterator[Operation]:
    d, n = one.d, group.n_layers
    matrices = 3 if group.gated else 2
    router = d * group.n_experts + (d if group.shared_gate else 0)
    yield one.matrix("experts.router", n, router * n, one.weights.feed_forward, d + group.n_experts)
    if group.latent_dim:
        yield one.matrix(
            "experts.latent", n, 2 * d * group.latent_dim * n, one.weights.feed_forward, 2 * (d + group.latent_dim)
        )
    if group.shared_width:
        yield one.matrix(
            "experts.shared",
            n,
            matrices * d * group.shared_width * n,
            one.weights.feed_forward,
            2 * d + matrices * group.shared_width,
        )
    each = expert_matmul(group, d)
    touched = float(touched_experts(group.n_experts, group.n_active, one.n_tokens))
    bias = ((matrices - 1) * group.width + (group.latent_dim or d)) if group.bias else 0
    values = group.n_active * (2 * (group.latent_dim or d) + matrices * group.width)
    yield Operation(
        name="experts.routed",
        n_layers=n,
        flop=2.0 * each * group.n_active * n * one.n_tokens,
        weight_byte=touched * (each + bias) * n * one.weights.experts,
        activation_byte=ACTIVATION_BYTE * values * n * one.n_tokens,
    )


def _head(shape: ModelShape, one: _Pass, n_tokens: float) -> Operation:
    weights = shape.embedding.n_vocabulary * one.d
    return Operation(
        name="head",
        n_layers=1,
        flop=2.0 * weights * n_tokens,
        weight_byte=weights * one.weights.head,
        activation_byte=ACTIVATION_BYTE * (one.d + shape.embedding.n_vocabulary) * n_tokens,
    )
