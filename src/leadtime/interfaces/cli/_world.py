"""What `simulate` and `compare` share: options, progress, numbers and tables for people."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from leadtime.interfaces.cli._progress import progress as bar

Draws = Annotated[int, typer.Option("--draws", metavar="N", help="Number of draws.")]
Seed = Annotated[int, typer.Option("--seed", metavar="S", help="Seed; the same seed gives the same bits.")]
First = Annotated[str | None, typer.Option("--from", metavar="Q", help="First quarter to keep: 2024Q1, or a date.")]
Last = Annotated[str | None, typer.Option("--to", metavar="Q", help="Last quarter to keep.")]
Engine = Annotated[str, typer.Option("--engine", metavar="local|dask", help="Where to run.")]
Workers = Annotated[
    int | None, typer.Option("--workers", metavar="N", help="Processes; by default as many as pay off.")
]
Scheduler = Annotated[
    str | None, typer.Option("--scheduler", metavar="ADDRESS|slurm", help="A running Dask scheduler, or a Slurm queue.")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Folder to keep the run in; a run cut off there goes on.")
]
Prior = Annotated[
    bool, typer.Option("--prior", help="Draw the parameters from their priors, not from the calibration.")
]
Output = Annotated[
    list[str] | None, typer.Option("--output", metavar="NAME", help="Keep this series (several times for several).")
]

WORTHWHILE_DRAWS = 50_000
"""Draws below which a second process costs more than it saves."""


def workers_for(asked: int | None, draws: int, engine: str) -> int:
    """Return the number of processes: as asked, else all cores for large local runs and for Dask."""
    if asked is not None:
        return asked
    return (os.cpu_count() or 1) if engine == "dask" or draws >= WORTHWHILE_DRAWS else 1


@contextmanager
def telling(label: str, total: int) -> Iterator[Callable[[int, int], None]]:
    """Show draws done out of all on a terminal, and nothing in a pipe."""
    with bar(label, total=total) as advance:
        seen = 0

        def tell(done: int, _: int) -> None:
            nonlocal seen
            advance(done - seen)
            seen = done

        yield tell


def number(value: float, unit: str) -> str:
    """Return a number as people write it.

    Examples
    --------
    >>> number(2_700_000, "H100e"), number(0.485, "frac"), number(13.58, "month")
    ('2.7M', '48 %', '13.6')
    """
    if unit == "frac":
        return f"{round(100 * value)} %"
    if unit == "yr":
        return f"{value:.2f}"
    if unit == "month":
        return f"{value + 0.0 if abs(value) >= 0.05 else 0.0:.1f}"
    if abs(value) >= 1e18:
        return f"{value:.2g}"
    for scale, letter in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= scale:
            return f"{value / scale:.3g}{letter}"
    return f"{value:.3g}"


def ranged(cell: Mapping[str, Any] | None) -> str:
    """Return a median with its interval."""
    if cell is None:
        return ""
    low, median, high = (number(cell[key], cell["unit"]) for key in ("low", "value", "high"))
    return f"{median} ({low} to {high})"


ROWS = (
    ("true lead, months", "lead_true_months"),
    ("apparent lead, months", "lead_apparent_months"),
    ("of it bought by controls, months", "lead_bought_months"),
    ("PRC compute in use, H100e", "prc_used_h100e"),
    ("  owned", "prc_own_h100e"),
    ("  rented abroad", "prc_rented_h100e"),
    ("sold since 2022: legally", "prc_sold_legal_h100e"),
    ("  leaked", "prc_sold_leaked_h100e"),
    ("  made in the PRC", "prc_sold_domestic_h100e"),
    ("US compute in use, H100e", "us_used_h100e"),
    ("US over PRC, training", "training_ratio"),
    ("US over PRC, serving", "serving_ratio"),
    ("PRC serving capacity, H100e", "prc_serving_h100e"),
    ("tokens served in the PRC per day", "prc_tokens_served_per_day"),
    ("bite on PRC training compute", "bite_training_frac"),
    ("bite on PRC serving capacity", "bite_serving_frac"),
)
YEARS = (2025, 2027, 2030)


def by_year(
    headline: Mapping[str, Mapping[str, Any]], rows: Sequence[tuple[str, str]] = ROWS
) -> tuple[list[str], list[list[str]]]:
    """Return the years and the cells of a table of headline numbers, without what is not there."""
    years = [year for year in YEARS if any(f"{name}_{year}" in headline for _, name in rows)]
    cells = [[title, *(ranged(headline.get(f"{name}_{year}")) for year in years)] for title, name in rows]
    return [f"start of {year}" for year in years], [row for row in cells if any(row[1:])]
