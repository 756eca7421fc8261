"""`leadtime train`: time, cost and energy of training a model on a chip."""

from typing import Annotated, Any

import typer
from rich.console import Console

from leadtime.errors import BadInputError
from leadtime.interfaces.cli import _figure, _show
from leadtime.interfaces.cli._options import InChina, OnDate, PriceUsd, RentalUsd, day
from leadtime.units import format_si

app = typer.Typer(add_completion=False)


@app.command()
def train(
    model: Annotated[str, typer.Argument(help="Model name, or a HuggingFace config.json.")],
    chip: Annotated[str, typer.Option("--chip", help="Chip name, or a chip file.")],
    n_chips: Annotated[int, typer.Option("--n-chips", help="Number of chips.")],
    tokens: Annotated[float, typer.Option("--tokens", help="Tokens to train on (14.8e12).")],
    seq_len: Annotated[int, typer.Option("--seq-len", help="Sequence length in tokens.")] = 4096,
    batch_tokens: Annotated[
        float | None,
        typer.Option("--batch-tokens", help="Global batch in tokens; if not given, what suits a run of this size."),
    ] = None,
    precision: Annotated[str, typer.Option("--precision", help="Of matrix products: bf16, fp8, fp4, int8.")] = "bf16",
    parallelism: Annotated[
        str,
        typer.Option(
            "--parallelism",
            help="auto, or degrees: tp=8,pp=16,vp=2,cp=1,ep=8,dp=32,mbs=1,recompute=full,sharding=full.",
        ),
    ] = "auto",
    framework: Annotated[
        str,
        typer.Option("--framework", help="Software stack whose efficiency applies (other, in-house, maxtext, ...)."),
    ] = "other",
    on: OnDate = None,
    rental_usd_per_hour: RentalUsd = None,
    price_usd: PriceUsd = None,
    in_china: InChina = False,
    figure: _figure.FigureFile = None,
    as_json: _show.Json = False,
) -> None:
    """Estimate a training run: step time, utilisation, GPU-hours, days, memory, cost, energy, each with a range."""
    from leadtime.interfaces.answers import estimates
    from leadtime.study import estimator

    money = estimator.Money(in_china=in_china, rental_usd_per_hour=rental_usd_per_hour, price_usd=price_usd)
    asked_on = day(on)
    _figure.check(figure)
    answer = estimator.train(
        model,
        chip,
        n_chips=n_chips,
        tokens=tokens,
        seq_len=seq_len,
        batch_tokens=batch_tokens,
        precision=precision,
        parallelism=parallelism,
        framework=framework,
        on=asked_on,
        money=money,
    )
    if figure is not None:
        from leadtime.reports import _estimator_figures

        if not answer["feasible"]:
            raise BadInputError(f"There is no step to draw: {answer['infeasible_reason']}.", hint="Change the layout.")
        _figure.write(_estimator_figures.step_figure(answer, source_ids=tuple(answer["sources"])), figure)
    _show.answer(estimates.estimate(answer, as_of=asked_on), lambda console: _render(console, answer), as_json=as_json)


def _render(console: Console, answer: dict[str, Any]) -> None:
    console.print(
        f"[bold]{answer['model']}[/] on {answer['n_chips']:,} {answer['chip']}, {format_si(answer['tokens'])} tokens, "
        f"{answer['arithmetic']}, {answer['parallelism']}"
    )
    if not answer["feasible"]:
        console.print(f"[red]Does not fit[/]: {answer['infeasible_reason']}.")
        return
    usd = answer["cost_usd"]
    rows = [
        ("Step time", f"{answer['step_time_s']:.3g} s", ranged(answer, "step_time_s", "s")),
        (
            "Tokens per second and chip",
            f"{answer['tokens_per_s_per_chip']:,.4g}",
            ranged(answer, "tokens_per_s_per_chip"),
        ),
        ("MFU", f"{answer['mfu_frac']:.1%}", percent(answer, "mfu_frac")),
        (
            "Memory per chip",
            format_si(answer["memory_byte_per_chip"], "B"),
            f"of {format_si(answer['memory_capacity_byte_per_chip'], 'B')}",
        ),
        ("GPU-hours", f"{answer['gpu_hours']:,.4g}", ranged(answer, "gpu_hours")),
        ("Days", f"{answer['wall_days']:,.3g}", ranged(answer, "wall_days")),
        ("Rental cost", dollars(usd["rental"]), ranged(answer, "cost_usd.rental", "USD")),
        ("Ownership cost", dollars(usd["ownership"]), ranged(answer, "cost_usd.ownership", "USD")),
        ("Energy", format_si(answer["energy_j"], "J"), ranged(answer, "energy_j", "J")),
    ]
    console.print(_show.table("", ["", ("estimate", "right"), "80 % range"], rows))
    biggest = sorted(answer["breakdown_s"].items(), key=lambda item: -(item[1] or 0))[:6]
    console.print(
        "Where the step goes: "
        + ", ".join(f"{name} {seconds / answer['step_time_s']:.0%}" for name, seconds in biggest)
    )
    remarks(console, answer)


def ranged(answer: dict[str, Any], name: str, unit: str = "") -> str:
    """Return the range of a field as text."""
    interval = answer["intervals"].get(name)
    return "" if interval is None else f"{format_si(interval['low'])} to {format_si(interval['high'])} {unit}".rstrip()


def percent(answer: dict[str, Any], name: str) -> str:
    """Return the range of a share as text."""
    interval = answer["intervals"].get(name)
    return "" if interval is None else f"{interval['low']:.0%} to {interval['high']:.0%}"


def dollars(value: float | None) -> str:
    """Return an amount as text."""
    return "unknown" if value is None else f"${format_si(value)}" if value >= 1000 else f"${value:,.3g}"


def remarks(console: Console, answer: dict[str, Any]) -> None:
    """Print what was assumed, what the efficiencies rest on and the notes."""
    if answer["assumed"]:
        console.print(f"[dim]Assumed: {'; '.join(answer['assumed'])}.[/]")
    basis = {
        "measured": "measurements of this chip",
        "family": "measurements of its family, with a wider range",
        "other": "no measurement of its family: general values with a wide range",
    }[answer["efficiency_basis"]]
    console.print(f"[dim]Efficiencies rest on {basis}. `leadtime accuracy` shows how far estimates are off.[/]")
    for note in answer["notes"]:
        console.print(f"[dim]Note: {note}[/]")
