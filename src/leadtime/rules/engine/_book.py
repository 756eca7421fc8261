"""A book: everything that one regime says, as immutable data and functions; and the same made ready for arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from leadtime.errors import CatalogError, UnknownNameError
from leadtime.rules.engine._compiled import Compiled
from leadtime.rules.engine._dates import FIRST, NEVER, iso
from leadtime.rules.engine._facts import Fact
from leadtime.rules.engine._names import unknown_name
from leadtime.rules.engine._parameter import Parameter
from leadtime.rules.engine._provision import Classifies, Lifts, Provision, Requires, Reviews, Rule
from leadtime.rules.engine._register import Register

if TYPE_CHECKING:
    from leadtime.rules.engine._amendment import Amendment

__all__ = ["POSTURES", "Book", "Frame"]

POSTURES = ("enforced", "text")
"""``text``: what the rules say; ``enforced``: what the agency applies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What a book is, apart from its law."""

    name: str
    label: str
    verified_on: date
    facts: Mapping[str, Fact]
    classes: tuple[str, ...]
    """Entries of the control list, the strictest first."""
    containing: Mapping[str, str] = field(default_factory=dict)
    """Entry under which a system falls that contains an item of another entry."""
    kinds: tuple[str, ...] = ("chip",)


@dataclass(frozen=True, kw_only=True)
class Book:
    """The law of one regime over time.

    Books are never changed: :meth:`amend` returns another one that shares everything that the amendments leave alone.
    """

    frame: Frame
    rules: Mapping[str, Rule]
    parameters: Mapping[str, Parameter]
    registers: Mapping[str, Register]
    provisions: tuple[Provision, ...]
    amended_by: tuple[str, ...] = ()
    gone: frozenset[str] = frozenset()
    """Names of provisions of which amendments leave nothing: they hold nowhere."""

    def __post_init__(self) -> None:
        fail_if_incomplete(self)

    @property
    def name(self) -> str:
        """Short name of the book."""
        return self.frame.name

    @cached_property
    def change_dates(self) -> tuple[int, ...]:
        """Every day on which anything changes: a provision, a limit, a membership, the standing of a rule."""
        days: set[int] = set()
        for item in self.provisions:
            days |= {item.period.start, item.period.end}
        for parameter in self.parameters.values():
            days |= {step.start for step in parameter.history}
        for register in self.registers.values():
            days |= register.dates()
        for rule in self.rules.values():
            days |= rule.dates()
        return tuple(sorted(day for day in days if FIRST < day < NEVER))

    @cached_property
    def _compiled(self) -> dict[str, Compiled]:
        return {}

    def compiled(self, posture: str) -> Compiled:
        """Return the book as tables by era under one posture."""
        if posture not in POSTURES:
            raise UnknownNameError(f"There is no posture {posture!r}.", hint="Use enforced or text.")
        if posture not in self._compiled:
            self._compiled[posture] = Compiled.of(self, posture)
        return self._compiled[posture]

    def entry_provisions(self) -> frozenset[str]:
        """Return the names of the provisions that place an item under an entry of the control list."""
        return frozenset(item.name for item in self.provisions if isinstance(item.effect, Classifies))

    def amend(self, *amendments: "Amendment") -> "Book":
        """Return this book with amendments applied in order; see :mod:`leadtime.rules.engine._amendment`."""
        from leadtime.rules.engine._amend import amend

        return amend(self, amendments)

    def provision(self, name: str) -> tuple[Provision, ...]:
        """Return the eras of a provision by its public name, or raise UnknownNameError with the nearest."""
        found = tuple(item for item in self.provisions if name in (item.name, item.key))
        if not found:
            raise unknown_name("provision", name, {item.name for item in self.provisions})
        return found


def fail_if_incomplete(book: Book) -> None:
    """Raise CatalogError if a provision names a rule, an entry or a requirement that the book lacks."""
    requirements = {item.name for item in book.provisions if isinstance(item.effect, Requires)} | book.gone
    keys: set[str] = set()
    for item in book.provisions:
        if item.key in keys:
            raise CatalogError(f"The provision {item.key} stands twice in {book.frame.name}.")
        keys.add(item.key)
        for rule in (item.rule, *item.until, *filter(None, (item.replaced_by, item.ahead_of))):
            if rule not in book.rules:
                raise CatalogError(f"{item.key} names the rule {rule!r}, which {book.frame.name} does not have.")
        if item.period.start >= item.period.end:
            raise CatalogError(f"{item.key} ends ({iso(item.period.end)}) before it starts.")
        if item.period.start < book.rules[item.rule].effective:
            raise CatalogError(f"{item.key} starts before its rule {item.rule!r} takes effect.")
        if isinstance(item.effect, Lifts | Reviews):
            for requirement in item.effect.of:
                if requirement not in requirements:
                    raise CatalogError(
                        f"{item.key} is about the requirement {requirement!r}, which {book.frame.name} does not have."
                    )
