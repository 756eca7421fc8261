"""Serving: prefill, decode and both together, under a batch, a latency limit or at saturation; equations (29)-(39)."""

from enum import IntEnum
from typing import Any, Literal, NamedTuple

from leadtime.arrays import Array
from leadtime.performance._chips import ChipArrays
from leadtime.performance._codes import FailureCode, first_failure, with_usable_sizes
from leadtime.performance._efficiencies import Efficiencies
from leadtime.performance._layouts import ServeLayout, ServeWorkload
from leadtime.performance._serve_memory import RUNTIME_BYTE, USABLE_FRAC, max_batch, sequence_byte, weight_byte_per_chip
from leadtime.performance._serve_terms import (
    PassTimes,
    decode_pass,
    prefill_pass,
    software_year,
    stage_chips,
)
from leadtime.performance._trees import namespace_of
from leadtime.workloads import ShapeArrays

__all__ = [
    "SERVE_TERMS",
    "Bound",
    "Phase",
    "ServeResult",
    "serve",
    "tokens_per_step",
]

Phase = Literal["mixed", "decode", "prefill"]

ENGINE_SEQUENCES = 2048.0
"""Sequences that an engine keeps running per data-parallel group, at most."""
BUSIEST = 0.9
"""Share of time in prefill beyond which the queueing estimate is not extended."""

SERVE_TERMS = ("projections", "experts", "attention", "elementwise", "head", "network", "launch", "step")
"""Terms of the breakdown of one decode step (one prefill pass in phase prefill); ``step`` is scheduling, drafting and waiting for others."""


class Bound(IntEnum):
    """What limits a configuration."""

    MEMORY = 0
    COMPUTE = 1
    NETWORK = 2
    CAPACITY = 3


class ServeResult(NamedTuple):
    """Serving of one replica, rates per chip; NaN where the code is not zero, except memory."""

    prefill_tok_s_per_chip: Array
    decode_tok_s_per_chip: Array  # output tokens
    total_tok_s_per_chip: Array  # input and output
    ttft_s: Array
    tpot_s: Array  # as a user sees it, prefill of others included
    batch: Array  # sequences of one replica
    max_batch: Array  # what its memory holds
    memory_byte_per_chip: Array
    n_chips: Array  # of one replica
    bound: Array  # Bound
    code: Array  # FailureCode
    breakdown_s: dict[str, Array]


def tokens_per_step(xp: Any, draft_tokens: Array, acceptance_frac: Array) -> Array:
    """Return the tokens that a step yields with speculation: 1 + a + a^2 ... a^j; equation (38)."""
    a = xp.clip(acceptance_frac, 1e-9, 1.0 - 1e-9)
    return xp.where(draft_tokens > 0, -xp.expm1((draft_tokens + 1.0) * xp.log(a)) / (1.0 - a), 1.0)


class _Prefill(NamedTuple):
    """Prefill of one prompt on a replica."""

    busy_s: Array  # replica time per prompt when prompts wait in line
    alone_s: Array  # latency of one prompt
    ideal_s: Array  # replica time per prompt at the roofline


class _Step(NamedTuple):
    """One operating point of a replica."""

    decode: PassTimes
    decode_s: Array  # one step, drafting and scheduling included
    overhead_s: Array
    prefill_s: Array  # replica time per prompt
    tpot_s: Array


def _waiting(xp: Any, layout: ServeLayout, efficiencies: Efficiencies) -> Array:
    """Share of a step that data-parallel groups wait for the slowest of them: lengths and prompts are never even."""
    return xp.where(layout.data > 1, efficiencies["group_imbalance_ratio"] - 1.0, 0.0)


def _decode_step(
    xp: Any,
    shape: ShapeArrays,
    chip: ChipArrays,
    layout: ServeLayout,
    work: ServeWorkload,
    efficiencies: Efficiencies,
    batch: Array,
) -> tuple[PassTimes, Array, Array]:
    """Passes over all stages, time of one step of all sequences, and its scheduling and drafting part."""
    in_stage = xp.maximum(batch / (layout.data * layout.pipeline), 1.0)
    passes = decode_pass(
        xp,
        shape,
        chip,
        layout,
        work,
        efficiencies,
        sequences=in_stage,
        context=work.input_tokens + 0.5 * work.output_tokens,
    )
    work_s = passes.total
    waiting = _waiting(xp, layout, efficiencies) * work_s
    drafting = work.draft_tokens * efficiencies["draft_cost_ratio"] * work_s
    scheduling = efficiencies["decode_step_s"] + efficiencies["sequence_overhead_s"] * batch / layout.data
    overhead = scheduling / software_year(xp, work, efficiencies["launch_era_ratio_per_yr"]) + drafting + waiting
    return passes, work_s + overhead, overhead


def _prefill(
    xp: Any, shape: ShapeArrays, chip: ChipArrays, layout: ServeLayout, work: ServeWorkload, efficiencies: Efficiencies
) -> tuple[_Prefill, PassTimes]:
    """Price prompts in passes of at most a chunk, and return one full pass; equation (32)."""
    new = work.input_tokens * (1.0 - work.cache_hit_frac)
    chunk = xp.maximum(work.chunk_tokens, 1.0)
    passes = prefill_pass(xp, shape, chip, layout, work, efficiencies, tokens=chunk)
    per_prompt = new / chunk / (layout.data * layout.pipeline)
    waiting = 1.0 + _waiting(xp, layout, efficiencies)
    first = xp.maximum(xp.minimum(new, chunk), 1.0)
    alone = prefill_pass(xp, shape, chip, layout, work, efficiencies, tokens=first)
    # Decode replays recorded launches; a lone prompt launches every kernel anew, with no other work to hide it behind.
    unhidden = alone.launch * (efficiencies["prefill_launch_ratio"] - 1.0)
    prompt = _Prefill(
        busy_s=passes.total * waiting * per_prompt,
        alone_s=(alone.total + unhidden) * xp.ceil(new / first),
        ideal_s=passes.ideal * per_prompt,
    )
    return prompt, passes


def _serve_at(
    xp: Any,
    shape: ShapeArrays,
    chip: ChipArrays,
    layout: ServeLayout,
    work: ServeWorkload,
    efficiencies: Efficiencies,
    batch: Array,
    prefill: _Prefill,
) -> _Step:
    """Time of a step and the interval between tokens that a user sees at one batch; equations (34) and (35)."""
    passes, step, overhead = _decode_step(xp, shape, chip, layout, work, efficiencies, batch)
    yielded = tokens_per_step(xp, work.draft_tokens, work.acceptance_frac)
    disturbed = efficiencies["prefill_interference_ratio"] * prefill.busy_s * batch / work.output_tokens
    floor = passes.ideal / yielded + prefill.ideal_s * batch / work.output_tokens
    interval = xp.maximum((step / yielded + disturbed) / _engine(xp, work, efficiencies), floor)
    return _Step(decode=passes, decode_s=step, overhead_s=overhead, prefill_s=prefill.busy_s, tpot_s=interval)


def _largest_batch(
    xp: Any,
    shape: ShapeArrays,
    chip: ChipArrays,
    layout: ServeLayout,
    work: ServeWorkload,
    efficiencies: Efficiencies,
    *,
    most: Array,
    prefill: _Prefill,
    limit_s: Array,
    n_halvings: int = 14,
) -> Array:
    """Largest batch whose interval between tokens stays within the limit, by bisection of its logarithm; equation (36)."""
    low = xp.zeros_like(most + limit_s)
    high = xp.log(xp.maximum(most, 1.0)) + low
    for step in range(n_halvings + 1):
        middle = high if step == 0 else 0.5 * (low + high)
        point = _serve_at(xp, shape, chip, layout, work, efficiencies, xp.floor(xp.exp(middle) + 1e-6), prefill)
        meets = point.tpot_s <= limit_s
        low = xp.where(meets, middle, low)
        high = xp.where(meets, high, middle)
    return xp.floor(xp.exp(low) + 1e-6)


def serve(
    shape: ShapeArrays,
    chip: ChipArrays,
    layout: ServeLayout,
    workload: ServeWorkload,
    efficiencies: Efficiencies,
    *,
    batch: Array | None = None,
    tpot_limit_s: Array | None = None,
    phase: Phase = "mixed",
) -> ServeResult:
    """Price serving on one replica for every configuration.

    Parameters
    ----------
    shape, chip, layout, workload, efficiencies
        As for :func:`train_step`, with serving layouts and workloads.
    batch : array_like, optional
        Sequences in flight on the replica. Without it the replica is saturated: as many as memory and engine hold, or
        as many as ``tpot_limit_s`` permits.
    tpot_limit_s : array_like, optional
        Longest time per output token that a user may see [s].
    phase : {'mixed', 'decode', 'prefill'}
        Both phases on the same chips, or one pool of a disaggregated service.

    Returns
    -------
    ServeResult
        Every field of the broadcast shape of all arguments. What does not fit has a code and NaN rates.

    Notes
    -----
    Equation (34): rate per chip = engine x B O / (O T_dec / tokens per step + interference x B T_pre) / n. The time to
    first token adds the mean wait of an M/D/1 queue whose load is the share of time spent in prefill; it holds for
    steady arrivals, not for bursts. Validity: 1 to some thousand sequences per group, contexts from 128 tokens.
    """
    xp = namespace_of(shape, chip, layout, workload, efficiencies, batch, tpot_limit_s)
    layout, sane_layout = with_usable_sizes(xp, layout, ("tensor", "pipeline", "data", "expert"))
    workload, sane = with_usable_sizes(
        xp, workload, ("input_tokens", "output_tokens", "weight_byte", "kv_byte", "chunk_tokens")
    )
    sane = sane & sane_layout
    if phase == "prefill":
        return _serve_prefill(xp, shape, chip, layout, workload, efficiencies, sane)
    if batch is not None:
        batch, sane = _usable(xp, batch, sane)
    if tpot_limit_s is not None:
        tpot_limit_s, sane = _usable(xp, tpot_limit_s, sane)
    args = (xp, shape, chip, layout, workload, efficiencies)
    prefill, passes = _prefill(*args) if phase == "mixed" else (_Prefill(0.0, float("nan"), 0.0), None)
    most = max_batch(shape, chip, layout, workload, efficiencies)
    held = xp.minimum(most, ENGINE_SEQUENCES * layout.data)
    asked = held if batch is None else batch + 0.0 * held
    if tpot_limit_s is not None and batch is None:
        asked = _largest_batch(*args, most=held, prefill=prefill, limit_s=tpot_limit_s)
    point = _serve_at(*args, xp.maximum(asked, 1.0), prefill)
    weights = weight_byte_per_chip(shape, layout, workload)
    cache = sequence_byte(xp, shape, layout, workload, efficiencies["reserve_ratio"])
    memory = weights + RUNTIME_BYTE + cache * xp.ceil(xp.maximum(asked, 1.0) / layout.data)
    late = False if tpot_limit_s is None else point.tpot_s > tpot_limit_s
    code = _code(xp, shape, chip, layout, workload, sane=sane, asked=asked, most=most, late=late, check=point.tpot_s)
    fits = xp.where(code == 0, 1.0, float("nan"))
    rate = fits * asked / (point.tpot_s * layout.pipeline * stage_chips(layout))
    answered = rate * workload.input_tokens / workload.output_tokens
    limited = held if batch is None else float("inf")
    return ServeResult(
        prefill_tok_s_per_chip=answered if phase == "mixed" else rate * float("nan"),
        decode_tok_s_per_chip=rate,
        total_tok_s_per_chip=rate + answered if phase == "mixed" else rate,
        ttft_s=_time_to_first(xp, point, prefill.alone_s, workload, efficiencies, asked) * fits,
        tpot_s=point.tpot_s * fits,
        batch=asked,
        max_batch=most,
        memory_byte_per_chip=memory,
        n_chips=layout.pipeline * stage_chips(layout) + 0.0 * memory,
        bound=_bound(xp, point, passes, workload, asked, code, limited=limited),
        code=code,
        breakdown_s=_breakdown(point.decode, point.overhead_s, _engine(xp, workload, efficiencies)),
    )


def _engine(xp: Any, work: ServeWorkload, efficiencies: Efficiencies) -> Array:
    """Rate of an engine of a year over the reference."""
    return efficiencies["engine_ratio"] * software_year(xp, work, efficiencies["serve_era_ratio_per_yr"])


def _usable(xp: Any, value: Array, sane: Any) -> tuple[Array, Any]:
    """Replace what is not positive and finite by one, and remember where."""
    number = xp.asarray(value, dtype=float)
    good = (number > 0) & xp.isfinite(number)
    return xp.where(good, number, 1.0), sane & good


def _breakdown(passes: PassTimes, overhead: Array, engine: Array) -> dict[str, Array]:
    terms = {**{name: getattr(passes, name) for name in SERVE_TERMS[:-1]}, "step": overhead}
    return {name: term / engine for name, term in terms.items()}


def _time_to_first(
    xp: Any, point: _Step, latency: Array, work: ServeWorkload, efficiencies: Efficiencies, batch: Array
) -> Array:
    """Prefill of the prompt, stretched by the decode steps between its chunks, and the mean wait for others."""
    engine = _engine(xp, work, efficiencies)
    busy = point.prefill_s * batch / (work.output_tokens * point.tpot_s * engine)
    load = xp.minimum(busy * (batch - 1.0) / xp.maximum(batch, 1.0), BUSIEST)
    return (latency * (1.0 + 0.5 * load / (1.0 - load)) + point.decode_s) / engine


def _serve_prefill(
    xp: Any,
    shape: ShapeArrays,
    chip: ChipArrays,
    layout: ServeLayout,
    work: ServeWorkload,
    efficiencies: Efficiencies,
    sane: Any,
) -> ServeResult:
    """Price a pool that only prefills: prompts wait in line, their caches leave when done."""
    prefill, passes = _prefill(xp, shape, chip, layout, work, efficiencies)
    engine = _engine(xp, work, efficiencies)
    per_pass = xp.ceil(work.chunk_tokens / xp.maximum(work.input_tokens, 1.0))  # prompts whose caches are held at once
    held = sequence_byte(xp, shape, layout, work._replace(output_tokens=0.0), 0.0) * per_pass
    memory = weight_byte_per_chip(shape, layout, work) + RUNTIME_BYTE + held
    most = xp.where(memory <= USABLE_FRAC * chip.capacity_byte, layout.data * per_pass, 0.0)
    code = _code(xp, shape, chip, layout, work, sane=sane, asked=1.0, most=most, late=False, check=prefill.busy_s)
    fits = xp.where(code == 0, 1.0, float("nan"))
    n_chips = layout.pipeline * stage_chips(layout)
    each = xp.maximum(prefill.busy_s / engine, prefill.ideal_s)
    rate = fits * work.input_tokens * (1.0 - work.cache_hit_frac) / (each * n_chips)
    shares = xp.stack(xp.broadcast_arrays(passes.memory_bound, passes.compute_bound, passes.network))
    return ServeResult(
        prefill_tok_s_per_chip=rate,
        decode_tok_s_per_chip=rate * float("nan"),
        total_tok_s_per_chip=rate,
        ttft_s=fits * prefill.alone_s / engine,
        tpot_s=rate * float("nan"),
        batch=most,
        max_batch=most,
        memory_byte_per_chip=memory,
        n_chips=n_chips + 0.0 * memory,
        bound=xp.where(code == int(FailureCode.MEMORY), int(Bound.CAPACITY), xp.argmax(shares, axis=0)),
        code=code,
        breakdown_s=_breakdown(passes, 0.0 * each, engine),
    )


def _bound(
    xp: Any, point: _Step, prefill: PassTimes | None, work: ServeWorkload, batch: Array, code: Array, *, limited: Array
) -> Array:
    """Tell what a faster chip would have to improve: the largest share of a request's time, or the memory's size.

    Where memory sets the batch and most of the time is spent on weights or launches, more capacity helps most.
    """
    steps = work.output_tokens / tokens_per_step(xp, work.draft_tokens, work.acceptance_frac)
    memory, compute, network = (
        steps * part for part in (point.decode.memory_bound, point.decode.compute_bound, point.decode.network)
    )
    if prefill is not None:
        scale = point.prefill_s * batch / prefill.total
        memory, compute, network = (
            memory + scale * prefill.memory_bound,
            compute + scale * prefill.compute_bound,
            network + scale * prefill.network,
        )
    shares = xp.stack(xp.broadcast_arrays(memory, compute, network))
    largest = xp.argmax(shares, axis=0)
    fixed = steps * (point.decode_s - point.decode.attention - point.decode.compute_bound - point.decode.network)
    starved = (batch >= limited) & (fixed > 0.5 * xp.sum(shares, axis=0)) & (largest == int(Bound.MEMORY))
    return xp.where(starved | (code == int(FailureCode.MEMORY)), int(Bound.CAPACITY), largest)


def _code(
    xp: Any,
    shape: ShapeArrays,
    chip: ChipArrays,
    layout: ServeLayout,
    work: ServeWorkload,
    *,
    sane: Any,
    asked: Array,
    most: Array,
    late: Any,
    check: Array,
) -> Array:
    """Return the first reason for which a configuration is infeasible."""
    stage = stage_chips(layout)
    experts = shape.experts
    mixture = experts.n_layers > 0
    misfit = (
        (layout.expert > stage)
        | (xp.remainder(stage, layout.expert) > 1e-6)
        | (layout.expert > experts.n_experts + layout.redundant)
    )
    needed = xp.maximum(asked, 1.0)
    return first_failure(
        xp,
        (~sane, FailureCode.INVALID),
        (xp.remainder(shape.size.n_heads, layout.tensor) > 1e-6, FailureCode.HEADS_DO_NOT_DIVIDE),
        (layout.pipeline > shape.size.n_layers, FailureCode.TOO_FEW_LAYERS),
        (mixture & misfit, FailureCode.EXPERTS_DO_NOT_DIVIDE),
        (most < needed, FailureCode.MEMORY),
        (late, FailureCode.LATENCY),
        (~xp.isfinite(check), FailureCode.NETWORK_UNKNOWN),
    )
