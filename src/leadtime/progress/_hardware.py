"""Hardware trends as published: performance, price-performance, energy efficiency and memory of accelerators.

Each function is named after its source and gives a factor relative to its start. Valid over the years that the source
fitted and, with growing doubt, some years beyond.
"""

from collections.abc import Callable

from leadtime.arrays import Array, namespace
from leadtime.progress._growth import growth_from_doubling

__all__ = [
    "HARDWARE_TRENDS",
    "energy_efficiency_epoch2023",
    "memory_bandwidth_epoch2023",
    "performance_epoch2023",
    "price_performance_epoch2023",
    "supercomputer_efficiency_pilz2025",
]


def _factor(years: Array, log_growth: Array) -> Array:
    xp = namespace(years, log_growth)
    return xp.exp(years * log_growth)


def performance_epoch2023(years: Array, *, doubling_yr: Array = 2.3) -> Array:
    """Return peak computing performance of machine-learning accelerators relative to the start.

    Parameters
    ----------
    years : array_like
        Years since the start [yr].
    doubling_yr : array_like
        Doubling time [yr]; 2.3 in Epoch AI, Trends in Machine Learning Hardware (2023), for 2010 to 2023.
    """
    return _factor(years, growth_from_doubling(doubling_yr))


def price_performance_epoch2023(years: Array, *, doubling_yr: Array = 2.1) -> Array:
    """Return performance per dollar of machine-learning accelerators relative to the start.

    Parameters
    ----------
    years : array_like
        Years since the start [yr].
    doubling_yr : array_like
        Doubling time [yr]; 2.1 in Epoch AI, Trends in Machine Learning Hardware (2023), about 1.39-fold a year.

    Examples
    --------
    >>> round(float(price_performance_epoch2023(1.0)), 2)
    1.39
    """
    return _factor(years, growth_from_doubling(doubling_yr))


def energy_efficiency_epoch2023(years: Array, *, doubling_yr: Array = 3.0) -> Array:
    """Return performance per watt of machine-learning accelerators relative to the start.

    Parameters
    ----------
    years : array_like
        Years since the start [yr].
    doubling_yr : array_like
        Doubling time [yr]; 3.0 in Epoch AI, Trends in Machine Learning Hardware (2023).
    """
    return _factor(years, growth_from_doubling(doubling_yr))


def memory_bandwidth_epoch2023(years: Array, *, doubling_yr: Array = 4.1) -> Array:
    """Return memory bandwidth of machine-learning accelerators relative to the start.

    It grows at about half the pace of arithmetic, which is why chips rich in bandwidth keep their value in decoding.

    Parameters
    ----------
    years : array_like
        Years since the start [yr].
    doubling_yr : array_like
        Doubling time [yr]; 4.1 in Epoch AI, Trends in Machine Learning Hardware (2023).
    """
    return _factor(years, growth_from_doubling(doubling_yr))


def supercomputer_efficiency_pilz2025(years: Array, *, factor_per_yr: Array = 1.34) -> Array:
    """Return performance per watt of leading AI supercomputers relative to the start.

    Parameters
    ----------
    years : array_like
        Years since the start [yr].
    factor_per_yr : array_like
        Growth factor per year; 1.34 in Pilz et al., Trends in AI Supercomputers (2025).
    """
    xp = namespace(years, factor_per_yr)
    return xp.exp(years * xp.log(factor_per_yr))


HARDWARE_TRENDS: dict[str, Callable[..., Array]] = {
    "performance": performance_epoch2023,
    "price_performance": price_performance_epoch2023,
    "energy_efficiency": energy_efficiency_epoch2023,
    "memory_bandwidth": memory_bandwidth_epoch2023,
    "supercomputer_efficiency": supercomputer_efficiency_pilz2025,
}
"""Published trends by the quantity that they follow."""
