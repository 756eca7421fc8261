"""From a list of layers to groups."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from leadtime.workloads._shape import (
    Attention,
    Embedding,
    Experts,
    Extras,
    LinearMixer,
    Mlp,
    ModelShape,
    Norms,
    Origin,
    Prediction,
)

from ._fields import Fields

__all__ = ["build", "merge_mixers", "one_layer"]

Mixer = Attention | LinearMixer
FeedForward = Mlp | Experts


def _without_counts(group: Mixer) -> Mixer:
    if isinstance(group, LinearMixer):
        return replace(group, n_layers=1)
    indexer = group.span.indexer
    span = replace(group.span, indexer=replace(indexer, n_layers=0) if indexer else None)
    return replace(group, n_layers=1, n_kv_layers=None, span=span)


def _own_kv(group: Mixer) -> int:
    return group.n_kv_layers if isinstance(group, Attention) and group.n_kv_layers is not None else group.n_layers


def _scorers(group: Mixer) -> int:
    return group.span.indexer.n_layers if isinstance(group, Attention) and group.span.indexer else 0


def merge_mixers(layers: Iterable[Mixer]) -> tuple[Mixer, ...]:
    """Put equal layers into one group each; layers that reuse keys and values, or an indexer's choice, join their like."""
    counts: dict[Mixer, list[int]] = {}
    for layer in layers:
        seen = counts.setdefault(_without_counts(layer), [0, 0, 0])
        for place, n in enumerate((layer.n_layers, _own_kv(layer), _scorers(layer))):
            seen[place] += n
    return tuple(_with_counts(kind, *seen) for kind, seen in counts.items())


def _with_counts(kind: Mixer, n_layers: int, n_own: int, n_scorers: int) -> Mixer:
    if isinstance(kind, LinearMixer):
        return replace(kind, n_layers=n_layers)
    indexer = kind.span.indexer
    span = replace(kind.span, indexer=replace(indexer, n_layers=n_scorers) if indexer else None)
    return replace(kind, n_layers=n_layers, n_kv_layers=None if n_own == n_layers else n_own, span=span)


def _merge_feed_forwards(layers: Iterable[FeedForward]) -> tuple[FeedForward, ...]:
    counts: dict[FeedForward, int] = {}
    for layer in layers:
        kind = replace(layer, n_layers=1)
        counts[kind] = counts.get(kind, 0) + layer.n_layers
    return tuple(replace(kind, n_layers=n) for kind, n in counts.items())


def one_layer(group: Mixer) -> Mixer:
    """Return a group as a single layer that owns its keys, values and indexer."""
    return _with_counts(_without_counts(group), 1, 1, 1)


def build(
    fields: Fields,
    *,
    name: str,
    n_layers: int,
    hidden: int,
    mixers: Sequence[Mixer],
    feed_forwards: Sequence[FeedForward],
    embedding: Embedding,
    norms: Norms,
    extras: Extras | None = None,
    n_prediction: int = 0,
) -> ModelShape:
    """Assemble a shape from its layers; the prediction blocks are like the last layers of the trunk."""
    prediction = None
    if n_prediction and mixers and feed_forwards:
        attentions: list[Mixer] = [mixer for mixer in mixers if isinstance(mixer, Attention)]
        prediction = Prediction(
            n_layers=n_prediction,
            mixer=one_layer((attentions or mixers)[-1]),
            feed_forward=replace(feed_forwards[-1], n_layers=1),
        )
    return ModelShape(
        id=name,
        name=name,
        n_layers=n_layers,
        hidden_size=hidden,
        mixers=merge_mixers(mixers),
        feed_forwards=_merge_feed_forwards(feed_forwards),
        embedding=embedding,
        norms=norms,
        prediction=prediction,
        extras=extras or Extras(),
        origin=Origin(
            max_context=fields.count(
                "max_position_embeddings", "n_positions", "seq_length", "max_seq_len", default=None, high=10**12
            )
        ),
    )
