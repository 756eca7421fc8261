"""Names that a book does not have: the nearest, or what there is."""

from collections.abc import Iterable
from difflib import get_close_matches

from leadtime.errors import UnknownNameError, shorten

__all__ = ["unknown_name"]

MOST = 12


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """Return the error for a name that nothing in a book carries, with the nearest names, or else the first few that exist."""
    names = sorted(known)
    by_key = {candidate.casefold(): candidate for candidate in names}
    near = [by_key[key] for key in get_close_matches(name.casefold(), by_key, n=3, cutoff=0.5)]
    rest = f" and {len(names) - MOST} more" if len(names) > MOST else ""
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(names[:MOST])}{rest}."
    return UnknownNameError(f"There is no {kind} called {shorten(name)!r}.", hint=hint)
