"""From a tested distribution to a verdict."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtime.claims import decide

WEIGHTS = {"S0": 0.2, "S1": 0.6, "S2": 0.2}


def share(p: float, n: int = 1000) -> np.ndarray:
    return np.arange(n) < p * n


@pytest.mark.parametrize(
    ("p", "verdict"),
    [
        (1.0, "supported"),
        (0.8, "supported"),
        (0.79, "unresolved"),
        (0.21, "unresolved"),
        (0.2, "contradicted"),
        (0.0, "contradicted"),
    ],
)
def test_thresholds_are_inclusive(p: float, verdict: str) -> None:
    assert decide({"single": share(p)}, weights={}).verdict == verdict


def test_variants_are_weighted() -> None:
    result = decide({"S0": share(1), "S1": share(0.5), "S2": share(0.5)}, weights=WEIGHTS)
    assert result.probability == pytest.approx(0.2 * 1 + 0.8 * 0.5)
    assert result.verdict == "unresolved"


def test_opposite_variants_mean_that_it_depends_even_at_high_probability() -> None:
    result = decide({"S0": share(1), "S1": share(1), "S2": share(0)}, weights=WEIGHTS)
    assert result.probability == pytest.approx(0.8)
    assert result.verdict == "depends"
    assert result.deciding_assumption == "spillover variant"


def test_a_parameter_whose_thirds_disagree_decides_and_is_named() -> None:
    rng = np.random.default_rng(0)
    decisive, idle = rng.normal(size=3000), rng.normal(size=3000)
    result = decide({"single": decisive > 0}, weights={}, parameters={"idle": idle, "decisive": decisive})
    assert (result.verdict, result.deciding_assumption) == ("depends", "decisive")
    assert abs(result.leverage["idle"]) < 0.1


def test_too_few_draws_say_nothing_about_thirds() -> None:
    values = np.linspace(-1, 1, 100)
    assert decide({"single": values > 0}, weights={}, parameters={"x": values}).verdict == "unresolved"


def test_a_parameter_that_moves_the_probability_is_named_without_deciding() -> None:
    rng = np.random.default_rng(1)
    x = rng.uniform(size=6000)
    holds = rng.uniform(size=6000) < 0.3 + 0.4 * x
    result = decide({"single": holds}, weights={}, parameters={"x": x})
    assert result.verdict == "unresolved"
    assert result.deciding_assumption == "x"
    assert result.leverage["x"] > 0.1


@given(st.lists(st.booleans(), min_size=1, max_size=50), st.lists(st.booleans(), min_size=1, max_size=50))
def test_probability_is_a_mixture_and_negation_mirrors_the_verdict(one: list[bool], two: list[bool]) -> None:
    holds = {"S0": np.array(one), "S1": np.array(two)}
    result = decide(holds, weights=WEIGHTS)
    mirrored = decide({name: ~values for name, values in holds.items()}, weights=WEIGHTS)
    assert 0 <= result.probability <= 1
    assert result.probability + mirrored.probability == pytest.approx(1)
    opposite = {
        "supported": "contradicted",
        "contradicted": "supported",
        "depends": "depends",
        "unresolved": "unresolved",
    }
    if abs(result.probability - 0.5) < 0.299:
        assert mirrored.verdict == opposite[result.verdict]


def test_draws_that_speak_for_one_variant_only_are_matched_with_their_parameters() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=3000)
    mine = rng.uniform(size=3000) < 0.5
    holds = {"S0": x[mine] > 0, "S1": x[~mine] > 0}
    result = decide(holds, weights=WEIGHTS, parameters={"x": x}, members={"S0": mine, "S1": ~mine})
    assert (result.verdict, result.deciding_assumption) == ("depends", "x")
    without = decide(holds, weights=WEIGHTS, parameters={"x": x})
    assert without.leverage == {}
