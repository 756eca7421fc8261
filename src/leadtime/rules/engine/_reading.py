"""A book from its documents: parsed YAML and the modules with its functions."""

from collections.abc import Iterable, Mapping
from datetime import date
from types import ModuleType
from typing import Any

from leadtime.errors import CatalogError
from leadtime.rules.engine._book import Book, Frame
from leadtime.rules.engine._dates import day, day_or_none, intervals
from leadtime.rules.engine._facts import facts_of
from leadtime.rules.engine._parameter import Parameter, parameters_of, references_of
from leadtime.rules.engine._provision import Provision, Rule
from leadtime.rules.engine._register import GroupSet, Register

__all__ = ["book_from", "group_sets_of", "rule_of"]


def book_from(documents: Mapping[str, Any], modules: Iterable[ModuleType], registers: Mapping[str, Register]) -> Book:
    """Build a book.

    Parameters
    ----------
    documents : mapping of str to parsed YAML
        ``book.yaml`` with the frame; every other file may hold ``rules`` and ``parameters``, which take the file's name.
    modules : iterable of module
        Their provisions, in the order in which they stand.
    registers : mapping of str to Register
        Who belongs to what.
    """
    frame = documents["book.yaml"]
    rules: dict[str, Rule] = {}
    parameters: dict[str, Parameter] = {}
    for file_name, document in documents.items():
        topic = file_name.removesuffix(".yaml")
        for name, row in (document.get("rules") or {}).items():
            if name in rules:
                raise CatalogError(f"The rule {name!r} stands in two files of {frame['name']}.")
            rules[name] = rule_of(name, row)
        parameters |= parameters_of(topic, document.get("parameters") or {})
    found = [value for module in modules for value in vars(module).values() if isinstance(value, Provision)]
    return Book(
        frame=Frame(
            name=frame["name"],
            label=frame["label"],
            verified_on=date.fromordinal(day(frame["verified_on"], "verified_on")),
            facts=facts_of(frame["facts"]),
            classes=tuple(frame["classes"]),
            containing=frame.get("containing", {}),
            kinds=tuple(frame["kinds"]),
        ),
        rules=rules,
        parameters=parameters,
        registers=registers,
        provisions=tuple(found),
    )


def rule_of(name: str, row: Mapping[str, Any]) -> Rule:
    """Read one entry of the ``rules`` part of a topic's file."""
    try:
        return Rule(
            name=name,
            label=row["label"],
            citation=row["citation"],
            announced=day_or_none(row.get("announced"), name),
            published=day_or_none(row.get("published"), name),
            effective=day(row["effective"], name),
            compliance=day_or_none(row.get("compliance"), name),
            suspended=intervals(row.get("suspended") or (), name),
            unenforced=intervals(row.get("unenforced") or (), name),
            practice=bool(row.get("practice", False)),
            phases=tuple(day(one, name) for one in row.get("phases") or ()),
            places=tuple(row.get("places") or ()),
            references=references_of(row.get("reference")),
            verified=row["verified"],
        )
    except (KeyError, TypeError) as error:
        raise CatalogError(f"The rule {name} is not complete: {error}.") from None


def group_sets_of(rows: Mapping[str, Any]) -> dict[str, GroupSet]:
    """Read the ``sets`` of a register: ``{name: {label, any_of, none_of, members}}``."""
    return {
        name: GroupSet(
            name=name,
            label=row["label"],
            any_of=tuple(row.get("any_of", ())),
            none_of=tuple(row.get("none_of", ())),
            members=tuple(row.get("members", ())),
        )
        for name, row in rows.items()
    }
