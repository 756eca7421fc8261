"""Derivatives of outputs with respect to parameters and levers, draw by draw: by JAX, or by differences on the same draws.

A draw is a deterministic run, so an output has a derivative in every draw for itself. On JAX the source of the model gives it exactly
(forward mode); differences move the input up and down on NumPy and need nothing else. Both agree where the model is smooth. It is not
smooth everywhere: a market that starts to clear, a budget that reaches its limit, a store that binds instead of a plan are kinks
(``min``, ``max``, ``where``), and a date or a share that decides which branch a draw takes (``spillover_variant``,
``import_reopens``) is a jump. At a kink the gradient is that of one side, or the mean of both where the two sides are exactly equal;
across a jump it is nil, for within a branch the input does nothing, whereas a difference that spans it is as large as the step is small.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime import world
from leadtime.arrays import Array
from leadtime.errors import BadInputError, OutOfRangeError, UnknownNameError
from leadtime.study._draws import check_draws, check_seed
from leadtime.study._evaluator import Evaluator, evaluator
from leadtime.study._jax import in_double, jax_for
from leadtime.study._scenarios import Scenario

__all__ = ["LEVERS", "Derivatives", "derivatives", "kinks"]

Floats = NDArray[np.float64]
Which = str | Path | Mapping[str, Any] | Scenario

LEVERS = {
    "budget": "demand_multiplier",
    "domestic_production": "plan_multiplier",
    "offshore_cloud": "offshore",
    "leakage": "leakage",
}
"""Levers with a derivative, by their name in scenarios: factors at all dates, 1 where the scenario stands."""
METHODS = ("gradient", "differences")
STEP = 1e-5
MAX_DRAWS = 20_000


@dataclass(frozen=True, kw_only=True, eq=False)
class Derivatives:
    """Outputs and their derivatives, all of shape (time, draw): 45 rows for stocks, 44 for flows.

    Parameters
    ----------
    scenario : str
    how : {"gradient", "differences"}
    values : mapping of str to ndarray
        Outputs.
    slopes : mapping of str to mapping of str to ndarray
        By output and by what was moved: unit of the output per unit of the parameter, or per factor of the lever.
    inputs : mapping of str to ndarray, shape (draw,)
        Where each parameter stands; 1 for a lever.
    """

    scenario: str
    how: str
    values: Mapping[str, Floats] = field(repr=False)
    slopes: Mapping[str, Mapping[str, Floats]] = field(repr=False)
    inputs: Mapping[str, Floats] = field(repr=False)

    def elasticity(self, output: str, name: str) -> Floats:
        """Return the relative change of an output per relative change of a parameter or lever; NaN where the output is nil."""
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = self.slopes[output][name] * self.inputs[name] / self.values[output]
        return found


def derivatives(
    which: Which = "baseline",
    *,
    outputs: Sequence[str],
    by: Sequence[str],
    draws: int = 256,
    seed: int = 1,
    belief: str = "posterior",
    how: str = "gradient",
    step: float = STEP,
) -> Derivatives:
    """Return derivatives of outputs with respect to parameters or levers, on the draws of an ensemble.

    Parameters
    ----------
    which : str, path, mapping or Scenario
    outputs : sequence of str
        Series; see :func:`leadtime.study.output_labels`.
    by : sequence of str
        Uncertain parameters of the world, or levers: ``budget``, ``domestic_production``, ``offshore_cloud``, ``leakage``.
    draws, seed : int
        The same draws as in a run with this seed.
    belief : {"posterior", "prior"}
    how : {"gradient", "differences"}
        ``gradient`` needs the extra ``jax``; ``differences`` moves each input up and down by ``step`` of its value.
    step : float
        Relative step of the differences.

    Returns
    -------
    Derivatives
        In double precision.

    Raises
    ------
    UnknownNameError
        For an output, parameter or lever that does not exist.
    MissingExtraError
        If a gradient is asked for and JAX is not installed.

    Examples
    --------
    >>> found = derivatives(outputs=["prc_used_h100e"], by=["budget"], draws=8, how="differences")
    >>> found.elasticity("prc_used_h100e", "budget").shape
    (45, 8)
    """
    if how not in METHODS:
        raise UnknownNameError(f"Derivatives are not found by {how!r}.", hint=f"Methods: {', '.join(METHODS)}.")
    if not outputs or not by:
        raise BadInputError("A derivative needs an output and something to move.", hint="Name at least one of each.")
    if not 1e-9 <= step <= 0.5:
        raise OutOfRangeError(f"A step of {step:g} is not usable.", hint="Use 1e-9 to 0.5.")
    if check_draws(draws) > MAX_DRAWS:
        raise OutOfRangeError(f"{draws:,} draws are too many.", hint=f"Use up to {MAX_DRAWS:,}.")
    evaluate = evaluator(which, tuple(outputs))
    names = tuple(dict.fromkeys(by))
    _fail_if_unknown(names, evaluate)
    z = evaluate.draws(check_seed(seed), 0, draws, belief).astype(np.float64)
    point = _Point({name: np.asarray(values, float) for name, values in world.sample(evaluate.priors, z).items()})
    values, slopes = _by_jax(evaluate, point, names) if how == "gradient" else _by_steps(evaluate, point, names, step)
    return Derivatives(
        scenario=evaluate.scenario.name,
        how=how,
        values=values,
        slopes=slopes,
        inputs={name: point.at(name, draws) for name in names},
    )


def kinks(
    which: Which = "baseline",
    *,
    output: str,
    by: Sequence[str],
    row: int,
    steps: Sequence[float] = (1e-2, 1e-3, 1e-4, 1e-5),
    tolerance: float = 1e-3,
    **settings: Any,
) -> list[dict[str, Any]]:
    """Say how often differences leave the gradient, by size of step; needs the extra ``jax``.

    At a smooth point the two agree ever better as the step shrinks. Draws with a kink inside the step do not, and their share shrinks
    with it; what stays apart at every step is a jump, or a point that stands on a kink.

    Parameters
    ----------
    which : str, path, mapping or Scenario
    output : str
    by : sequence of str
    row : int
        Row of the series that is looked at.
    steps : sequence of float
        Relative steps, largest first.
    tolerance : float
        Difference of the two that counts, relative to the larger of the slope and a thousandth of the output per input.
    **settings
        ``draws``, ``seed``, ``belief``.

    Returns
    -------
    list of dict
        For each input ``name``, the median elasticity by gradient and ``apart_frac``, the share of draws apart at each step.
    """
    exact = derivatives(which, outputs=(output,), by=by, **settings)
    found: list[dict[str, Any]] = []
    moved = [derivatives(which, outputs=(output,), by=by, how="differences", step=step, **settings) for step in steps]
    for name in exact.inputs:
        slope = exact.slopes[output][name][row]
        least = 1e-3 * np.abs(exact.values[output][row] / np.where(exact.inputs[name] == 0, 1, exact.inputs[name]))
        apart = []
        for one in moved:
            numeric = one.slopes[output][name][row]
            scale = np.maximum(np.maximum(np.abs(slope), np.abs(numeric)), least)
            apart.append(float((np.abs(numeric - slope) > tolerance * scale).mean()))
        elasticity = float(np.median(exact.elasticity(output, name)[row]))
        found.append({"name": name, "elasticity": elasticity, "apart_frac": dict(zip(steps, apart, strict=True))})
    return found


class _Point(dict[str, Floats]):
    """Values of all parameters at which derivatives are taken."""

    def at(self, name: str, draws: int) -> Floats:
        """Return where an input stands: a parameter at its value, a lever at 1."""
        return np.ones(draws) if name in LEVERS else self[name]

    def moved(self, name: str, by: Floats) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return parameters and factors with one input moved by an amount per draw."""
        if name in LEVERS:
            return dict(self), {LEVERS[name]: 1 + by}
        return {**self, name: self[name] + by}, {}


def _fail_if_unknown(names: Sequence[str], evaluate: Evaluator) -> None:
    known = {prior.id: prior for prior in evaluate.priors}
    for name in names:
        if name in LEVERS:
            continue
        if name not in known:
            raise UnknownNameError.among("parameter", name, (*known, *LEVERS))
        if known[name].distribution == "F":
            raise BadInputError(f"The parameter {name} is fixed.", hint="Name one that is uncertain, or a lever.")


def _by_steps(
    evaluate: Evaluator, point: _Point, names: Sequence[str], step: float
) -> tuple[dict[str, Floats], dict[str, dict[str, Floats]]]:
    """Return outputs and central differences."""
    values = evaluate.of_values(point)
    slopes: dict[str, dict[str, Floats]] = {name: {} for name in values}
    draws = len(next(iter(point.values())))
    for name in names:
        at = point.at(name, draws)
        by = step * np.where(at == 0, 1.0, np.abs(at))
        up, down = (
            evaluate.of_values(moved, factors=factors)
            for moved, factors in (point.moved(name, sign * by) for sign in (1, -1))
        )
        for output in values:
            slopes[output][name] = (up[output] - down[output]) / (2 * by)
    return values, slopes


def _by_jax(
    evaluate: Evaluator, point: _Point, names: Sequence[str]
) -> tuple[dict[str, Floats], dict[str, dict[str, Floats]]]:
    """Return outputs and exact derivatives, one forward pass per input and all draws at once: a draw knows nothing of the others."""
    jax = jax_for("A gradient")
    draws = len(next(iter(point.values())))
    levers = [LEVERS[name] for name in names if name in LEVERS]
    with in_double(jax):
        xp = jax.numpy
        base = ({key: xp.asarray(values) for key, values in point.items()}, {lever: xp.ones(draws) for lever in levers})

        def outputs(values: dict[str, Array], factors: dict[str, Array]) -> dict[str, Array]:
            return evaluate.of_values(values, factors=factors)

        forward = jax.jit(lambda at, towards: jax.jvp(outputs, at, towards))
        still = jax.tree_util.tree_map(xp.zeros_like, base)
        values: dict[str, Floats] = {}
        slopes: dict[str, dict[str, Floats]] = {}
        for name in names:
            parameters, factors = dict(still[0]), dict(still[1])
            if name in LEVERS:
                factors[LEVERS[name]] = xp.ones(draws)
            else:
                parameters[name] = xp.ones(draws)
            found, slope = forward(base, (parameters, factors))
            for output in found:
                values.setdefault(output, np.asarray(found[output], float))
                slopes.setdefault(output, {})[name] = np.asarray(slope[output], float)
    return values, slopes
