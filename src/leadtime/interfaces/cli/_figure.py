"""The option --figure: a drawing of an answer as SVG or PNG."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from leadtime.errors import BadInputError, shorten

if TYPE_CHECKING:
    from leadtime.reports import Figure

__all__ = ["FigureFile", "check", "write"]

FigureFile = Annotated[
    Path | None, typer.Option("--figure", metavar="FILE.svg|FILE.png", help="Draw the answer into this file.")
]
ENDINGS = (".svg", ".png")


def check(path: Path | None) -> None:
    """Refuse a file that is neither SVG nor PNG or has no folder, before anything is computed."""
    if path is None:
        return
    if path.suffix.lower() not in ENDINGS:
        raise BadInputError(
            f"A figure cannot be written as {shorten(path.name)!r}.", hint="End its name in .svg or .png."
        )
    if not path.parent.is_dir():
        raise BadInputError(f"--figure: there is no folder {shorten(path.parent)!r}.", hint="Make it first.")
    if path.is_dir():
        raise BadInputError(f"--figure: {shorten(path)!r} is a folder.", hint="Name a file.")


def write(figure: "Figure", path: Path) -> None:
    """Write a figure that stands alone in one step, and say so on standard error, where it is in nobody's way."""
    from leadtime import files
    from leadtime.reports._frame import standalone

    drawn = standalone(figure)
    if path.suffix.lower() == ".svg":
        files.write_text(path, drawn.svg() + "\n")
    else:
        content = drawn.png()
        with files.writing(path) as aside:
            aside.write_bytes(content)
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"Wrote {path}: {figure.title}.")
