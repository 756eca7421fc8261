"""The pieces behind the page give the same bits as the model run whole."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadtime.errors import BadInputError, OutOfRangeError
from leadtime.study import evaluator, live, scenario
from leadtime.study.live._pieces import outputs_of

NAMES = ("lead_true_months", "lead_bought_months", "bite_serving_frac", "prc_used_h100e")


@pytest.mark.parametrize(
    "which",
    [
        "baseline",
        "no_controls",
        "h200_capped",
        {"name": "a", "title": "b", "levers": {"leakage": 0.5}, "parameters": {"spillover": [0.2, 0.4]}},
    ],
)
def test_the_same_bits_as_the_whole_model(which: object) -> None:
    made = evaluator(scenario(which), NAMES)  # type: ignore[arg-type]
    whole = made(made.draws(7, 0, 300))
    for _ in range(2):  # computed, then from what was kept
        for name, values in outputs_of(made, 300, 7).items():
            assert np.array_equal(values, whole[name]), name


@settings(max_examples=8, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_shares_sum_to_the_total_for_any_setting(fee: float, cloud: float) -> None:
    document = {"name": "a", "title": "b", "levers": {"fee": {"2027Q1": fee}, "offshore_cloud": {"2027Q1": cloud}}}
    found = live.wedges(document, draws=100)
    assert sum(one["mean"] for one in found["policies"]) == pytest.approx(found["total"]["mean"], abs=1e-6)


def test_more_than_five_policies_are_tried_one_at_a_time() -> None:
    levers = {
        "fee": 0.1,
        "offshore_cloud": 0.5,
        "enforcement": 0.5,
        "hbm_imports": 0.5,
        "foundry_dies": 0.5,
        "import_permission": 0.5,
    }
    found = live.wedges({"name": "a", "title": "b", "levers": levers}, draws=100)
    assert found["method"] == "one_at_a_time"
    alone = sum(one["mean"] for one in found["policies"])
    assert alone + found["together"]["mean"] == pytest.approx(found["total"]["mean"], abs=1e-5)


def test_assumptions_are_no_policies() -> None:
    with pytest.raises(BadInputError, match="no policy"):
        live.wedges({"name": "a", "title": "b", "parameters": {"spillover": 0.1}}, draws=100)


def test_an_assumption_that_is_fixed_drives_nothing() -> None:
    free = live.explore("baseline", draws=1000)["drivers"]["of_value"]
    name = free[0]["parameter"]
    middle = next(prior for prior in evaluator("baseline").priors if prior.id == name)
    fixed = live.explore({"name": "a", "title": "b", "parameters": {name: (middle.low + middle.high) / 2}}, draws=1000)
    assert name not in {one["parameter"] for one in fixed["drivers"]["of_value"]}


@pytest.mark.parametrize("wrong", [{"draws": 99}, {"draws": 10**6}, {"year": 1999}, {"seed": -1}])
def test_what_is_out_of_range_says_so(wrong: dict[str, int]) -> None:
    with pytest.raises((OutOfRangeError, BadInputError)):
        live.explore("baseline", **wrong)  # type: ignore[arg-type]
