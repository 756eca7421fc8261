"""How slowly controls on hardware take effect, and what slows them."""

from collections.abc import Mapping
from datetime import date
from typing import Annotated

import numpy as np

from leadtime import chips
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
    first_date,
    inputs,
    series,
    source_ids,
    year_frac,
)

__all__ = ["half_of_bite"]

USES = {
    "bite_training_frac": "training",
    "bite_serving_frac": "serving capacity",
    "bite_synthetic_frac": "synthetic data",
}
FAST_PIPELINE_QUARTERS = 1.0
SHORT_LIFE_YR = 4.0
EARLIER_CLASSES = {"prc_a100_chips": "a100", "prc_h800_chips": "h800"}
"""Classes of the world that were sold before October 2023, and the part whose rate they are counted at."""


@question
def half_of_bite(
    on: Day = date(2025, 1, 27),
    final: Day = date(2030, 1, 1),
    since: Annotated[
        date, Argument(text="Day from which the lag counts", low=date(2022, 10, 1), high=date(2030, 1, 1))
    ] = date(2023, 10, 17),
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say when the controls reach half of their later bite on training compute, and what delays them.

    What delays: stock bought before, chips on the way, long lives. Each is measured by itself: the stock by its share, the other two by
    the same draws with a short pipeline (one quarter) and with a short life (four years).
    """
    names = (*USES, "prc_own_h100e", "prc_pipeline_h100e", *EARLIER_CLASSES)
    run = series(scenario, names, draws=draws, seed=seed)
    half = _half_date(run["bite_training_frac"], final)
    faster = {
        "pipeline": _half_with({"pipeline_prc": FAST_PIPELINE_QUARTERS}, scenario, final, draws, seed),
        "life": _half_with({"chip_life": SHORT_LIFE_YR}, scenario, final, draws, seed),
    }
    before = sum(
        (
            at(run[name], on) * (chips.training_ratio_h100(chips.find_chip(part)).value or 0.0)
            for name, part in EARLIER_CLASSES.items()
        ),
        np.zeros(draws),
    )
    own, coming = at(run["prc_own_h100e"], on), at(run["prc_pipeline_h100e"], on)
    figures = {
        "half_date_yr": Sampled.single(f"When half of the loss of {final.year} is reached", "yr", half),
        "after_months": Sampled.single(f"Months from {on:%B %Y} to that date", "month", 12 * (half - year_frac(on))),
        "lag_months": Sampled.single(f"Months from {since:%B %Y} to that date", "month", 12 * (half - year_frac(since))),
        "bite_frac": Sampled.single(f"Training compute taken away by {on:%B %Y}", "frac", at(run["bite_training_frac"], on)),
        "old_stock_frac": Sampled.single(
            f"Share of PRC-owned compute in {on:%B %Y} of classes sold before October 2023", "frac", before / own
        ),
        "pipeline_frac": Sampled.single(f"Bought but not yet at work in {on:%B %Y}, over what works", "frac", coming / own),
        "pipeline_delay_months": Sampled.single(
            "Later half-date than with a pipeline of one quarter", "month", 12 * (half - faster["pipeline"])
        ),
        "life_delay_months": Sampled.single(
            "Later half-date than with chips that last four years", "month", 12 * (half - faster["life"])
        ),
    }  # fmt: skip
    rows = [
        row
        for name, words in USES.items()
        for row in fan_rows(run[name], since_yr=2022.75, until_yr=year_frac(final), use=words)
    ]
    return Answer(
        figures=figures,
        parameters=inputs(scenario, draws=draws, seed=seed),
        rows=rows,
        chart={
            "kind": "fan", "x": "time_yr", "y": "median", "low": "low", "high": "high", "series": "use",
            "y_title": "Share taken away by controls",
        },
        source_ids=source_ids(names),
        method=(
            f"World model, scenario {scenario}, against the same draws without any control; the half-date is when the bite on training compute "
            f"first reaches half of its value on {final}."
        ),
        caveats=(
            "A negative share means that the PRC has more than without controls: money that cannot buy frontier chips bought H20, whose bandwidth "
            "per dollar is higher.",
        ),
    )  # fmt: skip


def _half_date(bite: Floats, final: date) -> Floats:
    later = at(bite, final)
    return np.where(later > 0, first_date(bite, 0.5 * later), np.nan)


def _half_with(fixed: Mapping[str, float], scenario: str, final: date, draws: int, seed: int) -> Floats:
    return _half_date(
        series(scenario, ("bite_training_frac",), draws=draws, seed=seed, fixed=fixed)["bite_training_frac"], final
    )
