"""Models with recurrent layers: linear attention and state-space models, alone or between attention layers."""

from dataclasses import replace

from leadtime.workloads._shape import Attention, Experts, LinearMixer, Mlp, ModelShape, Norms

from ._experts import experts_of, feed_forward_layers
from ._fields import Fields
from ._llama_like import PREDICTION, Traits, attention_layers, embedding_of, sizes
from ._spans import layer_kinds
from ._stack import Mixer, build

__all__ = ["HYBRID_READERS"]


def _without_kinds(fields: Fields, **replaced: object) -> Fields:
    """Return the fields of one attention layer of a mixed stack: what names the kinds of layers is left out."""
    return Fields({**fields.values, "layer_types": None, "layers_block_type": None, **replaced}, fields.where)


LINEAR_NAMES = {"linear_attention", "linear", "mamba", "mamba2", "recurrent"}


def _gated_deltanet(fields: Fields) -> LinearMixer:
    keys, values = fields.count("linear_num_key_heads"), fields.count("linear_num_value_heads")
    key_dim, value_dim = fields.count("linear_key_head_dim"), fields.count("linear_value_head_dim")
    return LinearMixer(
        kind="gated_deltanet",
        n_layers=1,
        n_heads=values,
        value_dim=value_dim,
        n_key_heads=keys,
        key_dim=key_dim,
        n_convolution=fields.count("linear_conv_kernel_dim", default=4),
        n_bias=2 * values + value_dim,  # decay and time step per head, norm of the output
    )


def _qwen_next(fields: Fields, name: str, model_type: str) -> ModelShape:
    """Qwen3-Next and Qwen3.5: three Gated DeltaNet layers to one gated attention layer."""
    n_layers, hidden = sizes(fields)
    gated = fields.flag("attn_output_gate", default=True)
    full = attention_layers(
        _without_kinds(fields, attn_output_gate=gated), 1, hidden, Traits(qk_norm="head"), model_type
    )[0]
    kinds = layer_kinds(fields, n_layers)
    if kinds is None:
        every = fields.count("full_attention_interval", default=4)
        kinds = ["full_attention" if (i + 1) % every == 0 else "linear_attention" for i in range(n_layers)]
    linear = _gated_deltanet(fields)
    experts = experts_of(fields, hidden)
    if experts:
        experts = replace(experts, shared_gate=experts.shared_width > 0)
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=[linear if kind in LINEAR_NAMES else full for kind in kinds],
        feed_forwards=feed_forward_layers(fields, n_layers, experts),
        embedding=embedding_of(fields, tied=False),
        norms=Norms(),
        n_prediction=fields.count(*PREDICTION, default=0, low=0, high=100),
    )


def _olmo_hybrid(fields: Fields, name: str, model_type: str) -> ModelShape:
    """OLMo Hybrid: Gated DeltaNet layers between attention layers with norms over all heads."""
    n_layers, hidden = sizes(fields)
    kinds = layer_kinds(fields, n_layers)
    if kinds is None:
        raise fields.missing("layer_types")
    full = attention_layers(_without_kinds(fields), 1, hidden, Traits(qk_norm="full"), "llama")[0]
    linear = _gated_deltanet(fields)
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=[linear if kind in LINEAR_NAMES else full for kind in kinds],
        feed_forwards=feed_forward_layers(fields, n_layers, None),
        embedding=embedding_of(fields, tied=False),
        norms=Norms(),
    )


def _kimi_linear(fields: Fields, name: str, model_type: str) -> ModelShape:
    """Kimi Linear and K3: Kimi Delta Attention with latent attention in between."""
    n_layers, hidden = sizes(fields)
    kinds = layer_kinds(fields, n_layers)
    inner = fields.part("linear_attn_config")
    if inner is None and kinds is None:
        raise fields.missing("linear_attn_config")
    inner = inner or fields
    n_heads, width = inner.count("num_heads", "linear_num_heads"), inner.count("linear_head_dim", "head_dim")
    full_rank = inner.flag("use_full_rank_gate")
    linear = LinearMixer(
        kind="kimi_delta",
        n_layers=1,
        n_heads=n_heads,
        value_dim=width,
        n_key_heads=n_heads,
        key_dim=width,
        n_convolution=inner.count("short_conv_kernel_size", "linear_conv_kernel_dim", default=4),
        n_gate_rank=width,
        n_bias=n_heads + n_heads * width + width,  # decay per head, its bias per key channel, norm of the output
        full_rank_gate=full_rank,
    )
    latent = attention_layers(_without_kinds(fields), n_layers, hidden, Traits(), model_type)
    if kinds is not None:
        full = {i + 1 for i, kind in enumerate(kinds) if kind not in LINEAR_NAMES}
    else:
        listed = inner.items("full_attn_layers") or []
        full = {inner.whole("full_attn_layers", i, high=n_layers) for i in listed}  # counted from 1
    experts = experts_of(fields, hidden, router_bias=True)
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=[latent[i] if i + 1 in full else linear for i in range(n_layers)],
        feed_forwards=feed_forward_layers(fields, n_layers, experts),
        embedding=embedding_of(fields, tied=False),
        norms=Norms(),
        n_prediction=fields.count(*PREDICTION, default=0, low=0, high=100),
    )


def _minimax(fields: Fields, name: str, model_type: str) -> ModelShape:
    """MiniMax-Text-01 and M1: seven lightning-attention layers to one softmax layer."""
    n_layers, hidden = sizes(fields)
    full = attention_layers(_without_kinds(fields), 1, hidden, Traits(), "llama")[0]
    inner = full.n_heads * full.head_dim
    linear = LinearMixer(
        kind="lightning",
        n_layers=1,
        n_heads=full.n_heads,
        value_dim=full.head_dim,
        n_key_heads=full.n_heads,
        key_dim=full.head_dim,
        n_bias=inner,  # norm of the output
    )
    marks = fields.items("attn_type_list", length=n_layers)
    if marks is None:
        kinds = layer_kinds(fields, n_layers)
        marks = (
            [0 if kind in LINEAR_NAMES else 1 for kind in kinds]
            if kinds
            else [int((i + 1) % 8 == 0) for i in range(n_layers)]
        )
    experts = experts_of(fields, hidden)
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=[full if mark else linear for mark in marks],
        feed_forwards=feed_forward_layers(fields, n_layers, experts),
        embedding=embedding_of(fields, tied=False),
        norms=Norms(),
    )


def _mamba2(fields: Fields, hidden: int) -> LinearMixer:
    """Mamba-2 under the names of Nemotron-H, Granite 4, Bamba, Falcon-H1 and the original."""
    width = fields.count("mamba_head_dim", "mamba_d_head", "head_dim", default=64)
    expand = fields.factor("expand", "mamba_expand", default=2)
    n_heads = fields.count("mamba_num_heads", "mamba_n_heads", "num_heads", default=None) or round(
        expand * hidden / width
    )
    inner = fields.count("mamba_d_ssm", default=n_heads * width)
    if inner != n_heads * width:
        raise fields.fail("mamba_d_ssm", f"is {inner}, not {n_heads} heads of {width}")
    groups = fields.count("n_groups", "mamba_n_groups", "num_groups", default=1)
    state = fields.count("ssm_state_size", "mamba_d_state", "state_size", "d_state", default=128)
    bias = inner + 2 * groups * state if fields.flag("use_conv_bias", "mamba_conv_bias", default=True) else 0
    norm = inner if fields.flag("mamba_rms_norm", default=True) else 0
    wide = fields.flag("mamba_proj_bias") or fields.flag("use_bias")
    projections = 2 * inner + 2 * groups * state + n_heads + hidden if wide else 0
    return LinearMixer(
        kind="mamba2",
        n_layers=1,
        n_heads=n_heads,
        value_dim=width,
        n_key_heads=groups,
        key_dim=state,
        n_convolution=fields.count("conv_kernel", "mamba_d_conv", "d_conv", default=4),
        n_bias=3 * n_heads + norm + bias + projections,  # decay, skip and time step per head
    )


def _mamba1(fields: Fields, hidden: int, *, inner_norms: bool) -> LinearMixer:
    """Mamba-1; ``inner_norms`` marks Jamba, whose ``intermediate_size`` is that of the feed-forward."""
    inner = None if inner_norms else fields.count("intermediate_size", default=None)
    inner = inner or round(fields.factor("mamba_expand", "expand", default=2) * hidden)
    state = fields.count("mamba_d_state", "state_size", default=16)
    key, rank_value = fields.find("mamba_dt_rank", "time_step_rank")
    rank = -(-hidden // 16) if not key or rank_value == "auto" else fields.whole(key, rank_value)
    bias = inner if fields.flag("mamba_conv_bias", "use_conv_bias", default=True) else 0
    projections = 2 * inner + hidden if fields.flag("mamba_proj_bias", "use_bias") else 0
    return LinearMixer(
        kind="mamba",
        n_layers=1,
        n_heads=inner,
        value_dim=1,
        n_key_heads=1,
        key_dim=state,
        n_convolution=fields.count("mamba_d_conv", "conv_kernel", default=4),
        n_gate_rank=rank,
        # decay per channel and state, skip and time-step bias per channel, norms of time step and state maps
        n_bias=inner * state + 2 * inner + bias + (rank + 2 * state if inner_norms else 0) + projections,
    )


def _nemotron_h(fields: Fields, name: str, model_type: str) -> ModelShape:
    """Nemotron-H and Nemotron 3: single-purpose blocks, one letter each: M Mamba-2, * attention, - feed-forward, E experts."""
    written = fields.find("hybrid_override_pattern")[1]
    pattern = "".join(map(str, written)) if isinstance(written, list) else fields.text("hybrid_override_pattern")
    pattern = pattern.replace("|", "")
    if not pattern:
        kinds = fields.items("layers_block_type", "layer_types")
        if kinds is None:
            raise fields.missing("hybrid_override_pattern")
        letters = {
            "mamba": "M",
            "linear_attention": "M",
            "attention": "*",
            "full_attention": "*",
            "mlp": "-",
            "moe": "E",
        }
        pattern = "".join(letters.get(str(kind), "?") for kind in kinds)
    n_layers = fields.count("num_hidden_layers", default=max(len(pattern), 1), high=10_000)
    _, hidden = sizes(Fields({**fields.values, "num_hidden_layers": n_layers}, fields.where))
    if set(pattern) - set("M*-E"):
        raise fields.fail(
            "hybrid_override_pattern",
            f"holds the letter {sorted(set(pattern) - set('M*-E'))[0]!r}",
            "Known are M, *, - and E.",
        )
    if len(pattern) != n_layers:
        raise fields.fail("hybrid_override_pattern", f"has {len(pattern)} letters for {n_layers} layers")
    attention = (
        attention_layers(_without_kinds(fields, sliding_window=None), 1, hidden, Traits(), "llama")[0]
        if "*" in pattern
        else None
    )
    experts: Experts | None = experts_of(fields, hidden, gated=False, router_bias=True) if "E" in pattern else None
    mlp = (
        Mlp(n_layers=1, width=fields.count("intermediate_size"), gated=False, bias=fields.flag("mlp_bias"))
        if "-" in pattern
        else None
    )
    mamba = _mamba2(
        Fields({key: value for key, value in fields.values.items() if key != "head_dim"}, fields.where), hidden
    )
    mixers: list[Mixer] = [mamba if letter == "M" else attention for letter in pattern if letter in "M*"]  # type: ignore[misc]
    feed_forwards = [experts if letter == "E" else mlp for letter in pattern if letter in "-E"]
    if not mixers or not feed_forwards:
        raise fields.fail("hybrid_override_pattern", "has no layer that mixes tokens, or none that feeds forward")
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=mixers,
        feed_forwards=[part for part in feed_forwards if part is not None],
        embedding=embedding_of(fields, tied=False),
        norms=Norms(n_per_layer=1),
        n_prediction=fields.count(*PREDICTION, default=0, low=0, high=100),
    )


def _jamba(fields: Fields, name: str, model_type: str) -> ModelShape:
    """Jamba: Mamba-1 layers with attention and experts at fixed distances."""
    n_layers, hidden = sizes(fields)
    attention = attention_layers(_without_kinds(fields), 1, hidden, Traits(), "llama")[0]
    every, offset = fields.count("attn_layer_period", default=8), fields.count("attn_layer_offset", default=4, low=0)
    mamba = _mamba1(
        Fields({**fields.values, "mamba_expand": fields.factor("mamba_expand", default=2)}, fields.where),
        hidden,
        inner_norms=True,
    )
    experts = experts_of(fields, hidden)
    plain = Fields({"expert_layer_period": 2, "expert_layer_offset": 1, **fields.values}, fields.where)
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=[attention if i % every == offset % every else mamba for i in range(n_layers)],
        feed_forwards=feed_forward_layers(plain, n_layers, experts if experts and experts.n_experts > 1 else None),
        embedding=embedding_of(fields, tied=False),
        norms=Norms(),
    )


def _granite_hybrid(fields: Fields, name: str, model_type: str) -> ModelShape:
    """Granite 4 and Bamba: Mamba-2 layers between attention layers, a shared feed-forward beside the experts."""
    n_layers, hidden = sizes(fields)
    kinds = layer_kinds(fields, n_layers)
    if kinds is None:
        marked = {
            fields.whole("attn_layer_indices", i, low=0, high=n_layers)
            for i in fields.items("attn_layer_indices") or []
        }
        kinds = ["attention" if i in marked else "mamba" for i in range(n_layers)]
    plain = _without_kinds(fields, head_dim=fields.find("attention_head_dim")[1])
    attention = (
        attention_layers(plain, 1, hidden, Traits(), "llama")[0]
        if "attention" in kinds or "full_attention" in kinds
        else None
    )
    mamba = _mamba2(
        Fields({key: value for key, value in fields.values.items() if key != "head_dim"}, fields.where), hidden
    )
    experts = experts_of(fields, hidden)
    feed_forwards: list[Mlp | Experts] = (
        [experts] * n_layers
        if experts
        else [
            Mlp(
                n_layers=n_layers,
                width=fields.count("shared_intermediate_size", "intermediate_size"),
                bias=fields.flag("mlp_bias"),
            )
        ]
    )
    mixers: list[Mixer] = [mamba if kind in LINEAR_NAMES or attention is None else attention for kind in kinds]
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=mixers,
        feed_forwards=feed_forwards,
        embedding=embedding_of(fields, tied=model_type != "bamba"),
        norms=Norms(),
    )


def _falcon_h1(fields: Fields, name: str, model_type: str) -> ModelShape:
    """Falcon-H1: attention and Mamba-2 side by side in every layer."""
    n_layers, hidden = sizes(fields)
    attention: Attention = attention_layers(fields, 1, hidden, Traits(), "llama")[0]
    without_head = Fields({key: value for key, value in fields.values.items() if key != "head_dim"}, fields.where)
    mamba = _mamba2(Fields({"mamba_rms_norm": False, **without_head.values}, fields.where), hidden)
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=[attention, mamba] * n_layers,
        feed_forwards=feed_forward_layers(fields, n_layers, None, bias=fields.flag("mlp_bias")),
        embedding=embedding_of(fields, tied=False),
        norms=Norms(),
    )


def _pure_mamba(fields: Fields, name: str, model_type: str) -> ModelShape:
    """Mamba and Mamba-2 without attention or feed-forward layers."""
    n_layers, hidden = sizes(fields)
    layer = _mamba2(fields, hidden) if model_type == "mamba2" else _mamba1(fields, hidden, inner_norms=False)
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=[layer] * n_layers,
        feed_forwards=[],
        embedding=embedding_of(fields, tied=model_type != "falcon_mamba"),
        norms=Norms(n_per_layer=1),
    )


def _lfm2(fields: Fields, name: str, model_type: str) -> ModelShape:
    """LFM2: gated short convolutions between attention layers."""
    n_layers, hidden = sizes(fields)
    kinds = layer_kinds(fields, n_layers)
    if kinds is None:
        raise fields.missing("layer_types")
    attention = attention_layers(_without_kinds(fields), 1, hidden, Traits(qk_norm="head"), "llama")[0]
    convolution = LinearMixer(
        kind="short_convolution",
        n_layers=1,
        n_heads=fields.count("conv_dim", default=hidden),
        value_dim=1,
        n_key_heads=0,
        key_dim=0,
        n_convolution=fields.count("conv_L_cache", default=3),
    )
    experts = experts_of(fields, hidden, router_bias=fields.flag("use_expert_bias", default=True))
    width = fields.count("block_ff_dim", "intermediate_size")
    if fields.flag("block_auto_adjust_ff_dim", default=model_type == "lfm2"):
        multiple = fields.count("block_multiple_of", default=256)
        adjusted = int(fields.factor("block_ffn_dim_multiplier", default=1.0) * int(2 * width / 3))
        width = -(-adjusted // multiple) * multiple
    plain = Fields({**fields.values, "intermediate_size": width}, fields.where)
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=[attention if kind in {"full_attention", "attention"} else convolution for kind in kinds],
        feed_forwards=feed_forward_layers(plain, n_layers, experts),
        embedding=embedding_of(fields, tied=True),
        norms=Norms(),
    )


HYBRID_READERS = {
    **dict.fromkeys(("qwen3_next", "qwen3_5", "qwen3_5_text", "qwen3_5_moe", "qwen3_5_moe_text"), _qwen_next),
    "kimi_linear": _kimi_linear,
    "olmo_hybrid": _olmo_hybrid,
    **dict.fromkeys(("minimax", "minimax_m1", "minimax_text_01", "MiniMaxText01", "MiniMaxM1"), _minimax),
    "nemotron_h": _nemotron_h,
    **dict.fromkeys(("lfm2", "lfm2_moe"), _lfm2),
    "jamba": _jamba,
    **dict.fromkeys(("granitemoehybrid", "bamba"), _granite_hybrid),
    "falcon_h1": _falcon_h1,
    **dict.fromkeys(("mamba", "mamba2", "falcon_mamba"), _pure_mamba),
}
