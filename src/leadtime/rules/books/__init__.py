"""The books: one folder per regime, its YAML beside its code.

>>> from leadtime.rules import books
>>> books.names()
('prc', 'us_ear')
"""

from functools import cache
from importlib import import_module

from leadtime import catalog
from leadtime.errors import UnknownNameError
from leadtime.rules.books._registers import registers
from leadtime.rules.engine import Book, book_from

__all__ = ["book", "names"]

NAMES = ("prc", "us_ear")


def names() -> tuple[str, ...]:
    """Return the names of the books that come with leadtime."""
    return NAMES


@cache
def book(name: str) -> Book:
    """Return a book by its name, read once.

    Raises
    ------
    UnknownNameError
        If there is no such book.
    """
    if name not in NAMES:
        raise UnknownNameError(f"There is no rule book called {name!r}.", hint=f"Books: {', '.join(NAMES)}.")
    package = f"{__name__}.{name}"
    documents = dict(catalog.documents(package))
    documents.pop("coverage.yaml", None)
    modules = [import_module(f"{package}.{topic}") for topic in import_module(package).TOPICS]
    places = documents.pop("places.yaml")
    return book_from(documents, modules, registers(places["sets"]))
