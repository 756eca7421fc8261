"""Ours beside a rival: speed and error on the same cases in the same run."""

import json
import statistics
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks._lines import Line
from benchmarks.rivals import _ours
from benchmarks.rivals._cases import Case, case_rate, serving_cases, training_cases
from benchmarks.rivals._environments import FOLDER, RIVALS, Rival, interpreter, setup_command

__all__ = ["Setting", "Versus", "compare", "measure", "measure_all", "median_abs"]

TIMEOUT_S = 900
FAR = 2.0
"""An answer beyond this factor of the measurement, given without a warning, is listed as wrong in silence."""
CASES: Mapping[str, Callable[[], tuple[Case, ...]]] = {"inference": serving_cases, "training": training_cases}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One way to run a rival."""

    name: str
    per_s: float | None
    """Answered cases per second of processor time."""
    errors_pct: Mapping[str, float]
    refused: Mapping[str, str]
    notes: Mapping[str, str]

    @property
    def far(self) -> tuple[str, ...]:
        """Cases answered without a warning, beyond a factor of the measurement."""
        return tuple(name for name, error in self.errors_pct.items() if not 1 / FAR <= 1 + error / 100 <= FAR)


@dataclass(frozen=True, kw_only=True)
class Versus:
    """A comparison; without a rival only the message."""

    rival: str
    kind: str
    n_cases: int = 0
    settings: tuple[Setting, ...] = ()
    ours_pct: Mapping[str, float] = field(default_factory=dict)
    ours_left_out_pct: Mapping[str, float] | None = None
    scalar_per_s: float | None = None
    vectorised_per_s: float | None = None
    mixtures: frozenset[str] = frozenset()
    """Cases whose model is a mixture of experts; they stand apart."""
    fitted: frozenset[str] = frozenset()
    """Cases from sources that ours was fitted to."""
    message: str = ""

    def lines(self) -> list[Line]:
        """Return the lines of the table: speed once, error once for each setting and split of ours."""
        found = []
        name = f"rivals {self.kind}"
        rate = max((s.per_s for s in self.settings if s.per_s), default=None)
        if self.settings:
            for what, ours in (
                ("one vectorised call", self.vectorised_per_s),
                ("one call each, full answer", self.scalar_per_s),
            ):
                found.append(
                    Line(
                        benchmark=name,
                        what=what,
                        unit="configurations/s",
                        ours=ours,
                        against=self.rival,
                        reference=rate,
                    )
                )
        for setting in self.settings:
            splits = [("median error, as shipped", self.ours_pct)]
            if self.ours_left_out_pct is not None:
                splits.append(("median error, source left out", self.ours_left_out_pct))
            for what, errors in splits:
                both = {case for case in setting.errors_pct if case in errors}
                for label, group in (("dense", both - self.mixtures), ("mixtures", both & self.mixtures)):
                    if not group:
                        continue
                    found.append(
                        Line(
                            benchmark=name,
                            what=f"{what}, {label} (n={len(group)})",
                            unit="%",
                            ours=median_abs([errors[case] for case in group]),
                            against=f"{self.rival}, {setting.name}",
                            reference=median_abs([setting.errors_pct[case] for case in group]),
                            note="below 1 is better",
                        )
                    )
        return found

    def text(self) -> str:
        """Return what the table cannot hold: refusals, answers that are far off, substitutes."""
        if self.message:
            return self.message
        parts = []
        mine = [case for case in self.ours_pct if not 1 / FAR <= 1 + self.ours_pct[case] / 100 <= FAR]
        parts.append(
            f"{self.rival}, {self.kind}: {self.n_cases} cases; ours answers {len(self.ours_pct)}, of which {len(mine)} beyond a factor of {FAR:g}{_listed(mine)}"
        )
        left_out = (
            "the lines with the source left out do without it"
            if self.ours_left_out_pct is not None
            else "predictions with the source left out are not packaged, so errors as shipped flatter ours"
        )
        parts.append(f"  ours was fitted to the sources of {len(self.fitted)} of them; {left_out}")
        for setting in self.settings:
            parts.append(
                f"  {setting.name}: answers {len(setting.errors_pct)}, of which {len(setting.far)} beyond a factor of {FAR:g} without a warning{_listed(setting.far)}"
            )
            parts += [f"    {text} (n={n})" for text, n in _counts(setting.notes.values())]
            parts += [f"    refuses {n}: {text}" for text, n in _counts(setting.refused.values())]
        return "\n".join(parts)


def _listed(names: Sequence[str], most: int = 4) -> str:
    return f" ({', '.join(names[:most])}{', ...' if len(names) > most else ''})" if names else ""


def _counts(texts: Any) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for text in texts:
        if text:
            counts[text] = counts.get(text, 0) + 1
    return sorted(counts.items(), key=lambda item: -item[1])


def median_abs(values: Sequence[float]) -> float | None:
    """Return the median of absolute values, None of none.

    >>> median_abs([-30.0, 10.0, 20.0])
    20.0
    """
    return statistics.median(abs(value) for value in values) if values else None


def compare(cases: Sequence[Case], answered: Mapping[str, Any]) -> tuple[Setting, ...]:
    """Turn what a driver printed into errors against the measurements."""
    settings = []
    for name, found in answered["settings"].items():
        errors, refused, notes = {}, {}, {}
        for case in cases:
            answer = found["answers"].get(case.id, {"error": "no answer"})
            rate = case_rate(case.question, answer)
            if rate is None:
                refused[case.id] = answer["error"]
                continue
            errors[case.id] = 100 * (rate / case.measured - 1)
            notes[case.id] = answer.get("note", "")
        seconds = found["processor_s"]
        per_s = len(errors) / seconds if seconds > 0 and errors else None
        settings.append(Setting(name=name, per_s=per_s, errors_pct=errors, refused=refused, notes=notes))
    return tuple(settings)


def measure(rival: Rival, kind: str, folder: Path = FOLDER) -> Versus:
    """Ask a rival and ours; a rival that is not installed is said to be so."""
    python = interpreter(rival.name, folder)
    if python is None:
        return Versus(
            rival=rival.name,
            kind=kind,
            message=f"{rival.name} is not installed; to compare with it: {setup_command(rival.name)}",
        )
    cases = CASES[kind]()
    asked = json.dumps([case.question for case in cases])
    try:
        done = subprocess.run(
            [str(python), str(rival.driver)], input=asked, capture_output=True, text=True, timeout=TIMEOUT_S
        )
    except subprocess.TimeoutExpired:
        return Versus(rival=rival.name, kind=kind, message=f"{rival.name} did not answer within {TIMEOUT_S} s.")
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        return Versus(rival=rival.name, kind=kind, message=f"{rival.name} ended with status {done.returncode}: {last}")
    return Versus(
        rival=rival.name,
        kind=kind,
        n_cases=len(cases),
        settings=compare(cases, json.loads(done.stdout.strip().splitlines()[-1])),
        ours_pct=_ours.errors_pct(kind, cases),
        ours_left_out_pct=_ours.left_out_errors_pct(kind, cases),
        scalar_per_s=_ours.scalar_per_s(cases),
        vectorised_per_s=_ours.vectorised_per_s(cases),
        fitted=_ours.fitted(kind, cases),
        mixtures=frozenset(case.id for case in cases if case.question["model"]["mixture"]),
    )


def measure_all(folder: Path = FOLDER) -> list[Versus]:
    """Return every comparison; an absent rival gives one message, not one for each kind."""
    return [
        measure(rival, kind, folder)
        for rival in RIVALS.values()
        for kind in (rival.kinds if interpreter(rival.name, folder) else rival.kinds[:1])
    ]
