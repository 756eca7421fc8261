"""Making the packaged posterior: fits of all variants, thinned to one set of particles, and a record of how they came about."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import leadtime
from leadtime import catalog, world
from leadtime.files import output_folder, write_text, writing
from leadtime.study._belief import VARIANT, digest_of
from leadtime.study.calibration._fit import Fit, fit, split, variant_z
from leadtime.study.calibration._headlines import headline_values, summaries, whole_draws
from leadtime.study.calibration._model import Model, model_of
from leadtime.study.calibration._targets import Target, targets

__all__ = ["PARTICLES", "SEEDS", "diagnostics_of", "inputs_digest", "particles_of", "rebuild"]

PARTICLES = 8192
"""Particles in the packaged posterior."""
PER_RUN = 1536
LEFT_OUT_PARTICLES = 1024
SEVERAL = 3
"""Rows from which on a source is left out by fitting again."""
SEEDS = (1, 2, 3, 4)
DECIDING = (
    "outputs", "over", "measure", "delay", "factor", "start", "end", "scale", "low", "central", "high", "level", "discrepancy", "power", "bound",
)  # fmt: skip
"""Columns of a target on which a fit depends."""
DIGITS = 12
"""Significant digits of the inputs that a fit depends on: the order of a sum is not an input."""
FILES = ("particles.npz", "manifest.json")

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]


def rebuild(
    out: str | Path,
    *,
    seeds: Sequence[int] = SEEDS,
    per_run: int = PER_RUN,
    particles: int = PARTICLES,
    progress: Progress | None = None,
) -> Path:
    """Fit the model to all targets and write particles and manifest to a folder.

    Parameters
    ----------
    out : path
        Folder; made if it is not there.
    seeds : sequence of int
        One independent run of the sampler under every variant for each.
    per_run : int
        Particles of a run.
    particles : int
        Particles that are written, shared out over the variants by their weights.
    progress : callable, optional
        Called with steps done and steps in all.
    """
    folder = output_folder(out)
    used = tuple(target for target in targets() if target.role == "fit")
    model = model_of(used)
    weights = world.variant_weights(model.data.constants)
    fits = {}
    for place, variant in enumerate(weights):
        fits[variant] = fit(model, used, variant, particles=per_run, seeds=seeds, progress=_shifted(progress, place, 4))
    names, z = particles_of(fits, model, particles)
    with writing(folder / FILES[0]) as path, path.open("wb") as file:
        np.savez_compressed(file, names=np.array(names), z=z)
    manifest = {
        "command": "leadtime calibrate --rebuild DIR",
        "seeds": list(seeds),
        "particles_per_run": per_run,
        "particles": int(z.shape[1]),
        "made": date.today().isoformat(),
        "version": leadtime.__version__,
        "data_version": catalog.data_version(),
        "numpy": np.__version__,
        "inputs": inputs_digest(model),
        "particles_digest": digest_of(names, z),
        "conditional_on": "the dated rule path and Beijing's permission as the scenario baseline has them",
        "targets": [target.id for target in used],
        "left_out": left_out(model, used, seed=seeds[0], tell=_shifted(progress, 3, 4)),
        "variants": {name: diagnostics_of(one, weights, fits) for name, one in fits.items()},
    }
    write_text(folder / FILES[1], json.dumps(manifest, indent=1) + "\n")
    return folder


def left_out(model: Model, used: tuple[Target, ...], *, seed: int, tell: Progress) -> dict[str, Any]:
    """Return the headline numbers of fits without each source of several rows, for which reweighting would not do."""
    groups = sorted({target.group for target in used})
    large = [group for group in groups if sum(target.group == group for target in used) >= SEVERAL]
    found = {}
    for place, group in enumerate(large):
        kept = tuple(target for target in used if target.group != group)
        fits = {
            variant: fit(model, kept, variant, particles=LEFT_OUT_PARTICLES, seeds=(seed,))
            for variant in world.variant_weights(model.data.constants)
        }
        names, z = particles_of(fits, model, 2 * LEFT_OUT_PARTICLES)
        found[group] = summaries(headline_values(whole_draws(names, z)))
        tell(place + 1, len(large))
    return found


def particles_of(fits: Mapping[str, Fit], model: Model, total: int) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return one set of equally weighted particles from the fits of all variants, shared out by the weights of the variants."""
    weights = world.variant_weights(model.data.constants)
    chooses = variant_z(weights)
    parts, names = [], next(iter(fits.values())).names
    for variant, count in split(total, weights).items():
        every = fits[variant].z
        chosen = np.linspace(0, every.shape[1] - 1, count).round().astype(int)
        parts.append(np.vstack([every[:, chosen], np.full(count, chooses[variant])]))
    return (*names, VARIANT), np.concatenate(parts, axis=1).astype(np.float32)


def diagnostics_of(one: Fit, weights: Mapping[str, float], fits: Mapping[str, Fit]) -> dict[str, Any]:
    """Return how well the sampler did under a variant, and what the evidence says of the variant."""
    r_hat = one.r_hat()
    worst = max(r_hat, key=lambda name: r_hat[name])
    support = {name: weights[name] * np.exp(fits[name].log_evidence - one.log_evidence) for name in weights}
    last = [run.acceptance[-1] for run in one.runs]
    return {
        "runs": len(one.runs),
        "effective_particles": effective_particles(one),
        "particles": int(one.z.shape[1]),
        "unique_frac": float(np.mean([run.unique_frac for run in one.runs])),
        "r_hat_largest": r_hat[worst],
        "r_hat_worst_parameter": worst,
        "acceptance_frac": float(np.mean(last)),
        "remembered": float(np.mean([np.abs(run.moved).mean() for run in one.runs])),
        "temperatures": [list(map(float, run.temperatures)) for run in one.runs],
        "log_evidence": [run.log_evidence for run in one.runs],
        "weight": weights[one.variant],
        "weight_if_evidence_decided": float(weights[one.variant] / sum(support.values())),
    }


def effective_particles(one: Fit) -> float:
    """Return the effective number of particles, from how much the means of independent runs differ.

    The variance of a mean over n independent draws is the variance of a draw over n; what the runs show instead, averaged over the
    parameters, gives the number of independent draws that they are worth. At most the number of particles.
    """
    parts = np.stack([run.z for run in one.runs])
    if len(parts) < 2:
        return float("nan")
    within = parts.var(axis=2, ddof=1).mean(axis=0)
    between = parts.mean(axis=2).var(axis=0, ddof=1)
    per_run = float(1 / np.mean(between / within))
    return float(min(per_run, parts.shape[2]) * len(parts))


def inputs_digest(model: Model) -> str:
    """Return a digest of all that a fit rests on: priors, policy, history and targets, to :data:`DIGITS` digits."""
    from hashlib import blake2b

    rows = [[target.id, *(target.row[name] for name in DECIDING)] for target in model.targets]
    text = model.evaluate.digest(digits=DIGITS) + json.dumps(rows, sort_keys=True)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _shifted(progress: Progress | None, place: int, n: int) -> Progress:
    """Return progress within one of several parts, in hundredths of all of them."""
    return lambda done, total: progress(round(100 * (place + done / total)), 100 * n) if progress else None
