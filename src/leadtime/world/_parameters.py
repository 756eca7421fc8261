"""Uncertain parameters: cited priors, and monotone maps from standard normal draws to values."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from leadtime.arrays import Array, namespace
from leadtime.errors import BadInputError, shorten

__all__ = ["DISTRIBUTIONS", "Parameter", "parameters", "sample"]

DISTRIBUTIONS = ("LN", "U", "N", "LGN", "F")
"""Log-normal, uniform, normal, logit-normal, fixed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """An uncertain number with its prior.

    ``low`` and ``high`` are the ends of the central interval of probability ``level``; a uniform prior ends there
    (level 1) and a fixed one has both equal.
    """

    id: str
    distribution: str
    low: float
    high: float
    level: float
    unit: str
    block: str
    evidence: tuple[str, ...] = ()
    source_id: str = ""
    method: str = ""
    note: str = ""

    def __post_init__(self) -> None:
        fault = _fault(self)
        if fault:
            raise BadInputError(
                f"The prior of {shorten(self.id)!r} {fault}.", hint="Correct its low, high, level or distribution."
            )

    def value(self, z: Array) -> Array:
        """Return the value that belongs to standard normal draws; increasing in ``z``.

        Parameters
        ----------
        z : array_like
            Standard normal draws, any shape.
        """
        xp = namespace(z)
        z = xp.asarray(z)
        if self.distribution == "F":
            return xp.full_like(z, self.low)
        if self.distribution == "U":
            return self.low + (self.high - self.low) * _normal_cdf(z, xp)
        link, inverse = _LINKS[self.distribution]
        low, high = link(self.low), link(self.high)
        spread = (high - low) / (2 * _normal_quantile(0.5 + self.level / 2))
        return inverse((low + high) / 2 + spread * z, xp)


def parameters(rows: Iterable[Mapping[str, str]]) -> tuple[Parameter, ...]:
    """Build the parameters from rows of the table ``priors``.

    Parameters
    ----------
    rows : iterable of mapping
        Rows with the columns ``id, distribution, low, high, level, unit, block, evidence, source_id, method, note``.

    Raises
    ------
    BadInputError
        If a name stands twice, or a prior makes no sense (low above high, a log-normal below zero, ...).
    """
    found = tuple(
        Parameter(
            id=row["id"],
            distribution=row["distribution"],
            low=float(row["low"]),
            high=float(row["high"]),
            level=float(row["level"]),
            unit=row["unit"],
            block=row["block"],
            evidence=tuple(part for part in row.get("evidence", "").split(";") if part),
            source_id=row.get("source_id", ""),
            method=row.get("method", ""),
            note=row.get("note", ""),
        )
        for row in rows
    )
    names = [parameter.id for parameter in found]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise BadInputError(f"The parameter {repeated[0]!r} stands twice.", hint="Keep one of them.")
    return found


def sample(priors: Sequence[Parameter], z: Array) -> dict[str, Array]:
    """Turn standard normal draws into parameter values.

    Parameters
    ----------
    priors : sequence of Parameter
    z : array_like, shape (parameter, draw)
        One row per parameter, in the order of ``priors``.

    Returns
    -------
    dict of str to array, shape (draw,)
        In the type of ``z``.
    """
    if len(priors) != len(z):
        raise BadInputError(
            f"There are {len(priors)} parameters but {len(z)} rows of draws.", hint="Give one row per parameter."
        )
    return {prior.id: prior.value(row) for prior, row in zip(priors, z, strict=True)}


def _fault(prior: Parameter) -> str:
    """Return what is wrong with a prior, or nothing."""
    low, high, kind = prior.low, prior.high, prior.distribution
    if kind not in DISTRIBUTIONS:
        return f"has the distribution {shorten(kind)!r}, not one of {', '.join(DISTRIBUTIONS)}"
    if not (math.isfinite(low) and math.isfinite(high)):
        return "has an end that is not finite"
    if low > high:
        return f"has low {low:g} above high {high:g}"
    if (low == high) != (kind == "F"):
        return "has low equal to high without being fixed" if low == high else "is fixed but has two ends"
    if kind in {"LN", "N", "LGN"} and not 0 < prior.level < 1:
        return f"has level {prior.level:g}, outside 0 to 1"
    if kind == "U" and prior.level != 1:
        return f"is uniform, so its level is 1, not {prior.level:g}"
    if kind == "LN" and low <= 0:
        return f"is log-normal but starts at {low:g}"
    if kind == "LGN" and not (low > 0 and high < 1):
        return "is logit-normal but leaves the range 0 to 1"
    return ""


def _normal_cdf(z: Array, xp: ModuleType) -> Array:
    if xp.__name__ == "numpy":
        from scipy.special import ndtr

        return ndtr(z)
    from jax.scipy.special import ndtr as ndtr_jax

    return ndtr_jax(z)


def _normal_quantile(probability: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(probability)


_LINKS: dict[str, tuple[Callable[[float], float], Callable[[Array, Any], Array]]] = {
    "LN": (math.log, lambda x, xp: xp.exp(x)),
    "N": (float, lambda x, xp: x),
    "LGN": (lambda p: math.log(p / (1 - p)), lambda x, xp: 1 / (1 + xp.exp(-x))),
}
