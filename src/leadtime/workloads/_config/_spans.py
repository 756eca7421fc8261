"""Which layers look how far back."""

from leadtime.workloads._shape import Span

from ._fields import Fields

__all__ = ["layer_kinds", "spans_of"]

FULL = Span()
_FULL_NAMES = {"full_attention", "attention", "global", "full", "global_attention", "nope"}
_SLIDING_NAMES = {
    "sliding_attention",
    "sliding",
    "local",
    "local_attention",
    "sliding_window",
    "sliding_window_attention",
    "swa",
}
_EVERY = {
    "gemma3": 6,
    "gemma3_text": 6,
    "cohere2": 4,
    "exaone4": 4,
    "olmo3": 4,
    "gemma3n": 5,
    "gemma3n_text": 5,
    "gemma2": 2,
    "gpt_oss": 2,
}
"""Every n-th layer is full in the code of these architectures unless the file says otherwise; the last of each n."""
_ALL_SLIDING = {"mistral", "mixtral", "phi3", "starcoder2", "phimoe", "ministral", "qwen2_vl"}


def layer_kinds(fields: Fields, n_layers: int) -> list[str] | None:
    """Return the names that ``layer_types`` gives, one per layer, or None."""
    names = fields.items("layer_types", "layers_block_type", length=n_layers)
    if names is None:
        return None
    for name in names:
        if not isinstance(name, str):
            raise fields.fail("layer_types", "holds something that is not text")
    return names


def _window(fields: Fields) -> Span:
    window = fields.count("sliding_window", "sliding_window_size", "window_size", "swa_window_size")
    longest = fields.count("max_position_embeddings", default=0, low=0, high=10**12)
    return FULL if longest and window >= longest else Span(kind="sliding", window=window)


def spans_of(fields: Fields, n_layers: int, model_type: str) -> list[Span]:
    """Return the span of every layer's attention in order."""
    kinds = layer_kinds(fields, n_layers)
    if kinds is not None:
        return [_named(fields, kind) for kind in kinds]
    if fields.has("attention_chunk_size") and model_type.startswith("llama4"):
        return _chunked(fields, n_layers)
    pattern = fields.items("hybrid_layer_pattern", length=n_layers)
    if pattern is not None:
        return [_window(fields) if kind else FULL for kind in pattern]
    if not fields.has("sliding_window", "sliding_window_size") or not fields.flag("use_sliding_window", default=True):
        return [FULL] * n_layers
    sliding = _window(fields)
    if fields.has("sliding_window_pattern", "_sliding_window_pattern") or model_type in _EVERY:
        return _every(fields, n_layers, sliding, model_type)
    if fields.has("max_window_layers") and fields.has("use_sliding_window"):
        first = fields.count("max_window_layers", low=0)
        return [sliding if i >= first else FULL for i in range(n_layers)]
    if model_type not in _ALL_SLIDING:
        fields.warn("Every layer is taken to have the sliding window, as the file does not say which do.")
    return [sliding] * n_layers


def _named(fields: Fields, kind: str) -> Span:
    if kind in _FULL_NAMES:
        return FULL
    if kind in _SLIDING_NAMES:
        return _window(fields)
    if kind == "chunked_attention":
        return Span(kind="chunked", window=fields.count("attention_chunk_size"))
    raise fields.fail("layer_types", f"names a kind of layer that is not supported here: {kind[:40]!r}")


def _chunked(fields: Fields, n_layers: int) -> list[Span]:
    chunk = Span(kind="chunked", window=fields.count("attention_chunk_size"))
    marks = fields.items("no_rope_layers")
    if marks and len(marks) == n_layers:
        return [chunk if fields.whole("no_rope_layers", mark, low=0, high=1) else FULL for mark in marks]
    step = fields.count("no_rope_layer_interval", default=4)
    return [FULL if (i + 1) % step == 0 else chunk for i in range(n_layers)]


def _every(fields: Fields, n_layers: int, sliding: Span, model_type: str) -> list[Span]:
    key, pattern = fields.find("sliding_window_pattern", "_sliding_window_pattern")
    if isinstance(pattern, str):
        if not pattern or set(pattern) - set("LG"):
            raise fields.fail(key, f"is {pattern[:20]!r}, not letters L and G")
        spans = [sliding if pattern[i % len(pattern)] == "L" else FULL for i in range(n_layers)]
        return [*spans[:-1], FULL] if model_type.startswith("exaone4") else spans
    step = fields.whole(key, pattern) if key else _EVERY[model_type]
    return [FULL if (i + 1) % step == 0 else sliding for i in range(n_layers)]
