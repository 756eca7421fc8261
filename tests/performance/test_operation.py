"""Failures and checkpoints, split pools, fronts, intervals: by hand and by their limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtime.errors import OutOfRangeError
from leadtime.performance import (
    ServeLayout,
    ServeWorkload,
    checkpoint_interval_daly2006,
    chip_hours,
    goodput_frac,
    half_width,
    interval,
    pareto_front,
    serve,
    split_service,
)
from tests.performance.cases import DEEPSEEK_V3, H100, LLAMA_70B, chip, column, efficiencies, one, shapes


def test_chip_hours_of_the_published_run() -> None:
    # 14.8e12 tokens at 180,000 chip-hours per 10^12: 2.664 million, 1,543 tokens/s per chip.
    assert chip_hours(tokens=14.8e12, tokens_per_s_per_chip=1e12 / (180_000 * 3600)) == pytest.approx(2.664e6)
    assert chip_hours(tokens=1.0, tokens_per_s_per_chip=1.0, goodput=0.5) == pytest.approx(2 / 3600)


def test_goodput_of_a_published_run() -> None:
    """Llama 3 405B: more than 90 % effective time on 16,384 chips with restarts of minutes (arXiv:2407.21783, section 3.3.4)."""
    assert 0.9 < goodput_frac(n_chips=16384.0, checkpoint_s=5.0, restart_s=300.0) < 0.96


@given(st.floats(8, 1e5), st.floats(1.0, 3.0), st.floats(1, 60), st.floats(0, 3600))
def test_more_chips_fail_more_often(n: float, more: float, checkpoint: float, restart: float) -> None:
    few = goodput_frac(n_chips=n, checkpoint_s=checkpoint, restart_s=restart)
    many = goodput_frac(n_chips=n * more, checkpoint_s=checkpoint, restart_s=restart)
    assert 0 < many <= few <= 1


@given(st.floats(64, 5e4), st.floats(0.2, 5.0))
def test_the_best_interval_is_best(n: float, factor: float) -> None:
    between = 50_700.0 * 3600 / n
    best = checkpoint_interval_daly2006(checkpoint_s=10.0, mean_time_between_failures_s=between)
    assert goodput_frac(n_chips=n, interval_s=best * factor) <= goodput_frac(n_chips=n) * (1 + 2e-3)


def test_no_failures_lose_nothing() -> None:
    assert goodput_frac(
        n_chips=8.0, checkpoint_s=0.0, restart_s=0.0, interval_s=60.0, chip_hours_between_failures=1e30
    ) == pytest.approx(1.0)


def pools():
    work = ServeWorkload(input_tokens=column(4096.0), output_tokens=1024.0, weight_byte=1.0, dispatch_byte=1.0)
    layout = ServeLayout(data=16.0, expert=16.0)
    args = (shapes(DEEPSEEK_V3), chip(H100, "fp8"), layout, work, efficiencies(H100, "fp8"))
    return serve(*args, phase="prefill"), serve(*args, phase="decode", batch=512.0)


def test_a_split_service_by_hand() -> None:
    prefill, decode = pools()
    service = split_service(prefill, decode, input_tokens=4096.0, output_tokens=1024.0)
    seconds = 4096 / one(prefill.prefill_tok_s_per_chip) + 1024 / one(decode.decode_tok_s_per_chip)
    assert one(service.decode_tok_s_per_chip) == pytest.approx(1024 / seconds)
    assert one(service.prefill_share) == pytest.approx(4096 / one(prefill.prefill_tok_s_per_chip) / seconds)
    assert one(service.total_tok_s_per_chip) == pytest.approx(5120 / seconds)


def test_whole_replicas_cost_a_little_and_few_chips_serve_nothing() -> None:
    prefill, decode = pools()
    ask = {"input_tokens": 4096.0, "output_tokens": 1024.0}
    exact = one(split_service(prefill, decode, **ask).decode_tok_s_per_chip)
    whole = one(split_service(prefill, decode, n_chips=column(320.0), **ask).decode_tok_s_per_chip)
    assert 0.8 * exact < whole <= exact * (1 + 1e-9)
    assert np.isnan(one(split_service(prefill, decode, n_chips=column(16.0), **ask).decode_tok_s_per_chip))


def test_cached_input_shrinks_the_prefill_pool_and_transfers_delay_the_first_token() -> None:
    prefill, decode = pools()
    ask = {"input_tokens": 4096.0, "output_tokens": 1024.0}
    cold, warm = split_service(prefill, decode, **ask), split_service(prefill, decode, cache_hit_frac=0.5, **ask)
    assert one(warm.prefill_share) < one(cold.prefill_share)
    moved = split_service(prefill, decode, transfer_byte=70_272 * 4096.0, transfer_byte_per_s=50e9, **ask)
    assert one(moved.ttft_s) - one(cold.ttft_s) == pytest.approx(70_272 * 4096 / 50e9)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=40))
def test_no_point_of_a_front_is_beaten_and_every_other_is(points) -> None:
    cost, value = map(np.array, zip(*points, strict=True))
    front = pareto_front(cost, value)
    chosen = set(front.tolist())
    assert len(front) >= 1
    for i in range(len(points)):
        beaten = np.any((cost <= cost[i]) & (value >= value[i]) & ((cost < cost[i]) | (value > value[i])))
        twin = any(cost[j] == cost[i] and value[j] == value[i] for j in chosen)
        assert (not beaten) == (i in chosen or twin)


def test_nothing_known_has_no_front() -> None:
    assert pareto_front([np.nan, np.nan], [1.0, 2.0]).tolist() == []


def test_intervals_by_hand() -> None:
    low, high, level = interval(100.0, 0.3)
    assert (low, high, level) == (pytest.approx(74.08, rel=1e-3), pytest.approx(134.99, rel=1e-3), 0.8)
    wider = interval(100.0, 0.3, level=0.95)
    assert wider.high / 100 == pytest.approx(np.exp(0.3 * 1.95996 / 1.28155), rel=1e-4)
    shifted = interval(100.0, 0.3, shift=0.2)
    assert np.sqrt(shifted.low * shifted.high) == pytest.approx(100 * np.exp(0.2))
    assert np.isnan(interval(float("nan"), 0.3).low)


def test_an_unoffered_level_is_refused() -> None:
    with pytest.raises(OutOfRangeError, match=r"0\.77"):
        interval(1.0, 0.1, level=0.77)


def test_guesses_and_strangers_widen() -> None:
    values = efficiencies(engine="vllm")
    known = half_width(values, "serve_moe")
    assert known == values["half_width_serve_moe"] * values["half_width_serve_family_ratio"]
    assert half_width(efficiencies(engine="never-heard-of"), "serve_moe") == pytest.approx(
        known * efficiencies()["half_width_engine_ratio"]
    )
    assert efficiencies()["half_width_engine_ratio"] > 1
    guessed = half_width(values, "serve_moe", n_guesses=2.0)
    assert guessed == pytest.approx(np.sqrt(known**2 + 2 * values["half_width_guess"] ** 2))
    assert half_width(values, "serve_moe", basis="family") == pytest.approx(
        known * values["half_width_unmeasured_ratio"]
    )
    many = half_width(values, "serve_moe", basis=("measured", "other"))
    assert many.tolist() == pytest.approx([known, known * values["half_width_unmeasured_ratio"]])


def test_intervals_take_arrays() -> None:
    low, high, _ = interval(column(1.0, 2.0), 0.1)
    assert low.shape == high.shape == (2,)


def test_a_pool_that_does_not_fit_serves_nothing() -> None:
    work = ServeWorkload(input_tokens=column(1024.0), output_tokens=256.0)
    args = (shapes(LLAMA_70B), chip(), ServeLayout(), work, efficiencies())
    service = split_service(
        serve(*args, phase="prefill"), serve(*args, phase="decode"), input_tokens=1024.0, output_tokens=256.0
    )
    assert np.isnan(one(service.decode_tok_s_per_chip))
