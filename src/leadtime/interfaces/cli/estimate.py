"""`leadtime estimate`: many configurations at once, from a CSV file."""

from typing import Annotated, Any

import typer
from rich.console import Console

from leadtime.interfaces.cli import _show

app = typer.Typer(add_completion=False)


@app.command()
def estimate(
    file: Annotated[
        str,
        typer.Argument(
            help="CSV with a header: task (train or infer), model, chip, n_chips, tokens or input_len and output_len, ..."
        ),
    ],
    out: Annotated[str, typer.Option("-o", "--out", help="CSV to write: the rows with their answers beside them.")],
    as_json: _show.Json = False,
) -> None:
    """Estimate every row of a CSV file; a row that fails is listed and does not stop the others (exit status 3)."""
    from leadtime.study import estimator

    summary = estimator.estimate_file(file, out)
    sources = summary.pop("sources")
    _show.show(summary, lambda console: _render(console, summary), as_json=as_json, sources=sources)
    if summary["failed"]:
        raise typer.Exit(3)


def _render(console: Console, summary: dict[str, Any]) -> None:
    console.print(
        f"{summary['n_done']:,} of {summary['n_rows']:,} rows estimated, {summary['n_infeasible']:,} of them do not fit: {summary['out']}"
    )
    for failure in summary["failed"][:20]:
        console.print(f"  line {failure['row']}: {failure['why']}", markup=False)
    if len(summary["failed"]) > 20:
        console.print(f"  … and {len(summary['failed']) - 20} more; the column error of the output has them all")
