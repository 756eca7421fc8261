"""Predictions of rows by fits that did not see their source: written by the fit, read by the report."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from leadtime import catalog
from leadtime.study.measured._scoring import WIDENING, Kind, ScoredRow, packaged_efficiencies
from leadtime.study.measured._widths import Residual, family_ratio

__all__ = ["LEFT_OUT_TABLE", "evaluation_sets", "kernel_chips", "known_to_others", "left_out_residuals", "roles"]

LEFT_OUT_TABLE = "accuracy_left_out"
_TASK = {"training": "train", "inference": "serve"}


@cache
def roles(kind: Kind) -> dict[str, str]:
    """Return the role of every source group: ``fitted`` or ``held_out``."""
    return {row["source_group"]: row["role"] for row in catalog.table("accuracy_split") if row["kind"] == kind}


@cache
def _left_out(kind: Kind) -> dict[str, float]:
    """Return, by row, the ratio of the prediction without its source to the prediction that ships."""
    return {row["id"]: float(row["left_out_ratio"]) for row in catalog.table(LEFT_OUT_TABLE) if row["kind"] == kind}


def evaluation_sets(kind: Kind, rows: Sequence[ScoredRow]) -> dict[str, tuple[ScoredRow, ...]]:
    """Sort scored rows of the packaged table into fitted, left out, never fitted, and never fitted with a count searched.

    Parameters
    ----------
    kind : {'training', 'inference'}
        Which table.
    rows : sequence of ScoredRow
        Predicted with the efficiencies that ship.
    """
    role, ratio = roles(kind), _left_out(kind)
    fitted = tuple(row for row in rows if row.id in ratio)
    sets = {
        "fitted": fitted,
        "leave_one_source_out": _without_own_source(kind, fitted, ratio),
        "held_out": tuple(row for row in rows if role.get(row.source_group) == "held_out"),
    }
    searched = tuple(row for row in rows if role.get(row.source_group) == "fitted" and row.id not in ratio)
    return {**sets, "searched": searched} if searched else sets


def kernel_chips() -> dict[str, set[str]]:
    """Return, by chip, the source groups of its packaged kernels; collectives and copies say little of a chip's serving."""
    from leadtime.study.measured._kernel_fit import read_kernels

    found: dict[str, set[str]] = {}
    for point in read_kernels()[0]:
        if point.operation in {"product", "grouped", "decode", "latent_decode", "prefill"}:
            found.setdefault(point.chip.id, set()).add(point.group)
    return found


class Known(NamedTuple):
    """What the other sources knew of a row of a source that is left out."""

    new_chip: bool
    new_software: bool
    n_family: int
    """Other sources with rows of the chip family."""


def known_to_others(kind: Kind, rows: Iterable[tuple[str, str, str, str]]) -> list[Known]:
    """Tell of each fitted row what would be known of its chip, software and family if its source were left out.

    Parameters
    ----------
    kind : {'training', 'inference'}
        Which table.
    rows : iterable of tuple
        Chip, chip family, software and source group of every fitted row.
    """
    rows = tuple(rows)
    chips: dict[str, set[str]] = kernel_chips() if kind == "inference" else {}
    families: dict[str, set[str]] = {}
    software: dict[str, set[str]] = {}
    for chip, family, name, source in rows:
        chips.setdefault(chip, set()).add(source)
        families.setdefault(family, set()).add(source)
        software.setdefault(name, set()).add(source)
    return [
        Known(not chips[chip] - {source}, not software[name] - {source}, len(families[family] - {source}))
        for chip, family, name, source in rows
    ]


def _facts(row: ScoredRow) -> tuple[str, str, str, str]:
    return row.chip, row.family, row.software, row.source_group


def _without_own_source(kind: Kind, rows: Sequence[ScoredRow], ratio: dict[str, float]) -> tuple[ScoredRow, ...]:
    """Return the rows as the estimator would have answered without their source: prediction, and what it had not seen."""
    table = packaged_efficiencies()
    guess = table.scalar("half_width_guess")
    chip_ratio = table.scalar("half_width_unmeasured_ratio")
    software_ratio = float(table.medians[table.position["half_width_engine_ratio", "other", "any"]])
    families = {
        row["scope"]: float(row["median"])
        for row in catalog.table("efficiencies")
        if row["parameter"] == f"half_width_{_TASK[kind]}_family_ratio"
    }
    found = []
    for row, known in zip(rows, known_to_others(kind, map(_facts, rows)), strict=True):
        factor = (chip_ratio if known.new_chip else 1.0) * (software_ratio if known.new_software else 1.0)
        factor *= family_ratio(known.n_family) / families.get(row.family, families["other"])
        guessed = len(WIDENING & set(row.guesses)) * guess**2
        own = max(math.log(row.high / row.low) ** 2 / 4 - guessed, 0.0)
        width = math.sqrt(own * factor**2 + guessed)
        value = row.predicted * ratio[row.id]
        found.append(replace(row, predicted=value, low=value * math.exp(-width), high=value * math.exp(width)))
    return tuple(found)


def left_out_residuals(kind: Kind, rows: Iterable[ScoredRow]) -> list[Residual]:
    """Return the residuals of rows of the packaged table by fits that did not see their source."""
    ratio, guess = _left_out(kind), packaged_efficiencies().scalar("half_width_guess")
    fitted = [row for row in rows if row.id in ratio]
    return [
        Residual(
            log_ratio=math.log(row.predicted * ratio[row.id] / row.measured),
            guessed=len(WIDENING & set(row.guesses)) * guess**2,
            source=f"{kind}:{row.source_group}",
            figure=row.figure,
            **known._asdict(),
        )
        for row, known in zip(fitted, known_to_others(kind, map(_facts, fitted)), strict=True)
    ]
