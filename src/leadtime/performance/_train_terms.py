"""The parts of one micro-batch's forward pass over all layers of a model, on one chip of each pipeline stage."""

from typing import Any, NamedTuple

from leadtime.arrays import Array
from leadtime.performance._chips import ChipArrays, ridge_flop_per_byte
from leadtime.performance._collectives import Link, all_gather_s, expert_exchange_s, link_for
from leadtime.performance._efficiencies import Efficiencies
from leadtime.performance._layouts import TrainLayout, TrainWorkload
from leadtime.performance._roofline import (
    causal_attention_s,
    elementwise_s,
    gemm_s,
    grouped_gemm_s,
    harmonic_size,
    size_factor,
    touched_experts,
)
from leadtime.performance._shapes import n_blocks, passed_values, timed_attention_flop
from leadtime.workloads import ShapeArrays

__all__ = ["ForwardTimes", "data_ranks", "forward_times", "group_link", "micro_batch_tokens"]

REFERENCE_YEAR = 2024.0
"""Year of the training software that efficiencies describe."""
UNFUSED_SCORE_BYTE = 11.0
"""Traffic per attention score where scores go through memory: written, softmax read and written, mask, dropout (16 bit)."""
LOGIT_BYTE = 10.0
"""Traffic per logit of the loss, forward and backward: 16-bit logits, 32-bit softmax, gradient."""
PERMUTED_COPIES = 4.0
"""Times a routed token is written or read in memory around the experts: permuted and un-permuted, each both ways."""


class ForwardTimes(NamedTuple):
    """Forward seconds of one micro-batch, all layers together; divide by the pipeline degree for an average stage."""

    gemm: Array  # attention projections, recurrent mixers, dense and shared feed-forward
    experts: Array  # grouped products of routed experts
    attention: Array
    score_traffic: Array  # of unfused attention
    elementwise: Array
    launch: Array  # per mixture layer, not explained by a roofline
    tensor: Array  # tensor-parallel traffic, whole
    expert_traffic: Array  # dispatch and combination, whole
    context: Array  # exchange of keys and values, whole
    head_gemm: Array  # output head, on the last stage
    head_traffic: Array  # logits and loss, forward and backward


def data_ranks(layout: TrainLayout) -> Array:
    """Return the number of data-parallel ranks."""
    return layout.n_chips / (layout.tensor * layout.pipeline * layout.context)


def micro_batch_tokens(layout: TrainLayout, work: TrainWorkload) -> Array:
    """Return the tokens of one micro-batch that one tensor-parallel group sees."""
    return layout.micro_batch * work.sequence_tokens / layout.context


def group_link(chips: ChipArrays, efficiencies: Efficiencies, n_ranks: Array, stride: Array) -> Link:
    """Return the link of a training group with library collectives."""
    return link_for(
        chips,
        n_ranks=n_ranks,
        stride=stride,
        inside_frac=efficiencies["collective_frac"],
        outside_frac=efficiencies["scale_out_frac"],
        latency_s=efficiencies["collective_latency_s"],
        outside_latency_s=efficiencies["scale_out_latency_s"],
    )


def forward_times(
    xp: Any, shape: ShapeArrays, chips: ChipArrays, layout: TrainLayout, work: TrainWorkload, efficiencies: Efficiencies
) -> ForwardTimes:
    """Return the terms of equation (18), with the whole traffic of (16), (21) and (22)."""
    size, tp = shape.size, layout.tensor
    tokens = micro_batch_tokens(layout, work)
    experts, permutation = _experts(xp, shape, chips, layout, work, efficiencies)
    passes = efficiencies["elementwise_count"] + work.lora * efficiencies["adapter_count"]
    moved = passes * size.hidden * n_blocks(shape) + passed_values(shape)
    stream = {"bandwidth_byte_per_s": chips.bandwidth_byte_per_s, "memory_efficiency": efficiencies["memory_frac"]}
    attention, score_traffic = _attention(xp, shape, chips, layout, work, efficiencies)
    head_gemm, head_traffic = _head(xp, shape, chips, layout, work, efficiencies)
    return ForwardTimes(
        gemm=_projections(xp, shape, chips, layout, work, efficiencies),
        experts=experts,
        attention=attention,
        score_traffic=score_traffic,
        elementwise=elementwise_s(traffic_byte=(2.0 * moved * tokens + permutation) / tp, **stream),
        launch=_launch(xp, shape, work, efficiencies),
        tensor=_tensor_traffic(xp, shape, chips, layout, work, efficiencies),
        expert_traffic=_expert_traffic(shape, chips, layout, work, efficiencies),
        context=_context_traffic(shape, chips, layout, work, efficiencies),
        head_gemm=head_gemm,
        head_traffic=head_traffic,
    )


def _launch(xp: Any, shape: ShapeArrays, work: TrainWorkload, efficiencies: Efficiencies) -> Array:
    """Time per mixture layer that no roofline explains: the host launches many small kernels and waits for token counts."""
    era = xp.exp(xp.log(efficiencies["train_launch_era_ratio_per_yr"]) * (work.year - REFERENCE_YEAR))
    each = efficiencies["expert_launch_train_s"] * efficiencies["host_launch_ratio"] / era
    return each * shape.experts.n_layers


def _product(
    chips: ChipArrays,
    work: TrainWorkload,
    efficiencies: Efficiencies,
    *,
    rows: Array,
    weights: Array,
    n: Array,
    k: Array,
    passed: Array,
) -> Array:
    """Time of products with ``weights`` weights in all, of typical size rows x n x k, that move ``passed`` values; equation (8)."""
    half = efficiencies["gemm_train_half_ratio"] * ridge_flop_per_byte(chips)
    return gemm_s(
        rows=rows,
        weights=weights,
        peak_flop_per_s=chips.peak_flop_per_s,
        bandwidth_byte_per_s=chips.bandwidth_byte_per_s,
        efficiency=efficiencies["gemm_train_frac"] * size_factor(harmonic_size(rows, n, k), half),
        memory_efficiency=efficiencies["memory_frac"],
        weight_byte=work.weight_byte,
        activation_byte=2.0 * rows * passed,
    ).total


def _projections(
    xp: Any, shape: ShapeArrays, chips: ChipArrays, layout: TrainLayout, work: TrainWorkload, efficiencies: Efficiencies
) -> Array:
    """Products of mixers, of dense feed-forward layers, and of shared experts with their routers."""
    size, weights, tp = shape.size, shape.weights, layout.tensor
    rows, d = micro_batch_tokens(layout, work), size.hidden
    query = xp.where(size.query > 0, size.query, d)
    shared = xp.maximum(shape.experts.shared_width, shape.experts.n_experts)
    n_mixers = size.n_attention_layers + size.n_linear_layers
    mixers = _product(
        chips, work, efficiencies,
        rows=rows, weights=(weights.attention + weights.linear) / tp, n=query / tp, k=d, passed=n_mixers * 2.0 * (d + query / tp),
    )  # fmt: skip
    dense = _product(
        chips, work, efficiencies,
        rows=rows, weights=weights.mlp / tp, n=size.feed_forward / tp, k=d,
        passed=size.n_dense_layers * (2.0 * d + 3.0 * size.feed_forward / tp),
    )  # fmt: skip
    beside = _product(
        chips, work, efficiencies,
        rows=rows, weights=weights.shared / tp, n=shared / tp, k=d, passed=shape.experts.n_layers * 2.0 * shape.experts.shared_width / tp,
    )  # fmt: skip
    return mixers + dense + beside


def _experts(
    xp: Any, shape: ShapeArrays, chips: ChipArrays, layout: TrainLayout, work: TrainWorkload, efficiencies: Efficiencies
) -> tuple[Array, Array]:
    """Time of the routed experts of all layers, and the bytes moved to sort tokens by expert; equation (10)."""
    experts = shape.experts
    own = micro_batch_tokens(layout, work) / layout.tensor
    routed = own * experts.n_active * layout.expert_tensor
    touched = touched_experts(
        experts.n_experts / layout.expert,
        experts.n_experts,
        experts.n_active,
        own * layout.expert * layout.expert_tensor,
    )
    products = grouped_gemm_s(
        routed_rows=routed,
        touched=touched,
        weights=experts.weights / layout.expert_tensor,
        peak_flop_per_s=chips.peak_flop_per_s,
        bandwidth_byte_per_s=chips.bandwidth_byte_per_s,
        efficiency=efficiencies["gemm_train_frac"] * efficiencies["expert_train_frac"],
        half_size=efficiencies["expert_half_ratio"] * 2.0 * chips.attention_flop_per_s / chips.bandwidth_byte_per_s,
        memory_efficiency=efficiencies["memory_frac"] * efficiencies["expert_memory_frac"],
        weight_byte=work.weight_byte,
        imbalance=work.imbalance,
    )
    permutation = PERMUTED_COPIES * 2.0 * own * experts.n_active * experts.latent * experts.n_layers * layout.tensor
    return experts.n_layers * products.total, permutation


def _attention(
    xp: Any, shape: ShapeArrays, chips: ChipArrays, layout: TrainLayout, work: TrainWorkload, efficiencies: Efficiencies
) -> tuple[Array, Array]:
    """Attention proper of all layers, and the traffic of scores where no fused kernel keeps them on the chip; (11)."""
    tokens = micro_batch_tokens(layout, work) / layout.tensor
    flop = timed_attention_flop(shape, work.sequence_tokens, efficiencies["recurrent_frac"], causal=True) * tokens
    unfused = 1.0 - work.fused_attention
    time = causal_attention_s(
        flop=flop * (1.0 + unfused),  # an unfused kernel computes the masked half too
        length=work.sequence_tokens,
        peak_flop_per_s=chips.attention_flop_per_s,
        efficiency=xp.minimum(efficiencies["attention_train_frac"] * efficiencies["framework_attention_ratio"], 1.0),
        half_length=efficiencies["attention_half_tokens"],
    )
    scores = tokens * work.sequence_tokens * shape.size.n_heads * shape.size.n_attention_layers
    traffic = elementwise_s(
        traffic_byte=unfused * UNFUSED_SCORE_BYTE * scores,
        bandwidth_byte_per_s=chips.bandwidth_byte_per_s,
        memory_efficiency=efficiencies["memory_frac"],
    )
    return time, traffic


def _head(
    xp: Any, shape: ShapeArrays, chips: ChipArrays, layout: TrainLayout, work: TrainWorkload, efficiencies: Efficiencies
) -> tuple[Array, Array]:
    """Output head and loss; a training run with multi-token prediction passes the head once more per block."""
    rows, local = micro_batch_tokens(layout, work), shape.size.vocabulary / layout.tensor
    product = _product(
        chips, work, efficiencies,
        rows=rows, weights=shape.weights.head / layout.tensor, n=local, k=shape.size.hidden, passed=local,
    )  # fmt: skip
    traffic = elementwise_s(
        traffic_byte=LOGIT_BYTE * rows * local,
        bandwidth_byte_per_s=chips.bandwidth_byte_per_s,
        memory_efficiency=efficiencies["memory_frac"],
    )
    return product, traffic


def _tensor_traffic(
    xp: Any, shape: ShapeArrays, chips: ChipArrays, layout: TrainLayout, work: TrainWorkload, efficiencies: Efficiencies
) -> Array:
    """Gathers and scatters of activations, two per mixer and two per feed-forward that tensor ranks split; equation (21)."""
    size = shape.size
    split = xp.where((layout.expert_tensor > 1) | (shape.experts.shared_width > 0), 1.0, 0.0)
    n_calls = 2.0 * (
        size.n_attention_layers + size.n_linear_layers + size.n_dense_layers + shape.experts.n_layers * split
    )
    link = group_link(chips, efficiencies, layout.tensor, 1.0)
    return n_calls * all_gather_s(2.0 * micro_batch_tokens(layout, work) * size.hidden, link)


def _expert_traffic(
    shape: ShapeArrays, chips: ChipArrays, layout: TrainLayout, work: TrainWorkload, efficiencies: Efficiencies
) -> Array:
    """Dispatch and combination of every mixture layer; equation (16)."""
    link = group_link(chips, efficiencies, layout.expert * layout.expert_tensor, 1.0)
    moved = {
        "n_tokens": micro_batch_tokens(layout, work) / layout.tensor,
        "width": shape.experts.latent,
        "n_active": shape.experts.n_active,
        "link": link,
    }
    return shape.experts.n_layers * (
        expert_exchange_s(byte_per_value=work.dispatch_byte, **moved) + expert_exchange_s(byte_per_value=2.0, **moved)
    )


def _context_traffic(
    shape: ShapeArrays, chips: ChipArrays, layout: TrainLayout, work: TrainWorkload, efficiencies: Efficiencies
) -> Array:
    """Keys and values of the whole sequence, gathered over context ranks in every attention layer; equation (22)."""
    link = group_link(chips, efficiencies, layout.context, layout.tensor)
    gathered = 2.0 * layout.micro_batch * work.sequence_tokens * shape.size.key_value / layout.tensor
    return shape.size.n_attention_layers * all_gather_s(gathered, link)
