"""Efficiency rows to the numbers that the equations use, for many configurations at once.

A table of rows is looked up once per configuration (:meth:`EfficiencyTable.select`), which yields indices; values
follow by indexing, so that a fit can change the medians thousands of times without a new lookup.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from leadtime.arrays import Array, namespace
from leadtime.errors import MissingFactError, OutOfRangeError, shorten
from leadtime.performance._parameters import FAMILY_FALLBACK, PARAMETERS, PRECISIONS, parameter

if TYPE_CHECKING:
    from leadtime.chips import Chip

__all__ = [
    "Efficiencies",
    "EfficiencyRow",
    "EfficiencyTable",
    "Selection",
    "efficiencies_from_rows",
    "sample_efficiencies",
]

Z80 = 1.2815515655446004
"""Standard normal quantile of 0.9: an 80 % range is the median times or over exp(Z80 * log_spread)."""
ANY = "any"
BASES = ("measured", "family", "other")
"""Where a chip's efficiencies come from: rows of the chip itself, of its family, or of neither."""
TASKS = {
    "train": frozenset({"half_width_train_dense", "half_width_train_moe", "half_width_train_lora", "half_width_run"}),
    "serve": frozenset(
        {"half_width_serve_dense", "half_width_serve_moe", "half_width_serve_disaggregated", "half_width_ttft"}
    ),
}
"""Half-widths by task; their rows list the chips that were measured in it."""
BORROWED_SPREAD = 2.0
"""Factor on the log-spread of a value that a chip takes from its family or from the ``other`` row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EfficiencyRow:
    """One value of one parameter for one scope and precision, with its spread."""

    parameter: str
    scope: str
    """Chip id or family, framework, engine, or ``any``; ``other`` is the fallback."""
    precision: str
    """One of :data:`PRECISIONS`, or ``any``."""
    median: float
    log_spread: float
    """Standard deviation of the natural logarithm."""
    basis: str
    """K kernel measurements, F fitted on end-to-end rows, P prior from public documentation."""
    measured_chips: tuple[str, ...] = ()
    """Chips whose own measurements the row rests on."""
    source_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiencies:
    """Efficiency parameters of a set of configurations, by name; index with ``efficiencies["memory_frac"]``.

    Values have the shape of the set of configurations, or broadcast with it; drawn samples add a last axis.
    """

    values: Mapping[str, Array]
    log_spreads: Mapping[str, Array]
    factors: tuple[str, ...]
    """Names of the independent random factors: ``chip:hopper``, ``engine:vllm``, ``any`` ..."""
    factor_index: Mapping[str, Array]
    """For each kind of scope, the index in ``factors`` of each configuration."""
    basis: tuple[str, ...]
    """For each configuration: ``measured``, ``family`` or ``other``."""
    task_basis: Mapping[str, tuple[str, ...]]
    """The same for training and for serving alone: a chip may be measured in one of them."""

    def __getitem__(self, name: str) -> Array:
        return self.values[name]

    def replaced(self, **values: Array) -> "Efficiencies":
        """Return a copy with some parameters set to other values."""
        for name in values:
            parameter(name)
        return replace(self, values={**self.values, **values})

    def take(self, index: Array) -> "Efficiencies":
        """Return the efficiencies of the configurations at ``index`` (repeats allowed)."""
        positions = np.asarray(index)
        return replace(
            self,
            values={name: _taken(value, positions) for name, value in self.values.items()},
            log_spreads={name: _taken(value, positions) for name, value in self.log_spreads.items()},
            factor_index={kind: _taken(value, positions) for kind, value in self.factor_index.items()},
            basis=_picked(self.basis, positions),
            task_basis={task: _picked(basis, positions) for task, basis in self.task_basis.items()},
        )

    def with_last_axis(self) -> "Efficiencies":
        """Return the same with a last axis of length one, against which other arrays' draws broadcast."""
        return replace(self, values={name: np.asarray(value)[..., None] for name, value in self.values.items()})


def _picked(basis: tuple[str, ...], positions: Array) -> tuple[str, ...]:
    """Index a tuple that has one entry for each configuration, or one for all."""
    return tuple(basis[i] for i in positions.ravel()) if len(basis) > 1 else basis


def _taken(value: Array, positions: Array) -> Array:
    """Index the first axis of a value that has one."""
    return value if np.ndim(value) == 0 else value[positions]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which row of a table serves each parameter of each configuration."""

    index: Mapping[str, Array]
    spread_factor: Mapping[str, Array]
    factors: tuple[str, ...]
    factor_index: Mapping[str, Array]
    basis: tuple[str, ...]
    task_basis: Mapping[str, tuple[str, ...]]

    def values(self, medians: Array, log_spreads: Array) -> Efficiencies:
        """Return efficiencies for given medians and spreads of all rows of the table; medians obey their bounds."""
        xp = namespace(medians)
        values = {}
        for name, index in self.index.items():
            spec = PARAMETERS[name]
            value = medians[index]
            values[name] = value if spec.highest is None else xp.minimum(value, spec.highest)
        spreads = {name: log_spreads[index] * self.spread_factor[name] for name, index in self.index.items()}
        return Efficiencies(
            values=values,
            log_spreads=spreads,
            factors=self.factors,
            factor_index=self.factor_index,
            basis=self.basis,
            task_basis=self.task_basis,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class EfficiencyTable:
    """All efficiency rows, with medians and spreads as arrays in the same order."""

    rows: tuple[EfficiencyRow, ...]
    medians: Array
    log_spreads: Array
    position: Mapping[tuple[str, str, str], int]
    """Position of a row by (parameter, scope, precision)."""

    def with_medians(self, medians: Array) -> "EfficiencyTable":
        """Return the table with other medians, in the order of ``rows``."""
        return replace(self, medians=medians)

    def scalar(self, name: str) -> float:
        """Return the median of a parameter of scope ``any``."""
        return float(self.medians[self._lookup(parameter(name).name, (ANY, FAMILY_FALLBACK), ANY)[0]])

    def select(
        self,
        chips: "Chip | Sequence[Chip]",
        precisions: str | Sequence[str] = "bf16",
        *,
        frameworks: str | Sequence[str] = FAMILY_FALLBACK,
        engines: str | Sequence[str] = FAMILY_FALLBACK,
    ) -> Selection:
        """Find the rows for a sequence of configurations (or for one, given a single chip).

        Parameters
        ----------
        chips : Chip or sequence of Chip
            One chip per configuration.
        precisions : str or sequence of str
            Precision of arithmetic, one of :data:`PRECISIONS`.
        frameworks, engines : str or sequence of str
            Training framework and serving engine; one without rows takes those of ``other``.
        """
        single = not isinstance(chips, Sequence)
        all_chips = [chips] if not isinstance(chips, Sequence) else list(chips)
        keys = list(
            zip(
                [(chip.id, chip.family or FAMILY_FALLBACK) for chip in all_chips],
                _spread_over(precisions, len(all_chips)),
                _spread_over(frameworks, len(all_chips)),
                _spread_over(engines, len(all_chips)),
                strict=True,
            )
        )
        unique = list(dict.fromkeys(keys))
        order = {key: i for i, key in enumerate(unique)}
        where = np.array([order[key] for key in keys], dtype=np.intp)
        found = [self._rows_for(*key) for key in unique]
        factors = tuple(dict.fromkeys(name for _, names, _ in found for name in names.values()))
        on_task = {task: [self._task_basis(task, *key[0]) for key in unique] for task in TASKS}
        at = where[0] if single else where
        return Selection(
            index={name: np.array([rows[name][0] for rows, _, _ in found])[at] for name in PARAMETERS},
            spread_factor={name: np.array([rows[name][1] for rows, _, _ in found])[at] for name in PARAMETERS},
            factors=factors,
            factor_index={
                kind: np.array([factors.index(names[kind]) for _, names, _ in found])[at] for kind in found[0][1]
            },
            basis=tuple(found[i][2] for i in where),
            task_basis={task: tuple(bases[i] for i in where) for task, bases in on_task.items()},
        )

    def efficiencies(
        self,
        chips: "Chip | Sequence[Chip]",
        precisions: str | Sequence[str] = "bf16",
        *,
        frameworks: str | Sequence[str] = FAMILY_FALLBACK,
        engines: str | Sequence[str] = FAMILY_FALLBACK,
    ) -> Efficiencies:
        """Look up and evaluate in one step; arguments as :meth:`select`."""
        chosen = self.select(chips, precisions, frameworks=frameworks, engines=engines)
        return chosen.values(self.medians, self.log_spreads)

    def _rows_for(
        self, chip: tuple[str, str], precision: str, framework: str, engine: str
    ) -> tuple[dict[str, tuple[int, float]], dict[str, str], str]:
        """Row and spread factor per parameter, factor name per kind of scope, basis of one configuration."""
        chip_id, family = chip
        ladders = {
            "chip": (chip_id, family, FAMILY_FALLBACK),
            "framework": (framework, FAMILY_FALLBACK),
            "engine": (engine, FAMILY_FALLBACK),
            "any": (ANY,),
        }
        found: dict[str, tuple[int, float]] = {}
        for name, spec in PARAMETERS.items():
            index, scope = self._lookup(name, ladders[spec.scope], precision)
            row = self.rows[index]
            measured = spec.scope != "chip" or scope == chip_id or chip_id in row.measured_chips
            found[name] = (index, 1.0 if measured else BORROWED_SPREAD)
        names = {kind: f"{kind}:{ladder[-2] if len(ladder) > 1 else ladder[0]}" for kind, ladder in ladders.items()}
        return found, names, self._basis(chip_id, family)

    def _basis(self, chip_id: str, family: str) -> str:
        if any(row.scope == chip_id or chip_id in row.measured_chips for row in self.rows):
            return BASES[0]
        return BASES[1] if self._has_family(family) else BASES[2]

    def _has_family(self, family: str) -> bool:
        """Tell whether a row gives an efficiency of the family; what only widens intervals does not count."""
        return family != FAMILY_FALLBACK and any(
            row.scope == family and not row.parameter.startswith("half_width_") for row in self.rows
        )

    def _task_basis(self, task: str, chip_id: str, family: str) -> str:
        """Return the basis for one task: a table that lists the chips of its rows knows which are measured."""
        listed = {chip for row in self.rows if row.parameter in TASKS[task] for chip in row.measured_chips}
        basis = self._basis(chip_id, family)
        if not listed or chip_id in listed:
            return BASES[0] if listed else basis
        return BASES[1] if self._has_family(family) else BASES[2]

    def _lookup(self, name: str, ladder: tuple[str, ...], precision: str) -> tuple[int, str]:
        for scope in ladder:
            for wanted in (precision, ANY):
                index = self.position.get((name, scope, wanted))
                if index is not None:
                    return index, scope
        raise MissingFactError(
            f"No efficiency row gives {name!r} for {' or '.join(dict.fromkeys(ladder))}.",
            hint="Add a row with the scope 'other' or 'any'.",
        )


def _spread_over(value: str | Sequence[str], n: int) -> list[str]:
    return [value] * n if isinstance(value, str) else list(value)


def efficiencies_from_rows(rows: Iterable[Mapping[str, str]]) -> EfficiencyTable:
    """Build the table from rows of text cells.

    Parameters
    ----------
    rows : iterable of mapping
        Cells ``parameter, scope, precision, median, low, high, basis, measured_chips, source_id``; ``low`` and ``high``
        bound the central 80 % range.

    Raises
    ------
    OutOfRangeError
        If a value is not positive, beyond its bound, or outside its own range.
    """
    parsed = tuple(_row(cells) for cells in rows)
    position = {(row.parameter, row.scope, row.precision): i for i, row in enumerate(parsed)}
    return EfficiencyTable(
        rows=parsed,
        medians=np.array([row.median for row in parsed]),
        log_spreads=np.array([row.log_spread for row in parsed]),
        position=position,
    )


def _row(cells: Mapping[str, str]) -> EfficiencyRow:
    spec = parameter(cells["parameter"])
    where = f"the efficiency {spec.name!r} of {shorten(cells['scope'])!r}"
    median, low, high = (float(cells[name]) for name in ("median", "low", "high"))
    if not 0 < low <= median <= high or not math.isfinite(high):
        raise OutOfRangeError(
            f"The range of {where} is not positive and ordered.", hint="Write low <= median <= high, all above 0."
        )
    if spec.highest is not None and median > spec.highest:
        raise OutOfRangeError(
            f"The value {median:g} of {where} exceeds its bound {spec.highest:g}.", hint="No kernel beats the roofline."
        )
    precision = cells.get("precision") or ANY
    if precision not in (*PRECISIONS, ANY):
        raise OutOfRangeError(
            f"The precision {shorten(precision)!r} of {where} is not known.", hint=f"One of {', '.join(PRECISIONS)}."
        )
    return EfficiencyRow(
        parameter=spec.name,
        scope=cells["scope"],
        precision=precision,
        median=median,
        log_spread=math.log(high / low) / (2 * Z80),
        basis=cells.get("basis", ""),
        measured_chips=tuple(part.strip() for part in cells.get("measured_chips", "").split(";") if part.strip()),
        source_id=cells.get("source_id", ""),
    )


def sample_efficiencies(efficiencies: Efficiencies, z: Array) -> Efficiencies:
    """Return correlated log-normal draws of efficiencies: value x exp(+-log_spread z), within their bounds.

    Parameters
    ----------
    efficiencies : Efficiencies
        Medians and spreads of the configurations.
    z : array, shape (len(efficiencies.factors), draws)
        Standard normal numbers, one row per factor. All parameters of a factor move together, towards faster for
        positive ``z``: sampled independently, errors of operations would average away.

    Returns
    -------
    Efficiencies
        Values with a last axis ``draws``.

    Notes
    -----
    Validity: spreads describe what is known about a chip family, a framework or an engine, not the residual between
    a source and the equations; that is the half-width of :func:`leadtime.performance.interval`.
    """
    xp = namespace(z, *efficiencies.values.values())
    drawn = {}
    for name, value in efficiencies.values.items():
        spec = PARAMETERS[name]
        if spec.faster == 0:
            drawn[name] = xp.asarray(value)[..., None]
            continue
        spread = xp.asarray(efficiencies.log_spreads[name])[..., None]
        shift = z[efficiencies.factor_index[spec.scope]]
        sampled = xp.asarray(value)[..., None] * xp.exp(spec.faster * spread * shift)
        drawn[name] = sampled if spec.highest is None else xp.minimum(sampled, spec.highest)
    return replace(efficiencies, values=drawn)
