"""`leadtime train`, `infer` and `estimate`: contracts, golden answers, bad input."""

import csv
from pathlib import Path

import pytest

from tests.interfaces._contract import answer, check, run

pytestmark = pytest.mark.slow

ON = ("--on", "2025-06-01")
TRAIN = ("train", "llama3-8b", "--chip", "h100", "--n-chips", "64", "--tokens", "1e12", *ON)
INFER = ("infer", "llama3-8b", "--chip", "h20", "--input-len", "1024", "--output-len", "512", *ON)


def test_a_training_run() -> None:
    document = check("train", "success", *TRAIN)
    assert document["meta"]["as_of"] == "2025-06-01"
    assert document["meta"]["sources"]


def test_an_unstated_batch_suits_the_run() -> None:
    """By the law of DeepSeek LLM, in whole sequences on every chip, never more than the run has; a stated batch needs no source."""

    def asked(*words: str) -> tuple[float, bool]:
        document = answer("train", *words, *ON)
        return document["data"]["batch_tokens"], "arxiv-2401-02954" in document["meta"]["sources"]

    whole = 2048 * 4096
    large, cited = asked("deepseek-v3", "--chip", "h800", "--n-chips", "2048", "--tokens", "14.8e12")
    law = 0.2920 * (6 * 37e9 * 14.8e12) ** 0.3271
    assert abs(large - law) < 0.75 * whole
    assert large % whole == 0
    assert cited
    small, _ = asked("llama3-8b", "--chip", "h100", "--n-chips", "8", "--tokens", "1e6")
    assert small <= 1e6
    assert asked("llama3-8b", "--chip", "h100", "--n-chips", "8", "--tokens", "1e12", "--batch-tokens", "4194304") == (
        4194304,
        False,
    )


@pytest.mark.parametrize(
    ("words", "known"),
    [
        ((*TRAIN, "--framework", "abacus"), "maxtext"),
        ((*TRAIN, "--framework", "megatron"), "megatron-2021"),
        ((*INFER, "--engine", "abacus"), "sglang"),
        ((*INFER, "--engine", "vLLM"), "vllm"),
    ],
)
def test_unknown_software_is_refused_not_taken_for_any_other(words: tuple[str, ...], known: str) -> None:
    error = answer(*words, status=2)["error"]
    assert error["code"] == "unknown_name"
    assert known in error["hint"]


def test_a_run_that_does_not_fit_prints_no_number() -> None:
    document = check(
        "train", "infeasible", "train", "llama3.1-405b", "--chip", "h100", "--n-chips", "8", "--tokens", "1e12", *ON
    )
    assert document["data"]["intervals"] == {}
    assert document["data"]["cost_usd"] == {"rental": None, "ownership": None}


def test_serving() -> None:
    check("infer", "success", *INFER)


def test_serving_that_does_not_fit() -> None:
    document = check(
        "infer", "infeasible", "infer", "llama3-70b", "--chip", "h100", "--n-chips", "1", "--precision", "bf16", "--input-len", "1024",
        "--output-len", "1024", *ON,
    )  # fmt: skip
    assert document["data"]["bound"] == "capacity"


def test_chips_for_users() -> None:
    document = check(
        "infer", "users", *INFER, "--best", "--tpot-ms", "50", "--users", "1e6", "--tokens-per-user-day", "2000"
    )
    demand = document["data"]["demand"]
    assert demand["n_chips"] % document["data"]["n_chips"] == 0
    assert demand["intervals"]["n_chips"]["low"] < demand["n_chips"] < demand["intervals"]["n_chips"]["high"]


@pytest.mark.parametrize("phase", ["prefill", "decode"])
def test_one_phase(phase: str) -> None:
    data = answer(*INFER, "--phase", phase)["data"]
    assert (data["decode_tok_s_per_chip"] is None) == (phase == "prefill")
    assert (data["prefill_tok_s_per_chip"] is None) == (phase == "decode")


def test_two_pools() -> None:
    data = answer(
        "infer",
        "deepseek-v3",
        "--chip",
        "h800",
        "--input-len",
        "4096",
        "--output-len",
        "1024",
        "--disaggregated",
        "--tpot-ms",
        "50",
        *ON,
    )["data"]
    assert 0 < data["prefill_share_frac"] < 1
    assert "prefill:" in data["parallelism"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((*TRAIN, "--parallelism", "tp=8,pp=16"), "needs 128 chips"),
        ((*TRAIN, "--parallelism", "tp=3"), "does not divide"),
        ((*TRAIN, "--parallelism", "tpp=3"), "Did you mean"),
        ((*TRAIN, "--parallelism", "tp=8,tp=4"), "twice"),
        ((*TRAIN, "--parallelism", "tp=-1"), "whole number"),
        ((*TRAIN, "--parallelism", "tp=64"), "attention heads"),
        ((*TRAIN, "--precision", "fp7"), "fp7"),
        (("train", "llama3-8b", "--chip", "h100", "--n-chips", "64", "--tokens", "0"), "tokens"),
        (("train", "llama3-8b", "--chip", "h100", "--n-chips", "64", "--tokens", "1e5"), "A batch of 262,144 tokens"),
        (("train", "llama3-8b", "--chip", "h100", "--n-chips", "-4", "--tokens", "1e12"), "n_chips"),
        (("train", "llama3-8b", "--chip", "h100", "--n-chips", "64", "--tokens", "nan"), "not a number"),
        (("train", "lama3-8b", "--chip", "h100", "--n-chips", "64", "--tokens", "1e12"), "Did you mean"),
        (("train", "llama3-8b", "--chip", "h1000", "--n-chips", "64", "--tokens", "1e12"), "Did you mean"),
        ((*INFER, "--batch", "4", "--tpot-ms", "20"), "latency limit"),
        ((*INFER, "--users", "10"), "tokens per user"),
        ((*INFER, "--phase", "both"), "phase"),
        ((*INFER, "--acceptance", "0.8"), "proposed tokens"),
        ((*INFER, "--cache-hit", "2"), "cache_hit_frac"),
        ((*INFER[:-2], "--on", "2025-13-01"), "not a date"),
        (("infer", "llama3-8b", "--chip", "h20", "--input-len", "10000000000", "--output-len", "1"), "valid from"),
    ],
)
def test_bad_input_is_one_sentence(arguments: tuple[str, ...], words: str) -> None:
    error = answer(*arguments, status=2)["error"]
    assert words in f"{error['message']} {error['hint']}"
    assert "\n" not in error["message"]


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


ROW = {
    "id": "a",
    "task": "train",
    "model": "llama3-8b",
    "chip": "h100",
    "n_chips": "64",
    "tokens": "1e12",
    "input_len": "",
    "output_len": "",
    "on": "2025-06-01",
}


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_a_file_gives_the_same_numbers_as_the_single_questions(tmp_path: Path) -> None:
    serving = {
        **ROW,
        "id": "b",
        "task": "infer",
        "chip": "h20",
        "n_chips": "",
        "tokens": "",
        "input_len": "1024",
        "output_len": "512",
    }
    write(tmp_path / "in.csv", [ROW, serving])
    summary = answer("estimate", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"))["data"]
    assert (summary["n_done"], summary["failed"]) == (2, [])
    trained, served = read(tmp_path / "out.csv")
    single = answer(*TRAIN)["data"]
    assert float(trained["gpu_hours"]) == pytest.approx(single["gpu_hours"], rel=1e-9)
    assert float(trained["rental_usd"]) == pytest.approx(single["cost_usd"]["rental"], rel=1e-9)
    single = answer(*INFER)["data"]
    assert float(served["decode_tok_s_per_chip"]) == pytest.approx(single["decode_tok_s_per_chip"], rel=1e-9)
    assert served["parallelism_used"] == single["parallelism"]


def test_a_row_that_fails_does_not_stop_the_others(tmp_path: Path) -> None:
    rows = [
        ROW,
        {**ROW, "tokens": "nan"},
        {**ROW, "chip": "h1oo"},
        {**ROW, "task": "rain"},
        {**ROW, "input_len": "5"},
        {**ROW, "n_chips": "8", "model": "llama3.1-405b"},
    ]
    write(tmp_path / "in.csv", rows)
    summary = check("estimate", "partial", "estimate", "in.csv", "-o", "out.csv", status=3, cwd=tmp_path)["data"]
    assert [failure["row"] for failure in summary["failed"]] == [3, 4, 5, 6]
    written = read(tmp_path / "out.csv")
    assert len(written) == 6
    assert written[1]["error"]
    assert written[5]["feasible"] == "False"
    assert written[5]["gpu_hours"] == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "header"),
        ("task,model\n", "no rows"),
        ("task,modle\ntrain,x\n", "Did you mean model"),
        ('task,model\n"train,x\n', "CSV"),
        ("a,a\n1,2\n", "twice"),
    ],
)
def test_a_broken_file_is_refused_and_nothing_is_written(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "in.csv").write_text(text)
    error = answer("estimate", str(tmp_path / "in.csv"), "-o", str(tmp_path / "out.csv"), status=2)["error"]
    assert words in f"{error['message']} {error['hint']}"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]


def test_an_output_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    write(tmp_path / "in.csv", [ROW])
    error = answer("estimate", str(tmp_path / "in.csv"), "-o", str(tmp_path / "none" / "out.csv"), status=2)["error"]
    assert error["code"] == "output"


def test_people_see_ranges_and_assumptions() -> None:
    shown = run(*TRAIN).stdout
    assert "80 % range" in shown
    assert "Assumed:" in shown
    assert "Efficiencies rest on" in shown


def test_a_chip_without_a_network_says_so_beyond_one_host(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(
        "kind: chip\nname: X\nbf16_dense_tflops: 500\nmemory_gb: 64\nmemory_bandwidth_gb_s: 2000\ninterconnect_gb_s: 300\n"
    )
    asked = ("train", "llama3-8b", "--chip", "x.yaml", "--tokens", "1e12", *ON)
    assert answer(*asked, "--n-chips", "8", cwd=tmp_path)["data"]["feasible"]
    data = answer(*asked, "--n-chips", "64", cwd=tmp_path)["data"]
    assert "network_gb_s" in data["infeasible_reason"]


@pytest.mark.parametrize("layout", ["auto", "tp=2"])
def test_requests_in_flight_count_over_all_chips(layout: str) -> None:
    asked = (
        "infer",
        "llama3-70b",
        "--chip",
        "h200",
        "--input-len",
        "3000",
        "--output-len",
        "700",
        "--n-chips",
        "8",
        *ON,
    )
    data = answer(*asked, "--batch", "64", "--parallelism", layout)["data"]
    assert data["batch"] == 64
    assert data["max_batch"] >= 64
