"""A book as tables by era: between two dates of change nothing changes, so every dated thing is a lookup."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from leadtime.arrays import Array
from leadtime.errors import CatalogError
from leadtime.rules.engine._dates import FIRST, NEVER, Interval
from leadtime.rules.engine._facts import Fact
from leadtime.rules.engine._parameter import Parameter
from leadtime.rules.engine._provision import Provision, Requires
from leadtime.rules.engine._register import Register
from leadtime.rules.engine._truth import FALSE, TRUE

if TYPE_CHECKING:
    from leadtime.rules.engine._book import Book

__all__ = ["Compiled"]


@dataclass(frozen=True, slots=True)
class Compiled:
    """Tables of one book under one posture."""

    starts: Array
    """First day of each era, as ordinals; the first era starts with the calendar."""
    in_force: Mapping[str, Array]
    """By key of the provision: whether it is in force in each era."""
    provisions: tuple[Provision, ...]
    facts: Mapping[str, Fact]
    classes: tuple[str, ...]
    parameters: Mapping[str, Parameter]
    registers: Mapping[str, Register]
    gone: frozenset[str] = frozenset()
    _limits: dict[str, Array] = field(default_factory=dict)
    _groups: dict[tuple[str, str], Array] = field(default_factory=dict)

    @classmethod
    def of(cls, book: "Book", posture: str) -> "Compiled":
        """Build the tables of a book."""
        starts = np.array([FIRST, *book.change_dates], dtype=np.int64)
        standing = {
            name: np.array([rule.in_force(int(start), posture) for start in starts], dtype=bool)
            for name, rule in book.rules.items()
        }
        in_force = {}
        for item in book.provisions:
            days = (starts >= item.period.start) & (starts < item.period.end) & standing[item.rule]
            for displacing in item.until:
                days &= ~standing[displacing]
            in_force[item.key] = days
        return cls(
            starts=starts,
            in_force=in_force,
            provisions=book.provisions,
            facts=book.frame.facts,
            classes=book.frame.classes,
            parameters=book.parameters,
            registers=book.registers,
            gone=book.gone,
        )

    @property
    def n_eras(self) -> int:
        """Number of eras."""
        return len(self.starts)

    def era_of(self, ordinals: Array) -> Array:
        """Return the era of each day."""
        return np.searchsorted(self.starts, ordinals, side="right") - 1

    def limit(self, name: str, era: Array) -> tuple[Array, bool]:
        """Return a parameter's value in each era (NaN where it has none) and whether its bound is inclusive."""
        if name not in self.parameters:
            raise CatalogError(f"A provision uses the parameter {name!r}, which the book does not have.")
        parameter = self.parameters[name]
        if name not in self._limits:
            steps = [parameter.at(int(start)) for start in self.starts]
            self._limits[name] = np.array(
                [np.nan if step is None or step.value is None else step.value for step in steps]
            )
        return self._limits[name][era], parameter.history[0].inclusive

    def membership(self, register: str, group: str) -> Array:
        """Return truth codes, shape (n_eras, n_members)."""
        key = (register, group)
        if key not in self._groups:
            belongs = self.registers[register].table(group, self.starts)
            self._groups[key] = np.where(belongs, np.int8(TRUE), np.int8(FALSE))
        return self._groups[key]

    def anything(self, kind: str) -> Array:
        """Return in which eras any requirement, other than a background one, exists for a kind of item."""
        result = np.zeros(self.n_eras, dtype=bool)
        for item in self.provisions:
            if isinstance(item.effect, Requires) and not item.effect.background and kind in item.kinds:
                result |= self.in_force[item.key]
        return result

    def period_of(self, item: Provision, era: int) -> Interval:
        """Return the unbroken run of eras, around one of them, in which a provision is in force."""
        days = self.in_force[item.key]
        first = last = era
        while first > 0 and days[first - 1]:
            first -= 1
        while last + 1 < self.n_eras and days[last + 1]:
            last += 1
        end = int(self.starts[last + 1]) if last + 1 < self.n_eras else NEVER
        return Interval(int(self.starts[first]), end)
