"""Answers of the world model: what a scenario says, one run of it, several against the first."""

from typing import TYPE_CHECKING

from leadtime.interfaces.answers._answer import Answer

if TYPE_CHECKING:
    from leadtime.study import Comparison, Run, Scenario

__all__ = ["comparison", "outputs", "run", "scenario", "schema"]


def scenario(found: "Scenario") -> Answer:
    """Answer what a scenario sets, with all that it takes over."""
    return Answer(data=found.as_data(), sources=found.sources)


def outputs() -> Answer:
    """Answer which series a run can return."""
    from leadtime import study

    rows = [
        {"name": one.name, "unit": one.unit, "kind": one.kind, "title": one.title}
        for one in study.output_labels().values()
    ]
    return Answer(data=rows)


def schema() -> Answer:
    """Answer what may stand in a scenario document, and within which range."""
    from leadtime import study

    return Answer(data=study.scenario_schema())


def run(found: "Run") -> Answer:
    """Answer what one scenario comes to, quarter by quarter."""
    return Answer(data=found.as_data(), sources=found.source_ids, as_of=found.as_of, seed=found.plan.seed)


def comparison(found: "Comparison") -> Answer:
    """Answer what scenarios change against the first of them, on the same draws."""
    base = found.base
    return Answer(data=found.as_data(), sources=found.source_ids, as_of=base.as_of, seed=base.plan.seed)
