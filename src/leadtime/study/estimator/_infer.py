"""One serving question: throughput, latency, cost and energy, chips for a number of users, with ranges."""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from leadtime import economics, performance, workloads
from leadtime.chips import Chip, find_chip
from leadtime.errors import BadInputError, ConflictError, LeadtimeError, shorten
from leadtime.performance import Bound, Efficiencies, FailureCode, ServeLayout, ServeWorkload, failure_reason
from leadtime.study.estimator._costs import Money, cost_basis
from leadtime.study.estimator._layout_text import replica_chips, serve_layout, serve_text
from leadtime.study.estimator._ranges import POWER_HALF_WIDTH, between, range_of, times
from leadtime.study.estimator._setup import (
    checked_count,
    checked_number,
    efficiency_precision,
    efficiency_sources,
    efficiency_table,
    is_mixture,
    precision_note,
    row_of,
    scalar,
)
from leadtime.units import DAY_S, HOUR_S, YEAR_S
from leadtime.workloads import Attention, ModelShape

__all__ = ["Demand", "Deployment", "InferQuestion", "Limits", "Request", "infer", "infer_many", "pareto"]

PHASES = ("mixed", "prefill", "decode")
FLEETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Numbers of chips that are tried where none is stated."""
AT_ONCE = 256
"""Questions priced together."""
_CAPACITY = (FailureCode.MEMORY, FailureCode.NO_LAYOUT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a user sends and gets, and what helps."""

    input_len: int
    output_len: int
    cache_hit_frac: float = 0.0
    """Share of input tokens whose keys and values are there already."""
    draft_tokens: int = 0
    """Tokens proposed per step (speculative decoding, multi-token prediction)."""
    acceptance_frac: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What bounds the load: requests in flight over all chips, or the time per output token that a user may see; neither means saturated."""

    batch: int | None = None
    tpot_ms: float | None = None
    best: bool = False
    """Maximise tokens per dollar over layouts and numbers of chips."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Users to serve."""

    users: float
    tokens_per_user_day: float
    """Output tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """How the model lies on chips; what is None is chosen, and said to be."""

    n_chips: int | None = None
    parallelism: str = "auto"
    precision: str | None = None
    kv_precision: str | None = None
    phase: str = "mixed"
    disaggregated: bool = False
    """A pool for prefill and one for decode in the best ratio, each with its best layout."""
    engine: str = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class InferQuestion:
    """What :func:`infer` is asked; see there."""

    model: str | Path | ModelShape
    chip: str | Path | Chip
    request: Request
    deployment: Deployment = Deployment()
    limits: Limits = Limits()
    demand: Demand | None = None
    on: date | None = None
    money: Money = Money()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ready:
    """A question with its names resolved and its numbers checked."""

    question: InferQuestion
    shape: ModelShape
    chip: Chip
    precision: str
    kv_precision: str
    arithmetic: str
    work: ServeWorkload
    fleets: tuple[int, ...]
    layout: ServeLayout | None
    on: date
    assumed: tuple[str, ...]

    @property
    def group(self) -> tuple[Any, ...]:
        """Questions of one group are priced in one call."""
        limits, deployment = self.question.limits, self.question.deployment
        return (
            deployment.disaggregated,
            self.layout is None,
            limits.batch is None,
            limits.tpot_ms is None,
            deployment.phase,
        )


class _Priced(NamedTuple):
    """One priced question."""

    one: dict[str, Any]
    layout: str
    n_chips: int
    prefill_share_frac: float | None
    efficiencies: Any
    capacity_byte: float


def infer(
    model: str | Path | ModelShape,
    chip: str | Path | Chip,
    request: Request,
    *,
    deployment: Deployment | None = None,
    limits: Limits | None = None,
    demand: Demand | None = None,
    on: date | None = None,
    money: Money | None = None,
) -> dict[str, Any]:
    """Estimate serving.

    Parameters
    ----------
    model, chip
        As for :func:`train`.
    request : Request
        Tokens of a request, and what helps to serve it.
    deployment : Deployment, optional
        Chips, layout, precisions; without a number of chips the fewest that serve are used (the cheapest per token with ``limits.best``).
        Weights are fp8 where the chip multiplies in it, else bf16; the cache has 8 bit beside weights of 8 bit or less, 16 for latent attention.
    limits : Limits, optional
        Requests in flight or a latency limit; without either the deployment is saturated.
    demand : Demand, optional
        Users: how many chips, at what cost.
    on, money
        As for :func:`train`.

    Returns
    -------
    dict
        The contract of ``leadtime infer``: see the JSON schema. What does not fit has ``feasible`` false, a reason and no throughput.

    Examples
    --------
    >>> infer("llama3-70b", "h100", Request(input_len=1024, output_len=1024), deployment=Deployment(n_chips=1, precision="bf16"))["feasible"]
    False
    """
    question = InferQuestion(
        model=model,
        chip=chip,
        request=request,
        deployment=deployment or Deployment(),
        limits=limits or Limits(),
        demand=demand,
        on=on,
        money=money or Money(),
    )
    answer = infer_many([question])[0]
    if isinstance(answer, LeadtimeError):
        raise answer
    return answer


def infer_many(questions: Sequence[InferQuestion]) -> list[dict[str, Any] | LeadtimeError]:
    """Answer many questions at once; a question that cannot be asked has its error in its place."""
    answers: list[dict[str, Any] | LeadtimeError] = []
    groups: dict[tuple[Any, ...], list[tuple[int, _Ready]]] = {}
    for index, question in enumerate(questions):
        try:
            ready = _prepare(question)
        except LeadtimeError as error:
            answers.append(error)
            continue
        answers.append(LeadtimeError("not reached"))
        groups.setdefault(ready.group, []).append((index, ready))
    for group in groups.values():
        for start in range(0, len(group), AT_ONCE):
            part = group[start : start + AT_ONCE]
            for (index, ready), priced in zip(part, _priced([ready for _, ready in part]), strict=True):
                try:
                    answers[index] = _answer(ready, priced) if isinstance(priced, _Priced) else priced
                except LeadtimeError as error:
                    answers[index] = error
    return answers


def _prepare(question: InferQuestion) -> _Ready:
    shape = question.model if isinstance(question.model, ModelShape) else workloads.find_model(question.model)
    chip = question.chip if isinstance(question.chip, Chip) else find_chip(question.chip)
    request, deployment, limits = question.request, question.deployment, question.limits
    if deployment.phase not in PHASES:
        raise BadInputError(
            f"The phase {shorten(deployment.phase)!r} is not known.", hint=f"It is one of: {', '.join(PHASES)}."
        )
    if limits.batch is not None and limits.tpot_ms is not None:
        raise ConflictError("A batch and a latency limit are both stated.", hint="Give one of them.")
    if deployment.disaggregated and (deployment.phase != "mixed" or deployment.parallelism != "auto"):
        raise ConflictError(
            "A disaggregated service has both phases and searched layouts.", hint="Leave out the phase and the layout."
        )
    if deployment.disaggregated and deployment.n_chips == 1:
        raise ConflictError("A disaggregated service needs at least two chips.", hint="Raise the number of chips.")
    if request.acceptance_frac and not request.draft_tokens:
        raise ConflictError("An acceptance without proposed tokens means nothing.", hint="State the draft tokens.")
    assumed: list[str] = []
    precision = deployment.precision or _usual_precision(chip, assumed)
    arithmetic = performance.arithmetic_precision(chip, precision)
    kv_precision = deployment.kv_precision or _usual_kv(shape, precision, assumed)
    if limits.batch is not None:
        checked_count(limits.batch, "batch", high=10_000_000)
    if limits.tpot_ms is not None:
        checked_number(limits.tpot_ms, "tpot_ms", low=0.01, high=1e5)
    if question.demand is not None:
        checked_number(question.demand.users, "users", low=1, high=1e11)
        checked_number(question.demand.tokens_per_user_day, "tokens_per_user_day", low=1e-3, high=1e12)
    work = ServeWorkload(
        input_tokens=float(checked_count(request.input_len, "input_len", high=16_000_000)),
        output_tokens=float(checked_count(request.output_len, "output_len", high=16_000_000)),
        weight_byte=_width(precision),
        kv_byte=_width(kv_precision),
        dispatch_byte=1.0 if efficiency_precision(arithmetic) in {"fp8", "fp4", "int8"} else 2.0,
        cache_hit_frac=checked_number(request.cache_hit_frac, "cache_hit_frac", low=0, high=0.999),
        draft_tokens=float(checked_count(request.draft_tokens, "draft_tokens", low=0, high=16)),
        acceptance_frac=checked_number(request.acceptance_frac, "acceptance_frac", low=0, high=1),
    )
    layout = None
    if deployment.n_chips is not None:
        fleets: tuple[int, ...] = (checked_count(deployment.n_chips, "n_chips", high=100_000),)
    elif deployment.parallelism != "auto":
        fleets = (replica_chips(deployment.parallelism),)
    else:
        fleets = FLEETS
        assumed.append("the number of chips")
    if deployment.parallelism == "auto":
        assumed.append("the layouts of both pools" if deployment.disaggregated else "the layout")
    else:
        layout = serve_layout(deployment.parallelism, fleets[0])
    return _Ready(
        question=question,
        shape=shape,
        chip=chip,
        precision=precision,
        kv_precision=kv_precision,
        arithmetic=arithmetic,
        work=work,
        fleets=fleets,
        layout=layout,
        on=question.on or date.today(),
        assumed=tuple(assumed),
    )


def _priced(group: Sequence[_Ready]) -> Sequence[_Priced | LeadtimeError]:
    """Price questions of one group."""
    if group[0].question.deployment.disaggregated:
        return [_split(ready) for ready in group]
    if group[0].layout is None:
        phase = group[0].question.deployment.phase
        return _searched(
            group, [ready.fleets for ready in group], phase=phase, best=[r.question.limits.best for r in group]
        )
    return _stated(group)


def _efficiencies(group: Sequence[_Ready]) -> Efficiencies:
    return efficiency_table().efficiencies(
        [ready.chip for ready in group],
        [efficiency_precision(ready.arithmetic) for ready in group],
        engines=[ready.question.deployment.engine for ready in group],
    )


def _gathered(group: Sequence[_Ready], owner: Sequence[int]) -> tuple[Any, Any, Any, Efficiencies]:
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


def _limits(group: Sequence[_Ready], owner: Sequence[int]) -> tuple[Any, Any]:
    """Return batches and latency limits as arrays, None where the group has none."""
    first = group[0].question.limits
    batch = None if first.batch is None else np.array([float(group[i].question.limits.batch or 0) for i in owner])
    limit = (
        None if first.tpot_ms is None else np.array([float(group[i].question.limits.tpot_ms or 0) / 1e3 for i in owner])
    )
    return batch, limit


def _searched(
    group: Sequence[_Ready], fleets: Sequence[Sequence[int]], *, phase: str, best: Sequence[bool], limited: bool = True
) -> list[_Priced]:
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
            _Priced(
                one=row_of(values, chosen, n),
                layout=serve_text(layout),
                n_chips=int(sizes[chosen]),
                prefill_share_frac=None,
                efficiencies=efficiencies.take(np.array([chosen])),
                capacity_byte=float(np.broadcast_to(arrays.capacity_byte, (n,))[chosen]),
            )
        )
    return priced


def _stated(group: Sequence[_Ready]) -> list[_Priced | LeadtimeError]:
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
    answers: list[_Priced | LeadtimeError] = []
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
            _Priced(
                one=one,
                layout=serve_text(ready.layout or ServeLayout()),
                n_chips=ready.fleets[0],
                prefill_share_frac=None,
                efficiencies=efficiencies.take(np.array([index])),
                capacity_byte=float(np.broadcast_to(arrays.capacity_byte, (n,))[index]),
            )
        )
    return answers


def _split(ready: _Ready) -> _Priced:
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


def _answer(ready: _Ready, priced: _Priced) -> dict[str, Any]:
    """Dress one priced question as the contract wants it."""
    question, shape, chip, one = ready.question, ready.shape, ready.chip, priced.one
    phase = question.deployment.phase
    code = FailureCode(int(one["code"] or 0))
    feasible = code is FailureCode.NONE
    basis = priced.efficiencies.basis[0]
    kind = (
        "serve_disaggregated"
        if question.deployment.disaggregated
        else "serve_moe"
        if is_mixture(shape)
        else "serve_dense"
    )
    guesses = float(sum(item.startswith("the ") for item in ready.assumed))
    half = scalar(performance.half_width(priced.efficiencies, kind, n_guesses=guesses, basis=basis))  # type: ignore[arg-type]
    ttft_half = max(half, scalar(performance.half_width(priced.efficiencies, "ttft", basis=basis)))
    rate = (
        None if not feasible else one["prefill_tok_s_per_chip"] if phase == "prefill" else one["decode_tok_s_per_chip"]
    )
    costs = cost_basis(chip, on=ready.on, money=question.money)
    prices = {"rental": costs.rental_usd_per_hour, "ownership": costs.ownership_usd_per_hour}
    per_mtok = None if rate is None else economics.usd_per_mtok(1.0, rate)
    chosen = "rental" if prices["rental"] is not None else "ownership"
    joule = None if rate is None or costs.wall_power_w is None else economics.joule_per_token(costs.wall_power_w, rate)
    rates = {
        name: one[name] if feasible else None
        for name in ("prefill_tok_s_per_chip", "decode_tok_s_per_chip", "total_tok_s_per_chip")
    }
    intervals = {
        **{name: range_of(value, half) for name, value in rates.items()},
        "ttft_s": range_of(one["ttft_s"] if feasible else None, ttft_half),
        "tpot_s": range_of(one["tpot_s"] if feasible else None, half),
        "usd_per_mtok": between(prices[chosen], per_mtok, half),
        "joule_per_tok": range_of(joule, math.hypot(half, POWER_HALF_WIDTH)),
    }
    length = question.request.input_len + question.request.output_len
    return {
        "model": shape.id,
        "chip": chip.id,
        "n_chips": priced.n_chips,
        "input_len": question.request.input_len,
        "output_len": question.request.output_len,
        "phase": phase,
        "precision": ready.precision,
        "arithmetic": ready.arithmetic,
        "kv_precision": ready.kv_precision,
        **rates,
        "ttft_s": one["ttft_s"] if feasible else None,
        "tpot_s": one["tpot_s"] if feasible else None,
        "batch": one["batch"] if feasible else None,
        "max_batch": one["max_batch"],
        "usd_per_mtok": times(prices[chosen], per_mtok),
        "usd_per_mtok_basis": f"{chosen}, per million {'input' if phase == 'prefill' else 'output'} tokens, all hours used",
        "usd_per_mtok_by": {name: times(price, per_mtok) for name, price in prices.items()},
        "joule_per_tok": joule,
        "memory_byte_per_chip": one["memory_byte_per_chip"],
        "memory_capacity_byte_per_chip": priced.capacity_byte,
        "feasible": feasible,
        "infeasible_reason": failure_reason(
            code, needed_byte=one["memory_byte_per_chip"], capacity_byte=priced.capacity_byte
        ),
        "bound": Bound(int(one["bound"])).name.casefold() if feasible else "capacity" if code in _CAPACITY else None,
        "parallelism": priced.layout,
        "prefill_share_frac": priced.prefill_share_frac,
        "breakdown_s": {name: (value if feasible else None) for name, value in one["breakdown_s"].items()},
        "intervals": {name: value for name, value in intervals.items() if value is not None},
        "demand": _demand(
            question.demand, rate if phase != "prefill" else None, priced.n_chips, prices[chosen], costs.used_frac, half
        ),
        "usd_per_chip_hour": {name: times(price, 1.0) for name, price in prices.items()},
        "efficiency_basis": basis,
        "assumed": list(ready.assumed),
        "notes": [
            *costs.notes,
            *shape.origin.warnings,
            *precision_note(chip, ready.precision, ready.arithmetic),
            *_context_note(shape, length),
        ],
        "sources": sorted({*efficiency_sources(), *costs.source_ids, *chip.sources.values()}),
    }


def pareto(
    model: str | Path | ModelShape,
    chip: str | Path | Chip,
    *,
    input_len: int,
    output_len: int,
    n_chips: int,
    precision: str | None = None,
    kv_precision: str | None = None,
) -> list[dict[str, Any]]:
    """Return the front of throughput against latency over layouts and batches: one row per point, in order of rising time per token."""
    shape = model if isinstance(model, ModelShape) else workloads.find_model(model)
    accelerator = chip if isinstance(chip, Chip) else find_chip(chip)
    n_chips = checked_count(n_chips, "n_chips", high=4096)
    precision = precision or _usual_precision(accelerator, [])
    kv_precision = kv_precision or _usual_kv(shape, precision, [])
    work = ServeWorkload(
        input_tokens=float(checked_count(input_len, "input_len", high=16_000_000)),
        output_tokens=float(checked_count(output_len, "output_len", high=16_000_000)),
        weight_byte=_width(precision),
        kv_byte=_width(kv_precision),
    )
    arithmetic = performance.arithmetic_precision(accelerator, precision)
    efficiencies = efficiency_table().efficiencies([accelerator], efficiency_precision(arithmetic))
    arrays = performance.chip_arrays([accelerator], precision)
    shapes = workloads.shape_arrays([shape])
    limits = np.geomspace(0.002, 2.0, 40)
    n = len(limits)
    same = np.zeros(n, dtype=np.intp)
    found = performance.search_serve_layout(
        workloads.take(shapes, same),
        workloads.take(arrays, same),
        np.full(n, float(n_chips)),
        work,
        efficiencies.take(same),
        tpot_limit_s=limits,
    )
    rate, latency = np.asarray(found.result.decode_tok_s_per_chip), np.asarray(found.result.tpot_s)
    rows = []
    for index in performance.pareto_front(latency, rate):
        layout = ServeLayout(*(float(np.broadcast_to(value, (n,))[index]) for value in found.layout))
        rows.append(
            {
                "tpot_s": float(latency[index]),
                "tokens_per_s_per_user": 1.0 / float(latency[index]),
                "decode_tok_s_per_chip": float(rate[index]),
                "batch": float(np.broadcast_to(found.result.batch, (n,))[index]),
                "parallelism": serve_text(layout),
            }
        )
    return rows


def _width(precision: str) -> float:
    known = performance.WEIGHT_BYTE
    if precision not in known:
        raise BadInputError(f"The precision {precision!r} is not known.", hint=f"It is one of: {', '.join(known)}.")
    return known[precision]


def _usual_precision(chip: Chip, assumed: list[str]) -> str:
    precision = "fp8" if "fp8" in chip.peak_flop_per_s else "bf16"
    assumed.append(f"weights in {precision}")
    return precision


def _usual_kv(shape: ModelShape, precision: str, assumed: list[str]) -> str:
    latent = any(isinstance(mixer, Attention) and mixer.latent is not None for mixer in shape.mixers)
    kv = "fp8" if performance.WEIGHT_BYTE.get(precision, 2.0) <= 1.0 and not latent else "bf16"
    assumed.append(f"a cache in {kv}")
    return kv


def _context_note(shape: ModelShape, length: int) -> list[str]:
    stated = shape.origin.max_context
    if stated and length > stated:
        return [
            f"{length:,} tokens exceed the longest context that the publisher states ({stated:,}); time and memory are extrapolated."
        ]
    return []


def _demand(
    demand: Demand | None,
    rate: float | None,
    replica_size: int,
    price: tuple[float, float, float] | None,
    used_frac: float,
    half: float,
) -> dict[str, Any] | None:
    """Return the chips that serve a number of users, and what they cost."""
    if demand is None:
        return None
    told = {"users": demand.users, "tokens_per_user_day": demand.tokens_per_user_day, "used_frac": used_frac}
    if rate is None:
        return {**told, "n_chips": None, "usd_per_year": None, "usd_per_user_year": None, "intervals": {}}
    exact = demand.users * demand.tokens_per_user_day / (rate * DAY_S * used_frac)
    n_chips = math.ceil(exact / replica_size) * replica_size
    hours = n_chips * YEAR_S / HOUR_S
    yearly = times(price, hours)
    ranges = {"n_chips": range_of(float(n_chips), half), "usd_per_year": between(price, hours, half)}
    return {
        **told,
        "n_chips": n_chips,
        "usd_per_year": yearly,
        "usd_per_user_year": None if yearly is None else yearly / demand.users,
        "intervals": {name: value for name, value in ranges.items() if value is not None},
    }
