"""`leadtime simulate`: one scenario of the world model over an ensemble of draws."""

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
    from leadtime.study import Run

app = typer.Typer(add_completion=False)


@app.command()
def simulate(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO|FILE", help="A scenario, several joined by a plus, or a file.")
    ] = "baseline",
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
    """Run one scenario: compute by channel, capability and months of lead, with ranges, quarter by quarter."""
    from leadtime import study
    from leadtime.interfaces.answers import worlds

    _figure.check(figure)
    with telling("Simulating", draws) as tell:
        run = study.simulate(
            scenario,
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

        _figure.write(_world_figures.lead_figure(run), figure)
    _show.answer(worlds.run(run), lambda console: _render(console, run), as_json=as_json)


def _render(console: Console, run: "Run") -> None:
    data = run.as_data()
    years, rows = by_year(data["headline"])
    plan = run.plan
    caption = (
        f"Median of {plan.draws:,} draws (seed {plan.seed}) and, in brackets, the interval that holds 80 % of them."
    )
    if rows:
        console.print(
            _show.table(
                f"{plan.scenario.name}: {plan.scenario.title}",
                ["", *((year, "right") for year in years)],
                rows,
                caption=caption,
            )
        )
    else:
        series = [(name, run.times(name)[-1], _last(data["series"][name])) for name in run.outputs]
        console.print(
            _show.table(
                f"{plan.scenario.name}: {plan.scenario.title}",
                ["series", "at", ("value", "right")],
                series,
                caption=caption,
            )
        )
    for sentence in _sentences(data):
        console.print(f"\n{sentence}", markup=False)
    if plan.scenario.text:
        console.print(f"\n{' '.join(plan.scenario.text.split())}", markup=False, style="dim")


def _last(series: dict[str, Any]) -> str:
    return ranged(
        {"low": series["q10"][-1], "value": series["q50"][-1], "high": series["q90"][-1], "unit": series["unit"]}
    )


def _sentences(data: dict[str, Any]) -> list[str]:
    """Say the answer, and how it hangs on the assumption that decides it."""
    found = []
    for year in (2027, 2030):
        lead, bought = (data["headline"].get(f"lead_{kind}_months_{year}") for kind in ("true", "bought"))
        if lead and bought:
            parts = [
                f"{number(variant['headline'][name]['value'], 'month')} ({variant['title'].split(':')[0].split(' (')[0].lower()}, weight {variant['weight']:g})"
                for variant in data["variants"].values()
                if (name := f"lead_bought_months_{year}") in variant["headline"]
            ]
            found.append(
                f"At the start of {year} the US frontier is {ranged(lead)} months ahead; {ranged(bought)} of them come from controls. "
                f"How many hangs on how much spills over: {'; '.join(parts)}."
            )
            break
    return found
