"""The benchmarks list themselves, render, divide rightly, and say what is missing instead of failing."""

import json
import subprocess
import sys
from pathlib import Path

import benchmarks.__main__ as program
import numpy as np
import pytest
from benchmarks._limits import array_limit_s, counted
from benchmarks._lines import Line, line_json, ratio, render
from benchmarks.rivals import RIVALS, interpreter, measure, measure_all, setup_command
from benchmarks.rivals.__main__ import main as rivals_main
from benchmarks.rivals._cases import case_rate, serving_cases, training_cases
from benchmarks.rivals._ours import errors_pct, fitted
from benchmarks.rivals._versus import Versus, compare, median_abs

ROOT = Path(program.__file__).parents[1]


def line(ours, reference):
    return Line(benchmark="b", what="w", unit="u", ours=ours, against="a", reference=reference)


@pytest.mark.parametrize(
    ("ours", "reference", "expected"),
    [
        (6.0, 3.0, 2.0),
        (1.0, 4.0, 0.25),
        (None, 4.0, None),
        (1.0, None, None),
        (1.0, 0.0, None),
        (float("nan"), 1.0, None),
    ],
)
def test_ratio(ours, reference, expected):
    assert ratio(ours, reference) == expected
    assert line(ours, reference).ratio == expected


def test_table_has_a_row_per_line_with_its_ratio():
    text = render([line(1_500_000.0, 500_000.0), line(0.5, None)]).splitlines()
    assert len(text) == 4
    assert text[2].split() == ["b", "w", "1,500,000", "a", "500,000", "u", "3"]
    assert text[3].split() == ["b", "w", "0.5", "a", "-", "u", "-"]
    assert len({len(row.split("  ")[0]) for row in text[:1]}) == 1


def test_help_lists_every_benchmark(capsys):
    with pytest.raises(SystemExit) as stop:
        program.main(["--help"])
    assert stop.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in ("estimator", "rules", "world", "ensemble", "app", "rivals"))


def test_an_unknown_benchmark_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        program.main(["estimater"])
    assert stop.value.code == 2
    assert "no benchmark is called estimater" in capsys.readouterr().err


def test_json_is_one_object_with_ratios(monkeypatch, capsys):
    made = program.Found([line(8.0, 2.0)], ["a remark"])
    monkeypatch.setattr(program, "BENCHMARKS", {"made": lambda quick: made})
    assert program.main(["made", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown == {"lines": [line_json(made.lines[0])], "remarks": ["a remark"]}
    assert shown["lines"][0]["ratio"] == 4.0


def test_a_missing_package_is_a_remark(monkeypatch, capsys):
    def absent(quick):
        raise ImportError("no", name="some_extra")

    monkeypatch.setattr(program, "BENCHMARKS", {"absent": absent})
    assert program.main(["absent"]) == 0
    assert "absent: needs a package that is not installed (some_extra)." in capsys.readouterr().out


def test_limit_counts_every_operation():
    a = counted((np.ones(4096), np.ones(4096)))
    seconds, operations = array_limit_s(lambda: (a[0] + a[1]) * a[0])
    assert operations == 2 * 4096
    assert 0 < seconds < 1


def test_absent_rivals_say_how_to_install_them(tmp_path):
    found = measure_all(tmp_path)
    assert [versus.rival for versus in found] == list(RIVALS)
    for versus in found:
        assert versus.lines() == []
        assert versus.text() == f"{versus.rival} is not installed; to compare with it: {setup_command(versus.rival)}"


def test_an_environment_that_was_not_finished_does_not_count(tmp_path):
    python = tmp_path / "genz-llm" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    python.parent.mkdir(parents=True)
    python.touch()
    assert interpreter("genz-llm", tmp_path) is None
    (tmp_path / "genz-llm" / "ready").touch()
    assert interpreter("genz-llm", tmp_path) == python


def test_every_rival_has_a_driver_and_one_pinned_version():
    for rival in RIVALS.values():
        assert rival.driver.is_file()
        assert rival.requirements.read_text(encoding="utf-8").split() == [f"{rival.name}=={rival.version}"]


def test_an_unknown_rival_is_refused(capsys):
    with pytest.raises(SystemExit) as stop:
        rivals_main(["setup", "nobody"])
    assert stop.value.code == 2
    assert "no rival is called nobody" in capsys.readouterr().err


@pytest.fixture(scope="module")
def cases():
    return {"inference": serving_cases(), "training": training_cases()}


def test_cases_hold_no_measurement(cases):
    assert len(cases["inference"]) > 50
    assert len(cases["training"]) > 10
    for case in (*cases["inference"], *cases["training"]):
        numbers = [value for value in case.question.values() if isinstance(value, float)]
        assert not any(value == pytest.approx(case.measured) for value in numbers)
        json.dumps(case.question)
        chips = case.question["tensor"] * case.question["pipeline"] * case.question.get("data", 1)
        assert chips >= 1


def test_rates():
    base = {"tensor": 4, "pipeline": 2, "batch": 16, "input_tokens": 800, "output_tokens": 100}
    assert case_rate(base | {"kind": "prefill"}, {"prefill_s": 0.5}) == 800 / 0.5 / 8
    assert case_rate(base | {"kind": "decode"}, {"decode_s": 0.02}) == 16 / 0.02 / 8
    assert case_rate(base | {"kind": "mixed"}, {"decode_s": 0.02, "prefill_s": 0.5}) == 1600 / (2 + 8) / 8
    assert case_rate(base | {"kind": "training"}, {"tokens_per_s_per_chip": 7}) == 7
    assert case_rate(base | {"kind": "mixed"}, {"error": "no"}) is None


def test_comparison_counts_errors_refusals_and_silence(cases):
    three = cases["training"][:3]
    answers = {
        three[0].id: {"tokens_per_s_per_chip": 1.1 * three[0].measured},
        three[1].id: {"tokens_per_s_per_chip": 4 * three[1].measured, "note": "changed"},
        three[2].id: {"error": "too large"},
    }
    (setting,) = compare(three, {"settings": {"only": {"answers": answers, "processor_s": 0.5}}})
    assert setting.errors_pct == pytest.approx({three[0].id: 10.0, three[1].id: 300.0})
    assert setting.per_s == 4.0
    assert setting.far == (three[1].id,)
    assert setting.refused == {three[2].id: "too large"}
    ours = {case.id: 5.0 for case in three}
    versus = Versus(
        rival="r",
        kind="training",
        n_cases=3,
        settings=(setting,),
        ours_pct=ours,
        scalar_per_s=8.0,
        vectorised_per_s=400.0,
    )
    lines = versus.lines()
    assert [round(one.ratio, 6) for one in lines] == [100.0, 2.0, round(5 / 155, 6)]
    assert "(n=2)" in lines[2].what
    assert "refuses 1: too large" in versus.text()
    assert "1 beyond a factor of 2 without a warning" in versus.text()
    assert "errors as shipped flatter ours" in versus.text()
    assert median_abs([]) is None


def test_mixtures_and_left_out_errors_stand_apart(cases):
    two = cases["training"][:2]
    answers = {case.id: {"tokens_per_s_per_chip": 1.2 * case.measured} for case in two}
    settings = compare(two, {"settings": {"only": {"answers": answers, "processor_s": 1.0}}})
    shipped, left_out = {two[0].id: 5.0, two[1].id: -8.0}, {two[0].id: 10.0, two[1].id: 30.0}
    versus = Versus(
        rival="r",
        kind="training",
        settings=settings,
        ours_pct=shipped,
        ours_left_out_pct=left_out,
        mixtures=frozenset({two[1].id}),
    )
    errors = [(one.what, one.ours) for one in versus.lines() if one.unit == "%"]
    assert errors == [
        ("median error, as shipped, dense (n=1)", 5.0),
        ("median error, as shipped, mixtures (n=1)", 8.0),
        ("median error, source left out, dense (n=1)", 10.0),
        ("median error, source left out, mixtures (n=1)", 30.0),
    ]
    assert all(one.reference == pytest.approx(20.0) for one in versus.lines() if one.unit == "%")
    assert "do without it" in versus.text()


def test_fitted_sources_are_counted(cases):
    known = fitted("training", cases["training"])
    assert any(name.startswith("megatron21") for name in known)
    assert not any(name.startswith("mtnlg") for name in known)


def test_ours_answers_the_cases(cases):
    few = cases["training"][:4]
    assert set(errors_pct("training", few)) == {case.id for case in few}


def test_a_driver_that_fails_gives_a_message(tmp_path):
    home = tmp_path / "genz-llm"
    python = home / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho 'no such module' >&2\nexit 3\n", encoding="utf-8")
    python.chmod(0o755)
    (home / "ready").touch()
    versus = measure(RIVALS["genz-llm"], "inference", tmp_path)
    assert versus.text() == "genz-llm ended with status 3: no such module"
    assert versus.lines() == []


def test_list_of_rivals_runs_as_a_module():
    done = subprocess.run([sys.executable, "-m", "benchmarks.rivals"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == len(RIVALS)
