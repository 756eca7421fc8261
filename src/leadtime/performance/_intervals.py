"""Ranges of figures: half-widths by kind of figure, and quantiles of draws; equation (41)."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.performance._efficiencies import BASES, TASKS, Z80, Efficiencies

__all__ = ["FigureKind", "Interval", "half_width", "interval"]

FigureKind = Literal[
    "train_dense", "train_moe", "train_lora", "run", "serve_dense", "serve_moe", "serve_disaggregated", "ttft"
]  # fmt: skip

_NORMAL = {0.5: 0.6744897501960817, 0.8: Z80, 0.9: 1.6448536269514722, 0.95: 1.959963984540054}
"""Standard normal quantile of the upper end of a central interval."""


class Interval(NamedTuple):
    """A central interval."""

    low: Array
    high: Array
    level: float


def half_width(
    efficiencies: Mapping[str, Array] | Efficiencies,
    kind: FigureKind,
    *,
    n_guesses: Array = 0.0,
    basis: str | tuple[str, ...] = BASES[0],
) -> Array:
    """Return the log half-width at level 0.8 of a figure.

    Parameters
    ----------
    efficiencies : Efficiencies or mapping
        Holds ``half_width_<kind>``, the spread between sources that were left out of the fit.
    kind : str
        What the figure is.
    n_guesses : array_like
        Facts that were assumed because the question did not state them (layout, batch, precision).
    basis : str or tuple of str
        Where the chip's efficiencies come from; those of a family or of no family widen the range.

    Notes
    -----
    Software of which there are no rows widens it too, by the factor that its scope has; and so does a chip family of
    which few sources have rows.
    """
    own, guess = efficiencies[f"half_width_{kind}"], efficiencies["half_width_guess"]
    wider = efficiencies["half_width_unmeasured_ratio"]
    training = f"half_width_{kind}" in TASKS["train"]
    software = efficiencies["half_width_framework_ratio" if training else "half_width_engine_ratio"]
    family = efficiencies[f"half_width_{'train' if training else 'serve'}_family_ratio"]
    xp = namespace(own, guess, wider, software, family, n_guesses)
    measured = basis == BASES[0] if isinstance(basis, str) else np.array([each == BASES[0] for each in basis])
    return xp.sqrt((own * software * family * xp.where(measured, 1.0, wider)) ** 2 + n_guesses * guess**2)


def interval(value: Array, half_width_80: Array, *, level: float = 0.8, shift: Array = 0.0) -> Interval:
    """Return the central interval of a log-normal figure: value x exp(-+h); equation (41).

    ``half_width_80`` is the log half-width at level 0.8; other levels scale it as normal quantiles do. ``shift`` moves
    the centre in log space, for figures known to err to one side. A NaN value has a NaN interval.

    Examples
    --------
    >>> interval(100.0, 0.2)
    Interval(low=81.87..., high=122.14..., level=0.8)
    """
    from leadtime.errors import OutOfRangeError

    if level not in _NORMAL:
        raise OutOfRangeError(f"The level {level} is not offered.", hint=f"Use one of {', '.join(map(str, _NORMAL))}.")
    xp = namespace(value, half_width_80, shift)
    h = half_width_80 * (_NORMAL[level] / Z80)
    low, high = value * xp.exp(shift - h), value * xp.exp(shift + h)
    if np.ndim(low) == 0 and isinstance(low, np.generic):
        low, high = float(low), float(high)
    return Interval(low, high, level)
