"""Quantiles of every series over time: what charts and tables read instead of the draws."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime.errors import BadFileError
from leadtime.study._parquet import read_columns, write_columns
from leadtime.study._plan import Plan
from leadtime.study._quantiles import LEVELS, quantiles
from leadtime.study._store import Store

__all__ = ["Fan", "column_of", "fan_of", "read_fan", "write_fan"]

Floats = NDArray[np.float64]
Fan = Mapping[str, Floats]
"""Quantiles at ``LEVELS`` by name, shape (level, time)."""


def column_of(level: float) -> str:
    """Return the name of a quantile.

    Examples
    --------
    >>> column_of(0.05)
    'q05'
    """
    return f"q{round(100 * level):02d}"


def fan_of(plan: Plan, store: Store) -> dict[str, Floats]:
    """Return exact quantiles of every series of a run."""
    return {name: _quantiles(plan, store, name) for name in plan.series()}


def _quantiles(plan: Plan, store: Store, name: str) -> Floats:
    return quantiles(lambda rows: store.read(name, rows), n_rows=plan.n_rows(name), n_draws=plan.draws)


def write_fan(path: Path, plan: Plan, fan: Fan) -> None:
    """Write quantiles as a tidy table: a row per series and time."""
    names = [name for name in fan for _ in range(plan.n_rows(name))]
    columns: dict[str, Any] = {
        "name": names,
        "unit": [plan.label(name).unit for name in names],
        "kind": [plan.label(name).kind for name in names],
        "bound": np.concatenate([plan.first + np.arange(plan.n_rows(name)) for name in fan]).astype(np.int16),
    }
    for row, level in enumerate(LEVELS):
        columns[column_of(level)] = np.concatenate([values[row] for values in fan.values()])
    shown = ", ".join(
        [
            "name",
            "unit",
            "kind",
            "make_date(2022 + bound // 4, 3 * (bound % 4) + 1, 1) AS time",
            *map(column_of, LEVELS),
        ]
    )
    write_columns(path, columns, shown)


def read_fan(path: Path, plan: Plan) -> dict[str, Floats]:
    """Read the quantiles of a run and check them against its plan."""
    columns = read_columns(path)
    missing = [name for name in ("name", "time", *map(column_of, LEVELS)) if name not in columns]
    if missing:
        raise BadFileError(f"{path} lacks the column {missing[0]!r}.", hint="Run again into a new folder.")
    names = np.asarray(columns["name"], dtype=str)
    fan = {}
    for name in plan.series():
        rows = np.flatnonzero(names == name)
        if len(rows) != plan.n_rows(name):
            raise BadFileError(
                f"{path} has {len(rows)} times of {name} where the plan has {plan.n_rows(name)}.",
                hint="Run again into a new folder.",
            )
        order = rows[np.argsort(np.asarray(columns["time"])[rows], kind="stable")]
        fan[name] = np.stack([np.asarray(columns[column_of(level)], float)[order] for level in LEVELS])
    return fan
