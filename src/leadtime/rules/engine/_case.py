"""What a provision sees: the facts of many transactions at once, and the limits in force for each of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from leadtime.arrays import Array
from leadtime.errors import CatalogError
from leadtime.rules.engine._compiled import Compiled
from leadtime.rules.engine._facts import Fact
from leadtime.rules.engine._truth import FALSE, TRUE, UNKNOWN, Test, Truth, compare

__all__ = ["Case"]


@dataclass(frozen=True, slots=True)
class Case:
    """A block of transactions in items of one kind.

    Every method returns a :class:`Truth`: codes for all rows, with the test that made them.
    """

    compiled: Compiled
    facts: Mapping[str, Array]
    """By fact: floats with NaN for unknown; truth codes; member and choice positions with -1 for unknown."""
    era: Array
    earlier: dict[str, Truth] = field(default_factory=dict)
    """Truth of the provisions evaluated before, by public name."""
    _within: dict[tuple[str, str], Truth] = field(default_factory=dict)
    """Memberships looked up so far: many provisions ask about the same few."""

    def reaches(self, fact: str, parameter: str) -> Truth:
        """At or above the limit (above it, if its bound is exclusive)."""
        return self._against(fact, parameter, ">=", ">")

    def stays_under(self, fact: str, parameter: str) -> Truth:
        """Below the limit (at or below it, if its bound is inclusive)."""
        return self._against(fact, parameter, "<=", "<")

    def flag(self, fact: str) -> Truth:
        """The fact is true."""
        code = self.facts[fact]
        return Truth(code, (Test(self._fact(fact).label, fact, code, "is", TRUE, code),))

    def among(self, fact: str, *choices: str) -> Truth:
        """The fact is one of these choices."""
        known = self._fact(fact).choices
        value = self.facts[fact]
        table = np.array([TRUE if choice in choices else FALSE for choice in known] + [UNKNOWN], dtype=np.int8)
        code = table[value]
        return Truth(code, (Test(self._fact(fact).label, fact, value, "in", ", ".join(choices), code),))

    def within(self, fact: str, group: str) -> Truth:
        """The member named by the fact is in a group, or in a set of groups, on the day of each row."""
        if (fact, group) not in self._within:
            register = self._fact(fact).register
            value = self.facts[fact]
            code = self.compiled.membership(register, group)[self.era, value]
            label = self.compiled.registers[register].label(group)
            self._within[fact, group] = Truth(code, (Test(self._fact(fact).label, fact, value, "in", label, code),))
        return self._within[fact, group]

    def named(self, fact: str, *members: str) -> Truth:
        """The member named by the fact is one of these."""
        register = self.compiled.registers[self._fact(fact).register]
        value = self.facts[fact]
        table = np.full(len(register.members), FALSE, dtype=np.int8)
        table[[register.code(member) for member in members]] = TRUE
        code = table[value]
        return Truth(code, (Test(self._fact(fact).label, fact, value, "in", ", ".join(members), code),))

    def holds(self, name: str) -> Truth:
        """An earlier provision of that name holds; its own tests are not repeated."""
        try:
            code = self.earlier[name].code
        except KeyError:
            raise CatalogError(
                f"A provision asks whether {name!r} holds, which no earlier provision decides."
            ) from None
        return Truth(code, (Test(name, "", code, "is", TRUE, code),))

    def _fact(self, name: str) -> Fact:
        return self.compiled.facts[name]

    def _against(self, fact: str, parameter: str, inclusive: str, exclusive: str) -> Truth:
        limit, is_inclusive = self.compiled.limit(parameter, self.era)
        comparison = inclusive if is_inclusive else exclusive
        parts = self._fact(fact).sum_of
        value = sum(self.facts[part] for part in parts) if parts else self.facts[fact]
        code = compare(value, comparison, limit)
        if parts and np.any(code == UNKNOWN):  # what is known of a sum is a lower bound of it
            least = sum(np.nan_to_num(self.facts[part]) for part in parts)
            beyond = compare(least, ">=" if comparison in (">=", "<") else ">", limit) == TRUE
            settled = np.int8(TRUE if comparison in (">=", ">") else FALSE)
            code = np.where((code == UNKNOWN) & beyond, settled, code)
        return Truth(code, (Test(self._fact(fact).label, fact, value, comparison, limit, code, parameter),))
