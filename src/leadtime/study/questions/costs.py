"""What a reported training cost counts, and the account of all that it leaves out."""

import math
from typing import Annotated, Any

import numpy as np

from leadtime import catalog, economics
from leadtime.errors import BadInputError
from leadtime.study.estimator._costs import cost_parameters
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._estimates import Z80
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import Draws, Floats, Seed
from leadtime.study.questions.frontier import efficiency_on_trend

__all__ = ["reported_cost"]

LINES = ("final_run_share_frac", "failed_run_frac", "staff_share_frac", "data_share_frac")


@question
def reported_cost(
    run: Annotated[str, Argument(text="Run whose hours and cost are reported (table training_runs)")] = "dsv3-total",
    usd_per_hour: Annotated[float, Argument(text="Price of a chip-hour [USD]", low=0.01, high=100.0)] = 2.0,
    price_low: Annotated[
        float, Argument(text="Low end of what a chip-hour really costs, 80 % [USD]", low=0.01, high=100.0)
    ] = 1.5,
    price_high: Annotated[float, Argument(text="High end of that [USD]", low=0.01, high=100.0)] = 3.0,
    trend_run: Annotated[str, Argument(text="Evidence row of the run's compute, held against the trend")] = "T019",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Reproduce a reported training cost from its chip-hours, then give the account of the whole development with ranges.

    Lines: the final run, failed and repeated work, experiments, staff, data; shares and ranges from the table of cost parameters.
    """
    row = _run(run)
    if not price_low <= usd_per_hour <= price_high:
        raise BadInputError("usd_per_hour must lie between price_low and price_high.")
    hours, stated = float(row["chip_hours"]), float(row["cost_usd"])
    told = cost_parameters()
    lines = economics.account_lines(
        gpu_hours=(hours, hours, hours),
        usd_per_hour=(price_low, usd_per_hour, price_high),
        parameters={name: told[name][0] for name in LINES},
        source_ids={**{name: (told[name][1],) for name in LINES}, "gpu_hours": (row["source_id"],)},
        draws=max(draws, 2000),
        seed=seed,
    )
    total = economics.total_account(lines)
    reproduced = hours * usd_per_hour
    drawn = _account_draws(total, draws, seed)
    rows: list[dict[str, Any]] = [
        {
            "label": line.label,
            "low": line.low_usd / 1e6,
            "median": line.central_usd / 1e6,
            "high": line.high_usd / 1e6,
            "basis": line.basis,
        }
        for line in lines
    ]
    figures = {
        "multiple": Sampled.single("All-in account over the reported cost", "ratio", drawn / stated),
        "error_percent": Sampled.single("Hours times price, against the reported cost", "percent", 100 * abs(reproduced / stated - 1)),
        "reproduced_usd": Sampled.single(f"{hours:,.0f} chip-hours at {usd_per_hour:g} USD", "USD", reproduced),
        "stated_usd": Sampled.single("Reported cost", "USD", stated),
        "all_in_usd": Sampled.single("All-in account", "USD", drawn),
        "trend_percentile": Sampled.single(
            "Share of trend-implied needs below the compute of the run: near 0 is without precedent", "frac",
            efficiency_on_trend(run=trend_run, draws=draws, seed=seed).figures["percentile"].draws["single"],
        ),
    }  # fmt: skip
    return Answer(
        figures=figures,
        rows=rows,
        chart={"kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high", "x_title": "Million USD"},
        source_ids=tuple(sorted({row["source_id"], *(told[name][1] for name in LINES)})),
        method=(
            f"{hours:,.0f} hours from the report times {usd_per_hour:g} USD; then experiments as final run (1/f - 1), failures as a share of the final run, staff and "
            "data as shares of the whole, log-normal, independent."
        ),
        caveats=(
            "Shares come from other companies; a small frugal lab may differ either way.",
            "Servers that the lab owns and uses for other work are not in the account.",
        ),
    )  # fmt: skip


def _run(name: str) -> dict[str, str]:
    known = {row["id"]: row for row in catalog.table("training_runs") if row["chip_hours"] and row["cost_usd"]}
    if name not in known:
        raise BadInputError(f"{name!r} is no run with reported hours and cost.", hint=f"Runs: {', '.join(known)}.")
    return known[name]


def _account_draws(line: economics.AccountLine, draws: int, seed: int) -> Floats:
    """Return draws of a line: log-normal in two halves that meet at the central value and keep both ends of its range."""
    normals = np.random.default_rng([seed % 2**32, 26]).standard_normal(draws)
    down, up = (math.log(line.central_usd / line.low_usd) / Z80, math.log(line.high_usd / line.central_usd) / Z80)
    result: Floats = line.central_usd * np.exp(np.where(normals < 0, down, up) * normals)
    return result
