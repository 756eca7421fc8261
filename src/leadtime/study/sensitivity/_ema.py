"""Our ensembles in the layout of the EMA Workbench: parameters as uncertainties, levers as levers, draws as experiments.

The workbench runs a model once per experiment; here an array of experiments is one call, and what comes back is what its PRIM, feature
scoring, logistic regression and robustness metrics read: a data frame of experiments and a mapping of outcomes.

References
----------
Kwakkel (2017), the Exploratory Modeling Workbench, Environmental Modelling & Software 96.
"""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime import world
from leadtime.errors import BadInputError, MissingExtraError, OutOfRangeError, UnknownNameError
from leadtime.study._draws import check_draws, check_seed
from leadtime.study._evaluator import Evaluator, evaluator
from leadtime.study._gradients import LEVERS
from leadtime.study._levers import lever_table
from leadtime.study._quarters import parse_quarter
from leadtime.study._scenarios import Scenario

__all__ = ["ema_evaluate", "ema_parameters", "ema_results"]

Floats = NDArray[np.float64]
Which = str | Path | Mapping[str, Any] | Scenario

SPAN = 0.998
"""Probability of the range of an uncertainty that has no ends."""
BESIDE = ("scenario", "policy", "model")
"""Columns of experiments that say which one it is and vary nothing."""
BLOCK = 4096


def ema_parameters(which: Which = "baseline") -> tuple[list[Any], list[Any]]:
    """Return uncertainties and levers of a scenario as parameters of the EMA Workbench.

    Parameters
    ----------
    which : str, path, mapping or Scenario

    Returns
    -------
    uncertainties, levers : list of RealParameter
        An uncertainty spans the central 99.8 % of its prior. The workbench samples evenly between the ends, so a design of its own
        explores and does not weigh; :func:`ema_results` draws from posterior or prior. A lever is a factor on the scenario's value.

    Raises
    ------
    MissingExtraError
        If the EMA Workbench is not installed.
    """
    real = _ema().RealParameter
    edge = NormalDist().inv_cdf(0.5 + SPAN / 2)
    uncertainties = []
    for prior in evaluator(which, ("prc_used_h100e",)).priors:
        if prior.distribution != "F":
            low, high = (float(end) for end in prior.value(np.array([-edge, edge])))
            uncertainties.append(real(prior.id, low, high))
    ends = {row["name"]: (float(row["low"]), float(row["high"])) for row in lever_table() if row["name"] in LEVERS}
    return uncertainties, [real(name, *ends[name]) for name in LEVERS]


def ema_results(
    scenarios: Sequence[Which] = ("baseline", "no_controls"),
    *,
    outputs: Sequence[str],
    at: str | None = None,
    draws: int = 1000,
    seed: int = 1,
    belief: str = "posterior",
) -> tuple[Any, dict[str, Floats]]:
    """Return an ensemble as the workbench returns results: every scenario is a policy, every draw a scenario in its sense.

    Parameters
    ----------
    scenarios : sequence of scenarios
        Run on the same draws, so that policies are crossed with scenarios as the workbench does it.
    outputs : sequence of str
    at : str, optional
        Quarter: outcomes are scalars, shape (experiment,). Without it they are series, shape (experiment, time).
    draws, seed : int
    belief : {"posterior", "prior"}

    Returns
    -------
    experiments : pandas.DataFrame
        Uncertain parameters by name, then ``scenario``, ``policy`` and ``model``.
    outcomes : dict of str to ndarray
    """
    pandas: Any = _needed("pandas")
    if not scenarios:
        raise BadInputError("No scenario was named.", hint="Name at least one.")
    check_draws(draws)
    parts, found = [], []
    for which in scenarios:
        evaluate = evaluator(which, tuple(outputs))
        z = evaluate.draws(check_seed(seed), 0, draws, belief)
        values = world.sample(evaluate.priors, z)
        varying = {
            prior.id: np.asarray(values[prior.id], float) for prior in evaluate.priors if prior.distribution != "F"
        }
        parts.append(
            pandas.DataFrame(varying).assign(scenario=np.arange(draws), policy=evaluate.scenario.name, model="leadtime")
        )
        found.append(_chosen(evaluate(z), at))
    experiments = pandas.concat(parts, ignore_index=True)
    for name in BESIDE:
        experiments[name] = experiments[name].astype("category")
    return experiments, {name: np.concatenate([part[name] for part in found]) for name in found[0]}


def ema_evaluate(
    experiments: Any, *, outputs: Sequence[str], which: Which = "baseline", at: str | None = None
) -> dict[str, Floats]:
    """Return the outcomes of experiments that the workbench designed, all at once.

    Parameters
    ----------
    experiments : pandas.DataFrame
        A column per uncertainty or lever; parameters without a column stand at the middle of their prior, levers at 1.
    outputs : sequence of str
    which : str, path, mapping or Scenario
    at : str, optional
        As for :func:`ema_results`.

    Returns
    -------
    dict of str to ndarray, shape (experiment,) or (experiment, time)
    """
    evaluate = evaluator(which, tuple(outputs))
    n = len(experiments)
    if not n:
        raise BadInputError("There are no experiments.", hint="Give a data frame with at least one row.")
    columns = {name: np.asarray(experiments[name], float) for name in experiments.columns if name not in BESIDE}
    _fail_if_unusable(columns, evaluate)
    middle = {prior.id: float(prior.value(np.zeros(1))[0]) for prior in evaluate.priors}
    found: list[dict[str, Floats]] = []
    for start in range(0, n, BLOCK):
        part = {name: values[start : start + BLOCK] for name, values in columns.items()}
        size = min(BLOCK, n - start)
        values = {name: part.get(name, np.full(size, number)) for name, number in middle.items()}
        factors = {LEVERS[name]: values_of for name, values_of in part.items() if name in LEVERS}
        found.append(_chosen(evaluate.of_values(values, factors=factors), at))
    return {name: np.concatenate([one[name] for one in found]) for name in found[0]}


def _fail_if_unusable(columns: Mapping[str, Floats], evaluate: Evaluator) -> None:
    known = (*evaluate.names, *LEVERS)
    for name, values in columns.items():
        if name not in known:
            raise UnknownNameError.among("parameter", name, known)
        if not np.isfinite(values).all():
            raise OutOfRangeError(f"The column {name} holds a value that is not finite.", hint="Fill or drop the row.")
        if name in LEVERS and values.min() < 0:
            raise OutOfRangeError(f"The lever {name} is negative in some rows.", hint="A lever is a factor from 0 on.")


def _chosen(found: Mapping[str, Any], at: str | None) -> dict[str, Floats]:
    """Return outcomes with experiments first, at one quarter or over all."""
    if at is None:
        return {name: np.asarray(values, float).T for name, values in found.items()}
    row = parse_quarter(at)
    return {name: np.asarray(values[row], float) for name, values in found.items()}


def _needed(module: str) -> Any:
    try:
        return import_module(module)
    except ImportError:
        raise MissingExtraError.of("ema", "The layout of the EMA Workbench") from None


def _ema() -> Any:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells of optional parts that are not installed
        return _needed("ema_workbench")
