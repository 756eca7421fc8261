"""Parameters: how many there are, how many one token meets, how many of those are in matrix products."""

from collections.abc import Iterable
from typing import NamedTuple

from ._shape import Attention, Experts, LinearMixer, Mlp, ModelShape

__all__ = [
    "Count",
    "active_matmul",
    "active_parameters",
    "expert_matmul",
    "mixer_count",
    "parts",
    "prediction_count",
    "total_parameters",
]


class Count(NamedTuple):
    """Weights of one layer or of a part of the model.

    ``matmul`` are weights in matrix products that every token meets, ``other`` those added or scaled element by element,
    ``routed`` those of all routed experts.
    """

    matmul: int = 0
    other: int = 0
    routed: int = 0

    def times(self, n: int) -> "Count":
        """Return the count of ``n`` such parts."""
        return Count(self.matmul * n, self.other * n, self.routed * n)

    @property
    def total(self) -> int:
        """All weights of the part."""
        return self.matmul + self.other + self.routed


def _sum(counts: Iterable[Count]) -> Count:
    return Count(*map(sum, zip(Count(), *counts, strict=True)))


def attention_matrices(group: Attention, d: int) -> dict[str, int]:
    """Return the matrix weights of all layers of an attention group by purpose; equation (1)."""
    heads, rank, n = group.n_heads, group.n_query_rank, group.n_layers
    query = d * rank + rank * heads * group.head_dim if rank else d * heads * group.head_dim
    if group.latent:
        latent = group.latent
        key_value = d * (latent.n_kv_rank + latent.rope_dim) + latent.n_kv_rank * heads * (
            latent.nope_dim + group.value_dim
        )
    else:
        values = group.value_dim if group.key_value == "separate" else 0
        key_value = d * group.n_kv_heads * (group.head_dim + values)
    found = {
        "query": query * n,
        "key_value": key_value * (n if group.n_kv_layers is None else group.n_kv_layers),
        "output": heads * group.value_dim * d * n,
        "extra": group.n_extra_matmul * n,
    }
    indexer = group.span.indexer
    if indexer:
        scorer = (indexer.n_low_rank or d) * indexer.n_heads * indexer.head_dim + d * (
            indexer.head_dim + indexer.n_heads
        )
        found["indexer"] = scorer * indexer.n_layers
    return {name: weights for name, weights in found.items() if weights}


def attention_count(group: Attention, d: int) -> Count:
    """Return the weights of all layers of an attention group."""
    indexer = group.span.indexer
    norms = 2 * indexer.head_dim * indexer.n_layers if indexer else 0
    return Count(sum(attention_matrices(group, d).values()), group.n_bias * group.n_layers + norms)


def linear_count(group: LinearMixer, d: int) -> Count:
    """Return the weights of all layers of a group of recurrent layers."""
    inner, keys = group.n_heads * group.value_dim, group.n_key_heads * group.key_dim
    rank, taps = group.n_gate_rank, group.n_convolution
    if group.kind == "gated_deltanet":  # query, key, value and output gate; two scalars per head; output
        matmul, mixed = d * (2 * keys + 2 * inner) + d * 2 * group.n_heads + inner * d, 2 * keys + inner
    elif (
        group.kind == "kimi_delta"
    ):  # query, key, value; decay and output gate of low or full rank; write strength; output
        decay = d * rank + rank * keys if rank else d * keys
        gate = d * rank + rank * inner if rank and not group.full_rank_gate else d * inner
        matmul, mixed = d * (2 * keys + inner) + decay + gate + d * group.n_heads + inner * d, 2 * keys + inner
    elif group.kind == "lightning":  # query, key, value, output gate; output
        matmul, mixed = d * (2 * keys + 2 * inner) + inner * d, 0
    elif group.kind == "mamba2":  # gate and input; input and output maps of the state; time step; output
        matmul, mixed = d * (2 * inner + 2 * keys + group.n_heads) + inner * d, inner + 2 * keys
    elif group.kind == "short_convolution":  # two gates and the input; output
        matmul, mixed = d * 3 * inner + inner * d, inner
    else:  # mamba: gate and input; time step and state maps from the inner width; output
        matmul, mixed = d * 2 * inner + inner * (rank + 2 * group.key_dim) + rank * inner + inner * d, inner
    return Count(matmul * group.n_layers, (mixed * taps + group.n_bias) * group.n_layers)


def mixer_count(group: Attention | LinearMixer, d: int) -> Count:
    """Return the weights of all layers of a group that mixes tokens."""
    return attention_count(group, d) if isinstance(group, Attention) else linear_count(group, d)


def expert_matmul(group: Experts, d: int) -> int:
    """Return the matrix weights of one routed expert."""
    return (3 if group.gated else 2) * (group.latent_dim or d) * group.width


def _expert_bias(group: Experts, d: int) -> int:
    return (2 if group.gated else 1) * group.width + (group.latent_dim or d) if group.bias else 0


def feed_forward_count(group: Mlp | Experts, d: int) -> Count:
    """Return the weights of all layers of a feed-forward group; equation (2)."""
    matrices = 3 if group.gated else 2
    if isinstance(group, Mlp):
        bias = (matrices - 1) * group.width + d if group.bias else 0
        return Count(matrices * d * group.width, bias).times(group.n_layers)
    matmul = d * group.n_experts + matrices * d * group.shared_width + (d if group.shared_gate else 0)
    matmul += 2 * d * group.latent_dim if group.latent_dim else 0
    other = group.n_experts if group.router_bias else 0
    routed = group.n_experts * (expert_matmul(group, d) + _expert_bias(group, d))
    return Count(matmul, other, routed).times(group.n_layers)


def parts(shape: ModelShape) -> dict[str, Count]:
    """Return the weights of the trunk by part; equation (3) without multi-token prediction.

    Parts: ``attention``, ``linear``, ``mlp``, ``experts`` (router and shared experts are its ``matmul``), ``norms``,
    ``embedding`` (tables looked up), ``head``, ``extras``.
    """
    d, table = shape.hidden_size, shape.embedding
    norm = d * (2 if shape.norms.bias else 1)
    per_layer = shape.n_layers * table.n_per_layer * (table.n_per_layer_rows or table.n_vocabulary)
    rows = table.n_positions + (0 if table.tied else table.n_vocabulary)
    return {
        "attention": _sum(attention_count(group, d) for group in shape.attention),
        "linear": _sum(linear_count(group, d) for group in shape.linear),
        "mlp": _sum(feed_forward_count(group, d) for group in shape.dense),
        "experts": _sum(feed_forward_count(group, d) for group in shape.experts),
        "norms": Count(0, round(norm * (shape.norms.n_per_layer * shape.n_layers + shape.norms.n_outside))),
        "embedding": Count(0, rows * d + per_layer),
        "head": Count(table.n_vocabulary * d, table.n_vocabulary if table.head_bias else 0),
        "extras": Count(shape.extras.n_matmul, shape.extras.n_other),
    }


def total_parameters(shape: ModelShape) -> int:
    """Return all parameters of the model, multi-token prediction apart; equation (3).

    Examples
    --------
    >>> from leadtime.workloads import ModelShape, Attention, Mlp, Embedding
    >>> llama_2_7b = ModelShape(
    ...     id="l",
    ...     name="Llama 2 7B",
    ...     n_layers=32,
    ...     hidden_size=4096,
    ...     mixers=(Attention(n_layers=32, n_heads=32, n_kv_heads=32, head_dim=128, value_dim=128),),
    ...     feed_forwards=(Mlp(n_layers=32, width=11008),),
    ...     embedding=Embedding(n_vocabulary=32000),
    ... )
    >>> total_parameters(llama_2_7b)
    6738415616
    """
    return sum(part.total for part in parts(shape).values())


def active_parameters(shape: ModelShape) -> int:
    """Return the parameters that one text token meets: the total less the routed experts it is not sent to.

    Both token tables count in full, so that a dense language model is wholly active; vision and audio parts do not count.
    Publishers differ on this; see :func:`active_matmul` for the number that FLOP follow.
    """
    d = shape.hidden_size
    idle = sum(
        group.n_layers * (group.n_experts - group.n_active) * (expert_matmul(group, d) + _expert_bias(group, d))
        for group in shape.experts
    )
    return total_parameters(shape) - shape.extras.n_other - idle


def active_matmul(shape: ModelShape) -> int:
    """Return the weights in the matrix products that one token meets; equation (4).

    Routed experts count ``n_active`` times, shared experts and router in full, the output head once, tables that are
    only looked up not at all.
    """
    d = shape.hidden_size
    routed = sum(group.n_layers * group.n_active * expert_matmul(group, d) for group in shape.experts)
    return routed + sum(part.matmul for part in parts(shape).values())


def prediction_count(shape: ModelShape) -> Count:
    """Return the weights of the multi-token prediction blocks, the shared token tables apart."""
    extra = shape.prediction
    if extra is None:
        return Count()
    d = shape.hidden_size
    norm = d * (2 if shape.norms.bias else 1)
    block = _sum((mixer_count(extra.mixer, d), feed_forward_count(extra.feed_forward, d)))
    joining = Count(extra.n_joined * d * d, norm * round(shape.norms.n_per_layer + 3))  # two inputs and the output
    return _sum((block, joining)).times(extra.n_layers)
