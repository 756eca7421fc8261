"""Model architectures: list, show."""

from typing import Annotated, Any

import typer

from leadtime.interfaces.cli import _show

app = typer.Typer(
    help="Model architectures: parameters, cache, work per token.\n\nMODEL is a name in any usual spelling or a HuggingFace config.json.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Context = Annotated[
    int, typer.Option("--context", help="Tokens at which cache and FLOP per token are given.", metavar="TOKENS")
]


@app.command("list")
def list_(
    search: Annotated[str, typer.Argument(help="Only models whose name contains this.")] = "",
    developer: Annotated[str, typer.Option("--developer", help="Only this developer.")] = "",
    country: Annotated[str, typer.Option("--country", help="Only developers of this country (ISO alpha-2).")] = "",
    attention: Annotated[
        str,
        typer.Option("--attention", help="Only models whose attention contains this: MLA, GQA, sliding, mamba2, ..."),
    ] = "",
    mixture: Annotated[
        bool | None, typer.Option("--moe/--dense", help="Only mixtures of experts, or only dense models.")
    ] = None,
    open_weights: Annotated[
        bool | None, typer.Option("--open/--closed", help="Only open weights, or only closed.")
    ] = None,
    min_billion: Annotated[
        float | None, typer.Option("--min-params", help="Least parameters in total, in billions.")
    ] = None,
    max_billion: Annotated[
        float | None, typer.Option("--max-params", help="Most parameters in total, in billions.")
    ] = None,
    sort: Annotated[str, typer.Option("--sort", help="name, date, developer, params, active, kv or flop.")] = "name",
    reverse: Annotated[bool, typer.Option("--reverse", help="Largest or latest first.")] = False,
    context: Context = 4096,
    as_json: _show.Json = False,
) -> None:
    """List the models of the catalogue."""
    from leadtime.interfaces.answers import facts
    from leadtime.workloads import list_models

    rows = list_models(
        search=search,
        developer=developer,
        country=country,
        attention=attention,
        mixture=mixture,
        open_weights=open_weights,
        params_billion=(min_billion, max_billion),
        sort=sort,
        reverse=reverse,
        context=context,
    )
    _show.answer(facts.models(rows), lambda console: console.print(_table(rows, context)), as_json=as_json)


@app.command("show")
def show(
    model: Annotated[str, typer.Argument(help="A name, or the path of a config.json.", metavar="MODEL|FILE")],
    context: Context = 4096,
    as_json: _show.Json = False,
) -> None:
    """Show one model: parameters, cache and work per token, layers, sources."""
    from leadtime.interfaces.answers import facts
    from leadtime.workloads import describe_model, find_model

    data = describe_model(find_model(model), context=context)
    _show.answer(facts.model(data), lambda console: _print(console, data), as_json=as_json)


def _table(rows: list[dict[str, Any]], context: int) -> Any:
    right = "right"
    return _show.table(
        f"{len(rows)} models",
        [
            "id",
            "developer",
            "released",
            ("total", right),
            ("active", right),
            ("KV kB/token", right),
            ("GFLOP/token", right),
            "attention",
        ],
        (
            (
                row["id"],
                row["developer"],
                row["release_date"] or "",
                _count(row["params_total"]),
                _count(row["params_active"]) if row["mixture_of_experts"] else "",
                f"{row['kv_cache_byte_per_token'] / 1e3:.1f}",
                f"{row['forward_flop_per_token'] / 1e9:.1f}",
                row["attention"],
            )
            for row in rows
        ),
        caption=f"Cache at 16 bit and forward FLOP of one token, at a context of {context:,} tokens.",
    )


def _print(console: Any, data: dict[str, Any]) -> None:
    title = (
        data["name"]
        + (f", {data['developer']}" if data["developer"] else "")
        + (f", {data['release_date']}" if data["release_date"] else "")
    )
    console.print(_show.table(title, ["", ("", "right"), ""], _lines(data)))
    for sentence in data["warnings"]:
        console.print(f"Note: {sentence}", markup=False)
    if data["note"]:
        console.print(f"Note: {data['note']}", markup=False)
    if data["sources"]:
        console.print(f"Sources: {', '.join(data['sources'])}", markup=False)


def _lines(data: dict[str, Any]) -> list[tuple[str, str, str]]:
    context = f"at {data['context']:,} tokens"
    published = data["params_total_published"]
    experts = data["experts"]
    lines = [
        ("parameters", _count(data["params_total"]), f"published {_count(published)}" if published else ""),
        (
            "met by one token",
            _count(data["params_active"]),
            f"{_count(data['params_active_matmul'])} in matrix products",
        ),
        ("layers", str(data["layers"]), f"hidden width {data['hidden_size']:,}, vocabulary {data['vocabulary']:,}"),
        ("attention", "", data["attention"]),
    ]
    if experts["n_experts"]:
        shared = f", shared {experts['shared_width']:,} wide" if experts["shared_width"] else ""
        lines.append(
            (
                "experts",
                f"{experts['n_active']} of {experts['n_experts']}",
                f"{experts['width']:,} wide in {experts['n_layers']} layers{shared}",
            )
        )
    if data["params_prediction"]:
        lines.append(("multi-token prediction", _count(data["params_prediction"]), "beside the total"))
    lines += [
        ("KV cache per token", f"{data['kv_cache_byte_per_token'] / 1e3:,.1f} kB", f"16 bit, {context}"),
        ("KV cache of a sequence", f"{data['kv_cache_byte_at_context'] / 1e9:,.3f} GB", f"16 bit, {context}"),
        ("forward FLOP per token", f"{data['forward_flop_per_token']:.4g}", context),
        ("training FLOP per token", f"{data['training_flop_per_token']:.4g}", f"causal, {context}"),
        *((f"weights, {name}", f"{size / 1e9:,.1f} GB", "") for name, size in data["weight_byte"].items()),
    ]
    return lines


def _count(value: float) -> str:
    return (
        f"{value / 1e9:,.1f} B"
        if value >= 1e10
        else f"{value / 1e9:,.2f} B"
        if value >= 1e9
        else f"{value / 1e6:,.0f} M"
    )
