"""Shapes to draw from."""

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from leadtime.workloads import (
    Attention,
    Embedding,
    Experts,
    Indexer,
    Latent,
    LinearMixer,
    Mlp,
    ModelShape,
    Norms,
    Span,
)

HEADS = [1, 2, 4, 8, 16]


@st.composite
def attentions(draw: Any, n_layers: int) -> Attention:
    n_heads = draw(st.sampled_from(HEADS))
    n_kv = draw(st.sampled_from([k for k in HEADS if n_heads % k == 0]))
    head_dim = draw(st.sampled_from([16, 64, 128]))
    if draw(st.booleans()):
        nope, rope = draw(st.sampled_from([32, 64])), draw(st.sampled_from([0, 16]))
        return Attention(
            n_layers=n_layers,
            n_heads=n_heads,
            n_kv_heads=n_heads,
            head_dim=nope + rope,
            value_dim=head_dim,
            latent=Latent(n_kv_rank=draw(st.sampled_from([64, 256])), nope_dim=nope, rope_dim=rope),
            n_query_rank=draw(st.sampled_from([None, 96])),
            span=draw(spans(n_layers)),
        )
    return Attention(
        n_layers=n_layers,
        n_heads=n_heads,
        n_kv_heads=n_kv,
        head_dim=head_dim,
        value_dim=draw(st.sampled_from([head_dim, 32])),
        n_bias=draw(st.integers(0, 100)),
        span=draw(spans(n_layers)),
    )


@st.composite
def spans(draw: Any, n_layers: int) -> Span:
    kind = draw(st.sampled_from(["full", "sliding", "chunked", "sparse", "compressed"]))
    window = draw(st.sampled_from([16, 128, 4096]))
    indexer = draw(st.sampled_from([None, Indexer(n_heads=4, head_dim=32, n_layers=n_layers)]))
    return {
        "full": Span(),
        "sliding": Span(kind="sliding", window=window),
        "chunked": Span(kind="chunked", window=window),
        "sparse": Span(kind="sparse", n_selected=window, indexer=indexer),
        "compressed": Span(
            kind="compressed",
            window=window,
            n_compressed=8,
            n_selected=draw(st.sampled_from([None, 64])),
            indexer=indexer,
        ),
    }[kind]


@st.composite
def feed_forwards(draw: Any, n_layers: int) -> Mlp | Experts:
    width, gated = draw(st.sampled_from([64, 256])), draw(st.booleans())
    if draw(st.booleans()):
        return Mlp(n_layers=n_layers, width=width, gated=gated, bias=draw(st.booleans()))
    n_experts = draw(st.sampled_from([2, 8, 64]))
    return Experts(
        n_layers=n_layers,
        n_experts=n_experts,
        n_active=draw(st.integers(1, n_experts)),
        width=width,
        gated=gated,
        bias=draw(st.booleans()),
        shared_width=draw(st.sampled_from([0, 128])),
        router_bias=draw(st.booleans()),
        latent_dim=draw(st.sampled_from([None, 32])),
    )


def recurrent(n_layers: int) -> LinearMixer:
    return LinearMixer(
        kind="gated_deltanet",
        n_layers=n_layers,
        n_heads=4,
        value_dim=32,
        n_key_heads=2,
        key_dim=16,
        n_convolution=4,
        n_bias=8,
    )


@st.composite
def shapes(draw: Any) -> ModelShape:
    """Draw a shape with at most one bounded span, as all known models have."""
    n_first, n_second = draw(st.integers(1, 6)), draw(st.integers(0, 3))
    mixers: tuple[Any, ...] = (draw(attentions(n_first)),)
    if n_second:
        # As in all known models, a second kind of attention has the same widths and another span.
        full = replace(mixers[0], n_layers=n_second, span=Span())
        second = recurrent(n_second) if draw(st.booleans()) or mixers[0].span.kind == "full" else full
        mixers = (*mixers, second)
    n_layers = n_first + n_second
    return ModelShape(
        id="drawn",
        name="drawn",
        n_layers=n_layers,
        hidden_size=draw(st.sampled_from([64, 256])),
        mixers=mixers,
        feed_forwards=(draw(feed_forwards(n_layers)),),
        embedding=Embedding(
            n_vocabulary=draw(st.integers(10, 1000)),
            tied=draw(st.booleans()),
            n_positions=draw(st.sampled_from([0, 64])),
        ),
        norms=Norms(bias=draw(st.booleans())),
    )
