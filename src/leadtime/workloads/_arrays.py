"""Everything the estimator needs of many models, as a struct of arrays: one number per model and quantity.

The leading axis is the configuration (here: the model); :func:`take` gathers by index, so that a batch of a million
configurations over a few models costs one fancy index per field. Groups of layers are folded into terms of the
context that are exact for every model with one window width, one selection width and one width of latent attention,
which is all known ones; a model with several gets their mean weighted by work.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from leadtime.arrays import Array, namespace

from ._cache import cache_terms, stored_width
from ._count import active_matmul, active_parameters, expert_matmul, parts, prediction_count, total_parameters
from ._shape import Attention, Mlp, ModelShape
from ._work import attention_terms, linear_flop

__all__ = [
    "ActivationArrays", "AttentionArrays", "CacheArrays", "ExpertArrays", "ShapeArrays", "SizeArrays", "WeightArrays", "attention_flop_per_token",
    "cache_read_values", "cache_stored_values", "numbers", "plain", "shape_arrays", "take",
]  # fmt: skip


class SizeArrays(NamedTuple):
    """Widths and counts [count]; each field has shape (configuration,)."""

    n_layers: Array  # blocks of the trunk
    n_attention_layers: Array
    n_linear_layers: Array  # recurrent layers
    n_dense_layers: Array  # dense feed-forward layers
    hidden: Array  # d
    vocabulary: Array  # V
    query: Array  # H h, mean over attention layers: width of all query heads
    key_value: Array  # stored K and V values per token and attention layer that has them (MLA: r_kv + h_r)
    feed_forward: Array  # widths one token meets, dense, routed and shared, mean over feed-forward layers
    n_heads: Array  # query heads, smallest over attention layers: what tensor parallelism divides (linear heads if no attention)
    n_kv_heads: Array  # kv heads, smallest over attention layers; 1 for MLA
    gated: Array  # 1 if the feed-forward has three matrices, 0 if two


class WeightArrays(NamedTuple):
    """Numbers of weights [count]; each field has shape (configuration,). Sums run over all layers."""

    total: Array  # all parameters, without multi-token prediction; equation (3)
    active: Array  # parameters one token meets, both token tables in full
    matmul: Array  # N_a: in matrix products one token meets; equation (4)
    attention: Array  # matrices of attention
    linear: Array  # matrices of recurrent layers
    mlp: Array  # matrices of dense feed-forward layers
    shared: Array  # routers, shared experts, latent projections of the expert layers
    routed: Array  # all routed experts of all layers, biases included
    head: Array  # V d
    embedding: Array  # tables looked up, stored beside the head (0 where tied)
    other: Array  # norms, biases, vision towers, further matrices
    prediction: Array  # multi-token prediction blocks, all of them


class AttentionArrays(NamedTuple):
    """FLOP of attention proper, per token, by how they grow with the context; shape (configuration,)."""

    flop_per_context: Array  # FLOP per token and context token that always grows (full layers, compressed entries)
    windowed_flop_per_context: Array  # the same up to `window`
    window: Array  # tokens; 1 where there is none
    chunked: Array  # 1 where the window is a chunk that starts afresh, 0 where it slides
    selected_flop_per_context: Array  # the same up to `selected`
    selected: Array  # tokens that sparse layers read at most; 1 where there are none
    indexer_flop_per_context: Array  # scoring of all earlier tokens by the indexer
    absorbed_ratio: Array  # MLA: FLOP of the absorbed (decode) form over the expanded (prefill) form; 1 otherwise
    linear_flop: Array  # recurrent layers: FLOP per token outside matrices, whatever the context


class CacheArrays(NamedTuple):
    """Values held per sequence [count], times bytes per value gives memory; shape (configuration,)."""

    per_token: Array  # stored and read in full: keys and values of full layers, compressed entries
    windowed_per_token: Array  # the same up to AttentionArrays.window tokens
    selected_per_token: Array  # stored for every token, read only up to AttentionArrays.selected
    indexer_per_token: Array  # keys of the indexer, stored and read for every token
    state: Array  # constant state of recurrent layers
    read_ratio: Array  # reads over stored values: above 1 where layers read the keys and values of another
    replicated: Array  # 1 where tensor parallelism does not divide the cache (MLA, one stored vector), 0 elsewhere


class ExpertArrays(NamedTuple):
    """The mixture of experts [count]; shape (configuration,). A dense model has n_layers 0, n_experts 1, n_active 0."""

    n_layers: Array  # n_m
    n_experts: Array  # E
    n_active: Array  # k
    width: Array  # f_e
    shared_width: Array  # n_s f_e
    weights: Array  # x: matrices of one routed expert of one layer
    latent: Array  # width that is dispatched to an expert: d, or the latent width


class ActivationArrays(NamedTuple):
    """What training keeps per token for the backward pass, all layers together [byte]; shape (configuration,)."""

    all_byte: Array  # nothing recomputed, 16 bit
    fp8_saving_byte: Array  # less of it where matrix inputs are kept at 8 bit
    block_input_byte: Array  # everything recomputed: the input of each block


class ShapeArrays(NamedTuple):
    """Groups of arrays with one leading configuration axis; a pytree under JAX."""

    size: SizeArrays
    weights: WeightArrays
    attention: AttentionArrays
    cache: CacheArrays
    experts: ExpertArrays
    activation: ActivationArrays


Tree = TypeVar("Tree")


def _sizes(shape: ModelShape) -> SizeArrays:
    attention = shape.attention
    n_attention = shape.attention_layers
    n_linear = sum(group.n_layers for group in shape.linear)
    query = (
        sum(group.n_layers * group.n_heads * group.head_dim for group in attention) / n_attention
        if n_attention
        else 0.0
    )
    storing = sum(_storing(group) for group in attention)
    stored = sum(_storing(group) * stored_width(group) for group in attention) / storing if storing else 0.0
    dense = [(group.n_layers, group.width) for group in shape.dense]
    routed = [(group.n_layers, group.n_active * group.width + group.shared_width) for group in shape.experts]
    n_feed_forward = (
        max([n for n, _ in dense + routed], default=1)
        if shape.dense and shape.experts and _parallel(shape)
        else sum(n for n, _ in dense + routed)
    )
    gated = any(group.gated for group in shape.feed_forwards)
    heads = [group.n_heads for group in attention] or [group.n_heads for group in shape.linear] or [1]
    return SizeArrays(
        n_layers=shape.n_layers,
        n_attention_layers=n_attention,
        n_linear_layers=n_linear,
        n_dense_layers=sum(group.n_layers for group in shape.dense),
        hidden=shape.hidden_size,
        vocabulary=shape.embedding.n_vocabulary,
        query=query,
        key_value=stored,
        feed_forward=sum(n * width for n, width in dense + routed) / max(n_feed_forward, 1),
        n_heads=min(heads),
        n_kv_heads=min([1 if group.latent else group.n_kv_heads for group in attention], default=1),
        gated=float(gated),
    )


def _parallel(shape: ModelShape) -> bool:
    """Tell whether dense and expert layers stand side by side in the same blocks (more of both than blocks)."""
    return sum(group.n_layers for group in shape.feed_forwards) > shape.n_layers


def _storing(group: Attention) -> int:
    return group.n_layers if group.n_kv_layers is None else group.n_kv_layers


def _weights(shape: ModelShape) -> WeightArrays:
    part = parts(shape)
    experts = part["experts"]
    head, embedding = part["head"], part["embedding"]
    other = (
        sum(part[name].other for name in ("attention", "linear", "mlp", "experts", "norms", "head"))
        + part["extras"].total
    )
    return WeightArrays(
        total=total_parameters(shape),
        active=active_parameters(shape),
        matmul=active_matmul(shape),
        attention=part["attention"].matmul,
        linear=part["linear"].matmul,
        mlp=part["mlp"].matmul,
        shared=experts.matmul,
        routed=experts.routed,
        head=head.matmul,
        embedding=embedding.other,
        other=other,
        prediction=prediction_count(shape).total,
    )


def _experts(shape: ModelShape) -> ExpertArrays:
    if not shape.experts:
        return ExpertArrays(0, 1, 0, 0, 0, 0, shape.hidden_size)
    groups = shape.experts
    n_layers = sum(group.n_layers for group in groups)

    def mean(value: Callable[[Any], float]) -> float:
        return sum(group.n_layers * value(group) for group in groups) / n_layers

    return ExpertArrays(
        n_layers=n_layers,
        n_experts=mean(lambda group: group.n_experts),
        n_active=mean(lambda group: group.n_active),
        width=mean(lambda group: group.width),
        shared_width=mean(lambda group: group.shared_width),
        weights=mean(lambda group: expert_matmul(group, shape.hidden_size)),
        latent=mean(lambda group: group.latent_dim or shape.hidden_size),
    )


def _activations(shape: ModelShape) -> ActivationArrays:
    """Equation (27): 12 d + 2 (K, V) per mixer, 6 f or 4 f per feed-forward, 3 k d for routed tokens; fp8 saves 3 d + f."""
    d = shape.hidden_size
    mixers = sum(
        group.n_layers
        * (12 * d + 2 * (group.n_heads if group.latent else group.n_kv_heads) * (group.head_dim + group.value_dim))
        for group in shape.attention
    ) + sum(
        group.n_layers * (12 * d + 4 * (group.n_heads * group.value_dim + group.n_key_heads * group.key_dim))
        for group in shape.linear
    )
    per_width = [
        (group, group.width if isinstance(group, Mlp) else group.n_active * group.width + group.shared_width)
        for group in shape.feed_forwards
    ]
    widths = sum(group.n_layers * (6 if group.gated else 4) * width for group, width in per_width)
    routed = sum(group.n_layers * 3 * group.n_active * (group.latent_dim or d) for group in shape.experts)
    saving = sum(3 * d * group.n_layers for group in shape.mixers) + sum(
        group.n_layers * width for group, width in per_width
    )
    return ActivationArrays(mixers + widths + routed, saving, 2 * d * shape.n_layers)


@lru_cache(maxsize=4096)
def _numbers(shape: ModelShape) -> tuple[float, ...]:
    """Return all numbers of one model in the order of the fields."""
    terms, cache = attention_terms(shape), cache_terms(shape)
    attention = AttentionArrays(
        flop_per_context=terms.growing,
        windowed_flop_per_context=terms.windowed,
        window=terms.window,
        chunked=float(terms.chunked),
        selected_flop_per_context=terms.selected,
        selected=terms.n_selected,
        indexer_flop_per_context=terms.indexer,
        absorbed_ratio=terms.absorbed_ratio,
        linear_flop=linear_flop(shape),
    )
    held = CacheArrays(
        cache.growing,
        cache.windowed,
        cache.selected,
        cache.indexer,
        cache.state,
        cache.read_ratio,
        float(cache.replicated),
    )
    groups = (_sizes(shape), _weights(shape), attention, held, _experts(shape), _activations(shape))
    return tuple(float(value) for group in groups for value in group)


def shape_arrays(shapes: Sequence[ModelShape]) -> ShapeArrays:
    """Return the quantities of many models as arrays of float64.

    Parameters
    ----------
    shapes : sequence of ModelShape
        The models; repeated ones are computed once.

    Returns
    -------
    ShapeArrays
        Every field has shape ``(len(shapes),)``.
    """
    import numpy

    unique: dict[int, int] = {}
    rows: list[tuple[float, ...]] = []
    index = []
    for shape in shapes:
        key = id(shape)
        if key not in unique:
            unique[key] = len(rows)
            rows.append(_numbers(shape))
        index.append(unique[key])
    n_fields = sum(len(group._fields) for group in _GROUPS)
    columns = iter(numpy.array(rows, dtype=float).reshape(-1, n_fields).T[:, index])
    return ShapeArrays(*(group(*(next(columns) for _ in group._fields)) for group in _GROUPS))


_GROUPS: tuple[Any, ...] = (SizeArrays, WeightArrays, AttentionArrays, CacheArrays, ExpertArrays, ActivationArrays)


def numbers(shape: ModelShape) -> ShapeArrays:
    """Return the quantities of one model as a struct of plain numbers."""
    values = iter(_numbers(shape))
    return ShapeArrays(*(group(*(next(values) for _ in group._fields)) for group in _GROUPS))


def plain(value: Array) -> Array:
    """Return a NumPy scalar as a Python number, and anything else as it is: scalar in, scalar out."""
    return value.item() if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0 else value


def take(arrays: Tree, index: Array) -> Tree:
    """Return the same struct with every field indexed by ``index`` (configuration -> model)."""
    if isinstance(arrays, tuple) and hasattr(arrays, "_fields"):
        return type(arrays)(*(take(value, index) for value in arrays))
    return arrays[index]  # type: ignore[index,no-any-return]


def attention_flop_per_token(arrays: AttentionArrays, context: Array, *, causal: bool, absorbed: Array = 0.0) -> Array:
    """Return FLOP of attention proper per token (scores, values, indexer, recurrent state), beside 2 N_a.

    Parameters
    ----------
    arrays : AttentionArrays
        Of shape (configuration,), or anything that broadcasts.
    context : array_like
        Tokens in the sequence: of the whole prompt or training sequence if ``causal``, else those a decoded token sees.
    causal : bool
        Average over the positions of a sequence (prefill, training): half the context in full layers.
    absorbed : array_like, optional
        1 for the absorbed form of latent attention (decode), 0 for the expanded one.

    Returns
    -------
    array_like
        Per token, all layers together [FLOP].
    """
    xp = namespace(context, arrays.flop_per_context, absorbed)
    seen = context * 0.5 if causal else context
    windowed = _capped(xp, context, arrays.window, causal, arrays.chunked)
    selected = _capped(xp, context, arrays.selected, causal, 0.0)
    proper = (
        arrays.flop_per_context * seen
        + arrays.windowed_flop_per_context * windowed
        + arrays.selected_flop_per_context * selected
    )
    ratio = 1.0 + (arrays.absorbed_ratio - 1.0) * absorbed
    return proper * ratio + arrays.indexer_flop_per_context * seen + arrays.linear_flop


def _capped(xp: Any, context: Array, cap: Array, causal: bool, chunked: Array) -> Array:
    """Mean number of tokens seen where at most ``cap`` are: of the last token, or over a causal sequence."""
    if not causal:
        return xp.minimum(context, cap)
    beyond = cap * (1.0 - xp.where(chunked > 0, 0.5, cap / (2.0 * xp.maximum(context, 1.0))))
    return xp.where(context <= cap, context * 0.5, beyond)


def cache_stored_values(
    cache: CacheArrays, attention: AttentionArrays, context: Array, whole_window: Array = 0.0
) -> Array:
    """Return the values that the cache of one sequence of ``context`` tokens holds [count], its constant state included.

    ``whole_window`` is 1 where windowed layers keep the keys and values of the whole context, as some engines do.
    """
    xp = namespace(context, cache.per_token, whole_window)
    grows = cache.per_token + cache.selected_per_token + cache.indexer_per_token
    kept = xp.where(xp.asarray(whole_window) > 0, context, xp.minimum(context, attention.window))
    return grows * context + cache.windowed_per_token * kept + cache.state


def cache_read_values(cache: CacheArrays, attention: AttentionArrays, context: Array) -> Array:
    """Return the values that decoding one token of one sequence reads [count]: selection and windows applied."""
    xp = namespace(context, cache.per_token)
    values = (
        cache.per_token * context
        + cache.windowed_per_token * xp.minimum(context, attention.window)
        + cache.selected_per_token * xp.minimum(context, attention.selected)
    )
    return values * cache.read_ratio + cache.indexer_per_token * context + cache.state
