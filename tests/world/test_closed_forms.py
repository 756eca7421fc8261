"""Parts against answers known in closed form."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from leadtime import world
from leadtime.progress import constant_ratio_lead_months
from leadtime.world import _capability, _fleet, _labs, _lead, _shift, _supply, _synthetic

positive = st.floats(0.01, 100)
elasticity = st.floats(0.1, 5)


@given(positive, positive, elasticity, elasticity)
def test_the_market_of_leaked_chips_clears(supply: float, demand: float, eta: float, zeta: float) -> None:
    traded, premium = world.clearing(supply, demand, eta, zeta)
    if demand <= supply:
        assert (float(traded), float(premium)) == (pytest.approx(demand), 0.0)
    else:
        assert float(traded) == pytest.approx(supply * (1 + float(premium)) ** eta, rel=1e-9)
        assert float(traded) == pytest.approx(demand * (1 + float(premium)) ** -zeta, rel=1e-9)
        assert 1 + float(premium) == pytest.approx((demand / supply) ** (1 / (eta + zeta)), rel=1e-9)


def test_the_market_has_no_jump_where_demand_equals_supply() -> None:
    below, _ = world.clearing(1.0, 1 - 1e-9, 0.7, 1.3)
    above, premium = world.clearing(1.0, 1 + 1e-9, 0.7, 1.3)
    assert float(above - below) == pytest.approx(0, abs=1e-8)
    assert float(premium) == pytest.approx(0, abs=1e-8)


def test_nothing_leaks_where_nothing_is_supplied() -> None:
    traded, premium = world.clearing(np.array([0.0]), np.array([1.0]), 1.0, 1.0, premium_limit=10)
    assert traded[0] == 0
    assert premium[0] == 10


@given(st.floats(0.2, 6), st.floats(2, 12))
def test_delay_contents_and_life_of_a_fleet(tau: float, life: float) -> None:
    rates = _fleet.coefficients(np.array([tau]), np.array([life]))
    zero = np.zeros(1)
    state = _fleet.State(zero, zero, zero, zero, zero)
    started, operating, before = 0.0, 0.0, 0.0
    weight = 0.0
    for quarter in range(2000):  # one pulse: it starts on average tau quarters after its interval's first chance
        state = _fleet.step(rates, state, np.ones(1) if quarter == 0 else zero)
        on_the_way = float((state.ordered + state.installing)[0])
        begins = (1.0 if quarter == 0 else before) - on_the_way
        before = on_the_way
        weight += begins
        started += quarter * begins
        operating += float(_fleet.in_operation(state)[0]) * 0.25
    assert weight == pytest.approx(1, abs=1e-6)
    assert started == pytest.approx(tau, rel=1e-5)
    assert operating == pytest.approx(life, rel=1e-3)


def test_contents_of_the_pipeline_follow_littles_law() -> None:
    rates = _fleet.coefficients(np.array([1.7]), np.array([5.0]))
    state = _fleet.init(np.zeros(1))
    for _ in range(400):
        state = _fleet.step(rates, state, np.full(1, 3.0))
    assert (state.ordered + state.installing)[0] == pytest.approx(3 * 1.7)
    assert _fleet.in_operation(state)[0] == pytest.approx(3 * 4 * 5.0)


def test_deepseek_v3_in_one_line() -> None:
    flop = 6 * 37e9 * 14.8e12
    got = world.run_flop(
        h100e=2.788e6, research_share=1, run_share=1, mfu=0.331, peak_flop_per_s=989e12, duration_s=3600
    )
    assert got == pytest.approx(flop, rel=0.002)


@pytest.mark.parametrize(("prefill", "expected"), [(0.4, 0.32), (0.1, 0.70), (0.03, 0.98)])
def test_serving_value_of_an_h20(prefill: float, expected: float) -> None:
    assert float(world.serving_capacity([1.0], [0.15], [1.19], prefill)) == pytest.approx(expected, abs=0.006)


def test_a_mixed_pair_serves_more_than_its_parts() -> None:
    together = float(world.serving_capacity([1.0, 1.0], [0.15, 1.0], [1.19, 1.0], 0.4))
    apart = sum(float(world.serving_capacity([1.0], [h], [b], 0.4)) for h, b in ((0.15, 1.19), (1.0, 1.0)))
    assert together == pytest.approx(2.19, abs=0.005)
    assert apart == pytest.approx(1.32, abs=0.005)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(0.05, 5), st.floats(0.05, 5)), min_size=1, max_size=6),
    st.floats(0.02, 0.98),
)
def test_serving_capacity_is_the_best_division_of_the_fleet(
    fleet: list[tuple[float, float, float]], prefill: float
) -> None:
    chips, compute, bandwidth = (np.array(part) for part in zip(*fleet, strict=True))
    n = len(fleet)
    # variables: chips in decode by class, then V; maximise V
    result = linprog(
        c=[0.0] * n + [-1.0],
        A_ub=[[*(-bandwidth), 1 - prefill], [*compute, prefill]],
        b_ub=[0.0, float(compute @ chips)],
        bounds=[(0, float(count)) for count in chips] + [(0, None)],
    )
    got = float(world.serving_capacity(list(chips), list(compute), list(bandwidth), prefill))
    assert got == pytest.approx(result.x[-1], rel=1e-6, abs=1e-7)


def test_constant_ratio_gives_the_lead_of_the_closed_form() -> None:
    g_a, g_c, lag, ratio = math.log(3), math.log(4.5), 0.25, 4.0
    t = world.bounds_yr() - 2022
    leader = ((g_a + g_c) * t)[:, None]
    follower = leader - math.log(ratio) - g_a * lag
    form = constant_ratio_lead_months(
        compute_ratio=ratio, algorithm_lag_yr=lag, log_algorithm_growth=g_a, log_compute_growth=g_c
    )
    assert form == pytest.approx(7.7, abs=0.05)
    assert world.lead_months(leader, follower) == pytest.approx(np.full((45, 1), form), abs=1e-6)


def test_spillover_shortens_the_lead_as_the_closed_form_says() -> None:
    g, own_gap, beta, age = 2.6, 3.0, 0.5, 6.0
    t = world.bounds_yr() - 2022
    leader = (g * t)[:, None]
    own = leader - own_gap
    seen = _shift.delayed(leader, _shift.lag(np.full(1, age), 45))
    follower = own + beta * np.maximum(seen - own, 0)
    own_months = 12 * own_gap / g
    form = (1 - beta) * own_months + beta * age
    assert world.lead_months(leader, follower)[5:] == pytest.approx(np.full((40, 1), form), abs=1e-6)
    same = constant_ratio_lead_months(
        compute_ratio=math.exp(own_gap),
        algorithm_lag_yr=0,
        log_algorithm_growth=0,
        log_compute_growth=g,
        spillover=beta,
        release_and_distillation_months=age,
    )
    assert same == pytest.approx(form)


def test_apparent_lead_follows_from_true_lead_and_release_delays() -> None:
    d_us, d_prc = 5.0, 2.0
    t = world.bounds_yr()[:, None] - 2022
    leader = 2.0 * t + 0.4 * t**1.5
    follower = np.maximum.accumulate(leader - 1.5 - 0.1 * t, axis=0)
    true = world.lead_months(leader, follower)
    apparent = world.apparent_lead_months(true, np.full(1, d_us), np.full(1, d_prc))

    def released(series: np.ndarray, delay: float) -> np.ndarray:
        return np.interp(t[:, 0] - delay / 12, t[:, 0], series[:, 0])

    direct = []
    late = np.linspace(0, 11, 44001)
    for place in range(12, 45):
        level = released(follower, d_prc)[place]
        reached = late[np.searchsorted(np.interp(late - d_us / 12, t[:, 0], leader[:, 0]), level)]
        direct.append(12 * (t[place, 0] - reached))
    assert apparent[12:, 0] == pytest.approx(direct, abs=0.15)


def test_the_sign_turns_when_the_follower_leads() -> None:
    t = (world.bounds_yr() - 2022)[:, None]
    ahead, behind = 2 * t, 2 * t - 1.0
    assert world.lead_months(ahead, behind)[8:] == pytest.approx(-world.lead_months(behind, ahead)[8:])


@given(st.floats(0, 14), st.floats(-3, 3))
def test_a_delayed_straight_line_is_a_shifted_line(months: float, slope: float) -> None:
    t = np.arange(45.0)[:, None]
    got = _shift.delayed(slope * t, _shift.lag(np.full(1, months), 45))
    assert got == pytest.approx(slope * (t - months / 3), abs=1e-9)


def test_history_splits_into_quarters_that_sum_to_their_years() -> None:
    totals = {2022: 0.29, 2023: 1.10, 2024: 3.7}
    quarters = _supply.parts_of_history(totals)
    assert quarters.reshape(3, 4).sum(axis=1) == pytest.approx(list(totals.values()))
    assert np.all(np.diff(quarters) > 0)
    # the last known year must not know what comes after it
    assert quarters[8:] == pytest.approx(_supply.parts_of_history({2023: 1.10, 2024: 3.7})[4:])


def test_mean_of_a_year_uses_what_there_is() -> None:
    stock = np.arange(1.0, 8.0)[:, None]
    assert _labs.year_mean(stock)[:, 0] == pytest.approx([1, 1.5, 2, 2.5, 3.5, 4.5, 5.5])


def test_uses_of_a_lab_sum_to_its_compute(draws, data) -> None:  # type: ignore[no-untyped-def]
    params = draws(50)
    compute = np.random.default_rng(2).uniform(0.1, 5, (45, 50))
    for nation in ("us", "prc"):
        parts = _labs.uses(params, nation, compute, data.constants)
        assert sum(parts.values()) == pytest.approx(compute)
        assert all(np.all(part >= -1e-12) for part in parts.values())


def test_named_labs_never_hold_more_than_their_nation(draws, data) -> None:  # type: ignore[no-untyped-def]
    params = draws(300) | {"share_openai": np.full(300, 0.7), "share_meta": np.full(300, 0.6)}
    for nation in ("US", "PRC"):
        total = sum(_labs.lab_shares(params, data, nation, 45).values())
        assert np.all(total <= data.constants["lab_share_limit"] + 1e-9)


def test_the_scale_of_capability_passes_its_anchors(draws, data) -> None:  # type: ignore[no-untyped-def]
    params = draws(20)
    growth = np.log(params["algorithm_growth"]) + np.log(data.constants["frontier_compute_growth"])
    released = 50 + growth * (world.bounds_yr()[:, None] - 2022)
    scale = _capability.scale(params, released, data.constants)
    at = np.array([2024.25, 2024.47, 2025.6])[:, None]
    before, anchor, later = _capability.capability(scale, 50 + growth * (at - 2022))
    assert anchor == pytest.approx(np.full(20, data.constants["capability_anchor"]))
    assert later - before == pytest.approx(params["capability_slope"] * 1.35)


def test_loop_gain_is_the_derivative_that_it_claims_to_be(data) -> None:  # type: ignore[no-untyped-def]
    gain, stock, made, points_per_log, capability = 0.1, 8.0, 2.0, 5.0, 128.0
    constants = data.constants

    def after(log_compute: float) -> float:
        points = capability + points_per_log * log_compute
        share = _synthetic.verified_share(np.array(points), constants)
        return float(_synthetic.effective_gain(gain, np.array(stock + share * made), constants))

    step = 1e-5
    numeric = (after(step) - after(-step)) / (2 * step)
    added = float(_synthetic.verified_share(np.array(capability), constants)) * made
    # the claim is made at the stock after the addition
    claimed = _synthetic.loop_gain(
        gain, np.array(stock + added), added, np.array(capability), points_per_log, constants
    )
    assert float(claimed) == pytest.approx(numeric, rel=1e-5)


def test_released_lead_uses_the_lags_given() -> None:
    true = np.full((45, 3), 9.0)
    months = np.array([0.0, 1.5, 3.0])
    assert _lead.apparent_lead_months(true, np.full(3, 4.0), months)[10] == pytest.approx(9 + months - 4)


def test_pure_parts_run_on_jax() -> None:
    jax = pytest.importorskip("jax")
    array = jax.numpy.asarray
    traded, premium = world.clearing(array([1.0, 4.0]), array([4.0, 1.0]), 1.0, 1.0)
    assert (list(map(float, traded)), list(map(float, premium))) == ([2.0, 1.0], [1.0, 0.0])
    capacity = jax.jit(lambda w: world.serving_capacity([1.0, 1.0], [0.15, 1.0], [1.19, 1.0], w))(array(0.4))
    assert float(capacity) == pytest.approx(2.19, abs=0.005)
    t = np.arange(45.0)[:, None]
    lead = jax.jit(world.lead_months)(array(2 * t), array(2 * t - 3))
    assert np.asarray(lead)[:, 0] == pytest.approx(np.full(45, 4.5), abs=1e-4)
