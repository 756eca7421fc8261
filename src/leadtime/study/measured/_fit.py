"""Fitting efficiencies to measured rows: bounded, shrunk to what kernels and documents say, robust, by source.

The unknowns are the logarithms of the medians of those efficiency rows that serve a measured row, and one effect per
source. Residuals are those of the measured rows; every unknown adds one pseudo-residual that pulls it to its prior, so
that a chip family or an engine with few rows stays near what is known without them. A source that was not fitted has the
effect zero.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from leadtime.performance import PARAMETERS, Efficiencies, EfficiencyTable, Selection

__all__ = ["FitResult", "FitSettings", "Problem", "fit_efficiencies"]

STEP = 1e-4
"""Step of the finite differences, in the logarithm."""
LEAST_SPREAD = 0.03


class Problem(Protocol):
    """Rows that can be predicted from efficiencies: training, serving, kernels."""

    @property
    def points(self) -> tuple[Any, ...]:
        """The rows as read."""

    @property
    def selection(self) -> Selection:
        """Efficiency rows that serve each measured row."""

    @property
    def log_measured(self) -> np.ndarray:
        """Natural logarithm of what was measured."""

    def log_rate(self, efficiencies: Efficiencies) -> np.ndarray:
        """Natural logarithm of the prediction."""

    def log_rate_at(self, rows: np.ndarray, efficiencies: Efficiencies) -> np.ndarray:
        """Prediction of some rows, repeats allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitSettings:
    """How tightly things are held."""

    source_spread: float = 0.08
    """Standard deviation of the effect of a source, in the logarithm."""
    prior_ratio: float = 1.0
    """Factor on the log-spread of the priors."""
    many_rows: float = 25.0
    """Rows of one source beyond which each counts less: its rows are correlated."""
    loss_scale: float = 1.0
    """Residual, in standard deviations, beyond which it pulls linearly."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One problem with what the fit needs of its rows."""

    problem: Problem
    groups: np.ndarray
    """Number of the source of each row."""
    noise: np.ndarray
    """Standard deviation of each row, in the logarithm."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitResult:
    """Fitted medians and spreads of all efficiency rows, and the effects of the sources."""

    table: EfficiencyTable
    spreads: np.ndarray
    """Log-spread of each row after the fit; that of the prior where nothing was learnt."""
    fitted: np.ndarray
    """Whether a measured row depended on it."""
    misfit: np.ndarray
    """Median absolute residual of the rows that depend on it, in the logarithm, source effects included; zero without any."""
    source_effects: np.ndarray
    cost: float
    n_evaluations: int


def _used_rows(rows: Sequence[Rows], prior: EfficiencyTable) -> tuple[list[str], np.ndarray]:
    """Return the names of efficiencies, and the rows that serve a measured row; one without a spread is fixed by definition."""
    names = [name for name, spec in PARAMETERS.items() if not name.startswith("half_width")]
    used: set[int] = set()
    for part in rows:
        for name in names:
            used.update(np.unique(part.problem.selection.index[name]).tolist())
    return names, np.array(sorted(row for row in used if prior.log_spreads[row] > 0), dtype=np.intp)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """For one problem: which row depends on which unknown, flat."""

    rows: np.ndarray
    unknowns: np.ndarray
    names: tuple[str, ...]
    name_of: np.ndarray


def _pairs(part: Rows, names: Sequence[str], place: Mapping[int, int]) -> _Pairs:
    rows, unknowns, name_of = [], [], []
    n = len(part.problem.log_measured)
    for number, name in enumerate(names):
        index = np.broadcast_to(part.problem.selection.index[name], (n,))
        free = np.array([place.get(int(value), -1) for value in index], dtype=np.intp)
        rows.append(np.flatnonzero(free >= 0))
        unknowns.append(free[free >= 0])
        name_of.append(np.full(len(unknowns[-1]), number))
    return _Pairs(np.concatenate(rows), np.concatenate(unknowns), tuple(names), np.concatenate(name_of))


def _relevant(part: Rows, pairs: _Pairs, table: EfficiencyTable) -> _Pairs:
    """Keep the pairs whose row really moves when the unknown does, at the prior."""
    moved = _differences(part, pairs, table.medians, table.log_spreads, step=0.02)
    keep = np.abs(moved) > 1e-9
    return _Pairs(pairs.rows[keep], pairs.unknowns[keep], pairs.names, pairs.name_of[keep])


def _differences(part: Rows, pairs: _Pairs, medians: np.ndarray, spreads: np.ndarray, step: float = STEP) -> np.ndarray:
    """Change of the predicted logarithm per unit of the unknown's logarithm, for every pair."""
    base = part.problem.selection.values(medians, spreads)
    here = part.problem.log_rate(base)
    flat = base.take(pairs.rows)
    moved = {}
    for number, name in enumerate(pairs.names):
        mine = pairs.name_of == number
        if mine.any():
            spec, value = PARAMETERS[name], np.asarray(flat[name])
            sign = np.where(value * np.exp(step) > (spec.highest or np.inf), -1.0, 1.0) if spec.highest else 1.0
            moved[name] = np.where(mine, value * np.exp(sign * step), value)
    signs = np.ones(len(pairs.rows))
    for number, name in enumerate(pairs.names):
        spec = PARAMETERS[name]
        if spec.highest is not None:
            mine = pairs.name_of == number
            signs = np.where(mine & (np.asarray(flat[name]) * np.exp(step) > spec.highest), -1.0, signs)
    there = part.problem.log_rate_at(pairs.rows, flat.replaced(**moved))
    return np.nan_to_num((there - here[pairs.rows]) / (signs * step))


def fit_efficiencies(
    rows: Sequence[Rows],
    prior: EfficiencyTable,
    settings: FitSettings,
    *,
    n_groups: int,
    start: np.ndarray | None = None,
) -> FitResult:
    """Fit efficiencies to measured rows.

    Parameters
    ----------
    rows : sequence of Rows
        Problems; those of training, serving and kernels share unknowns where they share efficiencies.
    prior : EfficiencyTable
        Medians and log-spreads before any row was seen.
    settings : FitSettings
        Spreads and weights.
    n_groups : int
        Number of sources over all problems.
    start : array, optional
        Log-medians of all rows of the table to start from; default the priors.

    Notes
    -----
    Trust-region least squares with the soft L1 loss on rows; every efficiency stays within its physical bound. The
    Jacobian takes one call per problem: each pair of a row and an unknown it depends on is one line of a flat table.
    """
    from scipy.optimize import least_squares

    names, used = _used_rows(rows, prior)
    place = {int(row): position for position, row in enumerate(used)}
    spreads = np.maximum(prior.log_spreads[used] * settings.prior_ratio, LEAST_SPREAD)
    centre = np.log(prior.medians[used])
    highest = np.log([PARAMETERS[prior.rows[row].parameter].highest or np.inf for row in used])
    present = np.unique(np.concatenate([part.groups for part in rows]))
    effect_of = {int(group): len(used) + i for i, group in enumerate(present)}
    n_unknown = len(used) + len(present)
    pairs = [_relevant(part, _pairs(part, names, place), prior) for part in rows]
    weights = [_weights(part, settings) for part in rows]
    effects = [np.array([effect_of[int(group)] for group in part.groups]) for part in rows]
    n_rows = sum(len(part.groups) for part in rows)
    scale = settings.loss_scale

    def medians_at(x: np.ndarray) -> np.ndarray:
        medians = prior.medians.copy()
        medians[used] = np.exp(x[: len(used)])
        return medians

    def residuals(x: np.ndarray) -> np.ndarray:
        medians = medians_at(x)
        parts = []
        for part, weight, effect in zip(rows, weights, effects, strict=True):
            predicted = part.problem.log_rate(part.problem.selection.values(medians, prior.log_spreads))
            raw = np.nan_to_num(predicted + x[effect] - part.problem.log_measured, nan=0.0) / part.noise
            # soft L1 by hand, so that the pseudo-residuals of the priors stay quadratic
            soft = np.sign(raw) * scale * np.sqrt(2.0 * (np.sqrt(1.0 + (raw / scale) ** 2) - 1.0))
            parts.append(soft * np.sqrt(weight))
        return np.concatenate([*parts, (x[: len(used)] - centre) / spreads, x[len(used) :] / settings.source_spread])

    def jacobian(x: np.ndarray) -> Any:
        medians = medians_at(x)
        matrix = np.zeros((n_rows + n_unknown, n_unknown))
        offset = 0
        for part, weight, effect, pair in zip(rows, weights, effects, pairs, strict=True):
            predicted = part.problem.log_rate(part.problem.selection.values(medians, prior.log_spreads))
            raw = np.nan_to_num(predicted + x[effect] - part.problem.log_measured, nan=0.0) / part.noise
            root = np.sqrt(1.0 + (raw / scale) ** 2)
            soft = np.sqrt(2.0 * (root - 1.0))
            slope = np.where(np.abs(raw) < 1e-6, 1.0, np.abs(raw) / scale / np.maximum(root * soft, 1e-12))
            each = slope * np.sqrt(weight) / part.noise
            change = _differences(part, pair, medians, prior.log_spreads)
            np.add.at(matrix, (offset + pair.rows, pair.unknowns), change * each[pair.rows])
            matrix[offset + np.arange(len(effect)), effect] += each * np.isfinite(predicted)
            offset += len(effect)
        matrix[n_rows + np.arange(len(used)), np.arange(len(used))] = 1.0 / spreads
        tail = np.arange(len(present))
        matrix[n_rows + len(used) + tail, len(used) + tail] = 1.0 / settings.source_spread
        return matrix

    x0 = np.concatenate([np.minimum(centre if start is None else start[used], highest - 1e-6), np.zeros(len(present))])
    upper = np.concatenate([highest, np.full(len(present), np.inf)])
    found = least_squares(
        residuals, x0, jac=jacobian, bounds=(-np.inf, upper), x_scale="jac", xtol=1e-6, ftol=1e-6, max_nfev=40
    )
    medians = medians_at(found.x)
    misfit = np.zeros(len(prior.rows))
    for part, effect, pair in zip(rows, effects, pairs, strict=True):
        predicted = part.problem.log_rate(part.problem.selection.values(medians, prior.log_spreads))
        residual = np.abs(np.nan_to_num(predicted + found.x[effect] - part.problem.log_measured))
        for unknown in np.unique(pair.unknowns):
            middle = float(np.median(residual[pair.rows[pair.unknowns == unknown]]))
            misfit[used[unknown]] = max(misfit[used[unknown]], middle)
    effects_found = np.zeros(n_groups)
    effects_found[present] = found.x[len(used) :]
    learnt = np.zeros(len(prior.rows), dtype=bool)
    learnt[np.unique(np.concatenate([used[pair.unknowns] for pair in pairs if len(pair.unknowns)]))] = True
    after = prior.log_spreads.copy()
    after[used] = _posterior_spreads(found.jac, len(used), prior.log_spreads[used])
    return FitResult(
        table=prior.with_medians(medians),
        spreads=after,
        fitted=learnt,
        misfit=misfit,
        source_effects=effects_found,
        cost=float(found.cost),
        n_evaluations=int(found.nfev),
    )


def _weights(part: Rows, settings: FitSettings) -> np.ndarray:
    """Weight of each row: rows of a source with many of them share the weight of fewer."""
    counts = np.bincount(part.groups)
    factor = np.minimum(1.0, np.sqrt(settings.many_rows / np.maximum(counts, 1)))
    found: np.ndarray = factor[part.groups]
    return found


def _posterior_spreads(jacobian: np.ndarray, n: int, prior: np.ndarray) -> np.ndarray:
    """Standard deviations of the unknowns in the linear approximation, never above those of the prior."""
    covariance = np.linalg.pinv(jacobian.T @ jacobian)
    return np.minimum(np.sqrt(np.maximum(np.diag(covariance)[:n], 0.0)), prior)
