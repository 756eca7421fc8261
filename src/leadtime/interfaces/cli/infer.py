"""`leadtime infer`: throughput, latency and cost of serving a model on a chip."""

from typing import Annotated, Any

import typer
from rich.console import Console

from leadtime.errors import BadInputError
from leadtime.interfaces.cli import _figure, _show
from leadtime.interfaces.cli._options import InChina, OnDate, PriceUsd, RentalUsd, day
from leadtime.interfaces.cli.train import dollars, ranged, remarks
from leadtime.units import format_si

app = typer.Typer(add_completion=False)


@app.command()
def infer(
    model: Annotated[str, typer.Argument(help="Model name, or a HuggingFace config.json.")],
    chip: Annotated[str, typer.Option("--chip", help="Chip name, or a chip file.")],
    input_len: Annotated[int, typer.Option("--input-len", help="Input tokens of a request.")],
    output_len: Annotated[int, typer.Option("--output-len", help="Output tokens of a request.")],
    n_chips: Annotated[
        int | None, typer.Option("--n-chips", help="Number of chips; the fewest that serve if not given.")
    ] = None,
    batch: Annotated[int | None, typer.Option("--batch", help="Requests in flight over all chips.")] = None,
    tpot_ms: Annotated[
        float | None, typer.Option("--tpot-ms", help="Longest time per output token a user may see [ms].")
    ] = None,
    best: Annotated[
        bool, typer.Option("--best", help="Most tokens per dollar over layouts and numbers of chips.")
    ] = False,
    phase: Annotated[str, typer.Option("--phase", help="mixed, prefill or decode.")] = "mixed",
    precision: Annotated[
        str | None, typer.Option("--precision", help="Storage of weights: bf16, fp8, fp4, int8, int4.")
    ] = None,
    kv_precision: Annotated[str | None, typer.Option("--kv-precision", help="Storage of the KV cache.")] = None,
    parallelism: Annotated[
        str, typer.Option("--parallelism", help="auto, or one replica: tp=8 or dp=32,ep=32.")
    ] = "auto",
    disaggregated: Annotated[
        bool, typer.Option("--disaggregated", help="Separate pools for prefill and decode.")
    ] = False,
    draft_tokens: Annotated[
        int, typer.Option("--draft-tokens", help="Tokens proposed per step (MTP, speculative decoding).")
    ] = 0,
    acceptance: Annotated[
        float, typer.Option("--acceptance", help="Chance that a proposed token is accepted, 0 to 1.")
    ] = 0.0,
    cache_hit: Annotated[
        float, typer.Option("--cache-hit", help="Share of input tokens already cached, 0 to 1.")
    ] = 0.0,
    engine: Annotated[
        str, typer.Option("--engine", help="Serving engine whose efficiency applies (other, vllm, sglang, ...).")
    ] = "other",
    users: Annotated[float | None, typer.Option("--users", help="Users to serve.")] = None,
    tokens_per_user_day: Annotated[
        float | None, typer.Option("--tokens-per-user-day", help="Output tokens per user and day.")
    ] = None,
    on: OnDate = None,
    rental_usd_per_hour: RentalUsd = None,
    price_usd: PriceUsd = None,
    in_china: InChina = False,
    against: Annotated[
        list[str] | None,
        typer.Option("--against", metavar="CHIP", help="Another line of the figure; may be repeated."),
    ] = None,
    figure: _figure.FigureFile = None,
    as_json: _show.Json = False,
) -> None:
    """Estimate serving: prefill and decode rates, latency, cost and energy per token, and chips for a number of users."""
    from leadtime.interfaces.answers import estimates
    from leadtime.study import estimator

    demand = estimator.Demand.of(users, tokens_per_user_day)
    _figure.check(figure)
    if against and figure is None:
        raise BadInputError("--against adds lines to a figure.", hint="Name its file with --figure.")
    asked_on = day(on)
    answer = estimator.infer(
        model,
        chip,
        estimator.Request(
            input_len=input_len,
            output_len=output_len,
            cache_hit_frac=cache_hit,
            draft_tokens=draft_tokens,
            acceptance_frac=acceptance,
        ),
        deployment=estimator.Deployment(
            n_chips=n_chips,
            parallelism=parallelism,
            precision=precision,
            kv_precision=kv_precision,
            phase=phase,
            disaggregated=disaggregated,
            engine=engine,
        ),
        limits=estimator.Limits(batch=batch, tpot_ms=tpot_ms, best=best),
        demand=demand,
        on=asked_on,
        money=estimator.Money(in_china=in_china, rental_usd_per_hour=rental_usd_per_hour, price_usd=price_usd),
    )
    if figure is not None:
        from leadtime.chips import find_chip
        from leadtime.reports import _estimator_figures

        devices = [find_chip(name) for name in dict.fromkeys((chip, *(against or ())))]
        fronts = {
            one.name: estimator.pareto(
                model,
                one,
                input_len=input_len,
                output_len=output_len,
                n_chips=answer["n_chips"],
                precision=precision,
                kv_precision=kv_precision,
            )
            for one in devices
        }
        if not any(fronts.values()):
            raise BadInputError(
                f"There is nothing to draw: {answer['model']} fits on none of these chips.",
                hint="Give more of them with --n-chips.",
            )
        drawn = _estimator_figures.front_figure(
            fronts,
            model=answer["model"],
            input_len=input_len,
            output_len=output_len,
            n_chips=dict.fromkeys(fronts, answer["n_chips"]),
            source_ids=tuple(answer["sources"]),
        )
        _figure.write(drawn, figure)
    _show.answer(estimates.estimate(answer, as_of=asked_on), lambda console: _render(console, answer), as_json=as_json)


def _render(console: Console, answer: dict[str, Any]) -> None:
    console.print(
        f"[bold]{answer['model']}[/] on {answer['n_chips']:,} {answer['chip']}, {answer['input_len']:,} tokens in and {answer['output_len']:,} out, "
        f"weights {answer['precision']}, cache {answer['kv_precision']}, {answer['parallelism']}"
    )
    if not answer["feasible"]:
        console.print(f"[red]Does not fit[/]: {answer['infeasible_reason']}.")
        remarks(console, answer)
        return
    rows = [
        (
            "Input tokens per second and chip",
            rate(answer["prefill_tok_s_per_chip"]),
            ranged(answer, "prefill_tok_s_per_chip"),
        ),
        (
            "Output tokens per second and chip",
            rate(answer["decode_tok_s_per_chip"]),
            ranged(answer, "decode_tok_s_per_chip"),
        ),
        ("Time to first token", seconds(answer["ttft_s"]), ranged(answer, "ttft_s", "s")),
        ("Time per output token", seconds(answer["tpot_s"]), ranged(answer, "tpot_s", "s")),
        ("Requests in flight", rate(answer["batch"]), f"memory holds {rate(answer['max_batch'])}"),
        (
            "Memory per chip",
            format_si(answer["memory_byte_per_chip"], "B"),
            f"of {format_si(answer['memory_capacity_byte_per_chip'], 'B')}",
        ),
        ("Cost per million tokens", dollars(answer["usd_per_mtok"]), ranged(answer, "usd_per_mtok", "USD")),
        ("Energy per token", format_si(answer["joule_per_tok"], "J"), ranged(answer, "joule_per_tok", "J")),
    ]
    console.print(_show.table("", ["", ("estimate", "right"), "80 % range"], rows))
    console.print(f"Bound by {answer['bound']}. Cost: {answer['usd_per_mtok_basis']}.")
    demand = answer["demand"]
    if demand:
        console.print(
            f"[bold]{demand['users']:,.0f} users at {demand['tokens_per_user_day']:,.0f} tokens a day: {demand['n_chips'] or 0:,} chips"
            f" ({ranged(demand, 'n_chips')}), {dollars(demand['usd_per_year'])} a year ({ranged(demand, 'usd_per_year', 'USD')})[/], "
            f"at {demand['used_frac']:.0%} average use."
        )
    remarks(console, answer)


def rate(value: float | None) -> str:
    """Return a rate as text."""
    return "" if value is None else f"{value:,.4g}"


def seconds(value: float | None) -> str:
    """Return a time as text."""
    return "" if value is None else f"{value:.3g} s" if value >= 1 else f"{value * 1e3:.3g} ms"
