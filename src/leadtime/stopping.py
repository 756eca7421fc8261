"""How long work is stopped: whoever asks says when it is enough, and long loops look once per step.

A loop that may run for seconds calls :func:`check` at each natural step (a quarter, a row, a block of draws). Without a watcher that
costs a look-up and nothing else. It never changes a number: the work goes on as it would have, or there is no result.

Nothing here knows who asks or why. The floors below the interfaces import :func:`check` alone.

Examples
--------
>>> with watched(lambda: True):
...     check()
Traceback (most recent call last):
    ...
leadtime.stopping.StoppedError: stopped before it was finished
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["StoppedError", "check", "watched"]


class StoppedError(Exception):
    """Work that was told to stop; no fault of the input, so that no batch takes it for the fault of a row."""


_ENOUGH: ContextVar[Callable[[], bool] | None] = ContextVar("leadtime_enough", default=None)


def check() -> None:
    """Raise StoppedError if the work of this thread or task has been told to stop."""
    enough = _ENOUGH.get()
    if enough is not None and enough():
        raise StoppedError("stopped before it was finished")


@contextmanager
def watched(enough: Callable[[], bool]) -> Iterator[None]:
    """Stop what runs inside as soon as a function says so; what watches from outside keeps watching.

    Parameters
    ----------
    enough : callable
        Asked at every step; quick, and callable from the thread that works.
    """
    outer = _ENOUGH.get()
    token = _ENOUGH.set(enough if outer is None else lambda: outer() or enough())
    try:
        yield
    finally:
        _ENOUGH.reset(token)
