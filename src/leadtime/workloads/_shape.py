"""The shape of a decoder language model as an immutable value: widths and counts, nothing derived.

A model is a stack of blocks. Each block mixes tokens (attention, or a recurrent layer whose state does not grow) and
transforms them (a feed-forward network, or experts of which a router picks a few). Blocks of one kind are kept as a
group with the number of layers it stands for; order does not matter to work or memory. A group of the one kind
says nothing about the other: a model with 48 linear and 16 attention layers may have 64 layers of experts.

All widths are counts of values and carry no unit. What follows from a shape stands in the modules beside this one.
"""

from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Attention", "Embedding", "Experts", "Extras", "Indexer", "Latent", "LinearMixer", "Mlp", "ModelShape", "Norms",
    "Origin", "Prediction", "Span",
]  # fmt: skip

SpanKind = Literal["full", "sliding", "chunked", "sparse", "compressed"]
KeyValue = Literal["separate", "one_matrix", "same"]
LinearKind = Literal["gated_deltanet", "kimi_delta", "lightning", "mamba", "mamba2", "short_convolution"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexer:
    """A small scorer that picks which earlier tokens a sparse-attention layer reads."""

    n_heads: int
    head_dim: int
    n_layers: int
    """Layers that own a scorer; the others of the group reuse its choice."""
    n_low_rank: int | None = None
    """Width from which the scorer's queries are projected; None: from the hidden state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """How far back a layer looks.

    ``full`` reads every earlier token; ``sliding`` the last ``window``; ``chunked`` those of its own chunk of
    ``window``; ``sparse`` the ``n_selected`` best, having stored all; ``compressed`` the last ``window`` and, of the
    rest, one entry for every ``n_compressed`` tokens (of which at most ``n_selected`` if given).
    """

    kind: SpanKind = "full"
    window: int | None = None
    """Tokens in the window or chunk."""
    n_selected: int | None = None
    """Entries that a sparse layer reads at most (tokens; compressed entries in a compressed layer)."""
    n_compressed: int | None = None
    """Tokens that one compressed entry stands for."""
    indexer: Indexer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latent:
    """Low-rank queries, keys and values of multi-head latent attention (MLA).

    The cache holds ``n_kv_rank + rope_dim`` values per token and layer, whatever the number of heads.
    """

    n_kv_rank: int
    nope_dim: int
    """Part of a head's query and key without position."""
    rope_dim: int
    """Part of a head's query and key with rotary position, shared by all heads on the key side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """A group of attention layers with the same widths."""

    n_layers: int
    n_heads: int
    n_kv_heads: int
    """Heads that keys and values have of their own; equals ``n_heads`` for multi-head, 1 for multi-query attention."""
    head_dim: int
    """Width of a query and key head (``nope_dim + rope_dim`` for latent attention)."""
    value_dim: int
    """Width of a value head; equals ``head_dim`` in most models."""
    span: Span = Span()
    latent: Latent | None = None
    n_query_rank: int | None = None
    """Rank of the queries; None: projected straight from the hidden state."""
    n_kv_layers: int | None = None
    """Layers that compute and store keys and values of their own; the others reuse an earlier layer's. None: all."""
    key_value: KeyValue = "separate"
    """``separate`` matrices, both stored; ``one_matrix``: one projection, both stored after separate norms; ``same``:
    one projection, stored once, key and value at the same time."""
    n_bias: int = 0
    """Bias, norm and sink values per layer inside attention: weights that are not part of a matrix product."""
    n_extra_matmul: int = 0
    """Weights per layer of further matrices that every token meets, such as an output gate or a compressor; negative
    where a low-rank output projection has fewer weights than the plain one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearMixer:
    """A group of recurrent (linear attention or state-space) layers: constant state per sequence, no growing cache.

    Every kind keeps a state of ``n_heads`` x ``key_dim`` x ``value_dim`` values. For ``mamba`` a head is a channel and
    ``value_dim`` is 1; ``short_convolution`` keeps only its last taps; for the Mamba kinds ``key_dim`` is the state size and ``n_key_heads`` the number of groups.
    """

    kind: LinearKind
    n_layers: int
    n_heads: int
    value_dim: int
    n_key_heads: int
    key_dim: int
    n_convolution: int = 0
    """Taps of the short convolution; 0 where there is none."""
    n_gate_rank: int = 0
    """Rank of low-rank gates (of the time step in ``mamba``); 0 for full rank."""
    full_rank_gate: bool = False
    """``kimi_delta`` only: the output gate is of full rank although the decay is not."""
    n_bias: int = 0
    """Further values per layer that multiply no token: norms, decays, biases."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mlp:
    """A group of dense feed-forward layers: three matrices if gated, two if not."""

    n_layers: int
    width: int
    gated: bool = True
    bias: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Experts:
    """A group of mixture-of-experts layers."""

    n_layers: int
    n_experts: int
    n_active: int
    """Routed experts that one token meets."""
    width: int
    """Width of one routed expert."""
    gated: bool = True
    bias: bool = False
    shared_width: int = 0
    """Width of all shared experts together, which every token meets."""
    shared_gate: bool = False
    """A learned scalar gate on the shared expert."""
    router_bias: bool = False
    """One value per expert beside the router matrix (a balancing or plain bias)."""
    latent_dim: int | None = None
    """Width to which tokens are projected before the routed experts (and back after); None: the hidden width."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """Token tables at both ends."""

    n_vocabulary: int
    """Rows as stored, padding included."""
    tied: bool = False
    """The output head is the input table."""
    n_positions: int = 0
    """Rows of a learned position table."""
    head_bias: bool = False
    n_per_layer: int = 0
    """Width of a per-layer input table as in Gemma 3n and 4 E models: looked up, never multiplied; 0: none."""
    n_per_layer_rows: int = 0
    """Rows of that table; 0: as many as ``n_vocabulary``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Norms:
    """Normalisation over the hidden width."""

    n_per_layer: float = 2.0
    """Norm vectors of the hidden width per block, on average."""
    n_outside: int = 1
    """Norm vectors outside the blocks: the final one, one on the embeddings where there is one."""
    bias: bool = False
    """LayerNorm with a bias (two vectors each) instead of RMSNorm (one)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """Multi-token prediction: extra blocks that guess tokens further ahead, sharing both token tables with the trunk."""

    n_layers: int
    mixer: Attention | LinearMixer
    """Token mixing of one such block (its ``n_layers`` is 1)."""
    feed_forward: Mlp | Experts
    n_joined: int = 2
    """Input of the joining projection in hidden widths: 2 for state and embedding side by side; 0: no projection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """Weights that do not belong to the text trunk as described by the groups."""

    n_matmul: int = 0
    """Weights of further matrices that every text token meets, over all layers together."""
    n_other: int = 0
    """Weights that a text token does not multiply: vision and audio towers, cross-attention to images."""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a shape came from, and facts about the release that are no part of the shape."""

    precision: str | None = None
    """Precision of most weights as the publisher stores them (bf16, fp8, fp4, int4, ...); None: not stated."""
    max_context: int | None = None
    """Longest context the publisher states [tokens]."""
    model_type: str | None = None
    """``model_type`` of the configuration it was read from; None: from the catalogue."""
    matched_from: str | None = None
    """The name or path as the user gave it."""
    is_standard: bool = False
    """A standard shape for a model known only by its size."""
    warnings: tuple[str, ...] = ()
    """What was assumed or left out when the shape was made, in sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelShape:
    """The shape of one model.

    Examples
    --------
    >>> shape = ModelShape(
    ...     id="toy",
    ...     name="Toy",
    ...     n_layers=2,
    ...     hidden_size=8,
    ...     mixers=(Attention(n_layers=2, n_heads=2, n_kv_heads=1, head_dim=4, value_dim=4),),
    ...     feed_forwards=(Mlp(n_layers=2, width=16),),
    ...     embedding=Embedding(n_vocabulary=32),
    ... )
    >>> shape.attention_layers
    2
    """

    id: str
    name: str
    n_layers: int
    """Blocks of the trunk in the publisher's count; single-purpose blocks count one each."""
    hidden_size: int
    mixers: tuple[Attention | LinearMixer, ...]
    feed_forwards: tuple[Mlp | Experts, ...]
    embedding: Embedding
    norms: Norms = Norms()
    prediction: Prediction | None = None
    extras: Extras = Extras()
    origin: Origin = Origin()

    @property
    def attention(self) -> tuple[Attention, ...]:
        """The groups of attention layers."""
        return tuple(group for group in self.mixers if isinstance(group, Attention))

    @property
    def linear(self) -> tuple[LinearMixer, ...]:
        """The groups of recurrent layers."""
        return tuple(group for group in self.mixers if isinstance(group, LinearMixer))

    @property
    def dense(self) -> tuple[Mlp, ...]:
        """The groups of dense feed-forward layers."""
        return tuple(group for group in self.feed_forwards if isinstance(group, Mlp))

    @property
    def experts(self) -> tuple[Experts, ...]:
        """The groups of mixture-of-experts layers."""
        return tuple(group for group in self.feed_forwards if isinstance(group, Experts))

    @property
    def attention_layers(self) -> int:
        """Number of attention layers of all groups."""
        return sum(group.n_layers for group in self.attention)

    @property
    def is_mixture(self) -> bool:
        """Whether some layer routes tokens to experts."""
        return bool(self.experts)
