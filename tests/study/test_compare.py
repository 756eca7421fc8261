"""Comparisons on the same draws."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from leadtime import study
from leadtime.errors import BadFileError, BadInputError, ConflictError

OUTPUTS = (
    "prc_used_h100e", "prc_serving_h100e", "training_ratio", "lead_true_months", "lead_true_months_s0", "lead_true_months_s1",
    "lead_true_months_s2", "us_acquired_h100e", "prc_acquired_h100e",
)  # fmt: skip


def compare(*names, draws: int = 800, **settings):  # type: ignore[no-untyped-def]
    return study.compare(names, draws=draws, seed=2, outputs=OUTPUTS, **settings)


@pytest.fixture(scope="module")
def found() -> study.Comparison:
    return compare("baseline", "no_controls", "h20_banned", "zero_leakage", "strict_enforcement")


def test_a_scenario_compared_with_itself_differs_by_exactly_nothing() -> None:
    data = compare("baseline", "baseline").as_data()
    for cell in data["differences"]["baseline"].values():
        assert (cell["value"], cell["low"], cell["high"]) == (0, 0, 0)
        assert (cell["probability_above"], cell["probability_below"]) == (0, 0)


def test_the_same_scenario_under_another_name_differs_by_nothing() -> None:
    data = compare("baseline", {"name": "twin", "title": "The same"}).as_data()
    assert all(cell["value"] == cell["low"] == cell["high"] == 0 for cell in data["differences"]["twin"].values())


def test_differences_are_those_of_paired_draws(found: study.Comparison) -> None:
    ours = found.others["no_controls"].draws("lead_true_months")[20].astype(np.float32)
    theirs = found.base.draws("lead_true_months")[20].astype(np.float32)
    cell = found.differences()["no_controls"]["lead_true_months_2027"]
    expected = np.quantile((ours - theirs).astype(np.float64), [0.1, 0.5, 0.9])
    np.testing.assert_allclose([cell["low"], cell["value"], cell["high"]], expected, rtol=1e-12)
    assert cell["probability_below"] == pytest.approx(float((ours < theirs).mean()))


def test_pairing_is_tighter_than_two_independent_ensembles(found: study.Comparison) -> None:
    cell = found.differences()["no_controls"]["lead_true_months_2027"]
    apart = found.base.headline()["lead_true_months_2027"]
    assert cell["high"] - cell["low"] < 0.5 * (apart["high"] - apart["low"])


def test_fans_of_the_differences_over_time(found: study.Comparison) -> None:
    fan = found.series(["prc_used_h100e"])["no_controls"]["prc_used_h100e"]
    assert len(fan["q50"]) == len(fan["time"]) == 45
    assert fan["q50"][0] == 0
    assert fan["q10"][-1] > 0


def test_controls_order_as_they_must(found: study.Comparison) -> None:
    """More control, less compute; the ban on the H20 lowers serving more than training."""
    differences = found.differences()
    used = {name: cells["prc_used_h100e_2030"]["value"] for name, cells in differences.items()}
    assert used["strict_enforcement"] < used["zero_leakage"] < 0 < used["no_controls"]
    assert differences["no_controls"]["prc_used_h100e_2030"]["probability_above"] > 0.99
    serving = (
        differences["h20_banned"]["prc_serving_h100e_2027"]["value"]
        / found.base.headline()["prc_serving_h100e_2027"]["value"]
    )
    training = (
        differences["h20_banned"]["training_ratio_2027"]["value"]
        / found.base.headline()["training_ratio_2027"]["value"]
    )
    assert serving < -0.1
    assert training < -serving


def test_months_of_lead_stand_under_every_variant_of_spillover(found: study.Comparison) -> None:
    variants = found.variants()
    months = {
        name: one["differences"]["no_controls"]["lead_true_months_2030"]["value"] for name, one in variants.items()
    }
    assert months["s0"] < months["s1"] < months["s2"] + 0.1
    assert abs(months["s2"]) < 0.2
    assert sum(one["weight"] for one in variants.values()) == pytest.approx(1)


def test_a_comparison_on_disk_is_the_one_in_memory(tmp_path: Path) -> None:
    memory = compare("baseline", "cloud_closed", draws=300)
    disk = compare("baseline", "cloud_closed", draws=300, out=tmp_path / "both")
    again = compare("baseline", "cloud_closed", draws=300, out=tmp_path / "both")
    loaded = study.load_comparison(tmp_path / "both")
    assert memory.as_data() == disk.as_data() == again.as_data() == loaded.as_data()
    assert {entry.name for entry in (tmp_path / "both").iterdir()} == {"comparison.json", "baseline", "cloud_closed"}
    with pytest.raises(ConflictError, match="another comparison"):
        compare("baseline", "hbm_never", draws=300, out=tmp_path / "both")


def test_progress_counts_draws_of_all_scenarios() -> None:
    seen: list[tuple[int, int]] = []
    compare("baseline", "cloud_closed", draws=300, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (600, 600)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_one_scenario_is_no_comparison() -> None:
    with pytest.raises(BadInputError, match="at least two"):
        compare("baseline")


def test_two_different_scenarios_of_one_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump({"name": "baseline", "title": "Another", "levers": {"leakage": 0.5}}))
    with pytest.raises(ConflictError, match="called 'baseline'"):
        compare("baseline", path)


@pytest.mark.parametrize(
    "content", ["{}", '{"format": "x"}', "[]", '{"format": "leadtime comparison, version 1", "scenarios": ["a"]}']
)
def test_a_folder_that_holds_no_comparison_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(BadFileError, match="not the folder"):
        study.load_comparison(tmp_path)
    (tmp_path / "comparison.json").write_text(content)
    with pytest.raises(BadFileError, match="not the record"):
        study.load_comparison(tmp_path)
