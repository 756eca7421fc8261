"""Published results that the equations reach with packaged efficiencies and no special case.

Tolerances are the half-width of the class of figure (a quarter for dense models, a half for mixtures on a chip without
rows of its own), tighter where a table of several points is averaged. The points are those of a training paper's table or a service's report, not rows that a fit rests on.
"""

from typing import Any

import numpy as np
import pytest

from leadtime import chips
from leadtime.performance import (
    ServeLayout,
    ServeWorkload,
    TrainLayout,
    TrainResult,
    TrainWorkload,
    arithmetic_precision,
    chip_arrays,
    chip_hours,
    serve,
    train_step,
)
from tests.performance.cases import (
    DEEPSEEK_V3,
    GPT3,
    LLAMA_405B,
    QWEN3_8B,
    QWEN3_30B,
    column,
    decoder,
    one,
    shapes,
    table,
)


def train(
    model: Any, name: str, precision: str, framework: str, layout: dict[str, float], work: dict[str, float]
) -> TrainResult:
    chip = chips.find_chip(name)
    sizes = {key: column(value) if key == "n_chips" else value for key, value in layout.items()}
    efficiencies = table().efficiencies([chip], precision, frameworks=framework)
    workload = TrainWorkload(**work, memory_limit_frac=1.15)
    return train_step(shapes(model), chip_arrays([chip], precision), TrainLayout(**sizes), workload, efficiencies)


def test_deepseek_v3_on_2048_h800() -> None:
    """2.664 million H800-hours for 14.8e12 tokens (arXiv:2412.19437, table 1): PP16, EP64, ZeRO-1, no TP, DualPipe, FP8."""
    result = train(
        DEEPSEEK_V3, "h800", "fp8", "in-house",
        {"n_chips": 2048.0, "pipeline": 16.0, "expert": 64.0, "recompute": 1.0},
        {"sequence_tokens": 4096.0, "batch_tokens": 15360 * 4096.0, "dispatch_byte": 1.0, "narrow": 1.0, "imbalance": 1.05, "prediction": 1.0,
         "year": 2024.8},
    )  # fmt: skip
    assert one(result.code) == 0
    goodput = float(table().efficiencies(chips.find_chip("h800"), "fp8")["goodput_frac"])  # hours of a whole run
    hours = one(chip_hours(tokens=14.8e12, tokens_per_s_per_chip=result.tokens_per_s_per_chip, goodput=goodput))
    assert hours == pytest.approx(2.664e6, rel=0.3)


@pytest.mark.parametrize(
    ("n_chips", "context", "sequence", "mfu"),
    [(8192.0, 1.0, 8192.0, 0.43), (16384.0, 1.0, 8192.0, 0.41), (16384.0, 16.0, 131072.0, 0.38)],
)
def test_llama_3_405b_on_h100(n_chips: float, context: float, sequence: float, mfu: float) -> None:
    """Table 4 of arXiv:2407.21783: TP8, PP16, 16 million tokens per step, BF16; utilisation of the 989 TFLOP/s peak."""
    result = train(
        LLAMA_405B, "h100", "bf16", "in-house",
        {"n_chips": n_chips, "tensor": 8.0, "pipeline": 16.0, "virtual": 4.0, "context": context, "sharding": 2.0 if n_chips < 1e4 else 1.0},
        {"sequence_tokens": sequence, "batch_tokens": 2048 * 8192.0, "year": 2024.3},
    )  # fmt: skip
    assert one(result.code) == 0
    assert one(result.mfu_frac) == pytest.approx(mfu, rel=0.2)


def test_gpt_3_on_1024_a100() -> None:
    """34 days for 300e9 tokens on 1,024 A100 (arXiv:2104.04473, section 5.1): TP8, PP8, batch 1,536, full recomputation."""
    result = train(
        GPT3, "a100-sxm4-80gb", "bf16", "megatron-2021",
        {"n_chips": 1024.0, "tensor": 8.0, "pipeline": 8.0, "virtual": 2.0, "recompute": 2.0, "sharding": 0.0},
        {"sequence_tokens": 2048.0, "batch_tokens": 1536 * 2048.0, "fused_attention": 0.0, "year": 2021.3},
    )  # fmt: skip
    days = 300e9 / (one(result.tokens_per_s_per_chip) * 1024) / 86400
    assert days == pytest.approx(34.0, rel=0.25)


SELENE = {  # layers, hidden, heads; chips, pipeline, interleaving, micro-batch, batch; seconds with full and selective recomputation
    "22B": (48, 6144, 64, 8, 1, 1, 4, 4, 1.40, 1.14),
    "175B": (96, 12288, 96, 64, 8, 3, 1, 64, 18.03, 13.64),
    "530B": (105, 20480, 128, 280, 35, 3, 1, 280, 49.89, 34.47),
    "1T": (128, 25600, 160, 512, 64, 1, 1, 512, 90.08, 66.04),
}


def selene_errors() -> dict[tuple[str, str], float]:
    errors = {}
    for name, (layers, d, heads, n, pp, vp, mbs, batch, *seconds) in SELENE.items():
        model = decoder(
            name, layers=layers, d=d, heads=heads, kv=heads, h=d // heads, f=4 * d, vocabulary=51200, gated=False
        )
        for recompute, measured in zip((2.0, 1.0), seconds, strict=True):
            result = train(
                model, "a100-sxm4-80gb", "bf16", "megatron-2021",
                {"n_chips": float(n), "tensor": 8.0, "pipeline": float(pp), "virtual": float(vp), "micro_batch": float(mbs), "recompute": recompute,
                 "sharding": 0.0},
                {"sequence_tokens": 2048.0, "batch_tokens": 2048.0 * batch, "fused_attention": 0.0, "year": 2022.4},
            )  # fmt: skip
            assert one(result.code) == 0, name
            errors[name, "full" if recompute == 2.0 else "selective"] = one(result.step_time_s) / measured - 1
    return errors


def test_the_table_of_selene() -> None:
    """Table 5 of arXiv:2205.05198: eight step times from 22 billion weights on 8 A100 to 10^12 on 512."""
    errors = selene_errors()
    assert np.mean(np.abs(list(errors.values()))) < 0.15, errors
    assert max(abs(error) for error in errors.values()) < 0.3, errors


def test_memory_of_the_selene_runs_fits_and_is_nearly_full() -> None:
    """All eight ran on 80 GB parts; selective recomputation exists because the plain activations would not fit."""
    layers, d, heads, n, pp, vp, mbs, batch, *_ = SELENE["530B"]
    model = decoder(
        "530B", layers=layers, d=d, heads=heads, kv=heads, h=d // heads, f=4 * d, vocabulary=51200, gated=False
    )
    sizes = {
        "n_chips": float(n),
        "tensor": 8.0,
        "pipeline": float(pp),
        "virtual": float(vp),
        "micro_batch": float(mbs),
        "sharding": 0.0,
    }
    work = {"sequence_tokens": 2048.0, "batch_tokens": 2048.0 * batch, "fused_attention": 0.0}
    kept = one(
        train(model, "a100-sxm4-80gb", "bf16", "megatron-2021", {**sizes, "recompute": 1.0}, work).memory_byte_per_chip
    )
    everything = one(
        train(model, "a100-sxm4-80gb", "bf16", "megatron-2021", {**sizes, "recompute": 0.0}, work).memory_byte_per_chip
    )
    assert kept < 80e9 < everything


def serving(
    model: Any, name: str, precision: str, engine: str, layout: ServeLayout, work: ServeWorkload, **asked: Any
) -> Any:
    chip = chips.find_chip(name)
    found = arithmetic_precision(chip, precision)
    efficiencies = table().efficiencies([chip], found if found != "fp16" else "bf16", engines=engine)
    return serve(shapes(model), chip_arrays([chip], precision), layout, work, efficiencies, **asked)


NARROW = {"weight_byte": 1.0, "dispatch_byte": 1.0}


def h800_prefill(**changed: Any) -> float:
    work = ServeWorkload(
        input_tokens=column(4096.0),
        output_tokens=1.0,
        chunk_tokens=16384.0,
        two_batch=1.0,
        node_limit=4.0,
        year=2025.2,
        **NARROW,
    )
    result = serving(
        DEEPSEEK_V3,
        "h800",
        "fp8",
        "in-house",
        ServeLayout(data=32.0, expert=32.0, redundant=32.0),
        work._replace(**changed),
        phase="prefill",
    )
    return one(result.prefill_tok_s_per_chip)


def h800_decode(batch_per_chip: float, n_chips: float, context: float) -> Any:
    work = ServeWorkload(input_tokens=column(context), output_tokens=1.0, two_batch=1.0, year=2025.2, **NARROW)
    layout = ServeLayout(data=n_chips, expert=n_chips, redundant=n_chips % 128)
    return serving(DEEPSEEK_V3, "h800", "fp8", "in-house", layout, work, batch=batch_per_chip * n_chips, phase="decode")


def test_deepseek_v3_profile_on_h800() -> None:
    """The published traces: 7,839 input tokens/s per chip at EP32 and 16,384 tokens; 2,324 output tokens/s at EP128 and batch 128."""
    assert h800_prefill() == pytest.approx(7839, rel=0.25)
    assert one(h800_decode(128.0, 128.0, 4096.0).decode_tok_s_per_chip) == pytest.approx(2324, rel=0.25)


def test_deepseek_v3_in_production_on_h800() -> None:
    """A day's mean per 8-chip host: 73,700 input tokens/s of which 56.3 % were cached, 14,800 output tokens/s at 20-22 tokens/s per user."""
    daily = float(table().efficiencies(chips.find_chip("h800"), "fp8")["production_frac"])
    missed = 1 - 0.563
    host = 8 * daily * h800_prefill(cache_hit_frac=0.563) / missed
    assert host == pytest.approx(73_700, rel=0.3)
    result = h800_decode(90.0, 144.0, 4989.0)
    assert 8 * one(result.decode_tok_s_per_chip) == pytest.approx(14_800, rel=0.3)
    assert one(result.tpot_s) == pytest.approx(1 / 21, rel=0.3)


@pytest.mark.parametrize(
    ("model", "precision", "layout", "batch", "prefill", "decode", "tolerance"),
    [
        (QWEN3_8B, "fp8", ServeLayout(), 64.0, 15_061, 2_682, 0.25),
        (QWEN3_30B, "bf16", ServeLayout(data=4.0, expert=4.0), 400.0, 16_594, 2_749, 0.35),
    ],
    ids=["qwen3-8b", "qwen3-30b-a3b"],
)
def test_qwen3_on_h20(
    model: Any, precision: str, layout: ServeLayout, batch: float, prefill: float, decode: float, tolerance: float
) -> None:
    """InferSim, README: measured rates per H20 at 4,096 tokens in and 2,048 out."""
    work = ServeWorkload(
        input_tokens=column(4096.0), output_tokens=2048.0, weight_byte=1.0 if precision == "fp8" else 2.0
    )
    first = serving(model, "h20", precision, "sglang", ServeLayout(), work, phase="prefill")
    assert one(first.prefill_tok_s_per_chip) == pytest.approx(prefill, rel=tolerance)
    then = serving(model, "h20", precision, "sglang", layout, work, batch=batch, phase="decode")
    assert one(then.decode_tok_s_per_chip) == pytest.approx(decode, rel=tolerance)


def test_deepseek_v3_prefill_on_one_host_of_h20() -> None:
    """Ant Group with SGLang: 16,500 input tokens/s per host of eight H20 at TP8."""
    work = ServeWorkload(input_tokens=column(4096.0), output_tokens=1.0, year=2025.7, **NARROW)
    result = serving(DEEPSEEK_V3, "h20", "fp8", "sglang", ServeLayout(tensor=8.0), work, phase="prefill")
    assert 8 * one(result.prefill_tok_s_per_chip) == pytest.approx(16_500, rel=0.3)


CLOUDMATRIX = [
    (1024, 1024, 128, 2733),
    (2048, 256, 112, 2360),
    (4096, 256, 96, 1943),
    (4096, 256, 24, 974),
    (4096, 256, 8, 538),
]


@pytest.mark.parametrize(("length", "output", "batch", "rate"), CLOUDMATRIX)
def test_deepseek_r1_on_cloudmatrix384(length: int, output: int, batch: int, rate: int) -> None:
    """arXiv:2506.12708: decode per dual-die Ascend 910C over 160 packages, one token of speculation accepted at 70 %."""
    work = ServeWorkload(
        input_tokens=column(float(length)),
        output_tokens=float(output),
        draft_tokens=1.0,
        acceptance_frac=0.7,
        two_batch=1.0,
        year=2025.5,
        **NARROW,
    )
    layout = ServeLayout(data=160.0, expert=160.0, redundant=64.0)
    result = serving(DEEPSEEK_V3, "ascend 910c", "int8", "in-house", layout, work, batch=batch * 160.0, phase="decode")
    assert one(result.decode_tok_s_per_chip) == pytest.approx(rate, rel=0.5)
