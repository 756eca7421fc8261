"""Layouts that a row may have been run with: what it states, and every plausible value of what it leaves open."""

from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

from leadtime.study.measured._layout import Pool
from leadtime.study.measured._serving_rows import ServingPoint
from leadtime.study.measured._training_rows import TrainingPoint

__all__ = ["ServingCandidate", "TrainingCandidate", "serving_candidates", "training_candidates"]

MILLION = 1e6
SMALL_RUN_CHIPS = 64
LONG_SEQUENCE, VERY_LONG_SEQUENCE = 8192.0, 32768.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingCandidate:
    """One layout with its batch."""

    tensor: float
    pipeline: float
    virtual: float
    context: float
    expert: float
    micro_batch: float
    recompute: float
    sharding: float
    batch_tokens: float


_RECOMPUTE = {"none": 0.0, "selective": 1.0, "full": 2.0}
_SHARDING = {"none": 0.0, "optimizer": 1.0, "gradient": 2.0, "full": 3.0}


def _powers(most: float) -> list[float]:
    result = [1.0]
    while result[-1] * 2 <= most:
        result.append(result[-1] * 2)
    return result


def _one_or(stated: float | None, otherwise: list[float]) -> list[float]:
    return [float(stated)] if stated else otherwise


@lru_cache(maxsize=4096)
def _n_heads(shape: object) -> int:
    from leadtime.workloads import shape_arrays

    return int(shape_arrays([shape]).size.n_heads[0])  # type: ignore[list-item]


def _batch_tokens(point: TrainingPoint, layout: tuple[float, ...]) -> float:
    """Return the stated batch, or one that runs of this kind use: at least four micro-batches, eight in a pipeline."""
    setting = point.setting
    if setting.batch_tokens:
        return setting.batch_tokens
    tensor, pipeline, context, micro_batch = layout
    data = setting.n_chips / (tensor * pipeline * context)
    if point.layout.microbatches:
        return setting.sequence_tokens * micro_batch * data * point.layout.microbatches
    if setting.n_chips <= SMALL_RUN_CHIPS and not setting.run:
        return setting.sequence_tokens * micro_batch * data * (8.0 if pipeline > 1 else 4.0)
    from leadtime.workloads import total_parameters

    mixture, large = bool(point.shape.experts), total_parameters(point.shape) >= 1e11
    usual = 32 * MILLION if mixture else 16 * MILLION if large and setting.year >= 2024 else 4 * MILLION
    return max(usual, setting.sequence_tokens * micro_batch * data)


def training_candidates(point: TrainingPoint, *, free: bool = False) -> list[TrainingCandidate]:
    """Return the layouts to try for a row; ``free`` ignores what its text states.

    Notes
    -----
    TPU slices run fully sharded without a pipeline. A text that shards everything and names no tensor degree means
    none. Where the pipeline degree is stated but not its interleaving, stages are split as far as the layers allow, four at most.
    """
    setting, text, shape = point.setting, point.layout, point.shape
    n = setting.n_chips
    tpu = point.chip.family == "tpu"
    mixture = bool(shape.experts)
    sharded = text.sharding in {"full", "gradient"} and not free
    some = not text.is_empty and not free
    heads, n_layers = _n_heads(shape), shape.n_layers
    stated = (lambda value: None) if free else (lambda value: value)
    tensors = _one_or(stated(text.tensor), [1.0] if sharded and not tpu else _powers(16 if tpu else 8))
    pipelines = _one_or(stated(text.pipeline), [1.0] if tpu or sharded or (some and text.tensor) else _powers(64))
    long = setting.sequence_tokens
    contexts = (
        _powers(16)
        if long > VERY_LONG_SEQUENCE
        else _powers(8 if setting.lora else 2)
        if long >= LONG_SEQUENCE
        else [1.0]
    )
    contexts = _one_or(
        stated(text.context), [1.0] if some and (text.tensor or sharded) and long <= VERY_LONG_SEQUENCE else contexts
    )
    experts = [1.0]
    if mixture:
        experts = _one_or(stated(text.expert), _powers(64))
    micro = _one_or(stated(text.microbatch), [1.0, 2.0, 4.0, 8.0])
    recompute = [_RECOMPUTE[text.recompute]] if text.recompute and not free else [0.0, 1.0, 2.0]
    if sharded:
        sharding = [_SHARDING[text.sharding or "full"]] + ([3.0] if text.sharding == "gradient" else [])
    else:
        sharding = (
            [3.0] if tpu else [_SHARDING[text.sharding]] if text.sharding and some else [1.0] if some else [1.0, 3.0]
        )
    found = []
    n_experts = max((group.n_experts for group in shape.experts), default=1)
    for tp, pp, cp, ep, mbs, again, shards in product(
        tensors, pipelines, contexts, experts, micro, recompute, sharding
    ):
        width = tp * pp * cp
        if width > n or n % width or heads % tp or pp > n_layers or (pp > 1 and shards == 3.0 and not text.pipeline):
            continue
        ranks = n / pp
        degree = min(ep, ranks) if text.expert else ep
        if mixture and (degree > ranks or ranks % degree or n_experts % degree):
            continue
        if pp > 1 and not text.pipeline and n_layers / pp < 2:
            continue
        batch = _batch_tokens(point, (tp, pp, cp, mbs))
        if batch * width / (setting.sequence_tokens * mbs * n) < 1 - 1e-6:
            continue
        chunks = [float(text.virtual)] if text.virtual and not free else _interleavings(n_layers, pp)
        found += [
            TrainingCandidate(
                tensor=tp,
                pipeline=pp,
                virtual=vp,
                context=cp,
                expert=degree,
                micro_batch=mbs,
                recompute=again,
                sharding=shards,
                batch_tokens=batch,
            )
            for vp in chunks
        ]
    return found


def _interleavings(n_layers: int, pipeline: float) -> list[float]:
    if pipeline <= 1:
        return [1.0]
    return [_powers(max(1.0, min(4.0, n_layers / pipeline / 2)))[-1]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingCandidate:
    """One layout of a worker."""

    tensor: float
    pipeline: float
    data: float
    expert: float
    redundant: float = 0.0

    @property
    def n_chips(self) -> float:
        """Chips of the worker."""
        return self.tensor * self.pipeline * self.data


def serving_candidates(point: ServingPoint, pool: Pool, *, free: bool = False) -> list[ServingCandidate]:
    """Return the layouts to try for the workers of a pool; ``free`` ignores what its text states.

    Parameters
    ----------
    point : ServingPoint
        The row.
    pool : Pool
        Its workers as far as stated.
    free : bool
        Search over all layouts of all sizes, as for a text that could not have meant what it seems to.
    """
    heads, shape = _n_heads(point.shape), point.shape
    mixture = bool(shape.experts)
    n_experts = max((group.n_experts for group in shape.experts), default=1)
    if not mixture and pool.chips and (pool.attention_replicas or 1) > 1:
        # copies of a dense model share nothing: each is a worker of its own
        pool = replace(pool, chips=max(1, pool.chips // (pool.attention_replicas or 1)), attention_replicas=None)
    most = float(point.n_chips or max(8, pool.chips or 8))
    stated = pool.chips is not None and not free
    sizes = (
        [float(pool.chips or 1)]
        if stated
        else sorted({*_powers(min(most, 32)), *([most] if mixture and most <= 512 else [])})
    )
    found: dict[tuple[float, ...], ServingCandidate] = {}
    for size in sizes:
        if size > most:
            continue
        stages = [float(pool.pipeline)] if stated and pool.pipeline else [1.0] if stated else [1.0, 2.0, 4.0]
        for pp in stages:
            chips = size / pp
            if chips < 1 or chips % 1 or pp > shape.n_layers:
                continue
            for copies in _copies(pool, chips, mixture, stated):
                tensor = chips / copies
                if tensor % 1 or heads % tensor:
                    continue
                for expert in _expert_degrees(pool, chips, copies, mixture, stated):
                    spare = max(0.0, expert - n_experts)
                    if mixture and (chips % min(expert, chips) or (not stated and spare)):
                        continue
                    extra = pool.redundant if pool.redundant is not None and stated else spare
                    degree = min(expert, chips)
                    key = (tensor, pp, copies, degree)
                    found[key] = ServingCandidate(
                        tensor=tensor, pipeline=pp, data=copies, expert=degree if mixture else 1.0, redundant=extra
                    )
    return list(found.values())


def _copies(pool: Pool, chips: float, mixture: bool, stated: bool) -> list[float]:
    if not mixture:
        return [1.0]
    if stated and pool.attention_replicas:
        return [float(min(pool.attention_replicas, chips))]
    return sorted({*(copies for copies in _powers(chips) if chips % copies == 0), chips})


def _expert_degrees(pool: Pool, chips: float, copies: float, mixture: bool, stated: bool) -> list[float]:
    if not mixture:
        return [1.0]
    if stated and pool.expert and pool.expert > 1:
        return [float(pool.expert)]
    return [1.0] if chips == 1 else [1.0, chips] if copies == 1 else [chips]
