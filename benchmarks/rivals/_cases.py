"""Cases that ours and a rival are both asked: rows of the measured tables, in plain words that a driver can read.

A case states everything a rival needs: the widths of the model, the datasheet of the chip, the layout, the load. Nothing of
ours that was fitted goes into it, and no measured value does either.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from leadtime import catalog
from leadtime.chips import Chip
from leadtime.study.measured import ServingPoint, TrainingPoint, read_rows
from leadtime.workloads import ModelShape

__all__ = ["Case", "case_rate", "serving_cases", "training_cases"]

CHIPS = frozenset({"a100-sxm4-80gb", "h100-sxm5-80gb", "h200-sxm-141gb", "h800-sxm5-80gb", "h20-96gb"})
MIXTURES = frozenset({"deepseek-v3", "deepseek-r1"})
"""Mixtures among the cases: the models that an analysis of export controls asks about first."""
QUEUE_MS = 5000.0
"""A longer wait for the first token is a queue, which none of the rivals models."""
SHARED_LAYOUT = {"tensor": 8, "pipeline": 8, "data": 32}
"""Layout of the LLaMA runs in llm-analysis's own example: their authors published none."""
SHARED_BATCH_TOKENS = 4e6
"""Batch of the LLaMA paper."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One row as a question, and the row itself."""

    question: Mapping[str, Any]
    """Plain data for a driver; ``id`` names it."""
    point: ServingPoint | TrainingPoint

    @property
    def id(self) -> str:
        """Id of the row."""
        return self.point.id

    @property
    def measured(self) -> float:
        """Measured tokens/s per chip."""
        return self.point.value if isinstance(self.point, ServingPoint) else self.point.tokens_per_s_per_chip


def _model(shape: ModelShape) -> dict[str, Any]:
    """Return the widths of a model of one kind of block, as most rivals know them."""
    attention, dense = shape.attention[0], shape.dense[0]
    return {
        "id": shape.id,
        "layers": shape.n_layers,
        "hidden": shape.hidden_size,
        "heads": attention.n_heads,
        "kv_heads": attention.n_kv_heads,
        "head_dim": attention.head_dim,
        "ffn": dense.width,
        "gated": dense.gated,
        "vocabulary": shape.embedding.n_vocabulary,
        "mixture": shape.is_mixture,
        "native": shape.origin.precision,
    }


def _chip(chip: Chip) -> dict[str, Any]:
    """Return the datasheet in the units that rivals take; the link in one direction."""
    return {
        "id": chip.id,
        "bf16_tflop_s": chip.peak_flop_per_s["bf16"] / 1e12,
        "memory_gb": (chip.memory.capacity_byte or 0) / 1e9,
        "memory_gb_s": (chip.memory.bandwidth_byte_per_s or 0) / 1e9,
        "link_gb_s": (chip.links.scale_up_byte_per_s or 0) / 2e9,
    }


def _is_known(shape: ModelShape, chip: Chip) -> bool:
    simple = len(shape.attention) == 1 and not shape.linear and len(shape.dense) == 1
    return chip.id in CHIPS and simple and (not shape.is_mixture or shape.id in MIXTURES)


def _batch(point: ServingPoint) -> float | None:
    """Return the requests in flight on one replica, where the row says so."""
    load, pool = point.demand.load, point.layout.pool
    if load.concurrency is None or point.n_chips is None or not pool.chips:
        return None
    return max(load.concurrency * pool.chips / point.n_chips, 1.0)


def serving_cases(rows: Iterable[Mapping[str, str]] | None = None) -> tuple[Case, ...]:
    """Return the serving rows with a stated layout and load, no queue, on a chip and model that rivals may know."""
    rows = catalog.table("measured_inference") if rows is None else tuple(rows)
    waits = {row["id"]: float(row["ttft_ms"] or 0) for row in rows}
    cases = []
    for point in read_rows("inference", rows).points:
        demand, pool = point.demand, point.layout.pool
        batch = _batch(point)
        whole = (pool.attention_replicas or 1) == 1 and not point.layout.disaggregated
        queued = demand.phase == "mixed" and waits[point.id] > QUEUE_MS
        if (
            not _is_known(point.shape, point.chip)
            or batch is None
            or not whole
            or queued
            or point.quantity not in {"decode", "prefill"}
        ):
            continue
        if not math.isfinite(demand.input_tokens) or (demand.phase == "prefill" and batch != 1):
            continue
        pipeline = pool.pipeline or 1
        cases.append(
            Case(
                question={
                    "id": point.id,
                    "kind": demand.phase,
                    "model": _model(point.shape),
                    "chip": _chip(point.chip),
                    "tensor": (pool.chips or 1) // pipeline,
                    "pipeline": pipeline,
                    "expert": pool.expert or 1,
                    "batch": int(batch),
                    "input_tokens": int(demand.input_tokens),
                    "output_tokens": int(demand.output_tokens),
                    "weights": point.formats.weights,
                    "cache_byte": point.formats.cache_byte,
                    "engine": point.formats.engine,
                },
                point=point,
            )
        )
    return tuple(cases)


def training_cases(rows: Iterable[Mapping[str, str]] | None = None) -> tuple[Case, ...]:
    """Return the training rows in 16 bit with a stated layout, and the LLaMA runs in the layout of the rival's example."""
    rows = catalog.table("measured_training") if rows is None else tuple(rows)
    tokens = {row["id"]: float(row["tokens_T"] or 0) * 1e12 for row in rows}
    cases = []
    for point in read_rows("training", rows).points:
        setting, layout = point.setting, point.layout
        shared = point.group == "arxiv:2302.13971"
        if (
            not _is_known(point.shape, point.chip)
            or point.shape.is_mixture
            or setting.precision != "bf16"
            or setting.lora
        ):
            continue
        if not shared and (
            layout.tensor is None
            or layout.pipeline is None
            or setting.batch_tokens is None
            or (layout.context or 1) > 1
        ):
            continue
        degrees = dict(SHARED_LAYOUT) if shared else {"tensor": layout.tensor, "pipeline": layout.pipeline}
        n_chips = float(math.prod(degrees.values())) if shared else setting.n_chips
        degrees["data"] = int(n_chips // (degrees["tensor"] * degrees["pipeline"]))
        batch_tokens = setting.batch_tokens or SHARED_BATCH_TOKENS
        sequences = max(round(batch_tokens / setting.sequence_tokens / degrees["data"]), 1) * degrees["data"]
        cases.append(
            Case(
                question={
                    "id": point.id,
                    "kind": "training",
                    "model": _model(point.shape),
                    "chip": _chip(point.chip),
                    **degrees,
                    "sequence_tokens": int(setting.sequence_tokens),
                    "sequences": int(sequences),
                    "micro_batch": int(layout.microbatch or 1),
                    "recompute": layout.recompute or "unstated",
                    "tokens": tokens[point.id] or None,
                },
                point=point,
            )
        )
    return tuple(cases)


def case_rate(question: Mapping[str, Any], answer: Mapping[str, Any]) -> float | None:
    """Return the tokens/s per chip that a rival's answer means.

    An answer that is such a rate stands. A prompt alone: its tokens over the time of one pass. Decoding alone: one token for each
    request and step. Both on the same chips: every request waits for its own tokens and for everyone's prompts.

    >>> case_rate({"kind": "mixed", "tensor": 2, "pipeline": 1, "batch": 4, "input_tokens": 8, "output_tokens": 10}, {"prefill_s": 0.5, "decode_s": 0.2})
    5.0
    """
    if "error" in answer:
        return None
    if "tokens_per_s_per_chip" in answer:
        return float(answer["tokens_per_s_per_chip"])
    kind = question["kind"]
    chips = question["tensor"] * question["pipeline"]
    if kind == "prefill":
        return float(question["input_tokens"] / answer["prefill_s"] / chips)
    if kind == "decode":
        return float(question["batch"] / answer["decode_s"] / chips)
    batch, output = question["batch"], question["output_tokens"]
    return float(batch * output / (output * answer["decode_s"] + batch * answer["prefill_s"]) / chips)
