"""Whole questions to the estimator: training and serving with cost, energy and ranges; one at a time or by the thousand.

>>> from leadtime.study import estimator
>>> estimator.train("llama2-7b", "h100", n_chips=512, tokens=2e12)["feasible"]
True
"""

from leadtime.study.estimator._costs import CostBasis, Money, cost_basis, size_ratios
from leadtime.study.estimator._file import estimate_file, estimate_rows
from leadtime.study.estimator._front import pareto
from leadtime.study.estimator._infer import infer, infer_many
from leadtime.study.estimator._request import Demand, Deployment, InferQuestion, Limits, Request
from leadtime.study.estimator._train import TrainQuestion, train, train_many
from leadtime.study.estimator._workloads import compare_workloads, roofline

__all__ = [
    "CostBasis",
    "Demand",
    "Deployment",
    "InferQuestion",
    "Limits",
    "Money",
    "Request",
    "TrainQuestion",
    "compare_workloads",
    "cost_basis",
    "estimate_file",
    "estimate_rows",
    "infer",
    "infer_many",
    "pareto",
    "roofline",
    "size_ratios",
    "train",
    "train_many",
]
