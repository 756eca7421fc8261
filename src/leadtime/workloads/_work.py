"""FLOP of attention and recurrent layers by how they grow with the context; equation (5)."""

from typing import NamedTuple

from ._shape import Attention, LinearMixer, ModelShape

__all__ = [
    "AttentionTerms",
    "attention_terms",
    "group_linear_flop",
    "linear_flop",
    "mean_context",
    "pair_flop",
    "state_values",
]

_STATE_FLOP = {
    "gated_deltanet": 7.0,
    "kimi_delta": 7.0,
    "lightning": 5.0,
    "mamba2": 5.0,
    "mamba": 6.0,
    "short_convolution": 0.0,
}
"""FLOP per token and state value: decay 1, write 2, read 2; the delta rules first read what they replace (2 more);
Mamba 1 exponentiates its decay per value (1 more). Assumed from the published recurrences; chunked kernels differ."""


class AttentionTerms(NamedTuple):
    """FLOP per token and context token, summed over layers, and where they stop growing."""

    growing: float
    windowed: float
    window: float
    chunked: bool
    selected: float
    n_selected: float
    indexer: float
    absorbed_ratio: float


def pair_flop(group: Attention, *, absorbed: bool = False) -> float:
    """Return the FLOP of one attention layer for one pair of query and earlier token: scores and weighted values.

    Expanded: 2 H (h + h_v), which is 4 H h where both are equal. Absorbed latent attention: 2 H (2 r_kv + h_r).
    """
    if absorbed and group.latent:
        return 2.0 * group.n_heads * (2 * group.latent.n_kv_rank + group.latent.rope_dim)
    return 2.0 * group.n_heads * (group.head_dim + group.value_dim)


def mean_context(context: float, cap: float, *, causal: bool, chunked: bool = False) -> float:
    """Return the tokens seen where at most ``cap`` are: by the last token, or on average over a causal sequence."""
    if not causal:
        return min(context, cap)
    if context <= cap:
        return context / 2
    return cap / 2 if chunked else cap * (1.0 - cap / (2.0 * context))


def attention_terms(shape: ModelShape) -> AttentionTerms:
    """Fold all attention groups into a growing, a windowed and a selected term."""
    growing = indexer = expanded = absorbed = 0.0
    windows: list[tuple[float, int]] = []
    selections: list[tuple[float, int]] = []
    chunked = False
    for group in shape.attention:
        work = pair_flop(group) * group.n_layers
        expanded += work
        absorbed += pair_flop(group, absorbed=True) * group.n_layers
        span = group.span
        if span.indexer:
            per_token = 2.0 * span.indexer.n_heads * span.indexer.head_dim * span.indexer.n_layers
            indexer += per_token / (span.n_compressed or 1)
        if span.kind in {"sliding", "chunked", "compressed"} and span.window:
            windows.append((work, span.window))
            chunked |= span.kind == "chunked"
        if span.kind == "full":
            growing += work
        elif span.kind == "sparse" and span.n_selected:
            selections.append((work, span.n_selected))
        elif span.kind == "compressed" and span.n_compressed:
            share = work / span.n_compressed
            if span.n_selected:
                selections.append((share, span.n_selected * span.n_compressed))
            else:
                growing += share
    windowed, window = _merge(windows)
    selected, n_selected = _merge(selections)
    ratio = absorbed / expanded if expanded else 1.0
    return AttentionTerms(growing, windowed, window, chunked, selected, n_selected, indexer, ratio)


def _merge(terms: list[tuple[float, int]]) -> tuple[float, float]:
    """Return the sum of the weights and their mean cap."""
    total = sum(weight for weight, _ in terms)
    return (total, sum(weight * cap for weight, cap in terms) / total) if total else (0.0, 1.0)


def state_values(group: LinearMixer) -> int:
    """Return the values of recurrent state that one layer keeps per sequence, the taps of its convolution included."""
    channels = group.n_heads * group.value_dim
    if group.kind in {"gated_deltanet", "kimi_delta", "mamba2"}:
        channels += 2 * group.n_key_heads * group.key_dim
    taps = max(group.n_convolution - 1, 0)
    return group.n_heads * group.key_dim * group.value_dim + taps * channels


def group_linear_flop(group: LinearMixer) -> float:
    """Return the FLOP per token of a group of recurrent layers outside their matrices: state, reading, convolution."""
    state = group.n_heads * group.key_dim * group.value_dim
    channels = (state_values(group) - state) / max(group.n_convolution - 1, 1)
    return (_STATE_FLOP[group.kind] * state + 2.0 * channels * group.n_convolution) * group.n_layers


def linear_flop(shape: ModelShape) -> float:
    """Return the FLOP per token of all recurrent layers outside their matrices."""
    return sum(group_linear_flop(group) for group in shape.linear)
