"""`leadtime scenarios`: list, show, check, new."""

from pathlib import Path

import pytest

from tests.interfaces._contract import answer, check, run


def test_the_list_has_at_least_the_promised_scenarios() -> None:
    document = check("scenarios-list", "packaged", "scenarios", "list")
    assert len(document["data"]) >= 18
    assert answer("scenarios") == document


@pytest.mark.parametrize("name", ["baseline", "strict_enforcement", "h20_banned+cloud_closed"])
def test_showing_one_gives_all_that_it_takes_over(name: str) -> None:
    check("scenarios-show", name.replace("+", "_and_"), "scenarios", "show", name)


def test_an_unknown_one_suggests_the_nearest() -> None:
    check("scenarios-show", "unknown", "scenarios", "show", "h20_ban", status=2)


def test_a_new_one_is_sound_and_never_overwrites(tmp_path: Path) -> None:
    check("scenarios-new", "mine", "scenarios", "new", "mine", cwd=tmp_path)
    document = check("scenarios-check", "mine", "scenarios", "check", "mine.yaml", cwd=tmp_path)
    assert document["data"]["scenario"]["lineage"] == ["baseline", "mine"]
    assert answer("scenarios", "new", "mine", status=2, cwd=tmp_path)["error"]["code"] == "output"


@pytest.mark.parametrize(
    ("case", "content"),
    [
        ("lever", "name: x\ntitle: X\nlevers: {offshore_clod: 0.5}\n"),
        ("range", "name: x\ntitle: X\nlevers: {offshore_cloud: {2027-01-01: 1.5}}\n"),
        ("prior", "name: x\ntitle: X\nparameters: {leak_scale: [0.06, 0.004]}\n"),
        ("shares", "name: x\ntitle: X\nvariants: {a: {weight: 0.5, title: A}, b: {weight: 0.4, title: B}}\n"),
        ("circle", "name: x\ntitle: X\nbase: x.yaml\n"),
        (
            "amendment",
            "name: x\ntitle: X\namendments:\n  - {id: a, changes: [{end: {rule: hbm-2025, on: 2026-01-01}}]}\n",
        ),
    ],
)
@pytest.mark.slow  # tests/study holds the same faults, without starting a process for each
def test_checking_a_faulty_file_says_what_and_where(tmp_path: Path, case: str, content: str) -> None:
    (tmp_path / "x.yaml").write_text(content)
    check("scenarios-check", f"bad_{case}", "scenarios", "check", "x.yaml", status=2, cwd=tmp_path)


def test_levers_and_parameters_are_listed_with_their_ranges() -> None:
    check("scenarios-levers", "all", "scenarios", "levers")
    found = check("scenarios-parameters", "some", "scenarios", "parameters")["data"]
    for row in found:
        assert row["valid_low"] <= row["low"] <= row["high"] <= row["valid_high"], row["name"]
    for words in ("offshore_cloud", "sales_caps.h200.chips_per_year"):
        assert words in run("scenarios", "levers").stdout


def test_people_get_tables() -> None:
    done = run("scenarios", "show", "h200_capped")
    assert done.returncode == 0
    assert "Stands on: baseline" in done.stdout
    assert "pass_case_by_case" in done.stdout
    assert "cloud_closed" in run("scenarios").stdout
