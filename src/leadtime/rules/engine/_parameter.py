"""A dated number of a law, with its bound and where it is written."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from leadtime.errors import CatalogError
from leadtime.rules.engine._dates import NEVER, Interval, day

__all__ = ["Parameter", "Reference", "Step", "parameters_of"]


@dataclass(frozen=True, slots=True)
class Reference:
    """Where something is written: a source id and the place in it."""

    source: str
    locator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A value from ``start`` until the next step; None says that there is no such limit in that time."""

    start: int
    value: float | None
    inclusive: bool = True
    """Whether a value equal to the limit meets the test in which the limit stands."""
    references: tuple[Reference, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A named number with its history."""

    name: str
    label: str
    unit: str
    description: str = ""
    history: tuple[Step, ...]

    def at(self, ordinal: int) -> Step | None:
        """Return the step in force on a day, or None before the first one."""
        found = None
        for step in self.history:
            if step.start <= ordinal:
                found = step
        return found

    def periods(self) -> tuple[tuple[Interval, Step], ...]:
        """Return each step with the period in which it holds."""
        ends = [step.start for step in self.history[1:]] + [NEVER]
        return tuple((Interval(step.start, end), step) for step, end in zip(self.history, ends, strict=True))

    def with_value(self, value: float | None, period: Interval, *, references: tuple[Reference, ...]) -> "Parameter":
        """Return a parameter that has another value during a period and is the same outside it."""
        inclusive = self.history[0].inclusive
        steps = [step for step in self.history if not period.start <= step.start < period.end]
        steps.append(Step(start=period.start, value=value, inclusive=inclusive, references=references, note="amended"))
        if period.end < NEVER and all(step.start != period.end for step in steps):
            back = self.at(period.end) or Step(start=period.end, value=None, inclusive=inclusive)
            steps.append(replace(back, start=period.end))
        return replace(self, history=tuple(sorted(steps, key=lambda step: step.start)))

    def carried_on(self, closed: int, until: Interval) -> "Parameter":
        """Return a parameter whose value before ``closed``, the day on which it was dropped, counts again in a period.

        The period may touch that day, and then the value is simply dropped later, or earlier. What was not dropped on that day is
        returned as it is.
        """
        closing = next((step for step in self.history if step.start == closed and step.value is None), None)
        before = self.at(closed - 1)
        if closing is None or before is None:
            return self
        if until.start > closed:
            back = replace(before, start=until.start, note="brought back")
            return replace(self, history=tuple(sorted((*self.history, back), key=lambda step: step.start)))._dropped(
                closing, until.end
            )
        kept = tuple(step for step in self.history if step is not closing and not until.end <= step.start < closed)
        return replace(self, history=kept)._dropped(closing, until.end)

    def _dropped(self, closing: Step, on: int) -> "Parameter":
        if on >= NEVER:
            return self
        return replace(
            self, history=tuple(sorted((*self.history, replace(closing, start=on)), key=lambda step: step.start))
        )


def references_of(rows: Any) -> tuple[Reference, ...]:
    """Read ``[{source: id, locator: text}]``."""
    return tuple(Reference(str(row["source"]), str(row.get("locator", ""))) for row in rows or ())


def parameters_of(topic: str, rows: Mapping[str, Any]) -> dict[str, Parameter]:
    """Read the ``parameters`` part of a topic's YAML file; names become ``topic.name``."""
    result = {}
    for short, row in rows.items():
        name = f"{topic}.{short}"
        try:
            history = tuple(
                Step(
                    start=day(start, name),
                    value=None if step["value"] is None else float(step["value"]),
                    inclusive={"inclusive": True, "exclusive": False}[step.get("bound", "inclusive")],
                    references=references_of(step["reference"]),
                    note=str(step.get("note", "")),
                )
                for start, step in sorted(row["history"].items(), key=lambda item: day(item[0], name))
            )
            result[name] = Parameter(
                name=name, label=row["label"], unit=row["unit"], description=row.get("description", ""), history=history
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise CatalogError(f"The parameter {name} is not complete: {error}.") from None
    return result
