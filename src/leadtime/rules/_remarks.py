"""What an answer carries from outside its own evaluation: the other posture, the first control, the import side."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from leadtime import catalog
from leadtime.rules._facts import plain_remark
from leadtime.rules._items import Item
from leadtime.rules._request import Request
from leadtime.rules.engine import Answer, Book, Outcome, Remark, Requires, answer, outcome_words, review_words
from leadtime.rules.engine._dates import iso, last_day

__all__ = ["figure_remarks", "import_remarks", "quantity_remarks", "standing_remarks"]

FIGURES = {
    "die_area": "die area",
    "process_node": "process node",
    "memory_bandwidth": "DRAM bandwidth",
    "scale_up_bandwidth": "chip-to-chip bandwidth",
    "datacenter_marketed": "market",
}
"""Fields of the chip table on which the law asks, in words; peak rates besides."""


def figure_remarks(item: Item) -> tuple[Remark, ...]:
    """Return which figures of a catalogue chip no datasheet gives: where they decide, the answer rests on an estimate."""
    remarks = []
    if item.kind == "chip" and item.facts.get("tpp") is None:
        remarks.append(
            plain_remark(
                "no rate known", f"No peak rate of {item.name} is known, so its TPP and performance density are not."
            )
        )
    unsure = _unsure_figures().get(item.name, ()) if item.kind == "chip" else ()
    if unsure:
        remarks.append(
            plain_remark(
                "figures not from a datasheet",
                f"In the catalogue these figures of {item.name} are estimates or assumptions: {', '.join(unsure)}.",
            )
        )
    return tuple(remarks)


@cache
def _unsure_figures() -> Mapping[str, tuple[str, ...]]:
    """Return by name of the chip what the catalogue estimates or assumes of what the law asks."""
    names: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for row in catalog.table("chips"):
        chip, column = row["chip_id"], row["field"]
        if column == "name":
            names[chip] = row["value"]
        if row["method"] in ("estimated", "assumed"):
            words = "peak rates" if column.endswith("_dense") else FIGURES.get(column)
            if words is not None:
                found.setdefault(chip, []).append(words)
    return {names[chip]: tuple(dict.fromkeys(words)) for chip, words in found.items()}


def standing_remarks(
    book: Book, item: Item, request: Request, facts: Mapping[str, Any], found: Answer, *, contained: bool = False
) -> tuple[Remark, ...]:
    """Return where the text and what the agency applies part, and when the first control starts if none is in force yet.

    With ``contained`` the item is part of a system, and its entry reads as that of what contains it.
    """
    other = "text" if request.posture == "enforced" else "enforced"
    there = answer(book, item.kind, facts, request.on, other)
    remarks = []
    if (there.outcome, there.entry, review_words(there.review)) != (
        found.outcome,
        found.entry,
        review_words(found.review),
    ):
        entry = book.frame.containing.get(there.entry or "", there.entry) if contained else there.entry
        parts = [outcome_words(there.outcome), entry, there.exception, review_words(there.review)]
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


def quantity_remarks(book: Book, request: Request, total_tpp: float | None) -> tuple[Remark, ...]:
    """Return what the units asked about come to, beside the limits on many units that stand in the text on the day."""
    if request.quantity is None:
        return ()
    units = f"{request.quantity:,} unit{'s' if request.quantity != 1 else ''}"
    if total_tpp is None:
        return (
            plain_remark("aggregate performance", f"{units}, but the TPP of one is not known: no sum can be compared."),
        )
    text, citation, start, verified = f"{units} make {total_tpp:,.0f} TPP", "", None, ""
    rule = book.rules.get("diffusion-2025")
    if rule is not None and rule.in_force(request.on.toordinal(), "text"):
        parts = []
        for name, words in (
            ("diffusion.low_volume_tpp", "what License Exception LPP lets one consignee have in a year"),
            ("diffusion.country_allocation_tpp", "the allocation of one country for 2025 to 2027"),
        ):
            step = book.parameters[name].at(request.on.toordinal()) if name in book.parameters else None
            if step is not None and step.value:
                parts.append(f"{total_tpp / step.value:.4g} times {words} ({step.value:,.0f})")
        if parts:
            text += (
                f": {', '.join(parts)}; limits of the diffusion framework, which stands in the text and is not enforced"
            )
            citation, start, verified = (
                f"{rule.citation}; 15 CFR 740.29, 742.6(b)(10)(iii)",
                iso(rule.effective),
                rule.verified,
            )
    return (
        Remark(
            id="aggregate performance",
            text=f"{text}.",
            citation=citation,
            in_force_from=start,
            in_force_to=None,
            verified=verified,
        ),
    )


def import_remarks(book: Book, item: Item, request: Request) -> tuple[Remark, ...]:
    """Return what Beijing says of the import, as remarks on a US determination: US law is not the only gate."""
    if book.name != "us_ear" or item.kind != "chip" or request.to != "CN":
        return ()
    from leadtime.rules.books import book as book_named

    imports = book_named("prc")
    known = {name: value for name, value in item.facts.items() if name in imports.frame.facts}
    asked = {"to": "CN", "state_funded": request.end_use == "state_funded_datacenter"}
    found = answer(imports, "chip", {**known, **asked}, request.on, "enforced")
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
