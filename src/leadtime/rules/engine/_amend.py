"""Amending a book: each kind of change is a function from a book to another book."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from leadtime.errors import BadFileError, BadInputError, ConflictError, OutOfRangeError, shorten
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
from leadtime.rules.engine._dates import FIRST, NEVER, Interval, day, iso, last_day
from leadtime.rules.engine._gaps import fail_if_gaps, parameters_used
from leadtime.rules.engine._names import unknown_name
from leadtime.rules.engine._parameter import Parameter
from leadtime.rules.engine._provision import Provision, Rule
from leadtime.rules.engine._register import Membership, Register

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
    """End a provision, or a rule: then what the rule had replaced comes back, with its limits and groups of countries."""
    name, eras = _eras(book, one, body)
    on = day(needed(body, "on", one.id), one.id)
    first = min(item.period.start for item in eras)
    if on <= first:
        raise ConflictError(
            f"{one.id}: {name!r} would end on {iso(on)}, before it starts on {iso(first)}.", hint="Choose a later date."
        )
    if on >= NEVER:
        raise BadInputError(f"{one.id}: a rule that never ends needs no change.", hint="Give the day on which it ends.")
    keys = {item.key for item in eras}
    kept: list[Provision] = []
    for item in book.provisions:
        if item.key not in keys:
            kept.append(item)
        elif item.period.start < on:
            kept.append(replace(item, period=Interval(item.period.start, min(item.period.end, on))))
    if "rule" not in body:
        return _with_provisions(book, one, kept)
    days = {item.period.start for item in eras}
    last = max(item.period.end for item in eras)
    rule = replace(book.rules[name], ended=on)
    book = replace(
        book,
        rules={**book.rules, name: rule},
        registers=_groups_back(book, rule, first, Interval(on, last)),
    )
    return _brought_back(book, one, kept, _displaced(kept, name, days), Interval(on, last), eras)


def _displaced(provisions: Iterable[Provision], rule: str, days: Iterable[int]) -> list[Provision]:
    """Return the provisions whose place a rule took on the days on which its parts took effect."""
    days = set(days)
    return [item for item in provisions if item.replaced_by == rule and item.period.end in days]


def _brought_back(
    book: Book,
    one: Amendment,
    provisions: list[Provision],
    displaced: list[Provision],
    period: Interval,
    eras: tuple[Provision, ...],
) -> Book:
    """Return a book in which displaced provisions count again in a period, and the limits that were dropped with them."""
    if period.start >= period.end:
        return _with_provisions(book, one, provisions)
    later = _next_rule(eras, period.end)
    parameters = dict(book.parameters)
    limits: dict[str, int] = {}
    for item in displaced:
        closed = item.period.end
        limits |= dict.fromkeys(parameters_used(book, item), closed)
        if period.start <= closed:
            provisions[provisions.index(item)] = replace(
                item, period=Interval(item.period.start, period.end), replaced_by=later
            )
        else:
            provisions.append(replace(item, period=period, replaced_by=later))
    for name, closed in limits.items():
        parameters[name] = parameters[name].carried_on(closed, period)
    return _with_provisions(book, one, provisions, parameters=parameters)


def _next_rule(eras: Iterable[Provision], end: int) -> str | None:
    """Return the rule that took the place of some eras on a day: what stands in for them gives way to it too."""
    return next((item.replaced_by for item in eras if item.replaced_by and item.period.end == end), None)


def _with_provisions(book: Book, one: Amendment, provisions: Iterable[Provision], **changed: Any) -> Book:
    """Return a book with other provisions, remembering the names of those of which nothing is left."""
    provisions = tuple(provisions)
    _fail_if_twice(one, provisions)
    names = {item.name for item in provisions}
    gone = frozenset(({item.name for item in book.provisions} | book.gone) - names)
    return replace(book, provisions=provisions, gone=gone, **changed)


def _groups_back(book: Book, rule: Rule, first: int, period: Interval) -> Mapping[str, Register]:
    """Return the registers with the countries that a rule moved back in their former groups during a period."""
    places = book.registers.get("places")
    if places is None or not rule.places or period.start >= period.end:
        return book.registers
    rows: list[Membership] = []
    for row in places.memberships:
        if row.member in rule.places and row.period.start == first:
            rows.append(replace(row, period=Interval(first, min(row.period.end, period.start))))
            if period.end < row.period.end:
                rows.append(replace(row, period=Interval(period.end, row.period.end)))
        elif row.member in rule.places and row.period.end == first:
            rows += [row, replace(row, period=period)]
        else:
            rows.append(row)
    return {**book.registers, "places": replace(places, memberships=tuple(rows))}


def _start(book: Book, one: Amendment, body: Mapping[str, Any]) -> Book:
    """Move the first day of a provision or of a rule, with the limits and the compliance date that come with it."""
    name, eras = _eras(book, one, body)
    on = day(needed(body, "on", one.id), one.id)
    first = min(item.period.start for item in eras)
    if "rule" in body:
        return _start_of_rule(book, one, name, eras, on)
    if on >= NEVER:
        raise BadInputError(
            f"{one.id}: a provision cannot be moved to never.", hint="Move the rule that brought it in, or end it."
        )
    opening = [item for item in eras if item.period.start == first]
    parameters = dict(book.parameters)
    rules = dict(book.rules)
    moved: dict[str, Provision] = {}
    for item in opening:
        if on >= item.period.end:
            raise ConflictError(
                f"{one.id}: {name!r} would start on {iso(on)}, after its first text ends on {last_day(item.period.end)}."
            )
        old = book.rules[item.rule]
        rules[f"{old.name}, {one.id}"] = replace(_rule_from(old, on, first), name=f"{old.name}, {one.id}")
        moved[item.key] = replace(item, rule=f"{old.name}, {one.id}", period=Interval(on, item.period.end))
        for parameter in parameters_used(book, item):
            parameters[parameter] = _brought_forward(parameters[parameter], on)
    provisions = [moved.get(item.key, item) for item in book.provisions]
    return _with_provisions(book, one, provisions, rules=rules, parameters=parameters)


def _start_of_rule(book: Book, one: Amendment, name: str, eras: tuple[Provision, ...], on: int) -> Book:
    """Move a rule: its parts keep their distance, what it replaced ends when it now starts, later texts wait for it.

    A first text that another rule replaces before the new day never comes; a rule that starts on no day leaves nothing.
    """
    rule = book.rules[name]
    first = min(item.period.start for item in eras)
    starts = {
        old: min(on + old - first, NEVER)
        for old in {item.period.start for item in eras}
        if old == first or old in rule.phases
    }
    opening = [item for item in eras if item.period.start in starts]
    parameters = dict(book.parameters)
    moved: dict[str, Provision | None] = {}
    for item in eras:
        new = starts.get(item.period.start, max(item.period.start, on))
        moved[item.key] = replace(item, period=Interval(new, item.period.end)) if new < item.period.end else None
        if moved[item.key] is None and on < NEVER and item in opening and not _is_overtaken(item, book.provisions):
            raise ConflictError(
                f"{one.id}: {name!r} would start on {iso(on)}, after its first text ends on {last_day(item.period.end)}."
            )
        if item in opening and on < NEVER:
            for parameter in parameters_used(book, item):
                parameters[parameter] = _brought_forward(parameters[parameter], new)
    last = max(item.period.end for item in opening)
    placed = (moved.get(item.key, item) for item in book.provisions)
    provisions = [item for item in placed if item is not None]
    provisions, parameters = _ending_with(book, provisions, parameters, name, starts, last, _next_rule(opening, last))
    return _with_provisions(
        book,
        one,
        provisions,
        rules={**book.rules, name: _rule_from(rule, on, first)},
        parameters=parameters,
        registers=_groups_moved(book, rule, first, on),
    )


def _is_overtaken(item: Provision, provisions: Iterable[Provision]) -> bool:
    """Whether something else took the place of a text on the day on which it ended."""
    return item.replaced_by is not None or any(
        other.name == item.name and other.period.start == item.period.end for other in provisions
    )


def _ending_with(
    book: Book,
    provisions: list[Provision],
    parameters: dict[str, Parameter],
    rule: str,
    starts: Mapping[int, int],
    last: int,
    later: str | None,
) -> tuple[list[Provision], dict[str, Parameter]]:
    """Return provisions and limits, what a rule replaced or was brought forward by ending on the rule's new first days."""
    kept: list[Provision] = []
    overtaken: dict[str, tuple[int, int]] = {}
    for item in provisions:
        wanted = starts.get(item.period.end) if rule in (item.replaced_by, item.ahead_of) else None
        if wanted is None:
            kept.append(item)
            continue
        end = min(wanted, last)
        for name in parameters_used(book, item):
            parameters[name] = parameters[name].carried_on(item.period.end, Interval(min(item.period.start, end), end))
        if item.period.start < end:
            successor = later if end < wanted and item.replaced_by else item.replaced_by
            kept.append(replace(item, period=Interval(item.period.start, end), replaced_by=successor))
        else:
            overtaken[item.name] = (item.period.start, end)
    return [item for item in (_cut(item, overtaken) for item in kept) if item is not None], parameters


def _cut(item: Provision, overtaken: Mapping[str, tuple[int, int]]) -> Provision | None:
    """Return an earlier text of something that never comes, ending where that would have; None if nothing is left."""
    start, end = overtaken.get(item.name, (FIRST, NEVER))
    if not end < item.period.end <= start:
        return item
    return replace(item, period=Interval(item.period.start, end)) if item.period.start < end else None


def _groups_moved(book: Book, rule: Rule, first: int, on: int) -> Mapping[str, Register]:
    """Return the registers with the day on which a rule moved countries between groups moved as well."""
    places = book.registers.get("places")
    if places is None or not rule.places:
        return book.registers
    rows: list[Membership] = []
    for row in places.memberships:
        start, end = row.period.start, row.period.end
        if row.member in rule.places:
            start = on if start == first else start
            end = on if end == first else end
        if start < end:
            rows.append(replace(row, period=Interval(start, end)))
    return {**book.registers, "places": replace(places, memberships=tuple(rows))}


def _fail_if_twice(one: Amendment, provisions: tuple[Provision, ...]) -> None:
    keys: set[str] = set()
    for item in provisions:
        if item.key in keys:
            raise ConflictError(
                f"{one.id}: {item.name!r} would start on {iso(item.period.start)}, where its earlier text starts too.",
                hint="Choose another day, or move its provisions one by one.",
            )
        keys.add(item.key)


def _rule_from(rule: Rule, on: int, first: int) -> Rule:
    """Return an instrument with its dates moved; a delay between effect and compliance stays as long as it was."""
    if on >= NEVER:
        return replace(rule, effective=NEVER, compliance=None, phases=())
    compliance = None if rule.compliance is None else max(on, rule.compliance + on - first)
    phases = tuple(old + on - first for old in rule.phases)
    return replace(rule, effective=min(rule.effective + on - first, on), compliance=compliance, phases=phases)


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
