"""The estimator against measurements: reading rows, scoring them, fitting efficiencies to a declared part of them.

>>> from leadtime.study.measured import accuracy
>>> report = accuracy("training", [{"model": "Llama-2-7B", "chip": "A100 80GB", "n_chips": "8", "tokens_per_s_per_gpu": "4000"}])
>>> report.overall.n
1
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadtime.study.measured._refit import RefitResult, refit, write_refit
    from leadtime.study.measured._report import (
        KEYS,
        AccuracyReport,
        Summary,
        accuracy,
        accuracy_of_file,
        grouped,
        summary,
    )
    from leadtime.study.measured._scoring import ScoredRow, read_rows, score_rows
    from leadtime.study.measured._serving_rows import ServingPoint, read_serving_row
    from leadtime.study.measured._training_rows import TrainingPoint, read_training_row

_HOME = {
    "KEYS": "_report",
    "AccuracyReport": "_report",
    "RefitResult": "_refit",
    "ScoredRow": "_scoring",
    "ServingPoint": "_serving_rows",
    "Summary": "_report",
    "TrainingPoint": "_training_rows",
    "accuracy": "_report",
    "accuracy_of_file": "_report",
    "grouped": "_report",
    "read_rows": "_scoring",
    "read_serving_row": "_serving_rows",
    "read_training_row": "_training_rows",
    "refit": "_refit",
    "score_rows": "_scoring",
    "summary": "_report",
    "write_refit": "_refit",
}
__all__ = [
    "KEYS",
    "AccuracyReport",
    "RefitResult",
    "ScoredRow",
    "ServingPoint",
    "Summary",
    "TrainingPoint",
    "accuracy",
    "accuracy_of_file",
    "grouped",
    "read_rows",
    "read_serving_row",
    "read_training_row",
    "refit",
    "score_rows",
    "summary",
    "write_refit",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
