"""What controls do to deployment, experiments and data, beside the ability to do one large run."""

from datetime import date
from typing import Annotated

import numpy as np

from leadtime.study import estimator
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import (
    Day,
    Draws,
    Floats,
    ScenarioName,
    Seed,
    at,
    fan_rows,
    inputs,
    plain,
    quantile_row,
    series,
    source_ids,
    year_frac,
)

__all__ = ["memory_bound_work", "run_or_nation", "what_controls_take"]

TAKEN = {
    "bite_serving_frac": ("serving", "serving capacity"),
    "bite_tokens_frac": ("tokens", "tokens served"),
    "bite_experiments_frac": ("experiments", "the leader's compute for experiments"),
    "bite_synthetic_frac": ("synthetic", "the leader's synthetic data"),
    "bite_training_frac": ("training", "compute usable in training"),
}
PREFILL_SHARES = (0.45, 0.3, 0.2, 0.1, 0.05)


@question
def what_controls_take(
    on: Day = date(2027, 1, 1),
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say what share of serving, tokens, experiments, synthetic data and training compute controls take from the PRC on a day."""
    run = series(scenario, tuple(TAKEN), draws=draws, seed=seed)
    figures = {
        f"{short}_lost_frac": Sampled.single(f"Lost to controls by {on:%B %Y}: {words}", "frac", at(run[name], on))
        for name, (short, words) in TAKEN.items()
    }
    rows = [
        row
        for name in ("bite_serving_frac", "bite_experiments_frac", "bite_synthetic_frac")
        for row in fan_rows(run[name], since_yr=2022.75, until_yr=max(2030.0, year_frac(on)), use=TAKEN[name][1])
    ]
    return Answer(
        figures=figures,
        parameters=inputs(scenario, draws=draws, seed=seed),
        rows=rows,
        chart={
            "kind": "fan", "x": "time_yr", "y": "median", "low": "low", "high": "high", "series": "use",
            "y_title": "Share taken away by controls",
        },
        source_ids=source_ids(tuple(TAKEN)),
        method=f"World model, scenario {scenario}, against the same draws without any control.",
        caveats=(
            "Tokens served follow demand as long as capacity is not short, so their loss is nil in most draws; capacity is what controls take.",
            "A negative loss means more than without controls: H20s bought instead of frontier chips serve more per dollar.",
        ),
    )  # fmt: skip


@question
def run_or_nation(
    model: Annotated[
        str, Argument(text="Model whose run is asked for: a catalogue name or a config.json")
    ] = "deepseek-v3",
    tokens: Annotated[float, Argument(text="Tokens of that run", low=1e9, high=1e16)] = 14.8e12,
    on: Day = date(2027, 1, 1),
    scenario: ScenarioName = "baseline",
    against: ScenarioName = "no_controls",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Set what controls do to one training run against what they do to a nation's capacity to serve.

    Runs: how often the largest run of a year's compute of the PRC leader holds the run asked for. Elasticity: log change of each, under the
    controls against without, over the log change of the compute that PRC users work with.
    """
    names = ("prc_run_flop", "prc_serving_h100e", "prc_used_h100e", "prc_training_h100e")
    here, there = (series(name, names, draws=draws, seed=seed) for name in (scenario, against))
    flop = estimator.train(model, "h800", n_chips=2048, tokens=tokens, precision="bf16", on=date(2024, 12, 1))[
        "training_flop"
    ]
    runs = at(here["prc_run_flop"], on) / flop
    other = plain(against)
    ratio = {name: at(here[name], on) / at(there[name], on) for name in names}
    with np.errstate(divide="ignore", invalid="ignore"):
        base = np.log(ratio["prc_used_h100e"])
        elasticity = {name: np.where(np.abs(base) > 1e-6, np.log(ratio[name]) / base, np.nan) for name in names}
    figures = {
        "serving_ratio": Sampled.single(
            f"PRC serving capacity in {on:%B %Y} over that with {other}", "ratio", ratio["prc_serving_h100e"]
        ),
        "runs": Sampled.single(f"Runs of the size of {model} in one largest run of the PRC leader, {on:%B %Y}", "ratio", runs),
        "run_ratio": Sampled.single(f"Largest run of the PRC leader over that with {other}", "ratio", ratio["prc_run_flop"]),
        "training_ratio": Sampled.single(f"PRC compute usable in training over that with {other}", "ratio", ratio["prc_training_h100e"]),
        "serving_elasticity": Sampled.single("Elasticity of serving capacity in compute", "ratio", elasticity["prc_serving_h100e"]),
        "run_elasticity": Sampled.single("Elasticity of the largest run in compute", "ratio", elasticity["prc_run_flop"]),
        "deployment_lead_frac": Sampled.single(
            "Loss of serving capacity less loss of training compute",
            "frac",
            ratio["prc_training_h100e"] - ratio["prc_serving_h100e"],
        ),
    }  # fmt: skip
    rows = [
        row
        for name, words in (("prc_serving_h100e", "serving capacity"), ("prc_training_h100e", "compute usable in training"))
        for row in fan_rows(here[name] / np.maximum(there[name], 1e-9), since_yr=2023.0, until_yr=max(2030.0, year_frac(on)), use=words)
    ]  # fmt: skip
    return Answer(
        figures=figures,
        parameters=inputs(scenario, draws=draws, seed=seed),
        rows=rows,
        chart={
            "kind": "fan", "x": "time_yr", "y": "median", "low": "low", "high": "high", "series": "use",
            "y_title": f"PRC, over that with {other}",
        },
        source_ids=source_ids(names),
        method=(
            f"World model on the same draws under {scenario} and {against}; a run of {model} on {tokens:.3g} tokens is {flop:.2e} FLOP by the "
            "arithmetic of its layers."
        ),
        caveats=("Capacity is compared, not use: tokens served follow demand while capacity is ample.",),
    )  # fmt: skip


@question
def memory_bound_work(
    on: Day = date(2027, 1, 1),
    early: Day = date(2025, 1, 1),
    legal: ScenarioName = "h20_free",
    banned: ScenarioName = "h20_banned",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say how far reasoning moves serving towards decode, and what a legal H20 is then worth to PRC capacity.

    The worth is the share of PRC serving capacity that is missing where the H20 is banned from its first day, against a world in which it
    stays legal. ``shift_gain_frac`` holds the mix of work at a low and at a high share of prefill, all else equal.
    """
    names = ("prc_serving_h100e", "prefill_share_frac")
    free = series(legal, names, draws=draws, seed=seed)
    shut = series(banned, names, draws=draws, seed=seed)
    worth = 1 - shut["prc_serving_h100e"] / np.maximum(free["prc_serving_h100e"], 1e-9)
    held = {share: _worth_at_prefill(share, legal, banned, on, draws, seed) for share in PREFILL_SHARES}
    decode = 1 - free["prefill_share_frac"]
    figures = {
        "worth_frac": Sampled.single(f"PRC serving capacity that a legal H20 adds, {on:%B %Y}", "frac", at(worth, on)),
        "worth_early_frac": Sampled.single(f"The same, {early:%B %Y}", "frac", at(worth, early)),
        "worth_growth_frac": Sampled.single("Growth of that share between the two days", "frac", at(worth, on) - at(worth, early)),
        "shift_gain_frac": Sampled.single(
            f"Higher worth in {on:%B %Y} at {PREFILL_SHARES[-1]:.0%} prefill than at {PREFILL_SHARES[0]:.0%}",
            "frac",
            held[PREFILL_SHARES[-1]] - held[PREFILL_SHARES[0]],
        ),
        "decode_share_frac": Sampled.single(f"Share of serving time in decode, {on:%B %Y}", "frac", at(decode, on)),
        "decode_growth_frac": Sampled.single(
            f"Growth of that share since {early:%B %Y}", "frac", at(decode, on) - at(decode, early)
        ),
    }  # fmt: skip
    rows = [
        quantile_row(values, label=f"{share:.0%} of serving time in prefill", prefill_share_frac=share)
        for share, values in held.items()
    ]
    return Answer(
        figures=figures,
        parameters=inputs(legal, draws=draws, seed=seed),
        rows=rows,
        chart={
            "kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high",
            "x_title": f"Share of PRC serving capacity that a legal H20 adds, {on.year}",
        },
        source_ids=source_ids(names),
        method=(
            f"World model on the same draws under {legal} and {banned}; each class of chip serves where it is best, and the share of prefill falls "
            "as answers grow by reasoning."
        ),
        caveats=("How fast reasoning moves the mix is a parameter with a wide range, not a measurement.",),
    )  # fmt: skip


def _worth_at_prefill(share: float, legal: str, banned: str, on: date, draws: int, seed: int) -> Floats:
    """Return the worth of the H20 with the share of prefill held at all dates."""
    fixed = {"prefill_share": share, "prefill_decline": 0.0}
    free, shut = (
        at(series(name, ("prc_serving_h100e",), draws=draws, seed=seed, fixed=fixed)["prc_serving_h100e"], on)
        for name in (legal, banned)
    )
    result: Floats = 1 - shut / free
    return result
