"""Decoders in the manner of Llama: attention then feed-forward, with the differences that each architecture's code fixes."""

from dataclasses import dataclass, replace
from typing import Literal

from leadtime.workloads._shape import Attention, Embedding, Extras, Indexer, Latent, ModelShape, Norms, Span

from ._experts import experts_of, feed_forward_layers
from ._fields import Fields
from ._spans import spans_of
from ._stack import build

__all__ = ["LAYERS", "TRAITS", "Traits", "attention_layers", "embedding_of", "head_numbers", "read_llama_like"]

LAYERS = ("num_hidden_layers", "num_layers", "n_layer", "n_layers")
HIDDEN = ("hidden_size", "n_embd", "d_model", "dim", "model_dim")
HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads")
KV_HEADS = (
    "num_key_value_heads", "num_kv_heads", "n_kv_heads", "multi_query_group_num", "num_query_groups", "num_attention_groups",
)  # fmt: skip
PREDICTION = ("num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_modules", "num_mtp_layers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What an architecture's code fixes and its configuration does not say, or says only where it departs from it."""

    qkv_bias: bool = False
    output_bias: bool | None = None
    """None: with the bias flag of the file; otherwise fixed."""
    qk_norm: Literal["none", "head", "full", "asked", "unweighted"] = "none"
    """Learned norms on queries and keys: per head width, over all heads together, per head where the file asks for them; without weights."""
    n_norms: float = 2.0
    norm_bias: bool = False
    n_norms_outside: int = 1
    tied: bool = False
    gated: bool = True
    mlp_bias: bool = False
    router_bias: bool = False
    sinks: bool = False
    """A learned logit per head."""


LLAMA = Traits()
TRAITS: dict[str, Traits] = {
    **dict.fromkeys(
        (
            "llama",
            "mistral",
            "mixtral",
            "yi",
            "internlm2",
            "baichuan",
            "granite",
            "granitemoe",
            "granitemoeshared",
            "phi3",
            "exaone",
            "ernie4_5",
            "bailing_moe",
            "deepseek",
            "deepseek_v2",
            "deepseek_ref",
            "aquila",
            "skywork",
            "xverse",
            "ministral",
            "mistral3",
            "grok-1",
            "minicpm3",
            "internlm",
            "solar",
            "mistral4",
            "apertus_llama",
            "ministral3",
            "phi3_v",
            "phi4mm",
            "phi4_multimodal",
            "bitnet",
            "mistral_large_3",
        ),
        LLAMA,
    ),
    "smollm3": Traits(tied=True),
    "minicpm": Traits(tied=True),
    "ernie4_5_moe": Traits(tied=True, router_bias=True),
    **dict.fromkeys(("llama4", "llama4_text"), Traits(qk_norm="unweighted")),
    **dict.fromkeys(
        ("deepseek_v3", "deepseek_v32", "kimi_k2", "glm_moe_dsa", "glm4_moe_lite"), Traits(router_bias=True)
    ),
    "internlm3": LLAMA,
    **dict.fromkeys(
        ("qwen2", "qwen2_5_omni_text", "qwen2_vl_text", "qwen2_5_vl_text", "qwen2_vl", "qwen2_5_vl"),
        Traits(qkv_bias=True, output_bias=False),
    ),
    "qwen2_moe": Traits(qkv_bias=True, output_bias=False),
    **dict.fromkeys(
        ("qwen3", "qwen3_vl_text", "qwen3_vl", "qwen3_moe", "qwen3_vl_moe", "qwen3_vl_moe_text", "qwen3_omni_moe_text"),
        Traits(qk_norm="head"),
    ),
    "mimo": Traits(qkv_bias=True, output_bias=False),
    "seed_oss": Traits(qkv_bias=True, output_bias=False),
    **dict.fromkeys(("glm", "chatglm_hf"), Traits(qkv_bias=True, output_bias=False)),
    **dict.fromkeys(("glm4", "glm4v_text"), Traits(qkv_bias=True, output_bias=False, n_norms=4)),
    **dict.fromkeys(("glm4_moe", "glm4v_moe_text"), Traits(output_bias=False, qk_norm="asked", router_bias=True)),
    "gpt_oss": Traits(qkv_bias=True, router_bias=True, sinks=True),
    "olmo": Traits(n_norms=0, n_norms_outside=0),
    **dict.fromkeys(("olmo2", "olmo3", "olmoe", "flex_olmo"), Traits(qk_norm="full")),
    **dict.fromkeys(("cohere", "cohere2"), Traits(n_norms=1, tied=True, qk_norm="asked")),
    "gemma": Traits(tied=True),
    "gemma2": Traits(tied=True, n_norms=4),
    **dict.fromkeys(("gemma3", "gemma3_text"), Traits(tied=True, n_norms=4, qk_norm="head")),
    "nemotron": Traits(norm_bias=True, gated=False),
    "starcoder2": Traits(norm_bias=True, gated=False, tied=True),
    "stablelm": Traits(norm_bias=True),
    "phimoe": Traits(norm_bias=True),
    "exaone4": Traits(qk_norm="head"),
    "exaone_moe": Traits(qk_norm="head", router_bias=True),
    **dict.fromkeys(("dots1", "dots.llm1"), Traits(qk_norm="head", router_bias=True)),
    **dict.fromkeys(("hunyuan", "hunyuan_moe"), Traits(qk_norm="asked")),
    **dict.fromkeys(("hunyuan_v1_dense", "hunyuan_v1_moe"), Traits(qk_norm="head")),
    "hy_v3": Traits(qk_norm="head", router_bias=True),
    **dict.fromkeys(("bailing_moe_v2", "bailing_moe_linear"), Traits(qk_norm="asked")),
    "minimax_m2": Traits(qk_norm="full", router_bias=True),
    "mimo_v2_flash": Traits(router_bias=True),
    **dict.fromkeys(("step3p5", "step3p7"), Traits(qk_norm="head")),
    "arctic": LLAMA,
    "arcee": Traits(gated=False),
    "apertus": Traits(gated=False, qk_norm="head"),
    "orion": Traits(norm_bias=True),
}


def head_numbers(fields: Fields, hidden: int) -> tuple[int, int, int]:
    """Return query heads, key-value heads and head width, checked against each other."""
    heads_key = fields.find(*HEADS)[0]
    n_heads = fields.count(*HEADS, high=100_000)
    kv_key = fields.find(*KV_HEADS)[0]
    n_kv_heads = fields.count(*KV_HEADS, default=n_heads, high=100_000)
    if n_kv_heads > n_heads or n_heads % n_kv_heads:
        raise fields.fail(kv_key, f"is {n_kv_heads}, which does not divide the {n_heads} of {heads_key!r}")
    head_dim = fields.count("head_dim", "kv_channels", "attention_head_dim", "d_head", default=None, high=100_000)
    if head_dim is None:
        if hidden % n_heads:
            raise fields.fail(
                heads_key, f"is {n_heads}, which does not divide the hidden width {hidden}", "Give head_dim."
            )
        head_dim = hidden // n_heads
    return n_heads, n_kv_heads, head_dim


def _bias(fields: Fields, traits: Traits) -> tuple[bool, bool]:
    """Return whether queries, keys and values, and the output projection, have biases."""
    asked = fields.flag(
        "attention_bias", "qkv_bias", "add_qkv_bias", "use_qkv_bias", "use_bias", "bias", default=traits.qkv_bias
    )
    fallback = (
        asked
        if traits.output_bias is None and not fields.has("qkv_bias", "add_qkv_bias", "use_qkv_bias")
        else bool(traits.output_bias)
    )
    return asked, fields.flag("attention_out_bias", "attention_output_bias", default=fallback)


def _qk_norm(fields: Fields, traits: Traits, n_heads: int, n_kv_heads: int, head_dim: int) -> int:
    kind, keys = traits.qk_norm, ("use_qk_norm", "qk_layernorm", "use_qknorm")
    wanted = fields.flag(*keys, default=kind in {"head", "full"})
    if not wanted or kind == "unweighted":
        return 0
    if kind in {"none", "asked"}:
        kind = "full" if fields.find("model_type")[1] == "cohere" else "head"
    written = fields.find("qk_norm_type")[1]
    kind = {"per_layer": "full", "per_head": "head"}.get(str(written), kind)  # type: ignore[assignment]
    return {"none": 0, "head": 2 * head_dim, "full": (n_heads + n_kv_heads) * head_dim}[kind]


def _latent_attention(fields: Fields, hidden: int) -> Attention:
    """Read multi-head latent attention; the low-rank parts carry one norm each."""
    n_heads = fields.count(*HEADS, high=100_000)
    rank = fields.count("q_lora_rank", default=0, low=0) or None
    kv_rank = fields.count("kv_lora_rank")
    nope, rope = fields.count("qk_nope_head_dim"), fields.count("qk_rope_head_dim", low=0)
    value_dim = fields.count("v_head_dim", default=nope)
    n_bias = kv_rank + (rank or 0)
    if fields.flag("attention_bias"):
        n_bias += hidden + kv_rank + rope + (rank or 0)
    return Attention(
        n_layers=1,
        n_heads=n_heads,
        n_kv_heads=n_heads,
        head_dim=nope + rope,
        value_dim=value_dim,
        latent=Latent(n_kv_rank=kv_rank, nope_dim=nope, rope_dim=rope),
        n_query_rank=rank,
        n_bias=n_bias,
        n_extra_matmul=hidden * n_heads * value_dim if fields.flag("mla_use_output_gate") else 0,
    )


def _plain_attention(fields: Fields, hidden: int, traits: Traits) -> Attention:
    n_heads, n_kv_heads, head_dim = head_numbers(fields, hidden)
    value_dim = fields.count("v_head_dim", default=head_dim, high=100_000)
    qkv, output = _bias(fields, traits)
    n_bias = _qk_norm(fields, traits, n_heads, n_kv_heads, head_dim)
    n_bias += n_heads * head_dim + n_kv_heads * (head_dim + value_dim) if qkv else 0
    n_bias += hidden if output else 0
    n_bias += n_heads if traits.sinks else 0
    gate = hidden * n_heads * head_dim if fields.flag("attn_output_gate", "attention_output_gate") else 0
    return Attention(
        n_layers=1,
        n_heads=n_heads,
        n_kv_heads=n_kv_heads,
        head_dim=head_dim,
        value_dim=value_dim,
        n_bias=n_bias,
        n_extra_matmul=gate,
    )


def _indexed(fields: Fields, n_layers: int, base: Attention) -> list[Attention]:
    """Give every layer sparse attention; those marked as shared reuse the indexer of an earlier one."""
    kinds = fields.items("indexer_types", length=n_layers) or ["full"] * n_layers
    heads, width = fields.count("index_n_heads"), fields.count("index_head_dim")
    layers = []
    for kind in kinds:
        scorer = Indexer(
            n_heads=heads, head_dim=width, n_layers=0 if kind == "shared" else 1, n_low_rank=base.n_query_rank
        )
        layers.append(replace(base, span=Span(kind="sparse", n_selected=fields.count("index_topk"), indexer=scorer)))
    return layers


def attention_layers(fields: Fields, n_layers: int, hidden: int, traits: Traits, model_type: str) -> list[Attention]:
    """Return the attention of every layer in order."""
    if fields.has("kv_lora_rank"):
        base = _latent_attention(fields, hidden)
        return _indexed(fields, n_layers, base) if fields.has("index_topk") else [base] * n_layers
    base = _plain_attention(fields, hidden, traits)
    layers = [replace(base, span=span) for span in spans_of(fields, n_layers, model_type)]
    if fields.flag("use_cla"):
        factor = fields.count("cla_share_factor")
        layers = [replace(layer, n_kv_layers=1 if i % factor == 0 else 0) for i, layer in enumerate(layers)]
    return layers


def embedding_of(fields: Fields, *, tied: bool, n_positions: int = 0, head_bias: bool = False) -> Embedding:
    """Return the token tables."""
    return Embedding(
        n_vocabulary=fields.count("padded_vocab_size", "vocab_size", "n_vocab"),
        tied=fields.flag("tie_word_embeddings", "tie_embeddings", "use_tied_embeddings", default=tied),
        n_positions=n_positions,
        head_bias=fields.flag("lm_head_bias", default=head_bias),
    )


def sizes(fields: Fields) -> tuple[int, int]:
    """Return the number of layers and the hidden width."""
    return fields.count(*LAYERS, high=10_000), fields.count(*HIDDEN, high=1_000_000)


def _guessed(fields: Fields) -> Traits:
    """Return what the keys of an unknown architecture give away: a squared activation has no gate."""
    activation = fields.find("hidden_act", "hidden_activation", "activation_function", "mlp_hidden_act")[1]
    if activation in {"relu2", "relu_squared", "relu", "xielu"}:
        fields.warn(f"The activation {activation} is taken to have no gate: two matrices per feed-forward layer.")
        return Traits(gated=False)
    return LLAMA


def read_llama_like(fields: Fields, name: str, model_type: str) -> ModelShape:
    """Read any decoder that :data:`TRAITS` knows, or an unknown one by its keys."""
    traits = TRAITS.get(model_type) or _guessed(fields)
    n_layers, hidden = sizes(fields)
    experts = experts_of(
        fields,
        hidden,
        gated=traits.gated,
        router_bias=traits.router_bias,
        shared_like_expert=model_type.startswith("llama4"),
    )
    if experts:
        experts = replace(
            experts, bias=model_type == "gpt_oss", shared_gate=model_type == "qwen2_moe" and experts.shared_width > 0
        )
    with_bias = model_type.startswith(("starcoder2", "ernie4_5")) and fields.flag(
        "use_bias", default=model_type == "starcoder2"
    )
    mlp_bias = fields.flag("mlp_bias", "use_mlp_bias", default=with_bias)
    feed_forwards = feed_forward_layers(fields, n_layers, experts, gated=traits.gated, bias=mlp_bias)
    n_norms = traits.n_norms
    if experts and fields.flag("residual_moe"):
        feed_forwards += feed_forward_layers(fields, n_layers, None, gated=traits.gated)
    if model_type == "starcoder2":
        traits = replace(traits, qkv_bias=fields.flag("use_bias", default=True))
    return build(
        fields,
        name=name,
        n_layers=n_layers,
        hidden=hidden,
        mixers=attention_layers(fields, n_layers, hidden, traits, model_type),
        feed_forwards=feed_forwards,
        embedding=embedding_of(fields, tied=traits.tied),
        norms=Norms(n_per_layer=n_norms, n_outside=traits.n_norms_outside, bias=traits.norm_bias),
        extras=Extras(),
        n_prediction=fields.count(*PREDICTION, default=0, low=0, high=100),
    )
