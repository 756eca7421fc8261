"""`leadtime models`: contract, golden answers, bad input."""

import json
from pathlib import Path

import pytest

from ._contract import answer, check, run, schema

pytestmark = pytest.mark.slow

TINY = {
    "model_type": "llama",
    "num_hidden_layers": 2,
    "hidden_size": 64,
    "intermediate_size": 256,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 100,
}


@pytest.mark.parametrize(
    ("case", "arguments"),
    [
        ("deepseek-v3", ("deepseek-ai/DeepSeek-R1",)),
        ("llama-70b", ("meta-llama/Llama-3.1-70B-Instruct",)),
        ("gpt-oss-short", ("gpt-oss-120b", "--context", "64")),
        ("gpt-oss-long", ("gpt-oss-120b", "--context", "32768")),
        ("qwen3-next", ("Qwen3-Next-80B-A3B-Instruct",)),
    ],
)
def test_show(case: str, arguments: tuple[str, ...]) -> None:
    check("models-show", case, "models", "show", *arguments)


def test_show_a_file(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(TINY))
    data = answer("models", "show", str(path))["data"]
    # 2 x (2 x 64² + 2 x 64 x 32 + 3 x 64 x 256 + 2 x 64) + 2 x 100 x 64 + 64
    assert data["params_total"] == 2 * (2 * 64 * 64 + 2 * 64 * 32 + 3 * 64 * 256 + 128) + 2 * 6400 + 64
    assert data["kv_cache_byte_per_token"] == 2 * 2 * 2 * 16 * 2
    assert data["matched_from"] == str(path)
    assert data["sources"] == []


def test_list() -> None:
    check("models-list", "mla", "models", "list", "--attention", "MLA", "--sort", "params")
    everything = answer("models", "list")["data"]
    assert everything["n_models"] == len(everything["models"]) >= 171
    chinese = answer(
        "models", "list", "--country", "cn", "--moe", "--open", "--min-params", "500", "--sort", "date", "--reverse"
    )["data"]["models"]
    assert chinese
    assert all(row["country"] == "CN" and row["mixture_of_experts"] and row["params_total"] >= 5e11 for row in chinese)
    dates = [row["release_date"] for row in chinese if row["release_date"]]
    assert dates == sorted(dates, reverse=True)
    assert answer("models", "list", "no such model")["data"] == {"n_models": 0, "models": []}


def test_every_row_of_the_list_is_in_the_schema() -> None:
    import jsonschema

    jsonschema.validate(answer("models", "list")["data"], schema("models-list"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "no-such-model-7z"),
        ("show", ""),
        ("show", "missing/config.json"),
        ("show", "llama3-8b", "--context", "0"),
        ("show", "llama3-8b", "--context", "-5"),
        ("show", "llama3-8b", "--context", "many"),
        ("show", "llama3-8b", "--context", "1e30"),
        ("show",),
        ("list", "--sort", "colour"),
        ("list", "--min-params", "big"),
        ("shew", "llama3-8b"),
    ],
)
def test_wrong_input_is_one_sentence_and_exit_2(arguments: tuple[str, ...]) -> None:
    document = answer("models", *arguments, status=2)
    assert document["error"]["message"]
    assert "Traceback" not in json.dumps(document)


def test_a_misspelt_name_suggests_the_nearest() -> None:
    check("models-show", "unknown", "models", "show", "lama3.1-405b", status=2)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"num_key_value_heads": 3}, "num_key_value_heads"),
        ({"model_type": "t5"}, "model_type"),
        ({"hidden_size": -1}, "hidden_size"),
    ],
)
def test_a_contradictory_file_is_refused(tmp_path: Path, change: dict[str, object], named: str) -> None:
    path = tmp_path / "own.json"
    path.write_text(json.dumps({**TINY, **change}))
    assert named in answer("models", "show", str(path), status=2)["error"]["message"]


def test_the_tables_are_readable() -> None:
    shown = run("models", "show", "deepseek-v3")
    assert shown.returncode == 0
    for text in ("671.0 B", "8 of 256", "70.3 kB", "MLA", "Sources:"):
        assert text in shown.stdout
    listed = run("models", "list", "llama3", "--sort", "params", "--reverse")
    assert listed.returncode == 0
    assert listed.stdout.index("llama3.1-405b") < listed.stdout.index("llama3-8b")
    assert max(map(len, listed.stdout.splitlines())) <= 120
    assert run("models", "--help").returncode == 0
