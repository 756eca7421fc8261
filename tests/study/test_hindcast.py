"""Hindcast: nothing later is used, scores by hand, extrapolations, dates that make no sense."""

import math
from datetime import date

import numpy as np
import pytest

from leadtime import catalog
from leadtime.errors import OutOfRangeError
from leadtime.study.calibration import hindcast
from leadtime.study.calibration._hindcast import (
    _pit,
    _pit_summary,
    _unseen,
    extrapolations,
    priors_with_later_evidence,
    score,
)
from leadtime.study.calibration._model import model_of
from leadtime.study.calibration._targets import targets

BY_ID = {target.id: target for target in targets()}
DAY = date(2024, 12, 31)


def test_supply_after_the_day_is_projected_and_not_known() -> None:
    chosen = (BY_ID["C024"],)
    z = np.random.default_rng(1).standard_normal((len(model_of(chosen).names), 500)).astype(np.float32)
    known, cut = (model_of(chosen, supply_known_by=day).read(z)["C024"] for day in (date(2026, 1, 1), DAY))
    assert np.std(np.log(cut)) > 1.3 * np.std(np.log(known))


def test_a_perfect_and_a_blind_prediction_are_scored_as_such() -> None:
    chosen = [BY_ID["C004"], BY_ID["A012-2025"]]
    spread = np.random.default_rng(2).standard_normal(4000)
    good = {t.id: t.from_scale(float(t.on_scale(np.asarray(t.value.central))) + 0.1 * t.sd * spread) for t in chosen}
    blind = {
        t.id: t.from_scale(float(t.on_scale(np.asarray(t.value.central))) + 20 * t.sd + t.sd * spread) for t in chosen
    }
    found = score(chosen, {"prior": blind, "posterior": good}, earlier={}, seed=1)
    assert found["coverage_50_frac"] == found["coverage_80_frac"] == 1
    assert found["prior_alone"]["coverage_80_frac"] == 0
    assert found["median_width_ratio_to_prior"] == pytest.approx(0.1, rel=0.01)
    assert found["log_score_all_rows"]["model"] > found["log_score_all_rows"]["prior"] + 5
    assert found["log_score_rows"] == 0
    other = score(chosen, {"prior": good, "posterior": blind}, earlier={}, seed=1)
    assert other["coverage_80_frac"] == 0


def test_places_of_observations_say_how_wide_predictions_are() -> None:
    rng = np.random.default_rng(4)
    n, draws = 400, rng.standard_normal((400, 2000))
    for scale, shift, spread in ((1.0, 0.0, 1.0), (0.5, 0.0, 0.5), (1.0, 0.7, 1.0)):
        observed = scale * rng.standard_normal(n) + shift
        found = _pit_summary([_pit(draw, float(value)) for draw, value in zip(draws, observed, strict=True)])
        assert found["spread"] == pytest.approx(spread, abs=0.08)
        assert found["bias"] == pytest.approx(shift, abs=0.12)
        low, high = found["spread_if_right"]
        assert 0.93 < low < 1 < high < 1.07
        assert (found["spread"] < low) is (scale < 1)
    assert _pit(np.zeros(100), 5.0) == 0.995
    assert _pit_summary([0.5]) == {"bias": None, "spread": None, "spread_if_right": None}


def test_rows_that_were_not_public_yet_are_unseen_though_they_are_about_earlier_times() -> None:
    unseen = {target.id for target in _unseen(DAY)}
    assert {"C001", "A012-2023"} <= unseen
    assert not {"T001", "VT049"} & unseen
    assert all(BY_ID[name].published > DAY for name in unseen)
    resting = {one for row in catalog.table("history") for one in row["evidence"].split(";")}
    assert all(resting.isdisjoint(BY_ID[name].evidence) for name in unseen)


def test_extrapolations_by_hand() -> None:
    target = BY_ID["T007"]
    found = extrapolations(target, [BY_ID["T001"], BY_ID["T002"]])
    assert found is not None
    years = (date(2023, 12, 6) - date(2023, 3, 15)).days / 365.25
    slope = math.log(5e25 / 2.1e25) / years
    ahead = (date(2025, 2, 22) - date(2023, 12, 6)).days / 365.25
    assert found["trend"][0] == pytest.approx(5e25 * math.exp(slope * ahead), rel=0.02)
    assert found["last_value"][0] == pytest.approx(5e25)
    assert found["trend"][1] > found["last_value"][1]
    assert extrapolations(target, []) is None


def test_priors_that_know_more_than_the_date_allows_are_named() -> None:
    found = {row["parameter"] for row in priors_with_later_evidence(DAY)}
    assert "ascend_plan_growth_2025" in found
    assert "leak_scale" not in found
    assert not priors_with_later_evidence(date(2030, 1, 1))


@pytest.mark.parametrize("day", [date(2020, 1, 1), date(2023, 6, 30), date(2029, 1, 1)])
def test_days_that_leave_nothing_to_fit_or_to_score_are_refused(day: date) -> None:
    with pytest.raises(OutOfRangeError, match="No hindcast"):
        hindcast(day)


@pytest.mark.slow
def test_a_hindcast_uses_nothing_later_and_beats_plain_extrapolation() -> None:
    data = hindcast(DAY).as_data()
    assert all(BY_ID[name].period_end <= DAY for name in data["used"])
    assert all(BY_ID[row["id"]].period_end > DAY for row in data["rows"])
    assert all(BY_ID[name].published <= DAY for name in data["by_publication_date"]["used"])
    resting = {one for row in catalog.table("history") for one in row["evidence"].split(";")}
    assert all(resting.isdisjoint(BY_ID[row["id"]].evidence) for row in data["rows"])
    assert {row["id"] for row in data["not_scored"]}.isdisjoint(row["id"] for row in data["rows"])
    assert data["coverage_80_frac"] >= 0.6
    assert data["log_score"]["model"] > max(data["log_score"]["trend"], data["log_score"]["last_value"])
    strict = data["by_publication_date"]
    used, later = set(strict["used"]), {row["id"] for row in strict["published_later"]["rows"]}
    assert used.isdisjoint(later)
    assert {row["id"] for row in strict["rows"]} < later
    assert data["pit"]["spread"] < data["pit"]["spread_if_right"][0], "too wide, as docs/accuracy.md says"


@pytest.mark.slow
def test_any_other_day_works() -> None:
    data = hindcast(date(2025, 8, 15), seed=3).as_data()
    assert data["n_targets"] >= 5
    assert data["n_used"] > 17
