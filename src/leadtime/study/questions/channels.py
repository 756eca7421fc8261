"""How chips and compute reach the PRC past the controls: smuggling, rental abroad, memory for its own chips; and what closes each."""

from datetime import date
from typing import Annotated, Any

import numpy as np

from leadtime import catalog, rules
from leadtime.study.questions._answer import Answer, Sampled
from leadtime.study.questions._registry import Argument, question
from leadtime.study.questions._runs import (
    BOUNDS_YR,
    Day,
    Draws,
    Floats,
    ScenarioName,
    Seed,
    at,
    determined,
    fan_rows,
    in_year,
    inputs,
    lead_difference,
    quantile_row,
    series,
    source_ids,
    stacked,
    weights,
    year_frac,
)

__all__ = ["holes_closed", "leakage", "memory_control", "offshore"]

Year = Annotated[int, Argument(text="Calendar year", low=2022, high=2032)]
ACQUIRED = ("prc_legal_h100e", "prc_leaked_h100e", "prc_domestic_h100e")


@question
def leakage(
    year: Year = 2025,
    on: Day = date(2027, 1, 1),
    upper: Annotated[
        float, Argument(text="Quantile of the scale of leaked supply for the upper case", low=0.5, high=0.99)
    ] = 0.95,
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say how many chips leak into the PRC in a year, what share of its purchases that is, and what it costs in lead.

    The lead is compared, draw by draw, with a world in which no chip is smuggled, and with one in which the scale of leaked supply stands at a
    high quantile of its range.
    """
    names = ("prc_leaked_chips", "prc_sold_leaked_h100e", "scarcity_premium_ratio", *ACQUIRED)
    run = series(scenario, names, draws=draws, seed=seed)
    sampled = inputs(scenario, draws=draws, seed=seed)
    acquired = sum((in_year(run[name], year) for name in ACQUIRED), np.zeros(draws))
    none = stacked(scenario, "zero_leakage")
    scale = sampled.get("leak_scale")
    high = {} if scale is None else {"leak_scale": float(np.quantile(scale, upper))}
    figures = {
        "leaked_frac": Sampled.single(
            f"Leaked share of the compute that the PRC acquired in {year}", "frac", in_year(run["prc_leaked_h100e"], year) / acquired
        ),
        "leaked_chips": Sampled.single(f"Chips leaked in {year}", "chips", in_year(run["prc_leaked_chips"], year)),
        "leaked_stock_h100e": Sampled.single(
            f"Leaked since 2022, to the end of {year}", "H100e", at(run["prc_sold_leaked_h100e"], year + 1.0)
        ),
        "premium": Sampled.single(
            f"Price of a controlled chip in the PRC over the world price, less one, {year}",
            "ratio",
            in_year(run["scarcity_premium_ratio"], year) / 4,
        ),
        "lead_months": lead_difference(f"Months of lead that leakage costs by {on:%B %Y}", none, scenario, on, draws, seed),
        "lead_upper_months": lead_difference(
            f"The same with leaked supply at its {upper:.0%} quantile", none, scenario, on, draws, seed, fixed_there=high
        ),
    }  # fmt: skip
    return Answer(
        figures=figures,
        weights=weights(),
        parameters=sampled,
        rows=[*_leak_rows(run), *_published_smuggling()],
        chart={
            "kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high", "x_title": "Chips leaked into the PRC in a year",
        },
        source_ids=tuple(sorted({*source_ids(names), "cnas-smuggling-2025"})),
        method=(
            f"World model, scenario {scenario}: leaked supply answers to the scarcity premium in the PRC and is bounded by what is sold elsewhere; "
            "the lead is compared on the same draws without any leakage."
        ),
        caveats=(
            "Nobody counts smuggled chips: the range follows published estimates and reported prices, which are few and come from "
            "people with a view.",
        ),
    )  # fmt: skip


def _leak_rows(run: dict[str, Floats]) -> list[dict[str, Any]]:
    return [
        quantile_row(in_year(run["prc_leaked_chips"], year), label=f"Model, {year}", unit="chips a year")
        for year in range(2023, 2028)
    ]


def _published_smuggling() -> list[dict[str, Any]]:
    """Return the published estimates of chips smuggled in a year, as rows beside those of the model."""
    return [
        {
            "label": f"{row['peer']}: {row['conditions']}{'' if row['high'] else ' (upper end not stated)'}",
            "unit": "chips a year",
            "low": float(row["low"] or row["central"]),
            "median": float(row["central"]),
            "high": float(row["high"] or row["central"]),
        }
        for row in catalog.table("published_results")
        if "smuggled" in row["quantity"] and row["unit"] in {"chip", "chip/yr"} and row["central"]
    ]


@question
def offshore(
    on: Day = date(2026, 1, 1),
    closed: ScenarioName = "cloud_closed",
    chip: Annotated[str, Argument(text="Chip whose rental is asked of the law")] = "h100",
    place: Annotated[str, Argument(text="Country in which the chip stands, ISO 3166 alpha-2")] = "SG",
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say how much compute PRC users rent abroad, whether the law stops it, and what closing it would do.

    The effect of closing is taken two years after the day, against the same draws with the channel as the scenario has it.
    """
    names = ("prc_rented_h100e", "prc_used_h100e")
    run = series(scenario, names, draws=draws, seed=seed)
    shut = stacked(scenario, closed)
    without = series(shut, names, draws=draws, seed=seed)
    later = min(year_frac(on) + 2.0, 2033.0)
    law = determined(scenario, rules.find_item(chip), rules.Request(to=place, on=on, hq="CN", end_use="remote_access"))
    share = run["prc_rented_h100e"] / run["prc_used_h100e"]
    figures = {
        "rented_frac": Sampled.single(f"Share of the compute of PRC users that is rented abroad, {on:%B %Y}", "frac", at(share, on)),
        "rented_h100e": Sampled.single(f"Compute rented abroad by PRC users, {on:%B %Y}", "H100e", at(run["prc_rented_h100e"], on)),
        "open_by_law": Sampled.single(
            f"Rental of a {chip.upper()} in {place} to a Chinese firm without a licence, {on:%B %Y}",
            "",
            float(law is None or law.outcome in {"not_required", "not_in_force", "notify"}),
        ),
        "lost_if_closed_frac": Sampled.single(
            f"Compute that PRC users lose by {later:.0f} if it is closed",
            "frac",
            1 - at(without["prc_used_h100e"], later) / at(run["prc_used_h100e"], later),
        ),
        "lead_if_closed_months": lead_difference(
            f"Months of lead that closing it buys by {later:.0f}", shut, scenario, later, draws, seed
        ),
    }  # fmt: skip
    return Answer(
        figures=figures,
        weights=weights(),
        parameters=inputs(scenario, draws=draws, seed=seed),
        rows=fan_rows(share, since_yr=2023.0, until_yr=max(2030.0, year_frac(on))),
        chart={
            "kind": "fan", "x": "time_yr", "y": "median", "low": "low", "high": "high",
            "y_title": "Rented share of the compute of PRC users",
        },
        source_ids=tuple(sorted({*source_ids(names), *(() if law is None else law.source_ids())})),
        method=(
            f"World model, scenario {scenario} against {shut}; the law by the rule book as the scenario has it: licence "
            f"{'not required' if law is None else law.outcome.replace('_', ' ')} for remote use of a {chip.upper()} in {place} on {on}."
        ),
        caveats=(
            "What PRC users rent is seen only in single contracts; its growth is a parameter with a wide range.",
            "Closed rental frees money that buys something else, which the comparison counts.",
        ),
    )  # fmt: skip


@question
def holes_closed(
    strong: ScenarioName = "diffusion_enforced",
    weak: ScenarioName = "diffusion_weak",
    absent: ScenarioName = "baseline",
    on: Day = date(2028, 1, 1),
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say how far a framework closes smuggling and rental abroad if it is enforced, half enforced, or absent."""
    names = ("prc_sold_leaked_h100e", "prc_rented_h100e", "prc_used_h100e")
    runs = {name: series(name, names, draws=draws, seed=seed) for name in (strong, weak, absent)}
    through = {name: _smuggled_since(run, on) + _rented(run, on) for name, run in runs.items()}
    closed, half = (1 - through[name] / through[absent] for name in (strong, weak))
    figures = {
        "closed_frac": Sampled.single(f"Smuggled and rented compute kept out by {on:%B %Y}, enforced", "frac", closed),
        "closed_weak_frac": Sampled.single("The same, half enforced", "frac", half),
        "enforcement_gain_frac": Sampled.single("Kept out by enforcing it fully rather than by half", "frac", closed - half),
        "used_lost_frac": Sampled.single(
            f"Compute of PRC users that enforcement takes away by {on:%B %Y}",
            "frac",
            1 - at(runs[strong]["prc_used_h100e"], on) / at(runs[absent]["prc_used_h100e"], on),
        ),
        "lead_months": lead_difference(f"Months of lead by {on:%B %Y}, enforced against absent", strong, absent, on, draws, seed),
        "lead_weak_months": lead_difference("The same, half enforced", weak, absent, on, draws, seed),
    }  # fmt: skip
    roles = {"absent": absent, "half enforced": weak, "enforced": strong}
    rows = [
        quantile_row(values, label=f"{channel}, {role}", unit="H100e")
        for channel, get in (("Smuggled since 2025", _smuggled_since), ("Rented abroad", _rented))
        for role, values in ((role, get(runs[name], on)) for role, name in roles.items())
    ]
    return Answer(
        figures=figures,
        weights=weights(),
        parameters=inputs(absent, draws=draws, seed=seed),
        rows=rows,
        chart={"kind": "ranges", "label": "label", "y": "median", "low": "low", "high": "high", "x_title": f"H100-equivalents in {on.year}"},
        source_ids=source_ids(names),
        method=f"World model on the same draws under {strong}, {weak} and {absent}; smuggled compute since the start of 2025, rented compute on {on}.",
        caveats=(
            "How far allocations by country would have bound buyers there is judgement (text of the scenario); a framework that was "
            "withdrawn leaves no evidence.",
        ),
    )  # fmt: skip


def _smuggled_since(run: dict[str, Floats], on: date) -> Floats:
    """Return what was smuggled since the start of 2025, the year of the framework."""
    sold = run["prc_sold_leaked_h100e"]
    return at(sold, on) - at(sold, 2025.0)


def _rented(run: dict[str, Floats], on: date) -> Floats:
    return at(run["prc_rented_h100e"], on)


@question
def memory_control(
    on: Day = date(2028, 1, 1),
    without: ScenarioName = "hbm_never",
    stack_bandwidth_gb_s: Annotated[
        float, Argument(text="Bandwidth of a memory stack for the legal test [GB/s]", low=10.0, high=10_000.0)
    ] = 460.8,
    stack_area_mm2: Annotated[
        float,
        Argument(text="Area of that stack [mm²]; about 10 by 11 mm by default, an assumption", low=10.0, high=1000.0),
    ] = 110.0,
    scenario: ScenarioName = "baseline",
    draws: Draws = 2000,
    seed: Seed = 1,
) -> Answer:
    """Say what the control of high-bandwidth memory does to accelerators made in the PRC.

    The flow is that of four quarters; ``flow_ratio`` is its lowest value up to the day, over the same draw without the control. The default
    stack is HBM2E as standardised: 1,024 pins at 3.6 Gbit/s.
    """
    names = ("prc_domestic_h100e", "domestic_binding_code")
    run = series(scenario, names, draws=draws, seed=seed)
    free = series(stacked(scenario, without), names, draws=draws, seed=seed)
    with_control, uncontrolled = (_four_quarters(one["prc_domestic_h100e"]) for one in (run, free))
    ends_yr = BOUNDS_YR[4:]
    inside = (ends_yr > 2025.0) & (ends_yr <= max(year_frac(on), 2025.25) + 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(uncontrolled > 0, with_control / uncontrolled, 1.0)
    place = round((min(year_frac(on), 2033.0) - 2022.0) * 4)
    lost = (
        1 - run["prc_domestic_h100e"][12:place].sum(axis=0) / free["prc_domestic_h100e"][12:place].sum(axis=0)
        if place > 12
        else np.zeros(draws)
    )
    stack = rules.item_from_spec(
        {
            "kind": "hbm",
            "name": "stack",
            "memory_bandwidth_gb_s": stack_bandwidth_gb_s,
            "package_area_mm2": stack_area_mm2,
        }
    )
    law = determined(scenario, stack, rules.Request(to="CN", on=date(2025, 6, 1)))
    figures = {
        "flow_ratio": Sampled.single(
            f"Lowest domestic output of a year up to {on:%B %Y}, over that without the control", "ratio", ratio[inside].min(axis=0)
        ),
        "lost_frac": Sampled.single(f"Domestic output lost from 2025 to {on:%B %Y}", "frac", lost),
        "memory_binds_frac": Sampled.single(
            f"Share of quarters from 2025 to {on:%B %Y} in which memory is what limits output",
            "frac",
            np.mean(run["domestic_binding_code"][12:max(place, 13)] == 2, axis=0),
        ),
        "caught": Sampled.single(
            f"A stack of {stack_bandwidth_gb_s:g} GB/s on {stack_area_mm2:g} mm² needs a licence", "", float(law is not None and law.outcome == "required")
        ),
        "density_gb_s_mm2": Sampled.single("Its bandwidth density", "GB/s/mm2", stack_bandwidth_gb_s / stack_area_mm2),
        "lead_months": lead_difference(f"Months of lead that the control buys by {on:%B %Y}", scenario, stacked(scenario, without), on, draws, seed),
    }  # fmt: skip
    rows = [
        *fan_rows(run["prc_domestic_h100e"], until_yr=2031.0, scale=4.0, policy="with the control"),
        *fan_rows(free["prc_domestic_h100e"], until_yr=2031.0, scale=4.0, policy="without it"),
    ]
    return Answer(
        figures=figures,
        weights=weights(),
        parameters=inputs(scenario, draws=draws, seed=seed),
        rows=rows,
        chart={
            "kind": "fan", "x": "time_yr", "y": "median", "low": "low", "high": "high", "series": "policy",
            "y_title": "H100-equivalents made in the PRC, yearly rate",
        },
        source_ids=tuple(sorted({*source_ids(names), *(() if law is None else law.source_ids())})),
        method=(
            f"World model, scenario {scenario} against {stacked(scenario, without)}: output is the least of plan, logic dies and memory. "
            "Legal test by the rule book."
        ),
        caveats=("How many stacks were stored before the control, and when domestic memory comes, is known only roughly.",),
    )  # fmt: skip


def _four_quarters(flow: Floats) -> Floats:
    """Return the sums of four quarters that end at each bound from the fourth on, shape (bound, draw)."""
    total = np.concatenate([np.zeros((1, flow.shape[1])), np.cumsum(flow, axis=0)])
    result: Floats = total[4:] - total[:-4]
    return result
