"""One row of training measurements: what was trained on what, and the rate that the row states most directly."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from leadtime.chips import Chip
from leadtime.study.measured._cells import RowProblem, cell_year, row_count, row_number, text_of
from leadtime.study.measured._conventions import (
    counted_flop_per_token,
    fail_if_beyond_peak,
    peak_for_utilisation,
    read_convention,
)
from leadtime.study.measured._layout import TrainingText, read_training_text
from leadtime.study.measured._names import chips_in_name, resolve_chip, resolve_model
from leadtime.study.measured._words import framework_of, is_mlperf, read_format
from leadtime.workloads import ModelShape

__all__ = ["Setting", "TrainingPoint", "read_training_row"]

HOUR_S, DAY_S = 3600.0, 86400.0
DEFAULT_YEAR = 2024.0
DEFAULT_SEQUENCE = 4096.0
IMPLAUSIBLE_FRAC = 0.8
"""No training run reaches this share of the 16-bit peak: a row that seems to multiplies in a narrower format."""
TRILLION, BILLION = 1e12, 1e9


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Size and style of a run."""

    n_chips: float
    sequence_tokens: float
    batch_tokens: float | None
    """None: not stated; the caller takes a batch that suits the size and the layout."""
    precision: str
    framework: str
    year: float
    lora: bool = False
    run: bool = False
    """Chip-hours of a whole run: failures and restarts are in it."""
    imbalance: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPoint:
    """A row that can be scored."""

    id: str
    group: str
    model: str
    shape: ModelShape
    chip: Chip
    setting: Setting
    layout: TrainingText
    quantity: str
    """Column that was scored."""
    stated_value: float
    """Its value."""
    tokens_per_s_per_chip: float
    """The rate that it means, per package of the catalogue."""
    guesses: tuple[str, ...]
    """What the row does not state and was assumed; each widens the interval."""


def _refuse(row: Mapping[str, str], words: str) -> None:
    """Say why a row measures nothing that the estimator predicts."""
    if text_of(row, "trust").casefold() == "unverified":
        raise RowProblem("recalled, not read in a source.")
    if re.search(r"not independent|do not use both", words):
        raise RowProblem("repeats another row of the same run.")
    if re.search(r"number of chips is an assumption|chip count is an assumption", words):
        raise RowProblem("the source assumes the number of chips, so its hours measure nothing.")
    rate = any(text_of(row, name) for name in ("tokens_per_s_per_gpu", "step_time_s", "mfu_pct", "tflops_per_gpu"))
    if not rate and re.search(r"pruned and distilled|pruned/distilled", words):
        raise RowProblem("hours include pruning and distillation.")
    if not rate and re.search(r"reinforcement|\brl\b|post-?training|rollout", words):
        raise RowProblem("hours of reinforcement learning or post-training, no rate per trained token.")


def _words(row: Mapping[str, str]) -> str:
    names = ("model", "notes", "locator", "source_locator", "organisation", "source_group", "source_url", "source_id")
    return "; ".join(text_of(row, name) for name in names).casefold()


def _precision(row: Mapping[str, str], words: str, chip: Chip, year: float) -> tuple[str, bool]:
    """Return the format of the products, and whether it is a guess."""
    stated = read_format(text_of(row, "precision"))
    if stated:
        return (
            "int8"
            if stated == "fp8" and not _has(chip, "fp8") and _has(chip, "int8") and chip.family == "tpu"
            else stated
        ), False
    presumed = re.search(r"(?:default|presumed)[^;]*(fp8|bf16|fp4)|(fp8|bf16|fp4)[^;]*presumed", words)
    if presumed:
        return next(group for group in presumed.groups() if group), True
    if is_mlperf(words) and year > 2022.9 and _has(chip, "fp8"):
        return "fp8", True  # every submission whose configuration was read trains these in 8 bit
    if re.search(r"precision (?:column absent|not printed)", words) and _has(chip, "fp8"):
        return "fp8", True
    return "bf16", True


def _has(chip: Chip, precision: str) -> bool:
    return precision in chip.peak_flop_per_s


def _sequence(row: Mapping[str, str], year: float) -> tuple[float, bool]:
    stated = row_number(row, "seq_len")
    return (stated, False) if stated else (2048.0 if year < 2023 else DEFAULT_SEQUENCE, True)


def _n_chips(row: Mapping[str, str], layout: TrainingText, total: float, *, run: bool) -> tuple[float, bool]:
    stated = row_count(row, "n_chips")
    if stated:
        return stated, False
    named = chips_in_name(text_of(row, "chip"))
    if named:
        return float(named), False
    degrees = (layout.tensor, layout.pipeline, layout.data)
    if all(degrees):
        return float(math.prod(value for value in (*degrees, layout.context) if value)), False
    # A run of unknown size: 16 chips per billion parameters, a power of two.
    return float(2 ** max(6 if run else 3, round(math.log2(max(16 * total / BILLION, 1))))), True


def _batch(row: Mapping[str, str], layout: TrainingText, words: str, n_chips: float, sequence: float) -> float | None:
    stated = row_number(row, "global_batch_tokens")
    if stated:
        return stated
    sequences = layout.batch_sequences
    found = re.search(r"(?:global )?batch (?:size )?of (\d[\d,]*) sequences|global batch (\d[\d,]*) sequences", words)
    if found:
        sequences = int(next(group for group in found.groups() if group).replace(",", ""))
    if sequences:
        return sequences * sequence
    ramp = re.search(r"batch[^;]*?(\d[\d,]*) (?:to|->) ?(\d[\d,]*) sequences", words)
    if ramp:  # most tokens are seen after the ramp
        return float(ramp.group(2).replace(",", "")) * sequence
    each = re.search(r"(\d+) sequences per data-parallel rank|batch size/dp (\d+) sequences", words)
    if layout.microbatch and layout.microbatches and layout.tensor in (None, 1) and layout.pipeline in (None, 1):
        return layout.microbatch * layout.microbatches * n_chips * sequence
    if each and layout.data:
        return float(next(group for group in each.groups() if group)) * layout.data * sequence
    million = re.search(r"(\d+(?:\.\d+)?) ?m tokens per step|(\d+(?:\.\d+)?) ?m-token batch", words)
    if million:
        return float(next(group for group in million.groups() if group)) * 1e6
    rate, step = row_number(row, "tokens_per_s_per_gpu"), row_number(row, "step_time_s")
    return rate * step * n_chips if rate and step else None


def _measured(
    row: Mapping[str, str], shape: ModelShape, chip: Chip, setting: Setting, nominal: float | None, words: str
) -> tuple[str, float, bool]:
    """Return the column scored, the rate it means [tokens/s per chip], and whether it is that of a whole run."""
    rate = row_number(row, "tokens_per_s_per_gpu")
    if rate:
        return "tokens_per_s_per_gpu", rate, False
    step = row_number(row, "step_time_s")
    if step and setting.batch_tokens and row_count(row, "n_chips"):
        return "step_time_s", setting.batch_tokens / step / setting.n_chips, False
    hours, tokens = row_number(row, "gpu_hours"), row_number(row, "tokens_T")
    days, count = row_number(row, "wall_days"), row_count(row, "n_chips")
    chip_s = hours * HOUR_S if hours else days * DAY_S * count if days and count else None
    if chip_s and tokens:
        return "gpu_hours" if hours else "wall_days", tokens * TRILLION / chip_s, True
    convention = read_convention(words)
    counted = counted_flop_per_token(shape, setting.sequence_tokens, convention, nominal_parameters=nominal)
    printed = row_number(row, "tflops_per_gpu")
    utilisation = row_number(row, "mfu_pct")
    if utilisation and utilisation > 100:
        raise RowProblem(f"mfu_pct: {utilisation:g} is no utilisation.")
    if utilisation and utilisation <= 1 and not printed:
        raise RowProblem(f"mfu_pct: {utilisation:g} per cent; a share of the peak is to be written in per cent.")
    if printed:
        return "tflops_per_gpu", printed * 1e12 / counted, False
    if utilisation:
        return "mfu_pct", utilisation / 100 * peak_for_utilisation(chip, setting.precision) / counted, False
    if chip_s:
        raise RowProblem("states hours but no tokens, and no rate.")
    raise RowProblem("states no rate, no step time, no hours with tokens and no utilisation.")


def read_training_row(row: Mapping[str, str]) -> TrainingPoint:
    """Read one row of a table of training measurements.

    Parameters
    ----------
    row : mapping
        Text cells by column name, in the layout of the packaged table ``measured_training``.

    Raises
    ------
    RowProblem
        If the row cannot be scored, with the reason.
    """
    words = _words(row)
    _refuse(row, words)
    year = cell_year(text_of(row, "date"))
    layout_text = text_of(row, "parallelism")
    layout = read_training_text(f"{layout_text}; {_settings(words)}")
    total, active = row_number(row, "params_total_B"), row_number(row, "params_active_B")
    when = year or DEFAULT_YEAR
    found = resolve_model(
        text_of(row, "model"),
        total * BILLION if total else None,
        active * BILLION if active else None,
        early=when < 2023,
        context=text_of(row, "source_group"),
    )
    part = resolve_chip(text_of(row, "chip"), text_of(row, "chip_key"), layout_text)
    guesses = [name for name, guessed in (("model", found.guessed), ("chip", part.guessed)) if guessed]
    run = not any(text_of(row, name) for name in ("tokens_per_s_per_gpu", "step_time_s")) and bool(
        text_of(row, "gpu_hours")
    )
    sequence, guessed_sequence = _sequence(row, when)
    from leadtime.workloads import total_parameters

    n_total = total * BILLION if total else float(total_parameters(found.shape))
    n_units, guessed_chips = _n_chips(row, layout, n_total, run=run)
    precision, guessed_precision = _precision(row, words, part.chip, when)
    own = bool(text_of(row, "tokens_T")) and not is_mlperf(words)
    setting = Setting(
        n_chips=max(1.0, n_units / part.dies),
        sequence_tokens=sequence,
        batch_tokens=_batch(row, layout, words, n_units, sequence),
        precision=precision,
        framework=framework_of(
            words=words,
            layout=layout_text.casefold(),
            family=part.chip.family,
            year=when,
            own_model=own or "steady state" in words or "steady-state" in words,
            n_chips=n_units / part.dies,
            dual_pipe=layout.dual_pipe,
        ),
        year=when,
        lora="lora" in words or "lora" in layout_text.casefold(),
    )
    quantity, rate, is_run = _measured(
        row, found.shape, part.chip, setting, active * BILLION if active else None, words
    )
    rate *= part.dies
    if not is_run:
        from leadtime.workloads import shape_arrays, training_flop_per_token

        flop = float(training_flop_per_token(shape_arrays([found.shape]), sequence)[0])
        fail_if_beyond_peak(rate, flop * (2 / 3 if setting.lora else 1.0), part.chip, quantity)
    setting, guessed_precision = _narrower(setting, found.shape, part.chip, rate, guessed_precision)
    mixture = bool(found.shape.experts)
    setting = replace(setting, run=is_run, imbalance=1.1 if mixture and own else 1.0)
    guesses += [
        name
        for name, guessed in (
            ("sequence", guessed_sequence),
            ("chips", guessed_chips),
            ("precision", guessed_precision),
            ("layout", layout.is_empty and setting.n_chips > 1),
            ("batch", setting.batch_tokens is None),
        )
        if guessed
    ]
    return TrainingPoint(
        id=text_of(row, "id"),
        group=text_of(row, "source_group") or text_of(row, "source_url") or "unnamed source",
        model=text_of(row, "model"),
        shape=found.shape,
        chip=part.chip,
        setting=setting,
        layout=layout,
        quantity=quantity,
        stated_value=row_number(row, quantity) or rate,
        tokens_per_s_per_chip=rate,
        guesses=tuple(guesses),
    )


def _settings(words: str) -> str:
    """Return the clauses of the remarks that speak of batches and recomputation, nothing else.

    A rate that counts recomputation says that there was some: of all activations, the only kind that changes a count.
    """
    clauses = [clause.strip() for clause in words.split(";")]
    counted = (
        ["full recomputation"] if re.search(r"(?<!not )counts? (?:full )?recomputation|hardware flop", words) else []
    )
    told = [
        clause
        for clause in clauses
        if re.search(
            r"settings|(?<![a-z])(?:gbs|lbs|mbs|gas)\s*=|recompute-activations|(?:selective|full|no) recompu", clause
        )
        and not re.search(r"count", clause)
    ]
    return "; ".join(told + (counted if not re.search(r"recompu", " ".join(told)) else []))


def _narrower(setting: Setting, shape: ModelShape, chip: Chip, rate: float, guessed: bool) -> tuple[Setting, bool]:
    """Infer 8-bit products where a row marked 16 bit, or not marked, would use more of the peak than any run does."""
    if setting.precision != "bf16":
        return setting, guessed
    from leadtime.workloads import shape_arrays, training_flop_per_token

    flop = float(training_flop_per_token(shape_arrays([shape]), setting.sequence_tokens)[0])
    if rate * flop * (2 / 3 if setting.lora else 1.0) < IMPLAUSIBLE_FRAC * peak_for_utilisation(chip, "bf16"):
        return setting, guessed
    narrow = "int8" if chip.family == "tpu" and _has(chip, "int8") else "fp8" if _has(chip, "fp8") else "int8"
    return (replace(setting, precision=narrow), True) if _has(chip, narrow) else (setting, guessed)
