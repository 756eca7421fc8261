"""Every error that leadtime raises on purpose.

::

    LeadtimeError               code, message, hint; exit_status says whose fault it is
    ├── BadInputError           the caller's input is wrong (exit 2)
    │   ├── UnknownNameError    no such chip, model, scenario, claim, country, ...; suggests the nearest
    │   ├── BadFileError        a file cannot be read, parsed or does not fit its schema
    │   ├── OutOfRangeError     a value outside what the model is valid for
    │   ├── MissingFactError    the question needs a fact that nobody has given (a die area, a bandwidth)
    │   ├── ConflictError       two inputs contradict each other (amendments, levers, layouts)
    │   ├── MissingExtraError   an optional dependency is not installed
    │   └── OutputError         the results cannot be written (no permission, disk full, not a folder)
    ├── PartialError            a batch of which some rows failed (exit 3)
    └── CatalogError            the packaged data break their contract: our fault (exit 1)

A message is one sentence: what, where, how to mend it. The mending may stand apart in ``hint``.
"""

from collections.abc import Iterable
from difflib import get_close_matches

LISTED_BY = {
    "chip": "leadtime chips list",
    "model": "leadtime models list",
    "scenario": "leadtime scenarios list",
    "lever": "leadtime scenarios levers",
    "parameter": "leadtime scenarios parameters",
    "claim": "leadtime claims",
    "question": "leadtime claims questions",
    "source": "leadtime sources",
    "table": "leadtime data list",
}
"""Commands that list names of a kind; of other kinds, a hint lists the names themselves."""
MOST_NAMED = 20


class LeadtimeError(Exception):
    """Base of all errors raised on purpose.

    Parameters
    ----------
    message : str
        One sentence: what is wrong and where.
    hint : str, optional
        How to mend it.
    """

    code = "error"
    exit_status = 1

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class BadInputError(LeadtimeError):
    """The caller's input is wrong."""

    code = "bad_input"
    exit_status = 2


class UnknownNameError(BadInputError):
    """A name that nothing in the catalogue carries."""

    code = "unknown_name"

    @classmethod
    def among(cls, kind: str, name: str, known: Iterable[str]) -> "UnknownNameError":
        """Build the error with the nearest known names as the hint.

        Parameters
        ----------
        kind : str
            What the name should have named, in words ("chip").
        name : str
            The name as given.
        known : iterable of str
            Names that exist.
        """
        names = list(known)
        by_key = {candidate.casefold(): candidate for candidate in names}
        near = [by_key[key] for key in get_close_matches(name.casefold(), by_key, n=3, cutoff=0.5)]
        if near:
            hint = f"Did you mean {' or '.join(near)}?"
        elif kind in LISTED_BY:
            hint = f"`{LISTED_BY[kind]}` shows what there is."
        else:
            more = ", ..." if len(names) > MOST_NAMED else ""
            hint = f"There are: {', '.join(map(str, names[:MOST_NAMED]))}{more}."
        return cls(f"There is no {kind} called {shorten(name)!r}.", hint=hint)


class BadFileError(BadInputError):
    """A file that cannot be read, parsed or does not fit its schema."""

    code = "bad_file"


class OutOfRangeError(BadInputError):
    """A value outside the range for which the model is valid."""

    code = "out_of_range"


class MissingFactError(BadInputError):
    """A fact that the question needs and that nobody has given."""

    code = "missing_fact"


class ConflictError(BadInputError):
    """Two inputs that contradict each other."""

    code = "conflict"


class MissingExtraError(BadInputError):
    """An optional dependency that is not installed."""

    code = "missing_extra"

    @classmethod
    def of(cls, extra: str, purpose: str) -> "MissingExtraError":
        """Build the error for one of the package's extras."""
        return cls(f"{purpose} needs the extra {extra!r}.", hint=f"Install it with: pip install 'leadtime[{extra}]'")


class OutputError(BadInputError):
    """Results that cannot be written."""

    code = "output"


class PartialError(LeadtimeError):
    """A batch of which some rows failed; the others were written."""

    code = "partial"
    exit_status = 3


class CatalogError(LeadtimeError):
    """Packaged data that break their contract."""

    code = "catalog"


def shorten(text: object, limit: int = 80) -> str:
    """Return ``text`` on one line of at most ``limit`` characters, for use inside a message."""
    line = " ".join(str(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
