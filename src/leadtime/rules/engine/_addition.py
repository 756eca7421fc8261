"""A provision that an amendment adds, and the checks of the names in it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from leadtime.errors import BadFileError, ConflictError, shorten
from leadtime.rules.engine._amendment import Amendment, listed, needed, period_of
from leadtime.rules.engine._book import Book
from leadtime.rules.engine._codes import Outcome, Review
from leadtime.rules.engine._condition import BOUNDS, condition
from leadtime.rules.engine._names import unknown_name
from leadtime.rules.engine._parameter import Parameter
from leadtime.rules.engine._provision import Classifies, Effect, Informs, Lifts, Provision, Requires, Reviews, Rule

__all__ = ["add"]


def add(book: Book, one: Amendment, body: Mapping[str, Any]) -> Book:
    name = str(needed(body, "provision", one.id))
    if any(item.name == name for item in book.provisions):
        raise ConflictError(
            f"{one.id}: a provision called {name!r} exists already.", hint="Give the new one another name."
        )
    period = period_of({"from": needed(body, "from", one.id), "to": body.get("to")}, one.id)
    kinds = listed(body.get("kinds", "chip"), one.id) or ("chip",)
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
    holds, parameters = condition(needed(body, "where", one.id), name=name, start=period.start, facts=book.frame.facts)
    _fail_if_unknown_names(book, body["where"], kinds, one.id)
    effects = _effects(needed(body, "effect", one.id), name, one.id)
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
    requirements = listed(body.get("of"), where)
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
            for member in listed(group, where):
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
