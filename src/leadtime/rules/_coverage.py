"""What a book covers, how well it was checked, and against what."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from leadtime import catalog
from leadtime.rules.engine import Book

__all__ = ["coverage", "coverage_note", "sources_run_to"]


@cache
def coverage(book_name: str) -> Mapping[str, Any]:
    """Return the coverage file of a book: one entry per provision, with status, what was read and when."""
    document: Mapping[str, Any] = catalog.document(f"leadtime.rules.books.{book_name}", "coverage.yaml")
    return document


def sources_run_to(book: Book) -> date:
    """Return the last day on which anything that was read appeared; the day of the check for a book without coverage."""
    from leadtime.rules.books import names

    if book.name not in names():
        return book.frame.verified_on
    return date.fromisoformat(str(coverage(book.name)["sources_run_to"]))


def coverage_note(book: Book) -> str:
    """Return the coverage of a book in one sentence."""
    counts = Counter(row["status"] for row in coverage(book.name)["provisions"])
    parts = ", ".join(
        f"{number} {status}"
        for status, number in sorted(counts.items(), key=lambda item: ("complete", "partial", "absent").index(item[0]))
    )
    absent = [row["name"] for row in coverage(book.name)["provisions"] if row["status"] == "absent"]
    unjudged = f" Absent, so not judged: {'; '.join(absent)}." if absent else ""
    amended = f" Amended by {', '.join(book.amended_by)}." if book.amended_by else ""
    return f"{book.frame.label}: of the provisions listed by `leadtime rules coverage`, {parts}.{unjudged}{amended}"
