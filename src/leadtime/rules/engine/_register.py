"""Who or what belongs to which group, and since when: countries in country groups, parties on lists."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from leadtime.arrays import Array
from leadtime.errors import CatalogError
from leadtime.rules.engine._dates import FIRST, NEVER, Interval
from leadtime.rules.engine._names import unknown_name

__all__ = ["GroupSet", "Membership", "Register"]


@dataclass(frozen=True, slots=True)
class Membership:
    """One member in one group during one period."""

    member: str
    group: str
    period: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSet:
    """A set that a text names by groups: in any of some and in none of others, or one of the members named."""

    name: str
    label: str
    any_of: tuple[str, ...] = ()
    none_of: tuple[str, ...] = ()
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """All members of one kind, with their dated memberships and the sets that texts make of them."""

    name: str
    noun: str = "member"
    members: tuple[str, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    """Name of each member in words."""
    memberships: tuple[Membership, ...] = ()
    sets: Mapping[str, GroupSet] = field(default_factory=dict)
    changed: tuple[tuple[Membership, bool], ...] = ()
    """Members put into a set (True) or taken out of it (False) by amendments."""

    def code(self, member: str) -> int:
        """Return the position of a member, or raise UnknownNameError with the nearest."""
        try:
            return self.members.index(member)
        except ValueError:
            raise unknown_name(self.noun, member, self.members) from None

    def dates(self) -> set[int]:
        """Return every day on which a membership starts or has ended."""
        rows = (*self.memberships, *(row for row, _ in self.changed))
        return {day for row in rows for day in (row.period.start, row.period.end) if FIRST < day < NEVER}

    def groups(self) -> tuple[str, ...]:
        """Return the names of all groups and sets."""
        return tuple(sorted({row.group for row in self.memberships} | set(self.sets)))

    def label(self, group: str) -> str:
        """Return a group or set in words."""
        return self.sets[group].label if group in self.sets else group

    def table(self, group: str, days: Array) -> Array:
        """Return which members belong to a group or set on which days.

        Parameters
        ----------
        group : str
            Name of a group or of a set.
        days : array of int, shape (n_days,)
            Ordinals in rising order.

        Returns
        -------
        array of bool, shape (n_days, n_members)
        """
        if group in self.sets:
            chosen = self.sets[group]
            result = self._listed(chosen.any_of, days) & ~self._listed(chosen.none_of, days)
            result[:, [self.code(member) for member in chosen.members]] = True
        elif group in self.groups():
            result = self._listed((group,), days)
        else:
            raise CatalogError(f"The register of {self.name} has no group {group!r}.")
        for row, belongs in self.changed:
            if row.group == group:
                result[_span(row.period, days), self.code(row.member)] = belongs
        return result

    def belongs(self, member: str, group: str, ordinal: int) -> bool:
        """Whether a member is in a group or a set on a day."""
        return bool(self.table(group, np.array([ordinal]))[0, self.code(member)])

    def changing(self, rows: Iterable[Membership], *, belongs: bool) -> "Register":
        """Return a register with members put into sets or taken out of them."""
        return replace(self, changed=(*self.changed, *((row, belongs) for row in rows)))

    def _listed(self, groups: tuple[str, ...], days: Array) -> Array:
        result = np.zeros((len(days), len(self.members)), dtype=bool)
        position = {member: index for index, member in enumerate(self.members)}
        for row in self.memberships:
            if row.group in groups:
                result[_span(row.period, days), position[row.member]] = True
        return result


def _span(period: Interval, days: Array) -> slice:
    return slice(int(np.searchsorted(days, period.start)), int(np.searchsorted(days, period.end)))
