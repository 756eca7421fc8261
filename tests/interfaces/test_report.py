"""`leadtime report`: the main job from an empty folder, again over its own results, and where it cannot write."""

import json
from pathlib import Path

import pytest

from tests.interfaces._contract import answer, run

pytestmark = pytest.mark.slow


def test_the_main_job_twice_gives_the_same_numbers(tmp_path: Path) -> None:
    first = answer("report", "--draws", "300", "--out", "out", cwd=tmp_path)["data"]
    assert (tmp_path / "out" / "report.html").is_file()
    again = answer("report", "--draws", "300", "--out", "out", cwd=tmp_path)["data"]
    assert json.dumps(first) == json.dumps(again)


def test_other_settings_replace_the_results_of_an_earlier_report(tmp_path: Path) -> None:
    answer("report", "--draws", "300", "--out", "out", cwd=tmp_path)
    changed = answer("report", "--draws", "310", "--out", "out", cwd=tmp_path)
    assert changed["ok"]


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_computed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    error = answer("report", "--draws", "300", "--out", str(tmp_path / "file"), status=2)["error"]
    assert error["code"] == "output"


def test_draws_out_of_range_are_refused_with_the_range() -> None:
    error = answer("report", "--draws", "5", status=2)["error"]
    assert "100 to 200,000" in error["hint"]


def test_people_get_a_table_and_the_path_of_the_page(tmp_path: Path) -> None:
    done = run("report", "--draws", "300", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0
    assert "Page: out/report.html" in done.stdout
    assert "start of 2027" in done.stdout
