"""Hindcast: fit to what is about times up to a day, predict the later evidence, and score the prediction."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from leadtime import catalog, world
from leadtime.errors import OutOfRangeError
from leadtime.study._draws import normals
from leadtime.study._quarters import year_frac
from leadtime.study.calibration._build import particles_of
from leadtime.study.calibration._fit import fit
from leadtime.study.calibration._model import FIRST_CUT, FREEDOM, log_density, model_of
from leadtime.study.calibration._targets import Target, known_by, targets

__all__ = ["DEFAULT_AS_OF", "Hindcast", "check_as_of", "extrapolations", "hindcast", "score"]

Floats = NDArray[np.float64]
Progress = Callable[[int, int], None]

DEFAULT_AS_OF = date(2024, 12, 31)
PARTICLES = 1024
"""Particles of each variant."""
PREDICTED = 2048
SEED = 11
SPREAD = {"log": 0.6, "logit": 0.6, "linear": 3.0}
"""Standard deviation of plain extrapolations, beside that of the row: a factor of 1.8, or 3 months."""
REASONS = {
    "check": "same information as fitted rows",
    "prior": "a prior or the history rests on it",
    "policy": "an input of the model",
    "compare": "another measure than that of the model",
}


@dataclass(frozen=True, kw_only=True)
class Hindcast:
    """What was predicted and how it turned out, as plain data."""

    as_of: date
    main: Mapping[str, Any]
    strict: Mapping[str, Any]
    versions: tuple[dict[str, str], ...]

    def as_data(self) -> dict[str, Any]:
        """Return what ``leadtime hindcast --json`` prints as data."""
        return {
            "as_of": self.as_of.isoformat(),
            **self.main,
            "by_publication_date": dict(self.strict),
            "versions_scored": len(self.versions),
            "versions": [dict(row) for row in self.versions],
            "not_scored": _not_scored(self.as_of),
            "priors_with_later_evidence": priors_with_later_evidence(self.as_of),
            "conditional_on": "the rules and Beijing's permission as they came, also after the date",
        }

    @property
    def source_ids(self) -> tuple[str, ...]:
        """Sources of the evidence."""
        return tuple(sorted({target.row["source_id"] for target in targets()}))


def hindcast(as_of: date = DEFAULT_AS_OF, *, seed: int = SEED, progress: Progress | None = None) -> Hindcast:
    """Fit the model to evidence up to a day and score it on what came later.

    Parameters
    ----------
    as_of : date
        Only targets about times up to this day are fitted, and supply is known for the years that ended by it; everything later is
        scored. Beside it stands the strict version, which fits only rows that were public by then.
    seed : int
    progress : callable, optional
        Called with steps done and steps in all.

    Returns
    -------
    Hindcast

    Raises
    ------
    OutOfRangeError
        If there is nothing to fit or nothing to score.

    Notes
    -----
    Coverage counts rows inside the central 50 and 80 % interval of the prediction with observation noise; ``without_noise`` leaves
    the noise of the row away; ``pit`` says how wide and how far off the predictions are on the whole. Beside the rows about later times
    the strict version also scores all rows that were published later (``published_later``): those about earlier times were as unknown to
    it. The log score is the sum of log predictive densities over the rows for which plain extrapolations
    (trend of the series, last value) exist.
    """
    check_as_of(as_of)
    main, strict = (
        _run(as_of, by_publication, seed, _Tell(progress, place)) for place, by_publication in enumerate((False, True))
    )
    versions = tuple(dict(row) for row in catalog.table("hindcast_versions"))
    return Hindcast(as_of=as_of, main=main, strict=strict, versions=versions)


def check_as_of(as_of: date) -> None:
    """Raise OutOfRangeError if there is nothing to fit up to a day, or nothing to score after it."""
    if not _scored(as_of) or as_of < FIRST_CUT:
        latest = max(target.period_end for target in targets() if target.role == "fit")
        raise OutOfRangeError(
            f"No hindcast is possible from {as_of}.",
            hint=f"Use a date from {FIRST_CUT} to {latest - timedelta(days=1)}: later there is nothing left to score.",
        )


class _Tell:
    """Progress that does not count as part of the question, so that answers are kept whoever asks."""

    def __init__(self, progress: Progress | None, place: int) -> None:
        self.progress, self.place = progress, place

    def __call__(self, step: int, done: int, total: int) -> None:
        if self.progress:
            self.progress(self.place * 300 + step * 100 + round(100 * done / total), 600)

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Tell)


@lru_cache(maxsize=8)
def _run(as_of: date, by_publication: bool, seed: int, tell: _Tell) -> dict[str, Any]:
    used = known_by(as_of, strict=by_publication)
    scored = _scored(as_of)
    unseen = _unseen(as_of) if by_publication else ()
    reading = model_of(tuple(dict.fromkeys((*used, *scored, *unseen))), supply_known_by=as_of)
    draws = {"prior": normals(reading.names, seed=seed, first=0, last=PREDICTED)}
    draws["posterior"] = draws["prior"].copy()
    if used:
        fitting = model_of(used, supply_known_by=as_of)
        fits = {
            variant: fit(
                fitting,
                used,
                variant,
                particles=PARTICLES,
                seeds=(seed,),
                progress=lambda d, t, s=step: tell(s, d, t),  # type: ignore[misc]
            )
            for step, variant in enumerate(world.variant_weights(reading.data.constants))
        }
        names, z = particles_of(fits, fitting, PREDICTED)
        draws["posterior"][[reading.names.index(name) for name in names]] = z
    reads = {name: reading.read(z) for name, z in draws.items()}
    earlier = _known_values(as_of, by_publication)
    found = score(scored, reads, earlier=earlier, seed=seed)
    if by_publication:
        found["published_later"] = score(unseen, reads, earlier=earlier, seed=seed)
    return {"n_used": len(used), "used": [target.id for target in used], **found}


def score(
    scored: Sequence[Target],
    reads: Mapping[str, Mapping[str, Floats]],
    *,
    earlier: Mapping[str, Sequence[Target]],
    seed: int,
) -> dict[str, Any]:
    """Score predictions of some targets.

    Parameters
    ----------
    scored : sequence of Target
    reads : mapping
        For ``prior`` and ``posterior``, model values by id of the target.
    earlier : mapping of str to sequence of Target
        Known rows by series, for plain extrapolation.
    seed : int
        Of the observation noise.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for target in scored:
        noise = target.sd * rng.standard_t(FREEDOM, size=len(reads["posterior"][target.id]))
        rows.append(_row(target, {name: read[target.id] for name, read in reads.items()}, noise, earlier))
    two_sided = [row for row in rows if row["bound"] == "two"]
    compared = [row for row in two_sided if row["log_score"]["trend"] is not None]
    return {
        "n_targets": len(two_sided),
        "n_bounds": len(rows) - len(two_sided),
        "coverage_50_frac": _share(two_sided, "inside_50"),
        "coverage_80_frac": _share(two_sided, "inside_80"),
        "without_noise": {
            "coverage_50_frac": _share(two_sided, "inside_50_without_noise"),
            "coverage_80_frac": _share(two_sided, "inside_80_without_noise"),
        },
        "prior_alone": {
            "coverage_50_frac": _share(two_sided, "prior_inside_50"),
            "coverage_80_frac": _share(two_sided, "prior_inside_80"),
        },
        "pit": _pit_summary([row["pit"] for row in two_sided]),
        "median_width_ratio_to_prior": float(np.median([row["width_ratio_to_prior"] for row in two_sided])),
        "median_width_80": float(np.median([row["width_80"] for row in two_sided])),
        "log_score": {
            name: float(sum(row["log_score"][name] for row in compared)) for name in ("model", "trend", "last_value")
        },
        "log_score_rows": len(compared),
        "rows_better_than": {
            name: sum(row["log_score"]["model"] > row["log_score"][name] for row in compared)
            for name in ("trend", "last_value")
        },
        "log_score_all_rows": {
            name: float(sum(row["log_score"][name] for row in two_sided)) for name in ("model", "prior")
        },
        "rows": rows,
    }


def _row(
    target: Target, draws: Mapping[str, Floats], noise: Floats, earlier: Mapping[str, Sequence[Target]]
) -> dict[str, Any]:
    observed = float(target.on_scale(np.asarray(target.value.central)))
    model = {name: target.on_scale(values) for name, values in draws.items()}
    levels = (0.1, 0.25, 0.5, 0.75, 0.9)
    plain = {name: np.quantile(values, levels) for name, values in model.items()}
    noisy = {name: np.quantile(values + noise[: len(values)], levels) for name, values in model.items()}
    ours, without, before = noisy["posterior"], plain["posterior"], noisy["prior"]
    units = target.from_scale(ours)
    guesses = extrapolations(target, earlier.get(target.series, ())) if target.series else None
    return {
        "id": target.id,
        "title": target.title,
        "unit": target.value.unit,
        "bound": target.bound,
        "observed": target.value.central,
        "predicted": {f"q{round(100 * level)}": float(value) for level, value in zip(levels, units, strict=True)},
        "inside_50": bool(ours[1] <= observed <= ours[3]),
        "inside_80": bool(ours[0] <= observed <= ours[4]),
        "inside_50_without_noise": bool(without[1] <= observed <= without[3]),
        "inside_80_without_noise": bool(without[0] <= observed <= without[4]),
        "prior_inside_50": bool(before[1] <= observed <= before[3]),
        "prior_inside_80": bool(before[0] <= observed <= before[4]),
        "pit": _pit(model["posterior"] + noise[: len(model["posterior"])], observed),
        "width_80": float(ours[4] - ours[0]),
        "width_ratio_to_prior": float((without[4] - without[0]) / max(plain["prior"][4] - plain["prior"][0], 1e-12)),
        "log_score": {
            "model": _predictive(target, draws["posterior"]),
            "prior": _predictive(target, draws["prior"]),
            "trend": guesses["trend"][1] if guesses else None,
            "last_value": guesses["last_value"][1] if guesses else None,
        },
        "trend": guesses["trend"][0] if guesses else None,
        "last_value": guesses["last_value"][0] if guesses else None,
        "scale": target.scale,
    }


def _pit(predicted: Floats, observed: float) -> float:
    """Return the place of what was observed in the prediction, from 0 (below all of it) to 1."""
    n = len(predicted)
    return float(np.clip((predicted < observed).mean(), 0.5 / n, 1 - 0.5 / n))


def _pit_summary(places: Sequence[float]) -> dict[str, Any]:
    """Say how wide and how far off predictions are, from the places of what was observed in them.

    On the scale of standard normal values the places have mean 0 and standard deviation 1 if predictions are right; a standard
    deviation below 1 says that intervals are too wide, and by how much. ``spread_if_right`` holds 80 % of what so many independent
    rows would show.
    """
    from scipy.stats import chi2, norm

    if len(places) < 2:
        return {"bias": None, "spread": None, "spread_if_right": None}
    z, free = norm.ppf(places), len(places) - 1
    ends = [float(math.sqrt(chi2.ppf(share, free) / free)) for share in (0.1, 0.9)]
    return {"bias": float(z.mean()), "spread": float(z.std(ddof=1)), "spread_if_right": ends}


def _predictive(target: Target, values: Floats) -> float:
    return float(logsumexp(log_density(target, values)) - math.log(len(values)))


def extrapolations(target: Target, earlier: Sequence[Target]) -> dict[str, tuple[float, float]] | None:
    """Return value and log density of plain extrapolations of a series: its trend and its last value; None without an earlier row.

    The trend is a straight line through the known rows on the scale of the target (exponential growth for quantities); through a
    single row it is level. Both are Student distributed about their value with the spread of :data:`SPREAD` and that of the row.
    """
    if not earlier:
        return None
    known = sorted(earlier, key=lambda row: row.period_end)
    times = np.array([year_frac(row.period_end) for row in known])
    values = np.array([float(target.on_scale(np.asarray(row.value.central))) for row in known])
    slope, level = np.polyfit(times - times[-1], values, 1) if np.ptp(times) > 0 else (0.0, values[-1])
    ahead = year_frac(target.period_end) - times[-1]
    spread = math.hypot(target.sd, SPREAD[target.scale])
    observed = float(target.on_scale(np.asarray(target.value.central)))
    found = {}
    for name, guess in (("trend", level + slope * ahead), ("last_value", values[-1])):
        residual = (observed - guess) / spread
        density = (
            math.lgamma((FREEDOM + 1) / 2)
            - math.lgamma(FREEDOM / 2)
            - 0.5 * math.log(FREEDOM * math.pi)
            - math.log(spread)
            - (FREEDOM + 1) / 2 * math.log1p(residual**2 / FREEDOM)
        )
        found[name] = (float(target.from_scale(np.asarray(guess))), float(density))
    return found


def _known_values(as_of: date, by_publication: bool) -> dict[str, list[Target]]:
    """Return the rows of each series that are known, those that no fit uses among them."""
    found: dict[str, list[Target]] = {}
    for target in targets():
        if target.series and not _later(target, as_of) and (not by_publication or target.published <= as_of):
            found.setdefault(target.series, []).append(target)
    return found


def _scored(as_of: date) -> tuple[Target, ...]:
    """Return the later rows that nothing in the model rests on: no prior, no history, no constant."""
    resting = _history_evidence()
    return tuple(
        target
        for target in targets()
        if target.role == "fit" and _later(target, as_of) and resting.isdisjoint(target.evidence)
    )


def _unseen(as_of: date) -> tuple[Target, ...]:
    """Return all rows that became public after a day and that nothing in the model rests on, those about earlier times among them."""
    resting = _history_evidence()
    return tuple(
        target
        for target in targets()
        if target.role == "fit" and target.published > as_of and resting.isdisjoint(target.evidence)
    )


def _history_evidence() -> set[str]:
    return {one for row in catalog.table("history") for one in row["evidence"].split(";") if one}


def _later(target: Target, as_of: date) -> bool:
    return target.period_end > as_of


def _share(rows: Sequence[Mapping[str, Any]], name: str) -> float:
    return float(np.mean([row[name] for row in rows])) if rows else float("nan")


def _not_scored(as_of: date) -> list[dict[str, str]]:
    """Return later rows that are no test, with the reason."""
    scored = {target.id for target in _scored(as_of)}
    return [
        {"id": target.id, "reason": REASONS.get(target.role, "a constant of the history rests on it")}
        for target in targets()
        if target.id not in scored and _later(target, as_of)
    ]


def priors_with_later_evidence(as_of: date) -> list[dict[str, Any]]:
    """Return the parameters whose priors cite evidence about later times: they know more than the date allows."""
    ends = {row["id"]: row["period_end"] or row["period_start"] for row in catalog.table("evidence")}
    found = []
    for prior in world.parameters(catalog.table("priors")):
        later = [row for row in prior.evidence if row in ends and date.fromisoformat(ends[row]) > as_of]
        if later and prior.distribution != "F":
            found.append({"parameter": prior.id, "evidence": later})
    return found
