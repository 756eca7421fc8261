"""`leadtime simulate`: the contract, its golden part, and what goes wrong."""

import json
from pathlib import Path

import jsonschema
import pytest

from tests.interfaces._contract import answer, check, run, schema

pytestmark = pytest.mark.slow


def test_the_answer_has_the_published_form_and_the_golden_part() -> None:
    document = check("simulate", "baseline", "simulate", "--draws", "300", "--seed", "1")
    data = document["data"]
    assert document["meta"]["seed"] == 1
    assert document["meta"]["as_of"]
    assert document["meta"]["sources"]
    for cell in data["headline"].values():
        assert cell["low"] <= cell["value"] <= cell["high"]
    assert set(data["variants"]) == {"s0", "s1", "s2"}


def test_without_controls_nothing_is_lost() -> None:
    check(
        "simulate",
        "no_controls",
        "simulate",
        "no_controls",
        "--draws",
        "200",
        "--output",
        "bite_training_frac",
        "--output",
        "lead_bought_months_s0",
    )


def test_a_window_cuts_series_and_headline() -> None:
    data = check(
        "simulate",
        "window",
        "simulate",
        "--draws",
        "200",
        "--from",
        "2025Q1",
        "--to",
        "2027-06-30",
        "--output",
        "prc_used_h100e",
        "--output",
        "prc_leaked_h100e",
    )["data"]
    assert data["series"]["prc_used_h100e"]["time"][-1] == "2027-07-01"
    assert data["series"]["prc_leaked_h100e"]["time"][-1] == "2027Q2"


@pytest.mark.parametrize(
    ("case", "arguments"),
    [
        ("unknown", ["no_control"]),
        ("quarter", ["--from", "2035Q1"]),
        ("draws", ["--draws", "0"]),
        ("engine", ["--engine", "spark"]),
        ("output", ["--output", "lead_true_month"]),
    ],
)
@pytest.mark.slow  # tests/study holds the same faults, without starting a process for each
def test_bad_input_exits_2_with_a_sentence(case: str, arguments: list[str]) -> None:
    document = check("simulate", case, "simulate", *arguments, status=2)
    assert document["error"]["message"].endswith(".")


def test_an_unknown_scenario_exits_2_with_the_nearest() -> None:
    assert answer("simulate", "no_control", status=2)["error"]["hint"] == "Did you mean no_controls?"


def test_a_run_is_kept_in_a_folder_and_another_is_refused_there(tmp_path: Path) -> None:
    first = answer("simulate", "--draws", "100", "--out", str(tmp_path / "run"))
    again = answer("simulate", "--draws", "100", "--out", str(tmp_path / "run"))
    assert first == again
    error = answer("simulate", "--draws", "100", "--seed", "2", "--out", str(tmp_path / "run"), status=2)["error"]
    assert error["code"] == "conflict"
    assert "seed is 1 there and 2 here" in error["message"]


def test_a_scenario_file_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\ntitle: Mine\nlevers: {offshore_cloud: {2027-01-01: 0.5}}\n")
    data = answer("simulate", str(path), "--draws", "100", "--output", "prc_rented_h100e")["data"]
    assert data["scenario"] == "mine"
    jsonschema.validate(data, schema("simulate"))


def test_people_get_a_table_a_sentence_and_the_level_of_the_interval_and_no_progress_in_a_pipe() -> None:
    done = run("simulate", "--draws", "100")
    assert done.returncode == 0
    assert done.stderr == ""
    for words in ("start of 2027", "true lead, months", "rented abroad", "80 %", "months ahead", "no spillover"):
        assert words in done.stdout, words


def test_a_run_of_a_few_quarters_still_shows_something() -> None:
    done = run("simulate", "--draws", "100", "--from", "2022Q1", "--to", "2022Q4", "--output", "us_used_h100e")
    assert done.returncode == 0
    assert "us_used_h100e" in done.stdout
    assert "2023-01-01" in done.stdout


def test_json_is_one_line_of_finite_numbers() -> None:
    done = run("simulate", "--draws", "50", "--json")
    json.loads(done.stdout, parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
