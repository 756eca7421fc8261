"""The best layout where none is stated: a flat table of (configuration, layout), priced at once, best of each group taken."""

from itertools import product
from typing import Any, NamedTuple

import numpy as np

from leadtime.arrays import Array
from leadtime.performance._blocks import best_of_groups, count, in_blocks
from leadtime.performance._chips import ChipArrays
from leadtime.performance._codes import FailureCode
from leadtime.performance._efficiencies import Efficiencies
from leadtime.performance._layouts import ServeLayout, ServeWorkload, TrainLayout, TrainWorkload
from leadtime.performance._operation import SplitService, split_service
from leadtime.performance._serving import Phase, ServeResult, serve
from leadtime.performance._shapes import stored_byte
from leadtime.performance._training import TrainResult, train_step
from leadtime.performance._trees import block
from leadtime.workloads import ShapeArrays

__all__ = [
    "ServeSearch", "SplitSearch", "TrainSearch", "search_serve_layout", "search_split_service", "search_train_layout",
]  # fmt: skip

LONG_CONTEXT_TOKENS = 8192.0
"""Sequence from which context parallelism of two is tried; up to sixteen beyond four times as many."""
RECOMPUTE_PENALTY = 0.01
"""Advantage that a layout must bring per level of recomputation: memory is estimated within some percent."""
PARALLEL_PENALTY = 1e-5
"""Advantage per doubling of model parallelism: of equal layouts the plainer one is run."""


class TrainSearch(NamedTuple):
    """The fastest layout of each configuration, what it yields, and how many were priced."""

    layout: TrainLayout
    result: TrainResult
    n_tried: Array


class ServeSearch(NamedTuple):
    """The best layout of each configuration or group, what it yields, and which configuration won."""

    layout: ServeLayout
    result: ServeResult
    chosen: Array  # index of the winning configuration
    n_tried: Array


class SplitSearch(NamedTuple):
    """The best pools of each configuration, and the service they form."""

    prefill: ServeSearch
    decode: ServeSearch
    service: SplitService


def _powers(highest: int) -> list[float]:
    return [float(2**i) for i in range(highest.bit_length())]


def _table(*columns: list[float]) -> list[Array]:
    """Return the columns of all combinations."""
    return [np.array(column) for column in zip(*product(*columns), strict=True)]


def _column(value: Array, n: int) -> Array:
    """Return a value per configuration with a second axis for candidates."""
    return np.broadcast_to(np.asarray(value, dtype=float), (n,))[:, None]


def search_train_layout(
    shape: ShapeArrays, chip: ChipArrays, n_chips: Array, workload: TrainWorkload, efficiencies: Efficiencies
) -> TrainSearch:
    """Find the fastest training layout that fits, for every configuration.

    Tensor degrees stay in the scale-up domain (eight at most), pipelines keep two layers per stage, context degrees
    start at 8,192 tokens, expert degrees divide the experts; micro-batches of 1 to 8 sequences, all levels of
    recomputation, optimiser or full sharding. Interleaving is as deep as the layers allow, four at most.

    Returns
    -------
    TrainSearch
        Where nothing fits the code is ``NO_LAYOUT`` and the memory that of the layout that needs least.
    """
    n = count(shape, chip, n_chips, workload, efficiencies)
    expert_degrees = _powers(64) if np.any(np.asarray(shape.experts.n_layers) > 0) else [1.0]
    context_degrees = _powers(16) if np.any(np.asarray(workload.sequence_tokens) > LONG_CONTEXT_TOKENS) else [1.0]
    tp, pp, cp, ep, mbs, recompute, sharding = _table(
        _powers(8), _powers(64), context_degrees, expert_degrees, _powers(8), [0.0, 1.0, 2.0], [1.0, 3.0]
    )
    chips, layers, heads = _column(n_chips, n), _column(shape.size.n_layers, n), _column(shape.size.n_heads, n)
    length, experts = _column(workload.sequence_tokens, n), _column(shape.experts.n_experts, n)
    ranks = chips / pp
    deepest = np.where(length > 4 * LONG_CONTEXT_TOKENS, 16.0, np.where(length > LONG_CONTEXT_TOKENS, 2.0, 1.0))
    mixture = _column(shape.experts.n_layers, n) > 0
    micro_batches = _column(workload.batch_tokens, n) * tp * pp * cp / (length * mbs * chips)
    plausible = (
        (np.remainder(chips, tp * pp * cp) == 0)
        & (tp <= np.maximum(_column(chip.domain, n), _column(chip.node, n)))
        & (np.remainder(heads, tp) == 0)
        & ((pp == 1) | (layers / pp >= 2))
        & (cp <= deepest)
        & np.where(mixture, (np.remainder(experts, ep) == 0) & (np.remainder(ranks, ep) == 0), ep == 1)
        & (micro_batches >= 1.0)
        & ((sharding < 3) | (pp == 1))
    )
    owner, candidate = np.nonzero(plausible | _nothing(plausible))
    chunks = np.exp2(np.floor(np.log2(np.clip(layers[owner, 0] / pp[candidate] / 2.0, 1.0, 4.0))))
    layout = TrainLayout(
        n_chips=chips[owner, 0],
        tensor=tp[candidate],
        pipeline=pp[candidate],
        virtual=np.where(pp[candidate] > 1, chunks, 1.0),
        context=cp[candidate],
        expert=ep[candidate],
        micro_batch=mbs[candidate],
        recompute=recompute[candidate],
        sharding=sharding[candidate],
    )
    result: TrainResult = in_blocks(
        train_step, block(shape, owner), block(chip, owner), layout, block(workload, owner), block(efficiencies, owner)
    )
    plain = 1.0 - PARALLEL_PENALTY * np.log2(layout.tensor * layout.pipeline * layout.context * layout.expert)
    score = result.tokens_per_s_per_chip * (1.0 - RECOMPUTE_PENALTY * layout.recompute) * plain
    best = best_of_groups(owner, np.where(np.isnan(score), -result.memory_byte_per_chip, score))
    found = block(result, best)
    return TrainSearch(
        layout=block(layout, best),
        result=found._replace(code=np.where(found.code == 0, 0, _no_layout(found.code, result.code, owner))),
        n_tried=np.bincount(owner, minlength=n),
    )


def _nothing(plausible: Array) -> Array:
    """Mark the first candidate of configurations that have none, so that each keeps a row that names its fault."""
    none = ~plausible.any(axis=1, keepdims=True)
    first = np.arange(plausible.shape[1]) == 0
    return none & first


def _no_layout(code: Array, all_codes: Array, owner: Array) -> Array:
    """Keep the reason of a configuration with one candidate; say "no layout" where several failed for lack of memory."""
    memory = np.bincount(owner, weights=all_codes == int(FailureCode.MEMORY), minlength=len(code)) > 0
    return np.where(memory & (np.asarray(code) == int(FailureCode.MEMORY)), int(FailureCode.NO_LAYOUT), code)


def _serve_table(n_largest: int, mixture: bool) -> list[Array]:
    """Return tensor, pipeline, data and expert columns; data 0 means all chips left, expert 0 the whole stage."""
    data = [*_powers(n_largest), 0.0] if mixture else [1.0]
    expert = [1.0, 0.0] if mixture else [1.0]
    return _table(_powers(32), _powers(16), data, expert)


def search_serve_layout(
    shape: ShapeArrays,
    chip: ChipArrays,
    n_chips: Array,
    workload: ServeWorkload,
    efficiencies: Efficiencies,
    *,
    batch: Array | None = None,
    tpot_limit_s: Array | None = None,
    phase: Phase = "mixed",
    usd_per_chip_hour: Array = 1.0,
    group: Array | None = None,
) -> ServeSearch:
    """Find the serving layout with the most tokens per dollar, for every configuration or group of them.

    Parameters
    ----------
    shape, chip, workload, efficiencies, tpot_limit_s, phase
        As for :func:`serve`.
    n_chips : array_like
        Chips there are; replicas that do not use all of them stand side by side.
    batch : array_like, optional
        Sequences in flight over all chips together.
    usd_per_chip_hour : array_like
        Price of a chip-hour, compared only inside a group.
    group : array_like of int, optional
        Sorted group number of each configuration, without gaps: the best chip of several wins. Default: each its own.

    Notes
    -----
    Tensor degrees to 32, pipelines to 16, data-parallel attention over any power of two or all chips left, experts
    split by tensor ranks or spread over the whole stage.
    """
    limits = (batch, tpot_limit_s)
    n = count(
        shape,
        chip,
        n_chips,
        workload,
        efficiencies,
        *(limit for limit in limits if limit is not None),
        usd_per_chip_hour,
    )
    chips = _column(n_chips, n)
    mixture = _column(shape.experts.n_layers, n) > 0
    tp, pp, data, expert = _serve_table(int(np.max(chips)), bool(np.any(mixture)))
    groups = np.where(data > 0, data, np.maximum(np.floor(chips / (tp * pp)), 1.0))
    stage = tp * groups
    spread = np.where(expert > 0, 1.0, stage)
    replica = stage * pp
    plausible = (
        (replica <= chips)
        & (np.remainder(chips, replica) == 0)
        & (np.remainder(_column(shape.size.n_heads, n), tp) == 0)
        & (pp <= _column(shape.size.n_layers, n))
        & (mixture | ((groups == 1) & (expert > 0)))
        & ((spread <= _column(shape.experts.n_experts, n)) | ~mixture)
        & ((expert > 0) | (stage > 1))
    )
    owner, candidate = np.nonzero(plausible | _nothing(plausible))
    layout = ServeLayout(
        tensor=tp[candidate],
        pipeline=pp[candidate],
        data=groups[owner, candidate],
        expert=np.where(mixture, spread, 1.0)[owner, candidate],
    )
    share = replica[owner, candidate] / chips[owner, 0]
    asked = None if batch is None else np.maximum(_column(batch, n)[owner, 0] * share, 1.0)
    limit = None if tpot_limit_s is None else _column(tpot_limit_s, n)[owner, 0]

    def priced(*trees: Any) -> ServeResult:
        *base, asked_here, limit_here = trees
        return serve(*base, batch=asked_here, tpot_limit_s=limit_here, phase=phase)

    result: ServeResult = in_blocks(
        priced,
        block(shape, owner),
        block(chip, owner),
        layout,
        block(workload, owner),
        block(efficiencies, owner),
        asked,
        limit,
    )
    rate = result.prefill_tok_s_per_chip if phase == "prefill" else result.decode_tok_s_per_chip
    score = (
        rate / _column(usd_per_chip_hour, n)[owner, 0] * (1.0 - PARALLEL_PENALTY * np.log2(replica[owner, candidate]))
    )
    score = np.where(np.isnan(score), -result.memory_byte_per_chip, score)
    together = owner if group is None else np.asarray(group)[owner]
    best = best_of_groups(together, score)
    found = block(result, best)
    return ServeSearch(
        layout=block(layout, best),
        result=found._replace(code=np.where(found.code == 0, 0, _no_layout(found.code, result.code, together))),
        chosen=owner[best],
        n_tried=np.bincount(together, minlength=len(best)),
    )


def search_split_service(
    shape: ShapeArrays,
    chip: ChipArrays,
    n_chips: Array,
    workload: ServeWorkload,
    efficiencies: Efficiencies,
    *,
    tpot_limit_s: Array | None = None,
) -> SplitSearch:
    """Find pools for prefill and decode, and their ratio, for every configuration; equation (37).

    Each pool gets its best layout for replicas of one chip to half of the chips, in powers of two; all pairs of sizes
    are then shared out in whole replicas so that the pools keep pace, and the pair with the highest rate over all chips
    wins. The cache of a prompt crosses the scale-out network before the first token.
    """
    n = count(shape, chip, n_chips, workload, efficiencies, *(() if tpot_limit_s is None else (tpot_limit_s,)))
    sizes = np.array(_powers(max(int(np.max(n_chips)) // 2, 1)))
    owner, size = np.repeat(np.arange(n), len(sizes)), np.tile(sizes, n)
    limit = None if tpot_limit_s is None else _column(tpot_limit_s, n)[owner, 0]
    here = (block(shape, owner), block(chip, owner), size, block(workload, owner), block(efficiencies, owner))
    prefill = search_serve_layout(*here, phase="prefill")
    decode = search_serve_layout(*here, phase="decode", tpot_limit_s=limit)
    first, second = (grid.ravel() for grid in np.meshgrid(np.arange(len(sizes)), np.arange(len(sizes)), indexing="ij"))
    pair = np.repeat(np.arange(n), len(first))
    left, right = pair * len(sizes) + np.tile(first, n), pair * len(sizes) + np.tile(second, n)
    pools, work = block(prefill.result, left), block(workload, pair)
    service = split_service(
        pools,
        block(decode.result, right),
        input_tokens=work.input_tokens,
        output_tokens=work.output_tokens,
        cache_hit_frac=work.cache_hit_frac,
        n_chips=_column(n_chips, n)[pair, 0],
        transfer_byte=stored_byte(block(shape, pair), work.input_tokens, work.kv_byte),
        transfer_byte_per_s=block(chip, pair).scale_out_byte_per_s * pools.n_chips,
    )
    best = best_of_groups(pair, service.decode_tok_s_per_chip)
    return SplitSearch(
        prefill=_chosen(prefill, left[best]), decode=_chosen(decode, right[best]), service=block(service, best)
    )


def _chosen(search: ServeSearch, rows: Array) -> ServeSearch:
    return ServeSearch(
        layout=block(search.layout, rows),
        result=block(search.result, rows),
        chosen=np.arange(len(rows)),
        n_tried=search.n_tried[rows],
    )
