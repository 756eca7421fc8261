"""Model shapes from the packaged tables, one row per model and one per group of layers."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from leadtime import catalog

from ._shape import (
    Attention,
    Embedding,
    Experts,
    Extras,
    Indexer,
    Latent,
    LinearMixer,
    Mlp,
    ModelShape,
    Norms,
    Origin,
    Prediction,
    Span,
)

__all__ = ["ModelRecord", "model_record", "model_records", "shape_from_rows"]

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord:
    """What the catalogue knows of a model beside its shape."""

    id: str
    name: str
    developer: str
    country: str
    """ISO 3166 alpha-2 of the developer; empty for an international group."""
    release_date: str
    """ISO date as far as known; empty if not released."""
    open_weights: bool
    params_total_published: float | None
    """Parameters in total as published [count]."""
    params_active_published: float | None
    """Parameters per token as published, by the publisher's own convention [count]."""
    training_tokens: float | None
    """Pre-training tokens [count]."""
    source_ids: tuple[str, ...]
    row: Row
    """The row as text."""


def _int(row: Row, key: str, default: int = 0) -> int:
    return int(row[key]) if row.get(key) else default


def _maybe(row: Row, key: str) -> int | None:
    return int(row[key]) if row.get(key) else None


def _flag(row: Row, key: str) -> bool:
    return row.get(key) == "true"


def _number(row: Row, key: str, scale: float = 1.0) -> float | None:
    return float(row[key]) * scale if row.get(key) else None


def _attention(row: Row) -> Attention:
    indexer = None
    if row["index_heads"]:
        indexer = Indexer(
            n_heads=int(row["index_heads"]),
            head_dim=int(row["index_dim"]),
            n_layers=int(row["index_layers"]),
            n_low_rank=_maybe(row, "index_rank"),
        )
    latent = None
    if row["kv_rank"]:
        latent = Latent(n_kv_rank=int(row["kv_rank"]), nope_dim=int(row["nope_dim"]), rope_dim=int(row["rope_dim"]))
    kind: Any = row["span"]
    key_value: Any = row["key_value"]
    return Attention(
        n_layers=int(row["n_layers"]),
        n_heads=int(row["n_heads"]),
        n_kv_heads=int(row["n_kv_heads"]),
        head_dim=int(row["head_dim"]),
        value_dim=int(row["value_dim"]),
        span=Span(
            kind=kind,
            window=_maybe(row, "window"),
            n_selected=_maybe(row, "n_selected"),
            n_compressed=_maybe(row, "n_compressed"),
            indexer=indexer,
        ),
        latent=latent,
        n_query_rank=_maybe(row, "query_rank"),
        n_kv_layers=_maybe(row, "n_kv_layers"),
        key_value=key_value,
        n_bias=_int(row, "n_bias"),
        n_extra_matmul=_int(row, "n_extra_matmul"),
    )


def _linear(row: Row) -> LinearMixer:
    kind: Any = row["kind"]
    return LinearMixer(
        kind=kind,
        n_layers=int(row["n_layers"]),
        n_heads=int(row["n_heads"]),
        value_dim=int(row["value_dim"]),
        n_key_heads=int(row["n_key_heads"]),
        key_dim=int(row["key_dim"]),
        n_convolution=_int(row, "n_convolution"),
        n_gate_rank=_int(row, "n_gate_rank"),
        full_rank_gate=_flag(row, "full_rank_gate"),
        n_bias=_int(row, "n_bias"),
    )


def _feed_forward(row: Row) -> Mlp | Experts:
    if row["kind"] == "mlp":
        return Mlp(
            n_layers=int(row["n_layers"]), width=int(row["width"]), gated=_flag(row, "gated"), bias=_flag(row, "bias")
        )
    return Experts(
        n_layers=int(row["n_layers"]),
        n_experts=int(row["n_experts"]),
        n_active=int(row["n_active"]),
        width=int(row["width"]),
        gated=_flag(row, "gated"),
        bias=_flag(row, "bias"),
        shared_width=_int(row, "shared_width"),
        shared_gate=_flag(row, "shared_gate"),
        router_bias=_flag(row, "router_bias"),
        latent_dim=_maybe(row, "latent_dim"),
    )


def _one_layer(group: Any) -> Any:
    from dataclasses import replace

    if isinstance(group, Attention):
        indexer = group.span.indexer
        span = replace(group.span, indexer=replace(indexer, n_layers=1) if indexer else None)
        return replace(group, n_layers=1, n_kv_layers=None, span=span)
    return replace(group, n_layers=1)


def shape_from_rows(row: Row, attention: list[Row], linear: list[Row], feed_forward: list[Row]) -> ModelShape:
    """Build a shape from one row of ``models`` and its rows in the three tables of groups."""
    attentions = [_attention(part) for part in attention]
    feed_forwards = [_feed_forward(part) for part in feed_forward]
    prediction = None
    if _int(row, "prediction_layers"):
        prediction = Prediction(
            n_layers=_int(row, "prediction_layers"),
            mixer=_one_layer(attentions[_int(row, "prediction_attention", 1) - 1]),
            feed_forward=_one_layer(feed_forwards[_int(row, "prediction_feed_forward", 1) - 1]),
            n_joined=_int(row, "prediction_joined", 2),
        )
    return ModelShape(
        id=row["id"],
        name=row["name"],
        n_layers=int(row["n_layers"]),
        hidden_size=int(row["hidden_size"]),
        mixers=(*attentions, *(_linear(part) for part in linear)),
        feed_forwards=tuple(feed_forwards),
        embedding=Embedding(
            n_vocabulary=int(row["n_vocabulary"]),
            tied=_flag(row, "tied"),
            n_positions=_int(row, "n_positions"),
            head_bias=_flag(row, "head_bias"),
            n_per_layer=_int(row, "n_per_layer_table"),
        ),
        norms=Norms(
            n_per_layer=float(row["n_norms_per_layer"]),
            n_outside=int(row["n_norms_outside"]),
            bias=_flag(row, "norm_bias"),
        ),
        prediction=prediction,
        extras=Extras(n_matmul=_int(row, "extra_matmul"), n_other=_int(row, "extra_other"), note=row["extra_note"]),
        origin=Origin(precision=row["stored_precision"] or None, max_context=_maybe(row, "max_context")),
    )


@cache
def model_records() -> Mapping[str, ModelRecord]:
    """Return the catalogue's models by id, without their shapes."""
    return MappingProxyType({row["id"]: _record(row) for row in catalog.table("models")})


def model_record(model_id: str) -> ModelRecord:
    """Return what the catalogue knows of one model by its exact id."""
    return model_records()[model_id]


def _record(row: Row) -> ModelRecord:
    return ModelRecord(
        id=row["id"],
        name=row["name"],
        developer=row["developer"],
        country=row["country"],
        release_date=row["release_date"],
        open_weights=_flag(row, "open_weights"),
        params_total_published=_number(row, "params_total_published", 1e9),
        params_active_published=_number(row, "params_active_published", 1e9),
        training_tokens=_number(row, "training_tokens", 1e12),
        source_ids=tuple(row[key] for key in ("source_id", "source_id_2") if row[key]),
        row=MappingProxyType(row),
    )


@cache
def _groups(table: str) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(catalog.table(table), key=lambda row: (row["model_id"], int(row["group"]))):
        found[row["model_id"]].append(row)
    return found


@cache
def catalogue_shape(model_id: str) -> ModelShape:
    """Return the shape of one model by its exact id."""
    parts = (_groups(f"models_{name}").get(model_id, []) for name in ("attention", "linear", "feed_forward"))
    return shape_from_rows(model_records()[model_id].row, *parts)
