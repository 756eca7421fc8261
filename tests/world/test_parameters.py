import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtime import catalog, world
from leadtime.errors import BadInputError


def prior(kind: str = "LN", low: float = 0.1, high: float = 0.4, level: float = 0.9) -> world.Parameter:
    return world.Parameter(id="x", distribution=kind, low=low, high=high, level=level, unit="ratio", block="test")


def test_the_interval_of_every_prior_is_the_one_stated() -> None:
    z = np.random.default_rng(0).standard_normal(200_000)
    for parameter in world.parameters(catalog.table("priors")):
        values = parameter.value(z)
        inside = np.mean((values >= parameter.low) & (values <= parameter.high))
        assert inside == pytest.approx(parameter.level, abs=0.005), parameter.id


@given(st.sampled_from(world.DISTRIBUTIONS[:4]), st.floats(-5, 5), st.floats(-5, 5))
def test_priors_rise_with_the_draw(kind: str, first: float, second: float) -> None:
    parameter = prior(kind, level=1 if kind == "U" else 0.9)
    low, high = sorted((first, second))
    a, b = parameter.value(np.array([low, high]))
    assert a <= b
    assert a >= 0 or kind == "N"


def test_quantiles_of_a_log_normal_prior() -> None:
    z95 = 1.6448536269514722
    low, middle, high = prior().value(np.array([-z95, 0.0, z95]))
    assert (low, middle, high) == pytest.approx((0.1, math.sqrt(0.1 * 0.4), 0.4))


def test_a_sample_keeps_the_type_and_names_of_its_parameters() -> None:
    priors = world.parameters(catalog.table("priors"))
    values = world.sample(priors, np.zeros((len(priors), 3), np.float32))
    assert list(values) == [parameter.id for parameter in priors]
    assert {value.dtype for value in values.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"low": 0.5, "high": 0.4}, "above high"),
        ({"kind": "beta"}, "distribution"),
        ({"low": -0.1}, "log-normal but starts"),
        ({"level": 1.0}, "outside 0 to 1"),
        ({"kind": "U", "level": 0.9}, "level is 1"),
        ({"kind": "LGN", "high": 1.2}, "leaves the range"),
        ({"kind": "F"}, "two ends"),
        ({"low": 0.4}, "without being fixed"),
        ({"high": math.inf}, "not finite"),
    ],
)
def test_a_prior_that_makes_no_sense_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(BadInputError, match=words):
        prior(**change)  # type: ignore[arg-type]


def test_a_name_that_stands_twice_is_refused() -> None:
    row = dict(catalog.table("priors")[0])
    with pytest.raises(BadInputError, match="stands twice"):
        world.parameters([row, row])


def test_draws_for_another_number_of_parameters_are_refused() -> None:
    with pytest.raises(BadInputError, match="rows of draws"):
        world.sample((prior(),), np.zeros((2, 3)))
