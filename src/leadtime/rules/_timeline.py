"""The status of an item over time, with what changed it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from leadtime.errors import BadInputError
from leadtime.rules._determine import Determination, determine
from leadtime.rules._items import Item
from leadtime.rules._request import Request
from leadtime.rules.engine import Book, Informs, Requires
from leadtime.rules.engine._dates import iso

__all__ = ["Span", "timeline"]

FROM = date(2022, 1, 1)
"""First day shown: before any rule of the books."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What changed at the start of a span: an instrument, and the provisions that began or ceased to hold."""

    rule: str
    citation: str
    began: tuple[str, ...] = ()
    ceased: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A time in which the status stays the same; ``until`` is its last day, None for open."""

    since: str
    until: str | None
    outcome: str
    eccn: str | None
    review: str | None
    exception: str | None
    practice: str | None
    possible_outcomes: tuple[str | None, ...]
    events: tuple[Event, ...]


def timeline(
    book: Book, item: Item, request: Request, *, since: date = FROM, until: date | None = None
) -> tuple[Span, ...]:
    """Return the status of an item over time, as spans without gaps.

    Parameters
    ----------
    book : Book
        The law.
    item : Item
        What is sold.
    request : Request
        Where it goes and to whom; its day does not count.
    since, until : date
        First and last day; by default from before the first rule, and without end.
    """
    if until is not None and until < since:
        raise BadInputError(f"The time ends ({until}) before it starts ({since}).")
    last = until.toordinal() if until is not None else None
    changes = [day for day in book.change_dates if day > since.toordinal() and (last is None or day <= last)]
    spans: list[Span] = []
    before: Determination | None = None
    for start in (since.toordinal(), *changes):
        found = determine(book, item, replace(request, on=date.fromordinal(start)))
        if before is not None and _status(found) == _status(before):
            before = found
            continue
        if spans:
            spans[-1] = replace(spans[-1], until=iso(start - 1))
        spans.append(
            Span(
                since=date.fromordinal(start).isoformat(),
                until=None if until is None else until.isoformat(),
                outcome=found.outcome,
                eccn=found.eccn,
                review=found.review,
                exception=found.exception,
                practice=found.practice,
                possible_outcomes=found.possible["outcomes"],
                events=() if before is None else events(book, before, found),
            )
        )
        before = found
    return tuple(spans)


def _status(found: Determination) -> tuple[object, ...]:
    return (found.outcome, found.eccn, found.review, found.exception, found.practice, found.possible["outcomes"])


def events(book: Book, before: Determination, after: Determination) -> tuple[Event, ...]:
    """Return which instruments brought a change of status, with the provisions that began or ceased to hold."""
    telling = {item.key: item for item in book.provisions if not isinstance(item.effect, Informs)}
    began = [telling[key] for key in after.applied if key in telling and key not in before.applied]
    ceased = [telling[key] for key in before.applied if key in telling and key not in after.applied]
    ended = [item for item in ceased if item.period.end <= after.request.on.toordinal()] or ceased
    rules = dict.fromkeys(item.rule for item in (began or ended))
    found = [
        Event(
            rule=book.rules[name].label,
            citation=book.rules[name].citation,
            began=_names(item.name for item in began if item.rule == name),
            ceased=_names(item.name for item in ceased if item.rule == name or len(rules) == 1),
        )
        for name in rules
    ]
    return tuple(sorted(found, key=lambda event: not _requires(book, event)))


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _requires(book: Book, event: Event) -> bool:
    names = {item.name for item in book.provisions if isinstance(item.effect, Requires)}
    return bool(names & {*event.began, *event.ceased})
