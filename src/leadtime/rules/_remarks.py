"""What an answer carries from outside its own evaluation: the other posture, the first control, the import side."""

from collections.abc import Mapping
from typing import Any

from leadtime.rules._facts import plain_remark
from leadtime.rules._items import Item
from leadtime.rules._request import Request
from leadtime.rules.engine import Answer, Book, Outcome, Remark, Requires, answer, outcome_words, review_words
from leadtime.rules.engine._dates import iso, last_day

__all__ = ["import_remarks", "standing_remarks"]


def standing_remarks(
    book: Book, item: Item, request: Request, facts: Mapping[str, Any], found: Answer
) -> tuple[Remark, ...]:
    """Return where the text and what the agency applies part, and when the first control starts if none is in force yet."""
    other = "text" if request.posture == "enforced" else "enforced"
    there = answer(book, item.kind, facts, request.on, other)
    remarks = []
    if (there.outcome, there.entry, review_words(there.review)) != (
        found.outcome,
        found.entry,
        review_words(found.review),
    ):
        parts = [outcome_words(there.outcome), there.entry, there.exception, review_words(there.review)]
        words = ", ".join(part.replace("_", " ") for part in parts if part)
        label = "As the rules are written" if other == "text" else "As the agency applies them"
        remarks.append(plain_remark("text and enforcement differ", f"{label} (--posture {other}): {words}."))
    if found.outcome is Outcome.NOT_IN_FORCE:
        compiled = book.compiled(request.posture)
        exists = compiled.anything(item.kind)
        later = [int(start) for start, there_is in zip(compiled.starts, exists, strict=True) if there_is]
        when = f"starts on {iso(later[0])}" if later else "has never applied"
        remarks.append(
            plain_remark(
                "no control yet", f"The first control on this kind of item in this book {when} ({request.posture})."
            )
        )
    return tuple(remarks)


def import_remarks(book: Book, item: Item, request: Request) -> tuple[Remark, ...]:
    """Return what Beijing says of the import, as remarks on a US determination: US law is not the only gate."""
    if book.name != "us_ear" or item.kind != "chip" or request.to != "CN":
        return ()
    from leadtime.rules.books import book as book_named

    imports = book_named("prc")
    known = {name: value for name, value in item.facts.items() if name in imports.frame.facts}
    found = answer(imports, "chip", {**known, "to": "CN"}, request.on, "enforced")
    remarks = list(found.remarks)
    for one in imports.provisions:
        if one.key in found.applied and isinstance(one.effect, Requires):
            rule = imports.rules[one.rule]
            remarks.append(
                Remark(
                    id=f"prc: {one.name}",
                    text=f"China: {one.summary}",
                    citation=rule.citation,
                    in_force_from=iso(one.period.start),
                    in_force_to=last_day(one.period.end),
                    verified=rule.verified,
                )
            )
    return tuple(remarks)
