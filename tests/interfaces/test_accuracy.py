"""`leadtime accuracy`: contract, a file of one's own, bad files, and the three errors that never stand alone."""

from pathlib import Path

import jsonschema
import pytest

from tests.interfaces._contract import answer, check, run, schema

TRAINING = """id,model,chip,n_chips,seq_len,global_batch_tokens,precision,parallelism,step_time_s,tokens_per_s_per_gpu,gpu_hours,tokens_T,mfu_pct,date
rate,Llama 3 8B,H100 SXM,64,8192,1048576,BF16,TP2 FSDP,,9800,,,,2025-03
step,"Nova-7B (dense, not in any catalogue)",A100-SXM4-80GB,16,4096,524288,bf16,,11.5,,,,,2023-09
hours,Mistral 7B,H100,,4096,,bf16,,,,180000,8,,2024-02
share,Qwen2.5 32B,H800,256,4096,4194304,BF16,tp=4 pp=2,,,,,43,2025-01
broken,Llama 3 8B,H100 SXM,64,8192,1048576,BF16,TP2,,NaN,,,,2025-03
nowhere,Llama 3 8B,Imaginary X9,64,8192,1048576,BF16,TP2,,9800,,,,2025-03
silent,Llama 3 8B,H100 SXM,64,8192,1048576,BF16,TP2,,,,,,2025-03
"""


def written(folder: Path, text: str, name: str = "mine.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_file_of_ones_own_is_scored_row_by_row(tmp_path: Path) -> None:
    document = check("accuracy", "against", "accuracy", "training", "--against", written(tmp_path, TRAINING))
    data = document["data"]
    assert data["n_rows"] == 7
    assert {row["id"]: row["quantity"] for row in data["rows"]} == {
        "rate": "tokens_per_s_per_gpu",
        "step": "step_time_s",
        "hours": "gpu_hours",
        "share": "mfu_pct",
    }
    assert {row["id"] for row in data["skipped"]} == {"broken", "nowhere", "silent"}
    assert "fitted" not in data, "rows of a user's own are not rows that a fit rests on"
    for row in data["rows"]:
        assert row["low"] < row["predicted"] < row["high"]
        assert row["inside"] == (row["low"] <= row["measured"] <= row["high"])


@pytest.mark.parametrize(
    ("case", "text"),
    [
        ("wrong_kind", "id,model,chip,phase,decode_tok_s_per_chip\na,Llama 3 8B,H100,decode,2000\n"),
        ("missing_column", "id,model,tokens_per_s_per_gpu\na,Llama 3 8B,2000\n"),
        ("no_value", "id,model,chip\na,Llama 3 8B,H100\n"),
        ("no_rows", "id,model,chip,tokens_per_s_per_gpu\n"),
        ("semicolons", "id;model;chip;tokens_per_s_per_gpu\na;Llama 3 8B;H100;9800,5\n"),
    ],
)
def test_a_file_that_cannot_be_scored_says_why(tmp_path: Path, case: str, text: str) -> None:
    check("accuracy", case, "accuracy", "training", "--against", written(tmp_path, text), status=2)


def test_an_unknown_kind_is_refused() -> None:
    document = answer("accuracy", "pretraining", status=2)
    assert "training or inference" in document["error"]["hint"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["training", "inference"])
def test_the_three_errors_stand_side_by_side(kind: str) -> None:
    data = answer("accuracy", kind)["data"]
    jsonschema.validate(data, schema("accuracy"))
    assert data["fitted"]["n"] == data["leave_one_source_out"]["n"] > 500
    assert data["held_out"]["n"] > 20
    assert data["leave_one_source_out"]["median_abs_pct_error"] > data["fitted"]["median_abs_pct_error"]
    assert data["n_scored"] + len(data["skipped"]) == data["n_rows"]
    assert not set(data["held_out"]["by_source"]) & set(data["fitted"]["by_source"])
    assert len(data["skipped"]) < 0.03 * data["n_rows"]
    if kind == "inference":
        assert data["searched"]["n"] > 100
    # what is fitted, held out and searched is all that is scored
    assert data["n_scored"] == sum(data[name]["n"] for name in ("fitted", "held_out", "searched") if name in data)


@pytest.mark.slow
def test_the_table_for_people_shows_all_three() -> None:
    done = run("accuracy", "training")
    assert done.returncode == 0
    for word in ("fitted", "left", "never", "skipped", "Sources with the largest error"):
        assert word in done.stdout
