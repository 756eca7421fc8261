"""Attention that reads a bounded part of the context in ways of its own: compressed, chosen in blocks, windows of other widths."""

from dataclasses import replace
from typing import Any

from leadtime.workloads._shape import Attention, Embedding, Extras, Indexer, Mlp, ModelShape, Norms, Span

from ._experts import experts_of, feed_forward_layers
from ._fields import Fields
from ._llama_like import HEADS, PREDICTION, Traits, attention_layers, embedding_of, sizes
from ._spans import layer_kinds, spans_of
from ._stack import build

__all__ = ["BOUNDED_READERS"]


def _deepseek_v4(fields: Fields, name: str, model_type: str) -> ModelShape:
    """DeepSeek-V4: one stored vector per token, a short window everywhere, compressed entries beyond it."""
    n_layers, hidden = sizes(fields)
    n_heads, width = fields.count(*HEADS), fields.count("head_dim")
    rank, groups, out_rank = fields.count("q_lora_rank"), fields.count("o_groups"), fields.count("o_lora_rank")
    if n_heads % groups:
        raise fields.fail("o_groups", f"is {groups}, which does not divide the {n_heads} heads")
    ratios = _ratios(fields, n_layers)
    if len(ratios) < n_layers:
        raise fields.fail("compress_ratios", f"has fewer than {n_layers} entries")
    window = fields.count("sliding_window")
    low_rank_output = out_rank * n_heads * width + groups * out_rank * hidden - n_heads * width * hidden
    base = Attention(
        n_layers=1,
        n_heads=n_heads,
        n_kv_heads=1,
        head_dim=width,
        value_dim=width,
        n_query_rank=rank,
        key_value="same",
        n_bias=rank + width + n_heads,  # low-rank norm, norm of the stored vector, one sink per head
        n_extra_matmul=low_rank_output,
    )
    layers = [
        _compressed(fields, base, hidden, window, fields.whole("compress_ratios", ratio, low=0))
        for ratio in ratios[:n_layers]
    ]
    experts = experts_of(fields, hidden)
    n_streams = fields.count("hc_mult", default=0, low=0)
    # Each of two connections per layer maps all streams to (2 + n) n mixing weights; the end maps them to n.
    mixing = n_layers * 2 * (2 + n_streams) * n_streams * n_streams * hidden + n_streams * n_streams * hidden
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=layers,
        feed_forwards=feed_forward_layers(fields, n_layers, experts),
        embedding=embedding_of(fields, tied=False),
        norms=Norms(),
        extras=Extras(n_matmul=mixing, note="hyper-connections" if mixing else ""),
        n_prediction=fields.count(*PREDICTION, default=0, low=0, high=100),
    )


def _ratios(fields: Fields, n_layers: int) -> list[Any]:
    """Return tokens per compressed entry of every layer, 0 where there is only the window."""
    listed = fields.items("compress_ratios")
    if listed is not None:
        return listed
    kinds, rates = fields.items("layer_types", length=n_layers), fields.part("compress_rates")
    if kinds is None:
        raise fields.missing("compress_ratios")
    return [0 if kind == "sliding_attention" or rates is None else rates.count(str(kind)) for kind in kinds]


def _compressed(fields: Fields, base: Attention, hidden: int, window: int, ratio: int) -> Attention:
    if ratio == 0:
        return replace(base, span=Span(kind="sliding", window=window))
    chosen = ratio <= 16  # the finely compressed layers choose, the coarse ones read everything
    overlap = 2 if chosen else 1
    width = base.head_dim
    compressor = 2 * overlap * hidden * width  # entries and their gates
    place = overlap * ratio * width + width
    indexer = None
    if chosen:
        heads, small = fields.count("index_n_heads"), fields.count("index_head_dim")
        # The indexer compresses for itself; one of its two key maps of double width is the plain key projection.
        compressor += 2 * overlap * hidden * small - hidden * small
        place += overlap * ratio * small - small
        indexer = Indexer(n_heads=heads, head_dim=small, n_layers=1, n_low_rank=base.n_query_rank)
    span = Span(
        kind="compressed",
        window=window,
        n_compressed=ratio,
        n_selected=fields.count("index_topk") if chosen else None,
        indexer=indexer,
    )
    return replace(base, span=span, n_extra_matmul=base.n_extra_matmul + compressor, n_bias=base.n_bias + place)


def _minimax_m3(fields: Fields, name: str, model_type: str) -> ModelShape:
    """MiniMax-M3: most layers read the best blocks of the context, found by a small indexer."""
    n_layers, hidden = sizes(fields)
    kinds = layer_kinds(fields, n_layers)
    plain = Fields({**fields.values, "layer_types": None}, fields.where)
    base = attention_layers(plain, 1, hidden, Traits(qk_norm="head"), "llama")[0]
    sparse = fields.part("sparse_attention_config")
    layers = [base] * n_layers
    if sparse is not None and sparse.flag("use_sparse_attention", default=True):
        block = sparse.count("sparse_block_size")
        chosen = (
            sparse.count("sparse_topk_blocks")
            + sparse.count("sparse_local_block", default=0, low=0)
            + sparse.count("sparse_init_block", default=0, low=0)
        )
        scorer = Indexer(
            n_heads=sparse.count("sparse_num_index_heads"), head_dim=sparse.count("sparse_index_dim"), n_layers=1
        )
        marks = sparse.items("sparse_attention_freq", length=n_layers) or [1] * n_layers
        layers = [
            replace(base, span=Span(kind="sparse", n_selected=block * chosen, indexer=scorer)) if mark else base
            for mark in marks
        ]
    elif fields.has("index_topk_blocks"):
        chosen = fields.count("index_topk_blocks") + fields.count("index_local_blocks", default=0, low=0)
        span = Span(
            kind="sparse",
            n_selected=fields.count("index_block_size") * chosen,
            indexer=Indexer(n_heads=fields.count("index_n_heads"), head_dim=fields.count("index_head_dim"), n_layers=1),
        )
        layers = [
            base if kind == "full_attention" else replace(base, span=span) for kind in kinds or ["sparse"] * n_layers
        ]
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=layers,
        feed_forwards=feed_forward_layers(fields, n_layers, experts_of(fields, hidden, router_bias=True)),
        embedding=embedding_of(fields, tied=False),
        norms=Norms(),
        n_prediction=fields.count(*PREDICTION, default=0, low=0, high=100),
    )


def _mimo_v2(fields: Fields, name: str, model_type: str) -> ModelShape:
    """MiMo-V2: windowed layers have more key-value heads than full ones."""
    n_layers, hidden = sizes(fields)
    full = attention_layers(
        Fields(
            {
                **fields.values,
                "layer_types": None,
                "hybrid_layer_pattern": None,
                "sliding_window": None,
                "sliding_window_size": None,
            },
            fields.where,
        ),
        1,
        hidden,
        Traits(),
        "llama",
    )[0]
    n_heads = fields.count("swa_num_attention_heads", default=full.n_heads)
    head_dim = fields.count("swa_head_dim", default=full.head_dim)
    newer = fields.has(
        "layer_types"
    )  # newer files leave out what the code fixes: twice the heads, and sinks, in windowed layers
    sinks = n_heads if fields.flag("add_swa_attention_sink_bias", default=newer) else 0
    layers = []
    for span in spans_of(fields, n_layers, model_type):
        windowed = replace(
            full,
            n_heads=n_heads,
            n_kv_heads=fields.count("swa_num_key_value_heads", default=(2 if newer else 1) * full.n_kv_heads),
            head_dim=head_dim,
            value_dim=fields.count("swa_v_head_dim", default=full.value_dim),
            n_bias=full.n_bias + sinks,
            span=span,
        )
        layers.append(full if span.kind == "full" else windowed)
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=layers,
        feed_forwards=feed_forward_layers(fields, n_layers, experts_of(fields, hidden, router_bias=True)),
        embedding=embedding_of(fields, tied=False),
        norms=Norms(),
        n_prediction=fields.count(*PREDICTION, default=0, low=0, high=100),
    )


def _phi3_small(fields: Fields, name: str, model_type: str) -> ModelShape:
    """Phi-3-small: block-sparse attention with a dense layer every so often."""
    n_layers, hidden = sizes(fields)
    base = attention_layers(
        Fields({**fields.values, "attention_bias": True}, fields.where), 1, hidden, Traits(), "llama"
    )[0]
    every = fields.count("dense_attention_every_n_layers", default=2)
    near = fields.count("blocksparse_num_local_blocks", default=16) * fields.count("blocksparse_block_size", default=64)
    local = replace(base, span=Span(kind="sliding", window=near))
    fields.warn("Block-sparse attention is counted as its local window; the strided blocks are left out.")
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=[base if (i + 1) % every == 0 else local for i in range(n_layers)],
        feed_forwards=[
            Mlp(n_layers=n_layers, width=fields.count("ff_intermediate_size", "intermediate_size"), bias=True)
        ],
        embedding=Embedding(n_vocabulary=fields.count("vocab_size"), tied=True),
        norms=Norms(bias=True),
    )


BOUNDED_READERS = {
    "deepseek_v4": _deepseek_v4,
    **dict.fromkeys(("minimax_m3", "minimax_m3_vl", "minimax_m3_vl_text"), _minimax_m3),
    "mimo_v2_flash": _mimo_v2,
    "phi3small": _phi3_small,
}
