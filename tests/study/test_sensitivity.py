"""Sensitivity: the function of Ishigami, SALib, correlated inputs, flips and regret by hand."""

import math

import numpy as np
import pytest

from leadtime.study.sensitivity import given_data_index, sobol
from leadtime.study.sensitivity._flips import flips, regret
from leadtime.study.sensitivity._report import sensitivity


def ishigami(z: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    x = math.pi * (2 * ndtr(z) - 1)
    return np.sin(x[0]) + 7 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


FIRST, TOTAL = (0.3139, 0.4424, 0.0), (0.5576, 0.4424, 0.2437)


def test_indices_of_the_function_of_ishigami() -> None:
    first, total = sobol(ishigami, 3, points=2**13, seed=1)
    np.testing.assert_allclose(first, FIRST, atol=0.02)
    np.testing.assert_allclose(total, TOTAL, atol=0.02)


def test_indices_agree_with_salib() -> None:
    sample = pytest.importorskip("SALib.sample.sobol")
    analyze = pytest.importorskip("SALib.analyze.sobol")
    problem = {"num_vars": 3, "names": ["a", "b", "c"], "bounds": [[0, 1]] * 3, "dists": ["norm"] * 3}
    inputs = sample.sample(problem, 2**12, calc_second_order=False, seed=3)
    theirs = analyze.analyze(problem, ishigami(inputs.T), calc_second_order=False, seed=3)
    first, total = sobol(ishigami, 3, points=2**12, seed=3)
    np.testing.assert_allclose(first, theirs["S1"], atol=0.05)
    np.testing.assert_allclose(total, theirs["ST"], atol=0.05)


def test_several_outputs_at_once_and_one_that_does_not_vary() -> None:
    first, total = sobol(lambda z: np.stack([z[0] + 2 * z[1], np.ones(z.shape[1])]), 2, points=1024)
    np.testing.assert_allclose(first[0], [0.2, 0.8], atol=0.03)
    np.testing.assert_allclose(total[0], [0.2, 0.8], atol=0.03)
    assert np.isnan(first[1]).all()


def test_given_data_indices_match_sobol_for_independent_inputs() -> None:
    z = np.random.default_rng(4).standard_normal((3, 40_000))
    np.testing.assert_allclose(given_data_index(z, ishigami(z)), FIRST, atol=0.03)


def test_given_data_indices_of_correlated_inputs_hold_what_they_share() -> None:
    rng = np.random.default_rng(5)
    shared = rng.standard_normal(40_000)
    twins = np.stack([shared, 0.8 * shared + 0.6 * rng.standard_normal(40_000)])
    first, second = given_data_index(twins, twins[0])
    assert first > 0.95
    assert second == pytest.approx(0.64, abs=0.03)
    noise = given_data_index(rng.standard_normal((20, 4000)), rng.standard_normal(4000))
    assert noise.max() < 0.02


def test_flips_by_hand() -> None:
    x = np.linspace(-1, 1, 3000)
    chosen = {"even": np.arange(3000) % 2 == 0, "none": np.zeros(3000, bool)}
    rows = flips(x + 0.5, {"x": x, "still": np.zeros(3000)}, chosen)
    turned = [(row["assumption"], row["part"]) for row in rows if row["flips"]]
    assert turned == [("x", "low")]
    assert not any(row["part"] == "none" or row["assumption"] == "still" for row in rows)


def test_regret_by_hand() -> None:
    rows = regret({"a": np.array([1.0, 2.0, 3.0, 4.0]), "b": np.array([2.0, 2.0, 2.0, 2.0])})
    assert [row["mean"] for row in rows] == [0.25, 0.75]
    assert rows[1]["best_frac"] == 0.25
    assert regret({"a": np.array([1.0]), "b": np.array([2.0])}, larger_is_better=False)[0]["mean"] == 0


def test_the_same_seed_gives_the_same_answer() -> None:
    first, second = (
        sensitivity(outputs=["prc_used_h100e"], points=8, draws=400, seed=2, at="2026Q1").as_data() for _ in range(2)
    )
    assert first == second
    assert first["points"] == 8
