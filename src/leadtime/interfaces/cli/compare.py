"""`leadtime compare`: scenarios against each other, on the same draws."""

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from leadtime.interfaces.cli import _figure, _show
from leadtime.interfaces.cli._world import (
    Draws,
    Engine,
    First,
    Last,
    Out,
    Output,
    Prior,
    Scheduler,
    Seed,
    Workers,
    by_year,
    number,
    ranged,
    telling,
    workers_for,
)

if TYPE_CHECKING:
    from leadtime.study import Comparison

app = typer.Typer(add_completion=False)

ROWS = (
    ("true lead, months", "lead_true_months"),
    ("apparent lead, months", "lead_apparent_months"),
    ("PRC compute in use, H100e", "prc_used_h100e"),
    ("  owned", "prc_own_h100e"),
    ("  rented abroad", "prc_rented_h100e"),
    ("sold since 2022: legally", "prc_sold_legal_h100e"),
    ("  leaked", "prc_sold_leaked_h100e"),
    ("  made in the PRC", "prc_sold_domestic_h100e"),
    ("US over PRC, training", "training_ratio"),
    ("PRC serving capacity, H100e", "prc_serving_h100e"),
    ("tokens served in the PRC per day", "prc_tokens_served_per_day"),
    ("bite on PRC training compute", "bite_training_frac"),
)


@app.command()
def compare(
    scenarios: Annotated[
        list[str],
        typer.Argument(metavar="SCENARIO SCENARIO ...", help="Scenarios or files; the first is the baseline."),
    ],
    draws: Draws = 10_000,
    seed: Seed = 1,
    first: First = None,
    last: Last = None,
    engine: Engine = "local",
    workers: Workers = None,
    scheduler: Scheduler = None,
    out: Out = None,
    output: Output = None,
    prior: Prior = False,
    figure: _figure.FigureFile = None,
    as_json: _show.Json = False,
) -> None:
    """Compare scenarios draw by draw with the first one: what changes, by how much, with which probability."""
    from leadtime import study
    from leadtime.interfaces.answers import worlds

    _figure.check(figure)
    with telling("Comparing", draws * len(set(scenarios))) as tell:
        found = study.compare(
            scenarios,
            draws=draws,
            seed=seed,
            first=first,
            last=last,
            engine=engine,
            workers=workers_for(workers, draws, engine),
            scheduler=scheduler,
            out=out,
            outputs=output,
            belief="prior" if prior else "posterior",
            progress=tell,
        )
    if figure is not None:
        from leadtime.reports import _world_figures

        _figure.write(_world_figures.differences_figure(found), figure)
    _show.answer(worlds.comparison(found), lambda console: _render(console, found), as_json=as_json)


def _render(console: Console, found: "Comparison") -> None:
    data = found.as_data()
    caption = f"Median of the differences of {found.base.plan.draws:,} pairs of draws and, in brackets, the interval that holds 80 % of them."
    for name, differences in data["differences"].items():
        scenario = found.others[name].plan.scenario
        years, rows = by_year(differences, ROWS)
        if rows:
            columns: list[str | tuple[str, str]] = ["", *((year, "right") for year in years)]
            console.print(
                _show.table(f"{name} less {found.baseline}: {scenario.title}", columns, rows, caption=caption)
            )
        for sentence in _sentences(name, found.baseline, differences, data["variants"]):
            console.print(f"\n{sentence}\n", markup=False)


def _sentences(name: str, baseline: str, differences: dict[str, Any], variants: dict[str, Any]) -> list[str]:
    """Say what the scenario does to the lead, with the probability of its sign, and under which assumption."""
    for year in (2030, 2027, 2025):
        key = f"lead_true_months_{year}"
        if key not in differences:
            continue
        cell = differences[key]
        longer, shorter = (round(100 * cell[f"probability_{side}"]) for side in ("above", "below"))
        parts = [
            f"{number(variant['differences'][name][key]['value'], 'month')} ({variant['title'].split(':')[0].split(' (')[0].lower()})"
            for variant in variants.values()
            if key in variant["differences"][name]
        ]
        verdict = f"At the start of {year} the lead under {name} differs from that under {baseline} by {ranged(cell)} months; it is longer in {longer} % and shorter in {shorter} % of draws."
        return [f"{verdict} By assumption on spillover: {'; '.join(parts)}."]
    return []
