"""Sensitivity of the answers of a scenario: indices on priors and posterior, what flips a comparison, regret."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime import world
from leadtime.errors import BadInputError, OutOfRangeError
from leadtime.study._belief import VARIANT, variants_of_draws
from leadtime.study._draws import check_seed
from leadtime.study._evaluator import Evaluator, evaluator
from leadtime.study._outputs import check_outputs, labels, world_data
from leadtime.study._quarters import parse_quarter
from leadtime.study._scenarios import Scenario
from leadtime.study.sensitivity._flips import flips, regret
from leadtime.study.sensitivity._given import given_data_index
from leadtime.study.sensitivity._prim import Box, box_of
from leadtime.study.sensitivity._sobol import sobol

__all__ = ["DEFAULT_OUTPUTS", "Sensitivity", "sensitivity"]

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]
Which = str | Path | Mapping[str, Any] | Scenario

DEFAULT_OUTPUTS = ("lead_true_months", "serving_ratio", "bite_training_frac")
DEFAULT_AGAINST = "no_controls"
POINTS = 256
DRAWS = 8192
QUARTER = 0.25
"""Share of the draws that scenario discovery looks for unless it is told a difference."""
SHOWN = 0.005
"""Indices below this are noise and are left out of the list."""


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """Indices, flips and regret, as plain data."""

    scenario: str
    at: str
    outputs: tuple[str, ...]
    indices: tuple[dict[str, Any], ...]
    flips: tuple[dict[str, Any], ...]
    regret: tuple[dict[str, Any], ...]
    settings: Mapping[str, Any]
    source_ids: tuple[str, ...]
    discovery: tuple[dict[str, Any], ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Return what ``leadtime sensitivity --json`` prints as data."""
        return {
            "scenario": self.scenario,
            "at": self.at,
            "outputs": list(self.outputs),
            "indices": list(self.indices),
            "flips": list(self.flips),
            "regret": list(self.regret),
            "discovery": list(self.discovery),
            **self.settings,
        }


def sensitivity(
    which: Which = "baseline",
    *,
    outputs: Sequence[str] | None = None,
    against: Sequence[Which] = (DEFAULT_AGAINST,),
    at: str = "2027Q1",
    points: int = POINTS,
    draws: int = DRAWS,
    seed: int = 1,
    above: float | None = None,
    progress: Progress | None = None,
) -> Sensitivity:
    """Say which parameters and assumptions an answer hangs on.

    Parameters
    ----------
    which : str, path, mapping or Scenario
    outputs : sequence of str, optional
        Series; by default the true lead, the ratio of serving capacity and the bite on training.
    against : sequence of scenarios
        Compared with ``which`` draw by draw: what flips the ranking, and regret over all of them.
    at : str
        Quarter: flows of it, stocks at its start.
    points : int
        Base points of the Sobol design, rounded up to a power of 2.
    draws : int
        Draws of the posterior for the indices given data, for flips and regret.
    seed : int
    above : float, optional
        For scenario discovery: differences to a rival above this are what is looked for; by default those in the upper quarter.
    progress : callable, optional

    Returns
    -------
    Sensitivity
        ``discovery`` holds, for each output and rival, the box of inputs in which such differences are frequent; ``indices`` hold, for each output and parameter, the first and total Sobol index under the independent priors, and the share
        of the variance that the parameter explains under the posterior (``first_posterior``).
    """
    if not 8 <= points <= 65_536 or not 200 <= draws <= 200_000:
        raise OutOfRangeError(
            "The size of the study is not usable.", hint="Use 8 to 65,536 points and 200 to 200,000 draws."
        )
    if above is not None and not np.isfinite(above):
        raise OutOfRangeError(f"A difference above {above} is not usable.", hint="Use a finite number.")
    check_seed(seed)
    row = parse_quarter(at)
    names = check_outputs(tuple(outputs) if outputs else DEFAULT_OUTPUTS)
    base = evaluator(which, names)
    rivals = [evaluator(other, names) for other in against]
    taken = {base.scenario.name}
    for rival in rivals:
        if rival.scenario.name in taken:
            raise BadInputError(
                f"The scenario {rival.scenario.name} is compared with itself.", hint="Name another one with --against."
            )
        taken.add(rival.scenario.name)
    free = [place for place, prior in enumerate(base.priors) if prior.distribution != "F"]
    exponent = int(np.ceil(np.log2(points)))
    tell = progress or (lambda done, total: None)
    total = len(free) + 2 + 4 * (1 + len(against))
    steps = _Counter(tell, total)
    first, overall = sobol(_reader(base, free, names, row, steps), len(free), points=2**exponent, seed=seed)
    z = base.draws(seed, 0, draws)
    values = {base.scenario.name: _at(base(z), names, row)}
    steps.add(4)
    for rival in rivals:
        values[rival.scenario.name] = _at(rival(rival.draws(seed, 0, draws)), names, row)
        steps.add(4)
    given = np.stack(
        [given_data_index(z[free].astype(float), values[base.scenario.name][place]) for place in range(len(names))]
    )
    parameters = [base.names[place] for place in free]
    groups = _variants(seed, draws, base)
    inputs = {base.names[place]: np.asarray(base.priors[place].value(z[place]), float) for place in free}
    return Sensitivity(
        scenario=base.scenario.name,
        at=at,
        outputs=names,
        indices=tuple(_indices(names, parameters, first, overall, given)),
        flips=tuple(_flips(base.scenario.name, names, values, inputs, groups)),
        regret=tuple(_regret(names, values)),
        discovery=tuple(_discovery(base.scenario.name, names, values, inputs, groups, above)),
        settings={"points": 2**exponent, "draws": draws, "seed": seed},
        source_ids=tuple(sorted({source for name in names for source in labels()[name].source_ids})),
    )


class _Counter:
    """Counts steps for a progress bar."""

    def __init__(self, tell: Progress, total: int) -> None:
        self.tell, self.total, self.done = tell, total, 0

    def add(self, steps: int = 1) -> None:
        self.done = min(self.done + steps, self.total)
        self.tell(self.done, self.total)


def _reader(
    evaluate: Evaluator, free: Sequence[int], names: Sequence[str], row: int, steps: _Counter
) -> Callable[[Floats], Floats]:
    def read(z: Floats) -> Floats:
        whole = np.zeros((len(evaluate.names), z.shape[1]), np.float32)
        whole[list(free)] = z
        steps.add()
        return _at(evaluate(whole), names, row)

    return read


def _at(found: Mapping[str, Any], names: Sequence[str], row: int) -> Floats:
    return np.stack([np.asarray(found[name][row], float) for name in names])


def _variants(seed: int, draws: int, base: Evaluator) -> dict[str, NDArray[np.bool_]]:
    if "spillover_variant" in base.scenario.parameters:
        return {}
    chosen = variants_of_draws(seed, draws)
    return {name: chosen == place for place, name in enumerate(world.variant_weights(world_data().constants))}


def _indices(
    names: Sequence[str], parameters: Sequence[str], first: Floats, total: Floats, given: Floats
) -> list[dict[str, Any]]:
    found = []
    for place, name in enumerate(names):
        rows: list[dict[str, Any]] = [
            {
                "output": name,
                "parameter": parameter,
                "first": _number(first[place, column]),
                "total": _number(total[place, column]),
                "first_posterior": _number(given[place, column]),
            }
            for column, parameter in enumerate(parameters)
        ]
        rows = [row for row in rows if max(row["total"] or 0.0, row["first_posterior"] or 0.0) > SHOWN]
        found += sorted(rows, key=lambda row: -(row["total"] or 0.0))
    return found


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _flips(
    base: str,
    names: Sequence[str],
    values: Mapping[str, Floats],
    inputs: Mapping[str, Floats],
    groups: Mapping[str, NDArray[np.bool_]],
) -> list[dict[str, Any]]:
    """Return what turns each comparison around, and the five assumptions that move it most."""
    found = []
    for place, name in enumerate(names):
        for other in values:
            if other == base:
                continue
            difference = values[base][place] - values[other][place]
            rows = flips(difference, inputs, groups)
            kept = [row for row in rows if row["flips"]] or rows[:5]
            overall = float(np.median(difference))
            found += [
                {"output": name, "scenario": base, "against": other, "overall_median": overall, **row} for row in kept
            ]
    return found


def _discovery(
    base: str,
    names: Sequence[str],
    values: Mapping[str, Floats],
    inputs: Mapping[str, Floats],
    groups: Mapping[str, NDArray[np.bool_]],
    above: float | None,
) -> list[dict[str, Any]]:
    """Return, for each output and rival, in which part of the space of inputs the difference is large."""
    numbers = {name: drawn for name, drawn in inputs.items() if np.ptp(drawn) > 0 and not (groups and name == VARIANT)}
    words = {"spillover variant": np.array(list(groups))[np.stack(list(groups.values())).argmax(axis=0)]} if groups else {}  # fmt: skip
    found = []
    for place, name in enumerate(names):
        for other in values:
            if other == base:
                continue
            difference = values[base][place] - values[other][place]
            limit = float(np.quantile(difference, 1 - QUARTER)) if above is None else above
            interest = difference > limit
            box = box_of(numbers, interest, words=words)
            found.append(
                {
                    "output": name,
                    "scenario": base,
                    "against": other,
                    "above": limit,
                    "unit": labels()[name].unit,
                    "interest_frac": float(interest.mean()),
                    "box": None if box is None else _box_data(*box),
                }
            )
    return found


def _box_data(box: Box, chance: Mapping[str, float]) -> dict[str, Any]:
    """Return a box as plain data, the limits that hang least on chance first."""
    limits: list[dict[str, Any]] = [
        {"parameter": name, "low": _number(low), "high": _number(high), "values": None, "chance": chance[name]}
        for name, (low, high) in box.limits.items()
    ]
    limits += [
        {"parameter": name, "low": None, "high": None, "values": list(values), "chance": chance[name]}
        for name, values in box.kept.items()
    ]
    return {
        "limits": sorted(limits, key=lambda row: row["chance"]),
        "density_frac": box.density_frac,
        "coverage_frac": box.coverage_frac,
        "mass_frac": box.mass_frac,
    }


def _regret(names: Sequence[str], values: Mapping[str, Floats]) -> list[dict[str, Any]]:
    if len(values) < 2:
        return []
    found = []
    for place, name in enumerate(names):
        rows = regret({scenario: part[place] for scenario, part in values.items()})
        found += [{"output": name, "larger_is_better": True, **row} for row in rows]
    return found
