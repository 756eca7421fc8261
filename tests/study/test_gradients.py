"""Derivatives of the model: closed forms, gradients against differences, kinks and jumps, and the claim that is checked by them."""

import math

import numpy as np
import pytest

from leadtime import claims, study
from leadtime.errors import BadInputError, MissingExtraError, OutOfRangeError, UnknownNameError
from leadtime.study import _gradients, _jax, questions
from leadtime.study.questions import _changes, scarcity

USED, LEAD = "prc_used_h100e", "lead_true_months"
LATE = 20
"""Row of the start of 2027."""


def test_differences_give_the_derivatives_that_are_known() -> None:
    names = ("merchant_made_h100e", "custom_made_h100e", "prc_budget_usd")
    found = study.derivatives(outputs=names, by=("budget", "merchant_history_error"), draws=40, how="differences")
    early = slice(0, 4)  # of 2022, whose supply is history: made = known times exp(error)
    np.testing.assert_allclose(
        found.slopes["merchant_made_h100e"]["merchant_history_error"][early], found.values["merchant_made_h100e"][early], rtol=1e-6
    )  # fmt: skip
    assert not found.slopes["custom_made_h100e"]["merchant_history_error"].any()
    np.testing.assert_allclose(found.elasticity("prc_budget_usd", "budget")[early], 1.0, rtol=1e-6)
    assert found.inputs["budget"].tolist() == [1.0] * 40


def test_a_factor_is_the_lever_of_the_scenario() -> None:
    for lever, by in (("budget", 1.02), ("domestic_production", 0.97), ("leakage", 1.05)):
        evaluate = study.evaluator("baseline", (USED,))
        z = evaluate.draws(1, 0, 60)
        values = study._evaluator.world.sample(evaluate.priors, z)  # type: ignore[attr-defined]
        ours = evaluate.of_values(values, factors={_gradients.LEVERS[lever]: by})[USED]
        theirs = _changes.changed_series("baseline", (USED,), {lever: by}, draws=60, seed=1)[USED]
        np.testing.assert_allclose(ours, theirs, rtol=2e-5)


def test_a_factor_per_draw_and_the_twin_without_controls() -> None:
    evaluate = study.evaluator("baseline", ("lead_bought_months",))
    values = study._evaluator.world.sample(evaluate.priors, evaluate.draws(1, 0, 6).astype(float))  # type: ignore[attr-defined]
    one = evaluate.of_values(values, factors={"leakage": np.array([1.0, 1, 1, 1, 1, 1.5])})["lead_bought_months"]
    base = evaluate.of_values(values)["lead_bought_months"]
    np.testing.assert_array_equal(one[:, :5], base[:, :5])
    assert (one[LATE:, 5] != base[LATE:, 5]).any()
    with pytest.raises(UnknownNameError, match="lever"):
        evaluate.of_values(values, factors={"weather": 1.0})


@pytest.mark.slow
def test_the_gradient_is_that_of_differences_where_the_model_is_smooth() -> None:
    pytest.importorskip("jax")
    by = ("budget", "domestic_production", "leakage", "offshore_cloud", "chip_life", "leak_scale", "import_date")
    exact = study.derivatives(outputs=(USED, LEAD), by=(*by, "spillover_variant"), draws=128)
    moved = study.derivatives(outputs=(USED, LEAD), by=by, draws=128, how="differences")
    for output in exact.values:
        np.testing.assert_allclose(exact.values[output], moved.values[output], rtol=1e-9, atol=1e-9)
        for name in by:
            ours, theirs = exact.slopes[output][name][LATE], moved.slopes[output][name][LATE]
            assert np.isfinite(ours).all()
            scale = np.maximum(np.abs(ours), 1e-3 * np.abs(exact.values[output][LATE] / exact.inputs[name]))
            assert (np.abs(ours - theirs) > 1e-4 * scale).mean() < 0.05, (output, name)
    # the lever and the parameter that it multiplies have one elasticity
    np.testing.assert_allclose(exact.elasticity(USED, "leakage")[LATE], exact.elasticity(USED, "leak_scale")[LATE], rtol=1e-9)  # fmt: skip
    assert np.median(exact.elasticity(USED, "budget")[LATE]) == pytest.approx(0.64, abs=0.05)
    # across a jump the gradient sees nothing, and a wide difference does
    assert not exact.slopes[LEAD]["spillover_variant"].any()
    wide = study.derivatives(outputs=(LEAD,), by=("spillover_variant",), draws=128, how="differences", step=0.5)
    assert np.abs(wide.slopes[LEAD]["spillover_variant"][LATE]).max() > 1


@pytest.mark.slow
def test_draws_with_a_kink_in_the_step_leave_the_gradient_and_fewer_do_as_it_shrinks() -> None:
    pytest.importorskip("jax")
    rows = {row["name"]: row for row in study.kinks(output=USED, by=("budget", "chip_life"), row=LATE, draws=128)}
    shares = list(rows["budget"]["apart_frac"].values())
    assert shares[0] > 0.03
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] <= 0.01
    assert max(rows["chip_life"]["apart_frac"].values()) == 0


@pytest.mark.slow
def test_the_claim_is_judged_alike_with_jax_and_without_and_says_what_checked_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip("jax")
    judged, answers = [], []
    for there in (True, False):
        monkeypatch.setattr(scarcity, "has_jax", lambda there=there: there)
        answers.append(questions.ask("money_or_chips", {"draws": 600, "on": "2025-01-27", "since": "2022-10-01"}))
        judged.append(claims.judge(claims.load_claim("C23").with_arguments({"draws": 600})))
    with_jax, without = answers
    assert "JAX is not installed" in without.method
    assert "gradient of the model" in with_jax.method
    assert set(with_jax.figures) - set(without.figures) == {"gradient_ratio"}
    for name, figure in without.figures.items():
        np.testing.assert_array_equal(figure.draws["single"], with_jax.figures[name].draws["single"])
    assert judged[0].verdict == judged[1].verdict
    gap = with_jax.figures["gradient_ratio"].draws["single"]
    assert len(gap) == scarcity.GRADIENT_DRAWS
    assert abs(float(np.median(gap))) < 0.01
    assert (np.abs(gap) < 0.05).mean() > 0.9


def test_what_cannot_be_differentiated_is_said() -> None:
    for settings, error, words in (
        ({"by": ["weather"]}, UnknownNameError, "weather"),
        ({"by": []}, BadInputError, "something to move"),
        ({"how": "guessing"}, UnknownNameError, "guessing"),
        ({"step": math.inf}, OutOfRangeError, "step"),
        ({"draws": 30_000}, OutOfRangeError, "30,000"),
        ({"outputs": ["happiness"]}, UnknownNameError, "happiness"),
    ):
        arguments = {"outputs": [USED], "by": ["budget"], "how": "differences", "draws": 4, **settings}
        with pytest.raises(error, match=words):
            study.derivatives(**arguments)  # type: ignore[arg-type]


def test_without_jax_the_sentence_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "jax", None)
    with pytest.raises(MissingExtraError, match="'jax'"):
        study.derivatives(outputs=[USED], by=["budget"], draws=4)
    monkeypatch.setattr(_jax, "find_spec", lambda name: None)
    assert not _jax.has_jax()
