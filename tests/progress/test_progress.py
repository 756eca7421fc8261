import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtime import progress
from leadtime.errors import OutOfRangeError

GROWTH = {"log_algorithm_growth": math.log(3), "log_compute_growth": math.log(4.5)}
money = st.floats(1e4, 1e12)
growth = st.floats(0.05, 2.0)
exponent = st.floats(0.0, 0.1)


def efficiency(g_a: float = math.log(3), g_h: float = math.log(1.39), s: float = 0.0) -> progress.InvestmentEfficiency:
    return progress.InvestmentEfficiency(
        reference_usd=1e8,
        capability_at_reference=130.0,
        points_per_decade=14.0,
        log_algorithm_growth_per_yr=g_a,
        log_hardware_growth_per_yr=g_h,
        scale_exponent=s,
    )


def test_every_public_name_exists_and_is_documented() -> None:
    for name in progress.__all__:
        assert getattr(progress, name).__doc__
    with pytest.raises(AttributeError):
        _ = progress.no_such_thing


@given(money, money, st.floats(0, 15), growth, growth, exponent)
def test_capability_rises_with_investment_and_time(
    a: float, b: float, years: float, g_a: float, g_h: float, s: float
) -> None:
    e = efficiency(g_a, g_h, s)
    low, high = sorted((a, b))
    assert e.capability(low, years) <= e.capability(high, years)
    assert progress.performance_effect(e, low, years) >= 0


@given(money, st.floats(0, 15), growth, growth, exponent)
def test_needed_investment_inverts_capability(usd: float, years: float, g_a: float, g_h: float, s: float) -> None:
    e = efficiency(g_a, g_h, s)
    reached = e.capability(usd, years)
    assert float(e.investment_needed_usd(reached, years)) == pytest.approx(usd, rel=1e-9)
    assert float(e.first_reached_yr(reached, usd)) == pytest.approx(years, abs=1e-6)


@given(money, money, growth, growth, st.floats(0, 3), exponent)
def test_the_window_is_the_gap_between_first_dates(
    a: float, b: float, g_a: float, g_h: float, late: float, s: float
) -> None:
    e = efficiency(g_a, g_h, s)
    small, large = sorted((a, b))
    window = progress.preparation_window_yr(
        large, small, log_algorithm_growth_per_yr=g_a, log_hardware_growth_per_yr=g_h, late_yr=late, scale_exponent=s
    )
    assert window >= 0
    assert float(window) == pytest.approx(
        float(e.first_reached_yr(150.0, small) - e.first_reached_yr(150.0, large)) + late, abs=1e-6
    )


def test_equal_investors_have_no_window() -> None:
    assert (
        progress.preparation_window_yr(1e8, 1e8, log_algorithm_growth_per_yr=1.0, log_hardware_growth_per_yr=0.3) == 0
    )


def test_more_actors_can_as_time_goes_by() -> None:
    investments = np.array([1e6, 1e7, 1e8, 1e9, 1e10])
    years = np.arange(0, 8)
    able = progress.access_effect(efficiency(), 140.0, investments, years)
    assert able.shape == (8,)
    assert np.all(np.diff(able) >= 0)
    assert able[0] < able[-1] == 5
    assert progress.access_effect(efficiency(), 130.0, investments, 0.0) == 3  # at the reference: 1e8 and above


@pytest.mark.parametrize("change", [{"reference_usd": 0.0}, {"points_per_decade": -1.0}])
def test_an_efficiency_that_makes_no_sense_is_refused(change: dict[str, float]) -> None:
    base = {
        "reference_usd": 1.0,
        "capability_at_reference": 0.0,
        "points_per_decade": 1.0,
        "log_algorithm_growth_per_yr": 1.0,
        "log_hardware_growth_per_yr": 0.3,
    }
    with pytest.raises(OutOfRangeError):
        progress.InvestmentEfficiency(**(base | change))


@pytest.mark.parametrize(
    ("ratio", "lag", "beta", "age", "months"),
    [
        (4, 0.25, 0.0, 0.0, 7.656),
        (4, 0.0, 0.0, 0.0, 6.391),
        (4, 0.25, 0.5, 6.0, 0.5 * 7.656 + 3.0),
        (2, 0.0, 0.9, 6.0, 3.196),  # own lead below the age of what could be learned: nothing to learn
        (1, 0.0, 0.5, 0.0, 0.0),
    ],
)
def test_lead_of_a_constant_ratio(ratio: float, lag: float, beta: float, age: float, months: float) -> None:
    got = progress.constant_ratio_lead_months(
        compute_ratio=ratio, algorithm_lag_yr=lag, spillover=beta, release_and_distillation_months=age, **GROWTH
    )
    assert float(got) == pytest.approx(months, abs=0.002)


@given(st.floats(1.0, 1000.0), st.floats(0.0, 0.95))
def test_a_lead_and_its_compute_ratio_invert_each_other(ratio: float, beta: float) -> None:
    months = progress.constant_ratio_lead_months(compute_ratio=ratio, algorithm_lag_yr=0.0, spillover=beta, **GROWTH)
    assert float(progress.compute_ratio_of_lead(months, spillover=beta, **GROWTH)) == pytest.approx(ratio, rel=1e-6)


def test_two_and_two_make_four() -> None:
    total, training, data = progress.months_per_efficiency_gap(
        training_efficiency_ratio=2.0, data_efficiency_ratio=2.0, **GROWTH
    )
    assert float(training) == float(data)
    assert float(total) == pytest.approx(6.391, abs=0.002)


def test_growth_conversions_agree() -> None:
    assert progress.growth_from_doubling(2.0) == pytest.approx(math.log(2) / 2)
    assert progress.doubling_time_yr(progress.growth_from_doubling(3.3)) == pytest.approx(3.3)
    assert math.exp(progress.growth_from_halving_months(12)) == pytest.approx(2)
    assert float(progress.growth_from_factor(4.5)) == pytest.approx(1.504, abs=1e-3)


@pytest.mark.parametrize(
    ("name", "per_year"),
    [
        ("performance", 1.35),
        ("price_performance", 1.39),
        ("energy_efficiency", 1.26),
        ("memory_bandwidth", 1.18),
        ("supercomputer_efficiency", 1.34),
    ],
)
def test_hardware_trends_reproduce_their_sources(name: str, per_year: float) -> None:
    trend = progress.HARDWARE_TRENDS[name]
    assert float(trend(1.0)) == pytest.approx(per_year, abs=0.006)
    assert trend(np.array([0.0, 2.0])) == pytest.approx([1.0, float(trend(1.0)) ** 2])


def test_algorithm_trends_reproduce_their_sources() -> None:
    assert float(progress.ALGORITHM_TRENDS["ho2024"](1.0)) == pytest.approx(2.83, abs=0.01)
    assert float(progress.ALGORITHM_TRENDS["epoch2025"](2.0)) == pytest.approx(9.0)
    low, central, high = progress.catch_up_efficiency_range(1.0)
    assert (float(low), float(central), float(high)) == pytest.approx((16, 30, 60))


def test_deepseek_v3_lies_on_the_trend_from_gpt4() -> None:
    assert float(progress.implied_growth_factor(2.1e25, 3.4e24, 1.78)) == pytest.approx(2.78, abs=0.02)
    growth = progress.growth_from_halving_months(np.random.default_rng(0).uniform(4, 16, 4000))
    needed = progress.compute_needed_flop(2.1e25, 1.78, log_growth_per_yr=growth)
    share = float(progress.share_of_draws_above(3.4e24, needed))
    assert 0.1 < share < 0.9
    assert progress.share_of_draws_above(1e30, needed) == 1


def test_gains_that_grow_with_scale_help_the_large() -> None:
    assert float(
        progress.scale_dependent_efficiency_gundlach2025(3.0, scale_ratio=100.0, exponent=0.1)
    ) == pytest.approx(3 * 10**0.2)
    assert float(progress.scale_dependent_efficiency_gundlach2025(3.0, scale_ratio=100.0, exponent=0.0)) == 3.0


def test_the_same_on_jax() -> None:
    jax = pytest.importorskip("jax")
    x = jax.numpy.asarray([1e6, 1e9])
    assert np.asarray(jax.jit(lambda usd: efficiency().capability(usd, 3.0))(x)) == pytest.approx(
        efficiency().capability(np.array([1e6, 1e9]), 3.0), rel=1e-5
    )
