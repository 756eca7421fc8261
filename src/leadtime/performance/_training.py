"""Time, memory and utilisation of training steps; equations (8)-(28)."""

from typing import Any, NamedTuple

from leadtime.arrays import Array
from leadtime.performance._chips import ChipArrays
from leadtime.performance._codes import FailureCode, first_failure, with_usable_sizes
from leadtime.performance._collectives import Link, all_gather_s, point_to_point_s, reduce_scatter_s
from leadtime.performance._efficiencies import Efficiencies
from leadtime.performance._layouts import Recompute, Sharding, TrainLayout, TrainWorkload
from leadtime.performance._train_memory import ADAPTER_FRAC, LocalWeights, local_weights, train_memory_byte
from leadtime.performance._train_terms import (
    REFERENCE_YEAR,
    ForwardTimes,
    data_ranks,
    forward_times,
    group_link,
    micro_batch_tokens,
)
from leadtime.performance._trees import namespace_of
from leadtime.workloads import ShapeArrays, attention_flop_per_token

__all__ = ["TRAIN_TERMS", "TrainResult", "train_flop_per_token", "train_step"]

BACKWARD_ATTENTION = 2.6
"""Backward over forward time of fused attention: five products for two, at a slightly lower rate."""
SELECTIVE_AGAIN_FRAC = 0.6
"""Share of element-wise work that selective recomputation does again."""
HIDEABLE_BY_ATTENTION = 0.7
"""Share of attention time behind which the exchange of keys and values can run."""
HIDEABLE_BY_COMPUTE = 0.85
"""Share of arithmetic time behind which gathers of weights and expert traffic can run."""
OPTIMIZER_TRAFFIC_BYTE = 30.0
"""Traffic of one Adam update per weight: read and write master copy and two moments, read gradient, write weight."""
_LAYOUT_SIZES = ("n_chips", "tensor", "pipeline", "virtual", "context", "expert", "expert_tensor", "micro_batch")

TRAIN_TERMS = (
    "gemm", "experts", "attention", "elementwise", "expert_launch", "head", "tensor_traffic", "expert_traffic",
    "context_traffic", "weight_gathers", "stage_imbalance", "pipeline_bubble", "pipeline_sends", "data_traffic", "optimizer", "fixed",
)  # fmt: skip
"""Terms of the breakdown of a step, in order; they sum to the step time."""


class TrainResult(NamedTuple):
    """One training step; NaN where the code is not zero, except memory."""

    step_time_s: Array
    tokens_per_s_per_chip: Array
    mfu_frac: Array  # model FLOP over the peak of the precision of arithmetic; causal attention counted once
    hfu_frac: Array  # the same with recomputation counted
    model_flop_per_token: Array
    memory_byte_per_chip: Array
    code: Array  # FailureCode
    n_data: Array  # data-parallel ranks
    n_micro_batches: Array
    breakdown_s: dict[str, Array]  # by TRAIN_TERMS


def train_flop_per_token(shape: ShapeArrays, sequence_tokens: Array, *, lora: Array = 0.0) -> Array:
    """Return model FLOP per trained token: three forward passes, two where only adapters learn; equation (7).

    Attention is causal: a token sees half of the sequence on average. Multi-token prediction is not counted.
    """
    forward = 2.0 * shape.weights.matmul + attention_flop_per_token(shape.attention, sequence_tokens, causal=True)
    return (3.0 - lora) * forward


def train_step(
    shape: ShapeArrays, chip: ChipArrays, layout: TrainLayout, workload: TrainWorkload, efficiencies: Efficiencies
) -> TrainResult:
    """Price one training step for every configuration.

    Parameters
    ----------
    shape : ShapeArrays
        Models, from :func:`leadtime.workloads.shape_arrays`.
    chip : ChipArrays
        Chips at the precision of arithmetic, from :func:`chip_arrays`.
    layout : TrainLayout
        Parallel layout; an expert degree means nothing for a dense model.
    workload : TrainWorkload
        Sequence, batch, style.
    efficiencies : Efficiencies
        From :meth:`EfficiencyTable.efficiencies`; anything indexed by parameter name serves.

    Returns
    -------
    TrainResult
        Every field of the broadcast shape of all arguments.

    Notes
    -----
    Equation (24): step = (m T_stage + bubble + sends + gathers + data traffic + optimiser + fixed) x stragglers /
    (framework x era), never below the roofline of its arithmetic. Validity: decoders from 10^8 weights, 1 to some 10^5
    chips, sequences from 512 tokens.
    """
    xp = namespace_of(shape, chip, layout, workload, efficiencies)
    layout, sane_layout = with_usable_sizes(xp, layout, _LAYOUT_SIZES)
    workload, sane_work = with_usable_sizes(xp, workload, ("sequence_tokens", "batch_tokens"))
    layout = _without_idle_experts(xp, shape, layout)
    forward = forward_times(xp, shape, chip, layout, workload, efficiencies)
    terms = _step_terms(xp, shape, chip, layout, workload, efficiencies, forward)
    raw = sum(terms.values())
    software = _software_factor(xp, layout, workload, efficiencies)
    step = xp.maximum(raw * software, _floor_s(shape, chip, layout, workload))
    memory = train_memory_byte(xp, shape, layout, workload)
    code = _code(xp, shape, chip, layout, workload, step, memory, sane_layout & sane_work)
    step = xp.where(code == 0, step, float("nan"))
    rate = workload.batch_tokens / (step * layout.n_chips)
    flop = train_flop_per_token(shape, workload.sequence_tokens, lora=workload.lora)
    again = _recomputed_flop_per_token(xp, shape, layout, workload)
    return TrainResult(
        step_time_s=step,
        tokens_per_s_per_chip=rate,
        mfu_frac=flop * rate / chip.peak_flop_per_s,
        hfu_frac=(flop + again) * rate / chip.peak_flop_per_s,
        model_flop_per_token=flop,
        memory_byte_per_chip=memory,
        code=code,
        n_data=data_ranks(layout),
        n_micro_batches=_micro_batches(layout, workload),
        breakdown_s={name: term * (step / raw) for name, term in terms.items()},
    )


def _without_idle_experts(xp: Any, shape: ShapeArrays, layout: TrainLayout) -> TrainLayout:
    """Give dense models expert degrees of one: nothing of theirs could be divided so."""
    mixture = shape.experts.n_layers > 0
    return layout._replace(
        expert=xp.where(mixture, layout.expert, 1.0), expert_tensor=xp.where(mixture, layout.expert_tensor, 1.0)
    )


def _micro_batches(layout: TrainLayout, work: TrainWorkload) -> Array:
    return work.batch_tokens / (work.sequence_tokens * layout.micro_batch * data_ranks(layout))


def _software_factor(xp: Any, layout: TrainLayout, work: TrainWorkload, efficiencies: Efficiencies) -> Array:
    """Stragglers over framework and era, equation (24)."""
    stragglers = 1.0 + efficiencies["straggler_ratio"] * xp.log(xp.maximum(layout.n_chips / 8.0, 1.0))
    era = xp.exp(xp.log(efficiencies["era_ratio_per_yr"]) * (work.year - REFERENCE_YEAR))
    return stragglers / (efficiencies["framework_ratio"] * era)


def _micro_batch_terms(
    xp: Any, layout: TrainLayout, work: TrainWorkload, efficiencies: Efficiencies, forward: ForwardTimes, extra: Array
) -> tuple[dict[str, Array], Array]:
    """Terms of all layers for one micro-batch, forward, backward and recomputed; and the head; equations (18)-(22)."""
    full = xp.where(layout.recompute >= int(Recompute.FULL), 1.0, 0.0)
    selective = xp.where(layout.recompute >= int(Recompute.SELECTIVE), 1.0, 0.0) - full
    unfused = 1.0 - work.fused_attention
    products = 3.0 - work.lora + full
    scores = forward.score_traffic * (3.0 + full + selective)
    attention = forward.attention * (1.0 + BACKWARD_ATTENTION + full + selective * unfused)
    arithmetic = (forward.gemm + forward.experts) * products + attention
    exchanged = forward.expert_traffic * (2.0 + full)
    terms = {
        "gemm": forward.gemm * products,
        "experts": forward.experts * products,
        "attention": attention + scores,
        "elementwise": forward.elementwise * (3.0 + full + SELECTIVE_AGAIN_FRAC * selective),
        "expert_launch": forward.launch * products,
        "tensor_traffic": forward.tensor * (2.0 + full) * efficiencies["exposed_tensor_frac"],
        "expert_traffic": xp.maximum(
            exchanged * efficiencies["exposed_expert_frac"], exchanged - HIDEABLE_BY_COMPUTE * arithmetic
        ),
        "context_traffic": _exposed_context(xp, efficiencies, forward, 1.0 + full, 1.0)
        + _exposed_context(xp, efficiencies, forward, 2.0, BACKWARD_ATTENTION),
    }
    head = forward.head_gemm * (3.0 - work.lora) + forward.head_traffic
    return {name: term * (1.0 + extra) for name, term in terms.items()}, head * (1.0 + work.prediction)


def _exposed_context(
    xp: Any, efficiencies: Efficiencies, forward: ForwardTimes, n_exchanges: Array, attention: Array
) -> Array:
    """Exchange of keys and values that attention of one pass does not hide; equation (22)."""
    exchanged = forward.context * n_exchanges
    hidden = HIDEABLE_BY_ATTENTION * forward.attention * attention
    return xp.maximum(exchanged * efficiencies["exposed_context_frac"], exchanged - hidden)


def _step_terms(
    xp: Any,
    shape: ShapeArrays,
    chip: ChipArrays,
    layout: TrainLayout,
    work: TrainWorkload,
    efficiencies: Efficiencies,
    forward: ForwardTimes,
) -> dict[str, Array]:
    """All terms of one step, before software factors; equations (23)-(26)."""
    pp, vp, n_layers = layout.pipeline, layout.virtual, shape.size.n_layers
    parts, head = _micro_batch_terms(xp, layout, work, efficiencies, forward, work.prediction / n_layers)
    layers = sum(parts.values())
    average = (layers + head) / pp
    stage = _slowest_stage(xp, layers, head, pp, n_layers)
    n_micro = _micro_batches(layout, work)
    local = local_weights(xp, shape, layout, work)
    dense_link = group_link(chip, efficiencies, local.dense_copies, layout.tensor)
    expert_link = group_link(chip, efficiencies, local.expert_copies, layout.expert * layout.expert_tensor)
    terms = {name: n_micro * term / pp for name, term in parts.items()}
    terms["head"] = n_micro * head / pp
    terms["stage_imbalance"] = n_micro * (stage - average)
    terms["pipeline_bubble"] = efficiencies["bubble_ratio"] * (pp - 1.0) / vp * average
    terms["pipeline_sends"] = n_micro * _sends(shape, chip, layout, work, efficiencies)
    gathers, covered = _gathers(xp, layout, work, efficiencies, local, dense_link, expert_link, stage)
    terms["weight_gathers"] = n_micro * gathers
    terms["data_traffic"] = _data_traffic(
        xp, layout, work, efficiencies, local, dense_link, expert_link, stage, covered, n_micro
    )
    terms["optimizer"] = _optimizer(xp, chip, layout, work, efficiencies, local)
    terms["fixed"] = efficiencies["step_overhead_s"] + 0.0 * n_micro
    return {name: terms[name] for name in TRAIN_TERMS}


def _slowest_stage(xp: Any, layers: Array, head: Array, pp: Array, n_layers: Array) -> Array:
    """Time of the stage that sets the pace.

    Where stages divide the layers evenly the last one carries the head on top. Where they do not, the head goes to a
    stage with a layer less, as large runs arrange on purpose.
    """
    even = xp.remainder(n_layers, pp) == 0
    fullest = xp.ceil(n_layers / pp) / n_layers * layers + xp.where(even, head, 0.0)
    return xp.where(pp > 1, xp.maximum(fullest, (layers + head) / pp), layers + head)


def _sends(
    shape: ShapeArrays, chip: ChipArrays, layout: TrainLayout, work: TrainWorkload, efficiencies: Efficiencies
) -> Array:
    """Activations to the next stage and gradients back, once per chunk; what compute does not hide."""
    link = group_link(chip, efficiencies, layout.pipeline, layout.n_chips / layout.pipeline)
    sent = 2.0 * micro_batch_tokens(layout, work) * shape.size.hidden / layout.tensor
    return efficiencies["exposed_pipeline_frac"] * 2.0 * layout.virtual * point_to_point_s(sent, link)


def _gathers(
    xp: Any,
    layout: TrainLayout,
    work: TrainWorkload,
    efficiencies: Efficiencies,
    local: LocalWeights,
    dense: Link,
    experts: Link,
    stage: Array,
) -> tuple[Array, Array]:
    """Per micro-batch: weights gathered forward and backward under full sharding, gradients scattered from ZeRO-2 on; (23).

    Also how much of it the micro-batch hides: no other traffic hides behind the same work.
    """
    trained = 1.0 - work.lora * (1.0 - ADAPTER_FRAC)
    gather = all_gather_s(work.weight_byte * local.dense, dense) + all_gather_s(
        work.weight_byte * local.experts, experts
    )
    scatter = trained * (reduce_scatter_s(2.0 * local.dense, dense) + reduce_scatter_s(2.0 * local.experts, experts))
    moved = xp.where(layout.sharding >= int(Sharding.FULL), 2.0 * gather, 0.0) + xp.where(
        layout.sharding >= int(Sharding.GRADIENTS), scatter, 0.0
    )
    late = xp.maximum(moved - HIDEABLE_BY_COMPUTE * stage, 0.0)
    return xp.minimum(late + efficiencies["exposed_gather_frac"] * moved, moved), moved - late


def _data_traffic(
    xp: Any,
    layout: TrainLayout,
    work: TrainWorkload,
    efficiencies: Efficiencies,
    local: LocalWeights,
    dense: Link,
    experts: Link,
    stage: Array,
    covered: Array,
    n_micro: Array,
) -> Array:
    """Per step: gradients scattered and weights gathered, less what the first and last micro-batches hide; (25)."""
    trained = 1.0 - work.lora * (1.0 - ADAPTER_FRAC)
    scatter = reduce_scatter_s(work.gradient_byte * local.dense, dense) + reduce_scatter_s(
        work.gradient_byte * local.experts, experts
    )
    gather = all_gather_s(work.weight_byte * local.dense, dense) + all_gather_s(
        work.weight_byte * local.experts, experts
    )
    moved = trained * (
        xp.where(layout.sharding >= int(Sharding.GRADIENTS), 0.0, scatter)
        + xp.where(layout.sharding >= int(Sharding.FULL), 0.0, gather)
    )
    hidden = xp.maximum(0.8 * stage - covered, 0.0) * xp.minimum(n_micro, 2.0)
    return xp.maximum(efficiencies["exposed_data_frac"] * moved, moved - hidden)


def _optimizer(
    xp: Any, chip: ChipArrays, layout: TrainLayout, work: TrainWorkload, efficiencies: Efficiencies, local: LocalWeights
) -> Array:
    """Update of the weights of this rank; equation (26)."""
    trained = 1.0 - work.lora * (1.0 - ADAPTER_FRAC)
    shared = layout.sharding >= int(Sharding.OPTIMIZER)
    own = local.dense / xp.where(shared, local.dense_copies, 1.0) + local.experts / xp.where(
        shared, local.expert_copies, 1.0
    )
    return trained * OPTIMIZER_TRAFFIC_BYTE * own / (chip.bandwidth_byte_per_s * efficiencies["memory_frac"])


def _floor_s(shape: ShapeArrays, chip: ChipArrays, layout: TrainLayout, work: TrainWorkload) -> Array:
    """Time of the arithmetic alone at peak rates: no software factor goes below it; equation (17)."""
    attention = attention_flop_per_token(shape.attention, work.sequence_tokens, causal=True)
    per_token = (
        3.0 - work.lora
    ) * 2.0 * shape.weights.matmul / chip.peak_flop_per_s + 3.0 * attention / chip.attention_flop_per_s
    return per_token * work.batch_tokens / layout.n_chips


def _recomputed_flop_per_token(xp: Any, shape: ShapeArrays, layout: TrainLayout, work: TrainWorkload) -> Array:
    """FLOP done twice: a forward pass of all layers, or attention alone without a fused kernel."""
    attention = attention_flop_per_token(shape.attention, work.sequence_tokens, causal=True)
    everything = 2.0 * (shape.weights.matmul - shape.weights.head) + attention
    selective = xp.where(layout.recompute >= int(Recompute.SELECTIVE), (1.0 - work.fused_attention) * attention, 0.0)
    return xp.where(layout.recompute >= int(Recompute.FULL), everything, selective)


def _code(
    xp: Any,
    shape: ShapeArrays,
    chip: ChipArrays,
    layout: TrainLayout,
    work: TrainWorkload,
    step: Array,
    memory: Array,
    sane: Any,
) -> Array:
    """Return the first reason for which a configuration is infeasible."""
    tp, pp, ep, experts = layout.tensor, layout.pipeline, layout.expert * layout.expert_tensor, shape.experts
    n_data = data_ranks(layout)
    ranks = n_data * tp * layout.context
    mixture = experts.n_layers > 0
    misfit = (xp.remainder(experts.n_experts, layout.expert) > 1e-6) | (ep > ranks + 1e-6) | _fractional(xp, ranks / ep)
    return first_failure(
        xp,
        (~sane, FailureCode.INVALID),
        (tp * pp * layout.context > layout.n_chips, FailureCode.TOO_FEW_CHIPS),
        (_fractional(xp, n_data), FailureCode.CHIPS_DO_NOT_DIVIDE),
        (xp.remainder(shape.size.n_heads, tp) > 1e-6, FailureCode.HEADS_DO_NOT_DIVIDE),
        (pp > shape.size.n_layers, FailureCode.TOO_FEW_LAYERS),
        (mixture & misfit, FailureCode.EXPERTS_DO_NOT_DIVIDE),
        (_micro_batches(layout, work) < 1.0 - 1e-6, FailureCode.BATCH_TOO_SMALL),
        (memory > work.memory_limit_frac * chip.capacity_byte, FailureCode.MEMORY),
        (~xp.isfinite(step), FailureCode.NETWORK_UNKNOWN),
    )


def _fractional(xp: Any, value: Array) -> Array:
    return xp.abs(value - xp.round(value)) > 1e-6
