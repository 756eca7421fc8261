"""Serving questions priced together: layouts searched or stated, pools split; one call of the estimator for a group."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from leadtime import performance, workloads
from leadtime.errors import ConflictError, LeadtimeError
from leadtime.performance import Efficiencies, FailureCode, ServeLayout, ServeWorkload, failure_reason
from leadtime.study.estimator._layout_text import serve_text
from leadtime.study.estimator._request import FLEETS, Ready
from leadtime.study.estimator._setup import efficiency_precision, efficiency_table, row_of, scalar

__all__ = ["Priced", "priced"]


class Priced(NamedTuple):
    """One priced question."""

    one: dict[str, Any]
    layout: str
    n_chips: int
    prefill_share_frac: float | None
    efficiencies: Any
    capacity_byte: float


def priced(group: Sequence[Ready]) -> Sequence[Priced | LeadtimeError]:
    """Price questions of one group."""
    if group[0].question.deployment.disaggregated:
        return [_split(ready) for ready in group]
    if group[0].layout is None:
        phase = group[0].question.deployment.phase
        return _searched(
            group, [ready.fleets for ready in group], phase=phase, best=[r.question.limits.best for r in group]
        )
    return _stated(group)


def _efficiencies(group: Sequence[Ready]) -> Efficiencies:
    return efficiency_table().efficiencies(
        [ready.chip for ready in group],
        [efficiency_precision(ready.arithmetic) for ready in group],
        engines=[ready.question.deployment.engine for ready in group],
    )


def _gathered(group: Sequence[Ready], owner: Sequence[int]) -> tuple[Any, Any, Any, Efficiencies]:
    """Return models, chips, workloads and efficiencies as arrays, one entry for each element of ``owner``."""
    index = np.asarray(owner, dtype=np.intp)
    arrays = performance.chip_arrays([ready.chip for ready in group], [ready.precision for ready in group])
    shapes = workloads.shape_arrays([ready.shape for ready in group])
    work = ServeWorkload(*np.array([ready.work for ready in group]).T)
    return (
        workloads.take(shapes, index),
        workloads.take(arrays, index),
        workloads.take(work, index),
        _efficiencies(group).take(index),
    )


def _limits(group: Sequence[Ready], owner: Sequence[int]) -> tuple[Any, Any]:
    """Return batches and latency limits as arrays, None where the group has none."""
    first = group[0].question.limits
    batch = None if first.batch is None else np.array([float(group[i].question.limits.batch or 0) for i in owner])
    limit = (
        None if first.tpot_ms is None else np.array([float(group[i].question.limits.tpot_ms or 0) / 1e3 for i in owner])
    )
    return batch, limit


def _searched(
    group: Sequence[Ready], fleets: Sequence[Sequence[int]], *, phase: str, best: Sequence[bool], limited: bool = True
) -> list[Priced]:
    """Search layouts; of several numbers of chips the first that serves, or the one with most tokens per chip."""
    owner = [index for index, sizes in enumerate(fleets) for _ in sizes]
    sizes = np.array([float(size) for each in fleets for size in each])
    shapes, arrays, work, efficiencies = _gathered(group, owner)
    batch, limit = _limits(group, owner) if limited else (None, None)
    found = performance.search_serve_layout(
        shapes,
        arrays,
        sizes,
        work,
        efficiencies,
        batch=batch,
        tpot_limit_s=limit,
        phase=phase,  # type: ignore[arg-type]
    )
    n = len(owner)
    codes = np.broadcast_to(found.result.code, (n,))
    rates = np.broadcast_to(
        found.result.prefill_tok_s_per_chip if phase == "prefill" else found.result.decode_tok_s_per_chip, (n,)
    )
    values = found.result._asdict()
    priced = []
    for index in range(len(group)):
        mine = range(bisect_left(owner, index), bisect_right(owner, index))
        served = [i for i in mine if codes[i] == 0]
        if not served:
            chosen = mine[-1]
        elif best[index]:
            # A larger deployment has to bring more than a percent: the smaller one is easier to run.
            most = max(rates[i] for i in served)
            chosen = next(i for i in served if rates[i] >= 0.99 * most)
        else:
            chosen = served[0]
        layout = ServeLayout(*(float(np.broadcast_to(value, (n,))[chosen]) for value in found.layout))
        priced.append(
            Priced(
                one=row_of(values, chosen, n),
                layout=serve_text(layout),
                n_chips=int(sizes[chosen]),
                prefill_share_frac=None,
                efficiencies=efficiencies.take(np.array([chosen])),
                capacity_byte=float(np.broadcast_to(arrays.capacity_byte, (n,))[chosen]),
            )
        )
    return priced


def _stated(group: Sequence[Ready]) -> list[Priced | LeadtimeError]:
    """Price stated layouts."""
    n = len(group)
    shapes, arrays, work, efficiencies = _gathered(group, range(n))
    batch, limit = _limits(group, range(n))
    layout = ServeLayout(*np.array([ready.layout for ready in group]).T)
    replicas = np.array([float(ready.fleets[0]) for ready in group]) / (layout.tensor * layout.pipeline * layout.data)
    result = performance.serve(
        shapes,
        arrays,
        layout,
        work,
        efficiencies,
        batch=None if batch is None else np.maximum(batch / replicas, 1.0),
        tpot_limit_s=limit,
        phase=group[0].question.deployment.phase,  # type: ignore[arg-type]
    )
    values = result._asdict()
    answers: list[Priced | LeadtimeError] = []
    for index, ready in enumerate(group):
        one = row_of(values, index, n)
        code = FailureCode(int(one["code"]))
        if code not in (FailureCode.NONE, FailureCode.MEMORY, FailureCode.LATENCY):
            text = ready.question.deployment.parallelism
            answers.append(
                ConflictError(
                    f"The layout {text} cannot serve {ready.shape.name}: {failure_reason(code)}.",
                    hint="Or let --parallelism auto find one.",
                )
            )
            continue
        answers.append(
            Priced(
                one=one,
                layout=serve_text(ready.layout or ServeLayout()),
                n_chips=ready.fleets[0],
                prefill_share_frac=None,
                efficiencies=efficiencies.take(np.array([index])),
                capacity_byte=float(np.broadcast_to(arrays.capacity_byte, (n,))[index]),
            )
        )
    return answers


def _split(ready: Ready) -> Priced:
    """Combine the best prefill replica and the best decode replica; a stated fleet is divided into whole replicas."""
    n_chips = ready.question.deployment.n_chips
    sizes = [size for size in FLEETS if n_chips is None or size < n_chips]
    prefill = _searched([ready], [sizes], phase="prefill", best=[True], limited=False)[0]
    decode = _searched([ready], [sizes], phase="decode", best=[True])[0]
    text = f"prefill: {prefill.layout}; decode: {decode.layout}"
    failed = next((pool for pool in (prefill, decode) if pool.one["code"]), None)
    if failed is not None:
        return failed._replace(layout=text, n_chips=n_chips or prefill.n_chips + decode.n_chips)
    pools = [_as_result(pool.one) for pool in (prefill, decode)]
    service = performance.split_service(
        *pools,
        input_tokens=ready.work.input_tokens,
        output_tokens=ready.work.output_tokens,
        cache_hit_frac=ready.work.cache_hit_frac,
        n_chips=None if n_chips is None else float(n_chips),
    )
    share, rate = scalar(service.prefill_share), scalar(service.decode_tok_s_per_chip)
    one = {
        **decode.one,
        "decode_tok_s_per_chip": rate,
        "prefill_tok_s_per_chip": rate * ready.work.input_tokens / ready.work.output_tokens,
        "total_tok_s_per_chip": scalar(service.total_tok_s_per_chip),
        "ttft_s": scalar(service.ttft_s),
        "tpot_s": scalar(service.tpot_s),
    }
    if math.isnan(rate):
        one["code"] = float(FailureCode.TOO_FEW_CHIPS)
    fleet = n_chips or _whole_pools(prefill.n_chips, decode.n_chips, share)
    return decode._replace(one=one, layout=text, n_chips=fleet, prefill_share_frac=None if math.isnan(share) else share)


def _as_result(one: Mapping[str, Any]) -> performance.ServeResult:
    values: Any = {key: float("nan") if value is None else value for key, value in one.items()}
    return performance.ServeResult(**values)


def _whole_pools(prefill_chips: int, decode_chips: int, prefill_share: float) -> int:
    """Return the smallest fleet of whole replicas, one decode replica at least, that is within 10 % of the best ratio or eight decode replicas."""
    for n_decode in range(1, 9):
        wanted = n_decode * decode_chips * prefill_share / (1.0 - prefill_share)
        n_prefill = max(round(wanted / prefill_chips), 1)
        if abs(n_prefill * prefill_chips / wanted - 1.0) <= 0.1:
            break
    return n_decode * decode_chips + n_prefill * prefill_chips
