"""Tempered sequential Monte Carlo from a standard normal prior, vectorised over particles.

Particles start as prior draws; the likelihood is raised to a power that grows from 0 to 1 in steps that keep the effective sample
size; after each step particles are resampled and moved by preconditioned Crank-Nicolson proposals around a Gaussian fitted to them
(reversible with respect to that Gaussian, corrected by the Metropolis rule).

References
----------
Del Moral, Doucet and Jasra (2006), sequential Monte Carlo samplers; Cotter, Roberts, Stuart and White (2013), MCMC methods for functions.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

__all__ = ["Sampled", "sample_posterior"]

Floats = NDArray[np.float64]
LogLikelihood = Callable[[Floats], Floats]
Progress = Callable[[float], None]

KEPT = 0.5
"""Effective sample size that a step of temperature leaves, as a share of the particles."""
WANTED_ACCEPTANCE = 0.25


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """Equally weighted particles and how they came about."""

    z: Floats
    """Shape (parameter, particle)."""
    log_likelihood: Floats
    log_evidence: float
    temperatures: tuple[float, ...]
    acceptance: tuple[float, ...]
    """Mean share of accepted proposals at each temperature."""
    unique_frac: float
    """Share of particles that differ from all others."""
    moved: Floats = field(repr=False)
    """Autocorrelation of each parameter over the moves at the last temperature."""


def sample_posterior(
    log_likelihood: LogLikelihood,
    n_parameters: int,
    *,
    particles: int,
    seed: int,
    moves: int = 12,
    final_moves: int = 24,
    progress: Progress | None = None,
) -> Sampled:
    """Draw from prior times likelihood.

    Parameters
    ----------
    log_likelihood : callable
        From an array (parameter, particle) to (particle,).
    n_parameters, particles : int
    seed : int
        The same seed gives the same bits.
    moves, final_moves : int
        Moves at each temperature and at the last one.
    progress : callable, optional
        Called with the temperature that was reached.
    """
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((n_parameters, particles))
    fit = log_likelihood(z)
    temperature, step, evidence = 0.0, 0.4, 0.0
    temperatures, acceptances = [0.0], []
    correlation = np.ones(n_parameters)
    while temperature < 1:
        following = _next_temperature(fit, temperature)
        weights = (following - temperature) * fit
        evidence += float(logsumexp(weights) - np.log(particles))
        chosen = _systematic(np.exp(weights - logsumexp(weights)), rng)
        z, fit, temperature = z[:, chosen], fit[chosen], following
        before, accepted = z.copy(), []
        for _ in range(final_moves if temperature == 1 else moves):
            z, fit, rate = _move(z, fit, temperature, step, log_likelihood, rng)
            accepted.append(rate)
            step = float(np.clip(step * np.exp(rate - WANTED_ACCEPTANCE), 0.02, 0.98))
        temperatures.append(temperature)
        acceptances.append(float(np.mean(accepted)))
        if progress:
            progress(temperature)
        if temperature == 1:
            correlation = _correlations(before, z)
    return Sampled(
        z=z,
        log_likelihood=fit,
        log_evidence=evidence,
        temperatures=tuple(temperatures),
        acceptance=tuple(acceptances),
        unique_frac=len(np.unique(z, axis=1).T) / particles,
        moved=correlation,
    )


def _next_temperature(fit: Floats, temperature: float) -> float:
    """Return the next temperature: the largest that keeps the effective sample size."""
    if _effective(fit, 1 - temperature) >= KEPT:
        return 1.0
    low, high = 0.0, 1 - temperature
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _effective(fit, middle) >= KEPT else (low, middle)
    return temperature + max(low, 1e-6)


def _effective(fit: Floats, power: float) -> float:
    weights = power * fit
    return float(np.exp(2 * logsumexp(weights) - logsumexp(2 * weights)) / len(fit))


def _systematic(weights: Floats, rng: np.random.Generator) -> NDArray[np.int64]:
    """Resample with one uniform number: each particle is kept as often as its weight asks for, give or take one."""
    places = (np.arange(len(weights)) + rng.random()) / len(weights)
    return np.minimum(np.searchsorted(np.cumsum(weights), places), len(weights) - 1).astype(np.int64)


def _move(
    z: Floats, fit: Floats, temperature: float, step: float, log_likelihood: LogLikelihood, rng: np.random.Generator
) -> tuple[Floats, Floats, float]:
    """Move every particle once; half of them with the Gaussian of the other half, so that none is fitted to itself."""
    n = z.shape[1]
    halves = np.array_split(rng.permutation(n), 2)
    proposed, correction = z.copy(), np.zeros(n)
    for here, there in (halves, halves[::-1]):
        centre = z[:, there].mean(axis=1, keepdims=True)
        factor = np.linalg.cholesky(_covariance(z[:, there]))
        noise = factor @ rng.standard_normal((len(z), len(here)))
        away = z[:, here] - centre
        proposed[:, here] = centre + np.sqrt(1 - step**2) * away + step * noise
        for sign, points in ((-1, proposed[:, here] - centre), (1, away)):
            correction[here] += sign * -0.5 * (np.linalg.solve(factor, points) ** 2).sum(axis=0)
    there_fit = log_likelihood(proposed)
    gain = temperature * (there_fit - fit) - 0.5 * ((proposed**2).sum(axis=0) - (z**2).sum(axis=0)) + correction
    accept = np.log(rng.random(n)) < gain
    return np.where(accept, proposed, z), np.where(accept, there_fit, fit), float(accept.mean())


def _covariance(z: Floats) -> Floats:
    """Return the covariance of particles, a little shrunk towards its diagonal."""
    full = np.cov(z)
    shrink = min(1.0, 2.0 * len(z) / z.shape[1]) * 0.2
    found: Floats = np.atleast_2d((1 - shrink) * full + shrink * np.diag(np.diag(full))) + 1e-8 * np.eye(len(z))
    return found


def _correlations(before: Floats, after: Floats) -> Floats:
    """Return how much each parameter still remembers of where the moves started."""
    centred = [values - values.mean(axis=1, keepdims=True) for values in (before, after)]
    spread = [np.sqrt((values**2).mean(axis=1)) for values in centred]
    found: Floats = (centred[0] * centred[1]).mean(axis=1) / np.maximum(spread[0] * spread[1], 1e-12)
    return found
