"""`leadtime compare`: the contract, its golden part, and what goes wrong."""

from pathlib import Path

import pytest

from tests.interfaces._contract import answer, check, run


def test_the_answer_has_the_published_form_and_the_golden_part() -> None:
    data = check("compare", "no_controls", "compare", "baseline", "no_controls", "--draws", "300", "--seed", "1")[
        "data"
    ]
    cell = data["differences"]["no_controls"]["prc_used_h100e_2030"]
    assert cell["low"] > 0
    assert cell["probability_above"] > 0.98
    months = [one["differences"]["no_controls"]["lead_true_months_2030"]["value"] for one in data["variants"].values()]
    assert months[0] < months[1]


def test_a_scenario_against_itself_is_zero_throughout() -> None:
    check("compare", "itself", "compare", "baseline", "baseline", "--draws", "100")


@pytest.mark.parametrize(
    ("case", "arguments"),
    [
        ("one", ["baseline"]),
        ("unknown", ["baseline", "cloud_close"]),
        ("conflict", ["baseline", "beijing_open+beijing_refuses"]),
    ],
)
@pytest.mark.slow  # tests/study holds the same faults, without starting a process for each
def test_bad_input_exits_2_with_a_sentence(case: str, arguments: list[str]) -> None:
    check("compare", case, "compare", *arguments, status=2)


def test_the_comparison_is_kept_in_a_folder(tmp_path: Path) -> None:
    arguments = ["compare", "baseline", "h20_banned", "--draws", "100", "--out", str(tmp_path / "both")]
    assert answer(*arguments) == answer(*arguments)
    assert (tmp_path / "both" / "h20_banned" / "fan.parquet").exists()


def test_people_get_a_table_and_the_probability_of_the_sign() -> None:
    done = run("compare", "baseline", "no_controls", "--draws", "100")
    assert done.returncode == 0
    for words in ("no_controls less baseline", "shorter in", "By assumption on spillover", "80 %"):
        assert words in done.stdout, words
