"""`leadtime scenarios`: the scenarios that come with leadtime, and checking your own."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from leadtime.interfaces.cli import _show

if TYPE_CHECKING:
    from leadtime.study import Scenario

app = typer.Typer(add_completion=False, invoke_without_command=True)


@app.callback()
def scenarios(context: typer.Context, as_json: _show.Json = False) -> None:
    """List the scenarios that come with leadtime, show one, check or start your own."""
    if context.invoked_subcommand is None:
        list_scenarios(as_json)


@app.command("list")
def list_scenarios(as_json: _show.Json = False) -> None:
    """List the scenarios that come with leadtime."""
    from leadtime.interfaces.answers import facts

    answer = facts.scenarios()

    def render(console: Console) -> None:
        rows = [(one["name"], one["title"]) for one in answer.data]
        console.print(_show.table("Scenarios", ["name", "title"], rows))
        console.print("\nStack several with a plus: leadtime simulate h20_banned+cloud_closed")

    _show.answer(answer, render, as_json=as_json)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME|FILE", help="A scenario, or several joined by a plus.")],
    as_json: _show.Json = False,
) -> None:
    """Show a scenario with everything that it takes over from its bases."""
    from leadtime import study
    from leadtime.interfaces.answers import worlds

    found = study.scenario(name)
    _show.answer(worlds.scenario(found), lambda console: _describe(console, found), as_json=as_json)


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A scenario file, YAML or JSON.")],
    as_json: _show.Json = False,
) -> None:
    """Check a scenario file: format, ranges, bases, amendments against the rule books."""
    from leadtime import study

    found = study.check_scenario(file)

    def render(console: Console) -> None:
        console.print(f"{file} is sound.\n")
        _describe(console, found)

    _show.show({"valid": True, "scenario": found.as_data()}, render, as_json=as_json, sources=found.sources)


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the scenario; the file is NAME.yaml.")],
    base: Annotated[str, typer.Option("--base", metavar="NAME", help="Scenario that it stands on.")] = "baseline",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Another file.")] = None,
    as_json: _show.Json = False,
) -> None:
    """Write a scenario file to start from; an existing file is left alone."""
    from leadtime import study
    from leadtime.errors import OutputError
    from leadtime.files import write_text

    text = study.new_scenario(name, base)
    path = out or Path(f"{name}.yaml")
    if path.exists():
        raise OutputError(f"{path} exists already.", hint="Name another file with --out.")
    write_text(path, text)
    _show.show({"file": str(path)}, lambda console: console.print(f"Wrote {path}."), as_json=as_json)


@app.command()
def levers(as_json: _show.Json = False) -> None:
    """List what a scenario may set apart from the text of the rules."""
    from leadtime.interfaces.answers import facts

    answer = facts.levers()

    def render(console: Console) -> None:
        rows = [
            (row["name"], _range(row), "yes" if row["over_time"] else "", row["description"]) for row in answer.data
        ]
        console.print(_show.table("Levers", ["lever", "values", "over time", "meaning"], rows))

    _show.answer(answer, render, as_json=as_json)


@app.command()
def parameters(as_json: _show.Json = False) -> None:
    """List the uncertain parameters that a scenario may fix or give another interval."""
    from leadtime.interfaces.answers import facts

    answer = facts.parameters()

    def render(console: Console) -> None:
        rows = [
            (row["name"], f"{row['low']:g} to {row['high']:g}", row["unit"], row["description"]) for row in answer.data
        ]
        caption = (
            "An interval holds 90 % of a log-normal or logit-normal prior, 68 % of a normal one, all of a uniform one."
        )
        console.print(_show.table("Parameters", ["parameter", "prior", "unit", "meaning"], rows, caption=caption))

    _show.answer(answer, render, as_json=as_json)


def _range(row: dict[str, Any]) -> str:
    return row["kind"] if row["low"] is None else f"{row['low']:g} to {row['high']:g}"


def _describe(console: Console, found: "Scenario") -> None:
    console.print(f"{found.name}: {found.title}", style="bold", markup=False)
    console.print(f"{' '.join(found.text.split())}\n", markup=False)
    if len(found.lineage) > 1:
        console.print(f"Stands on: {', '.join(found.lineage[:-1])}", markup=False)
    data = found.as_data()
    levers = [(name, _value(value)) for name, value in data["levers"].items()]
    if levers:
        console.print(_show.table("Levers", ["lever", "value"], levers))
    if found.parameters:
        ends = [
            (name, f"{low:g}" if low == high else f"{low:g} to {high:g}")
            for name, (low, high) in found.parameters.items()
        ]
        console.print(_show.table("Parameters", ["parameter", "value"], ends))
    for amendment in data["amendments"]:
        console.print(f"Amendment: {_value(amendment)}", markup=False)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_value(item)}" for key, item in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)
