"""How wide 80 % intervals are: residuals of sources left out, by what the other sources knew of each row.

A source left out may be the only one that ran a chip, or the only one that used some software. Its rows lie further off
than those of a source whose chip and software others measured too, and an interval that does not know this is too narrow
for the first and too wide for the second. So the scale of a residual is that of its class of figure, times a ratio where
the chip was new, times a ratio where the software was new, times what the number of sources of the chip family says.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

__all__ = ["Ratio", "Residual", "Widths", "family_ratio", "interval_widths"]

LEVEL = 0.8
Z80 = 1.2815515655446004
LEAST_WIDTH = 0.02
TAIL = 4.0
"""Degrees of freedom of the t distribution that residuals are taken to follow: a few are far off."""
_SCALES = np.exp(np.linspace(np.log(0.01), np.log(2.0), 45))
_LOG_RATIOS = np.linspace(-0.3, 1.5, 19)


class Residual(NamedTuple):
    """One row of a source that was left out of the fit which predicted it."""

    log_ratio: float
    """Natural logarithm of predicted over measured."""
    guessed: float
    """Squared half-width that its guesses add to its interval."""
    source: str
    figure: str
    new_chip: bool = False
    """Whether no other source measured the chip."""
    new_software: bool = False
    """Whether no other source used the software."""
    n_family: int = 1000
    """Other sources with rows of the chip family."""


class Ratio(NamedTuple):
    """A factor on half-widths before any residual was seen: median and spread of its logarithm."""

    median: float
    log_spread: float


class Widths(NamedTuple):
    """What intervals are made of."""

    half_widths: dict[str, float]
    """Log half-width at level 0.8 by class of figure, for chips and software that many other sources measured too."""
    new_chip_ratio: float
    new_software_ratio: float


class _Rows(NamedTuple):
    ratio: np.ndarray
    guessed: np.ndarray
    weight: np.ndarray
    figure: np.ndarray
    new_chip: np.ndarray
    new_software: np.ndarray
    family: np.ndarray


def family_ratio(n_sources: int) -> float:
    """Return the factor on half-widths where a family was measured by ``n_sources``: sqrt(1 + 1/n), that of one for none.

    What was fitted to a family is, if all goes well, right for the mean of its sources. A source drawn beside n others
    departs from their mean by the spread between sources times that factor.

    Examples
    --------
    >>> round(family_ratio(1), 2), round(family_ratio(4), 2)
    (1.41, 1.12)
    """
    return float((1.0 + 1.0 / max(n_sources, 1)) ** 0.5)


def _gathered(residuals: Iterable[Residual]) -> _Rows:
    rows = [row for row in residuals if np.isfinite(row.log_ratio)]
    sources, number = np.unique([row.source for row in rows], return_inverse=True)
    counts = np.bincount(number, minlength=len(sources))
    return _Rows(
        ratio=np.abs([row.log_ratio for row in rows]),
        guessed=np.array([row.guessed for row in rows], dtype=float),
        weight=counts[number] ** -0.5,
        figure=np.array([row.figure for row in rows]),
        new_chip=np.array([float(row.new_chip) for row in rows]),
        new_software=np.array([float(row.new_software) for row in rows]),
        family=np.array([family_ratio(row.n_family) for row in rows]),
    )


def _best_log_likelihood(rows: _Rows, factor: np.ndarray, mine: np.ndarray) -> float:
    """Return the weighted log-likelihood of the rows of a class at the scale that suits them best."""
    variance = (_SCALES[:, None] * factor[mine]) ** 2 + rows.guessed[mine] / Z80**2
    each = -0.5 * np.log(variance) - (TAIL + 1) / 2 * np.log1p(rows.ratio[mine] ** 2 / (TAIL * variance))
    return float((each @ rows.weight[mine]).max())


def _ratios(rows: _Rows, chip: Ratio, software: Ratio) -> tuple[float, float]:
    """Return the factors of new chips and new software: posterior means of their logarithms, class scales profiled."""
    classes = [rows.figure == figure for figure in np.unique(rows.figure)]
    surface = np.empty((len(_LOG_RATIOS), len(_LOG_RATIOS)))
    for i, on_chip in enumerate(_LOG_RATIOS):
        for j, on_software in enumerate(_LOG_RATIOS):
            factor = rows.family * np.exp(on_chip * rows.new_chip + on_software * rows.new_software)
            surface[i, j] = sum(_best_log_likelihood(rows, factor, mine) for mine in classes)
    for axis, prior in enumerate((chip, software)):
        penalty = 0.5 * ((_LOG_RATIOS - np.log(prior.median)) / prior.log_spread) ** 2
        surface = surface - np.expand_dims(penalty, 1 - axis)
    share = np.exp(surface - surface.max())
    share /= share.sum()
    return float(np.exp(share.sum(axis=1) @ _LOG_RATIOS)), float(np.exp(share.sum(axis=0) @ _LOG_RATIOS))


def _quantile(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    share = np.cumsum(weights[order]) / weights.sum()
    return float(max(values[order][min(int(np.searchsorted(share, LEVEL)), len(order) - 1)], LEAST_WIDTH))


def interval_widths(residuals: Iterable[Residual], *, chip: Ratio, software: Ratio) -> Widths:
    """Return half-widths, and the factors on them for chips and software that no row is of.

    Parameters
    ----------
    residuals : iterable of Residual
        Rows predicted by fits that did not see their source.
    chip, software : Ratio
        What is assumed of the factors before any residual.

    Notes
    -----
    A source weighs as the root of its number of rows. For the factors, residuals follow a t distribution whose scale is
    that of the class times the factors that hold. The width of a class is then the one at which intervals of
    sqrt((width x factors)² + guesses²) hold four fifths of the weighted rows, so that what a row guesses, and what was
    new about it, widens its own interval and is in no class.

    Examples
    --------
    >>> rows = [Residual(x, 0.0, f"s{i % 7}", "run") for i, x in enumerate(np.linspace(-1, 1, 101))]
    >>> round(interval_widths(rows, chip=Ratio(1.5, 0.2), software=Ratio(1.3, 0.3)).half_widths["run"], 1)
    0.8
    """
    rows = _gathered(residuals)
    if not len(rows.ratio):
        return Widths({}, chip.median, software.median)
    on_chip, on_software = _ratios(rows, chip, software)
    factor = rows.family * on_chip**rows.new_chip * on_software**rows.new_software
    widths: dict[str, float] = {}
    for figure in np.unique(rows.figure):
        mine = rows.figure == figure
        needed = np.sqrt(np.maximum(rows.ratio[mine] ** 2 - rows.guessed[mine], 0.0)) / factor[mine]
        widths[str(figure)] = _quantile(needed, rows.weight[mine])
    return Widths(widths, on_chip, on_software)
