"""Everything there is to say of one model, as plain data for an interface."""

from typing import Any

from leadtime.errors import OutOfRangeError

from ._arrays import numbers
from ._byte import kv_cache_byte, kv_cache_byte_per_token, weight_byte
from ._catalogue import model_records
from ._count import active_matmul, active_parameters, prediction_count, total_parameters
from ._flop import forward_flop_per_token, training_flop_per_token
from ._shape import Attention, ModelShape

__all__ = ["DEFAULT_CONTEXT", "PRECISIONS", "attention_word", "describe_model"]

DEFAULT_CONTEXT = 4096
PRECISIONS = ("bf16", "fp8", "fp4", "int8", "int4")
CONVENTIONS = {
    "params_total": "All weights that are stored, vision and audio parts of catalogue models included, multi-token prediction blocks not.",
    "params_active": "params_total less the routed experts that one token is not sent to; both token tables count in full.",
    "params_active_matmul": "Weights in the matrix products that one token meets: what FLOP follow. The output head counts once, the input table not.",
    "kv_cache_byte_per_token": "Bytes that one more token adds to the cache at 16 bit below every window; layers with a window stop growing there.",
    "forward_flop_per_token": "2 x params_active_matmul plus attention of one token that sees `context` tokens; latent attention in its expanded form.",
    "weight_byte": "Matrices inside the blocks at the precision named, scales included; token tables, head and norms at 16 bit.",
    "training_flop_per_token": "Three forward passes with causal attention over sequences of `context` tokens, nothing recomputed.",
}


def _kind(group: Attention) -> str:
    if group.latent:
        return "MLA"
    if group.key_value == "same":
        return "shared latent"
    if group.n_kv_heads == 1 and group.n_heads > 1:
        return "MQA"
    return "MHA" if group.n_kv_heads == group.n_heads else "GQA"


def attention_word(shape: ModelShape) -> str:
    """Return the attention of a model in a few words: "GQA", "MLA", "GQA, 1/2 sliding", "3/4 gated_deltanet + GQA"."""
    kinds = list(dict.fromkeys(_kind(group) for group in shape.attention))
    words = " and ".join(kinds)
    bounded = sum(group.n_layers for group in shape.attention if group.span.kind != "full")
    if bounded:
        spans = "/".join(dict.fromkeys(group.span.kind for group in shape.attention if group.span.kind != "full"))
        words += (
            f", {spans}"
            if bounded == shape.attention_layers
            else f", {bounded} of {shape.attention_layers} layers {spans}"
        )
    if shape.linear:
        n_linear = sum(group.n_layers for group in shape.linear)
        linear = f"{n_linear} of {n_linear + shape.attention_layers} layers {shape.linear[0].kind}"
        words = f"{words}; {linear}" if words else linear
    return words


def _attention(group: Attention) -> dict[str, Any]:
    span = group.span
    return {
        "kind": _kind(group),
        "n_layers": group.n_layers,
        "n_heads": group.n_heads,
        "n_kv_heads": group.n_kv_heads,
        "head_dim": group.head_dim,
        "value_dim": group.value_dim,
        "span": span.kind,
        "window": span.window,
        "n_selected": span.n_selected,
        "n_compressed": span.n_compressed,
        "kv_rank": group.latent.n_kv_rank if group.latent else None,
        "query_rank": group.n_query_rank,
        "n_kv_layers": group.n_layers if group.n_kv_layers is None else group.n_kv_layers,
    }


def _experts(shape: ModelShape) -> dict[str, Any]:
    if not shape.experts:
        return {"n_layers": 0, "n_experts": 0, "n_active": 0, "width": None, "shared_width": None, "latent_dim": None}
    group = max(shape.experts, key=lambda part: part.n_layers)
    return {
        "n_layers": sum(part.n_layers for part in shape.experts),
        "n_experts": group.n_experts,
        "n_active": group.n_active,
        "width": group.width,
        "shared_width": group.shared_width,
        "latent_dim": group.latent_dim,
    }


def describe_model(shape: ModelShape, *, context: int = DEFAULT_CONTEXT) -> dict[str, Any]:
    """Return the figures of one model under the names of the command's contract.

    Parameters
    ----------
    shape : ModelShape
        From :func:`find_model` or built by hand.
    context : int
        Tokens at which FLOP and the size of the cache are given [count]; 1 to 100 million.

    Returns
    -------
    dict
        Counts as whole numbers, quantities in base units, and a ``conventions`` entry that says how each is counted.
    """
    if not 1 <= context <= 100_000_000:
        raise OutOfRangeError(f"A context of {context} tokens makes no sense.", hint="Give between 1 and 100,000,000.")
    record = model_records().get(shape.id) if shape.origin.model_type is None and not shape.origin.is_standard else None
    arrays = numbers(shape)
    longest = shape.origin.max_context
    warnings = list(shape.origin.warnings)
    if longest and context > longest:
        warnings.append(f"The developer states a longest context of {longest:,} tokens.")
    return {
        "id": shape.id,
        "name": shape.name,
        "matched_from": shape.origin.matched_from,
        "developer": record.developer if record else None,
        "country": (record.country or None) if record else None,
        "release_date": (record.release_date or None) if record else None,
        "open_weights": record.open_weights if record else None,
        "params_total": total_parameters(shape),
        "params_active": active_parameters(shape),
        "params_active_matmul": active_matmul(shape),
        "params_prediction": prediction_count(shape).total,
        "params_total_published": record.params_total_published if record else None,
        "params_active_published": record.params_active_published if record else None,
        "context": context,
        "max_context": longest,
        "kv_cache_byte_per_token": kv_cache_byte_per_token(shape),
        "kv_cache_byte_per_token_at_context": kv_cache_byte_per_token(shape, context),
        "kv_cache_byte_at_context": kv_cache_byte(shape, context),
        "state_byte": 4.0 * arrays.cache.state,
        "forward_flop_per_token": forward_flop_per_token(shape, context),
        "forward_flop_per_token_absorbed": forward_flop_per_token(shape, context, absorbed=True),
        "training_flop_per_token": training_flop_per_token(shape, context),
        "weight_byte": {precision: weight_byte(shape, precision) for precision in PRECISIONS},
        "stored_precision": shape.origin.precision,
        "attention": {"summary": attention_word(shape), "groups": [_attention(group) for group in shape.attention]},
        "linear": [
            {
                "kind": group.kind,
                "n_layers": group.n_layers,
                "n_heads": group.n_heads,
                "key_dim": group.key_dim,
                "value_dim": group.value_dim,
            }
            for group in shape.linear
        ],
        "layers": shape.n_layers,
        "hidden_size": shape.hidden_size,
        "vocabulary": shape.embedding.n_vocabulary,
        "dense": [{"n_layers": group.n_layers, "width": group.width, "gated": group.gated} for group in shape.dense],
        "experts": _experts(shape),
        "conventions": CONVENTIONS,
        "warnings": warnings,
        "sources": list(record.source_ids) if record else [],
        "note": (record.row["note"] or None) if record else None,
    }
