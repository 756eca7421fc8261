"""A demand spike at one lab: how many times its demand a fleet serves before users wait, and what serving costs against its price."""

import math
from datetime import date
from typing import Annotated, Any

import numpy as np
from scipy.special import log_ndtr

from leadtime import catalog
from leadtime.errors import BadInputError
from leadtime.study import estimator
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._estimates import log_sd
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import Draws, Floats, Seed, quantile_row

__all__ = ["demand_spike"]

CHIPS_PER_NODE = 8
LARGEST, HOPPERS = "large", ("h100", "h800")
DAY_S = 86400.0
HOUR_S = 3600.0
HOURS = 24
MEASURED_CHIP = "h800"
MEASURED_LOG_SD = 0.15
"""Log sd of the rate that the developer's own day implies: nodes, tokens and rates of its parts agree to about this."""
OTHER_CASE_LOG_SD = 0.3
"""Log sd added where another model or chip than the measured one is asked for: the correction of the estimate carries over only in part."""
TRIED = np.geomspace(0.2, 5.0, 43)
SHOWN_S = (1e-3, 1e5)
"""Waits in the table are cut to this range: below it nobody notices, above it nobody waits."""
LEAST_MULTIPLE, MOST_MULTIPLE = 1e-6, 1e6


@question
def demand_spike(
    n_chips: Annotated[
        int | None,
        Argument(
            text="Chips that can serve; none draws from those at work in the disclosed peak to an analyst's Hoppers",
            low=8,
            high=1_000_000,
        ),
    ] = None,
    spike: Annotated[
        float, Argument(text="Demand in the spike over demand of the measured day", low=0.1, high=100.0)
    ] = 2.0,
    wait_limit_s: Annotated[
        float, Argument(text="Mean wait that users put up with in the worst hour [s]", low=0.01, high=3600.0)
    ] = 10.0,
    peak_to_mean: Annotated[
        float, Argument(text="Demand of the busiest hour over the day's mean", low=1.0, high=2.0)
    ] = 1.226,
    tpot_ms: Annotated[
        float, Argument(text="Time per output token that users may see [ms]", low=5.0, high=1000.0)
    ] = 50.0,
    chip: Annotated[str, Argument(text="Chip: a catalogue name, or a file")] = "h800",
    model: Annotated[str, Argument(text="Model: a catalogue name or a config.json")] = "deepseek-v3",
    paid_frac: Annotated[
        float, Argument(text="Share of tokens that are paid for at list price", low=0.0, high=1.0)
    ] = 0.3,
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say how many times its measured demand a fleet can serve before waits exceed a limit, and what it costs against what it earns.

    The rate of a chip is the estimator's at the latency target, corrected by what one disclosed day implies. Requests share the fleet: in an hour
    below capacity the wait is that of many servers (Erlang C in the limit of many), above it a backlog builds up and is worked off later.
    """  # fmt: skip
    day = {
        row["id"]: float(row["central"])
        for row in catalog.table("evidence")
        if row["id"] in {"D001", "D002", "D003", "D004", "D005", "D006"}
    }
    sources = {"semianalysis-deepseek-2025"} | {
        row["source_id"] for row in catalog.table("evidence") if row["id"] in day
    }
    output_tokens, input_tokens = day["D005"], day["D004"]
    length = 1000
    prompt = round(length * input_tokens / output_tokens)
    request = estimator.Request(input_len=prompt, output_len=length, cache_hit_frac=0.563)
    served = _served(model, chip, request, tpot_ms)
    reference = (
        served
        if (model, chip) == ("deepseek-v3", MEASURED_CHIP)
        else _served("deepseek-v3", MEASURED_CHIP, request, 50.0)
    )
    stream = np.random.default_rng([seed % 2**32, 21])
    normals = stream.standard_normal((2, draws))
    measured = output_tokens / DAY_S / (day["D001"] * CHIPS_PER_NODE)
    log_shift, shift_sd = _correction(reference, measured)
    own_sd = 0.0 if served is reference else OTHER_CASE_LOG_SD
    rate = served["decode_tok_s_per_chip"] * np.exp(log_shift + shift_sd * normals[0] + own_sd * normals[1])
    ready = _ready(n_chips, day["D002"] * CHIPS_PER_NODE, stream, draws)
    slots = np.maximum(served["batch"] / served["n_chips"] * ready, 1.0)
    capacity = ready * rate
    demand = output_tokens / DAY_S
    profile = 1 + (peak_to_mean - 1) * np.cos(2 * np.pi * np.arange(HOURS) / HOURS)
    wave = demand * profile
    critical = _critical(wave, capacity, slots, length, wait_limit_s)
    at_spike = _worst_wait_s(wave, np.full(draws, spike), capacity, slots, length)
    cost = day["D003"] / output_tokens * 1e6 * (measured / rate)
    earned = day["D006"] / output_tokens * 1e6
    figures = {
        "critical_multiple": Sampled.single(
            f"Times the measured demand that {'the chips' if n_chips is None else f'{n_chips:,} chips'} serve before the worst hour waits {wait_limit_s:g} s", "ratio", critical
        ),
        "room_ratio": Sampled.single(f"Demand that can be served over a spike of {spike:g} times", "ratio", critical / spike),
        "wait_s": Sampled.single(f"Mean wait in the worst hour at {spike:g} times the demand, a day at most", "s", np.where(at_spike < SHOWN_S[0], 0.0, np.minimum(at_spike, DAY_S))),
        "chips_needed": Sampled.single(f"Chips for {spike:g} times the demand", "count", ready * spike / critical),
        "unmet_frac": Sampled.single(
            f"Share of the tokens of the day at {spike:g} times the demand that cannot be written", "frac", np.maximum(1 - capacity / (spike * demand), 0.0)
        ),
        "tok_s_per_chip": Sampled.single(f"Output tokens per second and chip at {tpot_ms:g} ms", "token/s", rate),
        "cost_over_income": Sampled.single(
            f"Cost of serving over income, {paid_frac:.0%} of tokens paid at list price", "ratio", cost / (earned * paid_frac) if paid_frac else np.full(draws, np.inf)
        ),
        "break_even_frac": Sampled.single("Share of tokens that has to be paid for", "frac", cost / earned),
    }  # fmt: skip
    rows: list[dict[str, Any]] = [
        quantile_row(
            np.clip(_worst_wait_s(wave, np.full(draws, multiple), capacity, slots, length), SHOWN_S[0], SHOWN_S[1]),
            multiple=float(multiple),
        )
        for multiple in TRIED
    ]
    return Answer(
        figures=figures,
        parameters={"tokens per chip": rate, "chips that stand ready": ready},
        rows=rows,
        chart={
            "kind": "lines", "x": "multiple", "y": "median", "x_title": "Demand over that of the measured day",
            "y_title": "Mean wait in the worst hour [s]", "log": True, "log_x": True,
        },
        source_ids=tuple(sorted({*sources, *served["sources"]})),
        method=(
            f"Rate of {served['chip']} from the estimator at {tpot_ms:g} ms ({served['decode_tok_s_per_chip']:.0f} output tokens/s) times {math.exp(log_shift):.2f}, "
            f"the weighted correction towards {measured:.0f} on the disclosed day; {float(np.median(slots)):,.0f} requests at once; a daily wave with a peak of {peak_to_mean:g} times the mean."
        ),
        caveats=(
            "On the disclosed day nodes were switched to other work when idle, so the chips at work were full by choice; what stands ready beyond them is not public.",
            "The real answer to a spike was also to stop sales: top-ups of the interface were suspended for weeks in February 2025.",
            "Income at list price as if all were paid; free use, cheaper models and discounts are in the share paid, which is not public.",
        ),
    )  # fmt: skip


def _ready(n_chips: int | None, disclosed: float, stream: np.random.Generator, draws: int) -> Floats:
    """Return chips that can serve: as asked, or even in logs from the disclosed peak to the Hoppers of the largest hypothesis, H20 left out."""
    if n_chips is not None:
        return np.full(draws, float(n_chips))
    most = sum(
        int(row["n_chips"])
        for row in catalog.table("fleet_hypotheses")
        if row["hypothesis"] == LARGEST and row["chip_id"].startswith(HOPPERS)
    )
    return disclosed * np.exp(stream.random(draws) * math.log(most / disclosed))


def _served(model: str, chip: str, request: estimator.Request, tpot_ms: float) -> dict[str, Any]:
    """Return the estimate on the number of chips that gives most tokens per chip."""
    answer = estimator.infer(
        model, chip, request, limits=estimator.Limits(tpot_ms=tpot_ms, best=True), on=date(2025, 2, 27)
    )
    if not answer["feasible"]:
        raise BadInputError(
            f"No fleet of {answer['chip']} serves {model} at {tpot_ms:g} ms: {answer['infeasible_reason']}."
        )
    return answer


def _correction(reference: dict[str, Any], measured: float) -> tuple[float, float]:
    """Return mean and sd of the log of what the estimate is to be multiplied by: estimate and measurement weighted by their precision."""
    prior_sd = max(log_sd(reference, "decode_tok_s_per_chip"), 1e-3)
    weight = prior_sd**2 / (prior_sd**2 + MEASURED_LOG_SD**2)
    return weight * math.log(measured / reference["decode_tok_s_per_chip"]), prior_sd * math.sqrt(1 - weight)


def _worst_wait_s(wave: Floats, multiple: Floats, capacity: Floats, slots: Floats, length: int) -> Floats:
    """Return the mean wait in the worst hour of a day that repeats, by draw; infinite where the day's demand exceeds what can be served.

    Parameters
    ----------
    wave : ndarray, shape (hour,)
        Output tokens wanted per second on the measured day.
    multiple : ndarray, shape (draw,)
        Demand over that of the measured day.
    capacity : ndarray, shape (draw,)
        Output tokens that can be written per second.
    slots : ndarray, shape (draw,)
        Requests served at once.
    length : int
        Output tokens of a request.
    """
    backlog, worst = np.zeros_like(capacity), np.zeros_like(capacity)
    for turn in range(2):
        for hour in wave:
            wanted = multiple * hour
            if turn:
                worst = np.maximum(worst, backlog / capacity + _erlang_wait_s(wanted, capacity, slots, length))
            backlog = np.maximum(backlog + (wanted - capacity) * HOUR_S, 0.0)
            if turn:
                worst = np.maximum(worst, backlog / capacity)
    return np.where(multiple * wave.mean() >= capacity, np.inf, worst)


def _critical(wave: Floats, capacity: Floats, slots: Floats, length: int, limit: float) -> Floats:
    """Return the multiple of demand at which the wait reaches the limit, by halving on a log scale."""
    low, high = np.full_like(capacity, math.log(LEAST_MULTIPLE)), np.full_like(capacity, math.log(MOST_MULTIPLE))
    for _ in range(45):
        middle = 0.5 * (low + high)
        waits = _worst_wait_s(wave, np.exp(middle), capacity, slots, length) > limit
        low, high = np.where(waits, low, middle), np.where(waits, middle, high)
    return np.exp(0.5 * (low + high))


def _erlang_wait_s(wanted: Floats, capacity: Floats, slots: Floats, length: int) -> Floats:
    """Return the mean wait of a queue with many servers (Halfin and Whitt 1981), 0 where demand exceeds capacity: there the backlog counts."""
    load = wanted / capacity
    room = np.maximum(1 - load, 1e-9)
    beta = room * np.sqrt(slots)
    log_density = -0.5 * beta**2 - 0.5 * math.log(2 * math.pi)
    waiting = 1 / (1 + beta * np.exp(np.minimum(log_ndtr(beta) - log_density, 600.0)))
    return np.where(load < 1, waiting * length / (capacity * room), 0.0)
