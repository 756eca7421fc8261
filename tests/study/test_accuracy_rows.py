"""Rows of real sources and invented ones: what each reading rule makes of them."""

import time
from dataclasses import replace

import pytest

from leadtime import catalog
from leadtime.study.measured import accuracy, read_rows, read_serving_row, read_training_row
from leadtime.study.measured._cells import RowProblem
from leadtime.study.measured._kernel_fit import HOST_NOISE, NOISE, _noise, read_kernels
from leadtime.study.measured._kernel_rows import read_kernel_row
from leadtime.study.measured._names import resolve_chip, resolve_model, standard_mixture_shape
from leadtime.study.measured._scoring import packaged_efficiencies
from leadtime.study.measured._serving_problem import serving_problem
from leadtime.workloads import total_parameters

TRAINING = {row["id"]: row for row in catalog.table("measured_training")}
SERVING = {row["id"]: row for row in catalog.table("measured_inference")}


def training(**cells: str):
    return read_training_row({"id": "mine", "model": "Llama 3 8B", "chip": "H100 SXM", "n_chips": "64", **cells})


def test_hours_of_a_whole_run_are_divided_by_its_tokens() -> None:
    point = read_training_row(TRAINING["dsv3-pretrain"])
    assert point.setting.run
    assert point.setting.n_chips == 2048
    assert point.tokens_per_s_per_chip == pytest.approx(14.8e12 / (2.664e6 * 3600), rel=1e-3)


@pytest.mark.parametrize(("name", "why"), [("gpt3-175b", "assumes"), ("dsv3-post", "reinforcement")])
def test_hours_that_measure_no_training_are_refused(name: str, why: str) -> None:
    with pytest.raises(RowProblem, match=why):
        read_training_row(TRAINING[name])


def test_a_rate_that_counts_recomputation_says_that_there_was_some() -> None:
    assert read_training_row(TRAINING["mtnlg-280n"]).layout.recompute == "full"
    point = training(tokens_per_s_per_gpu="9000", notes="printed rate does not count recomputation")
    assert point.layout.recompute != "full"


def test_conventions_of_one_model_give_different_tokens_per_second() -> None:
    cells = {"seq_len": "8192", "mfu_pct": "40", "precision": "bf16"}
    causal = training(**cells).tokens_per_s_per_chip
    whole = training(**cells, notes="MFU with full attention, not causal").tokens_per_s_per_chip
    nominal = training(**cells, notes="MFU = 6 x nominal N, no attention").tokens_per_s_per_chip
    assert whole < causal < nominal


def test_the_most_direct_quantity_is_scored() -> None:
    batch = {"seq_len": "4096", "global_batch_tokens": "1048576"}
    assert (
        training(tokens_per_s_per_gpu="9000", step_time_s="2", mfu_pct="40", **batch).quantity == "tokens_per_s_per_gpu"
    )
    step = training(step_time_s="2", mfu_pct="40", **batch)
    assert step.quantity == "step_time_s"
    assert step.tokens_per_s_per_chip == pytest.approx(1048576 / 2 / 64)


def test_adapters_are_known_by_their_name() -> None:
    assert read_training_row(TRAINING["mlperf-tr-v4.1-NVIDIA-eos_n128_ngc24.09_nemo-llama2_70b_lora"]).setting.lora


def test_cached_prompt_tokens_do_not_count_as_work() -> None:
    point = read_serving_row(SERVING["ds-day6-prefill"])
    assert point.demand.cache_hit_frac == pytest.approx(0.563)
    assert point.demand.production


def saturated(requests: str, **cells: str) -> float:
    """Rate that is predicted for a row with so many requests queued."""
    row = {
        "id": "mine", "model": "Llama 3.1 8B", "chip": "H100 SXM", "n_chips": "1", "phase": "offline", "parallelism": "TP1",
        "precision_weights": "fp8", "precision_kv": "fp8", "input_len": "128", "output_len": "4096", "decode_tok_s_per_chip": "5000",
        "batch_or_concurrency": f"all queued{requests}", **cells,
    }  # fmt: skip
    (found,) = accuracy("inference", [row]).rows
    return found.predicted


def test_a_run_of_few_requests_never_fills_the_machine() -> None:
    few, some, many = (saturated(f"; {n} requests") for n in (16, 400, 1_000_000))
    assert few < some < many
    assert many == pytest.approx(saturated(""), rel=1e-3)


def test_the_last_wave_of_a_run_is_half_empty() -> None:
    """As many requests as are held make one wave of them; a few more make one and a half."""
    one, more = (
        saturated("; 64 requests"),
        saturated("; 66 requests", batch_or_concurrency="all queued, max batch 64; 66 requests"),
    )
    same = saturated("", batch_or_concurrency="all queued, max batch 43")
    assert more == pytest.approx(same, rel=0.02), "66 requests in waves of 64: 66 / 1.53 at a time"
    assert more < one


def test_an_engine_that_keeps_whole_windows_is_read_so() -> None:
    point = read_serving_row(SERVING["trtllm-v1.2-GPT-OSS_120B-H100-DEP4-1024-32768"])
    table = packaged_efficiencies()
    (flag,) = serving_problem([point], table)[0].workload.whole_window
    assert flag == 1.0
    other = replace(point, formats=replace(point.formats, engine="vllm"))
    assert serving_problem([other], table)[0].workload.whole_window[0] == 0.0


def test_the_vendors_4_bit_deepseek_keeps_part_of_attention_wide() -> None:
    """Of 15.3e9 weights outside the routed experts, 4.2e9 of attention before its output projection stay at 16 bit."""
    point = read_serving_row(SERVING["trtllm-v1.2-DeepSeek-R1-0528-B200-DEP4-1000-1000"])
    work = serving_problem([point], packaged_efficiencies())[0].workload
    assert work.wide_frac[0] == pytest.approx(61 * 69.67e6 / (61 * 187.1e6 + 3 * 396.4e6 + 58 * 45.9e6), rel=2e-3)
    assert work.dense_weight_byte[0] == 2.0


def test_rows_of_one_host_over_its_bus_weigh_as_one() -> None:
    points = [
        point
        for point in read_kernels()[0]
        if point.operation == "all_reduce" and point.chip.id in {"l40s", "h100-sxm5-80gb"}
    ]
    noise = dict(zip([point.id for point in points], _noise(points), strict=True))
    bus = [noise[point.id] for point in points if point.chip.id == "l40s"]
    assert sum(1 / each**2 for each in bus) == pytest.approx(1 / HOST_NOISE**2, rel=0.05)
    assert {noise[point.id] for point in points if point.chip.id != "l40s"} == {NOISE}


def test_limits_of_a_benchmark_come_from_its_rules() -> None:
    name = "mlperf-inf-v5.1-DellMangoBoost-16xMI300X_4xXeon_8460Y-llama2-70b-99-Server"
    point = read_serving_row(SERVING[name])
    assert (point.demand.scenario, point.demand.ttft_limit_s, point.demand.tpot_limit_s) == ("server", 2.0, 0.2)
    assert point.chip.family == "cdna"


def test_a_precision_of_the_chip_alone_is_implied() -> None:
    assert read_serving_row(SERVING["cm384-prefill-meas"]).formats.arithmetic == "int8"


def test_software_is_told_apart() -> None:
    assert read_serving_row(SERVING["rocm-vllm010-70B-128-2048"]).formats.engine == "rocm-vllm"
    point = read_serving_row(SERVING["trtllm-v1.2-DeepSeek-R1-0528-B200-DEP4-1000-1000"])
    assert (point.formats.engine, round(point.formats.year)) == ("tensorrt-llm", 2026)


def test_what_was_recalled_or_projected_is_refused() -> None:
    for name in ("ds-insights-tpot-h800", "cm384-prefill-perfect"):
        with pytest.raises(RowProblem):
            read_serving_row(SERVING[name])


def test_a_row_that_repeats_another_counts_once() -> None:
    row = TRAINING["mosaic-051"]
    read = read_rows("training", [row, {**row, "id": "again"}])
    assert len(read.points) == 1
    assert read.skipped[0] == {"id": "again", "why": "repeats mosaic-051."}


def test_a_dense_model_known_by_its_size_gets_a_standard_shape() -> None:
    found = resolve_model("Aurora-Omega 13B chat")
    assert found.guessed
    assert total_parameters(found.shape) == pytest.approx(13e9, rel=0.25)


@pytest.mark.parametrize(("total", "active"), [(47e9, 13e9), (236e9, 21e9), (1e12, 32e9)])
def test_a_mixture_known_by_its_sizes_gets_both(total: float, active: float) -> None:
    assert total_parameters(standard_mixture_shape(total, active)) == pytest.approx(total, rel=0.15)


def test_a_model_without_name_or_size_is_refused() -> None:
    with pytest.raises(RowProblem, match="states no number of parameters"):
        resolve_model("a very good model")


def test_dies_and_packages_are_not_confused() -> None:
    assert resolve_chip("Ascend 910C die").dies == 2
    assert resolve_chip("Ascend 910C", remarks="per package").dies == 1


KERNEL = {"id": "k", "chip": "H800", "metric": "latency", "unit": "us", "value": "50", "source_group": "g"}


def test_kernels_are_read_from_their_shapes() -> None:
    product = read_kernel_row({**KERNEL, "kernel": "FP8 GEMM", "shape": "M=128 N=4096 K=7168"})
    assert (product.operation, product.rows, product.weights) == ("product", 128, 4096 * 7168)
    decode = read_kernel_row(
        {**KERNEL, "kernel": "MLA decode attention (128 heads)", "shape": "batch=4 kv_len=1024 kv=bf16"}
    )
    assert decode.size_byte == 4 * 1024 * 576 * 2
    reduced = read_kernel_row({**KERNEL, "kernel": "NCCL all_reduce", "shape": "gpus=8 message=1 (2097152 bytes)"})
    assert (reduced.operation, reduced.length, reduced.size_byte) == ("all_reduce", 8, 2097152)
    assert reduced.seconds == pytest.approx(50e-6)


@pytest.mark.parametrize(
    "cells",
    [
        {"kernel": "FP8 GEMM", "shape": "M=128 K=7168"},
        {"kernel": "FP64 GEMM", "shape": "M=128 N=64 K=64"},
        {"kernel": "FP8 GEMM", "shape": "M=128 N=64 K=64", "notes": "best case"},
        {"kernel": "matrix mystery", "shape": ""},
    ],
)
def test_kernels_that_teach_nothing_say_why(cells: dict[str, str]) -> None:
    with pytest.raises(RowProblem):
        read_kernel_row({**KERNEL, **cells})


def test_most_packaged_kernels_are_read() -> None:
    points, skipped = read_kernels()
    assert len(points) + len(skipped) == len(catalog.table("measured_kernels"))
    assert len(points) > 0.8 * (len(points) + len(skipped))


@pytest.mark.parametrize("kind", ["training", "inference"])
def test_every_source_has_a_role_and_every_row_an_outcome(kind: str) -> None:
    rows = catalog.table(f"measured_{kind}")
    declared = {row["source_group"] for row in catalog.table("accuracy_split") if row["kind"] == kind}
    assert {row["source_group"] for row in rows} <= declared
    start = time.process_time()
    report = accuracy(kind)
    assert time.process_time() - start < 300
    assert len(report.rows) + len(report.skipped) == report.n_rows == len(rows)
    assert {row.id for row in report.sets["held_out"]}.isdisjoint(row.id for row in report.sets["fitted"])
