"""Fitting: the posterior of the parameters that the targets speak to, separately under each variant of spillover."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime import world
from leadtime.study.calibration._model import Model
from leadtime.study.calibration._smc import Sampled, sample_posterior
from leadtime.study.calibration._targets import Target

__all__ = ["VARIANT", "Fit", "fit", "fit_variants", "split", "variant_z"]

VARIANT = "spillover_variant"
"""Parameter that chooses the variant of a draw."""

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Fit:
    """A posterior under one variant.

    Parameters
    ----------
    names : tuple of str
        Parameters that were fitted, one per row of the particles.
    runs : tuple of Sampled
        Independent runs of the sampler.
    used : tuple of str
        Targets in the likelihood.
    """

    variant: str
    names: tuple[str, ...]
    runs: tuple[Sampled, ...] = field(repr=False)
    used: tuple[str, ...] = ()

    @property
    def z(self) -> Floats:
        """All particles, shape (parameter, particle)."""
        return np.concatenate([run.z for run in self.runs], axis=1)

    @property
    def log_evidence(self) -> float:
        """Log of the probability of the evidence under the variant, mean over runs."""
        return float(np.mean([run.log_evidence for run in self.runs]))

    def r_hat(self) -> dict[str, float]:
        """Return, for each parameter, the ratio of the spread of all runs together to that within runs (near 1 if they agree)."""
        found = {}
        for row, name in enumerate(self.names):
            parts = [run.z[row] for run in self.runs]
            within = float(np.mean([part.var(ddof=1) for part in parts]))
            between = float(np.var([part.mean() for part in parts], ddof=1)) if len(parts) > 1 else 0.0
            found[name] = float(np.sqrt(1 + between / within))
        return found


def variant_z(weights: Mapping[str, float]) -> dict[str, float]:
    """Return, for each variant, a standard normal value of its parameter that chooses it."""
    edges = np.concatenate([[0.0], np.cumsum(list(weights.values()))])
    middle = (edges[:-1] + edges[1:]) / 2
    return {name: NormalDist().inv_cdf(float(place)) for name, place in zip(weights, middle, strict=True)}


def fit(
    model: Model,
    used: tuple[Target, ...],
    variant: str,
    *,
    particles: int,
    seeds: Sequence[int],
    free: tuple[int, ...] | None = None,
    fixed: Mapping[str, float] | None = None,
    moves: int = 12,
    final_moves: int = 24,
    progress: Progress | None = None,
) -> Fit:
    """Fit the baseline to targets under one variant.

    Parameters
    ----------
    model : Model
    used : tuple of Target
        Targets in the likelihood, all of them read by the model.
    variant : {"s0", "s1", "s2"}
    particles : int
        Of each run.
    seeds : sequence of int
        One run of the sampler per seed.
    free : tuple of int, optional
        Rows of the parameters to fit; by default those that move a target.
    fixed : mapping of str to float, optional
        Standard normal values of parameters that are not fitted; 0 for the others.
    """
    chosen_row = model.names.index(VARIANT)
    rows = [row for row in (model.free if free is None else free) if row != chosen_row]
    base = np.zeros(len(model.names))
    for name, value in (fixed or {}).items():
        base[model.names.index(name)] = value
    base[chosen_row] = variant_z(world.variant_weights(model.data.constants))[variant]

    def log_likelihood(z: Floats) -> Floats:
        whole = np.repeat(base[:, None], z.shape[1], axis=1).astype(np.float32)
        whole[rows] = z
        terms: Floats = model.log_terms(model.read(whole), used).sum(axis=0)
        return terms

    runs = []
    for number, seed in enumerate(seeds):
        tell = None if progress is None else _told(progress, number, len(seeds))
        runs.append(
            sample_posterior(
                log_likelihood,
                len(rows),
                particles=particles,
                seed=seed,
                moves=moves,
                final_moves=final_moves,
                progress=tell,
            )
        )
    names = tuple(model.names[row] for row in rows)
    return Fit(variant=variant, names=names, runs=tuple(runs), used=tuple(target.id for target in used))


def _told(progress: Progress, number: int, n_runs: int) -> Callable[[float], None]:
    return lambda temperature: progress(round(100 * (number + np.sqrt(temperature))), 100 * n_runs)


def split(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Split a number of particles over variants by weight."""
    counts = {name: round(total * weight) for name, weight in weights.items()}
    counts[max(weights, key=lambda name: weights[name])] += total - sum(counts.values())
    return counts


def fit_variants(
    model: Model,
    used: tuple[Target, ...],
    *,
    particles: int,
    seeds: Sequence[int],
    progress: Progress | None = None,
    **more: Any,
) -> dict[str, Fit]:
    """Fit every variant; ``particles`` is the number over variants and runs together, shared out by weight."""
    weights = world.variant_weights(model.data.constants)
    counts = split(particles, weights)
    found = {}
    for place, variant in enumerate(weights):
        tell = None if progress is None else _shifted(progress, place, len(weights))
        found[variant] = fit(
            model, used, variant, particles=counts[variant] // len(seeds), seeds=seeds, progress=tell, **more
        )
    return found


def _shifted(progress: Progress, place: int, n: int) -> Progress:
    return lambda done, total: progress(place * total + done, n * total)
