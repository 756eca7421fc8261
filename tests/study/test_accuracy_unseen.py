"""Files from sources, chips and models that nothing was tuned for: invented rows, written as people write them."""

import csv
import io
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadtime import catalog
from leadtime.errors import BadFileError
from leadtime.study.measured import accuracy, accuracy_of_file
from leadtime.study.measured._cells import RowProblem, row_count, row_number
from leadtime.study.measured._names import chips_in_name, resolve_chip, resolve_model

SERVING = {
    "id": "mine", "model": "Llama-3.1-70B", "chip": "H100", "n_chips": "8", "phase": "mixed", "precision_weights": "FP8",
    "engine": "vLLM 0.11", "parallelism": "TP8", "batch_or_concurrency": "64", "input_len": "1024", "output_len": "1024",
    "decode_tok_s_per_chip": "250", "source_group": "somebody", "date": "2026-02",
}  # fmt: skip
TRAINING = {
    "id": "mine", "model": "Llama 3 8B", "chip": "H100 SXM", "n_chips": "64", "seq_len": "8192", "precision": "BF16",
    "global_batch_tokens": "1048576", "parallelism": "TP2", "tokens_per_s_per_gpu": "9800", "date": "2026-02",
}  # fmt: skip


def scored(kind: str = "inference", **cells: str):
    """The one row of a table that differs from a plain one in some cells."""
    report = accuracy(kind, [{**(SERVING if kind == "inference" else TRAINING), **cells}])
    assert len(report.rows) == 1, report.skipped
    return report.rows[0]


def refused(kind: str = "inference", **cells: str) -> str:
    report = accuracy(kind, [{**(SERVING if kind == "inference" else TRAINING), **cells}])
    assert not report.rows
    return report.skipped[0]["why"]


def width(row) -> float:
    return row.high / row.low


@pytest.mark.parametrize(
    ("name", "chip"),
    [
        ("NVIDIA H100 80GB HBM3", "h100-sxm5-80gb"),
        ("8x NVIDIA H100-SXM5-80GB", "h100-sxm5-80gb"),
        ("Instinct MI355X OAM", "mi355x"),
        ("Ascend 910C (CloudMatrix)", "ascend-910c"),
        ("TPU v6e", "tpu-v6e"),
        ("TPU v5 lite", "tpu-v5e"),
        ("TPU v7", "tpu7x-ironwood"),
        ("NVIDIA B200 180GB", "b200-sxm"),
        ("GB200 NVL72", "gb200-nvl72"),
        ("GB300", "gb300-nvl72"),
        ("AWS Trainium2", "trainium2"),
        ("Trainium3", "trainium3"),
        ("Intel Gaudi 3", "gaudi3-hl-325l"),
        ("NVIDIA L40S 48GB", "l40s"),
        ("RTX PRO 6000 Blackwell Server Edition", "rtx-pro-6000-blackwell-server"),
        ("Ascend 950", "ascend-950pr"),
        ("Atlas 800I A2 (910B)", "ascend-910b3"),
        ("NVIDIA GH200 Grace Hopper Superchip 144GB", "gh200-144gb"),
    ],
)
def test_chips_written_in_any_way(name: str, chip: str) -> None:
    assert resolve_chip(name).chip.id == chip
    assert scored(chip=name, model="Llama-3.1-8B", precision_weights="").chip == chip


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("Llama 3.3 70B Instruct FP8", "llama3-70b"),
        ("deepseek-ai/DeepSeek-V3.2-Exp", "deepseek-v3.2"),
        ("DeepSeek-V3/R1", "deepseek-v3"),
        ("nvidia/DeepSeek-R1-0528-FP4-v2", "deepseek-v3"),
        ("Qwen3-235B-A22B", "qwen3-235b-a22b"),
        ("gpt-oss-120b", "gpt-oss-120b"),
        ("unsloth/Meta-Llama-3.1-8B-bnb-4bit", "llama3-8b"),
        ("Llama-3-70B-Instruct-Gradient-1048k", "llama3-70b"),
        ("Qwen3-VL-235B", "qwen3-235b-a22b"),
        ("Qwen2.5-VL-72B-Instruct", "qwen2.5-72b"),
        ("R1-671B", "deepseek-v3"),
        ("GPT 175B", "gpt3-175b"),
        ("MegaScale-530B", "mt-nlg-530b"),
        ("13B dense", "standard-llama-13b"),
        ("a dense transformer of 1.3 billion parameters", "standard-llama-1.3b"),
        ("our 34B MoE (A7B)", "standard-mixture-34b-a7b"),
    ],
)
def test_models_written_in_any_way(name: str, model: str) -> None:
    found = resolve_model(name)
    assert found.shape.id == model
    assert found.guessed == model.startswith("standard")


@pytest.mark.parametrize("name", ["Foo-9000", "a very good model"])
def test_a_model_newer_than_the_catalogue_needs_a_size(name: str) -> None:
    assert "states no number of parameters" in refused(model=name)
    assert scored(model=name, params_total_B="40", params_active_B="4").figure == "serve_moe"
    assert scored(model=name, params_total_B="40B").figure == "serve_dense"


@pytest.mark.parametrize("name", ["Ring-9-1T", "Foo MoE 47B", "Foo-8x9B"])
def test_a_mixture_of_which_only_the_total_is_known_is_refused(name: str) -> None:
    assert "params_active_B" in refused(model=name)


@pytest.mark.parametrize(
    ("cells", "arithmetic"),
    [
        ({"precision_weights": "FP8 (E4M3)"}, "fp8"),
        ({"precision_weights": "w4a16"}, "bf16"),
        ({"precision_weights": "W8A16"}, "bf16"),
        ({"precision_weights": "w4a8"}, "fp8"),
        ({"precision_weights": "nvfp4", "chip": "B200"}, "fp4"),
        ({"precision_weights": "nvfp4"}, "bf16"),  # no 4-bit units: widened as they are read
        ({"precision_weights": "mxfp4", "model": "gpt-oss-120b", "chip": "B200"}, "fp8"),
        ({"precision_weights": "fp8", "chip": "A100"}, "bf16"),
        ({"precision_weights": "HiF8", "chip": "Ascend 950"}, "fp8"),
        ({"precision_weights": "8-bit", "chip": "Ascend 910C"}, "int8"),
    ],
)
def test_precisions_written_in_any_way(cells: dict[str, str], arithmetic: str) -> None:
    from leadtime.study.measured import read_serving_row

    assert read_serving_row({**SERVING, **cells}).formats.arithmetic == arithmetic
    scored(**cells)


@pytest.mark.parametrize(
    "layout",
    [
        "TP8 PP1 EP8",
        "tp8ep8",
        "TP=8, DP attention",
        "--tp 8 --dp 8 --enable-dp-attention",
        "DP8 EP8",
        "TP(8)",
        "wide EP",
        "",
    ],
)
def test_layouts_written_in_any_way(layout: str) -> None:
    row = scored(model="DeepSeek-R1", chip="H200", parallelism=layout, decode_tok_s_per_chip="150")
    assert (row.figure, row.model) == ("serve_moe", "deepseek-v3")


def test_copies_of_a_dense_model_are_workers() -> None:
    one = scored(parallelism="TP4 DP2")
    assert one.predicted == pytest.approx(scored(parallelism="2xTP4").predicted)
    assert "layout" not in one.guesses


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("ttft_ms", "1.2 s", 1200.0),
        ("step_time_s", "950 ms", 0.95),
        ("tokens_T", "15T", 15.0),
        ("tokens_T", "300B tokens", 0.3),
        ("params_total_B", "1.6T", 1600.0),
        ("gpu_hours", "2.79 million GPU hours", 2.79e6),
        ("wall_days", "36 hours", 1.5),
        ("decode_tok_s_per_chip", "1,234.5 tok/s", 1234.5),
        ("decode_tok_s_per_chip", "1 234", 1234.0),
        ("mfu_pct", "43 %", 43.0),
    ],
)
def test_units_that_a_cell_names(column: str, text: str, value: float) -> None:
    assert row_number({column: text}, column) == pytest.approx(value)


@pytest.mark.parametrize("text", ["12,5", "1.234,5", "0,45", "9000 tok/s per node", "3000 in total", "1e30"])
def test_a_cell_that_could_mean_something_else_is_refused(text: str) -> None:
    with pytest.raises(RowProblem, match="decode_tok_s_per_chip"):
        row_number({"decode_tok_s_per_chip": text}, "decode_tok_s_per_chip")


def test_a_share_of_the_peak_is_per_cent() -> None:
    assert "per cent" in refused("training", tokens_per_s_per_gpu="", mfu_pct="0.45")


def test_a_rate_beyond_the_peak_is_that_of_all_chips() -> None:
    assert "of all chips" in refused(decode_tok_s_per_chip="60000")
    assert "of all chips" in refused("training", tokens_per_s_per_gpu="630000")


def test_chips_are_counted_wherever_they_stand() -> None:
    assert row_count({"n_chips": "4 nodes x 8 GPUs"}, "n_chips") == 32
    assert chips_in_name("H100 x 16") == 16
    assert scored(chip="8x H100", n_chips="").guesses == scored().guesses


def test_a_chip_that_was_never_measured_has_a_wider_interval_and_says_why() -> None:
    known = scored(chip="H100")
    for chip, basis in (("H100 PCIe", "family"), ("Gaudi 3", "other"), ("Trainium2", "other"), ("Ascend 950", "other")):
        row = scored(chip=chip)
        assert row.basis == basis
        assert width(row) > width(known), chip
        assert any("of this chip" in why for why in row.widened_by)
    assert not any("of this chip" in why for why in known.widened_by)


def test_a_chip_measured_in_serving_alone_is_unmeasured_in_training() -> None:
    assert scored(chip="L40S", n_chips="4", model="Llama 3 8B", parallelism="TP4").basis == "measured"
    assert scored("training", chip="L40S", n_chips="8").basis != "measured"


def test_software_that_was_never_measured_widens() -> None:
    strange = scored(engine="a stack of our own")
    assert width(strange) > width(scored())
    assert any("software" in why for why in strange.widened_by)


def test_what_is_not_stated_is_searched_and_widens() -> None:
    stated = scored()
    for name, cells in (
        ("chips", {"n_chips": "", "parallelism": ""}),
        ("load", {"batch_or_concurrency": ""}),
        ("lengths", {"input_len": "", "output_len": ""}),
        ("weights", {"precision_weights": ""}),
        ("phase", {"phase": ""}),
    ):
        row = scored(**cells)
        assert name in row.guesses
        assert width(row) > width(stated)
        assert len(row.widened_by) > len(stated.widened_by)


POOLS = {
    "model": "DeepSeek-R1", "chip": "B200", "n_chips": "", "decode_tok_s_per_chip": "", "ttft_ms": "300", "tpot_ms": "12",
    "parallelism": "disagg: prefill x(TP4 EP4) + decode x(TP8 EP8)",
}  # fmt: skip


def test_an_unstated_number_of_workers_is_searched() -> None:
    row = scored(**POOLS)
    assert (row.quantity, row.measured) == ("tpot_ms", pytest.approx(12))
    assert "workers" in row.guesses
    one, eight = (
        scored(**{**POOLS, "parallelism": f"disagg: prefill 1x(TP4 EP4) + decode {n}x(TP8 EP8)"}) for n in (1, 8)
    )
    assert eight.predicted < row.predicted < one.predicted
    assert width(row) > width(one)
    few = scored(**{**POOLS, "batch_or_concurrency": "1"})
    assert width(few) < width(row), "one request is served by one worker"


def test_a_latency_alone_is_scored_over_plausible_loads() -> None:
    row = scored(decode_tok_s_per_chip="", tpot_ms="20", batch_or_concurrency="")
    assert row.quantity == "tpot_ms"
    stated = scored(decode_tok_s_per_chip="", tpot_ms="20")
    assert stated.quantity == "tpot_ms"
    assert width(row) > width(stated)


def test_the_first_token_of_one_request_is_a_prefill_rate() -> None:
    row = scored(decode_tok_s_per_chip="", ttft_ms="50", batch_or_concurrency="1")
    assert (row.quantity, row.figure) == ("prefill_tok_s_per_chip", "ttft")


def test_equal_round_figures_of_two_layouts_are_two_measurements() -> None:
    plain = {**TRAINING, "tokens_per_s_per_gpu": "", "mfu_pct": "43"}
    report = accuracy("training", [plain, {**plain, "id": "b", "parallelism": "TP4"}, {**plain, "id": "c"}])
    assert [row["id"] for row in report.skipped] == ["c"]


def test_no_row_that_can_be_scored_is_no_crash() -> None:
    for kind, cells in (("inference", SERVING), ("training", TRAINING)):
        report = accuracy(kind, [{**cells, "chip": "Kunlun P800"}, {**cells, "chip": "Imaginary X9"}])
        assert (len(report.rows), len(report.skipped)) == (0, 2)
        assert report.to_dict()["median_abs_pct_error"] is None


def text_of(rows: list[dict[str, str]], *, end: str = "\n", columns: list[str] | None = None) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns or list(rows[0]), lineterminator=end)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def written(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / "theirs.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_the_dress_of_a_file_does_not_matter(tmp_path: Path) -> None:
    rows = [SERVING, {**SERVING, "id": "b", "decode_tok_s_per_chip": "1,012.5", "batch_or_concurrency": "512"}]
    plain = accuracy("inference", rows).rows
    shuffled = list(reversed([*SERVING, "my remarks", "Colour"]))
    dressed = [{**row, "my remarks": "a, b", "Colour": ""} for row in rows]
    for text, encoding in (
        (text_of(dressed, columns=shuffled), "utf-8"),
        (text_of(rows, end="\r\n"), "utf-8-sig"),
        (
            text_of(rows).replace("decode_tok_s_per_chip", "Decode tok/s per chip").replace("n_chips", "N-Chips"),
            "utf-8",
        ),
    ):
        report = accuracy_of_file("inference", written(tmp_path, text, encoding=encoding))
        assert report.rows == plain, text[:80]


@pytest.mark.parametrize("kind", ["inference", "training"])
def test_optional_columns_may_be_absent(kind: str, tmp_path: Path) -> None:
    value = "decode_tok_s_per_chip" if kind == "inference" else "tokens_per_s_per_gpu"
    path = written(tmp_path, f"model,chip,{value}\nLlama 3 8B,H100,9000\nLlama 3 70B,MI300X,\n")
    report = accuracy_of_file(kind, path)
    assert [row.id for row in report.rows] == ["row 1"]
    assert [row["id"] for row in report.skipped] == ["row 2"]


@pytest.mark.parametrize(("sign", "word"), [(";", "semicolons"), ("\t", "tabs"), ("|", "bars")])
def test_another_separator_is_named(sign: str, word: str, tmp_path: Path) -> None:
    path = written(tmp_path, text_of([SERVING]).replace(",", sign))
    with pytest.raises(BadFileError, match=word):
        accuracy_of_file("inference", path)


def test_two_columns_of_one_meaning_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "model,chip,n_chips,N chips,decode_tok_s_per_chip\na,b,8,8,9\n")
    with pytest.raises(BadFileError, match="n_chips"):
        accuracy_of_file("inference", path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["inference", "training"])
def test_five_thousand_rows_take_seconds(kind: str, tmp_path: Path) -> None:
    table = [dict(row) for row in catalog.table(f"measured_{kind}")]
    many = [{**table[i % len(table)], "id": f"r{i}", "n_chips": str(8 + i)} for i in range(5000)]
    path = written(tmp_path, text_of(many))
    start = time.process_time()
    report = accuracy_of_file(kind, path)
    assert time.process_time() - start < 600
    assert report.n_rows == len(report.rows) + len(report.skipped) == 5000


def test_few_packaged_rows_are_skipped() -> None:
    for kind in ("training", "inference"):
        report = accuracy(kind)
        assert len(report.skipped) < 0.03 * report.n_rows
    searched = report.sets["searched"]
    assert {row.id for row in searched}.isdisjoint(row.id for row in report.sets["fitted"])
    assert all("workers" in row.guesses and row.quantity == "tpot_ms" for row in searched)


ODD = (
    "", "0", "-1", "nan", "1e400", "1e-300", "1e30", "12,5", "½", "abc", "9" * 400, "TP0", "EP7", "TP3", "PP999", "0P0D", "1P1D",
    "disagg: prefill x() + decode x()", "disagg: prefill 0x(TP8) + decode 0x(TP8)", "4x8", "per node", "int1", "w8a16", "mxfp4", "H20",
    "WSE-3", "T4", "TPU v2", "A100/H100", "(", "0B", "1T", "1000000B-A1B", "8x7B", "A3B", "DeepSeek-R1", "gpt-oss-120b", "prefill", "decode",
    "server", "MTP 99", "acceptance 100%", "100 % of input tokens are hits", "limit 99th TTFT <= 0 ms TPOT <= 0 ms", "VP0 MBS0 GBS0",
    "lora", "batch 0", "0 per GPU", "1e9 users", "infinite", "0 tokens per NPU",
)  # fmt: skip
TABLES = {kind: [dict(row) for row in catalog.table(f"measured_{kind}")] for kind in ("training", "inference")}


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_cell_breaks_a_score(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(TABLES)))
    rows = []
    for number in range(8):
        row = {**data.draw(st.sampled_from(TABLES[kind])), "id": f"r{number}"}
        for column in data.draw(st.lists(st.sampled_from(sorted(row)[1:]), max_size=5)):
            row[column] = data.draw(st.sampled_from(ODD))
        rows.append(row)
    report = accuracy(kind, rows)
    assert len(report.rows) + len(report.skipped) == len(rows)
    for row in report.rows:
        assert 0 < row.low <= row.predicted <= row.high < float("inf")
        assert 0 < row.measured < float("inf")
    assert all(problem["why"] for problem in report.skipped)
