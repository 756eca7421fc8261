"""One forward pass of a serving replica, per operation: arithmetic, traffic, network and launch times."""

from typing import Any, NamedTuple

from leadtime.arrays import Array
from leadtime.performance._chips import ChipArrays
from leadtime.performance._collectives import (
    Link,
    all_gather_s,
    all_reduce_s,
    expert_exchange_s,
    link_for,
    point_to_point_s,
)
from leadtime.performance._efficiencies import Efficiencies
from leadtime.performance._layouts import ServeLayout, ServeWorkload
from leadtime.performance._roofline import (
    OperationTime,
    causal_attention_s,
    decode_attention_s,
    elementwise_s,
    gemm_s,
    grouped_gemm_s,
    size_factor,
    touched_experts,
)
from leadtime.performance._shapes import n_blocks, passed_values, read_byte, timed_attention_flop
from leadtime.workloads import ShapeArrays

__all__ = ["PassTimes", "common_byte", "decode_pass", "prefill_pass", "software_year", "stage_chips"]

HIDDEN_PASSES = 8.0
"""Reads and writes of the hidden width per layer that fused serving kernels leave: twice residual in and out, sum in, norm out.
Tensor ranks all do them; what they split are activations (gate and up in, product out) and rotated queries."""
HEAD_BYTE = 2.0
"""Bytes per weight of the output head and the token tables, which quantised checkpoints leave at 16 bit."""
HIDEABLE_BY_COMPUTE = 0.85
"""Share of a half-batch's arithmetic behind which the other half's expert traffic can run."""


REFERENCE_YEAR = 2025.0
"""Year of the serving software that efficiencies describe."""


class PassTimes(NamedTuple):
    """Seconds of one pass over all layers, on the chips of one replica."""

    projections: Array
    experts: Array
    attention: Array
    elementwise: Array
    head: Array
    network: Array
    launch: Array
    compute_bound: Array  # part of the sum that arithmetic sets
    memory_bound: Array  # part that memory traffic sets
    ideal: Array  # sum of the rooflines of the operations: no engine goes below it

    @property
    def total(self) -> Array:
        """Time of the pass."""
        return (
            self.projections + self.experts + self.attention + self.elementwise + self.head + self.network + self.launch
        )


def stage_chips(layout: ServeLayout) -> Array:
    """Return the chips of one pipeline stage: tensor x data."""
    return layout.tensor * layout.data


def software_year(xp: Any, work: ServeWorkload, ratio_per_yr: Array) -> Array:
    """Return the gain of serving software since the reference year, at a yearly ratio."""
    return xp.exp(xp.log(ratio_per_yr) * (work.year - REFERENCE_YEAR))


def dense_byte(xp: Any, work: ServeWorkload) -> Array:
    """Return bytes per weight of what is wide outside the routed experts."""
    return xp.where(xp.isnan(xp.asarray(work.dense_weight_byte)), work.weight_byte, work.dense_weight_byte)


def common_byte(xp: Any, work: ServeWorkload) -> Array:
    """Return mean bytes per weight of attention, dense layers and shared experts."""
    return work.wide_frac * dense_byte(xp, work) + (1.0 - work.wide_frac) * work.weight_byte


class _Pass(NamedTuple):
    """What both phases share: rows of one data-parallel group, and of the whole stage."""

    xp: Any
    shape: ShapeArrays
    chips: ChipArrays
    layout: ServeLayout
    work: ServeWorkload
    efficiencies: Efficiencies
    rows: Array
    stage_rows: Array


def _product(call: _Pass, *, weights: Array, weight_byte: Array, peak: Array, passed: Array) -> OperationTime:
    """Time of products with ``weights`` weights that move ``passed`` values per row; equations (8) and (9).

    Half of the rate is reached at a multiple of the rows for which arithmetic, at the rate of large products, takes as long
    as reading the weights: products of a few rows take a multiple of that reading, however fast large ones are.
    """
    chips, efficiencies = call.chips, call.efficiencies
    rate = efficiencies["gemm_serve_frac"] * _widening(call, weight_byte, peak)
    half = efficiencies["gemm_serve_half_ratio"] * weight_byte * peak * rate / chips.bandwidth_byte_per_s
    return gemm_s(
        rows=call.rows,
        weights=weights,
        peak_flop_per_s=peak,
        bandwidth_byte_per_s=chips.bandwidth_byte_per_s,
        efficiency=rate * size_factor(call.rows, half),
        memory_efficiency=efficiencies["memory_frac"],
        weight_byte=weight_byte,
        activation_byte=2.0 * call.rows * passed,
    )


def _widening(call: _Pass, weight_byte: Array, peak: Array) -> Array:
    """Rate of products in 16 bit whose weights are stored narrower, over that of plain ones."""
    widened = (weight_byte < 2.0) & (peak <= call.chips.attention_flop_per_s)
    return call.xp.where(widened, call.efficiencies["dequantised_frac"], 1.0)


def _projections(call: _Pass) -> OperationTime:
    """Mixers, dense feed-forward layers, shared experts, routers: everything that every token meets, the head apart."""
    xp, size, weights, tp = call.xp, call.shape.size, call.shape.weights, call.layout.tensor
    width = dense_byte(xp, call.work)
    local = (
        weights.matmul
        - weights.head
        - call.shape.experts.n_active * call.shape.experts.n_layers * call.shape.experts.weights
    ) / tp
    passed = (
        size.n_layers * 2.0 * size.hidden
        + (2.0 * size.query * size.n_attention_layers + 3.0 * size.feed_forward * size.n_dense_layers) / tp
    )
    share = call.work.wide_frac
    peak = xp.where(width >= 2.0, call.chips.attention_flop_per_s, call.chips.peak_flop_per_s)
    wide = _product(call, weights=share * local, weight_byte=width, peak=peak, passed=passed)
    narrow = _product(
        call,
        weights=(1.0 - share) * local,
        weight_byte=call.work.weight_byte,
        peak=call.chips.peak_flop_per_s,
        passed=0.0,
    )
    return OperationTime(*(one + other for one, other in zip(wide, narrow, strict=True)))


def _experts(call: _Pass) -> OperationTime:
    """Routed experts of all layers; equation (10)."""
    experts, layout, efficiencies, chips = call.shape.experts, call.layout, call.efficiencies, call.chips
    peak, width = chips.peak_flop_per_s, call.work.weight_byte
    share = layout.expert / stage_chips(layout)  # of one expert's weights that a chip holds
    touched = touched_experts(experts.n_experts / layout.expert, experts.n_experts, experts.n_active, call.stage_rows)
    rate = efficiencies["gemm_serve_frac"] * efficiencies["expert_serve_frac"] * _widening(call, width, peak)
    time = grouped_gemm_s(
        routed_rows=call.stage_rows * experts.n_active / layout.expert,
        touched=touched,
        weights=experts.weights * share,
        peak_flop_per_s=peak,
        bandwidth_byte_per_s=chips.bandwidth_byte_per_s,
        efficiency=rate,
        half_size=efficiencies["expert_half_ratio"] * width * peak * rate / chips.bandwidth_byte_per_s,
        memory_efficiency=efficiencies["memory_frac"] * efficiencies["expert_memory_frac"],
        weight_byte=width,
        imbalance=call.xp.where(layout.expert > 1, efficiencies["expert_imbalance_ratio"], 1.0),
    )
    return OperationTime(*(experts.n_layers * part for part in time))


def _head(call: _Pass, rows: Array) -> OperationTime:
    """Output head for the rows whose next token is wanted."""
    local = call.shape.weights.head / call.layout.tensor
    return _product(
        call._replace(rows=rows), weights=local, weight_byte=HEAD_BYTE, peak=call.chips.attention_flop_per_s, passed=0.0
    )


def _elementwise(call: _Pass) -> Array:
    size, experts, tp = call.shape.size, call.shape.experts, call.layout.tensor
    split = passed_values(call.shape) + 4.0 * experts.n_active * experts.latent * experts.n_layers
    moved = HIDDEN_PASSES * size.hidden * n_blocks(call.shape) + split / tp
    return elementwise_s(
        traffic_byte=2.0 * call.rows * moved,
        bandwidth_byte_per_s=call.chips.bandwidth_byte_per_s,
        memory_efficiency=call.efficiencies["memory_frac"],
    )


def _link(call: _Pass, n_ranks: Array, share: str, latency: str) -> Link:
    return link_for(
        call.chips,
        n_ranks=n_ranks,
        inside_frac=call.efficiencies[share],
        outside_frac=call.efficiencies["scale_out_frac"],
        latency_s=call.efficiencies[latency],
        outside_latency_s=call.efficiencies["scale_out_latency_s"],
    )


def _network(call: _Pass, compute: Array, *, bulk: bool) -> Array:
    """All-reduces of tensor parallelism, expert traffic, pipeline sends of one pass; equation (30).

    Prefill moves megabytes at the rates of library collectives (``bulk``), decode kilobytes with kernels made for low
    latency, which reach less of the bandwidth.
    """
    xp, size, layout, work, experts = call.xp, call.shape.size, call.layout, call.work, call.shape.experts
    reducing = (
        ("all_reduce_frac", "collective_latency_s") if bulk else ("serve_collective_frac", "small_collective_latency_s")
    )
    routing = "collective_frac" if bulk else "serve_collective_frac"
    link = _link(call, layout.tensor, *reducing)
    era = software_year(xp, work, call.efficiencies["launch_era_ratio_per_yr"])
    reduced = all_reduce_s(2.0 * call.rows * size.hidden, link._replace(latency_s=link.latency_s / era))
    spread = layout.data > 1  # experts lie across groups that hold different sequences
    n_mixers = size.n_attention_layers + size.n_linear_layers
    n_reduced = n_mixers + size.n_dense_layers + xp.where(spread, 0.0, experts.n_layers)
    exchange = {
        "n_tokens": call.rows / layout.tensor,
        "width": experts.latent,
        "n_active": experts.n_active,
        "link": _link(call, layout.expert, routing, "all_to_all_latency_s"),
        "n_limit": work.node_limit,
        "combined": bulk,
    }
    routed = expert_exchange_s(byte_per_value=work.dispatch_byte, **exchange) + expert_exchange_s(
        byte_per_value=2.0, **exchange
    )
    stage = _link(call, stage_chips(layout), routing, "collective_latency_s")
    gathered = 2.0 * all_gather_s(2.0 * call.stage_rows * size.hidden, stage)
    # Engines exchange tokens by whichever is faster: gathering all of them, or sending each to its experts.
    mixture = experts.n_layers * xp.where(layout.expert > 1, xp.minimum(routed, gathered), gathered)
    hidden = work.two_batch * xp.minimum(
        call.efficiencies["overlap_all_to_all_frac"] * mixture, HIDEABLE_BY_COMPUTE * compute
    )
    line = _link(call, layout.pipeline * stage_chips(layout), routing, "collective_latency_s")
    sent = xp.where(
        layout.pipeline > 1,
        layout.pipeline * point_to_point_s(2.0 * call.rows * size.hidden / layout.tensor, line),
        0.0,
    )
    return n_reduced * reduced + xp.where(spread, mixture - hidden, 0.0) + sent


def _launch(call: _Pass) -> Array:
    """Time per layer that no roofline explains; equation (14). Added, not maximised: single sequences need it."""
    size, values = call.shape.size, call.efficiencies
    sparse = call.xp.where(call.shape.attention.selected_flop_per_context > 0, size.n_attention_layers, 0.0)
    spent = (
        values["layer_launch_s"] * n_blocks(call.shape)
        + values["expert_launch_s"] * call.shape.experts.n_layers
        + values["sparse_launch_s"] * sparse
    )
    return spent / software_year(call.xp, call.work, values["launch_era_ratio_per_yr"])


def _summed(call: _Pass, attention: OperationTime, head: OperationTime, *, bulk: bool) -> PassTimes:
    """Add up the operations, and which of arithmetic and traffic set each of them."""
    xp = call.xp
    operations = (_projections(call), _experts(call), attention, head)
    times = [operation.total for operation in operations]
    arithmetic = sum(
        xp.where(each.compute >= each.memory, time, 0.0) for each, time in zip(operations, times, strict=True)
    )
    elementwise = _elementwise(call)
    return PassTimes(
        projections=times[0],
        experts=times[1],
        attention=times[2],
        elementwise=elementwise,
        head=times[3],
        network=_network(call, times[0] + times[1] + times[2], bulk=bulk),
        launch=_launch(call),
        compute_bound=arithmetic,
        memory_bound=times[0] + times[1] + times[2] + times[3] - arithmetic + elementwise,
        ideal=sum(operation.ideal for operation in operations),
    )


def decode_pass(
    xp: Any,
    shape: ShapeArrays,
    chips: ChipArrays,
    layout: ServeLayout,
    work: ServeWorkload,
    efficiencies: Efficiencies,
    *,
    sequences: Array,
    context: Array,
) -> PassTimes:
    """Return the time in which every sequence advances by one step at a mean ``context``; equations (29) and (30).

    ``sequences`` are those of one data-parallel group and one pipeline micro-batch. With speculation each brings its
    proposed tokens along.
    """
    rows = sequences * (1.0 + work.draft_tokens)
    call = _Pass(xp, shape, chips, layout, work, efficiencies, rows, rows * layout.data)
    latent = shape.cache.replicated > 0
    heads = xp.where(latent, 1.0, xp.minimum(layout.tensor, xp.maximum(shape.size.n_kv_heads, 1.0)))
    attention = decode_attention_s(
        flop=timed_attention_flop(shape, context, efficiencies["recurrent_frac"], causal=False, absorbed=1.0)
        * rows
        / layout.tensor,
        read_byte=read_byte(shape, context, work.kv_byte) * sequences / heads,
        peak_flop_per_s=chips.attention_flop_per_s,
        bandwidth_byte_per_s=chips.bandwidth_byte_per_s,
        efficiency=efficiencies["latent_decode_frac"],
        memory_efficiency=xp.where(latent, efficiencies["latent_memory_frac"], efficiencies["kv_memory_frac"]),
    )
    return _summed(call, attention, _head(call, rows), bulk=False)


def prefill_pass(
    xp: Any,
    shape: ShapeArrays,
    chips: ChipArrays,
    layout: ServeLayout,
    work: ServeWorkload,
    efficiencies: Efficiencies,
    *,
    tokens: Array,
) -> PassTimes:
    """Return the time of a pass over ``tokens`` prompt tokens per data-parallel group; equation (32).

    The tokens belong to whole prompts, or to an average chunk of one; keys and values of cached tokens are there.
    """
    call = _Pass(xp, shape, chips, layout, work, efficiencies, tokens, tokens * layout.data)
    new = work.input_tokens * (1.0 - work.cache_hit_frac)
    per_token = prompt_attention_flop(xp, shape, work, efficiencies["recurrent_frac"]) / xp.maximum(new, 1.0)
    flop = per_token * tokens / layout.tensor
    time = causal_attention_s(
        flop=flop,
        length=work.input_tokens,
        peak_flop_per_s=chips.attention_flop_per_s,
        efficiency=efficiencies["attention_prefill_frac"],
        half_length=efficiencies["attention_half_tokens"],
    )
    prompts = tokens / xp.maximum(new, 1.0)
    attention = OperationTime(time, 0.0 * time, flop / chips.attention_flop_per_s)
    return _summed(call, attention, _head(call, xp.maximum(prompts, 1.0)), bulk=True)


def prompt_attention_flop(xp: Any, shape: ShapeArrays, work: ServeWorkload, recurrent_frac: Array) -> Array:
    """Return timed FLOP of attention over the new tokens of one prompt: of the whole less that of the cached part."""
    cached = work.input_tokens * work.cache_hit_frac
    whole = work.input_tokens * timed_attention_flop(shape, work.input_tokens, recurrent_frac, causal=True)
    return whole - cached * timed_attention_flop(shape, xp.maximum(cached, 1.0), recurrent_frac, causal=True)
