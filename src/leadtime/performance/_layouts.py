"""How a model lies on chips, and what is asked of it: struct of arrays for training and for serving.

Every field broadcasts; a plain number serves all configurations. ``workloads.take`` gathers them by index.
"""

from enum import IntEnum
from typing import NamedTuple

from leadtime.arrays import Array
from leadtime.workloads import ModelShape

__all__ = [
    "Recompute",
    "ServeLayout",
    "ServeWorkload",
    "Sharding",
    "TrainLayout",
    "TrainWorkload",
    "holds_whole_window",
]

WHOLE_WINDOW_ENGINES = frozenset({"tensorrt-llm"})
"""Engines that allot one pool of cache blocks to all layers unless windows are configured layer by layer (``max_attention_window`` of
its guide to deploying gpt-oss)."""


def holds_whole_window(engine: str, shape: ModelShape) -> bool:
    """Tell whether an engine keeps keys and values of the whole context in windowed layers; compressed caches it never does."""
    return engine in WHOLE_WINDOW_ENGINES and all(group.span.kind != "compressed" for group in shape.attention)


class Recompute(IntEnum):
    """What the backward pass computes again instead of keeping it."""

    NONE = 0
    SELECTIVE = 1
    FULL = 2


class Sharding(IntEnum):
    """What data-parallel ranks divide among themselves: nothing, optimiser state (ZeRO-1), gradients too (2), weights too (3, FSDP)."""

    NONE = 0
    OPTIMIZER = 1
    GRADIENTS = 2
    FULL = 3


class TrainLayout(NamedTuple):
    """A parallel layout for training. Data parallelism is what remains: chips / (tensor pipeline context).

    Neighbours on the network are, in this order, tensor, context, expert, data and pipeline ranks.
    """

    n_chips: Array
    tensor: Array = 1.0  # tp; sequence parallelism comes with it
    pipeline: Array = 1.0  # pp
    virtual: Array = 1.0  # vp, interleaved chunks per stage
    context: Array = 1.0  # cp
    expert: Array = 1.0  # ep, over tensor x context x data ranks
    expert_tensor: Array = 1.0  # etp, tensor degree inside one expert
    micro_batch: Array = 1.0  # sequences per micro-batch and data-parallel rank
    recompute: Array = 0.0  # code of Recompute
    sharding: Array = 1.0  # code of Sharding


class TrainWorkload(NamedTuple):
    """What is trained, and in which style."""

    sequence_tokens: Array  # s
    batch_tokens: Array  # global batch
    weight_byte: Array = 2.0  # of weights as gathered and held beside the optimiser's copy
    gradient_byte: Array = 4.0  # of gradients as held and reduced
    optimizer_byte: Array = 12.0  # per weight: master copy and two moments
    dispatch_byte: Array = 2.0  # per value sent to experts
    narrow: Array = 0.0  # 1 where matrix inputs are kept in 8 bit for the backward pass
    lora: Array = 0.0  # 1 where only low-rank adapters are trained
    fused_attention: Array = 1.0  # 0 where scores go through memory, as before 2022
    imbalance: Array = 1.0  # load of the busiest expert rank over the mean; 1 where balance is forced
    prediction: Array = 0.0  # multi-token prediction blocks that are trained along
    year: Array = 2024.0  # of the software
    memory_limit_frac: Array = 0.95  # share of the capacity that may be used


class ServeLayout(NamedTuple):
    """A parallel layout of one replica: tensor x data x pipeline chips; experts lie over tensor x data of them."""

    tensor: Array = 1.0  # tp, of attention and dense layers
    pipeline: Array = 1.0  # pp
    data: Array = 1.0  # adp, groups that each serve their own sequences with attention of their own
    expert: Array = 1.0  # ep; the remaining tensor x data / expert chips split each expert
    redundant: Array = 0.0  # experts held twice, over all chips, to even out load


class ServeWorkload(NamedTuple):
    """What is served. Batches count sequences of one replica, all its data-parallel groups together."""

    input_tokens: Array  # I
    output_tokens: Array  # O
    weight_byte: Array = 2.0  # of routed experts, and of everything else where no other width is given
    dense_weight_byte: Array = float("nan")  # of attention, dense layers and shared experts; NaN: as the experts
    kv_byte: Array = 2.0
    dispatch_byte: Array = 2.0  # per value sent to experts; combining returns 16 bit
    cache_hit_frac: Array = 0.0  # share of input tokens whose keys and values are already there
    draft_tokens: Array = 0.0  # j, tokens proposed per step
    acceptance_frac: Array = 0.0  # a, chance that a proposed token is accepted, given those before it were
    two_batch: Array = 0.0  # 1 where two half-batches overlap traffic with arithmetic
    chunk_tokens: Array = 8192.0  # tokens of one prefill pass and data-parallel group, at most
    node_limit: Array = float("inf")  # most domains that routing lets a token visit
    year: Array = 2025.0  # of the software
    wide_frac: Array = 1.0  # share of those weights that has `dense_weight_byte`; the others are as the experts
    whole_window: Array = 0.0  # 1 where windowed layers keep keys and values of the whole context
