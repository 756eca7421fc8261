"""Scenario discovery: a box in the space of inputs in which an outcome is frequent (patient rule induction).

References
----------
Friedman and Fisher (1999), bump hunting in high-dimensional data; Bryant and Lempert (2010), thinking inside the box: a participatory,
computer-assisted approach to scenario discovery.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Box", "box_of", "peel"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

ALPHA = 0.05
"""Share of the draws of a box that one step cuts away."""
LEAST_MASS = 0.05
"""Smallest share of all draws in a box."""
CHANCE = 0.05
"""Largest probability of chance at which a limit of a box stands."""


@dataclass(frozen=True, kw_only=True)
class Box:
    """Limits on inputs, and what lies within them.

    Parameters
    ----------
    limits : mapping of str to (low, high)
        By numeric input that is limited; an end that does not limit is infinite.
    kept : mapping of str to tuple of str
        By discrete input that is limited, the values that are left.
    inside : ndarray of bool, shape (draw,)
    density_frac, coverage_frac, mass_frac : float
        Share of the draws inside that are of interest; share of those of interest that are inside; share of all draws that are.
    """

    limits: Mapping[str, tuple[float, float]]
    kept: Mapping[str, tuple[str, ...]]
    inside: Flags = field(repr=False)
    density_frac: float
    coverage_frac: float
    mass_frac: float

    @property
    def restricted(self) -> tuple[str, ...]:
        """Names of the inputs that are limited."""
        return (*self.limits, *self.kept)

    @property
    def balance(self) -> float:
        """Harmonic mean of density and coverage."""
        both = self.density_frac + self.coverage_frac
        return 2 * self.density_frac * self.coverage_frac / both if both else 0.0


def peel(
    numbers: Mapping[str, Floats],
    interest: Flags,
    *,
    words: Mapping[str, NDArray[np.str_]] | None = None,
    alpha: float = ALPHA,
    least_mass: float = LEAST_MASS,
) -> tuple[Box, ...]:
    """Cut slices off the space of inputs, each time the one that raises the density most for the draws that it costs.

    Parameters
    ----------
    numbers : mapping of str to ndarray, shape (draw,)
        Numeric inputs.
    interest : ndarray of bool, shape (draw,)
        Draws with the outcome.
    words : mapping of str to ndarray of str, shape (draw,), optional
        Discrete inputs, of which one value at a time is cut.
    alpha, least_mass : float

    Returns
    -------
    tuple of Box
        From all draws to the smallest box.

    Examples
    --------
    >>> x = np.linspace(0, 1, 1000)
    >>> boxes = peel({"x": x}, x > 0.8)
    >>> boxes[0].mass_frac, round(boxes[-1].limits["x"][0], 1)
    (1.0, 0.8)
    """
    words = words or {}
    limits = dict.fromkeys(numbers, (-np.inf, np.inf))
    every = {name: tuple(sorted(set(values.tolist()))) for name, values in words.items()}
    kept = dict(every)
    places = np.arange(interest.size)
    boxes = [_box(limits, kept, every, places, interest)]
    while places.size:
        cuts = [
            *_slices({name: values[places] for name, values in numbers.items()}, limits, alpha),
            *_removals({name: values[places] for name, values in words.items()}, kept),
        ]
        here = interest[places]
        scores = [(_score(here, cut.stays), cut.name not in _restricted(limits, kept, every)) for cut in cuts]
        # of equal scores the one that adds no limit, and of those the first
        best = max(range(len(cuts)), key=lambda place: (scores[place][0], not scores[place][1], -place), default=None)
        if best is None or scores[best][0] <= 0 or cuts[best].stays.sum() < least_mass * interest.size:
            break
        cut = cuts[best]
        if isinstance(cut.left[0], str):
            kept = {**kept, cut.name: cut.left}
        else:
            limits = {**limits, cut.name: cut.left}
        places = places[cut.stays]
        boxes.append(_box(limits, kept, every, places, interest))
    return tuple(boxes)


@dataclass(frozen=True, slots=True)
class _Cut:
    """What a step would leave: the draws of the box, and the limits or values of one input."""

    name: str
    stays: Flags
    left: Any


def _slices(numbers: Mapping[str, Floats], limits: Mapping[str, tuple[float, float]], alpha: float) -> Iterator[_Cut]:
    """Yield the upper and the lower slice of every numeric input."""
    for name, values in numbers.items():
        ordered = np.sort(values)
        low, high = limits[name]
        top, bottom = _upper_quantile(ordered, 1 - alpha), _lower_quantile(ordered, alpha)
        yield _Cut(name, values <= top, (low, top))
        yield _Cut(name, values >= bottom, (bottom, high))


def _removals(words: Mapping[str, NDArray[np.str_]], kept: Mapping[str, tuple[str, ...]]) -> Iterator[_Cut]:
    """Yield the box without each value of every discrete input."""
    for name, values in words.items():
        for word in kept[name] if len(kept[name]) > 1 else ():
            yield _Cut(name, values != word, tuple(other for other in kept[name] if other != word))


def _lower_quantile(ordered: Floats, share: float) -> float:
    """Return a limit between two draws that differ, so that something is cut off where anything can be."""
    below = ordered[int((ordered.size - 1) * share)]
    above = ordered[min(int(np.searchsorted(ordered, below, "right")), ordered.size - 1)]
    return float((below + above) / 2)


def _upper_quantile(ordered: Floats, share: float) -> float:
    above = ordered[math.ceil((ordered.size - 1) * share)]
    below = ordered[max(int(np.searchsorted(ordered, above, "left")) - 1, 0)]
    return float((below + above) / 2)


def _score(interest: Flags, stays: Flags) -> float:
    """Return the gain in density over the number of draws that it costs; fair to discrete inputs, whose slices are large."""
    n = int(stays.sum())
    if n in (0, interest.size):
        return 0.0
    return float((interest[stays].mean() - interest.mean()) / (interest.size - n))


def _restricted(
    limits: Mapping[str, tuple[float, float]], kept: Mapping[str, tuple[str, ...]], every: Mapping[str, tuple[str, ...]]
) -> set[str]:
    limited = {name for name, ends in limits.items() if ends != (-np.inf, np.inf)}
    return limited | {name for name, values in kept.items() if values != every[name]}


def _box(
    limits: Mapping[str, tuple[float, float]],
    kept: Mapping[str, tuple[str, ...]],
    every: Mapping[str, tuple[str, ...]],
    places: NDArray[np.int64],
    interest: Flags,
) -> Box:
    inside = np.zeros(interest.size, bool)
    inside[places] = True
    named = _restricted(limits, kept, every)
    return Box(
        limits={name: ends for name, ends in limits.items() if name in named},
        kept={name: values for name, values in kept.items() if name in named},
        inside=inside,
        **_shares(inside, interest),
    )


def _shares(inside: Flags, interest: Flags) -> dict[str, float]:
    hits = int((inside & interest).sum())
    return {
        "density_frac": hits / max(int(inside.sum()), 1),
        "coverage_frac": hits / max(int(interest.sum()), 1),
        "mass_frac": float(inside.mean()),
    }


def box_of(
    numbers: Mapping[str, Floats], interest: Flags, *, words: Mapping[str, NDArray[np.str_]] | None = None
) -> tuple[Box, dict[str, float]] | None:
    """Return the box with the best balance of density and coverage, without limits that chance explains; None if there is none.

    Returns
    -------
    box : Box
    chance : dict of str to float
        For each limited input, the probability that as many draws of interest lie inside if its limit meant nothing: those in the box
        without that limit, thinned at random (binomial, one-sided).
    """
    if not 0 < interest.mean() < 1:
        return None
    found = max(peel(numbers, interest, words=words), key=lambda box: box.balance)
    while found.restricted:
        chance = {name: _chance(found, name, numbers, words or {}, interest) for name in found.restricted}
        weakest = max(chance, key=lambda name: chance[name])
        if chance[weakest] <= CHANCE:
            return found, chance
        found = _without(found, weakest, numbers, words or {}, interest)
    return None


def _without(
    box: Box, name: str, numbers: Mapping[str, Floats], words: Mapping[str, NDArray[np.str_]], interest: Flags
) -> Box:
    """Return a box without its limit on one input."""
    limits = {key: ends for key, ends in box.limits.items() if key != name}
    kept = {key: values for key, values in box.kept.items() if key != name}
    inside = np.ones(interest.size, bool)
    for key, (low, high) in limits.items():
        inside &= (numbers[key] >= low) & (numbers[key] <= high)
    for key, values in kept.items():
        inside &= np.isin(words[key], values)
    return Box(limits=limits, kept=kept, inside=inside, **_shares(inside, interest))


def _chance(
    box: Box, name: str, numbers: Mapping[str, Floats], words: Mapping[str, NDArray[np.str_]], interest: Flags
) -> float:
    from scipy.stats import binom

    wider = _without(box, name, numbers, words, interest)
    n, hits = int(box.inside.sum()), int((box.inside & interest).sum())
    return float(binom.sf(hits - 1, n, wider.density_frac))
