"""A progress bar on a terminal, and silence in a pipe."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["progress"]


@contextmanager
def progress(label: str, *, total: int | None) -> Iterator[Callable[..., None]]:
    """Show progress on standard error while the block runs; the given function advances it.

    Parameters
    ----------
    label : str
        What is going on.
    total : int or None
        Number of steps, None if unknown.
    """
    if not sys.stderr.isatty():
        yield lambda *_, **__: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(label, total=total)

        def advance(steps: float = 1, description: str | None = None) -> None:
            bar.update(task, advance=steps, description=description or label)

        yield advance


@contextmanager
def stages() -> Iterator[Callable[[str, int, int], None]]:
    """Show the stages of a long job: the given function takes a stage, the steps done and the steps in all."""
    with progress("Starting", total=1) as advance:
        state = {"done": 0, "total": 1, "stage": ""}

        def tell(stage: str, done: int, total: int) -> None:
            if stage != state["stage"] or done != state["done"]:
                advance(0, description=f"{stage} ({done}/{total})" if total > 1 else stage)
                state.update(stage=stage, done=done, total=total)

        yield tell
