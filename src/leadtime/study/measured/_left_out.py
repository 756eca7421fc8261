"""Predictions of rows by fits that did not see their source: written by the fit, read by the report."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from leadtime import catalog
from leadtime.study.measured._scoring import Kind, ScoredRow

__all__ = ["LEFT_OUT_TABLE", "evaluation_sets", "roles"]

LEFT_OUT_TABLE = "accuracy_left_out"


@cache
def roles(kind: Kind) -> dict[str, str]:
    """Return the role of every source group: ``fitted`` or ``held_out``."""
    return {row["source_group"]: row["role"] for row in catalog.table("accuracy_split") if row["kind"] == kind}


@cache
def _left_out(kind: Kind) -> dict[str, float]:
    """Return, by row, the ratio of the prediction without its source to the prediction that ships."""
    return {row["id"]: float(row["left_out_ratio"]) for row in catalog.table(LEFT_OUT_TABLE) if row["kind"] == kind}


def evaluation_sets(kind: Kind, rows: Sequence[ScoredRow]) -> dict[str, tuple[ScoredRow, ...]]:
    """Sort scored rows of the packaged table into fitted, left out and never fitted.

    Parameters
    ----------
    kind : {'training', 'inference'}
        Which table.
    rows : sequence of ScoredRow
        Predicted with the efficiencies that ship.
    """
    role, ratio = roles(kind), _left_out(kind)
    fitted = tuple(row for row in rows if role.get(row.source_group) == "fitted")
    return {
        "fitted": fitted,
        "leave_one_source_out": tuple(_scaled(row, ratio[row.id]) for row in fitted if row.id in ratio),
        "held_out": tuple(row for row in rows if role.get(row.source_group) == "held_out"),
    }


def _scaled(row: ScoredRow, ratio: float) -> ScoredRow:
    return replace(row, predicted=row.predicted * ratio, low=row.low * ratio, high=row.high * ratio)
