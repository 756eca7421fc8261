"""Memory of a serving replica: weights, caches, and how many sequences are held; equations (31) and (33)."""

from typing import Any

from leadtime.arrays import Array
from leadtime.performance._chips import ChipArrays
from leadtime.performance._efficiencies import Efficiencies
from leadtime.performance._layouts import ServeLayout, ServeWorkload
from leadtime.performance._serve_terms import HEAD_BYTE, common_byte, stage_chips
from leadtime.performance._shapes import stored_byte
from leadtime.performance._trees import namespace_of
from leadtime.workloads import ShapeArrays

__all__ = ["RUNTIME_BYTE", "USABLE_FRAC", "max_batch", "sequence_byte", "weight_byte_per_chip"]

RUNTIME_BYTE = 1.5e9
"""Runtime, graphs and communication buffers of a serving process [byte]."""
USABLE_FRAC = 0.95
"""Share of the capacity that engines hand out."""


def weight_byte_per_chip(shape: ShapeArrays, layout: ServeLayout, work: ServeWorkload) -> Array:
    """Return the bytes of weights on one chip: attention replicated over data-parallel groups, experts spread; (31)."""
    xp = namespace_of(shape, layout, work)
    weights, tp, pp = shape.weights, layout.tensor, layout.pipeline
    tables = weights.head + weights.embedding
    common = weights.total - weights.routed - tables
    redundancy = 1.0 + layout.redundant / shape.experts.n_experts
    experts = weights.routed * work.weight_byte * redundancy / (stage_chips(layout) * pp)
    return (common * common_byte(xp, work) / pp + tables * HEAD_BYTE / xp.minimum(pp, 2.0)) / tp + experts


def sequence_byte(xp: Any, shape: ShapeArrays, layout: ServeLayout, work: ServeWorkload, reserve: Array) -> Array:
    """Cache bytes of one sequence on one chip, with ``reserve`` times its output reserved; equations (31) and (33)."""
    length = work.input_tokens + reserve * work.output_tokens
    split = xp.where(shape.cache.replicated > 0, 1.0, xp.minimum(layout.tensor, xp.maximum(shape.size.n_kv_heads, 1.0)))
    return stored_byte(shape, length, work.kv_byte, work.whole_window) / (split * layout.pipeline)


def max_batch(
    shape: ShapeArrays, chip: ChipArrays, layout: ServeLayout, workload: ServeWorkload, efficiencies: Efficiencies
) -> Array:
    """Return the sequences that the memory of a replica holds; below one, the model or one sequence does not fit; (33)."""
    xp = namespace_of(shape, chip, layout, workload, efficiencies)
    free = USABLE_FRAC * chip.capacity_byte - weight_byte_per_chip(shape, layout, workload) - RUNTIME_BYTE
    each = sequence_byte(xp, shape, layout, workload, efficiencies["reserve_ratio"])
    return xp.maximum(layout.data * xp.floor(free / each + 1e-9), 0.0)
