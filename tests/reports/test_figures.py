"""Figures that commands draw: they open, speak, say their finding, and hold the numbers that the command printed."""

import json
from datetime import date
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from leadtime import rules, study
from leadtime.claims import plane_data
from leadtime.claims._dossier import drivers_of, effects_of
from leadtime.interfaces.cli._main import _run
from leadtime.performance import roofline_points
from leadtime.reports._frame import standalone
from leadtime.reports._law_figures import STATUS_COLOURS, status_key, status_strip
from leadtime.reports._page import texts
from leadtime.reports._world_figures import differences_figure, lead_figure
from leadtime.study import estimator
from tests.interfaces._contract import check

CASES = {
    "rules-plane": {
        "2024": ("rules", "plane", "--on", "2024-06-01"),
        "bandwidth": ("rules", "plane", "--on", "2026-06-01", "--y", "memory_bandwidth_gb_s", "--to", "AE"),
    },
    "chips-workloads": {
        "three": ("chips", "workloads", "deepseek-v3", "h100", "h20", "a100", "--on", "2026-06-01", "--per", "usd"),
    },
    "chips-roofline": {"h20": ("chips", "roofline", "h20", "--model", "deepseek-v3", "--batch", "128")},
}
DRAWN = (
    ("rules", "timeline", "h20", "--against", "h800"),
    ("rules", "matrix", "a100", "rtx 4090", "mi308x"),
    ("rules", "plane", "--on", "2023-06-01", "--y", "interconnect_gb_s"),
    ("infer", "llama3-8b", "--chip", "h100", "--input-len", "2048", "--output-len", "256", "--against", "h20"),
    ("train", "llama2-7b", "--chip", "h800", "--n-chips", "256", "--tokens", "1e12"),
    ("chips", "workloads", "llama3-8b", "h100", "h20", "--per", "watt"),
    ("chips", "roofline", "910b", "--model", "llama3-8b", "--phase", "prefill", "--batch", "1"),
    ("simulate", "--draws", "40", "--to", "2026Q4"),
    ("compare", "baseline", "no_controls", "--draws", "40"),
)


@pytest.mark.parametrize(
    ("contract", "case"), [(contract, case) for contract, cases in CASES.items() for case in cases]
)
def test_answer_keeps_the_contract(contract: str, case: str) -> None:
    check(contract, case, *CASES[contract][case])


@pytest.mark.parametrize("arguments", DRAWN, ids=lambda arguments: " ".join(arguments[:3]))
def test_a_command_draws_its_answer(
    arguments: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "drawn.svg"
    assert _run([*arguments, "--figure", str(path), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["ok"] is True
    assert f"Wrote {path}: " in said.err
    title = said.err.split(f"Wrote {path}: ", 1)[1].strip().removesuffix(".")
    root = ElementTree.parse(path).getroot()
    space = "{http://www.w3.org/2000/svg}"
    assert root.attrib["role"] == "img"
    assert root.findtext(f"{space}title") == title
    assert len(root.findtext(f"{space}desc") or "") > 30
    drawn = "".join(root.itertext())
    assert all(word in drawn for word in title.split()), "the file shows its title"
    assert [one.name for one in tmp_path.iterdir()] == ["drawn.svg"]


def test_png(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "drawn.PNG"
    assert _run(["chips", "roofline", "h100", "--model", "llama3-8b", "--figure", str(path)]) == 0
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rules", "matrix", "--figure", "a.pdf"), ".svg or .png"),
        (("rules", "matrix", "--figure", "nowhere/a.svg"), "no folder"),
        (("rules", "timeline", "h20", "--against", "h800"), "--figure"),
        (("rules", "plane", "--x", "tpp", "--y", "tpp"), "both"),
        (("rules", "plane", "--x", "weight"), "weight"),
        (("rules", "plane", "--to", "ZZ"), "ZZ"),
        (("chips", "workloads", "deepseek-v3", "h1000"), "h1000"),
        (("chips", "workloads", "deepseek-v3", "h100", "--precision", "fp3"), "fp3"),
        (("chips", "roofline", "h100", "--model", "llama3-8b", "--phase", "sleep"), "sleep"),
        (("chips", "roofline", "h100", "--model", "llama3-8b", "--batch", "0"), "batch"),
        (("simulate", "--draws", "10", "--to", "2024Q4", "--output", "us_used_h100e", "--figure", "a.svg"), "lead"),
    ],
    ids=lambda value: " ".join(value[:4]) if isinstance(value, tuple) else value,
)
def test_wrong_input_is_one_sentence(
    arguments: tuple[str, ...],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert _run(list(arguments)) == 2
    said = capsys.readouterr()
    assert message in " ".join(said.err.split())
    assert "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_strip_covers_the_time_without_gaps_and_numbers_only_what_it_shows() -> None:
    book = rules.book("us_ear")
    until = date(2026, 6, 1)
    asked = rules.with_defaults(book, rules.Request(to="CN", on=until))
    items = [rules.find_item(name) for name in ("a800", "rtx 4090")]
    spans = {item.name: rules.timeline(book, item, asked, until=until) for item in items}
    words = texts("en")["page"]["statuses"]
    figure = status_strip(
        spans, until=until, name="s", title="t", words=words, caption="Status.", alternative="Rows: {rows}."
    )
    for chip in spans:
        rows = [row for row in figure.rows if row["chip"] == chip]
        assert rows[0]["since"] == "2022-01-01"
        assert rows[-1]["until"] == until.isoformat()
        for left, right in pairwise(rows):
            assert left["status"] != right["status"]
            assert (date.fromisoformat(right["since"]) - date.fromisoformat(left["until"])).days == 1
    changes = {row["since"] for row in figure.rows} - {"2022-01-01"}
    assert {line.split()[1] for line in figure.caption.split("\n")[1:]} == changes
    shown = {status_key(span) for one in spans.values() for span in one}
    assert {words[key] for key in shown} == {row["status"] for row in figure.rows}
    assert set(STATUS_COLOURS) == set(words)
    assert len(set(STATUS_COLOURS.values())) == len(STATUS_COLOURS)


def test_the_plane_of_any_day_agrees_with_the_determinations() -> None:
    found = plane_data(date(2022, 12, 1), "tpp", "interconnect_gb_s")
    inside = {
        row["outcome"]
        for row in found.rectangles
        if row["x_from"] <= 15832 < row["x_to"] and row["y_from"] <= 900 < row["y_to"]
    }
    below = {
        row["outcome"]
        for row in found.rectangles
        if row["x_from"] <= 15832 < row["x_to"] and row["y_from"] <= 400 < row["y_to"]
    }
    assert (inside, below) == ({"required"}, {"not_required"})


def test_workloads_per_dollar_follow_from_rate_and_rent() -> None:
    from leadtime import chips

    on = date(2026, 6, 1)
    answer = estimator.compare_workloads("llama3-8b", ["h100"], per="usd", on=on)
    low, middle, high = estimator.cost_basis(chips.find_chip("h100"), on=on).rental_usd_per_hour or (0, 0, 0)
    assert {row["workload"] for row in answer["rows"]} == {
        "training",
        "prefill",
        "decode_4k",
        "decode_32k",
        "decode_128k",
    }
    for row in answer["rows"]:
        assert row["tok_per_usd"] == pytest.approx(row["tok_s_per_chip"] * 3600 / middle)
        assert (row["tok_per_usd_low"], row["tok_per_usd_high"]) == pytest.approx(
            (row["tok_s_per_chip"] * 3600 / high, row["tok_s_per_chip"] * 3600 / low)
        )


def test_roofline_is_that_of_the_points() -> None:
    from leadtime import chips, workloads

    answer = estimator.roofline("llama3-8b", "h100", batch=8, context=2048, precision="bf16", kv_precision="bf16")
    points = roofline_points(workloads.find_model("llama3-8b"), chips.find_chip("h100"), n_batch=8.0, context=2048.0)
    assert [row["operation"] for row in answer["operations"]] == [point.operation for point in points]
    assert sum(row["share_of_time_frac"] for row in answer["operations"]) == pytest.approx(1.0)
    for row in answer["operations"]:
        roof = min(answer["peak_flop_per_s"], row["intensity_flop_per_byte"] * answer["bandwidth_byte_per_s"])
        assert row["attainable_flop_per_s"] <= roof * (1 + 1e-9)


@pytest.fixture(scope="module")
def comparison() -> study.Comparison:
    return study.compare(["baseline", "no_controls", "rule_2022_only"], draws=200, seed=2)


def test_figures_of_runs_hold_their_quantiles(comparison: study.Comparison) -> None:
    run = comparison.base
    figure = lead_figure(run)
    rows = [row for row in figure.rows if row["series"] == "internal systems"]
    np.testing.assert_allclose([row["middle"] for row in rows], run.quantile("lead_true_months", 0.5))
    np.testing.assert_allclose([row["high"] for row in rows], run.quantile("lead_true_months", 0.9))
    differences = differences_figure(comparison)
    assert len(differences.rows) == 2
    cell = comparison.differences()["no_controls"]["lead_true_months_2030"]
    assert cell["value"] in [row["middle"] for row in differences.rows]
    assert standalone(differences).spec["title"]["subtitle"]


def test_effects_alone_and_after_add_up_draw_by_draw(comparison: study.Comparison) -> None:
    rows = {row["effect"]: row for row in effects_of(comparison)}
    assert set(rows) == {"all", "only_2022", "after_2022"}, "effects whose scenarios are missing are left out"
    whole = comparison.differences()["no_controls"]["lead_true_months_2030"]
    assert rows["all"]["middle"] == pytest.approx(-whole["value"], rel=1e-4, abs=1e-4)
    assert all(row["low"] <= row["middle"] <= row["high"] for row in rows.values())


def test_drivers_are_rank_correlations_of_the_draws(comparison: study.Comparison) -> None:
    from scipy.stats import spearmanr

    run = comparison.base
    rows = drivers_of(run, most=5)
    strengths = [abs(row["rank_correlation"]) for row in rows]
    assert strengths == sorted(strengths, reverse=True)
    model = run.plan.evaluator()
    z = model.draws(run.plan.seed, 0, run.plan.draws, run.plan.belief)
    months = run.draws("lead_bought_months")[list(run.times("lead_bought_months")).index("2030-01-01")]
    first = rows[0]
    expected = spearmanr(z[list(model.names).index(first["input"])], months).statistic
    assert first["rank_correlation"] == pytest.approx(expected, abs=1e-6)
    assert np.sign(first["at_high"] - first["at_low"]) == np.sign(first["rank_correlation"])
