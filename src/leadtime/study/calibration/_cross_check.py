"""The packaged posterior held against another sampler: NUTS on the gradients of the same likelihood, all fitted parameters at once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime import world
from leadtime.arrays import Array, namespace
from leadtime.errors import OutOfRangeError, UnknownNameError
from leadtime.study._belief import VARIANT, posterior
from leadtime.study._draws import check_seed
from leadtime.study.calibration._fit import variant_z
from leadtime.study.calibration._headlines import headline_values, quantiles_of, whole_draws
from leadtime.study.calibration._model import Model, model_of
from leadtime.study.calibration._nuts import Chains, sample_nuts
from leadtime.study.calibration._targets import Target, targets

__all__ = ["CrossCheck", "compared", "cross_check", "likelihood_of"]

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

FAR = 3.0
"""Distance of two means, in standard errors of both samplers together, beyond which they are counted as apart."""
MIXED = 1.05
"""Largest R-hat of chains that say anything."""


@dataclass(frozen=True, kw_only=True)
class CrossCheck:
    """Both samplers side by side, by variant of spillover, as plain data."""

    variants: dict[str, dict[str, Any]]
    settings: dict[str, Any]

    def as_data(self) -> dict[str, Any]:
        """Return what ``leadtime calibrate --cross-check --json`` prints under ``cross_check``."""
        return {
            "method": "no-U-turn sampler (NumPyro) against the packaged particles",
            **self.settings,
            "variants": self.variants,
        }


def cross_check(
    variants: Sequence[str] = world.VARIANTS,
    *,
    chains: int = 4,
    warmup: int = 300,
    draws: int = 500,
    seed: int = 1,
    progress: Progress | None = None,
) -> CrossCheck:
    """Sample the posterior of every fitted parameter again by NUTS and compare it with the packaged particles.

    Parameters
    ----------
    variants : sequence of {"s0", "s1", "s2"}
        Variants of spillover, each a posterior of its own.
    chains, warmup, draws : int
        Per variant; draws of each chain before and after its step size and metric stand.
    seed : int
    progress : callable, optional
        Called with variants done and variants in all.

    Returns
    -------
    CrossCheck
        For each variant, mean and standard deviation of every parameter (standard normal under its prior) by both samplers, quantiles
        of the headline numbers by both, and how well the chains mixed.

    Raises
    ------
    MissingExtraError
        If JAX or NumPyro is not installed.
    """
    check_seed(seed)
    if not (1 <= chains <= 64 and 4 <= warmup <= 100_000 and 4 <= draws <= 100_000):
        raise OutOfRangeError(
            "The size of the cross-check is not usable.", hint="Use 1 to 64 chains and 4 to 100,000 draws of each."
        )
    for name in variants:
        if name not in world.VARIANTS:
            raise UnknownNameError.among("variant", name, world.VARIANTS)
    used = tuple(target for target in targets() if target.role == "fit")
    model = model_of(used)
    names = tuple(name for name in posterior().names if name != VARIANT)
    found = {}
    for number, variant in enumerate(variants):
        log_likelihood = likelihood_of(model, used, variant, names)
        sampled = sample_nuts(log_likelihood, len(names), chains=chains, warmup=warmup, draws=draws, seed=seed + number)
        found[variant] = _compared_with_packaged(names, sampled, variant)
        if progress:
            progress(number + 1, len(variants))
    settings = {"chains": chains, "warmup": warmup, "draws": draws, "seed": seed, "parameters": len(names), "targets": len(used)}  # fmt: skip
    return CrossCheck(variants=found, settings=settings)


def likelihood_of(
    model: Model, used: tuple[Target, ...], variant: str, names: Sequence[str]
) -> Callable[[Array], Array]:
    """Return the log-likelihood of some parameters under a variant, from (parameter, draw) to (draw,); the others stand at their middle."""
    rows = np.array([model.names.index(name) for name in names])
    base = np.zeros(len(model.names))
    base[model.names.index(VARIANT)] = variant_z(world.variant_weights(model.data.constants))[variant]
    order = np.argsort(np.concatenate([rows, np.setdiff1d(np.arange(len(base)), rows)]))
    rest = np.delete(base, rows)

    def log_likelihood(z: Array) -> Array:
        xp = namespace(z)
        others = xp.broadcast_to(xp.asarray(rest)[:, None], (len(rest), z.shape[1]))
        return model.log_likelihood(xp.concatenate([z, others])[order], used)

    return log_likelihood


def _compared_with_packaged(names: tuple[str, ...], sampled: Chains, variant: str) -> dict[str, Any]:
    """Compare the chains of a variant with the packaged particles of that variant."""
    known = posterior()
    mine = known.z[:, known.of_variant() == world.VARIANTS.index(variant)]
    particles = mine[[known.names.index(name) for name in names]].astype(float)
    effective = min(known.manifest["variants"][variant]["effective_particles"], particles.shape[1])
    chooses = float(np.unique(mine[known.names.index(VARIANT)])[0])
    theirs = np.vstack([sampled.flat, np.full(sampled.flat.shape[1], chooses)]).astype(np.float32)
    headlines = {
        "smc": headline_values(whole_draws(known.names, mine)),
        "nuts": headline_values(whole_draws((*names, VARIANT), theirs)),
    }
    return {
        **compared(names, particles, effective, sampled),
        "headline": {
            name: {sampler: quantiles_of(values[name]) for sampler, values in headlines.items()}
            for name in headlines["smc"]
        },
    }


def compared(names: Sequence[str], particles: Floats, effective: float, sampled: Chains) -> dict[str, Any]:
    """Return both samplers' means and standard deviations of every parameter, and how many are apart.

    Parameters
    ----------
    names : sequence of str
    particles : ndarray, shape (parameter, particle)
        Of the other sampler.
    effective : float
        Independent draws that the particles are worth.
    sampled : Chains
    """
    flat = sampled.flat
    means, sds = ({"smc": part(particles), "nuts": part(flat)} for part in (_mean, _sd))
    error = np.sqrt(sds["smc"] ** 2 / effective + sds["nuts"] ** 2 / np.maximum(sampled.effective, 1.0))
    apart = (means["nuts"] - means["smc"]) / error
    moved = (means["nuts"] - means["smc"]) / sds["smc"]
    ratio = sds["nuts"] / sds["smc"]
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "mean": {sampler: float(values[row]) for sampler, values in means.items()},
            "sd": {sampler: float(values[row]) for sampler, values in sds.items()},
            "difference_sd": float(moved[row]),
            "difference_errors": float(apart[row]),
            "effective_draws": float(sampled.effective[row]),
            "r_hat": float(sampled.r_hat[row]),
        }
        for row, name in enumerate(names)
    ]
    return {
        "parameters": sorted(rows, key=lambda row: -abs(row["difference_sd"])),
        "mixed": bool(np.nanmax(sampled.r_hat) <= MIXED),
        "r_hat_largest": float(np.nanmax(sampled.r_hat)),
        "effective_draws_smallest": float(sampled.effective.min()),
        "divergences": sampled.divergences,
        "acceptance_frac": sampled.acceptance_frac,
        "gradients_per_draw": sampled.steps,
        "difference_sd_largest": float(np.abs(moved).max()),
        "difference_sd_median": float(np.median(np.abs(moved))),
        "sd_ratio_smallest": float(ratio.min()),
        "sd_ratio_largest": float(ratio.max()),
        "parameters_apart": int((np.abs(apart) > FAR).sum()),
    }


def _mean(z: Floats) -> Floats:
    found: Floats = z.mean(axis=1)
    return found


def _sd(z: Floats) -> Floats:
    found: Floats = z.std(axis=1)
    return found
