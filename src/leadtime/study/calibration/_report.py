"""What calibration did: prior, posterior and evidence side by side, diagnostics, and how much each source carries."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime import catalog, world
from leadtime.study._belief import VARIANT, posterior
from leadtime.study._draws import normals
from leadtime.study.calibration._build import inputs_digest
from leadtime.study.calibration._headlines import headline_values, quantiles_of, whole_draws
from leadtime.study.calibration._model import Model, model_of
from leadtime.study.calibration._reweight import pareto_smoothed
from leadtime.study.calibration._targets import Target, targets

__all__ = ["Calibration", "calibrate"]

Floats = NDArray[np.float64]

N_PRIOR = 4096
STRONGEST = 15
RELIABLE_K = 0.7
"""Shape of the tail of weights above which reweighting says little (Vehtari and others 2024)."""


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Rows, parameters and diagnostics of the packaged posterior, as plain data."""

    rows: tuple[dict[str, Any], ...]
    parameters: tuple[dict[str, Any], ...]
    correlations: tuple[dict[str, Any], ...]
    variants: Mapping[str, dict[str, Any]]
    left_out: tuple[dict[str, Any], ...]
    diagnostics: Mapping[str, Any]

    def as_data(self) -> dict[str, Any]:
        """Return what ``leadtime calibrate --json`` prints as data."""
        return {
            "rows": list(self.rows),
            "parameters": list(self.parameters),
            "diagnostics": {
                **self.diagnostics,
                "variants": dict(self.variants),
                "correlations": list(self.correlations),
                "left_out": list(self.left_out),
            },
        }

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Sources of the evidence."""
        return tuple(sorted({row["source_id"] for row in self.rows}))


@cache
def calibrate() -> Calibration:
    """Compare the packaged posterior with its priors and with the evidence, row by row.

    Returns
    -------
    Calibration
        Every target (fitted or only compared) with quantiles of prior and posterior and the distance of the posterior median from
        the evidence in standard deviations; every fitted parameter; the strongest correlations; months of lead by variant of
        spillover; and, for each source, how the headline numbers move when its rows are taken out of the likelihood (by reweighting
        the particles, where ``pareto_k`` above .7 says that the answer is rough; sources of three rows and more were fitted again).
    """
    model = model_of(targets())
    known = posterior()
    before = normals(model.names, seed=0, first=0, last=N_PRIOR)
    after = whole_draws(known.names, known.z)
    reads = {"prior": model.read(before), "posterior": model.read(after)}
    headlines = headline_values(after)
    chooses = known.of_variant()
    return Calibration(
        rows=tuple(_row(target, {name: read[target.id] for name, read in reads.items()}) for target in targets()),
        parameters=tuple(_parameters(model)),
        correlations=tuple(_correlations()),
        variants=_variants(headlines, chooses),
        left_out=tuple(_left_out(model, reads["posterior"], headlines, chooses)),
        diagnostics=_diagnostics(model),
    )


def _row(target: Target, draws: Mapping[str, Floats]) -> dict[str, Any]:
    centre = float(target.on_scale(np.asarray(target.value.central)))
    found = {name: quantiles_of(values) for name, values in draws.items()}
    distance = {
        name: (float(target.on_scale(np.asarray(cell["q50"]))) - centre) / target.sd for name, cell in found.items()
    }
    return {
        "id": target.id,
        "title": target.title,
        "role": target.role,
        "unit": target.value.unit,
        "period": [target.row["start"], target.row["end"]],
        "prior": found["prior"],
        "posterior": found["posterior"],
        "evidence": {"low": target.value.low, "value": target.value.central, "high": target.value.high},
        "bound": target.bound,
        "power": target.power,
        "sd": target.sd,
        "scale": target.scale,
        "z_prior": distance["prior"],
        "z_posterior": distance["posterior"],
        "evidence_ids": list(target.evidence),
        "source_id": target.row["source_id"],
        "note": target.row["note"],
    }


def _parameters(model: Model) -> list[dict[str, Any]]:
    known = posterior()
    priors = {prior.id: prior for prior in model.evaluate.priors}
    grid = normals(["z"], seed=0, first=0, last=N_PRIOR)[0]
    found = []
    for name, z in zip(known.names, known.z, strict=True):
        if name == VARIANT:
            continue
        prior = priors[name]
        found.append(
            {
                "name": name,
                "unit": prior.unit,
                "prior": quantiles_of(np.asarray(prior.value(grid), float)),
                "posterior": quantiles_of(np.asarray(prior.value(z), float)),
                "shift_sd": float(z.mean()),
                "shrinkage_frac": float(1 - z.std()),
            }
        )
    return sorted(found, key=lambda row: -max(abs(row["shift_sd"]), row["shrinkage_frac"]))


def _correlations() -> list[dict[str, Any]]:
    """Return the strongest correlations between parameters within variants."""
    known = posterior()
    variant = known.of_variant()
    rows = [row for row, name in enumerate(known.names) if name != VARIANT]
    z = known.z[rows].astype(float)
    for one in np.unique(variant):
        z[:, variant == one] -= z[:, variant == one].mean(axis=1, keepdims=True)
    matrix = np.corrcoef(z)
    first, second = np.triu_indices(len(rows), 1)
    strongest = np.argsort(-np.abs(matrix[first, second]))[:STRONGEST]
    return [
        {
            "parameters": [known.names[rows[first[place]]], known.names[rows[second[place]]]],
            "correlation": float(matrix[first[place], second[place]]),
        }
        for place in strongest
    ]


def _variants(headlines: Mapping[str, Floats], chooses: NDArray[np.int64]) -> dict[str, dict[str, Any]]:
    manifest = posterior().manifest["variants"]
    return {
        variant: {
            "weight": manifest[variant]["weight"],
            "weight_if_evidence_decided": manifest[variant]["weight_if_evidence_decided"],
            "log_evidence": float(np.mean(manifest[variant]["log_evidence"])),
            "headline": {name: quantiles_of(values[chooses == place]) for name, values in headlines.items()},
            **{
                name: manifest[variant][name]
                for name in (
                    "runs",
                    "effective_particles",
                    "particles",
                    "unique_frac",
                    "r_hat_largest",
                    "r_hat_worst_parameter",
                    "acceptance_frac",
                )
            },
        }
        for place, variant in enumerate(world.VARIANTS)
    }


def _left_out(
    model: Model, read: Mapping[str, Floats], headlines: Mapping[str, Floats], chooses: NDArray[np.int64]
) -> list[dict[str, Any]]:
    """Return the headline numbers without each source, by weights that undo its rows; variants keep their shares."""
    used = tuple(target for target in targets() if target.role == "fit")
    terms = dict(zip((target.id for target in used), model.log_terms(read, used), strict=True))
    whole = {name: float(np.median(values)) for name, values in headlines.items()}
    found = []
    for group in sorted({target.group for target in used}):
        rows = [target.id for target in used if target.group == group]
        undo = -np.sum([terms[row] for row in rows], axis=0)
        weights, shapes = np.zeros(len(undo)), []
        for one in np.unique(chooses):
            part, shape = pareto_smoothed(undo[chooses == one])
            weights[chooses == one] = part * (chooses == one).mean()
            shapes.append(shape)
        refit = posterior().manifest.get("left_out", {}).get(group)
        without = refit or {name: quantiles_of(values, weights) for name, values in headlines.items()}
        found.append(
            {
                "group": group,
                "rows": rows,
                "method": "refit" if refit else "reweighting",
                "pareto_k": max(shapes),
                "reliable": bool(refit) or max(shapes) <= RELIABLE_K,
                "effective_particles": float(1 / (weights**2).sum()),
                "headline": without,
                "shift": {name: without[name]["q50"] - whole[name] for name in headlines},
            }
        )
    return found


def _diagnostics(model: Model) -> dict[str, Any]:
    known = posterior()
    fitted = model_of(tuple(target for target in targets() if target.role == "fit"))
    manifest = known.manifest
    return {
        **{
            name: manifest[name]
            for name in (
                "command",
                "seeds",
                "particles",
                "particles_per_run",
                "made",
                "version",
                "data_version",
                "conditional_on",
            )
        },
        "stale": manifest["inputs"] != inputs_digest(fitted),
        "targets_fitted": len(fitted.targets),
        "targets_compared": len(model.targets) - len(fitted.targets),
        "parameters_fitted": len(known.names) - 1,
        "parameters_in_all": sum(prior.distribution != "F" for prior in model.evaluate.priors),
        "not_spoken_to": _not_spoken_to(),
    }


def _not_spoken_to() -> list[str]:
    """Return the rows of evidence that are marked as targets and have no counterpart in the model."""
    spoken = {one for target in targets() for one in target.evidence}
    return [
        row["id"]
        for row in catalog.table("evidence")
        if row["kind"] == "calibration_target" and row["id"] not in spoken
    ]
