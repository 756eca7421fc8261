"""The model as calibration sees it: what a draw says to each target, and how likely the evidence is under it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from leadtime import world
from leadtime.arrays import Array, namespace
from leadtime.errors import OutOfRangeError
from leadtime.study._evaluator import Evaluator, evaluator
from leadtime.study.calibration._targets import Target, last_interval, model_values, needed_outputs

__all__ = ["Model", "log_density", "model_of"]

FREEDOM = 4
"""Degrees of freedom of the Student distribution of residuals: one row far off costs little more than one that is just off."""
BLOCK = 2048
FIRST_CUT = date(2023, 12, 31)

Draws = NDArray[np.float64]
_NORM = math.lgamma((FREEDOM + 1) / 2) - math.lgamma(FREEDOM / 2) - 0.5 * math.log(FREEDOM * math.pi)


@dataclass(frozen=True)
class Model:
    """The baseline, with supply known up to a year, read at some targets.

    Parameters
    ----------
    evaluate : Evaluator
    data : WorldData
    targets : tuple of Target
        What is read; the likelihood takes a part of them.
    """

    evaluate: Evaluator
    data: world.WorldData
    targets: tuple[Target, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, one per row of draws."""
        return self.evaluate.names

    @cached_property
    def free(self) -> tuple[int, ...]:
        """Rows of the parameters that move any target, found by moving each of them up and down from a few draws."""
        rng = np.random.default_rng(0)
        base = rng.standard_normal((len(self.names), 24)).astype(np.float32)
        reference = self._stack(base)
        found = []
        for row, prior in enumerate(self.evaluate.priors):
            if prior.distribution == "F":
                continue
            moved = base.copy()
            moved[row] = np.where(base[row] > 0, -1.5, 1.5)
            if np.nanmax(np.abs(self._stack(moved) - reference)) > 1e-4:
                found.append(row)
        return tuple(found)

    def _stack(self, z: NDArray[np.float32]) -> Draws:
        values = self.read(z)
        return np.stack([target.on_scale(values[target.id]) for target in self.targets])

    def read(self, z: NDArray[np.float32]) -> dict[str, Draws]:
        """Return what draws say to every target, shape (draw,) each."""
        parts = [self._read_block(z[:, start : start + BLOCK]) for start in range(0, z.shape[1], BLOCK)]
        return {target.id: np.concatenate([part[target.id] for part in parts]) for target in self.targets}

    def _read_block(self, z: Array) -> dict[str, Draws]:
        parameters = world.sample(self.evaluate.priors, z)
        series = world.run(
            parameters,
            self.evaluate.policy,
            data=self.data,
            outputs=needed_outputs(self.targets),
            last=last_interval(self.targets),
        )
        return model_values(self.targets, series, parameters)

    def log_terms(self, read: Mapping[str, Draws], chosen: tuple[Target, ...]) -> Draws:
        """Return the log-likelihood of each chosen target, shape (target, draw), weighted by its power."""
        xp = namespace(*read.values())
        terms: Draws = xp.stack([target.power * log_density(target, read[target.id]) for target in chosen])
        return terms

    def log_likelihood(self, z: Array, chosen: tuple[Target, ...]) -> Array:
        """Return the log-likelihood of the chosen targets at standard normal draws of all parameters, shape (draw,), in one block."""
        terms = self.log_terms(self._read_block(z), chosen)
        return terms.sum(axis=0)


def log_density(target: Target, values: Draws) -> Draws:
    """Return the log-likelihood of a target under model values: Student on its scale, or the probability of a bound."""
    xp = namespace(values)
    residual = (target.on_scale(values) - target.on_scale(np.asarray(target.value.central))) / target.sd
    if target.bound == "lower":
        found: Draws = xp.log(xp.maximum(_student_cdf(residual), 1e-12))
    elif target.bound == "upper":
        found = xp.log(xp.maximum(_student_cdf(-residual), 1e-12))
    else:
        found = _NORM - math.log(target.sd) - (FREEDOM + 1) / 2 * xp.log1p(residual**2 / FREEDOM)
    kept: Draws = xp.where(xp.isfinite(found), found, -1e3)
    return kept


def _student_cdf(t: Array) -> Array:
    """Return the distribution function of the Student distribution of residuals; on JAX by its closed form for 4 degrees of freedom."""
    xp = namespace(t)
    if xp is np:
        return stdtr(FREEDOM, t)
    scaled = t / xp.sqrt(4 + t**2)
    return 0.5 + 0.75 * scaled - 0.25 * scaled**3


def model_of(targets: tuple[Target, ...], *, supply_known_by: date | None = None) -> Model:
    """Return the model of the baseline that is read at some targets.

    Parameters
    ----------
    targets : tuple of Target
    supply_known_by : date, optional
        Supply of the years that ended by then is known; the rest is projected from the priors of growth.

    Raises
    ------
    OutOfRangeError
        If the date lies before the second known year.
    """
    evaluate = evaluator("baseline")
    data = evaluate.data
    if supply_known_by is not None:
        if supply_known_by < FIRST_CUT:
            raise OutOfRangeError(
                f"{supply_known_by} is too early: supply is known from 2022 on, and a trend needs two years.",
                hint=f"Use {FIRST_CUT} or later.",
            )
        year = (
            supply_known_by.year
            if (supply_known_by.month, supply_known_by.day) == (12, 31)
            else supply_known_by.year - 1
        )
        if year < data.last_year:
            data = data.known_by(year)
    return Model(evaluate=replace(evaluate, data=data), data=data, targets=targets)
