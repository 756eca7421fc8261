"""Whole questions put to the model: scenarios, ensembles, comparisons; estimates and their accuracy.

>>> from leadtime import study
>>> run = study.simulate("baseline", draws=500, seed=1, last="2026Q4")
>>> run.headline()["lead_true_months_2025"]["unit"]
'month'
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from leadtime.study._check import check_scenario
    from leadtime.study._compare import Comparison, compare, load_comparison
    from leadtime.study._evaluator import Evaluator, evaluator
    from leadtime.study._gradients import Derivatives, derivatives, kinks
    from leadtime.study._levers import lever_table, parameter_table
    from leadtime.study._outputs import Label, default_outputs
    from leadtime.study._outputs import labels as output_labels
    from leadtime.study._policy import policy_of
    from leadtime.study._run import Run, load_run
    from leadtime.study._scenario_check import json_schema as scenario_schema
    from leadtime.study._scenario_new import new_scenario
    from leadtime.study._scenarios import Scenario, scenario, scenarios
    from leadtime.study._simulate import DEFAULT_DRAWS, DEFAULT_SEED, simulate
    from leadtime.study.measured import AccuracyReport, accuracy, accuracy_of_file

__all__ = [
    "DEFAULT_DRAWS",
    "DEFAULT_SEED",
    "AccuracyReport",
    "Comparison",
    "Derivatives",
    "Evaluator",
    "Label",
    "Run",
    "Scenario",
    "accuracy",
    "accuracy_of_file",
    "check_scenario",
    "compare",
    "default_outputs",
    "derivatives",
    "evaluator",
    "kinks",
    "lever_table",
    "load_comparison",
    "load_run",
    "new_scenario",
    "output_labels",
    "parameter_table",
    "policy_of",
    "scenario",
    "scenario_schema",
    "scenarios",
    "simulate",
]

_HOME = {
    "DEFAULT_DRAWS": ("_simulate", "DEFAULT_DRAWS"),
    "DEFAULT_SEED": ("_simulate", "DEFAULT_SEED"),
    "AccuracyReport": ("measured", "AccuracyReport"),
    "Comparison": ("_compare", "Comparison"),
    "Derivatives": ("_gradients", "Derivatives"),
    "Evaluator": ("_evaluator", "Evaluator"),
    "Label": ("_outputs", "Label"),
    "Run": ("_run", "Run"),
    "Scenario": ("_scenarios", "Scenario"),
    "accuracy": ("measured", "accuracy"),
    "accuracy_of_file": ("measured", "accuracy_of_file"),
    "check_scenario": ("_check", "check_scenario"),
    "compare": ("_compare", "compare"),
    "default_outputs": ("_outputs", "default_outputs"),
    "derivatives": ("_gradients", "derivatives"),
    "evaluator": ("_evaluator", "evaluator"),
    "kinks": ("_gradients", "kinks"),
    "lever_table": ("_levers", "lever_table"),
    "load_comparison": ("_compare", "load_comparison"),
    "load_run": ("_run", "load_run"),
    "new_scenario": ("_scenario_new", "new_scenario"),
    "output_labels": ("_outputs", "labels"),
    "parameter_table": ("_levers", "parameter_table"),
    "policy_of": ("_policy", "policy_of"),
    "scenario": ("_scenarios", "scenario"),
    "scenario_schema": ("_scenario_check", "json_schema"),
    "scenarios": ("_scenarios", "scenarios"),
    "simulate": ("_simulate", "simulate"),
}


def __getattr__(name: str) -> Any:
    if name in _HOME:
        module, inside = _HOME[name]
        return getattr(import_module(f"{__name__}.{module}"), inside)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
