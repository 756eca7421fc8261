"""Decoders in the manner of GPT-2 and GPT-3: layer norms with biases, ungated feed-forward, often biases everywhere."""

from leadtime.workloads._shape import Attention, Embedding, Mlp, ModelShape, Norms, Span

from ._fields import Fields
from ._llama_like import HEADS, head_numbers, sizes
from ._stack import build

__all__ = ["GPT_READERS"]


def _attention(
    fields: Fields,
    hidden: int,
    *,
    n_kv_heads: int | None = None,
    qkv_bias: bool = True,
    output_bias: bool = True,
    n_norm: int = 0,
) -> Attention:
    """Return one layer; ``n_kv_heads`` None reads it from the file, full heads if it is silent."""
    if n_kv_heads is None:
        n_heads, n_kv_heads, head_dim = head_numbers(fields, hidden)
    else:
        n_heads = fields.count(*HEADS, high=100_000)
        head_dim = fields.count("head_dim", "kv_channels", default=hidden // n_heads)
        if n_heads % n_kv_heads or (not fields.has("head_dim", "kv_channels") and hidden % n_heads):
            raise fields.fail(
                fields.find(*HEADS)[0],
                f"is {n_heads}, which does not fit the hidden width {hidden} or {n_kv_heads} key-value heads",
            )
    n_bias = (n_heads + 2 * n_kv_heads) * head_dim if qkv_bias else 0
    return Attention(
        n_layers=1,
        n_heads=n_heads,
        n_kv_heads=n_kv_heads,
        head_dim=head_dim,
        value_dim=head_dim,
        n_bias=n_bias + (hidden if output_bias else 0) + n_norm,
    )


def _shape(
    fields: Fields,
    name: str,
    attention: list[Attention],
    mlp: Mlp,
    *,
    tied: bool,
    n_positions: int = 0,
    head_bias: bool = False,
    norms: Norms | None = None,
) -> ModelShape:
    n_layers, hidden = sizes(fields)
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=attention,
        feed_forwards=[mlp],
        embedding=Embedding(
            n_vocabulary=fields.count("padded_vocab_size", "vocab_size"),
            tied=fields.flag("tie_word_embeddings", default=tied),
            n_positions=n_positions,
            head_bias=head_bias,
        ),
        norms=norms or Norms(bias=True),
    )


def _gpt2(fields: Fields, name: str, model_type: str) -> ModelShape:
    n_layers, hidden = sizes(fields)
    one_head = model_type == "gpt_bigcode" and fields.flag("multi_query", default=True)
    layer = _attention(fields, hidden, n_kv_heads=1 if one_head else fields.count(*HEADS, high=100_000))
    width = fields.count("n_inner", "intermediate_size", "ffn_hidden_size", default=4 * hidden)
    mlp = Mlp(n_layers=n_layers, width=width, gated=False, bias=True)
    positions = fields.count("n_positions", "n_ctx", "max_position_embeddings", default=1024, low=0)
    return _shape(fields, name, [layer] * n_layers, mlp, tied=True, n_positions=positions)


def _gpt_neo(fields: Fields, name: str, model_type: str) -> ModelShape:
    n_layers, hidden = sizes(fields)
    base = _attention(fields, hidden, qkv_bias=False)
    window = Span(kind="sliding", window=fields.count("window_size", default=256))
    kinds = fields.items("attention_layers", length=n_layers) or [("global", "local")[i % 2] for i in range(n_layers)]
    layers = [
        base
        if kind == "global"
        else Attention(
            n_layers=1,
            n_heads=base.n_heads,
            n_kv_heads=base.n_kv_heads,
            head_dim=base.head_dim,
            value_dim=base.value_dim,
            n_bias=base.n_bias,
            span=window,
        )
        for kind in kinds
    ]
    mlp = Mlp(n_layers=n_layers, width=fields.count("intermediate_size", default=4 * hidden), gated=False, bias=True)
    return _shape(
        fields, name, layers, mlp, tied=True, n_positions=fields.count("max_position_embeddings", default=2048)
    )


def _gptj(fields: Fields, name: str, model_type: str) -> ModelShape:
    n_layers, hidden = sizes(fields)
    layer = _attention(fields, hidden, qkv_bias=False, output_bias=False)
    mlp = Mlp(n_layers=n_layers, width=fields.count("n_inner", default=4 * hidden), gated=False, bias=True)
    return _shape(
        fields, name, [layer] * n_layers, mlp, tied=False, head_bias=True, norms=Norms(n_per_layer=1, bias=True)
    )


def _neox(fields: Fields, name: str, model_type: str) -> ModelShape:
    n_layers, hidden = sizes(fields)
    bias = fields.flag("attention_bias", default=True)
    layer = _attention(fields, hidden, qkv_bias=bias, output_bias=bias)
    mlp = Mlp(n_layers=n_layers, width=fields.count("intermediate_size", default=4 * hidden), gated=False, bias=True)
    return _shape(fields, name, [layer] * n_layers, mlp, tied=False)


def _opt(fields: Fields, name: str, model_type: str) -> ModelShape:
    n_layers, hidden = sizes(fields)
    bias = fields.flag("enable_bias", default=True)
    layer = _attention(fields, hidden, qkv_bias=bias, output_bias=bias)
    mlp = Mlp(
        n_layers=n_layers,
        width=fields.count("ffn_dim", "intermediate_size", default=4 * hidden),
        gated=False,
        bias=bias,
    )
    if fields.count("word_embed_proj_dim", default=hidden) != hidden:
        fields.warn(
            "The token table is narrower than the hidden width (word_embed_proj_dim); it is counted at the hidden width."
        )
    positions = fields.count("max_position_embeddings", default=2048) + 2  # two rows are kept for padding
    final = 1 if fields.flag("do_layer_norm_before", default=True) else 0
    return _shape(
        fields, name, [layer] * n_layers, mlp, tied=True, n_positions=positions, norms=Norms(n_outside=final, bias=True)
    )


def _bloom(fields: Fields, name: str, model_type: str) -> ModelShape:
    n_layers, hidden = sizes(fields)
    layer = _attention(fields, hidden, n_kv_heads=fields.count(*HEADS, high=100_000))
    mlp = Mlp(n_layers=n_layers, width=4 * hidden, gated=False, bias=True)
    return _shape(fields, name, [layer] * n_layers, mlp, tied=True, norms=Norms(n_outside=2, bias=True))


def _falcon(fields: Fields, name: str, model_type: str) -> ModelShape:
    n_layers, hidden = sizes(fields)
    n_heads = fields.count(*HEADS, high=100_000)
    new = fields.flag("new_decoder_architecture")
    if new:
        n_kv = fields.count("num_kv_heads", "n_head_kv", default=n_heads)
    else:
        n_kv = 1 if fields.flag("multi_query", default=True) else n_heads
    bias = fields.flag("bias")
    layer = _attention(fields, hidden, n_kv_heads=n_kv, qkv_bias=bias, output_bias=bias)
    parallel = new or fields.flag("parallel_attn", default=True)
    n_norms = fields.count("num_ln_in_parallel_attn", default=2 if new else 1) if parallel else 2
    width = fields.count("ffn_hidden_size", default=4 * hidden)
    mlp = Mlp(n_layers=n_layers, width=width, gated=False, bias=bias)
    return _shape(fields, name, [layer] * n_layers, mlp, tied=True, norms=Norms(n_per_layer=n_norms, bias=True))


def _mpt(fields: Fields, name: str, model_type: str) -> ModelShape:
    n_layers, hidden = sizes(fields)
    inner = fields.part("attn_config") or Fields({}, fields.where)
    kind = inner.text("attn_type", default="multihead_attention")
    n_heads = fields.count(*HEADS, high=100_000)
    n_kv = 1 if kind == "multiquery_attention" else inner.count("kv_n_heads", default=n_heads)
    bias = not fields.flag("no_bias")
    alibi = inner.flag("alibi") or inner.flag("rope")
    positions = 0 if alibi or not fields.flag("learned_pos_emb", default=True) else fields.count("max_seq_len")
    layer = _attention(fields, hidden, n_kv_heads=n_kv, qkv_bias=bias, output_bias=bias)
    width = round(fields.factor("expansion_ratio", default=4) * hidden)
    mlp = Mlp(n_layers=n_layers, width=width, gated=False, bias=bias)
    return _shape(fields, name, [layer] * n_layers, mlp, tied=True, n_positions=positions, norms=Norms(bias=bias))


def _phi(fields: Fields, name: str, model_type: str) -> ModelShape:
    n_layers, hidden = sizes(fields)
    layer = _attention(fields, hidden)
    mlp = Mlp(
        n_layers=n_layers,
        width=fields.count("intermediate_size", "n_inner", default=4 * hidden),
        gated=False,
        bias=True,
    )
    return _shape(
        fields, name, [layer] * n_layers, mlp, tied=False, head_bias=True, norms=Norms(n_per_layer=1, bias=True)
    )


def _qwen1(fields: Fields, name: str, model_type: str) -> ModelShape:
    n_layers, hidden = sizes(fields)
    layer = _attention(fields, hidden, output_bias=not fields.flag("no_bias", default=True))
    mlp = Mlp(
        n_layers=n_layers, width=fields.count("intermediate_size") // 2
    )  # the file gives both halves of the gated width
    return _shape(fields, name, [layer] * n_layers, mlp, tied=False, norms=Norms())


def _chatglm(fields: Fields, name: str, model_type: str) -> ModelShape:
    n_layers, hidden = sizes(fields)
    if not fields.has("ffn_hidden_size"):
        raise fields.fail(
            "model_type", "is the first ChatGLM, whose prefix decoder is not supported", "Use ChatGLM2 or later."
        )
    n_kv = (
        fields.count("multi_query_group_num")
        if fields.flag("multi_query_attention")
        else fields.count(*HEADS, high=100_000)
    )
    bias = fields.flag("add_bias_linear")
    layer = _attention(fields, hidden, n_kv_heads=n_kv, qkv_bias=fields.flag("add_qkv_bias") or bias, output_bias=bias)
    mlp = Mlp(n_layers=n_layers, width=fields.count("ffn_hidden_size"), bias=bias)
    return _shape(
        fields, name, [layer] * n_layers, mlp, tied=False, norms=Norms(bias=not fields.flag("rmsnorm", default=True))
    )


GPT_READERS = {
    "gpt2": _gpt2,
    "gpt-sw3": _gpt2,
    "gpt_bigcode": _gpt2,
    "gpt_neo": _gpt_neo,
    "gptj": _gptj,
    "codegen": _gptj,
    "gpt_neox": _neox,
    "opt": _opt,
    "bloom": _bloom,
    "falcon": _falcon,
    "RefinedWeb": _falcon,
    "RefinedWebModel": _falcon,
    "mpt": _mpt,
    "phi": _phi,
    "phi-msft": _phi,
    "qwen": _qwen1,
    "chatglm": _chatglm,
}
