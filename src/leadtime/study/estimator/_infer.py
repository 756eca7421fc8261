"""One serving question or many: throughput, latency, cost and energy, chips for a number of users, with ranges."""

import math
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from leadtime import economics, performance
from leadtime.chips import Chip
from leadtime.errors import LeadtimeError
from leadtime.performance import Bound, FailureCode, failure_reason
from leadtime.stopping import check
from leadtime.study.estimator._costs import Money, cost_basis
from leadtime.study.estimator._pricing import Priced, priced
from leadtime.study.estimator._ranges import POWER_HALF_WIDTH, between, range_of, times
from leadtime.study.estimator._request import Demand, Deployment, InferQuestion, Limits, Ready, Request, prepare
from leadtime.study.estimator._setup import efficiency_sources, is_mixture, precision_note, scalar
from leadtime.units import DAY_S, HOUR_S, YEAR_S
from leadtime.workloads import ModelShape

__all__ = ["infer", "infer_many"]

AT_ONCE = 256
"""Questions priced together."""
_CAPACITY = (FailureCode.MEMORY, FailureCode.NO_LAYOUT)


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
    groups: dict[tuple[Any, ...], list[tuple[int, Ready]]] = {}
    for index, question in enumerate(questions):
        check()
        try:
            ready = prepare(question)
        except LeadtimeError as error:
            answers.append(error)
            continue
        answers.append(LeadtimeError("not reached"))
        groups.setdefault(ready.group, []).append((index, ready))
    for group in groups.values():
        for start in range(0, len(group), AT_ONCE):
            check()
            part = group[start : start + AT_ONCE]
            for (index, ready), found in zip(part, priced([ready for _, ready in part]), strict=True):
                try:
                    answers[index] = _answer(ready, found) if isinstance(found, Priced) else found
                except LeadtimeError as error:
                    answers[index] = error
    return answers


def _answer(ready: Ready, found: Priced) -> dict[str, Any]:
    """Dress one priced question as the contract wants it."""
    question, shape, chip, one = ready.question, ready.shape, ready.chip, found.one
    phase = question.deployment.phase
    code = FailureCode(int(one["code"] or 0))
    feasible = code is FailureCode.NONE
    basis = found.efficiencies.task_basis["serve"][0]
    kind = (
        "serve_disaggregated"
        if question.deployment.disaggregated
        else "serve_moe"
        if is_mixture(shape)
        else "serve_dense"
    )
    guesses = float(sum(item.startswith("the ") for item in ready.assumed))
    half = scalar(performance.half_width(found.efficiencies, kind, n_guesses=guesses, basis=basis))  # type: ignore[arg-type]
    ttft_half = max(half, scalar(performance.half_width(found.efficiencies, "ttft", basis=basis)))
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
        "n_chips": found.n_chips,
        "input_len": question.request.input_len,
        "output_len": question.request.output_len,
        "phase": phase,
        "precision": ready.precision,
        "arithmetic": ready.arithmetic,
        "kv_precision": ready.kv_precision,
        **rates,
        "ttft_s": one["ttft_s"] if feasible else None,
        "tpot_s": one["tpot_s"] if feasible else None,
        "batch": _over_all_chips(found, one["batch"]) if feasible else None,
        "max_batch": _over_all_chips(found, one["max_batch"]),
        "usd_per_mtok": times(prices[chosen], per_mtok),
        "usd_per_mtok_basis": f"{chosen}, per million {'input' if phase == 'prefill' else 'output'} tokens, all hours used",
        "usd_per_mtok_by": {name: times(price, per_mtok) for name, price in prices.items()},
        "joule_per_tok": joule,
        "memory_byte_per_chip": one["memory_byte_per_chip"],
        "memory_capacity_byte_per_chip": found.capacity_byte,
        "feasible": feasible,
        "infeasible_reason": failure_reason(
            code, needed_byte=one["memory_byte_per_chip"], capacity_byte=found.capacity_byte
        ),
        "bound": Bound(int(one["bound"])).name.casefold() if feasible else "capacity" if code in _CAPACITY else None,
        "parallelism": found.layout,
        "prefill_share_frac": found.prefill_share_frac,
        "breakdown_s": {name: (value if feasible else None) for name, value in one["breakdown_s"].items()},
        "intervals": {name: value for name, value in intervals.items() if value is not None},
        "demand": _demand(
            question.demand, rate if phase != "prefill" else None, found.n_chips, prices[chosen], costs.used_frac, half
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


def _over_all_chips(found: Priced, per_replica: float | None) -> float | None:
    """Return requests of one replica as requests of all replicas; of two pools, those that decode hold them."""
    if per_replica is None or not found.one["n_chips"]:
        return None
    holding: float = found.n_chips * (1.0 - (found.prefill_share_frac or 0.0))
    replicas = max(round(holding / float(found.one["n_chips"])), 1)
    return per_replica * replicas


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
