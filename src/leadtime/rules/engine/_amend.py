"""What-ifs as data: each amendment is a list of changes, and amending returns another book.

::

    id: h200-cap-quarter
    label: Volume cap of a quarter instead of a half
    changes:
      - set: {parameter: review.volume_cap_frac, value: 0.25, from: 2027-01-01, to: 2027-12-31}
      - end: {provision: letter of April 2025, on: 2026-06-01}
      - start: {rule: hbm-2024, on: 2024-06-01}                    # a provision, or all that a rule brought in
      - enforcement: {rule: diffusion-2025, enforced: true, from: 2026-01-01}
      - places: {set: advanced_scope_2026, add: [MY, TH], remove: [], from: 2026-12-01}
      - add:
          provision: controls on Malaysia
          cites: draft of July 2025
          kinds: [chip]
          effect: {requires: true, review: presumption_of_denial}    # or classifies, lifts with exception and to, informs
          where: {all: [{holds: 3A090.a}, {fact: to, in: malaysia}]}
          from: 2026-12-01

The first day is inclusive and the last (``to``) too, as people write periods; ``on`` is the first day of the new state.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from leadtime.errors import BadFileError, ConflictError, OutOfRangeError, shorten
from leadtime.rules.engine._book import Book
from leadtime.rules.engine._codes import Outcome, Review
from leadtime.rules.engine._condition import BOUNDS, condition
from leadtime.rules.engine._dates import FIRST, NEVER, Interval, day, iso, last_day
from leadtime.rules.engine._gaps import fail_if_gaps, parameters_used
from leadtime.rules.engine._names import unknown_name
from leadtime.rules.engine._parameter import Parameter, Reference
from leadtime.rules.engine._provision import Classifies, Effect, Informs, Lifts, Provision, Requires, Reviews, Rule
from leadtime.rules.engine._register import Membership

__all__ = ["Amendment", "Change", "amend", "amendment_of"]

KINDS = ("set", "end", "start", "enforcement", "places", "add")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: its kind, and what was written about it."""

    kind: str
    body: Mapping[str, Any]

    @property
    def target(self) -> str:
        """What is changed, for messages and for finding conflicts."""
        keys = {"set": ("parameter",), "enforcement": ("rule",), "places": ("set",)}.get(
            self.kind, ("provision", "rule")
        )
        return str(next((self.body[key] for key in keys if key in self.body), ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Amendment:
    """A named list of changes that belong together."""

    id: str
    label: str
    citation: str = ""
    status: str = ""
    changes: tuple[Change, ...]
    references: tuple[Reference, ...] = ()
    note: str = ""


def amendment_of(document: Any, where: str = "amendment") -> Amendment:
    """Return the amendment that a parsed YAML or JSON document describes.

    Raises
    ------
    BadFileError
        If it is not of the shape shown at the head of this module.
    """
    if not isinstance(document, Mapping) or not isinstance(document.get("changes"), Sequence):
        raise BadFileError(f"{where}: an amendment has an `id` and a list of `changes`.")
    unknown = set(document) - {"id", "label", "citation", "status", "changes", "reference", "note"}
    if unknown:
        raise BadFileError(f"{where}: the key {shorten(sorted(map(str, unknown))[0])!r} is not known.")
    changes = []
    for number, row in enumerate(document["changes"], start=1):
        if not isinstance(row, Mapping) or len(row) != 1 or next(iter(row)) not in KINDS:
            raise BadFileError(f"{where}, change {number}: one of {', '.join(KINDS)} is needed.")
        kind, body = next(iter(row.items()))
        if not isinstance(body, Mapping):
            raise BadFileError(f"{where}, change {number}: {kind} needs `key: value` pairs.")
        changes.append(Change(kind=str(kind), body={_key(key): value for key, value in body.items()}))
    name = str(document.get("id") or where)
    return Amendment(
        id=name,
        label=str(document.get("label", name)),
        citation=str(document.get("citation", "")),
        status=str(document.get("status", "")),
        changes=tuple(changes),
        references=tuple(
            Reference(str(row["source"]), str(row.get("locator", ""))) for row in document.get("reference") or ()
        ),
        note=str(document.get("note", "")),
    )


def _key(key: Any) -> str:
    """Return a key as written: YAML reads a bare ``on`` as true."""
    return "on" if key is True else str(key)


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
            _fail_if_unknown_key(one, change)
            book = APPLY[change.kind](book, one, change.body)
        book = replace(book, amended_by=(*book.amended_by, one.id))
    fail_if_gaps(book)
    return book


KEYS = {
    "set": {"parameter", "value", "from", "to"},
    "end": {"provision", "rule", "on"},
    "start": {"provision", "rule", "on"},
    "enforcement": {"rule", "enforced", "from", "to"},
    "places": {"set", "add", "remove", "from", "to"},
    "add": {"provision", "cites", "kinds", "effect", "where", "from", "to"},
}


def _fail_if_unknown_key(one: Amendment, change: Change) -> None:
    for key in change.body:
        if key not in KEYS[change.kind]:
            raise BadFileError(
                f"{one.id}: {change.kind} has no {shorten(key)!r}.",
                hint=f"Keys: {', '.join(sorted(KEYS[change.kind]))}.",
            )


def fail_if_conflicting(amendments: Sequence[Amendment]) -> None:
    """Raise ConflictError if two changes say different things about the same target in the same period."""
    seen: list[tuple[str, str, Interval, str, Mapping[str, Any]]] = []
    for one in amendments:
        for change in one.changes:
            period = _period(change.body, one.id)
            for kind, target, other, name, body in seen:
                if (
                    target
                    and (kind, target) == (change.kind, change.target)
                    and period.overlaps(other)
                    and body != change.body
                ):
                    raise ConflictError(
                        f"{name} and {one.id} both change {target!r} ({kind}) in the same period.",
                        hint="Keep one of them, or part their dates.",
                    )
            seen.append((change.kind, change.target, period, one.id, change.body))


def _period(body: Mapping[str, Any], where: str) -> Interval:
    start = day(body["from"], where) if "from" in body else day(body["on"], where) if "on" in body else FIRST
    last = body.get("to")
    end = NEVER if last is None else day(last, where) + 1
    if end <= start:
        raise ConflictError(f"{where}: the period ends ({last}) before it starts ({iso(start)}).")
    return Interval(start, end)


def _needed(body: Mapping[str, Any], key: str, where: str) -> Any:
    if key not in body:
        raise BadFileError(f"{where}: {key!r} is missing.")
    return body[key]


def _set(book: Book, one: Amendment, body: Mapping[str, Any]) -> Book:
    name = str(_needed(body, "parameter", one.id))
    if name not in book.parameters:
        raise unknown_name("parameter", name, book.parameters)
    value = _needed(body, "value", one.id)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
        raise OutOfRangeError(
            f"{one.id}: {name} cannot be {shorten(value)!r}.",
            hint="Give a number, zero or more, or null to drop the limit.",
        )
    period = _period(body, one.id)
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
        return str(body["provision"]), book.provision(str(body["provision"]))
    name = str(body["rule"])
    if name not in book.rules:
        raise unknown_name("rule", name, book.rules)
    return name, tuple(item for item in book.provisions if item.rule == name)


def _end(book: Book, one: Amendment, body: Mapping[str, Any]) -> Book:
    name, eras = _eras(book, one, body)
    on = day(_needed(body, "on", one.id), one.id)
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
    return replace(book, provisions=tuple(kept))


def _start(book: Book, one: Amendment, body: Mapping[str, Any]) -> Book:
    """Move the first day of a provision or of a rule, with the limits and the compliance date that come with it."""
    name, eras = _eras(book, one, body)
    on = day(_needed(body, "on", one.id), one.id)
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
    moved: dict[str, Provision] = {}
    for item in opening:
        old = book.rules[item.rule]
        rules[f"{old.name}, {one.id}"] = _rule_from(old, one, on, first)
        moved[item.key] = replace(item, rule=f"{old.name}, {one.id}", period=Interval(on, item.period.end))
    provisions = tuple(moved.get(item.key, item) for item in book.provisions)
    return replace(book, rules=rules, parameters=parameters, provisions=provisions)


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
    name = str(_needed(body, "rule", one.id))
    if name not in book.rules:
        raise unknown_name("rule", name, book.rules)
    enforced = _needed(body, "enforced", one.id)
    if not isinstance(enforced, bool):
        raise BadFileError(f"{one.id}: enforced is {shorten(enforced)!r}, not true or false.")
    period = _period(body, one.id)
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
    name = str(_needed(body, "set", one.id))
    places = book.registers["places"]
    if name not in places.groups():
        raise unknown_name("set of places", name, places.groups())
    period = _period(body, one.id)
    for key, belongs in (("add", True), ("remove", False)):
        members = _listed(body.get(key), one.id)
        for member in members:
            places.code(member)
        places = places.changing([Membership(member, name, period) for member in members], belongs=belongs)
    return replace(book, registers={**book.registers, "places": places})


def _add(book: Book, one: Amendment, body: Mapping[str, Any]) -> Book:
    name = str(_needed(body, "provision", one.id))
    if any(item.name == name for item in book.provisions):
        raise ConflictError(
            f"{one.id}: a provision called {name!r} exists already.", hint="Give the new one another name."
        )
    period = _period({"from": _needed(body, "from", one.id), "to": body.get("to")}, one.id)
    kinds = _listed(body.get("kinds", "chip"), one.id) or ("chip",)
    for kind in kinds:
        if kind not in book.frame.kinds:
            raise BadFileError(
                f"{one.id}: there are no items of the kind {shorten(kind)!r}.",
                hint=f"Kinds: {', '.join(book.frame.kinds)}.",
            )
    rule = Rule(
        name=one.id,
        label=one.label,
        citation=one.citation or one.id,
        effective=period.start,
        references=one.references,
        verified="what-if",
    )
    known = book.rules.get(one.id)
    if known is not None:
        rule = replace(known, effective=min(known.effective, period.start))
    holds, parameters = condition(_needed(body, "where", one.id), name=name, start=period.start, facts=book.frame.facts)
    _fail_if_unknown_names(book, body["where"], kinds, one.id)
    effects = _effects(_needed(body, "effect", one.id), name, one.id)
    for _, effect in effects:
        _fail_if_effect_unfit(book, effect, name)
    added = []
    for suffix, effect in effects:
        added.append(
            Provision(
                name=name + suffix,
                rule=one.id,
                effect=effect,
                kinds=kinds,
                cites=str(body.get("cites", "what-if")),
                holds=holds,
                summary=one.label,
                period=period,
                precedence=1 + len(book.amended_by),
            )
        )
    merged: dict[str, Parameter] = {**book.parameters, **parameters}
    return replace(book, rules={**book.rules, one.id: rule}, parameters=merged, provisions=(*book.provisions, *added))


def _fail_if_effect_unfit(book: Book, effect: Effect, name: str) -> None:
    if isinstance(effect, Classifies) and effect.eccn not in book.frame.classes:
        raise unknown_name("entry of the control list", effect.eccn, book.frame.classes)
    if isinstance(effect, Lifts | Reviews):
        requirements = {item.name for item in book.provisions if isinstance(item.effect, Requires)} | {name}
        for requirement in effect.of:
            if requirement not in requirements:
                raise unknown_name("requirement", requirement, requirements)


def _effects(body: Any, name: str, where: str) -> list[tuple[str, Effect]]:
    if not isinstance(body, Mapping):
        raise BadFileError(f"{where}: effect needs one of requires, classifies, lifts, reviews, informs.")
    if body.get("requires"):
        found: list[tuple[str, Effect]] = [("", Requires())]
        if body.get("review"):
            found.append((", review", Reviews(_review(body["review"], where), of=(name,))))
        return found
    if "classifies" in body:
        return [("", Classifies(str(body["classifies"])))]
    if "informs" in body:
        return [("", Informs(str(body["informs"])))]
    requirements = _listed(body.get("of"), where)
    if not requirements:
        raise BadFileError(f"{where}: the effect needs `of`, a list of the requirements that it is about.")
    if "reviews" in body:
        return [("", Reviews(_review(body["reviews"], where), of=requirements))]
    if "lifts" in body:
        to = str(body.get("to", "not_required"))
        if to not in ("not_required", "notify"):
            raise BadFileError(f"{where}: a requirement is lifted to not_required or notify, not to {shorten(to)!r}.")
        return [("", Lifts(str(body["lifts"]), of=requirements, to=Outcome[to.upper()]))]
    raise BadFileError(f"{where}: effect needs one of requires, classifies, lifts, reviews, informs.")


def _review(word: Any, where: str) -> Review:
    known = {one.name.lower(): one for one in Review if one not in (Review.NONE, Review.UNKNOWN)}
    if word not in known:
        raise BadFileError(
            f"{where}: there is no review policy {shorten(word)!r}.", hint=f"One of: {', '.join(known)}."
        )
    return known[str(word)]


def _fail_if_unknown_names(book: Book, tree: Any, kinds: tuple[str, ...], where: str) -> None:
    """Check the names in a condition against the book, before any row is asked about."""
    if isinstance(tree, Sequence) and not isinstance(tree, str):
        for branch in tree:
            _fail_if_unknown_names(book, branch, kinds, where)
    elif isinstance(tree, Mapping):
        for word in ("all", "any", "not"):
            if word in tree:
                _fail_if_unknown_names(book, tree[word], kinds, where)
        if "holds" in tree:
            book.provision(str(tree["holds"]))
        if "fact" in tree:
            _fail_if_leaf_unfit(book, tree, kinds, where)


def _fail_if_leaf_unfit(book: Book, leaf: Mapping[str, Any], kinds: tuple[str, ...], where: str) -> None:
    fact = book.frame.facts[str(leaf["fact"])]
    for kind in kinds:
        if fact.kinds and kind not in fact.kinds:
            raise BadFileError(
                f"{where}: nobody asks {fact.name} of an item of the kind {kind!r}.",
                hint=f"It is asked of: {', '.join(fact.kinds)}.",
            )
    group = leaf.get("in")
    if group is not None:
        register = book.registers[fact.register]
        if isinstance(group, list):
            for member in _listed(group, where):
                register.code(member)
        elif str(group) not in register.groups():
            raise unknown_name(f"set of {register.name}", str(group), register.groups())
    for word in BOUNDS:
        value = leaf.get(word)
        if isinstance(value, str) and not _is_number(value) and value not in book.parameters:
            raise unknown_name("parameter", value, book.parameters)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _listed(value: Any, where: str) -> tuple[str, ...]:
    """Return a list of names, given as a list or as a single name; YAML reads a bare NO as false."""
    if value is None or isinstance(value, str):
        return () if value is None else (value,)
    if not isinstance(value, list) or not all(isinstance(one, str) or one is False for one in value):
        raise BadFileError(f"{where}: {shorten(value)!r} is no list of names.")
    return tuple("NO" if one is False else one for one in value)


APPLY: Mapping[str, Callable[[Book, Amendment, Mapping[str, Any]], Book]] = {
    "set": _set,
    "end": _end,
    "start": _start,
    "enforcement": _enforcement,
    "places": _places,
    "add": _add,
}
