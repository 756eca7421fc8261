"""Gemma 3n and Gemma 4: wider global layers, shared keys and values, per-layer inputs."""

from dataclasses import replace

from leadtime.workloads._shape import Attention, Extras, Mlp, ModelShape, Norms

from ._experts import experts_of
from ._fields import Fields
from ._llama_like import embedding_of, head_numbers, sizes
from ._spans import spans_of
from ._stack import build

__all__ = ["GEMMA_READERS"]


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


GEMMA_READERS = dict.fromkeys(("gemma3n", "gemma3n_text", "gemma4", "gemma4_text"), _gemma_small)
