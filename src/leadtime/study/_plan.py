"""What a run is: a scenario, draws, a seed, a window of time, outputs. All that decides its results, and nothing else."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from leadtime import catalog
from leadtime.errors import OutOfRangeError
from leadtime.study._belief import check_belief, posterior
from leadtime.study._code import code_digest
from leadtime.study._draws import check_draws, check_seed
from leadtime.study._evaluator import Evaluator, evaluator
from leadtime.study._outputs import Label, check_outputs, labels
from leadtime.study._quarters import N_INTERVALS, bound_date, parse_quarter, quarter_label
from leadtime.study._scenarios import Scenario, scenario, scenario_from_data

VARIANT_OUTPUTS = (
    "lead_true_months", "lead_apparent_months", "lead_bought_months", "prc_used_h100e", "training_ratio", "serving_ratio",
    "prc_serving_h100e", "bite_training_frac", "bite_serving_frac",
)  # fmt: skip
"""What is computed again under every variant that a scenario file names."""

__all__ = ["Plan", "plan_from_data", "plan_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A run as it was asked for.

    Parameters
    ----------
    scenario : Scenario
    draws, seed : int
    first, last : int
        Intervals of the window that is kept, both included; the model always starts in 2022Q1.
    outputs : tuple of str
        Series that are kept.
    belief : {"posterior", "prior"}
        Where draws of the parameters come from.
    """

    scenario: Scenario
    draws: int
    seed: int
    first: int = 0
    last: int = N_INTERVALS - 1
    outputs: tuple[str, ...] = ()
    belief: str = "posterior"

    def evaluator(self) -> Evaluator:
        """Return the model of this scenario, made once per process."""
        return evaluator(self.scenario, self.outputs)

    def series(self) -> tuple[str, ...]:
        """Return the names of all series of the run: its outputs, and the headline outputs of each variant of the file."""
        return (
            *self.outputs,
            *(f"{name}@{variant}" for variant in self.scenario.variants for name in self.variant_outputs()),
        )

    def variant_outputs(self) -> tuple[str, ...]:
        """Return the outputs that are also computed under the variants of the scenario file."""
        return tuple(name for name in VARIANT_OUTPUTS if name in self.outputs)

    def variant(self, name: str) -> Evaluator:
        """Return the model of a variant of the scenario file."""
        parameters = {**self.scenario.parameters, **self.scenario.variants[name].parameters}
        return evaluator(replace(self.scenario, parameters=parameters, variants={}), self.variant_outputs())

    def label(self, name: str) -> Label:
        """Return what a series is."""
        return labels()[name.split("@")[0]]

    def n_rows(self, name: str) -> int:
        """Return the number of times of a series in the window."""
        return self.last - self.first + (1 if self.label(name).kind == "flow" else 2)

    def times(self, name: str) -> tuple[str, ...]:
        """Return the times of a series: days of the bounds for a stock, quarters for a flow."""
        rows = range(self.first, self.first + self.n_rows(name))
        if self.label(name).kind == "flow":
            return tuple(quarter_label(interval) for interval in rows)
        return tuple(bound_date(bound).isoformat() for bound in rows)

    def window(self, series: Mapping[str, Any]) -> dict[str, Any]:
        """Cut series over the whole horizon to the window."""
        return {name: values[self.first : self.first + self.n_rows(name)] for name, values in series.items()}

    def as_data(self) -> dict[str, Any]:
        """Return the plan as JSON values; two runs with equal plans have equal bits on one machine."""
        import leadtime

        return {
            "scenario": self.scenario.as_data(),
            "draws": self.draws,
            "seed": self.seed,
            "first": self.first,
            "last": self.last,
            "outputs": list(self.outputs),
            "belief": self.belief,
            "posterior": posterior().digest if self.belief == "posterior" else None,
            "version": leadtime.__version__,
            "data_version": catalog.data_version(),
            "code": code_digest(),
            "numpy": np.__version__,
            "inputs": self.evaluator().digest(),
        }


def plan_of(
    which: "str | Path | Mapping[str, Any] | Scenario",
    *,
    draws: int,
    seed: int,
    first: str | date | None = None,
    last: str | date | None = None,
    outputs: Sequence[str] | None = None,
    belief: str = "posterior",
) -> Plan:
    """Return a checked plan.

    Parameters
    ----------
    which : str, path, mapping or Scenario
    draws, seed : int
    first, last : str or date, optional
        Quarters of the window, both included; the whole horizon without them.
    outputs : sequence of str, optional
    belief : {"posterior", "prior"}
    """
    begin = 0 if first is None else parse_quarter(first)
    end = N_INTERVALS - 1 if last is None else parse_quarter(last)
    if end < begin:
        raise OutOfRangeError(
            f"The window ends ({quarter_label(end)}) before it starts ({quarter_label(begin)}).",
            hint="Exchange the two.",
        )
    return Plan(
        scenario=scenario(which),
        draws=check_draws(draws),
        seed=check_seed(seed),
        first=begin,
        last=end,
        outputs=check_outputs(outputs, draws),
        belief=check_belief(belief),
    )


def plan_from_data(data: Mapping[str, Any]) -> Plan:
    """Return the plan that a manifest holds."""
    numbers = {name: int(data[name]) for name in ("draws", "seed", "first", "last")}
    outputs = tuple(map(str, data["outputs"]))
    return Plan(
        scenario=scenario_from_data(data["scenario"]), outputs=outputs, belief=check_belief(data["belief"]), **numbers
    )
