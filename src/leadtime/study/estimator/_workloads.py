"""Chips compared by workload, and operations under a roofline: the questions behind two figures."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Literal

from leadtime import performance, workloads
from leadtime.chips import Chip, find_chip
from leadtime.errors import BadInputError, shorten
from leadtime.study.estimator._costs import Money, cost_basis
from leadtime.study.estimator._request import usual_kv, usual_precision, width
from leadtime.study.estimator._setup import checked_count, checked_number, efficiency_sources, efficiency_table
from leadtime.workloads import ModelShape

__all__ = ["compare_workloads", "roofline"]

PER = ("chip", "usd", "watt")
PHASES = ("decode", "prefill", "training")
N_TRAIN_CHIPS = 1024
TPOT_LIMIT_S = 0.05
USUAL = Money()


def compare_workloads(
    model: str | Path | ModelShape,
    chips: Sequence[str | Path | Chip],
    *,
    per: str = "chip",
    precision: str = "fp8",
    on: date | None = None,
    money: Money = USUAL,
) -> dict[str, Any]:
    """Compare chips on training, prefill, and decode at 4k, 32k and 128k: per chip, per dollar of rent, per watt of the chip's rating.

    Parameters
    ----------
    model : str, path or ModelShape
    chips : sequence of str, path or Chip
    per : {'chip', 'usd', 'watt'}
        What an answer is sorted and drawn by; the rows hold all three.
    precision : str
        Storage of weights; a chip without units for it multiplies in 16 bit.
    on : date, optional
        Date of the prices; today if not given.
    money : Money
        Whether prices paid in China come first, and prices that the user states.

    Returns
    -------
    dict
        ``rows``: ``chip``, ``name``, ``workload``, ``n_chips``, ``tok_s_per_chip``, ``tok_per_usd`` with low and high (80 % range of the
        rental price), ``tok_s_per_w``, and ``reason`` where a chip cannot run it; then every other figure is None.
    """
    if per not in PER:
        raise BadInputError(f"Chips cannot be compared per {shorten(per)!r}.", hint=f"One of: {', '.join(PER)}.")
    width(precision)
    shape = model if isinstance(model, ModelShape) else workloads.find_model(model)
    found = [chip if isinstance(chip, Chip) else find_chip(chip) for chip in chips]
    found = list({chip.id: chip for chip in found}.values())
    if not found:
        raise BadInputError("There is no chip to compare.", hint="Name one or more.")
    rows: list[dict[str, Any]] = []
    sources = set(efficiency_sources())
    notes: list[str] = []
    prices = {chip.id: cost_basis(chip, on=on or date.today(), money=money) for chip in found}
    names = {chip.id: chip.name for chip in found}
    for chip in found:
        sources |= {*prices[chip.id].source_ids, *chip.sources.values()}
        notes += [f"{chip.name}: {note}" for note in prices[chip.id].notes if note.startswith("Rental")]
    for row in performance.compare_chips(
        shape,
        found,
        efficiency_table(),
        precision=precision,
        tpot_limit_s=TPOT_LIMIT_S,
        n_train_chips=N_TRAIN_CHIPS,
    ):
        rent = prices[row.chip_id].rental_usd_per_hour
        per_usd = [
            None if rent is None or row.tok_s_per_chip is None else row.tok_s_per_chip * 3600 / usd
            for usd in rent or (1, 1, 1)
        ]
        rows.append(
            {
                "chip": row.chip_id,
                "name": names[row.chip_id],
                "workload": row.workload,
                "n_chips": row.n_chips,
                "tok_s_per_chip": row.tok_s_per_chip,
                "tok_per_usd": per_usd[1],
                "tok_per_usd_low": per_usd[2],
                "tok_per_usd_high": per_usd[0],
                "tok_s_per_w": None if row.joule_per_tok is None else 1.0 / row.joule_per_tok,
                "reason": row.reason,
            }
        )
    return {
        "model": shape.name,
        "per": per,
        "precision": precision,
        "n_train_chips": N_TRAIN_CHIPS,
        "tpot_limit_ms": TPOT_LIMIT_S * 1e3,
        "rows": rows,
        "notes": notes,
        "sources": tuple(sorted(sources)),
    }


def roofline(
    model: str | Path | ModelShape,
    chip: str | Path | Chip,
    *,
    phase: str = "decode",
    batch: int = 64,
    context: int = 4096,
    precision: str | None = None,
    kv_precision: str | None = None,
) -> dict[str, Any]:
    """Place the operations of one pass of a model under the roofline of a chip.

    Parameters
    ----------
    model, chip : str, path, or the thing itself
    phase : {'decode', 'prefill', 'training'}
    batch, context : int
        Sequences, and tokens of each.
    precision, kv_precision : str, optional
        Storage of weights and of the KV cache; the usual ones of the chip and the model if not given.
    """
    if phase not in PHASES:
        raise BadInputError(f"There is no phase {shorten(phase)!r}.", hint=f"One of: {', '.join(PHASES)}.")
    shape = model if isinstance(model, ModelShape) else workloads.find_model(model)
    accelerator = chip if isinstance(chip, Chip) else find_chip(chip)
    n_batch = checked_count(batch, "batch", high=1_000_000)
    length = checked_number(context, "context", low=1, high=16_000_000)
    stored = precision or usual_precision(accelerator, [])
    cache = kv_precision or usual_kv(shape, stored, [])
    width(stored)
    width(cache)
    chosen: Literal["decode", "prefill", "training"] = phase  # type: ignore[assignment]
    points = performance.roofline_points(
        shape, accelerator, phase=chosen, n_batch=n_batch, context=length, precision=stored, kv_precision=cache
    )
    arrays = performance.chip_arrays(accelerator, stored)
    return {
        "model": shape.name,
        "chip": accelerator.id,
        "name": accelerator.name,
        "phase": phase,
        "batch": n_batch,
        "context": int(length),
        "precision": stored,
        "kv_precision": cache,
        "peak_flop_per_s": float(arrays.peak_flop_per_s),
        "attention_flop_per_s": float(arrays.attention_flop_per_s),
        "bandwidth_byte_per_s": float(arrays.bandwidth_byte_per_s),
        "operations": [asdict(point) for point in points],
        "sources": tuple(sorted(set(accelerator.sources.values()))),
    }
