"""Serving rows as arrays, and the rate that the estimator predicts for each of them in one vectorised call."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from leadtime.performance import (
    WEIGHT_BYTE,
    ChipArrays,
    Efficiencies,
    EfficiencyTable,
    Selection,
    ServeLayout,
    ServeWorkload,
    chip_arrays,
    holds_whole_window,
    max_batch,
    serve,
)
from leadtime.study.measured._candidates import ServingCandidate, serving_candidates
from leadtime.study.measured._layout import Pool
from leadtime.study.measured._problems import best_of, filled, networked, restricted_selection, unpriced
from leadtime.study.measured._serving_rows import ServingPoint
from leadtime.workloads import ModelShape, ShapeArrays, shape_arrays, take

__all__ = ["ServingProblem", "serving_problem", "serving_selection"]

MIXED, DECODE, PREFILL, FIRST_TOKEN, PAIR = range(5)
"""Ways to predict a row: both phases on one pool, decode alone, prefill alone, one prompt alone, two pools in line."""
ENGINE_SEQUENCES = 2048.0
"""Sequences that an engine keeps running per data-parallel group where the row states no limit."""
PERCENTILE_MARGIN = 0.8
"""Mean interval over the 99th percentile that a limit is set on."""
LAST_WAVE = 0.5
"""Waves of requests that a run of n requests takes beyond n over the batch that is held: the last wave fills half of it on average.
A run of fewer requests than are held is one wave of them all."""
SETTLING = 4
"""Turns of the fixed point between a step and the requests that share it; the batch is then steady to a per cent."""
USUAL_ACCEPTANCE = {1: 0.8, 2: 0.72, 3: 0.65}
LEAST_ACCEPTANCE = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Load per row; NaN where the row does not state it."""

    batch: np.ndarray
    """Sequences in flight of one worker."""
    limit: np.ndarray
    """Most that a worker batches."""
    tpot_limit_s: np.ndarray
    """Measured over saturated rate: latency scenario, live traffic."""
    scenario: np.ndarray
    """0: none, 1: server, 2: interactive, 3: production."""
    total: np.ndarray
    """Requests in flight in the deployment."""
    requests: np.ndarray
    """Requests of the whole run, of one worker; infinite where more always wait."""
    wait_s: np.ndarray
    """Measured time that a request in flight waits for its first token; zero where not stated."""
    must_fit: np.ndarray
    """Whether the batch counts as stated: one that does not fit has no prediction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServingProblem:
    """Serving rows with one layout each; ``second`` is the prefill pool of rows with two."""

    points: tuple[ServingPoint, ...]
    shape: ShapeArrays
    chip: ChipArrays
    layout: ServeLayout
    second: ServeLayout
    workload: ServeWorkload
    load: Load
    mode: np.ndarray
    workers: np.ndarray
    """Workers of the pool and of the second one, shape (rows, 2)."""
    is_total: np.ndarray
    is_latency: np.ndarray
    """Whether the time between tokens was measured; its inverse stands for the rate [tokens/s per user]."""
    selection: Selection
    log_measured: np.ndarray
    open_range: np.ndarray
    """Least, middle and greatest prediction over the counts that a row leaves open, over that at the setting kept, in the
    logarithm, shape (rows, 3); zero for a row that states them."""

    def log_rate(self, efficiencies: Efficiencies) -> np.ndarray:
        """Return the natural logarithm of the predicted rate [tokens/s per chip], NaN where it does not fit."""
        return self.log_rate_at(np.arange(len(self.points)), efficiencies)

    def log_rate_at(self, rows: np.ndarray, efficiencies: Efficiencies) -> np.ndarray:
        """Return the same for a selection of rows, whose efficiencies are given in the same order."""
        rate = np.full(len(rows), np.nan)
        mode, limited = self.mode[rows], np.isfinite(self.load.tpot_limit_s[rows])
        for kind in (MIXED, DECODE, PREFILL, FIRST_TOKEN, PAIR):
            for with_limit in (False, True):
                where = np.flatnonzero((mode == kind) & (limited == with_limit))
                if len(where):
                    rate[where] = self._rate(kind, with_limit, rows[where], efficiencies.take(where))
        scenario = self.load.scenario[rows]
        factor = np.select(
            [scenario == 1, scenario == 2, scenario == 3],
            [efficiencies["server_ratio"], efficiencies["interactive_ratio"], efficiencies["production_frac"]],
            1.0,
        )
        found: np.ndarray = np.log(rate * factor) + self.open_range[rows, 1]
        return found

    def _rate(self, kind: int, with_limit: bool, rows: np.ndarray, efficiencies: Efficiencies) -> np.ndarray:
        shape, chip, work = take(self.shape, rows), take(self.chip, rows), take(self.workload, rows)
        layout = take(self.layout, rows)
        if kind in {PREFILL, FIRST_TOKEN}:
            result = serve(shape, chip, layout, work, efficiencies, phase="prefill")
            if kind == FIRST_TOKEN:
                return work.input_tokens / (result.ttft_s * result.n_chips)
            return result.prefill_tok_s_per_chip / (1.0 - work.cache_hit_frac)
        most = max_batch(shape, chip, layout, work, efficiencies)
        held = np.minimum(np.minimum(most, ENGINE_SEQUENCES * layout.data), self.load.limit[rows])
        asked, queued = self.load.batch[rows], self.load.requests[rows]
        held = np.minimum(queued, held / (1.0 + LAST_WAVE * held / queued))
        batch = np.where(np.isnan(asked), held, np.minimum(asked, np.minimum(most, self.load.limit[rows])))
        phase: Any = "mixed" if kind == MIXED else "decode"
        if with_limit:
            free = serve(
                shape, chip, layout, work, efficiencies, tpot_limit_s=self.load.tpot_limit_s[rows], phase=phase
            )
            batch = np.minimum(batch, np.where(np.isfinite(free.batch), free.batch, batch))
        batch = np.where(self.load.must_fit[rows] & (asked > most), np.nan, batch)
        result = serve(shape, chip, layout, work, efficiencies, batch=batch, phase=phase)
        wait_s = self.load.wait_s[rows]
        for _ in range(SETTLING if wait_s.any() else 0):
            # requests that wait for their first token in the other pool are in flight, but not in the batch (Little's law)
            decoding_s = result.tpot_s * work.output_tokens
            inside = np.maximum(batch * decoding_s / (decoding_s + wait_s), 1.0)
            result = serve(shape, chip, layout, work, efficiencies, batch=inside, phase=phase)
        rate = result.decode_tok_s_per_chip
        if kind == PAIR:
            rate = self._paired(rows, efficiencies, result.tpot_s, batch)
        total = self.is_total[rows]
        rate = np.where(total, rate * (1.0 + work.input_tokens / work.output_tokens), rate)
        return np.where(self.is_latency[rows], 1.0 / result.tpot_s, rate)

    def _paired(
        self, rows: np.ndarray, efficiencies: Efficiencies, tpot_s: np.ndarray, batch: np.ndarray
    ) -> np.ndarray:
        """Output rate over the chips of both pools: requests pass as fast as the slower pool lets them; equation (37)."""
        shape, chip, work = take(self.shape, rows), take(self.chip, rows), take(self.workload, rows)
        second, first = take(self.second, rows), take(self.layout, rows)
        prompt = serve(shape, chip, second, work, efficiencies, phase="prefill")
        n_decode, n_prefill = self.workers[rows, 0], self.workers[rows, 1]
        size = second.tensor * second.data * second.pipeline
        prefill_per_s = n_prefill * prompt.prefill_tok_s_per_chip * size / work.input_tokens
        in_flight = np.minimum(
            batch * n_decode, np.where(np.isnan(self.load.total[rows]), np.inf, self.load.total[rows])
        )
        decode_per_s = in_flight / (tpot_s * work.output_tokens + prompt.ttft_s)
        n_chips = n_decode * first.tensor * first.data * first.pipeline + n_prefill * size
        return work.output_tokens * np.minimum(prefill_per_s, decode_per_s) / n_chips


def serving_selection(points: Sequence[ServingPoint], table: EfficiencyTable) -> Selection:
    """Return the efficiency rows that serve each measured row."""
    return table.select(
        [point.chip for point in points],
        [point.formats.arithmetic for point in points],
        engines=[point.formats.engine for point in points],
    )


def _mode(point: ServingPoint) -> int:
    demand = point.demand
    if demand.phase == "prefill":
        single = (demand.load.concurrency or 0) == 1 and demand.load.prefill_tokens is None
        return FIRST_TOKEN if single else PREFILL
    if demand.phase == "decode":
        return DECODE
    text = point.layout
    if text.disaggregated and point.quantity == "tpot":
        return DECODE
    known = text.disaggregated and text.prefill is not None and text.pool.workers and text.prefill.workers
    return PAIR if known else MIXED


def _acceptance(point: ServingPoint) -> float:
    stated, draft = point.layout.acceptance_frac, point.layout.draft_tokens or 0
    if stated is not None:
        return stated
    return USUAL_ACCEPTANCE.get(draft, LEAST_ACCEPTANCE) if draft else 0.0


def _dense_format(point: ServingPoint) -> tuple[float, float]:
    """Return bytes per weight outside the routed experts, and the share of them that is so wide.

    Checkpoints of 4 bit leave them at 16 in mixtures with latent attention, and where they are published so. Of DeepSeek-V3 the
    vendor's checkpoint leaves attention alone, and in its second version its output projection is narrow too: models named
    ``NVFP4-v2``, as benchmarks of 2025 and later serve.
    """
    width = WEIGHT_BYTE[point.formats.weights]
    narrow = width < 1 and bool(point.shape.experts)
    native = (point.shape.origin.precision or "").casefold()
    latent = any(group.latent for group in point.shape.attention)
    if not (narrow and (latent or any(name in native for name in ("fp4", "int4")))):
        return width, 1.0
    by_vendor = point.formats.weights == "fp4" and point.shape.id.startswith("deepseek-v3")
    return 2.0, _attention_share(point.shape) if by_vendor else 1.0


@lru_cache(maxsize=64)
def _attention_share(shape: ModelShape) -> float:
    """Return the share of attention without its output projections in the weights outside the routed experts and token tables."""
    weights = shape_arrays([shape]).weights
    output = sum(group.n_heads * group.value_dim * shape.hidden_size * group.n_layers for group in shape.attention)
    attention, common = float(weights.attention[0]), float((weights.attention + weights.mlp + weights.shared)[0])
    return (attention - output) / common


def _workload(points: Sequence[ServingPoint], layouts: Sequence[ServingCandidate]) -> ServeWorkload:
    def chunk(point: ServingPoint, layout: ServingCandidate) -> float:
        stated = point.demand.load.prefill_tokens
        if stated:
            return stated * layout.tensor
        return 16384.0 if point.demand.phase == "prefill" and layout.data >= 8 else 8192.0

    dense = [_dense_format(point) for point in points]
    work = ServeWorkload(
        input_tokens=np.array([point.demand.input_tokens for point in points]),
        output_tokens=np.array([point.demand.output_tokens for point in points]),
        weight_byte=np.array([WEIGHT_BYTE[point.formats.weights] for point in points]),
        dense_weight_byte=np.array([width for width, _ in dense]),
        wide_frac=np.array([share for _, share in dense]),
        kv_byte=np.array([point.formats.cache_byte for point in points]),
        dispatch_byte=np.array([2.0 if point.formats.arithmetic == "bf16" else 1.0 for point in points]),
        cache_hit_frac=np.array([point.demand.cache_hit_frac for point in points]),
        draft_tokens=np.array([float(point.layout.draft_tokens or 0) for point in points]),
        acceptance_frac=np.array([_acceptance(point) for point in points]),
        two_batch=np.array([float(bool(point.layout.overlap)) for point in points]),
        year=np.array([point.formats.year for point in points]),
        whole_window=np.array([float(holds_whole_window(point.formats.engine, point.shape)) for point in points]),
        chunk_tokens=np.array([chunk(point, layout) for point, layout in zip(points, layouts, strict=True)]),
    )
    return filled(work, len(points))


def _workers(point: ServingPoint, pool: Pool, size: float) -> float:
    if pool.workers:
        return pool.workers
    return max(1.0, (point.n_chips or size) / size)


def _load(points: Sequence[ServingPoint], layouts: Sequence[ServingCandidate]) -> Load:
    batch, limit, tpot, scenario, total, requests, wait, must_fit = [], [], [], [], [], [], [], []
    for point, layout in zip(points, layouts, strict=True):
        load, demand, size = point.demand.load, point.demand, layout.n_chips
        workers = _workers(point, point.layout.pool, size)
        asked = float("nan")
        if load.per_chip:
            asked = load.per_chip * size
        elif load.concurrency:
            asked = max(load.concurrency / workers, 1.0)
        batch.append(asked)
        # engines count the batch of one data-parallel group
        limit.append(min((load.limit or np.inf) * layout.data, (load.limit_per_chip or np.inf) * size))
        margin = PERCENTILE_MARGIN if demand.scenario else 1.0
        tpot.append((demand.tpot_limit_s or np.inf) * margin)
        scenario.append(
            {"server": 1, "interactive": 2}.get(
                demand.scenario if demand.tpot_limit_s else "", 3 if demand.production else 0
            )
        )
        total.append(load.concurrency or float("nan"))
        requests.append(max((load.requests or np.inf) / workers, 1.0))
        wait.append((demand.wait_s or 0.0) if point.quantity == "tpot" and point.layout.disaggregated else 0.0)
        must_fit.append(any("chips" not in setting for setting in point.settings))
    return Load(
        batch=np.array(batch),
        limit=np.array(limit),
        tpot_limit_s=np.array(tpot),
        scenario=np.array(scenario),
        total=np.array(total),
        requests=np.array(requests),
        wait_s=np.array(wait),
        must_fit=np.array(must_fit),
    )


def _layout_arrays(layouts: Sequence[ServingCandidate]) -> ServeLayout:
    columns = {name: np.array([getattr(layout, name) for layout in layouts]) for name in ServeLayout._fields}
    return ServeLayout(**columns)


def _assemble(
    points: Sequence[ServingPoint],
    layouts: Sequence[ServingCandidate],
    seconds: Sequence[ServingCandidate],
    table: EfficiencyTable,
) -> ServingProblem:
    arithmetic = [point.formats.arithmetic for point in points]
    pairs = zip(points, layouts, seconds, strict=True)
    workers = [
        (
            _workers(point, point.layout.pool, layout.n_chips),
            (point.layout.prefill.workers if point.layout.prefill else None) or 0.0,
        )
        for point, layout, second in pairs
    ]
    return ServingProblem(
        points=tuple(points),
        shape=shape_arrays([point.shape for point in points]),
        chip=chip_arrays([networked(point.chip) for point in points], arithmetic),
        layout=_layout_arrays(layouts),
        second=_layout_arrays(seconds),
        workload=_workload(points, layouts),
        load=_load(points, layouts),
        mode=np.array([_mode(point) for point in points]),
        workers=np.array(workers, dtype=float).reshape(-1, 2),
        is_total=np.array([point.quantity == "total" for point in points]),
        is_latency=np.array([point.quantity == "tpot" for point in points]),
        selection=serving_selection(points, table),
        log_measured=np.log([1.0 / point.value if point.quantity == "tpot" else point.value for point in points]),
        open_range=np.zeros((len(points), 3)),
    )


def serving_problem(
    points: Sequence[ServingPoint], table: EfficiencyTable
) -> tuple[ServingProblem | None, dict[int, str]]:
    """Choose a layout for every row and gather the arrays.

    Parameters
    ----------
    points : sequence of ServingPoint
        Rows read.
    table : EfficiencyTable
        Efficiencies at which layouts are compared.

    Returns
    -------
    ServingProblem or None
        Of the rows that have a layout that fits; None if none has.
    dict
        Position -> reason, for the others.

    Notes
    -----
    Of the layouts that a row leaves open the one with the highest rate is taken. Where none of those that fit the text
    fits the memory, the text cannot have meant what it seems to: all layouts of all sizes are tried. Over counts that a
    row leaves open the middle of the predictions is taken, and their range widens the interval.
    """
    variants, owners = _variants(points)
    why, chosen = _chosen_layouts(variants, table)
    held = {owners[place] for place in chosen}
    late = [place for place, owner in enumerate(owners) if owner not in held]
    if late:  # at no setting do all requests fit: they queue
        queued, found = _chosen_layouts([replace(variants[place], settings=()) for place in late], table)
        why |= {late[i]: reason for i, reason in queued.items()}
        for i, layouts in found.items():
            variants[late[i]], chosen[late[i]] = replace(variants[late[i]], settings=()), layouts
    groups: dict[int, list[int]] = {}
    for place in sorted(chosen):
        groups.setdefault(owners[place], []).append(place)
    reasons = {owners[place]: reason for place, reason in why.items() if owners[place] not in groups}
    everything = [place for group in groups.values() for place in group]
    if not everything:
        return None, reasons
    problem = _assemble(
        [variants[i] for i in everything],
        [chosen[i][0] for i in everything],
        [chosen[i][1] for i in everything],
        table,
    )
    if len(everything) == len(groups):
        return problem, reasons
    rate = problem.log_rate(problem.selection.values(table.medians, table.log_spreads))
    kept, open_range, start = [], [], 0
    for group in groups.values():
        mine = rate[start : start + len(group)]
        middle = int(np.argsort(mine)[(len(mine) - 1) // 2])
        kept.append(start + middle)
        open_range.append(np.array([mine.min(), np.median(mine), mine.max()]) - mine[middle])
        start += len(group)
    return replace(restricted_serving(problem, np.array(kept)), open_range=np.array(open_range)), reasons


def _variants(points: Sequence[ServingPoint]) -> tuple[list[ServingPoint], list[int]]:
    """Return every row once for each combination of counts that it leaves open, and which row each stands for."""
    variants, owners = [], []
    for index, point in enumerate(points):
        for setting in point.settings or ({},):
            owners.append(index)
            variants.append(_with_setting(point, setting))
    return variants, owners


def _with_setting(point: ServingPoint, setting: Mapping[str, float]) -> ServingPoint:
    if "chips" in setting:
        point = replace(point, n_chips=setting["chips"])
    if "workers" in setting:
        pool = replace(point.layout.pool, workers=setting["workers"])
        point = replace(point, layout=replace(point.layout, pool=pool))
    if "concurrency" in setting:
        load = replace(point.demand.load, concurrency=setting["concurrency"], saturated=False)
        point = replace(point, demand=replace(point.demand, load=load))
    return point


def _chosen_layouts(
    points: Sequence[ServingPoint], table: EfficiencyTable
) -> tuple[dict[int, str], dict[int, tuple[ServingCandidate, ServingCandidate]]]:
    """Return position -> reason for rows without a layout, and position -> layouts of both pools for the others."""
    chosen: dict[int, tuple[ServingCandidate, ServingCandidate]] = {}
    why = unpriced([point.chip for point in points], [point.formats.arithmetic for point in points])
    waiting = [index for index in range(len(points)) if index not in why]
    for free in (False, True):
        owners, layouts, seconds = [], [], []
        for index in waiting:
            point = points[index]
            first = serving_candidates(point, point.layout.pool, free=free)
            second = _prefill_layout(point)
            owners += [index] * len(first)
            layouts += first
            seconds += [second or candidate for candidate in first]
        if not owners:
            continue
        trial = _assemble([points[owner] for owner in owners], layouts, seconds, table)
        rate = trial.log_rate(trial.selection.values(table.medians, table.log_spreads))
        size = np.log2(trial.layout.tensor * trial.layout.data * trial.layout.pipeline)
        for position in best_of(np.array(owners), rate - 1e-5 * size):
            if np.isfinite(rate[position]):
                chosen[owners[position]] = (layouts[position], seconds[position])
        waiting = [index for index in waiting if index not in chosen]
    for index in waiting:
        why[index] = "no layout of these chips holds the model at the stated load."
    return why, chosen


def _prefill_layout(point: ServingPoint) -> ServingCandidate | None:
    """Return the layout of the prefill pool: as stated, plainest where the text leaves it open."""
    pool = point.layout.prefill
    if pool is None or pool.chips is None:
        return None
    found = serving_candidates(replace(point, n_chips=float(max(pool.chips, point.n_chips or 0))), pool)
    return found[-1] if found else None


def restricted_serving(problem: ServingProblem, rows: np.ndarray) -> ServingProblem:
    """Return the problem with some of its rows."""
    load = problem.load
    return replace(
        problem,
        points=tuple(problem.points[row] for row in rows),
        shape=take(problem.shape, rows),
        chip=take(problem.chip, rows),
        layout=take(problem.layout, rows),
        second=take(problem.second, rows),
        workload=take(problem.workload, rows),
        load=replace(load, **{name: getattr(load, name)[rows] for name in load.__slots__}),
        mode=problem.mode[rows],
        workers=problem.workers[rows],
        is_total=problem.is_total[rows],
        is_latency=problem.is_latency[rows],
        open_range=problem.open_range[rows],
        selection=restricted_selection(problem.selection, rows),
        log_measured=problem.log_measured[rows],
    )
