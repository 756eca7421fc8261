"""When rules caught which chip, and how much of their effect had come by a day."""

from datetime import date
from typing import Annotated, Any

import numpy as np

from leadtime import chips, rules
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import (
    Day,
    Draws,
    ScenarioName,
    Seed,
    at,
    fan_rows,
    in_year,
    inputs,
    rule_book,
    series,
    source_ids,
    year_frac,
)

__all__ = ["bite_by", "rule_dates"]

Destination = Annotated[str, Argument(text="Destination, ISO 3166 alpha-2")]
LET_GO = ("not_required", "not_in_force", "notify")


@question
def bite_by(
    on: Day = date(2025, 1, 27),
    final: Day = date(2030, 1, 1),
    year: Annotated[
        int, Argument(text="Year of the sales that earlier limits let through", low=2022, high=2032)
    ] = 2023,
    chip: Annotated[str, Argument(text="Last chip made for the earlier limits: when was it caught?")] = "h800",
    to: Destination = "CN",
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say how much of the later bite of the controls had come by a day, and what earlier limits let through.

    The bite is the share of PRC compute usable in training that is missing against the same draw without controls.
    """
    names = (
        "bite_training_frac", "prc_legal_h100e", "prc_legal_frontier_h100e", "prc_acquired_h100e",
    )  # fmt: skip
    run = series(scenario, names, draws=draws, seed=seed)
    bite = run["bite_training_frac"]
    now, later = at(bite, on), at(bite, final)
    with np.errstate(divide="ignore", invalid="ignore"):
        arrived = np.where(later > 0, now / later, np.nan)
    made_for_limits = in_year(run["prc_legal_h100e"] - run["prc_legal_frontier_h100e"], year)
    book = rule_book(scenario)
    caught = () if book is None else _spans(book, chip, to)
    figures = {
        "arrived_frac": Sampled.single(
            f"Share of the loss of {final.year} that had come by {on:%B %Y}", "frac", arrived
        ),
        "bite_frac": Sampled.single(f"PRC training compute taken away by {on:%B %Y}", "frac", now),
        "final_bite_frac": Sampled.single(f"The same by {final:%B %Y}", "frac", later),
        "let_through_frac": Sampled.single(
            f"Share of what the PRC acquired in {year} that was sold legally as parts made for the limits",
            "frac",
            made_for_limits / in_year(run["prc_acquired_h100e"], year),
        ),
        "caught_yr": Sampled.single(
            f"When {chips.find_chip(chip).name} first needed a licence", "yr", _first_caught(caught)
        ),
    }
    return Answer(
        figures=figures,
        parameters=inputs(scenario, draws=draws, seed=seed),
        rows=fan_rows(bite, since_yr=2022.75, until_yr=max(year_frac(final), year_frac(on))),
        chart={
            "kind": "fan", "x": "time_yr", "y": "median", "low": "low", "high": "high",
            "y_title": "Share of PRC training compute taken away",
        },
        source_ids=source_ids(names),
        method=(
            f"World model, scenario {scenario}, against the same draws without any control; the date of the rule from the rule book: "
            f"{chips.find_chip(chip).name} {_words(caught)}."
        ),
        caveats=(
            "The later bite is itself a projection; it rests on rules and on Beijing's policy as the scenario has them.",
        ),
    )  # fmt: skip


@question
def rule_dates(
    items: Annotated[tuple[str, ...], Argument(text="Chips")] = ("a100", "h100", "a800", "h800", "h20", "h200", "b30a"),
    to: Destination = "CN",
    on: Day = date(2026, 6, 30),
) -> Answer:
    """Say when each chip first needed a licence for a destination, and how it stands on a day."""
    book = rules.book("us_ear")
    rows: list[dict[str, Any]] = []
    for name in items:
        spans = _spans(book, name, to)
        standing = rules.determine(book, rules.find_item(name), rules.Request(to=to, on=on))
        caught = _first_caught(spans)
        rows.append(
            {
                "chip": chips.find_chip(name).name,
                "caught_yr": None if np.isnan(caught) else caught,
                "caught_on": next((span.since for span in spans if span.outcome not in LET_GO), None),
                "outcome": standing.outcome,
                "review": standing.review,
            }
        )
    caught_yr = np.array([np.nan if row["caught_yr"] is None else row["caught_yr"] for row in rows])
    return Answer(
        figures={
            "controlled": Sampled.single(
                f"Chips that need a licence on {on}", "count", sum(row["outcome"] == "required" for row in rows)
            ),
            "first_caught_yr": Sampled.single("First of them caught", "yr", np.nanmin(caught_yr, initial=9999.0)),
            "last_caught_yr": Sampled.single("Last of them caught", "yr", np.nanmax(caught_yr, initial=0.0)),
        },
        rows=rows,
        source_ids=tuple(
            sorted({reference.source for rule in rules.book("us_ear").rules.values() for reference in rule.references})
        ),
        method=f"Determinations of the US rule book for every day on which it changed, sales to {to}.",
    )


def _spans(book: rules.Book, name: str, to: str) -> tuple[rules.Span, ...]:
    return rules.timeline(book, rules.find_item(name), rules.Request(to=to, on=date(2022, 1, 1)))


def _first_caught(spans: tuple[rules.Span, ...]) -> float:
    """Return the first day on which a licence was needed [yr]; NaN if never."""
    for span in spans:
        if span.outcome not in LET_GO and span.outcome != "unknown":
            return year_frac(date.fromisoformat(span.since))
    return float("nan")


WORDS = {
    "not_required": "free",
    "notify": "after notification",
    "required": "with a licence",
    "not_in_force": "before any rule",
}


def _words(spans: tuple[rules.Span, ...]) -> str:
    """Return how a chip stood over time; spans that differ in the review policy alone are told once."""
    told = [span for place, span in enumerate(spans) if place == 0 or span.outcome != spans[place - 1].outcome]
    return ", ".join(f"{WORDS.get(span.outcome, span.outcome)} from {span.since}" for span in told) or "free throughout"
