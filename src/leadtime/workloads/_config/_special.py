"""Architectures whose layers differ from each other in ways of their own."""

from dataclasses import replace
from typing import Any

from leadtime.workloads._shape import Attention, Embedding, Experts, Extras, Indexer, Mlp, ModelShape, Norms, Span

from ._experts import experts_of, feed_forward_layers
from ._fields import Fields
from ._llama_like import HEADS, LAYERS, PREDICTION, Traits, attention_layers, embedding_of, head_numbers, sizes
from ._spans import layer_kinds, spans_of
from ._stack import build

__all__ = ["SPECIAL_READERS"]


def _gemma_small(fields: Fields, name: str, model_type: str) -> ModelShape:
    """Gemma 3n and Gemma 4: wider global layers, shared keys and values, per-layer inputs, experts beside a dense part."""
    n_layers, hidden = sizes(fields)
    three_n = model_type.startswith("gemma3n")
    n_heads, n_kv_heads, head_dim = head_numbers(fields, hidden)
    wide = fields.count("global_head_dim", default=None) or _overridden(fields, "head_dim", head_dim)
    joint = fields.flag("attention_k_eq_v")
    global_kv = fields.count("num_global_key_value_heads", default=n_kv_heads) if joint else n_kv_heads
    n_shared = fields.count("num_kv_shared_layers", default=0, low=0, high=n_layers)
    spans = spans_of(fields, n_layers, model_type)
    layers = []
    for i, span in enumerate(spans):
        full = span.kind == "full"
        width = wide if full else head_dim
        layers.append(
            Attention(
                n_layers=1,
                n_heads=n_heads,
                n_kv_heads=global_kv if full else n_kv_heads,
                head_dim=width,
                value_dim=width,
                span=span,
                key_value="one_matrix" if full and joint else "separate",
                n_kv_layers=0 if n_shared and i >= n_layers - n_shared else 1,
                n_bias=2 * width,
            )
        )
    per_layer = fields.count("hidden_size_per_layer_input", default=0, low=0)
    rows = fields.count("vocab_size_per_layer_input", default=0, low=0)
    table = embedding_of(fields, tied=True)
    mixing = (
        hidden * n_layers * per_layer + 2 * n_layers * hidden * per_layer
    )  # into all layers once; gate and output per layer
    if three_n:
        mixing += _altup_and_laurel(fields, n_layers, hidden)
    experts = experts_of(fields, hidden) if fields.flag("enable_moe_block") else None
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=layers,
        feed_forwards=[*_gemma_mlp(fields, n_layers, n_shared), *([experts] * n_layers if experts else [])],
        embedding=replace(table, n_per_layer=per_layer, n_per_layer_rows=rows if rows != table.n_vocabulary else 0),
        norms=Norms(n_per_layer=(7 if experts else 4) + (1 if per_layer else 0) + (1 if experts else 0)),
        extras=Extras(n_matmul=mixing, note="per-layer inputs" if mixing else ""),
    )


def _overridden(fields: Fields, key: str, default: int) -> int:
    """Return a number that newer files give for single layers in ``per_layer_config``; the same for all that have it."""
    layers = fields.part("per_layer_config")
    found = [
        layer
        for layer in (layers.values.values() if layers else ())
        if isinstance(layer, dict) and layer.get(key) is not None
    ]
    if any(layer[key] != found[0][key] for layer in found):
        raise fields.fail("per_layer_config", f"gives several values of {key!r}, which is not supported")
    return fields.whole(f"per_layer_config.{key}", found[0][key]) if found else default


def _gemma_mlp(fields: Fields, n_layers: int, n_shared: int) -> list[Mlp]:
    widths = fields.find("intermediate_size")[1]
    if isinstance(widths, list):  # Gemma 3n writes one width per layer
        listed = fields.items("intermediate_size", length=n_layers) or []
        return [Mlp(n_layers=1, width=fields.whole("intermediate_size", width)) for width in listed]
    width = fields.count("intermediate_size")
    double = 2 if fields.flag("use_double_wide_mlp") else 1
    return [Mlp(n_layers=1, width=width * (double if i >= n_layers - n_shared else 1)) for i in range(n_layers)]


def _altup_and_laurel(fields: Fields, n_layers: int, hidden: int) -> int:
    """Return the weights of Gemma 3n's alternating updates (n - 1 maps in and out) and low-rank residuals."""
    n_streams = int(fields.count("altup_num_inputs", default=4))
    rank = int(fields.count("laurel_rank", default=64))
    return 2 * (n_streams - 1) * hidden * hidden + n_layers * (
        2 * hidden * rank + hidden * n_streams + n_streams**3 + n_streams**2
    )


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


def _step3(fields: Fields, name: str, model_type: str) -> ModelShape:
    """Step-3: low-rank queries shared by many heads over one key-value head."""
    n_layers, hidden = sizes(fields)
    n_heads, head_dim = fields.count(*HEADS), fields.count("head_dim")
    rank = fields.count("share_q_dim", default=0, low=0) or None
    layer = Attention(
        n_layers=1,
        n_heads=n_heads,
        n_kv_heads=fields.count("num_attention_groups", "num_key_value_heads", default=1),
        head_dim=head_dim,
        value_dim=head_dim,
        n_query_rank=rank,
        n_bias=rank or 0,
    )
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=[layer] * n_layers,
        feed_forwards=feed_forward_layers(fields, n_layers, experts_of(fields, hidden)),
        embedding=embedding_of(fields, tied=False),
        norms=Norms(),
    )


def _dbrx(fields: Fields, name: str, model_type: str) -> ModelShape:
    n_layers, hidden = sizes(fields)
    attention, experts = fields.part("attn_config"), fields.part("ffn_config")
    if attention is None or experts is None:
        raise fields.missing("attn_config" if attention is None else "ffn_config")
    plain = Fields({**fields.values, "num_key_value_heads": attention.count("kv_n_heads", default=1)}, fields.where)
    inner = Fields({**experts.values, "moe_intermediate_size": experts.count("ffn_hidden_size")}, experts.where)
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=attention_layers(plain, n_layers, hidden, Traits(), "dbrx"),
        feed_forwards=feed_forward_layers(inner, n_layers, experts_of(inner, hidden)),
        embedding=embedding_of(fields, tied=False),
        norms=Norms(),
    )


def _arctic(fields: Fields, name: str, model_type: str) -> ModelShape:
    """Arctic: a dense part as wide as the hidden state beside the experts of every second layer."""
    n_layers, hidden = sizes(fields)
    experts = experts_of(fields, hidden)
    layers = feed_forward_layers(Fields({"moe_layer_frequency": 2, **fields.values}, fields.where), n_layers, experts)
    if fields.find("moe_layer_frequency")[1] in (None, 2):
        layers = [
            layer if (i + 1) % 2 == 0 else Mlp(n_layers=1, width=fields.count("intermediate_size"))
            for i, layer in enumerate([experts] * n_layers)
            if layer
        ]
    beside = fields.flag("parallel_attn_mlp_res", "use_residual")
    n_sparse = sum(isinstance(layer, Experts) for layer in layers)
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=attention_layers(fields, n_layers, hidden, Traits(), "llama"),
        feed_forwards=[*layers, *([Mlp(n_layers=n_sparse, width=hidden)] if beside and n_sparse else [])],
        embedding=embedding_of(fields, tied=False),
        norms=Norms(n_per_layer=2 + (n_sparse / n_layers if beside else 0)),
    )


def _nemotron_nas(fields: Fields, name: str, model_type: str) -> ModelShape:
    """Pruned Llamas: every block has its own number of key-value heads and its own width, or none."""
    n_layers, hidden = sizes(fields)
    blocks = fields.items("block_configs", length=n_layers)
    if blocks is None:
        raise fields.missing("block_configs")
    n_heads = fields.count(*HEADS)
    head_dim = fields.count("head_dim", default=hidden // n_heads)
    mixers: list[Attention] = []
    mlps: list[Mlp | Experts] = []
    for block in blocks:
        inner = Fields(block if isinstance(block, dict) else {}, f"{fields.where}, block_configs")
        attention, feed_forward = inner.part("attention"), inner.part("ffn")
        if attention is None or feed_forward is None:
            raise fields.fail("block_configs", "has a block without attention or ffn")
        if attention.has("n_heads_in_group") and not attention.flag("no_op"):
            n_kv = n_heads // attention.count("n_heads_in_group", high=n_heads)
            mixers.append(
                Attention(n_layers=1, n_heads=n_heads, n_kv_heads=n_kv, head_dim=head_dim, value_dim=head_dim)
            )
        if feed_forward.has("ffn_mult", "intermediate_size") and not feed_forward.flag("no_op"):
            width = feed_forward.count("intermediate_size", default=None) or _rounded(
                feed_forward.factor("ffn_mult", default=1.0), hidden
            )
            mlps.append(Mlp(n_layers=1, width=width))
    if not mixers or not mlps:
        raise fields.fail("block_configs", "leaves no attention or no feed-forward layer")
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=mixers,
        feed_forwards=mlps,
        embedding=embedding_of(fields, tied=False),
        norms=Norms(n_per_layer=(len(mixers) + len(mlps)) / n_layers),
    )


def _rounded(multiple: float, hidden: int) -> int:
    """Return a gated width from its multiple of the hidden width, rounded up to 256 as the published code does."""
    return -(-int(2 * multiple * hidden / 3) // 256) * 256


def _longcat(fields: Fields, name: str, model_type: str) -> ModelShape:
    """LongCat-Flash: two attentions and two dense parts per layer beside the experts, some of which do nothing."""
    n_layers, hidden = fields.count(*LAYERS, high=10_000), fields.count("hidden_size", high=1_000_000)
    idle = fields.count("zero_expert_num", default=0, low=0)
    experts = experts_of(fields, hidden)
    if experts is None:
        raise fields.missing("n_routed_experts")
    if idle:
        real = experts.n_experts / (experts.n_experts + idle)
        n_active = max(1, round(experts.n_active * real))
        fields.warn(
            f"Of {experts.n_active} chosen experts {n_active} are counted as working, the mean if idle ones are chosen as often as others."
        )
        experts = replace(experts, n_active=n_active)
    attention = attention_layers(fields, 2 * n_layers, hidden, Traits(), "deepseek_v3")
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=attention,
        feed_forwards=[Mlp(n_layers=2 * n_layers, width=fields.count("ffn_hidden_size")), *([experts] * n_layers)],
        embedding=embedding_of(fields, tied=False),
        norms=Norms(n_per_layer=4),
        extras=Extras(n_matmul=n_layers * hidden * idle),
    )


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


SPECIAL_READERS = {
    **dict.fromkeys(("gemma3n", "gemma3n_text", "gemma4", "gemma4_text"), _gemma_small),
    "deepseek_v4": _deepseek_v4,
    **dict.fromkeys(("step3", "step3_text", "step3_vl"), _step3),
    "dbrx": _dbrx,
    "arctic": _arctic,
    "nemotron-nas": _nemotron_nas,
    "longcat_flash": _longcat,
    **dict.fromkeys(("minimax_m3", "minimax_m3_vl", "minimax_m3_vl_text"), _minimax_m3),
    "mimo_v2_flash": _mimo_v2,
    "phi3small": _phi3_small,
}
