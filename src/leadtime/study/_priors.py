"""The priors of a scenario: those of the table, with the intervals that the scenario puts in their place."""

import math
from collections.abc import Mapping
from dataclasses import replace

from leadtime import catalog, world
from leadtime.errors import OutOfRangeError, UnknownNameError
from leadtime.study._scenario_values import Interval

__all__ = ["priors_with", "valid_range"]

REACH = 3.0
"""How far beyond its published interval a parameter may be set, in widths of the interval (in logs for ratios)."""
LEAK_SCALE = "leak_scale"


def priors_with(overrides: Mapping[str, Interval], *, leakage: float | None = None) -> tuple[world.Parameter, ...]:
    """Return the priors of the catalogue with other intervals for some of them.

    Parameters
    ----------
    overrides : mapping of str to (low, high)
        Equal ends fix a parameter; else the ends take the place of those of the prior, at its level.
    leakage : float, optional
        Factor on the scale of leaked supply; 0 changes nothing here, for a policy without leakage says so itself.

    Raises
    ------
    UnknownNameError
        If there is no such parameter.
    OutOfRangeError
        If an end lies outside the valid range of the parameter.
    """
    table = {prior.id: prior for prior in world.parameters(catalog.table("priors"))}
    for name, interval in overrides.items():
        if name not in table:
            raise UnknownNameError.among("parameter", name, table)
        table[name] = _with(table[name], interval)
    if leakage:
        table[LEAK_SCALE] = replace(
            table[LEAK_SCALE], low=table[LEAK_SCALE].low * leakage, high=table[LEAK_SCALE].high * leakage
        )
    return tuple(table.values())


def _with(prior: world.Parameter, interval: Interval) -> world.Parameter:
    low, high = valid_range(prior)
    for end in interval:
        if not low <= end <= high:
            message = f"The parameter {prior.id} cannot be {end:g}: the model is valid from {low:.4g} to {high:.4g} {_unit(prior)}".rstrip()
            raise OutOfRangeError(f"{message}.", hint=prior.note)
    if interval[0] == interval[1]:
        return replace(prior, distribution="F", low=interval[0], high=interval[1], level=1.0)
    if prior.distribution == "F":
        return replace(prior, distribution="U", low=interval[0], high=interval[1], level=1.0)
    return replace(prior, low=interval[0], high=interval[1])


def valid_range(prior: world.Parameter) -> Interval:
    """Return the range in which a scenario may set a parameter.

    Shares stay within 0 and 1, what is log-normal stays above 0; beyond that a value may leave its published interval by three
    widths of it, which covers every published dispute and stops slips of the pen.

    Examples
    --------
    >>> prior = world.Parameter(id="x", distribution="U", low=0.2, high=0.4, level=1, unit="frac", block="demand")
    >>> valid_range(prior)
    (0.0, 1.0)
    """
    low, high = prior.low, prior.high
    if prior.distribution == "LN":
        width = REACH * max(math.log(high / low), math.log(2))
        low, high = low * math.exp(-width), high * math.exp(width)
    else:
        width = REACH * ((high - low) or max(abs(low), 1.0))
        low, high = low - width, high + width
    if prior.unit == "frac":
        low, high = max(low, 0.0), min(high, 1.0)
    if prior.distribution == "LGN":
        low, high = max(low, 1e-6), min(high, 1 - 1e-6)
    if prior.distribution == "U" and prior.low >= 0:
        low = max(low, 0.0)
    return low, high


def _unit(prior: world.Parameter) -> str:
    return "" if prior.unit in {"frac", "ratio"} else prior.unit
