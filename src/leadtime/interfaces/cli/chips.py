"""`leadtime chips`: accelerators, and what follows from their datasheets."""

from enum import Enum
from typing import Annotated

import typer

from leadtime.interfaces.cli import _figure
from leadtime.interfaces.cli._chips import print_comparison, print_list, print_one, print_roofline, print_workloads
from leadtime.interfaces.cli._options import InChina, OnDate, day
from leadtime.interfaces.cli._show import Json, answer, show


class Order(Enum):
    """Orders of a list: those of :data:`leadtime.chips.SORT_KEYS`."""

    NAME = "name"
    VENDOR = "vendor"
    DATE = "date"
    TPP = "tpp"
    DENSITY = "density"
    TRAINING = "training"
    DECODE = "decode"
    MEMORY = "memory"
    BANDWIDTH = "bandwidth"
    SCALE_UP = "scale-up"
    POWER = "power"
    PRICE = "price"


app = typer.Typer(no_args_is_help=True, help="Accelerators: list, show, compare, workloads, roofline.")


Chip = Annotated[
    str, typer.Argument(metavar="CHIP", help="A name (h100, 'H100 SXM', rtx 5090d) or a file with kind: chip.")
]


@app.command("list")
def list_(
    vendor: Annotated[str | None, typer.Option(help="NVIDIA, AMD, Huawei, ...")] = None,
    country: Annotated[str | None, typer.Option(help="Country of design, two letters.")] = None,
    family: Annotated[str | None, typer.Option(help="hopper, blackwell, ascend, ...")] = None,
    status: Annotated[
        str | None, typer.Option(help="released, announced, roadmap, proposed, reported, cancelled.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="DATE", help="Released on or after: 2024, 2024-07 or 2024-07-01.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="DATE", help="Released on or before.")] = None,
    has: Annotated[
        list[str] | None,
        typer.Option(metavar="FORMAT", help="With a known rate in fp8, fp4, int8, ...; may be repeated."),
    ] = None,
    datacenter: Annotated[
        bool | None, typer.Option("--datacenter/--consumer", help="Marketed for data centres, or not.")
    ] = None,
    sort: Annotated[Order | None, typer.Option(help="Largest or latest first; names alphabetically.")] = None,
    reverse: Annotated[bool, typer.Option("--reverse", help="The other way round.")] = False,
    limit: Annotated[int | None, typer.Option(help="At most so many.")] = None,
    as_json: Json = False,
) -> None:
    """List accelerators with TPP, performance density and H100-equivalents."""
    from leadtime.chips import describe_chip, first_day, last_day, list_chips
    from leadtime.interfaces.answers import facts

    chosen = list_chips(
        vendor=vendor,
        country=country,
        family=family,
        status=status,
        since=first_day(since),
        until=last_day(until),
        has=has or (),
        datacenter=datacenter,
        sort=sort.value if sort else None,
        reverse=reverse,
        limit=limit,
    )
    records = [describe_chip(chip) for chip in chosen]
    answer(facts.chips(records), lambda console: print_list(console, records), as_json=as_json)


@app.command("show")
def show_(chip: Chip, as_json: Json = False) -> None:
    """Show one accelerator: its datasheet with sources, and what follows from it."""
    from leadtime.chips import describe_chip
    from leadtime.interfaces.answers import facts

    record = describe_chip(chip)
    answer(facts.chip(record), lambda console: print_one(console, record), as_json=as_json)


@app.command()
def compare(
    chips: Annotated[list[str], typer.Argument(metavar="CHIP CHIP ...", help="Names or files.")], as_json: Json = False
) -> None:
    """Set accelerators side by side, each number relative to the first."""
    from leadtime.chips import compare_chips
    from leadtime.errors import BadInputError
    from leadtime.interfaces.answers import facts

    if len(chips) < 2:
        raise BadInputError("There is one chip and nothing to compare it with.", hint="Name two or more.")
    data = compare_chips(chips)
    answer(facts.comparison(data), lambda console: print_comparison(console, data), as_json=as_json)


class Per(Enum):
    """What throughput is divided by."""

    CHIP = "chip"
    USD = "usd"
    WATT = "watt"


@app.command("workloads")
def workloads_(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="Model name, or a HuggingFace config.json.")],
    chips: Annotated[list[str], typer.Argument(metavar="CHIP CHIP ...", help="Names or files.")],
    per: Annotated[Per, typer.Option("--per", help="What the table and the figure divide by.")] = Per.CHIP,
    precision: Annotated[str, typer.Option("--precision", help="Storage of weights: bf16, fp8, fp4, int8.")] = "fp8",
    on: OnDate = None,
    in_china: InChina = False,
    figure: _figure.FigureFile = None,
    as_json: Json = False,
) -> None:
    """Compare chips on training, prefill, and decode at 4k, 32k and 128k: per chip, per dollar of rent, per watt."""
    from leadtime.study import estimator

    _figure.check(figure)
    found = estimator.compare_workloads(
        model, chips, per=per.value, precision=precision, on=day(on), money=estimator.Money(in_china=in_china)
    )
    sources = found.pop("sources")
    if figure is not None:
        from leadtime.reports import _estimator_figures

        _figure.write(_estimator_figures.workloads_figure(found, source_ids=sources), figure)
    show(found, lambda console: print_workloads(console, found), as_json=as_json, sources=sources, as_of=day(on))


@app.command("roofline")
def roofline_(
    chip: Chip,
    model: Annotated[str, typer.Option("--model", help="Model name, or a HuggingFace config.json.")],
    phase: Annotated[str, typer.Option("--phase", help="decode, prefill or training.")] = "decode",
    batch: Annotated[int, typer.Option("--batch", help="Sequences in one pass.")] = 64,
    context: Annotated[int, typer.Option("--context", help="Tokens of each.")] = 4096,
    precision: Annotated[
        str | None, typer.Option("--precision", help="Storage of weights: bf16, fp8, fp4, int8, int4.")
    ] = None,
    kv_precision: Annotated[str | None, typer.Option("--kv-precision", help="Storage of the KV cache.")] = None,
    figure: _figure.FigureFile = None,
    as_json: Json = False,
) -> None:
    """Place a model's operations under the roofline of a chip: what memory bandwidth bounds, and what arithmetic does."""
    from leadtime.study import estimator

    _figure.check(figure)
    found = estimator.roofline(
        model, chip, phase=phase, batch=batch, context=context, precision=precision, kv_precision=kv_precision
    )
    sources = found.pop("sources")
    if figure is not None:
        from leadtime.reports import _estimator_figures

        _figure.write(_estimator_figures.roofline_figure(found, source_ids=sources), figure)
    show(found, lambda console: print_roofline(console, found), as_json=as_json, sources=sources)
