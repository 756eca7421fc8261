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

The first day is inclusive and the last (``to``) too, as people write periods; ``on`` is the first day of the new state. A rule
that starts later, or ends, leaves in place what it had replaced; one that starts ``on: never`` does not come at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from leadtime.errors import BadFileError, ConflictError, shorten
from leadtime.rules.engine._dates import FIRST, NEVER, Interval, day, iso
from leadtime.rules.engine._parameter import Reference

__all__ = [
    "Amendment",
    "Change",
    "amendment_of",
    "fail_if_conflicting",
    "fail_if_unknown_key",
    "listed",
    "needed",
    "period_of",
]

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


KEYS = {
    "set": {"parameter", "value", "from", "to"},
    "end": {"provision", "rule", "on"},
    "start": {"provision", "rule", "on"},
    "enforcement": {"rule", "enforced", "from", "to"},
    "places": {"set", "add", "remove", "from", "to"},
    "add": {"provision", "cites", "kinds", "effect", "where", "from", "to"},
}


def fail_if_unknown_key(one: Amendment, change: Change) -> None:
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
            period = period_of(change.body, one.id)
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


def period_of(body: Mapping[str, Any], where: str) -> Interval:
    if "on" in body:
        return Interval(day(body["on"], where), NEVER + 1)
    start = day(body["from"], where) if "from" in body else FIRST
    last = body.get("to")
    end = NEVER if last is None else day(last, where) + 1
    if end <= start:
        raise ConflictError(f"{where}: the period ends ({last}) before it starts ({iso(start)}).")
    return Interval(start, end)


def needed(body: Mapping[str, Any], key: str, where: str) -> Any:
    if key not in body:
        raise BadFileError(f"{where}: {key!r} is missing.")
    return body[key]


def listed(value: Any, where: str) -> tuple[str, ...]:
    """Return a list of names, given as a list or as a single name; YAML reads a bare NO as false."""
    if value is None or isinstance(value, str):
        return () if value is None else (value,)
    if not isinstance(value, list) or not all(isinstance(one, str) or one is False for one in value):
        raise BadFileError(f"{where}: {shorten(value)!r} is no list of names.")
    return tuple("NO" if one is False else one for one in value)
