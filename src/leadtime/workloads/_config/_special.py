"""Other architectures whose layers or files are arranged in ways of their own."""

from dataclasses import replace

from leadtime.workloads._shape import Attention, Experts, Extras, Mlp, ModelShape, Norms

from ._experts import experts_of, feed_forward_layers
from ._fields import Fields
from ._llama_like import HEADS, LAYERS, Traits, attention_layers, embedding_of, sizes
from ._stack import build

__all__ = ["SPECIAL_READERS"]


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


SPECIAL_READERS = {
    **dict.fromkeys(("step3", "step3_text", "step3_vl"), _step3),
    "dbrx": _dbrx,
    "arctic": _arctic,
    "nemotron-nas": _nemotron_nas,
    "longcat_flash": _longcat,
}
