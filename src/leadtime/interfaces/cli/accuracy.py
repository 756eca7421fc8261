"""`leadtime accuracy`: the error of the estimator against measured points."""

from pathlib import Path
from typing import Annotated

import typer

from leadtime.interfaces.cli._accuracy import print_report
from leadtime.interfaces.cli._show import Json, answer

app = typer.Typer(help="Error of the estimator against measured points.")


@app.command()
def accuracy(
    kind: Annotated[str, typer.Argument(metavar="training|inference", help="Which measurements.")],
    against: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A CSV file in the layout of the packaged table; default that table."),
    ] = None,
    as_json: Json = False,
    refit: Annotated[
        Path | None,
        typer.Option("--refit", metavar="DIR", hidden=True, help="Fit all efficiencies anew and write them to DIR."),
    ] = None,
) -> None:
    """Score the estimator: every row on the most direct quantity it states.

    Without --against the packaged measurements are scored: rows that efficiencies were fitted to, the same rows
    predicted by a fit without their source, sources that no fit has seen, and rows that do not state how many workers shared
    their load (never fitted; plausible numbers are tried), side by side. With a file of your own every row counts as unseen.
    What a row does not state is searched or assumed and widens its interval. Rows that cannot be scored are listed with the reason.
    """
    if refit is not None:
        from leadtime.interfaces.cli._accuracy import run_refit

        run_refit(refit)
        return
    from leadtime import study
    from leadtime.interfaces.answers import method

    report = study.accuracy(kind) if against is None else study.accuracy_of_file(kind, against)
    answer(method.accuracy(report), lambda console: print_report(console, report), as_json=as_json)
