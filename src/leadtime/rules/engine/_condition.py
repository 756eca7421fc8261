"""Conditions written as data, for provisions that an amendment adds: the same tests, without code.

::

    all: [condition, ...]       any: [condition, ...]       not: condition
    {fact: tpp, at_least: 4800}     at_least | above | at_most | below, with a number or the name of a parameter
    {fact: to, in: china}           a group or set of the fact's register, or a list of members: in: [CN, HK]
    {fact: designer, one_of: [NVIDIA, AMD]}
    {fact: datacenter_marketed, is: true}
    {holds: 3A090.a}                an earlier provision
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import and_, or_
from typing import Any

from leadtime.errors import BadFileError, shorten
from leadtime.rules.engine._case import Case
from leadtime.rules.engine._facts import Fact
from leadtime.rules.engine._names import unknown_name
from leadtime.rules.engine._parameter import Parameter, Step
from leadtime.rules.engine._truth import Truth

__all__ = ["condition"]

Function = Callable[[Case], Truth]
BOUNDS = {"at_least": (True, True), "above": (True, False), "at_most": (False, True), "below": (False, False)}


def condition(tree: Any, *, name: str, start: int, facts: Mapping[str, Fact]) -> tuple[Function, dict[str, Parameter]]:
    """Return a function of a case, and the parameters that hold the numbers written in it.

    Parameters
    ----------
    tree : mapping
        The condition.
    name : str
        Name of the provision, under which its numbers are kept.
    start : int
        First day of the provision, as an ordinal.
    facts : mapping of str to Fact
        What the book asks about.
    """
    made: dict[str, Parameter] = {}
    return _build(tree, name, start, facts, made), made


def _build(tree: Any, name: str, start: int, facts: Mapping[str, Fact], made: dict[str, Parameter]) -> Function:
    if not isinstance(tree, Mapping):
        raise BadFileError(
            f"{name}: {shorten(tree)!r} is no condition.", hint="Use all, any, not, holds, or a fact with a bound."
        )
    for word, operator in (("all", and_), ("any", or_)):
        if word in tree:
            _fail_if_more(tree, name, word)
            if not isinstance(tree[word], Sequence) or not tree[word]:
                raise BadFileError(f"{name}: {word!r} needs a list of conditions.")
            return _joined(operator, [_build(branch, name, start, facts, made) for branch in tree[word]])
    if "not" in tree:
        _fail_if_more(tree, name, "not")
        return _negated(_build(tree["not"], name, start, facts, made))
    if "holds" in tree:
        _fail_if_more(tree, name, "holds")
        return _holding(str(tree["holds"]))
    return _leaf(tree, name, start, facts, made)


def _fail_if_more(tree: Mapping[str, Any], name: str, word: str) -> None:
    if len(tree) > 1:
        raise BadFileError(
            f"{name}: {word!r} stands beside {', '.join(repr(key) for key in tree if key != word)}.",
            hint="Give each its own level.",
        )


def _joined(operator: Callable[[Truth, Truth], Truth], functions: list[Function]) -> Function:
    return lambda case: reduce(operator, (function(case) for function in functions))


def _negated(function: Function) -> Function:
    return lambda case: ~function(case)


def _holding(provision: str) -> Function:
    return lambda case: case.holds(provision)


def _leaf(
    tree: Mapping[str, Any], name: str, start: int, facts: Mapping[str, Fact], made: dict[str, Parameter]
) -> Function:
    fact = str(tree.get("fact", ""))
    if fact not in facts:
        raise unknown_name("fact", fact, facts)
    tests = {key: value for key, value in tree.items() if key != "fact"}
    if len(tests) != 1:
        raise BadFileError(
            f"{name}: the condition on {fact} needs exactly one of {', '.join((*BOUNDS, 'in', 'one_of', 'is'))}."
        )
    word, value = next(iter(tests.items()))
    suited = {"number": tuple(BOUNDS), "member": ("in",), "choice": ("one_of",), "flag": ("is",)}[facts[fact].type]
    if word not in suited:
        raise BadFileError(
            f"{name}: {fact} cannot be tested with {shorten(word)!r}.", hint=f"Use {' or '.join(suited)}."
        )
    if word == "in":
        members = (
            ["NO" if one is False else str(one) for one in value] if isinstance(value, list) else None
        )  # YAML reads NO as false
        return (
            (lambda case: case.within(fact, str(value)))
            if members is None
            else (lambda case: case.named(fact, *members))
        )
    if word == "one_of":
        choices = value if isinstance(value, list) else [value]
        for choice in choices:
            facts[fact].checked(choice)
        return lambda case: case.among(fact, *choices)
    if word == "is":
        if not isinstance(value, bool):
            raise BadFileError(f"{name}: {fact} is tested against {shorten(value)!r}, not true or false.")
        return (lambda case: case.flag(fact)) if value else (lambda case: ~case.flag(fact))
    return _bounded(fact, word, value, name, start, facts[fact], made)


def _bounded(
    fact: str, word: str, value: Any, name: str, start: int, about: Fact, made: dict[str, Parameter]
) -> Function:
    floor, inclusive = BOUNDS[word]
    with contextlib.suppress(ValueError):
        value = float(value) if isinstance(value, str) else value  # YAML reads 1e26 as text
    if isinstance(value, str):
        parameter = value
    else:
        if about.checked(value) is None:
            raise BadFileError(f"{name}: the limit on {fact} is missing.")
        parameter = f"{name}.{len(made) + 1}"
        step = Step(start=start, value=float(value), inclusive=inclusive, note="written in the amendment")
        made[parameter] = Parameter(
            name=parameter, label=f"{about.label}, limit of {name}", unit=about.unit, history=(step,)
        )
    return (lambda case: case.reaches(fact, parameter)) if floor else (lambda case: case.stays_under(fact, parameter))
