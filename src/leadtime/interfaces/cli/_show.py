"""One way to print an answer, and one to say that something went wrong."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from leadtime.errors import LeadtimeError, shorten
from leadtime.interfaces.answers import Answer, envelope

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]

__all__ = ["Json", "answer", "console", "fail", "fail_unexpected", "show", "table", "wants_json"]


def console() -> Console:
    """Return a console for results on standard output."""
    width = None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "120"))
    return Console(width=width, highlight=False, soft_wrap=False)


def wants_json(arguments: Sequence[str]) -> bool:
    """Tell whether a command line asks for JSON, also where it cannot be parsed."""
    return "--json" in arguments


def show(
    data: Any,
    render: Callable[[Console], None],
    *,
    as_json: bool,
    sources: Iterable[str] = (),
    as_of: date | None = None,
    seed: int | None = None,
) -> None:
    """Print an answer: the envelope if JSON was asked for, else what ``render`` draws."""
    if as_json:
        sys.stdout.write(
            json.dumps(envelope(data, sources=sources, as_of=as_of, seed=seed), ensure_ascii=False, allow_nan=False)
            + "\n"
        )
    else:
        render(console())


def answer(found: Answer, render: Callable[[Console], None], *, as_json: bool) -> None:
    """Print an answer that both doors give."""
    show(found.data, render, as_json=as_json, sources=found.sources, as_of=found.as_of, seed=found.seed)


def table(
    title: str, columns: Sequence[str | tuple[str, str]], rows: Iterable[Sequence[Any]], *, caption: str | None = None
) -> Table:
    """Return a table that people like to read; a column is a name, or (name, justification)."""
    result = Table(
        title=title,
        title_justify="left",
        caption=caption,
        caption_justify="left",
        header_style="bold",
        box=None,
        pad_edge=False,
    )
    for column in columns:
        name, justify = column if isinstance(column, tuple) else (column, "left")
        result.add_column(name, justify=justify)  # type: ignore[arg-type]
    for row in rows:
        result.add_row(*("" if cell is None else str(cell) for cell in row))
    return result


def fail(code: str, message: str, hint: str = "", *, as_json: bool, exit_status: int) -> int:
    """Say what went wrong on the right stream and return the exit status."""
    if as_json:
        error = {"code": code, "message": message, "hint": hint}
        sys.stdout.write(json.dumps({"ok": False, "error": error}, ensure_ascii=False) + "\n")
    else:
        Console(stderr=True, highlight=False, markup=False).print(f"leadtime: {message} {hint}".rstrip())
    return exit_status


def fail_unexpected(error: Exception, *, as_json: bool) -> int:
    """Say an error of ours in a sentence; ``LEADTIME_DEBUG=1`` prints the traceback."""
    if isinstance(error, LeadtimeError):
        return fail(error.code, error.message, error.hint, as_json=as_json, exit_status=error.exit_status)
    if os.environ.get("LEADTIME_DEBUG"):
        import traceback

        traceback.print_exception(error)
    if isinstance(error, MemoryError):
        return fail(
            "memory",
            "There is not enough memory for this.",
            "Ask for fewer draws or rows.",
            as_json=as_json,
            exit_status=2,
        )
    message = f"An error inside leadtime: {type(error).__name__}: {shorten(error, 200)}."
    return fail(
        "internal",
        message,
        "Run again with LEADTIME_DEBUG=1 and report what it prints.",
        as_json=as_json,
        exit_status=1,
    )
