"""From sale to operation to retirement: two pipeline stages and three ages, for any number of chip classes at once."""

from collections.abc import Mapping
from typing import NamedTuple

from leadtime.arrays import Array, namespace

__all__ = ["Coefficients", "State", "coefficients", "contents", "due", "in_operation", "init", "step"]


class Coefficients(NamedTuple):
    """Per draw: share of a pipeline stage that leaves it, and of an age class that ages, in one quarter."""

    leaves: Array
    ages: Array


class State(NamedTuple):
    """Chips on the way and in operation; each of shape (class, draw) or (draw,)."""

    ordered: Array
    installing: Array
    new: Array
    middle: Array
    old: Array


def coefficients(pipeline_quarters: Array, life_yr: Array) -> Coefficients:
    """Return the exit probabilities, equations (14) and (15).

    Implicit stages: the mean delay of the two is exactly ``pipeline_quarters``, the mean life exactly ``life_yr``.
    """
    return Coefficients(1 / (1 + 0.5 * pipeline_quarters), 0.75 / life_yr)


def init(middle: Array) -> State:
    """Return a fleet of middle age with an empty pipeline."""
    zero = 0.0 * middle
    return State(zero, zero, zero, middle, zero)


def due(coefficients: Coefficients, state: State, inflow: Array) -> Array:
    """Return the chips that are ready to start in the interval."""
    leaves = coefficients.leaves
    return leaves * (state.installing + leaves * (state.ordered + inflow))


def step(coefficients: Coefficients, state: State, inflow: Array, *, admitted: Array | None = None) -> State:
    """Move the fleet by one quarter.

    Parameters
    ----------
    inflow : array, shape (class, draw) or (draw,)
        Chips sold in the interval.
    admitted : array, shape (draw,), optional
        Share of the chips that are ready to start that may: the others wait.
    """
    leaves, ages = coefficients
    ordered = state.ordered + inflow
    moving = leaves * ordered
    installing = state.installing + moving
    starting = leaves * installing if admitted is None else admitted * (leaves * installing)
    aging_new, aging_middle, retiring = ages * state.new, ages * state.middle, ages * state.old
    return State(
        ordered=ordered - moving,
        installing=installing - starting,
        new=state.new + (starting - aging_new),
        middle=state.middle + (aging_new - aging_middle),
        old=state.old + (aging_middle - retiring),
    )


def in_operation(state: State) -> Array:
    """Return operational chips."""
    return state.new + state.middle + state.old


def contents(state: State) -> Array:
    """Return everything: on the way and in operation."""
    return state.ordered + state.installing + state.new + state.middle + state.old


def weighted(chips: Array, weights: Mapping[int, Array | float]) -> Array:
    """Return the sum over classes of chips times weight."""
    xp = namespace(chips)
    total = xp.zeros_like(chips[0])
    for place, weight in weights.items():
        total = total + weight * chips[place]
    return total
