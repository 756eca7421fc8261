"""Amending a book: each kind of change is a function from a book to another book."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from leadtime.errors import BadFileError, ConflictError, OutOfRangeError, shorten
from leadtime.rules.engine._addition import add
from leadtime.rules.engine._amendment import (
    Amendment,
    fail_if_conflicting,
    fail_if_unknown_key,
    listed,
    needed,
    period_of,
)
from leadtime.rules.engine._book import Book
from leadtime.rules.engine._dates import Interval, day, iso, last_day
from leadtime.rules.engine._gaps import fail_if_gaps, parameters_used
from leadtime.rules.engine._names import unknown_name
from leadtime.rules.engine._parameter import Parameter
from leadtime.rules.engine._provision import Provision, Rule
from leadtime.rules.engine._register import Membership

__all__ = ["amend"]


def amend(book: Book, amendments: Iterable[Amendment]) -> Book:
    """Return a book with amendments applied in order; what they leave alone is shared, nothing is copied or changed.

    Raises
    ------
    UnknownNameError
        If an amendment names a provision, parameter, rule or set that does not exist.
    ConflictError
        If two changes speak about the same thing in the same period, or an amendment ends something before it starts.
    """
    amendments = tuple(amendments)
    fail_if_conflicting(amendments)
    for one in amendments:
        for change in one.changes:
            fail_if_unknown_key(one, change)
            book = APPLY[change.kind](book, one, change.body)
        book = replace(book, amended_by=(*book.amended_by, one.id))
    fail_if_gaps(book)
    return book


def _set(book: Book, one: Amendment, body: Mapping[str, Any]) -> Book:
    name = str(needed(body, "parameter", one.id))
    if name not in book.parameters:
        raise unknown_name("parameter", name, book.parameters)
    value = needed(body, "value", one.id)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
        raise OutOfRangeError(
            f"{one.id}: {name} cannot be {shorten(value)!r}.",
            hint="Give a number, zero or more, or null to drop the limit.",
        )
    period = period_of(body, one.id)
    first = book.parameters[name].history[0].start
    if period.start < first:
        raise ConflictError(
            f"{one.id}: {name} exists from {iso(first)}, so it cannot change on {iso(period.start)}.",
            hint="Move the date, or add a provision.",
        )
    changed = book.parameters[name].with_value(
        None if value is None else float(value), period, references=one.references
    )
    return replace(book, parameters={**book.parameters, name: changed})


def _eras(book: Book, one: Amendment, body: Mapping[str, Any]) -> tuple[str, tuple[Provision, ...]]:
    """Return the name and the provisions that a change is about: one provision in all its eras, or all of a rule."""
    if ("rule" in body) == ("provision" in body):
        raise BadFileError(f"{one.id}: name either a provision or a rule.")
    if "provision" in body:
        name = str(body["provision"])
        eras = book.provision(name)
    else:
        name = str(body["rule"])
        if name not in book.rules:
            raise unknown_name("rule", name, book.rules)
        eras = tuple(item for item in book.provisions if item.rule == name)
    if not eras:
        raise ConflictError(
            f"{one.id}: nothing of {name!r} is left to change; another amendment has ended it.",
            hint="Leave one of the two out.",
        )
    return name, eras


def _end(book: Book, one: Amendment, body: Mapping[str, Any]) -> Book:
    name, eras = _eras(book, one, body)
    on = day(needed(body, "on", one.id), one.id)
    first = min(item.period.start for item in eras)
    if on <= first:
        raise ConflictError(
            f"{one.id}: {name!r} would end on {iso(on)}, before it starts on {iso(first)}.", hint="Choose a later date."
        )
    keys = {item.key for item in eras}
    kept = []
    for item in book.provisions:
        if item.key not in keys:
            kept.append(item)
        elif item.period.start < on:
            kept.append(replace(item, period=Interval(item.period.start, min(item.period.end, on))))
    until = max(item.period.end for item in eras)
    revived = [replace(item, period=Interval(on, until)) for item in _replaced(book, body, first) if on < until]
    return replace(book, provisions=(*kept, *revived))


def _replaced(book: Book, body: Mapping[str, Any], first: int) -> list[Provision]:
    """Return the provisions whose place a rule took on its first day; none where a change is about one provision."""
    if "rule" not in body:
        return []
    return [item for item in book.provisions if item.replaced_by == body["rule"] and item.period.end == first]


def _start(book: Book, one: Amendment, body: Mapping[str, Any]) -> Book:
    """Move the first day of a provision or of a rule, with the limits and the compliance date that come with it."""
    name, eras = _eras(book, one, body)
    on = day(needed(body, "on", one.id), one.id)
    first = min(item.period.start for item in eras)
    opening = [item for item in eras if item.period.start == first]
    for item in opening:
        if on >= item.period.end:
            raise ConflictError(
                f"{one.id}: {name!r} would start on {iso(on)}, after its first text ends on {last_day(item.period.end)}."
            )
    parameters = dict(book.parameters)
    for parameter in {found for item in opening for found in parameters_used(book, item)}:
        parameters[parameter] = _brought_forward(parameters[parameter], on)
    rules = dict(book.rules)
    moved: dict[str, Provision | None] = {}
    for item in opening:
        old = book.rules[item.rule]
        rules[f"{old.name}, {one.id}"] = _rule_from(old, one, on, first)
        moved[item.key] = replace(item, rule=f"{old.name}, {one.id}", period=Interval(on, item.period.end))
    for item in _replaced(book, body, first):
        moved[item.key] = replace(item, period=Interval(item.period.start, on)) if item.period.start < on else None
    found = (moved.get(item.key, item) for item in book.provisions)
    provisions = tuple(item for item in found if item is not None)
    _fail_if_twice(one, provisions)
    return replace(book, rules=rules, parameters=parameters, provisions=provisions)


def _fail_if_twice(one: Amendment, provisions: tuple[Provision, ...]) -> None:
    keys: set[str] = set()
    for item in provisions:
        if item.key in keys:
            raise ConflictError(
                f"{one.id}: {item.name!r} would start on {iso(item.period.start)}, where its earlier text starts too.",
                hint="Choose another day, or move its provisions one by one.",
            )
        keys.add(item.key)


def _rule_from(rule: Rule, one: Amendment, on: int, first: int) -> Rule:
    """Return an instrument with its dates moved; a delay between effect and compliance stays as long as it was."""
    compliance = None if rule.compliance is None else max(on, rule.compliance + on - first)
    return replace(rule, name=f"{rule.name}, {one.id}", effective=min(rule.effective, on), compliance=compliance)


def _brought_forward(parameter: Parameter, on: int) -> Parameter:
    first = parameter.history[0]
    if on >= first.start:
        return parameter
    return replace(parameter, history=(replace(first, start=on, note="brought forward"), *parameter.history[1:]))


def _enforcement(book: Book, one: Amendment, body: Mapping[str, Any]) -> Book:
    name = str(needed(body, "rule", one.id))
    if name not in book.rules:
        raise unknown_name("rule", name, book.rules)
    enforced = needed(body, "enforced", one.id)
    if not isinstance(enforced, bool):
        raise BadFileError(f"{one.id}: enforced is {shorten(enforced)!r}, not true or false.")
    period = period_of(body, one.id)
    rule = book.rules[name]
    kept: list[Interval] = []
    for old in rule.unenforced:
        kept += [
            part
            for part in (Interval(old.start, min(old.end, period.start)), Interval(max(old.start, period.end), old.end))
            if part.start < part.end
        ]
    if not enforced:
        kept.append(period)
    return replace(book, rules={**book.rules, name: replace(rule, unenforced=tuple(sorted(kept)))})


def _places(book: Book, one: Amendment, body: Mapping[str, Any]) -> Book:
    name = str(needed(body, "set", one.id))
    places = book.registers["places"]
    if name not in places.groups():
        raise unknown_name("set of places", name, places.groups())
    period = period_of(body, one.id)
    for key, belongs in (("add", True), ("remove", False)):
        members = listed(body.get(key), one.id)
        for member in members:
            places.code(member)
        places = places.changing([Membership(member, name, period) for member in members], belongs=belongs)
    return replace(book, registers={**book.registers, "places": places})


APPLY: Mapping[str, Callable[[Book, Amendment, Mapping[str, Any]], Book]] = {
    "set": _set,
    "end": _end,
    "start": _start,
    "enforcement": _enforcement,
    "places": _places,
    "add": add,
}
