"""How much compute goes to serving users: what is reported by denominator, what the model has, what hangs on it."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import numpy as np

from leadtime import catalog
from leadtime.errors import BadInputError
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._estimates import Z80
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import (
    Day,
    Draws,
    Floats,
    ScenarioName,
    Seed,
    at,
    followers,
    inputs,
    lead_difference,
    quantile_row,
    series,
    weights,
)

__all__ = ["deployment_share"]

UNSTATED_ODDS_SD = 0.35
"""Sd of the log odds of a share that its source gives without a range: a share of one half is then .39 to .61 with 80 %."""
LEADERS = {"us": "leading US lab", "prc": "leading PRC lab"}
SCOPES = ("any", "lab", "firm", "economy")


@question
def deployment_share(
    low: Annotated[float, Argument(text="Lower end of the stated share", low=0.0, high=1.0)] = 0.6,
    high: Annotated[float, Argument(text="Upper end of the stated share", low=0.0, high=1.0)] = 0.8,
    scope: Annotated[
        str, Argument(text="Whose compute: a lab's, a firm's, the economy's, or any of them", choices=SCOPES)
    ] = "any",
    until: Annotated[
        date, Argument(text="Last day of the reported periods that count", low=date(2021, 1, 1), high=date(2027, 1, 1))
    ] = date(2026, 12, 31),
    on: Day = date(2025, 1, 27),
    later: Day = date(2027, 1, 1),
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say for which denominators a share of compute goes to deployment, from reports and from the model, and what the lead owes to it.

    Each draw takes one of the reported shares, every denominator being equally likely and every report within it too, and its range.
    """  # fmt: skip
    if low > high:
        raise BadInputError("low must not be greater than high.")
    reports = _reports(scope, until)
    if not reports:
        raise BadInputError(
            "No reported share is left for that scope and period.", hint="Take a later day or scope=any."
        )
    stream = np.random.default_rng([seed % 2**32, 18])
    shares = [_share_draws(report, stream, draws) for report in reports]
    denominators = list(dict.fromkeys(report["denominator"] for report in reports))
    chosen = stream.integers(len(denominators), size=draws)
    share = np.empty(draws)
    for place, name in enumerate(denominators):
        of_it = [drawn for drawn, report in zip(shares, reports, strict=True) if report["denominator"] == name]
        mine = np.flatnonzero(chosen == place)
        share[mine] = np.stack(of_it)[stream.integers(len(of_it), size=mine.size), mine]
    names = [f"{nation}_leader_{use}_h100e" for nation in LEADERS for use in ("deployment", "security")]
    run = series(scenario, (*names, *(f"{nation}_leader_h100e" for nation in LEADERS)), draws=draws, seed=seed)
    own = {
        nation: (at(run[f"{nation}_leader_deployment_h100e"], on) + at(run[f"{nation}_leader_security_h100e"], on))
        / at(run[f"{nation}_leader_h100e"], on)
        for nation in LEADERS
    }
    drawn = inputs(scenario, draws=draws, seed=seed)
    by_scope = {
        name: np.concatenate([d for d, report in zip(shares, reports, strict=True) if report["scope"] == name])
        for name in SCOPES
        if any(report["scope"] == name for report in reports)
    }
    figures = {
        "share_frac": Sampled.single("Share of compute in deployment, a report drawn at random", "frac", share),
        "within": Sampled.single(f"Share within {low:g} to {high:g}", "", ((share >= low) & (share <= high)).astype(float)),
        **{f"{name}_share_frac": Sampled.single(f"The same, denominators of a {name}", "frac", values) for name, values in by_scope.items() if values.size},
        "true_for_frac": Sampled.single(
            f"Share of denominators whose reports lie within {low:g} to {high:g} more often than not", "frac",
            np.mean([_within(np.concatenate([d for d, r in zip(shares, reports, strict=True) if r["denominator"] == name]), low, high) > 0.5 for name in denominators]),
        ),
        **{f"{nation}_share_frac": Sampled.single(f"Model: share of the {words} in deployment, {on:%B %Y}", "frac", own[nation]) for nation, words in LEADERS.items()},
        "sensitivity_months": _sensitivity(drawn, scenario, later, draws, seed),
    }  # fmt: skip
    rows = [
        quantile_row(
            values, label=f"{report['denominator']}: {report['actor']} {report['period_start'][:4]}", scope=report["scope"],
            within_frac=_within(values, low, high),
        )
        for report, values in zip(reports, shares, strict=True)
    ] + [
        quantile_row(own[nation], label=f"model: {words}", scope="lab", within_frac=_within(own[nation], low, high))
        for nation, words in LEADERS.items()
    ]  # fmt: skip
    return Answer(
        figures=figures,
        weights=weights(),
        members=followers((scenario,), draws=draws, seed=seed),
        parameters={"denominator (lab first, economy last)": _ordered(chosen, denominators, reports)},
        rows=rows,
        chart={
            "kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high", "x_title": "Share of compute in deployment",
        },
        source_ids=tuple(sorted({report["source_id"] for report in reports})),
        method=(
            f"{len(reports)} reported shares under {len(denominators)} denominators; where a source gives no range, log odds have an sd of "
            f"{UNSTATED_ODDS_SD:g}. The lead's sensitivity: share of research of the PRC leader at its 10th against its 90th percentile."
        ),
        caveats=(
            "Reports of labs count spending or plans, those of the economy revenue or energy; recommendation and search fill much of the latter.",
            "A report for a later year does not speak about January 2025; `until` leaves later ones out.",
        ),
    )  # fmt: skip


def _reports(scope: str, until: date) -> list[dict[str, str]]:
    rows = {row["id"]: row for row in catalog.table("evidence")}
    found = []
    for told in catalog.table("deployment_denominators"):
        row = rows[told["evidence_id"]]
        if scope in ("any", told["scope"]) and date.fromisoformat(row["period_start"]) <= until and row["central"]:
            found.append({**row, "denominator": told["denominator"], "scope": told["scope"]})
    return sorted(found, key=lambda row: (SCOPES.index(row["scope"]), row["period_start"], row["id"]))


def _share_draws(report: Mapping[str, Any], stream: np.random.Generator, draws: int) -> Floats:
    """Return draws of a reported share, normal in log odds; the interval that states the claim itself (I006) is not used."""
    middle = float(report["central"])
    sd = UNSTATED_ODDS_SD
    if report["low"] and report["high"] and float(report["high"]) > float(report["low"]) and report["id"] != "I006":
        sd = (_odds(float(report["high"])) - _odds(float(report["low"]))) / (2 * Z80)
    result: Floats = 1 / (1 + np.exp(-(_odds(middle) + sd * stream.standard_normal(draws))))
    return result


def _odds(share: float) -> float:
    return math.log(share / (1 - share))


def _within(values: Floats, low: float, high: float) -> float:
    return float(np.mean((values >= low) & (values <= high)))


def _ordered(chosen: np.ndarray, denominators: list[str], reports: list[dict[str, str]]) -> Floats:
    """Return the rank of the drawn denominator from labs to the economy, ties broken evenly so that thirds exist."""
    rank = {row["denominator"]: SCOPES.index(row["scope"]) for row in reports}
    return np.array([rank[denominators[place]] + place / 100 for place in chosen], dtype=float)


def _sensitivity(drawn: Mapping[str, Floats], scenario: str, on: date, draws: int, seed: int) -> Sampled:
    share = drawn.get("research_share_prc")
    ends = (
        [{"research_share_prc": float(np.quantile(share, level))} for level in (0.1, 0.9)]
        if share is not None
        else [{}, {}]
    )
    return lead_difference(
        f"Months of US lead between a high and a low share of deployment at the PRC leader, {on:%B %Y}",
        scenario, scenario, on, draws, seed, fixed_here=ends[0], fixed_there=ends[1],
    )  # fmt: skip
