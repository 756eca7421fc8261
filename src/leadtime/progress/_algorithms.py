"""Algorithmic efficiency as published: how much less compute the same capability needs."""

from collections.abc import Callable

from leadtime.arrays import Array, namespace
from leadtime.progress._growth import growth_from_factor, growth_from_halving_months

__all__ = [
    "ALGORITHM_TRENDS",
    "catch_up_efficiency_range",
    "compute_needed_flop",
    "efficiency_epoch2025",
    "efficiency_ho2024",
    "implied_growth_factor",
    "scale_dependent_efficiency_gundlach2025",
    "share_of_draws_above",
]


def efficiency_ho2024(years: Array, *, halving_months: Array = 8.0) -> Array:
    """Return algorithmic efficiency of pre-training relative to the start.

    Parameters
    ----------
    years : array_like
        Years since the start [yr].
    halving_months : array_like
        Time in which needed compute halves [months]; 8 (2 to 22 with 90 % confidence) in Ho et al., Algorithmic Progress in
        Language Models (NeurIPS 2024), for 2012 to 2023.

    Examples
    --------
    >>> round(float(efficiency_ho2024(1.0)), 2)
    2.83
    """
    xp = namespace(years, halving_months)
    return xp.exp(years * growth_from_halving_months(halving_months))


def efficiency_epoch2025(years: Array, *, factor_per_yr: Array = 3.0) -> Array:
    """Return algorithmic efficiency relative to the start at a constant factor per year.

    Parameters
    ----------
    years : array_like
        Years since the start [yr].
    factor_per_yr : array_like
        Growth factor per year; 3 is the working value of Epoch AI (2025).
    """
    xp = namespace(years, factor_per_yr)
    return xp.exp(years * growth_from_factor(factor_per_yr))


def catch_up_efficiency_range(years: Array) -> tuple[Array, Array, Array]:
    """Return low, central and high efficiency of a follower that aims at a known capability, relative to the start.

    16-, 30- and 60-fold a year in a published estimate of December 2025 that its author calls an overestimate, for it
    contains tuning to benchmarks and distillation. Never use it for the frontier.

    Parameters
    ----------
    years : array_like
        Years since the start [yr].
    """
    low, central, high = (efficiency_epoch2025(years, factor_per_yr=factor) for factor in (16.0, 30.0, 60.0))
    return low, central, high


def scale_dependent_efficiency_gundlach2025(efficiency: Array, *, scale_ratio: Array, exponent: Array) -> Array:
    """Return algorithmic efficiency at another scale of compute.

    Gundlach et al., On the Origin of Algorithmic Progress in AI (2025), find that most of the gain over LSTMs grows with
    scale: ten-fold or so from what works at any scale, thousands with what works at large scale only.

    Parameters
    ----------
    efficiency : array_like
        Efficiency at the reference scale.
    scale_ratio : array_like
        Compute (or investment) over that of the reference.
    exponent : array_like
        Elasticity of efficiency in scale; 0 is none. This project uses 0 to .1 [choice].
    """
    xp = namespace(efficiency, scale_ratio, exponent)
    return efficiency * xp.exp(exponent * xp.log(scale_ratio))


def compute_needed_flop(reference_flop: Array, years: Array, *, log_growth_per_yr: Array) -> Array:
    """Return the training compute that a known capability needs later [FLOP].

    Parameters
    ----------
    reference_flop : array_like
        Compute that reached it first [FLOP].
    years : array_like
        Years since then [yr].
    log_growth_per_yr : array_like
        Log growth of algorithmic efficiency per year [1/yr].

    Examples
    --------
    What took 2.1e25 FLOP in March 2023, at three-fold efficiency a year, 1.78 years later:

    >>> import math
    >>> f"{float(compute_needed_flop(2.1e25, 1.78, log_growth_per_yr=math.log(3))):.1e}"
    '3.0e+24'
    """
    xp = namespace(reference_flop, years, log_growth_per_yr)
    return reference_flop * xp.exp(-log_growth_per_yr * years)


def implied_growth_factor(reference_flop: Array, later_flop: Array, years: Array) -> Array:
    """Return the efficiency growth factor per year that two runs of equal capability imply; a lower bound if the later is better.

    Examples
    --------
    GPT-4 and DeepSeek-V3:

    >>> round(float(implied_growth_factor(2.1e25, 3.4e24, 1.78)), 1)
    2.8
    """
    xp = namespace(reference_flop, later_flop, years)
    return xp.exp(xp.log(reference_flop / later_flop) / years)


def share_of_draws_above(flop: Array, needed_flop: Array) -> Array:
    """Return the share of draws in which a run used more than the trend says was needed: near 0 or 1 is off the trend.

    Parameters
    ----------
    flop : array_like
        Compute of the run [FLOP].
    needed_flop : array, shape (draw,)
        Compute that its capability needed at its date, by draw [FLOP].
    """
    xp = namespace(flop, needed_flop)
    return xp.mean(flop > needed_flop)


ALGORITHM_TRENDS: dict[str, Callable[..., Array]] = {"ho2024": efficiency_ho2024, "epoch2025": efficiency_epoch2025}
"""Published trends of the frontier by source."""
