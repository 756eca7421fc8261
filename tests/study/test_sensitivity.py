"""Sensitivity: the function of Ishigami, SALib, correlated inputs, flips and regret by hand, scenario discovery, the EMA Workbench."""

import importlib
import inspect
import math
import sys
import warnings

import numpy as np
import pytest

from leadtime import study
from leadtime.errors import BadInputError, MissingExtraError, OutOfRangeError, UnknownNameError
from leadtime.study.sensitivity import (
    box_of,
    ema_evaluate,
    ema_parameters,
    ema_results,
    given_data_index,
    peel,
    sobol,
)
from leadtime.study.sensitivity._flips import flips, regret
from leadtime.study.sensitivity._report import sensitivity

pytestmark = pytest.mark.slow


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


# ---------------------------------------------------------------- scenario discovery


def bump(n: int = 2000, seed: int = 3) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
    """Return inputs, one of them discrete, and an outcome that is frequent in a box of three of them."""
    rng = np.random.default_rng(seed)
    numbers = {f"x{place}": rng.random(n) for place in range(6)}
    words = {"kind": rng.choice(["a", "b", "c"], n)}
    inside = (numbers["x0"] > 0.6) & (numbers["x1"] < 0.5) & (words["kind"] != "b")
    return numbers, words, (inside & (rng.random(n) < 0.9)) | (rng.random(n) < 0.03)


def test_peeling_by_hand() -> None:
    x = np.arange(100.0)
    boxes = peel({"x": x, "still": np.zeros(100)}, x >= 80, alpha=0.1, least_mass=0.1)
    assert boxes[0].mass_frac == 1
    assert boxes[0].density_frac == pytest.approx(0.2)
    assert boxes[1].limits == {"x": (9.5, np.inf)}  # the ten draws of the lower end are the cheapest to lose
    assert boxes[-1].density_frac == 1
    assert all("still" not in box.limits for box in boxes)
    assert [box.mass_frac for box in boxes] == sorted((box.mass_frac for box in boxes), reverse=True)
    assert len(peel({"x": x}, x < -1)) == 1, "nothing of interest, nothing to cut"


def test_the_box_is_found_and_inputs_without_effect_are_not_in_it() -> None:
    numbers, words, interest = bump()
    found = box_of(numbers, interest, words=words)
    assert found is not None
    box, chance = found
    assert set(box.restricted) == {"x0", "x1", "kind"} == set(chance)
    assert box.limits["x0"][0] == pytest.approx(0.6, abs=0.05)
    assert box.limits["x1"][1] == pytest.approx(0.5, abs=0.05)
    assert box.kept["kind"] == ("a", "c")
    assert box.density_frac > 0.85
    assert box.coverage_frac > 0.7
    assert max(chance.values()) < 1e-10
    inside = (numbers["x0"] >= box.limits["x0"][0]) & (numbers["x1"] <= box.limits["x1"][1]) & (words["kind"] != "b")
    np.testing.assert_array_equal(box.inside, inside)
    assert box.density_frac == pytest.approx(interest[inside].mean())


def test_where_nothing_stands_out_no_box_is_claimed() -> None:
    rng = np.random.default_rng(8)
    numbers = {f"x{place}": rng.random(500) for place in range(3)}
    assert box_of(numbers, np.zeros(500, bool)) is None
    assert box_of(numbers, np.ones(500, bool)) is None
    ours = [box_of(numbers, rng.random(500) < 0.2) for _ in range(10)]
    assert all(found is None or found[0].density_frac < 0.5 for found in ours), "chance makes no dense box"


@pytest.fixture
def workbench():  # type: ignore[no-untyped-def]
    """Import the EMA Workbench, which warns of its own optional parts and of newer versions of pandas."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pytest.importorskip("ema_workbench")
        yield importlib.import_module("ema_workbench.analysis.prim")


@pytest.mark.slow
def test_peeling_takes_the_steps_of_the_ema_workbench(workbench) -> None:  # type: ignore[no-untyped-def]
    import pandas as pd

    numbers, words, interest = bump()
    ours = peel(numbers, interest, words=words)
    settings = {"threshold": 0.1} if "threshold" in inspect.signature(workbench.Prim).parameters else {}
    theirs = workbench.Prim(
        pd.DataFrame({**numbers, "kind": words["kind"].astype(object)}), interest, peel_alpha=0.05, mass_min=0.05, **settings
    ).find_box().peeling_trajectory  # fmt: skip
    assert len(ours) > 20
    for name, column in (("density_frac", "density"), ("coverage_frac", "coverage"), ("mass_frac", "mass")):
        np.testing.assert_allclose([getattr(box, name) for box in ours], theirs[column].to_numpy()[: len(ours)], rtol=1e-12)  # fmt: skip
    assert [len(box.restricted) for box in ours] == theirs["res_dim"].tolist()[: len(ours)]


@pytest.mark.slow
def test_results_are_in_the_layout_of_the_ema_workbench(workbench) -> None:  # type: ignore[no-untyped-def]
    scoring = importlib.import_module("ema_workbench.analysis.feature_scoring")
    names = ("lead_true_months", "prc_legal_h100e")
    experiments, outcomes = ema_results(outputs=names, at="2027Q1", draws=600)
    assert len(experiments) == 1200
    assert list(experiments.columns[-3:]) == ["scenario", "policy", "model"]
    for place, name in enumerate(("baseline", "no_controls")):
        mine = (experiments["policy"] == name).to_numpy()
        evaluate = study.evaluator(name, names)
        plain = evaluate(evaluate.draws(1, 0, 600))
        for output in names:
            np.testing.assert_allclose(outcomes[output][mine], plain[output][20], rtol=1e-6)
        assert mine[600 * place : 600 * (place + 1)].all()
    bought = outcomes["lead_true_months"][:600] - outcomes["lead_true_months"][600:]
    uncertain = experiments.iloc[:600].drop(columns=["scenario", "policy", "model"])
    scores = scoring.get_ex_feature_scores(uncertain, bought > 0.9, mode=scoring.RuleInductionType.CLASSIFICATION)[0]
    assert scores.iloc[:, 0].idxmax() == "spillover_variant"
    series = ema_results(("baseline",), outputs=names, draws=8)[1]
    assert {name: values.shape for name, values in series.items()} == {names[0]: (8, 45), names[1]: (8, 44)}


@pytest.mark.slow
def test_experiments_that_the_workbench_designs_are_one_call(workbench) -> None:  # type: ignore[no-untyped-def]
    import pandas as pd

    uncertainties, levers = ema_parameters()
    assert {lever.name for lever in levers} == {"budget", "domestic_production", "offshore_cloud", "leakage"}
    ends = {one.name: (one.lower_bound, one.upper_bound) for one in uncertainties}
    priors = {prior.id: prior for prior in study.evaluator("baseline", ("prc_used_h100e",)).priors}
    assert set(ends) == {name for name, prior in priors.items() if prior.distribution != "F"}
    assert all(low < priors[name].value(np.zeros(1))[0] < high for name, (low, high) in ends.items())
    rng = np.random.default_rng(1)
    design = pd.DataFrame({name: rng.uniform(*ends[name], 5000) for name in ("chip_life", "budget_share")})
    design["budget"] = np.tile([1.0, 1.0, 2.0, 0.5], 1250)
    design = pd.concat([design, design.iloc[:1]], ignore_index=True).assign(policy="none")
    found = ema_evaluate(design, outputs=["prc_used_h100e"], at="2027Q1")["prc_used_h100e"]
    assert found.shape == (5001,)
    assert found[0] == found[-1]
    richer = ema_evaluate(design.assign(budget=2.0), outputs=["prc_used_h100e"], at="2027Q1")["prc_used_h100e"]
    assert (richer[design["budget"] < 2] > found[design["budget"] < 2]).all()
    for changed, error in (
        ({"weather": 1.0}, UnknownNameError), ({"budget": -1.0}, OutOfRangeError), ({"chip_life": np.nan}, OutOfRangeError),
    ):  # fmt: skip
        with pytest.raises(error):
            ema_evaluate(design.assign(**changed), outputs=["prc_used_h100e"])
    with pytest.raises(BadInputError, match="no experiments"):
        ema_evaluate(design.iloc[:0], outputs=["prc_used_h100e"])


def test_without_the_workbench_the_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ema_workbench", None)
    with pytest.raises(MissingExtraError, match="'ema'"):
        ema_parameters()
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(MissingExtraError, match="'ema'"):
        ema_results(outputs=["prc_used_h100e"], draws=4)


def test_discovery_says_where_controls_buy_more() -> None:
    found = sensitivity(outputs=["lead_true_months"], points=8, draws=2000, seed=1, above=1.0).as_data()["discovery"]
    assert len(found) == 1
    row = found[0]
    assert (row["output"], row["against"], row["above"], row["unit"]) == ("lead_true_months", "no_controls", 1.0, "month")  # fmt: skip
    assert row["box"]["limits"][0]["parameter"] == "spillover variant"
    assert row["box"]["limits"][0]["values"] == ["s0"]
    assert row["box"]["density_frac"] > 3 * row["interest_frac"]
    nowhere = sensitivity(outputs=["lead_true_months"], points=8, draws=400, seed=1, above=1e6).as_data()["discovery"]
    assert nowhere[0]["box"] is None
    assert nowhere[0]["interest_frac"] == 0
    with pytest.raises(OutOfRangeError, match="nan"):
        sensitivity(above=math.nan)
