"""Chips against each other: in training, in reading a prompt, in writing an answer; per chip, per dollar and per watt."""

from datetime import date
from typing import Annotated, Any

import numpy as np

from leadtime import chips, rules
from leadtime.chips import Chip
from leadtime.errors import BadInputError, LeadtimeError
from leadtime.study import estimator
from leadtime.study.estimator import Deployment, InferQuestion, Limits, Request
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._estimates import (
    LINK_LOG_SD,
    SAME_FAMILY,
    UNRELATED,
    log_sd,
    ratio_draws,
    same_but_links,
)
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import Draws, Floats, Seed, quantile_row

__all__ = ["chip_against", "training_against"]

CONTEXTS = (4096, 16384, 32768, 65536, 131072)
"""Contexts of the table beside the one asked for."""
SMALL_BATCH = 8
"""Requests in flight, over all chips, of the second line of each model: few, so that reading the weights bounds the step."""
SERVED = ("prefill", "decode")
CONTRASTS = (
    ("llama3-70b", "tp=8", "tensor parallel over 8"),
    ("llama3.1-405b", "auto", "best layout"),
    ("llama3-70b", "auto", "best layout"),
)
"""Dense models beside the one asked for: name, layout, words."""
LINK_PARTS = ("tensor_traffic", "expert_traffic", "context_traffic", "weight_gathers", "pipeline_sends", "data_traffic")

ChipName = Annotated[str, Argument(text="Chip: a catalogue name or a chip file")]
Against = Annotated[str, Argument(text="Chip it is held against")]
ModelName = Annotated[str, Argument(text="Model: a catalogue name or a config.json")]
Estimated = Annotated[
    date,
    Argument(text="Day of the software and the prices", low=date(2020, 1, 1), high=date(2028, 12, 31)),
]


@question
def chip_against(
    chip: ChipName = "h20",
    against: Against = "h100",
    model: ModelName = "llama3-70b",
    context: Annotated[
        int, Argument(text="Tokens of a request, prompt and answer together", low=512, high=2_000_000)
    ] = 131_072,
    output: Annotated[int, Argument(text="Tokens of the answer", low=1, high=256_000)] = 1024,
    batch: Annotated[
        int | None,
        Argument(text="Requests in flight over all chips; none: as many as the latency allows", low=1, high=1_000_000),
    ] = None,
    tpot_ms: Annotated[
        float, Argument(text="Longest time per output token, where no batch is stated [ms]", low=1.0, high=10_000.0)
    ] = 50.0,
    n_chips: Annotated[int, Argument(text="Chips of the service", low=1, high=4096)] = 16,
    training_chips: Annotated[int, Argument(text="Chips of the training run", low=8, high=200_000)] = 1024,
    also: Annotated[tuple[str, ...], Argument(text="Other models for the table")] = ("deepseek-v3",),
    on: Estimated = date(2025, 1, 31),
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Set one chip against another in training, prefill and decode, per chip, per dollar and per watt.

    Both chips run the same model with their own best layout on the same number of chips. ``crossover`` is the share of an ``against``
    chip's serving time spent on prompts below which ``chip`` serves more: with rates p in prefill and d in decode relative to ``against``,
    a mix with the share w costs w/p + (1 - w)/d of its time, which is 1 at
    w = (1 - 1/d)/(1/p - 1/d). That holds for d > 1 > p; 0 stands for no share, 1 for all.
    """
    one, other = chips.find_chip(chip), chips.find_chip(against)
    if output >= context:
        raise BadInputError(
            f"The answer ({output} tokens) leaves no room for a prompt in a context of {context}.",
            hint="Give a longer context or a shorter output.",
        )
    limits = Limits(tpot_ms=tpot_ms) if batch is None else Limits(batch=batch)
    asked = [
        (model, context, limits),
        *(
            (name, length, load)
            for name in dict.fromkeys((model, *also))
            for load in (limits, Limits(batch=SMALL_BATCH))
            for length in _contexts(context, output)
        ),
    ]
    served = _served((one, other), asked, output, n_chips, on)
    trained = [_trained(model, each, training_chips, on) for each in (one, other)]
    normals = np.random.default_rng(seed).standard_normal((3, draws))
    correlation = 1.0 if one == other else SAME_FAMILY if one.family == other.family else UNRELATED
    training = _ratio(trained[0], trained[1], "tokens_per_s_per_chip", correlation, normals[0])
    rates = {
        phase: _ratio(served[0][phase][0], served[0][phase][1], f"{phase}_tok_s_per_chip", correlation, normals[place])
        for place, phase in enumerate(SERVED, start=1)
    }
    dearness = _times(_price(served[0]["decode"][0]), _price(served[0]["decode"][1]))
    thirst = _times(_power(one), _power(other))
    crossover = _crossover(rates["prefill"], rates["decode"])
    per_usd = {phase: rates[phase] / dearness for phase in SERVED}
    name = f"{_short(one)} over {_short(other)}"
    figures = {
        "decode_ratio": Sampled.single(f"Decode rate, {name}", "ratio", rates["decode"]),
        "prefill_ratio": Sampled.single(f"Prefill rate, {name}", "ratio", rates["prefill"]),
        "training_ratio": Sampled.single(f"Training rate, {name}", "ratio", training),
        "crossover": Sampled.single(
            f"Share of time in prefill below which {_short(one)} serves more", "frac", crossover
        ),
        "decode_per_usd_ratio": Sampled.single(f"Decode rate per dollar, {name}", "ratio", per_usd["decode"]),
        "prefill_per_usd_ratio": Sampled.single(f"Prefill rate per dollar, {name}", "ratio", per_usd["prefill"]),
        "training_per_usd_ratio": Sampled.single(f"Training rate per dollar, {name}", "ratio", training / dearness),
        "crossover_per_usd": Sampled.single(
            f"Share of time in prefill below which {_short(one)} is cheaper per token",
            "frac",
            _crossover(per_usd["prefill"], per_usd["decode"]),
        ),
        "decode_per_watt_ratio": Sampled.single(f"Decode rate per watt, {name}", "ratio", rates["decode"] / thirst),
        "training_per_watt_ratio": Sampled.single(f"Training rate per watt, {name}", "ratio", training / thirst),
    }
    rows = [_row(name_, length, load, pair) for (name_, length, load), pair in zip(asked[1:], served[1:], strict=True)]
    return Answer(
        figures=figures,
        parameters={
            f"relative decode efficiency of {_short(one)}": normals[2],
            f"relative training efficiency of {_short(one)}": normals[0],
        },
        rows=rows,
        chart={
            "kind": "lines",
            "x": "context_tokens",
            "y": "decode_ratio",
            "series": "series",
            "x_title": "Tokens of a request",
            "y_title": f"Decode rate over that of {_short(other)}",
            "log_x": True,
        },
        source_ids=tuple(
            sorted({source for answer in (*trained, *served[0]["decode"]) for source in answer["sources"]})
        ),
        method=(
            f"The estimator runs {model} on {n_chips} chips of each kind ({training_chips:,} in training), each with its best layout; "
            f"{correlation:g} of the log error is taken as common to both chips."
        ),
        caveats=_caveats(one, served[0], trained, dearness),
    )


def _contexts(context: int, output: int) -> tuple[int, ...]:
    return tuple(sorted({length for length in (*CONTEXTS, context) if length > output}))


def _served(
    pair: tuple[Chip, Chip], asked: list[tuple[str, int, Limits]], output: int, n_chips: int, on: date
) -> list[dict[str, list[dict[str, Any]]]]:
    """Return, for every case and phase, the estimates for both chips."""
    questions = [
        InferQuestion(
            model=name,
            chip=each,
            request=Request(input_len=length - output, output_len=output),
            deployment=Deployment(n_chips=n_chips, phase=phase),
            limits=load,
            on=on,
        )
        for name, length, load in asked
        for phase in SERVED
        for each in pair
    ]
    answers = []
    for answer in estimator.infer_many(questions):
        if isinstance(answer, LeadtimeError):
            raise answer
        answers.append(answer)
    return [
        {"prefill": answers[place : place + 2], "decode": answers[place + 2 : place + 4]}
        for place in range(0, len(answers), 4)
    ]


def _short(chip: Chip) -> str:
    """Return the name of a chip without what stands in brackets."""
    return chip.name.split(" (", 1)[0]


def _trained(model: str, chip: Chip, n_chips: int, on: date, **how: Any) -> dict[str, Any]:
    precision = "fp8" if "fp8" in chip.peak_flop_per_s and model.startswith("deepseek-v3") else "bf16"
    return estimator.train(model, chip, n_chips=n_chips, tokens=1e12, on=on, **{"precision": precision, **how})


def _over(one: dict[str, Any], other: dict[str, Any], field: str) -> float | None:
    above, below = one[field], other[field]
    if above is None or not below:
        return None
    return float(above) / float(below)


def _ratio(one: dict[str, Any], other: dict[str, Any], field: str, correlation: float, normals: Floats) -> Floats:
    return ratio_draws(
        _over(one, other, field), log_sd(one, field), log_sd(other, field), correlation=correlation, normals=normals
    )


def _price(answer: dict[str, Any]) -> float | None:
    """Return the hourly cost of owning a chip, which does not swing with a spot market; else its rent."""
    prices: dict[str, float | None] = answer["usd_per_chip_hour"]
    return prices["ownership"] or prices["rental"]


def _power(chip: Chip) -> float | None:
    return chip.power_w


def _times(one: float | None, other: float | None) -> float:
    return float("nan") if not one or not other else one / other


def _crossover(prefill: Floats, decode: Floats) -> Floats:
    """Return the prefill share below which the first chip serves more: 0 where at no share, 1 where at all."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (1 - 1 / decode) / (1 / prefill - 1 / decode)
    share = np.where((decode >= 1) & (prefill >= 1), 1.0, np.where((decode <= 1) & (prefill <= 1), 0.0, share))
    return np.where(np.isnan(decode * prefill), np.nan, share)


def _row(model: str, context: int, load: Limits, pair: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    decode, prefill = pair["decode"], pair["prefill"]
    words = model if load.batch is None else f"{model}, {load.batch} requests"
    return {
        "series": words,
        "context_tokens": context,
        "decode_ratio": _over(decode[0], decode[1], "decode_tok_s_per_chip"),
        "prefill_ratio": _over(prefill[0], prefill[1], "prefill_tok_s_per_chip"),
        "decode_tok_s_per_chip": decode[0]["decode_tok_s_per_chip"],
        "against_decode_tok_s_per_chip": decode[1]["decode_tok_s_per_chip"],
        "bound": decode[0]["bound"],
        "against_bound": decode[1]["bound"],
    }


def _caveats(
    one: Chip, served: dict[str, list[dict[str, Any]]], trained: list[dict[str, Any]], dearness: float
) -> tuple[str, ...]:
    told = [
        f"{answer['chip']}: {answer['infeasible_reason']}"
        for answer in (*trained, *served["prefill"], *served["decode"])
        if not answer["feasible"]
    ]
    if not np.isfinite(dearness):
        told.append("No price is known for one of the chips, so nothing is said per dollar.")
    bound = served["decode"][0]["bound"]
    if bound == "compute":
        told.append(f"{_short(one)} is bound by its arithmetic in this decode, so its bandwidth does not help it.")
    return (
        *dict.fromkeys(told),
        "Prices are those of ownership outside China on that day; a buyer in China pays more.",
    )


@question
def training_against(
    chip: ChipName = "h800",
    against: Against = "h100",
    model: ModelName = "deepseek-v3",
    n_chips: Annotated[int, Argument(text="Chips of the run", low=8, high=200_000)] = 2048,
    tokens: Annotated[float, Argument(text="Tokens of the run", low=1e9, high=1e16)] = 14.8e12,
    context: Annotated[int, Argument(text="Sequence length [tokens]", low=128, high=1_048_576)] = 4096,
    batch: Annotated[float, Argument(text="Tokens of a global batch", low=1e4, high=1e9)] = 62_914_560.0,
    precision: Annotated[str, Argument(text="Of matrix products", choices=("fp8", "bf16"))] = "fp8",
    dense: Annotated[
        str, Argument(text="Dense model for the contrast, with tensor parallelism over a node")
    ] = "gpt3-175b",
    to: Annotated[str, Argument(text="Destination for the legal margins, ISO 3166 alpha-2")] = "CN",
    on: Annotated[date, Argument(text="Day of the law", low=date(2022, 10, 12), high=date(2032, 12, 31))] = date(
        2023, 3, 21
    ),
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Train one model on two chips, and hold the first against the limits of the law on a day.

    Where the chips differ in nothing but their links, the error of the estimate is common to both and only the time that links add is uncertain.
    """
    one, other = chips.find_chip(chip), chips.find_chip(against)
    normals = np.random.default_rng(seed).standard_normal((2, draws))
    how: dict[str, Any] = {"seq_len": context, "batch_tokens": batch, "precision": precision}
    software = date(2024, 12, 1)
    asked = [estimator.train(model, each, n_chips=n_chips, tokens=tokens, on=software, **how) for each in (one, other)]
    contrast = [
        estimator.train(
            dense, each, n_chips=1024, tokens=3e11, seq_len=2048, batch_tokens=3_145_728.0, precision=precision,
            parallelism="tp=8,pp=8", on=software,
        )
        for each in (one, other)
    ]  # fmt: skip
    more = [
        (f"{name}, {words}", [_trained(name, each, 1024, software, parallelism=layout) for each in (one, other)])
        for name, layout, words in CONTRASTS
    ]
    links = same_but_links(one, other)
    times = [_step_ratio(pair, links, normals[place], one, other) for place, pair in enumerate((asked, contrast))]
    law = rules.determine(rules.book("us_ear"), rules.item_of(one), rules.Request(to=to, on=on))
    margins = _margins(law)
    figures = {
        "slowdown_percent": Sampled.single(
            f"Longer step of {model} on {_short(one)} than on {_short(other)}", "percent", 100 * (times[0] - 1)
        ),
        "dense_slowdown_percent": Sampled.single(
            f"Longer step of {dense} with tensor parallelism on {_short(one)}", "percent", 100 * (times[1] - 1)
        ),
        "gpu_hours": Sampled.single(
            f"Chip-hours of the run on {_short(one)}",
            "chip-hour",
            np.nan
            if asked[0]["gpu_hours"] is None
            else asked[0]["gpu_hours"] * np.exp(log_sd(asked[0], "gpu_hours") * normals[0]),
        ),
        "limits_passed": Sampled.single(
            "Limits of the rule that the chip reaches or passes", "count", sum(row["holds"] for row in margins)
        ),
        "limits_kept": Sampled.single(
            "Limits of the rule that it stays below", "count", sum(not row["holds"] for row in margins)
        ),
        "free": Sampled.single("Sale without a licence", "", float(law.outcome == "not_required")),
    }
    return Answer(
        figures=figures,
        parameters={"exposure of communication": normals[0]},
        rows=[
            *(
                quantile_row(100 * (values - 1), label=label, **_links_share(pair))
                for label, pair, values in (
                    (f"{model}, best layout", asked, times[0]),
                    (f"{dense}, tensor parallel over 8", contrast, times[1]),
                    *((label, pair, _step_ratio(pair, links, normals[0], one, other)) for label, pair in more),
                )
            )
        ],
        chart={
            "kind": "ranges",
            "label": "label",
            "y": "median",
            "low": "low",
            "high": "high",
            "x_title": f"Longer step on {_short(one)} than on {_short(other)} [%]",
        },
        source_ids=tuple(sorted({*asked[0]["sources"], *asked[1]["sources"], *law.source_ids()})),
        method=(
            f"The estimator trains {model} on {n_chips:,} chips of each kind with its best layout. "
            + (
                "The chips have the same silicon and memory, so only the time that links add is uncertain (a factor of 1.6, one sd). "
                if links
                else "The chips differ in more than links; their errors are taken as correlated. "
            )
            + "Limits: "
            + "; ".join(f"{row['test']} {row['value']:g} against {row['limit']:g}" for row in margins)
            + "."
        ),
        caveats=(
            "The contrast takes the layout of tensor parallelism over eight chips, where links within a node carry most; "
            "a layout chosen for the cut links loses less.",
        ),
    )


def _step_ratio(pair: list[dict[str, Any]], links: bool, normals: Floats, one: Chip, other: Chip) -> Floats:
    ratio = _over(pair[0], pair[1], "step_time_s")
    if ratio is None:
        return np.full(normals.shape, np.nan)
    if links:
        return 1.0 + (ratio - 1.0) * np.exp(LINK_LOG_SD * normals)
    correlation = SAME_FAMILY if one.family == other.family else UNRELATED
    return _ratio(pair[0], pair[1], "step_time_s", correlation, normals)


def _margins(law: rules.Determination) -> list[dict[str, Any]]:
    """Return the tests of the determination that set a number against a limit."""
    return [
        {"provision": line.provision, "test": line.test, "value": line.value, "limit": line.limit, "margin_frac": line.margin_frac, "holds": bool(line.holds)}
        for line in law.trace
        if line.margin_frac is not None and not isinstance(line.value, bool)
    ]  # fmt: skip


def _links_share(pair: list[dict[str, Any]]) -> dict[str, float | None]:
    """Return the shares of a step in which the first and the second chip wait for links."""

    def share(answer: dict[str, Any]) -> float | None:
        if not answer["feasible"]:
            return None
        waited = sum(seconds or 0.0 for part, seconds in answer["breakdown_s"].items() if part in LINK_PARTS)
        return float(waited / answer["step_time_s"])

    return {"links_frac": share(pair[0]), "against_links_frac": share(pair[1])}
