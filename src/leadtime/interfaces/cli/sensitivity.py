"""`leadtime sensitivity`: which parameters and assumptions an answer hangs on, and what would turn it around."""

from typing import Annotated, Any

import typer
from rich.console import Console

from leadtime.interfaces.cli import _show
from leadtime.interfaces.cli._progress import progress
from leadtime.interfaces.cli._world import Seed, number

app = typer.Typer(add_completion=False)

SHOWN = 12


@app.command()
def sensitivity(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO|FILE", help="A scenario, several joined by a plus, or a file.")
    ] = "baseline",
    output: Annotated[
        list[str] | None,
        typer.Option("--output", metavar="NAME", help="Series to explain (several times for several)."),
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option("--against", metavar="SCENARIO", help="Scenario to compare with (several times for several)."),
    ] = None,
    at: Annotated[str, typer.Option("--at", metavar="Q", help="Quarter that is looked at.")] = "2027Q1",
    points: Annotated[int, typer.Option("--points", metavar="N", help="Base points of the Sobol design.")] = 256,
    draws: Annotated[int, typer.Option("--draws", metavar="N", help="Draws of the posterior.")] = 8192,
    above: Annotated[
        float | None,
        typer.Option(
            "--above", metavar="N", help="Find where the difference to a rival is above this (else: its upper quarter)."
        ),
    ] = None,
    seed: Seed = 1,
    as_json: _show.Json = False,
) -> None:
    """Sobol indices of an answer, the assumptions that flip a ranking of scenarios, the inputs under which they differ much, and regret."""
    from leadtime.interfaces.answers import method
    from leadtime.study import sensitivity as study

    with progress("Moving every parameter", total=100) as advance:
        seen = 0.0

        def tell(done: int, total: int) -> None:
            nonlocal seen
            advance(100 * done / total - seen)
            seen = 100 * done / total

        found = study.sensitivity(
            scenario,
            outputs=output,
            against=tuple(against) if against else ("no_controls",),
            at=at,
            points=points,
            draws=draws,
            seed=seed,
            above=above,
            progress=tell,
        )
    answer = method.sensitivity(found, seed=seed)
    _show.answer(answer, lambda console: _render(console, answer.data), as_json=as_json)


def _render(console: Console, data: dict[str, Any]) -> None:
    columns: list[str | tuple[str, str]] = [
        "",
        ("alone", "right"),
        ("with others", "right"),
        ("under the posterior", "right"),
    ]
    for name in data["outputs"]:
        rows = [
            (row["parameter"], *(_share(row[part]) for part in ("first", "total", "first_posterior")))
            for row in data["indices"]
            if row["output"] == name
        ]
        caption = f"Shares of the variance; {data['points']} points per parameter on the priors, {data['draws']:,} draws of the posterior."
        title = f"What {name} hangs on in {data['scenario']}, {data['at']}"
        console.print(_show.table(title, columns, rows[:SHOWN], caption=caption))
        console.print()
    flips = [row for row in data["flips"] if row["flips"]]
    for row in flips:
        console.print(
            f"{row['output']}: {row['scenario']} less {row['against']} is {number(row['overall_median'], '')} in the median, "
            f"but {number(row['median'], '')} where {row['assumption']} is {row['part']}.",
            markup=False,
        )
    if not flips:
        console.print("No tercile of a parameter and no variant turns a comparison around.", markup=False)
    for row in data["discovery"]:
        console.print(_found(row), markup=False)
    if data["regret"]:
        rows = [(row["output"], row["scenario"], number(row["median"], ""), number(row["q90"], ""), _share(row["best_frac"])) for row in data["regret"]]  # fmt: skip
        title = "\nHow far below the best scenario of the same draw (larger counts as better)"
        console.print(_show.table(title, ["", "", ("median", "right"), ("90 %", "right"), ("best in", "right")], rows))


def _found(row: dict[str, Any]) -> str:
    """Say in which part of the space of inputs a difference is large."""
    unit = (
        "" if row["unit"] in ("ratio", "frac") else f" {row['unit']}s" if row["unit"] == "month" else f" {row['unit']}"
    )
    what = f"{row['output']}: {row['scenario']} less {row['against']} is above {number(row['above'], '')}{unit} in {_share(row['interest_frac'])} of the draws"
    box = row["box"]
    if box is None:
        return f"{what}; no part of the space of inputs stands out."
    limits = [
        f"{limit['parameter']} is {' or '.join(limit['values'])}" if limit["values"]
        else f"{limit['parameter']} is " + " to ".join(f"{word} {number(limit[end], '')}" for end, word in (("low", "above"), ("high", "below")) if limit[end] is not None).replace(" to below", " and below")
        for limit in box["limits"]
    ]  # fmt: skip
    return f"{what}, and in {_share(box['density_frac'])} of those where {'; '.join(limits)}, which hold {_share(box['coverage_frac'])} of such draws."


def _share(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"
