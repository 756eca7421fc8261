"""Memory that training takes on the fullest chip; equation (27)."""

from typing import Any, NamedTuple

from leadtime.arrays import Array
from leadtime.performance._layouts import Recompute, Sharding, TrainLayout, TrainWorkload
from leadtime.performance._train_terms import data_ranks, micro_batch_tokens
from leadtime.workloads import ShapeArrays

__all__ = ["LocalWeights", "local_weights", "train_memory_byte"]

RUNTIME_BYTE = 4e9
"""Runtime, communication buffers and fragmentation of a training process [byte]."""
LOGIT_STORED_BYTE = 6.0
"""Bytes per logit of the loss that are live at once: 16-bit logits and 32-bit softmax."""
SELECTIVE_KEPT_FRAC = 0.55
"""Share of activations that selective recomputation keeps (element-wise results are computed again)."""
UNFUSED_SCORE_STORED_BYTE = 5.0
"""Stored bytes per attention score without a fused kernel (Korthikanti et al. 2022, arXiv:2205.05198, equation 1)."""
ADAPTER_FRAC = 0.01
"""Weights of low-rank adapters over those of the frozen model, typical of ranks from 8 to 32."""


class LocalWeights(NamedTuple):
    """Weights on one chip, and over how many ranks copies of them lie."""

    dense: Array
    experts: Array
    dense_copies: Array
    expert_copies: Array


def local_weights(xp: Any, shape: ShapeArrays, layout: TrainLayout, work: TrainWorkload) -> LocalWeights:
    """Return the weights that one chip of an average stage computes with, before full sharding."""
    weights, tp, pp = shape.weights, layout.tensor, layout.pipeline
    dense = weights.total - weights.routed + xp.where(work.prediction > 0, weights.prediction, 0.0)
    ranks = data_ranks(layout) * layout.context
    return LocalWeights(
        dense=dense / (tp * pp),
        experts=weights.routed / (layout.expert * layout.expert_tensor * pp),
        dense_copies=ranks,
        expert_copies=xp.maximum(ranks * tp / (layout.expert * layout.expert_tensor), 1.0),
    )


def train_memory_byte(xp: Any, shape: ShapeArrays, layout: TrainLayout, work: TrainWorkload) -> Array:
    """Return the memory of the fullest chip: state, activations in flight, logits, runtime [byte].

    Valid within about a tenth for layouts of Megatron's kind; allocators and custom kernels differ.
    """
    local = local_weights(xp, shape, layout, work)
    return _state(xp, shape, layout, work, local) + _activations(xp, shape, layout, work) + RUNTIME_BYTE


def _state(xp: Any, shape: ShapeArrays, layout: TrainLayout, work: TrainWorkload, local: LocalWeights) -> Array:
    """Weights, gradients, optimiser: each divided over data ranks from its level of sharding on."""
    trained = 1.0 - work.lora * (1.0 - ADAPTER_FRAC)
    total = 0.0
    for weights, copies in ((local.dense, local.dense_copies), (local.experts, local.expert_copies)):
        share = 1.0 / copies

        def divided(level: Sharding, share: Array = share) -> Array:
            return xp.where(layout.sharding >= int(level), share, 1.0)

        total = total + weights * (
            work.weight_byte * divided(Sharding.FULL)
            + trained
            * (work.gradient_byte * divided(Sharding.GRADIENTS) + work.optimizer_byte * divided(Sharding.OPTIMIZER))
        )
    layers = xp.maximum(shape.size.n_layers / layout.pipeline, 1.0)
    gathered = 2.0 * work.weight_byte * (local.dense + local.experts) / layers
    return total + xp.where(layout.sharding >= int(Sharding.FULL), gathered, 0.0)


def _activations(xp: Any, shape: ShapeArrays, layout: TrainLayout, work: TrainWorkload) -> Array:
    """Kept for the backward pass by all micro-batches in flight on the first stage, and logits on the last."""
    size, experts, tp = shape.size, shape.experts, layout.tensor
    tokens = micro_batch_tokens(layout, work)
    wide = xp.where(size.gated > 0, 6.0, 4.0)
    per_layer = (
        (12.0 - 3.0 * work.narrow) * size.hidden + 2.0 * size.key_value + (wide - work.narrow) * size.feed_forward
    )
    routed = (
        (3.0 - 2.0 * work.narrow)
        * experts.n_active
        * experts.latent
        * experts.n_layers
        / xp.maximum(size.n_layers, 1.0)
    )
    scores = (1.0 - work.fused_attention) * UNFUSED_SCORE_STORED_BYTE * size.n_heads * work.sequence_tokens
    everything = per_layer + routed
    kept = xp.where(
        layout.recompute >= int(Recompute.FULL),
        2.0 * size.hidden,
        xp.where(layout.recompute >= int(Recompute.SELECTIVE), SELECTIVE_KEPT_FRAC * everything, everything + scores),
    )
    n_micro = work.batch_tokens / (work.sequence_tokens * layout.micro_batch * data_ranks(layout))
    pp, vp = layout.pipeline, layout.virtual
    in_flight = xp.minimum(pp * (1.0 + (pp - 1.0) / (pp * vp)), xp.maximum(n_micro, 1.0))
    working = xp.where(layout.recompute >= int(Recompute.FULL), everything + scores, 0.0)
    logits = LOGIT_STORED_BYTE * tokens * size.vocabulary / tp
    return tokens / tp * (kept * size.n_layers / pp * in_flight + working) + logits
