"""Texts of sources to layouts, loads and formats: wordings of real rows, and wordings that no packaged row uses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtime.study.measured._cells import RowProblem, cell_number, cell_year, row_number
from leadtime.study.measured._layout import read_serving_text, read_training_text
from leadtime.study.measured._load import read_load
from leadtime.study.measured._words import engine_of, framework_of, read_cache_format, read_format, read_weight_format


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "TP4 PP8 CP2 VP8 EP1 MBS1 GBS64 FSDP=0",
            {"tensor": 4, "pipeline": 8, "context": 2, "virtual": 8, "microbatch": 1, "batch_sequences": 64},
        ),
        (
            "TP1 PP1 CP1 VPn/a EPn/a MBS2 GBS256 FSDP=64",
            {"tensor": 1, "virtual": None, "expert": None, "sharding": "full"},
        ),
        ("PP2DP4TP2", {"tensor": 2, "pipeline": 2, "data": 4}),
        ("tp=8,pp=16", {"tensor": 8, "pipeline": 16, "data": None}),
        ("TP8 CP16 PP16 DP4 (FSDP/ZeRO-1)", {"tensor": 8, "context": 16, "data": 4, "sharding": "optimizer"}),
        ("DP256 PP2 TP1 ZeRO-1", {"data": 256, "pipeline": 2, "tensor": 1, "sharding": "optimizer"}),
        (
            "PP16 EP64 (8 nodes) ZeRO-1 DP, no TP, DualPipe",
            {"pipeline": 16, "expert": 64, "tensor": 1, "dual_pipe": True, "data": None},
        ),
        ("TP8 PP35, full activation recompute", {"recompute": "full", "pipeline": 35}),
        (
            "FSDP FULL_SHARD; act_ckpt=True; microbatch=8; grad_accum=21",
            {"sharding": "full", "recompute": "full", "microbatch": 8, "microbatches": 21},
        ),
        ("FSDP SHARD_GRAD_OP; act_ckpt=False; microbatch=12", {"sharding": "gradient", "recompute": "none"}),
        ("ZeRO-3 (SageMaker MP), full activation checkpointing", {"sharding": "full", "recompute": "full"}),
        ("2 pods DP x 12-way MP x 256-way FSDP", {"tensor": 12, "sharding": "full"}),
        # wordings that no packaged row uses
        ("8-way tensor parallelism, 16-way pipeline", {"tensor": 8, "pipeline": 16}),
        (
            "tensor parallel size 4; pipeline parallel size: 2; data parallel = 32",
            {"tensor": 4, "pipeline": 2, "data": 32},
        ),
        (
            "TP-8 × PP-4, interleaved 3, selective recomputation",
            {"tensor": 8, "pipeline": 4, "virtual": 3, "recompute": "selective"},
        ),
        ("HSDP, micro batch size 2", {"sharding": "full", "microbatch": 2}),
        ("expert parallel 32, zero bubble", {"expert": 32, "dual_pipe": True}),
        ("", {"tensor": None, "pipeline": None, "sharding": None, "recompute": None}),
    ],
)
def test_training_layouts(text: str, expected: dict[str, object]) -> None:
    read = read_training_text(text)
    assert {name: getattr(read, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "chips", "copies", "expert"),
    [
        ("TP8 PP1 attnDP1 moeTP8 moeEP1", 8, 1, None),
        ("TP4 PP1 attnDP1 moeTP1 moeEP4", 4, 1, 4),
        ("TP16 PP1 attnDP1 moeTP4 moeEP4", 4, 1, 4),  # the product of the expert degrees counts chips twice
        ("TP64 PP1 attnDP1 moeTP8 moeEP8", 8, 1, 8),
        ("DEP4 (attention DP + EP)", 4, 4, 4),
        ("TEP8", 8, 1, 8),
        ("EP32, DP attention, 4 nodes, DeepEP normal + TBO + EPLB", 32, 32, 32),
        ("TP8 EP8 attention-DP", 8, 8, 8),
        ("TP4 DP4 EP", 16, 4, 16),
        ("EP128 TP1 (16 nodes)", 128, 128, 128),
        ("decode unit EP144 DP144 (18 nodes), 32 redundant experts", 144, 144, 144),
        ("TP1 DP4 EP (prefill instance)", 4, 4, 4),
        ("TP2 PP2", 4, None, None),
        ("TP8 PP1; MoE: EP + attention-DP options used per doc", 8, None, None),
        ("tensor parallel size 4", 4, None, None),
        ("8 GPUs", None, None, None),
    ],
)
def test_serving_layouts(text: str, chips: int | None, copies: int | None, expert: int | None) -> None:
    pool = read_serving_text(text).pool
    assert (pool.chips, pool.attention_replicas, pool.expert) == (chips, copies, expert)


def test_independent_replicas_are_workers() -> None:
    pool = read_serving_text("TP2, data parallel 4").pool
    assert (pool.chips, pool.workers) == (2, 4.0)


@pytest.mark.parametrize(
    ("text", "prefill", "decode"),
    [
        ("disagg: prefill 1x(TP1 PP1 DP4 EP4, bs1) + decode 5x(TP8 PP1 DP1 EP8, bs74)", (1.0, 4), (5.0, 8)),
        ("disagg: prefill 10x(TP4 PP1 DP1 EP1, bs1) + decode 1x(TP1 PP1 DP32 EP32, bs64)", (10.0, 4), (1.0, 32)),
        ("P/D: 4-8 x DEP2 prefill + 1 x DEP8 decode", (6.0, 2), (1.0, 8)),
        ("P/D TP4+TP4, MTP=3", (1.0, 4), (1.0, 4)),
        ("disagg: prefill x(TP8 PP1 DP1 EP8, bs) + decode x(TP32 PP1 DP1 EP8, bs)", (None, 8), (None, 32)),
    ],
)
def test_disaggregated_pools(text: str, prefill: tuple[float | None, int], decode: tuple[float | None, int]) -> None:
    read = read_serving_text(text)
    assert read.disaggregated
    assert read.prefill is not None
    assert (read.prefill.workers, read.prefill.chips) == prefill
    assert (read.pool.workers, read.pool.chips) == decode


@pytest.mark.parametrize(
    ("layout", "remarks", "draft", "acceptance", "overlap"),
    [
        ("TP8, MTP=1, ~90% acceptance", "", 1, 0.9, None),
        ("EP320 (160 packages, one expert per die), MTP 1 token (70% acceptance assumed)", "", 1, 0.7, None),
        ("EP72 DP attention (9 nodes), TBO", "17,373 tokens/s; no MTP", 0, None, True),
        ("EP72", "simulated speculation of one token at 60 % acceptance", 1, 0.6, None),
        ("PD disaggregation, no TBO", "", None, None, False),
        ("TP4", "speculation not stated", None, None, None),
        ("TP4, EAGLE-3", "", 1, None, None),
    ],
)
def test_speculation_and_overlap(
    layout: str, remarks: str, draft: int | None, acceptance: float | None, overlap: bool | None
) -> None:
    read = read_serving_text(layout, remarks)
    assert (read.draft_tokens, read.acceptance_frac, read.overlap) == (draft, acceptance, overlap)


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("64", "concurrency", 64.0),
        ("256 per GPU", "per_chip", 256.0),
        ("96 per NPU", "per_chip", 96.0),
        ("16384 tokens per NPU", "prefill_tokens", 16384.0),
        ("max batch 512 per engine; max_concurrency 5120", "limit", 512.0),
        ("max batch 512 per engine; max_concurrency 5120", "concurrency", 5120.0),
        ("concurrency 7168, max batch 896/GPU", "limit_per_chip", 896.0),
        ("infinite request rate (all queued)", "saturated", True),
        ("max_num_seqs 3200, 3200 prompts", "saturated", True),
        ("infinite request rate (all queued); 30000 requests", "requests", 30000.0),
        ("max_num_seqs 500, 2,000 prompts", "requests", 2000.0),
        ("high rate, all queued", "requests", None),
        ("64 concurrent requests", "requests", None),
        ("144 observed concurrency", "concurrency", 144.0),
        ("64..5120 concurrency sweep", "concurrency", 5120.0),
        ("480 (decode batch size)", "concurrency", 480.0),
        # wordings that no packaged row uses
        ("bs=64", "concurrency", 64.0),
        ("128 concurrent requests", "concurrency", 128.0),
        ("batch 32 per card", "per_chip", 32.0),
        ("1,024 users", "concurrency", 1024.0),
        ("request rate inf", "saturated", True),
        ("QPS 10", "concurrency", None),
        ("", "concurrency", None),
    ],
)
def test_loads(text: str, field: str, value: object) -> None:
    assert getattr(read_load(text), field) == value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("BF16 (amp)", "bf16"), ("FP8-MX", "fp8"), ("MXFP8", "fp8"), ("NVFP4 (config *_fp4)", "fp4"), ("bf16+fp8", "fp8"),
        ("FP8 (Transformer Engine)", "fp8"), ("INT8 (AQT quantised training)", "int8"), ("amp (fp16/bf16)", "bf16"), ("fp32", "tf32"),
        ("float8 e4m3", "fp8"), ("bfloat16", "bf16"), ("", None), ("see recipe", None),
    ],
)  # fmt: skip
def test_formats(text: str, name: str | None) -> None:
    assert read_format(text) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("INT8 (W8A8)", "int8"),
        ("UINT4", "int4"),
        ("W4A16", "int4"),
        ("AWQ", "int4"),
        ("NVFP4", "fp4"),
        ("w4a8", "int4"),
        ("/", None),
    ],
)
def test_weight_formats(text: str, name: str | None) -> None:
    assert read_weight_format(text) == name


def test_cache_formats() -> None:
    assert [read_cache_format(text) for text in ("FP8", "BF16 MLA compute", "~6-bit average", "")] == [
        1.0,
        2.0,
        0.75,
        None,
    ]


def test_software() -> None:
    common = {"layout": "", "family": "hopper", "year": 2025.0, "own_model": False, "n_chips": 8.0, "dual_pipe": False}
    assert framework_of(words="gpt-3 (mlperf)", **common) == "mlperf"
    assert framework_of(words="llama", **{**common, "family": "tpu"}) == "maxtext"
    assert framework_of(words="megascale on a cluster", **common) == "megascale"
    assert framework_of(words="x", **{**common, "layout": "deepspeed zero data parallel"}) == "deepspeed"
    assert framework_of(words="x", **{**common, "layout": "fsdp full_shard", "year": 2024.0}) == "llm-foundry-hopper"
    assert framework_of(words="x", **{**common, "family": "ampere", "layout": "fsdp", "year": 2024.0}) == "llm-foundry"
    assert framework_of(words="megatron-lm", **{**common, "year": 2021.3}) == "megatron-2021"
    assert framework_of(words="x", **{**common, "dual_pipe": True}) == "in-house"
    assert framework_of(words="x", **common) == "other"
    assert engine_of(engine="vLLM 0.9", words="mlperf inference", family="hopper") == "mlperf"
    assert engine_of(engine="vllm", words="", family="cdna") == "rocm-vllm"
    assert engine_of(engine="Chitu 0.3", words="", family="hopper") == "other"


def test_numbers_as_people_write_them() -> None:
    assert cell_number("4,194,304") == 4194304
    assert cell_number("~7.5") == 7.5
    assert cell_number("4989 (average KV length per output token)") == 4989
    assert cell_number("64k") == 64000
    assert cell_number("n/a") is None
    for bad in ("NaN", "inf", "many"):
        with pytest.raises(ValueError, match=r"usable|start"):
            cell_number(bad)
    with pytest.raises(RowProblem, match="n_chips"):
        row_number({"n_chips": "nan"}, "n_chips")
    with pytest.raises(RowProblem, match="negative"):
        row_number({"n_chips": "-8"}, "n_chips")
    assert row_number({"n_chips": "0"}, "n_chips") is None
    assert row_number({}, "n_chips") is None


def test_dates() -> None:
    assert cell_year("2023/2025") == 2024.5
    assert cell_year("2023-2024 (README as stored)") == 2024.0
    assert cell_year("2025-01") == pytest.approx(2025 + 0.5 / 12)
    assert cell_year("") is None


@given(st.text(max_size=60))
def test_no_text_breaks_a_reader(text: str) -> None:
    read_training_text(text)
    read_serving_text(text, text)
    read_load(text)
    read_format(text)
    read_weight_format(text)
    read_cache_format(text)
    cell_year(text)


@given(
    st.integers(1, 128),
    st.integers(1, 64),
    st.integers(1, 4096),
    st.sampled_from(
        [
            "TP{} PP{} DP{}",
            "tp={}, pp={}, dp={}",
            "TP{}PP{}DP{}",
            "tensor parallel {}, pipeline parallel {}, data parallel {}",
        ]
    ),
)
def test_degrees_survive_any_of_the_common_spellings(tensor: int, pipeline: int, data: int, spelling: str) -> None:
    read = read_training_text(spelling.format(tensor, pipeline, data))
    assert (read.tensor, read.pipeline, read.data) == (tensor, pipeline, data)
