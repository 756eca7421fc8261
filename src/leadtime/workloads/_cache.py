"""The key-value cache and recurrent state, in values; equation (6)."""

from typing import NamedTuple

from ._shape import Attention, ModelShape
from ._work import state_values

__all__ = ["CacheTerms", "cache_terms", "stored_width"]


class CacheTerms(NamedTuple):
    """Values per sequence: per token (growing, up to the window, stored in full but read by choice, of the indexer) and constant."""

    growing: float
    windowed: float
    selected: float
    indexer: float
    state: float
    replicated: bool
    read_ratio: float
    """Reads over stored values: above 1 where layers read the keys and values of another."""


def stored_width(group: Attention) -> int:
    """Return the values that one layer stores per token (or per compressed entry)."""
    if group.latent:
        return group.latent.n_kv_rank + group.latent.rope_dim
    if group.key_value == "same":
        return group.n_kv_heads * group.head_dim
    return group.n_kv_heads * (group.head_dim + group.value_dim)


def cache_terms(shape: ModelShape) -> CacheTerms:
    """Fold all groups into terms of the context; windows and selections have the widths of the attention terms."""
    growing = windowed = selected = indexer = stored = read = 0.0
    for group in shape.attention:
        n_layers = group.n_layers if group.n_kv_layers is None else group.n_kv_layers
        values = float(stored_width(group) * n_layers)
        stored += values
        read += float(stored_width(group) * group.n_layers)
        span = group.span
        if span.indexer:
            indexer += span.indexer.head_dim * span.indexer.n_layers / (span.n_compressed or 1)
        if span.kind in {"sliding", "chunked"}:
            windowed += values
        elif span.kind == "sparse":
            selected += values
        elif span.kind == "compressed":
            windowed += values
            share = values / (span.n_compressed or 1)
            selected, growing = (selected + share, growing) if span.n_selected else (selected, growing + share)
        else:
            growing += values
    state = float(sum(state_values(group) * group.n_layers for group in shape.linear))
    replicated = bool(shape.attention) and all(group.latent or group.key_value == "same" for group in shape.attention)
    return CacheTerms(growing, windowed, selected, indexer, state, replicated, read / stored if stored else 1.0)
