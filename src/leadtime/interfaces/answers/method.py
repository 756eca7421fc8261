"""Answers about the method: errors of the estimator, calibration, hindcast, sensitivity."""

from datetime import date
from typing import TYPE_CHECKING

from leadtime.interfaces.answers._answer import Answer

if TYPE_CHECKING:
    from leadtime.study.calibration import Calibration, Hindcast
    from leadtime.study.measured import AccuracyReport
    from leadtime.study.sensitivity import Sensitivity

__all__ = ["accuracy", "calibration", "hindcast", "sensitivity"]


def accuracy(report: "AccuracyReport", *, with_rows: bool = True) -> Answer:
    """Answer how far off the estimator is; without rows, only what they amount to."""
    data = report.to_dict()
    return Answer(
        data=data if with_rows else {key: value for key, value in data.items() if key != "rows"},
        sources=report.source_ids,
    )


def calibration(found: "Calibration") -> Answer:
    """Answer what evidence did to the model, row by row and parameter by parameter."""
    return Answer(data=found.as_data(), sources=found.source_ids)


def hindcast(found: "Hindcast", *, as_of: date, seed: int) -> Answer:
    """Answer how the prediction from what was known by a day turned out."""
    return Answer(data=found.as_data(), sources=found.source_ids, as_of=as_of, seed=seed)


def sensitivity(found: "Sensitivity", *, seed: int) -> Answer:
    """Answer which parameters an answer hangs on and what would turn it around."""
    return Answer(data=found.as_data(), sources=found.source_ids, seed=seed)
