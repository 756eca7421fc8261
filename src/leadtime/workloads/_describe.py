"""Everything there is to say of one model, as plain data for an interface."""

from collections.abc import Callable
from typing import Any

from leadtime.errors import OutOfRangeError, UnknownNameError, shorten

from ._arrays import numbers
from ._byte import kv_cache_byte, kv_cache_byte_per_token, weight_byte
from ._catalogue import catalogue_shape, model_records
from ._count import active_matmul, active_parameters, prediction_count, total_parameters
from ._flop import forward_flop_per_token, training_flop_per_token
from ._shape import Attention, ModelShape

__all__ = ["DEFAULT_CONTEXT", "PRECISIONS", "SORT_KEYS", "attention_word", "describe_model", "list_models"]

DEFAULT_CONTEXT = 4096
PRECISIONS = ("bf16", "fp8", "fp4", "int8", "int4")
CONVENTIONS = {
    "params_total": "All weights that are stored, vision and audio parts of catalogue models included, multi-token prediction blocks not.",
    "params_active": "params_total less the routed experts that one text token is not sent to, and less vision and audio parts; both token tables count in full.",
    "params_active_matmul": "Weights in the matrix products that one token meets: what FLOP follow. The output head counts once, the input table not.",
    "kv_cache_byte_per_token": "Bytes that one more token adds to the cache at 16 bit when a sequence has `context` tokens; windowed layers no longer grow beyond their window.",
    "kv_cache_byte_per_token_below_window": "The same for a sequence shorter than every window: all layers grow.",
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
        "kv_cache_byte_per_token": kv_cache_byte_per_token(shape, context),
        "kv_cache_byte_per_token_below_window": kv_cache_byte_per_token(shape),
        "kv_cache_byte_at_context": kv_cache_byte(shape, context),
        "state_byte": 4.0 * arrays.cache.state,
        "forward_flop_per_token": forward_flop_per_token(shape, context),
        "forward_flop_per_token_absorbed": forward_flop_per_token(shape, context, absorbed=True),
        "training_flop_per_token": training_flop_per_token(shape, context),
        "weight_byte": {precision: weight_byte(shape, precision) for precision in PRECISIONS},
        "stored_precision": shape.origin.precision,
        "attention": attention_word(shape),
        "attention_groups": [_attention(group) for group in shape.attention],
        "linear_groups": [
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
        "dense_groups": [
            {"n_layers": group.n_layers, "width": group.width, "gated": group.gated} for group in shape.dense
        ],
        "experts": _experts(shape),
        "conventions": CONVENTIONS,
        "warnings": warnings,
        "sources": list(record.source_ids) if record else [],
        "note": (record.row["note"] or None) if record else None,
    }


SORT_KEYS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "name": lambda row: row["id"],
    "date": lambda row: (row["release_date"] is None, row["release_date"] or ""),
    "developer": lambda row: (row["developer"].casefold(), row["params_total"]),
    "params": lambda row: row["params_total"],
    "active": lambda row: row["params_active"],
    "kv": lambda row: row["kv_cache_byte_per_token"],
    "flop": lambda row: row["forward_flop_per_token"],
}
"""What a list of models can be sorted by."""


def _row(model_id: str, context: int) -> dict[str, Any]:
    record, shape = model_records()[model_id], catalogue_shape(model_id)
    return {
        "id": model_id,
        "name": record.name,
        "developer": record.developer,
        "country": record.country or None,
        "release_date": record.release_date or None,
        "open_weights": record.open_weights,
        "params_total": total_parameters(shape),
        "params_active": active_parameters(shape),
        "mixture_of_experts": shape.is_mixture,
        "attention": attention_word(shape),
        "layers": shape.n_layers,
        "kv_cache_byte_per_token": kv_cache_byte_per_token(shape, context),
        "forward_flop_per_token": forward_flop_per_token(shape, context),
        "sources": list(record.source_ids),
    }


def list_models(
    *,
    search: str = "",
    developer: str = "",
    country: str = "",
    attention: str = "",
    mixture: bool | None = None,
    open_weights: bool | None = None,
    params_billion: tuple[float | None, float | None] = (None, None),
    sort: str = "name",
    reverse: bool = False,
    context: int = DEFAULT_CONTEXT,
) -> list[dict[str, Any]]:
    """Return the catalogue's models, filtered and sorted, one row of figures each.

    Parameters
    ----------
    search, developer, attention : str
        Text that the id or name, the developer, the attention must contain; case does not matter.
    country : str
        ISO 3166 alpha-2 of the developer.
    mixture, open_weights : bool, optional
        Keep only mixtures of experts (or dense models), only open (or closed) weights.
    params_billion : (float or None, float or None)
        Least and most parameters in total [billion].
    sort : str
        A key of :data:`SORT_KEYS`.
    reverse : bool
        Largest or latest first.
    context : int
        Tokens at which cache and FLOP are given.
    """
    if sort not in SORT_KEYS:
        raise UnknownNameError(f"Models cannot be sorted by {shorten(sort)!r}.", hint=f"Use {', '.join(SORT_KEYS)}.")
    if not 1 <= context <= 100_000_000:
        raise OutOfRangeError(f"A context of {context} tokens makes no sense.", hint="Give between 1 and 100,000,000.")
    low, high = params_billion
    rows = [_row(model_id, context) for model_id in model_records()]
    kept = [
        row
        for row in rows
        if search.casefold() in f"{row['id']} {row['name']}".casefold()
        and developer.casefold() in row["developer"].casefold()
        and attention.casefold() in row["attention"].casefold()
        and (not country or (row["country"] or "").casefold() == country.casefold())
        and mixture in (None, row["mixture_of_experts"])
        and open_weights in (None, row["open_weights"])
        and (low is None or row["params_total"] >= low * 1e9)
        and (high is None or row["params_total"] <= high * 1e9)
    ]
    return sorted(kept, key=SORT_KEYS[sort], reverse=reverse)
