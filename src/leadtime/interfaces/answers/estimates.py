"""Answers of the estimator: a training run, a service, the front of throughput against latency."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from leadtime.interfaces.answers._answer import Answer

if TYPE_CHECKING:
    from leadtime.chips import Chip
    from leadtime.workloads import ModelShape

__all__ = ["estimate", "front"]


def estimate(found: Mapping[str, Any], *, as_of: date | None) -> Answer:
    """Answer what a training run or a service takes; ``as_of`` is the day of its prices."""
    data = {name: value for name, value in found.items() if name != "sources"}
    return Answer(data=data, sources=found["sources"], as_of=as_of)


def front(model: "ModelShape", chip: "Chip", n_chips: int, points: Sequence[Mapping[str, Any]]) -> Answer:
    """Answer what a number of chips can serve at which latency."""
    data = {"model": model.name, "chip": chip.name, "n_chips": n_chips, "points": list(points)}
    return Answer(data=data, sources=set(chip.sources.values()))
