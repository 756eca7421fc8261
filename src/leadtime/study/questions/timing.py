"""Whether releases are timed to politics: a permutation test, the price of picking coincidences afterwards, and what was real at the preview."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any

import numpy as np

from leadtime import catalog
from leadtime.errors import BadInputError
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import Draws, Floats, Seed

__all__ = ["release_timing"]

RULE_ACTOR = "US BIS"
NEAR_DAY = 2
"""Releases of one developer within so many days count as one: sizes of a family come out together."""
SAME_MAKER = {
    "Moonshot AI": "Moonshot",
    "Huawei and SMIC": "Huawei",
    "Alibaba T-Head": "Alibaba",
    "Zhipu AI (Z.ai)": "Zhipu AI",
}
PRC_ACTORS = ("DeepSeek", "Huawei", "Alibaba", "Moonshot", "ByteDance", "Tencent", "Baidu", "Zhipu", "MiniMax")
GRID = 2001


@question
def release_timing(
    window_days: Annotated[
        int, Argument(text="Days before and after an event that count as together", low=0, high=30)
    ] = 1,
    events: Annotated[
        str,
        Argument(
            text="politics: meetings, visits, election, inauguration; rules: US rules and letters too",
            choices=("politics", "rules"),
        ),
    ] = "politics",
    since: Annotated[date, Argument(text="First day looked at", low=date(2022, 1, 1), high=date(2026, 11, 1))] = date(
        2022, 10, 1
    ),
    until: Annotated[date, Argument(text="Last day looked at", low=date(2022, 2, 1), high=date(2026, 11, 24))] = date(
        2025, 12, 31
    ),
    picked: Annotated[tuple[date, ...], Argument(text="Days of the releases that a reader picked for their timing")] = (
        date(2023, 8, 29),
        date(2024, 11, 20),
        date(2025, 1, 20),
    ),
    least_share: Annotated[
        float, Argument(text="Share of timed releases from which timing is a practice", low=0.0, high=1.0)
    ] = 0.1,
    prior_weight: Annotated[
        float, Argument(text="Prior of the share is Beta(1, this): 1 is flat, 9 expects a tenth", low=0.5, high=100.0)
    ] = 1.0,
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say whether releases from the PRC fall on political events more often than chance, and whether the preview was already capable.

    All releases are shifted together around the window, which keeps how they bunch. The share that is timed has a posterior: a release is near an
    event by intent with that share, else with the base rate of the shifts.
    """  # fmt: skip
    if (until - since).days < 60:
        raise BadInputError("The days looked at must span at least 60.")
    if not picked or any(not since <= day <= until for day in picked):
        raise BadInputError("Every picked day must lie between since and until, and there must be one.")
    told = _events(events, since, until)
    releases = _releases(since, until)
    days = np.array([(row["date"] - since).days for row in releases])
    near = _near(told, since, until, window_days)
    shifted = near[(days[:, None] + np.arange(near.size)[None, :]) % near.size].sum(axis=0)
    found, base = int(shifted[0]), float(near.mean())
    share = _timed(found, days.size, base, prior_weight, draws, seed)
    chosen = np.array([(day - since).days for day in picked])
    hits = int(near[chosen].sum())
    scores = _scores()
    ahead = min(scores["DeepSeek-R1-Lite-Preview"][name] - scores["o1-preview"][name] for name in scores["o1-preview"])
    kept = min(scores["DeepSeek-R1-Lite-Preview"][name] / scores["DeepSeek-R1"][name] for name in scores["DeepSeek-R1"])
    figures = {
        "timed_frac": Sampled.single("Share of releases that are timed to an event", "frac", share),
        "practice": Sampled.single(f"Share of at least {least_share:g}", "", (share >= least_share).astype(float)),
        "p_all": Sampled.single("Chance of so many coincidences among all releases", "frac", float(np.mean(shifted >= found))),
        "p_picked_naive": Sampled.single(
            f"Chance that the {len(picked)} picked ones do so well, taken alone", "frac", _tail(hits, len(picked), base)
        ),
        "p_picked_corrected": Sampled.single(
            f"Chance of at least {hits} coincidences somewhere among the {days.size} to pick from", "frac", float(np.mean(shifted >= hits))
        ),
        "coincidences": Sampled.single(f"Releases within {window_days} days of an event, of {days.size}", "count", found),
        "expected": Sampled.single("The same by chance", "count", float(shifted.mean())),
        "picked_coincidences": Sampled.single(f"Picked releases within {window_days} days of an event", "count", hits),
        "preview_ahead": Sampled.single("Preview of R1 less o1-preview, worse of two benchmarks", "percent", ahead),
        "preview_kept_frac": Sampled.single("Preview over R1 itself, worse of two benchmarks", "frac", kept),
    }  # fmt: skip
    together = [row for row, day in zip(releases, days, strict=True) if near[day]]
    rows = [
        {
            "coincidences": number,
            "share_frac": float(np.mean(shifted == number)),
            "against": f"as many as found ({found}) or more" if number >= found else "fewer",
        }
        for number in range(int(shifted.max()) + 1)
    ]
    return Answer(
        figures=figures,
        rows=rows,
        chart={
            "kind": "bars", "x": "coincidences", "y": "share_frac", "series": "against",
            "x_title": f"Releases within {window_days} days of an event", "y_title": "Share of shifted calendars",
        },
        source_ids=tuple(
            sorted({row["source_id"] for table in ("political_events", "timeline", "model_scores") for row in catalog.table(table)})
        ),
        method=(
            f"{days.size} releases and {len(told)} events from {since} to {until}; circular shifts of all releases by every whole number of days; "
            f"base rate {base:.3f}. Picked afterwards: the corrected chance counts every release that could have been picked. Near an event: "
            + ("; ".join(f"{row['title']} ({row['date']})" for row in together) or "none")
            + "."
        ),
        caveats=(
            "Releases were noticed because of their timing: the picked ones prove nothing taken alone, and the list of releases leans towards DeepSeek.",
            "Events near each other and releases of one family are not independent; shifting keeps the bunching of releases, not that of decisions.",
            "A release can be timed to something that is no political event here (a holiday, a rival's launch).",
        ),
    )  # fmt: skip


def _events(which: str, since: date, until: date) -> list[tuple[date, date]]:
    spans = [
        (date.fromisoformat(row["date"]), date.fromisoformat(row["end"])) for row in catalog.table("political_events")
    ]
    if which == "rules":
        spans += [
            (day, day)
            for row in catalog.table("timeline")
            if row["kind"] in {"rule", "letter"} and row["actor"] == RULE_ACTOR and row["precision"] == "day"
            for day in [date.fromisoformat(row["date"])]
        ]
    return [span for span in spans if span[1] >= since and span[0] <= until]


def _releases(since: date, until: date) -> list[dict[str, Any]]:
    """Return releases of models and chips by PRC actors, one a developer and launch."""
    found: list[dict[str, Any]] = [
        {"date": date.fromisoformat(row["date"]), "maker": row["actor"], "title": row["title"]}
        for row in catalog.table("timeline")
        if row["kind"] in {"model_release", "chip_release"} and row["precision"] == "day" and row["actor"].startswith(PRC_ACTORS)
    ] + [
        {"date": date.fromisoformat(row["release_date"]), "maker": row["developer"], "title": row["name"]}
        for row in catalog.table("models")
        if row["country"] == "CN" and len(row["release_date"]) == 10 and "runs)" not in row["name"]
    ]  # fmt: skip
    kept: list[dict[str, Any]] = []
    for row in sorted(found, key=lambda one: (one["date"], one["title"])):
        maker = SAME_MAKER.get(row["maker"], row["maker"])
        doubled = any(
            maker == SAME_MAKER.get(other["maker"], other["maker"])
            and row["date"] - other["date"] <= timedelta(days=NEAR_DAY)
            for other in kept
        )
        if since <= row["date"] <= until and not doubled:
            kept.append(row)
    return kept


def _near(events: Sequence[tuple[date, date]], since: date, until: date, window_days: int) -> np.ndarray:
    """Return, for each day of the window, whether it lies near an event."""
    near = np.zeros((until - since).days + 1, dtype=bool)
    for first, last in events:
        low, high = (first - since).days - window_days, (last - since).days + window_days
        near[max(low, 0) : max(high + 1, 0)] = True
    return near


def _timed(found: int, n: int, base: float, prior_weight: float, draws: int, seed: int) -> Floats:
    """Return draws of the share of timed releases, from its posterior on a grid."""
    share = (np.arange(GRID) + 0.5) / GRID
    rate = share + (1 - share) * base
    log_density = found * np.log(np.maximum(rate, 1e-300)) + (n - found) * np.log(np.maximum(1 - rate, 1e-300))
    log_density += (prior_weight - 1) * np.log1p(-share)
    mass = np.exp(log_density - log_density.max())
    stream = np.random.default_rng([seed % 2**32, 16])
    result: Floats = np.interp(stream.random(draws), np.cumsum(mass) / mass.sum(), share)
    return result


def _tail(hits: int, n: int, rate: float) -> float:
    """Return the chance of at least so many hits in n tries."""
    from scipy.stats import binom

    return float(binom.sf(hits - 1, n, rate))


def _scores() -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    for row in catalog.table("model_scores"):
        found.setdefault(row["model"], {})[row["benchmark"]] = float(row["score"])
    return found
