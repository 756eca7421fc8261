"""A determination: a question about one item and one transaction, answered by a book, with its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from leadtime.rules._coverage import coverage_note
from leadtime.rules._facts import facts_of_request, plain_remark
from leadtime.rules._items import Item
from leadtime.rules._remarks import figure_remarks, import_remarks, quantity_remarks, standing_remarks
from leadtime.rules._request import Request
from leadtime.rules.engine import (
    Answer,
    Book,
    Outcome,
    Remark,
    Review,
    TraceLine,
    answer,
    outcome_words,
    review_words,
)

__all__ = ["Determination", "determine"]

WITHOUT_CONTENT = {
    "system": "US content is compared for chips, stacks and dies only: for computers 734.4(a)(1) knows cases without any de minimis level. The system is taken as subject to the regulations.",
    "weights": "US content is compared for chips, stacks and dies only. The weights are taken as subject to the regulations.",
    "technology": "US content is compared for chips, stacks and dies only: technology needs a report first (supp. 2 to part 734). It is taken as subject to the regulations.",
}
"""Kinds of item whose US content is not compared, and why."""
PRACTICE = {Review.PRACTICE_OPEN: "licences_issued", Review.PRACTICE_CLOSED: "no_licence_known"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Determination:
    """What the law asks, in the words of the contract.

    ``possible_outcomes`` holds every outcome that the facts given leave open; with one of them, ``outcome`` is that one,
    with more it is ``unknown`` and ``missing`` names what decides.
    """

    item: Item
    request: Request
    outcome: str
    eccn: str | None
    review: str | None
    """Policy for applications, where one is stated; for a sale after notification, that for an application instead."""
    exception: str | None
    practice: str | None
    """What is known of licences where no policy is stated: ``licences_issued`` or ``no_licence_known``."""
    possible: Mapping[str, tuple[str | None, ...]]
    """``outcomes``, ``reviews`` and ``eccns`` that remain possible."""
    missing: tuple[str, ...]
    overlays: tuple[Remark, ...]
    trace: tuple[TraceLine, ...]
    applied: tuple[str, ...]
    """Provisions that hold, each as name@first day."""
    book: Book

    def source_ids(self) -> tuple[str, ...]:
        """Return the sources behind the provisions that were tested, and behind their limits."""
        names = {line.provision for line in self.trace}
        found = [item for item in self.book.provisions if item.name in names]
        ids = [reference.source for item in found for reference in self.book.rules[item.rule].references]
        return tuple(sorted(set(ids)))

    def as_data(self) -> dict[str, Any]:
        """Return the ``data`` of ``leadtime classify --json``."""
        facts = self.item.facts
        density = facts.get("performance_density")
        return {
            "item": self.item.name,
            "kind": self.item.kind,
            "on": self.request.on,
            "to": self.request.to,
            "hq": self.request.hq,
            "owned_by": [{"name": owner.name, "share_frac": owner.share_frac} for owner in self.request.owned_by],
            "from": self.request.origin,
            "posture": self.request.posture,
            "eccn": self.eccn,
            "outcome": self.outcome,
            "possible_outcomes": list(self.possible["outcomes"]),
            "possible_eccns": list(self.possible["eccns"]),
            "review": self.review,
            "possible_reviews": list(self.possible["reviews"]),
            "exception": self.exception,
            "practice": self.practice,
            "quantity": self.request.quantity,
            "aggregate_tpp": aggregate_tpp(self.item, self.request),
            "tpp": facts.get("tpp"),
            "performance_density": None if density == float("-inf") else density,
            "memory_bandwidth_gb_s": facts.get("memory_bandwidth_gb_s"),
            "missing": list(self.missing),
            "overlays": list(self.overlays),
            "verified_on": self.book.frame.verified_on,
            "coverage": coverage_note(self.book),
            "trace": list(self.trace),
        }


def determine(book: Book, item: Item, request: Request) -> Determination:
    """Answer one question.

    Parameters
    ----------
    book : Book
        The law, as it stands or amended: ``books.book("us_ear")``.
    item : Item
        From :func:`item_of`, :func:`item_from_spec` or :func:`find_item`.
    request : Request
        Destination, day, buyer.

    Raises
    ------
    UnknownNameError
        If a country or an end use does not exist.

    Examples
    --------
    >>> from datetime import date
    >>> from leadtime.rules import Request, books, determine, find_item
    >>> found = determine(books.book("us_ear"), find_item("h100"), Request(to="CN", on=date(2023, 12, 1)))
    >>> found.outcome, found.eccn, found.review
    ('required', '3A090.a', 'presumption_of_denial')
    """
    asked, facts, remarks = facts_of_request(book, request)
    if asked.quantity is not None and {"chip", "die"} & {item.kind, *(part.kind for part in item.parts)}:
        total = aggregate_tpp(item, asked)
        if "aggregate_tpp" in book.frame.facts:
            facts["aggregate_tpp"] = total
            remarks = (*quantity_remarks(book, asked, total), *remarks)
    elif asked.quantity is not None:
        remarks = (
            plain_remark("quantity not used", "A quantity is compared for chips, dies and systems only."),
            *remarks,
        )
    if asked.us_content_frac is not None and item.kind in WITHOUT_CONTENT:
        if "us_content_stated" in facts:
            facts["us_content_stated"] = False
        remarks = (plain_remark("US content not compared", WITHOUT_CONTENT[item.kind]), *remarks)
    if item.kind == "system":
        return _system(book, item, asked, facts, remarks)
    known = {name: value for name, value in item.facts.items() if name in book.frame.facts}
    found = answer(book, item.kind, {**known, **facts}, asked.on, asked.posture)
    extra = (
        *standing_remarks(book, item, asked, {**known, **facts}, found),
        *import_remarks(book, item, asked),
        *figure_remarks(item),
    )
    return _determination(book, item, asked, found, (*extra, *remarks))


def aggregate_tpp(item: Item, request: Request) -> float | None:
    """Return the total processing performance of all units asked about; None where either is not known [tpp]."""
    if request.quantity is None or item.unit_tpp is None:
        return None
    return request.quantity * item.unit_tpp


def _determination(
    book: Book, item: Item, request: Request, found: Answer, remarks: tuple[Remark, ...]
) -> Determination:
    missing: list[str] = []
    for name in found.missing:
        missing += item.asks.get(name) or book.frame.facts[name].asks or (name,)
    return Determination(
        item=item,
        request=request,
        outcome=outcome_words(found.outcome),
        eccn=found.entry,
        review=review_words(found.review),
        exception=found.exception,
        practice=PRACTICE.get(found.review),
        possible={
            "outcomes": tuple(outcome_words(code) for code in found.possible_outcomes),
            "reviews": tuple(dict.fromkeys(review_words(code) for code in found.possible_reviews)),
            "eccns": found.possible_entries,
        },
        missing=tuple(dict.fromkeys(missing)),
        overlays=(*found.remarks, *remarks),
        trace=found.trace,
        applied=found.applied,
        book=book,
    )


def _system(
    book: Book, item: Item, request: Request, facts: Mapping[str, Any], remarks: tuple[Remark, ...]
) -> Determination:
    """Judge a system by the circuits in it: the strictest decides, and its entry becomes that of what contains it."""
    found: list[Determination] = []
    for part in {part.name: part for part in item.parts}.values():
        known = {name: value for name, value in part.facts.items() if name in book.frame.facts}
        one = answer(book, part.kind, {**known, **facts}, request.on, request.posture)
        extra = (
            *standing_remarks(book, part, request, {**known, **facts}, one, contained=True),
            *import_remarks(book, part, request),
            *figure_remarks(part),
        )
        found.append(_determination(book, part, request, one, extra))
    outcomes = _strictest([one.possible["outcomes"] for one in found], [word.lower() for word in Outcome.__members__])
    reviews = _strictest(
        [one.possible["reviews"] for one in found], [None, *(word.lower() for word in Review.__members__)]
    )
    entries = _strictest([one.possible["eccns"] for one in found], [None, *reversed(book.frame.classes)])
    decisive = [one for one in found if one.outcome in (outcomes[-1], "unknown")]
    certain = len(outcomes) == len(reviews) == len(entries) == 1
    return Determination(
        item=item,
        request=request,
        outcome=str(outcomes[0]) if len(outcomes) == 1 else "unknown",
        eccn=_containing(book, entries[0]) if len(entries) == 1 else None,
        review=reviews[0] if len(reviews) == 1 else None,
        exception=decisive[0].exception,
        practice=decisive[0].practice,
        possible={
            "outcomes": outcomes,
            "reviews": reviews,
            "eccns": tuple(_containing(book, entry) for entry in entries),
        },
        missing=() if certain else tuple(dict.fromkeys(name for one in found for name in one.missing)),
        overlays=(
            *{remark.id + str(remark.in_force_from): remark for one in decisive for remark in one.overlays}.values(),
            *remarks,
        ),
        trace=tuple(dict.fromkeys(line for one in found for line in one.trace)),
        applied=tuple(dict.fromkeys(key for one in found for key in one.applied)),
        book=book,
    )


def _strictest(sets: list[tuple[str | None, ...]], order: list[str | None]) -> tuple[str | None, ...]:
    """Return what the strictest of several can be, if each can be any of its own set."""
    least = max(min(order.index(word) for word in words) for words in sets)
    possible = {order.index(word) for words in sets for word in words if order.index(word) >= least}
    return tuple(order[place] for place in sorted(possible))


def _containing(book: Book, entry: str | None) -> str | None:
    return None if entry is None else book.frame.containing.get(entry, entry)
