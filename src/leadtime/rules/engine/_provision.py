"""A provision: a marked pure function of a case, with its effect, its paragraph and the days on which its text stands."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from leadtime.rules.engine._codes import Outcome, Review
from leadtime.rules.engine._dates import FIRST, NEVER, Interval, day
from leadtime.rules.engine._parameter import Reference
from leadtime.rules.engine._truth import Truth

if TYPE_CHECKING:
    from leadtime.rules.engine._case import Case

__all__ = [
    "Classifies",
    "Defines",
    "Effect",
    "Informs",
    "Lifts",
    "Provision",
    "Requires",
    "Reviews",
    "Rule",
    "provision",
]


@dataclass(frozen=True, slots=True)
class Classifies:
    """Where the provision holds, the item falls under this entry of the control list."""

    eccn: str


@dataclass(frozen=True, slots=True)
class Defines:
    """The provision settles something that others build on, and has no effect of its own."""


@dataclass(frozen=True, slots=True)
class Requires:
    """Where the provision holds, the transaction needs a licence.

    A background requirement (an embargo, an end-use rule for all goods) is older and wider than the controls the book
    is about: it decides outcomes, but a date on which nothing else exists still reads as "not in force".
    """

    background: bool = False


@dataclass(frozen=True, slots=True)
class Lifts:
    """Where the provision holds, the named requirements ask no more than ``to``."""

    exception: str
    of: tuple[str, ...]
    to: Outcome = Outcome.NOT_REQUIRED


@dataclass(frozen=True, slots=True)
class Reviews:
    """Where the provision holds, applications under the named requirements are decided by this policy.

    Of several that hold for one requirement, the first in the order of the book counts.
    """

    policy: Review
    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Informs:
    """Where the provision holds, the answer carries this remark; it changes no outcome."""

    text: str
    also_if_unknown: bool = False


Effect = Classifies | Defines | Requires | Lifts | Reviews | Informs


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The instrument that brought provisions in: its dates stand apart, because they answer different questions."""

    name: str
    label: str
    citation: str
    announced: int | None = None
    published: int | None = None
    effective: int = FIRST
    """First day on which the text is law."""
    compliance: int | None = None
    """First day from which the agency expects compliance, where later than ``effective``."""
    suspended: tuple[Interval, ...] = ()
    """Stays by rule: not in force in the text either."""
    unenforced: tuple[Interval, ...] = ()
    """Periods in which the text stands and the agency says that it does not enforce it."""
    practice: bool = False
    """What the agency does without writing it down: no part of the text."""
    phases: tuple[int, ...] = ()
    """Later days on which further parts of it took effect; an amendment that moves the instrument moves them with it."""
    places: tuple[str, ...] = ()
    """Countries that it moved from one group to another on its first day."""
    ended: int | None = None
    """First day on which an amendment has taken it off the books."""
    references: tuple[Reference, ...] = ()
    verified: str = "primary"
    """``primary``, ``quoted``, ``secondary`` or ``unverified``: the best text that was read."""

    def in_force(self, ordinal: int, posture: str) -> bool:
        """Whether the instrument counts on a day under a posture."""
        if ordinal < self.effective or any(ordinal in period for period in self.suspended):
            return False
        if self.ended is not None and ordinal >= self.ended:
            return False
        if posture == "text":
            return not self.practice
        return ordinal >= (self.compliance or self.effective) and not any(
            ordinal in period for period in self.unenforced
        )

    def dates(self) -> set[int]:
        """Return every day on which the standing of the instrument changes."""
        ends = {day for period in (*self.suspended, *self.unenforced) for day in (period.start, period.end)}
        days = {self.effective, self.compliance or self.effective, self.ended or FIRST, *ends}
        return {day for day in days if FIRST < day < NEVER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """One dated piece of law.

    Two eras may share a public ``name``; ``start`` tells them apart. ``until`` names rules that displace the provision
    as long as they are themselves in force under the posture asked about. ``replaced_by`` names the rule that took its place
    on the day it ended: an amendment that delays or ends that rule brings it back, with the limits that ended with it.
    ``ahead_of`` names the rule that it only brought forward: delaying that rule prolongs it, ending that rule does not bring it back.
    """

    name: str
    rule: str
    effect: Effect
    kinds: tuple[str, ...]
    cites: str
    holds: "Callable[[Case], Truth]"
    summary: str
    period: Interval
    until: tuple[str, ...] = ()
    replaced_by: str | None = None
    ahead_of: str | None = None
    precedence: int = 0
    """Of several policies for one requirement, the highest precedence is asked first, then the order of the book."""

    @property
    def key(self) -> str:
        """Unique name: the public name, with the first day of its era."""
        return f"{self.name}@{date.fromordinal(self.period.start).isoformat()}"

    def __call__(self, case: "Case") -> Truth:
        return self.holds(case)


def provision(
    name: str,
    effect: Effect,
    *,
    rule: str,
    start: str,
    cites: str,
    end: str | None = None,
    kinds: tuple[str, ...] = ("chip",),
    until: tuple[str, ...] = (),
    replaced_by: str | None = None,
    ahead_of: str | None = None,
) -> "Callable[[Callable[[Case], Truth]], Provision]":
    """Mark a function of a case as a provision.

    Parameters
    ----------
    name : str
        Public name, shared by the eras of one provision.
    effect : Effect
        What follows where it holds.
    rule : str
        The instrument that brought it in.
    start, end : str
        ISO dates of the text: first day, and first day on which it no longer stands.
    cites : str
        The paragraph.
    kinds : tuple of str
        Kinds of item to which it can apply.
    until : tuple of str
        Rules that displace it while they are in force.
    replaced_by : str, optional
        The rule whose text took its place at ``end``.
    ahead_of : str, optional
        The rule that it brought forward, and that took effect at ``end``.
    """
    period = Interval(day(start, name), NEVER if end is None else day(end, name))

    def mark(function: "Callable[[Case], Truth]") -> Provision:
        summary = " ".join((function.__doc__ or "").split("\n\n")[0].split())
        return Provision(
            name=name,
            rule=rule,
            effect=effect,
            kinds=kinds,
            cites=cites,
            holds=function,
            summary=summary,
            period=period,
            until=until,
            replaced_by=replaced_by,
            ahead_of=ahead_of,
        )

    return mark
