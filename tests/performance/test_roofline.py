"""Single operations against arithmetic by hand, and what must hold for any of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtime.performance import (
    causal_attention_s,
    decode_attention_s,
    gemm_s,
    grouped_gemm_s,
    harmonic_size,
    roofline_williams2009,
    size_factor,
    touched_experts,
)
from tests.performance.cases import fractions, positive


def test_a_product_by_hand() -> None:
    # 4096 rows x (4096 x 4096 weights) in 16 bit on an H100: 2 x 4096^3 = 1.374e11 FLOP at 989.4e12 x 0.5 = 277.8 us;
    # bytes 2 x 4096^2 (weights) + 2 x 4096 x 8192 (inputs and outputs) = 1.007e8 at 3.35e12 x 0.8 = 37.6 us.
    time = gemm_s(
        rows=4096.0,
        weights=4096.0**2,
        peak_flop_per_s=989.4e12,
        bandwidth_byte_per_s=3.35e12,
        efficiency=0.5,
        memory_efficiency=0.8,
        weight_byte=2.0,
        activation_byte=2.0 * 4096 * 8192,
    )
    assert time.compute == pytest.approx(277.82e-6, rel=1e-4)
    assert time.memory == pytest.approx(37.56e-6, rel=1e-3)
    assert time.total == time.compute
    assert time.ideal == pytest.approx(138.91e-6, rel=1e-4)


def test_one_row_is_bound_by_reading_the_weights() -> None:
    time = gemm_s(
        rows=1.0,
        weights=1e9,
        peak_flop_per_s=1e15,
        bandwidth_byte_per_s=1e12,
        efficiency=1.0,
        memory_efficiency=1.0,
        weight_byte=2.0,
    )
    assert time.total == time.memory == pytest.approx(2e-3)


def test_expected_experts_by_hand() -> None:
    # 8 of 256 experts, one token: 8 are touched; two tokens: 256 (1 - (1 - 1/32)^2) = 15.75.
    assert touched_experts(256.0, 256.0, 8.0, 1.0) == pytest.approx(8.0)
    assert touched_experts(256.0, 256.0, 8.0, 2.0) == pytest.approx(15.75)
    assert touched_experts(32.0, 256.0, 8.0, 1e6) == pytest.approx(32.0)


def test_a_model_that_uses_all_its_experts_touches_all_with_one_token() -> None:
    assert touched_experts(8.0, 8.0, 8.0, 1.0) == pytest.approx(8.0, rel=1e-6)


def test_no_experts_take_no_time() -> None:
    time = grouped_gemm_s(
        routed_rows=0.0,
        touched=0.0,
        weights=0.0,
        peak_flop_per_s=1e15,
        bandwidth_byte_per_s=1e12,
        efficiency=0.5,
        half_size=10.0,
        memory_efficiency=0.9,
        weight_byte=1.0,
    )
    assert tuple(time) == (0.0, 0.0, 0.0)


def test_sizes() -> None:
    assert harmonic_size(64.0, 64.0, 64.0) == pytest.approx(64.0)
    assert harmonic_size(1e9, 1e9, 100.0) == pytest.approx(300.0, rel=1e-5)
    assert size_factor(100.0, 100.0) == 0.5
    assert size_factor(100.0, 0.0) == 1.0


def test_scalar_in_scalar_out() -> None:
    value = roofline_williams2009(
        flop=2e12, traffic_byte=1e9, peak_flop_per_s=np.float64(1e15), bandwidth_byte_per_s=1e12
    )
    assert isinstance(value, float)


@given(positive, positive, fractions, fractions, positive, positive)
def test_no_product_beats_the_roofline(
    rows: float, weights: float, e: float, eta: float, peak: float, bandwidth: float
) -> None:
    time = gemm_s(
        rows=rows,
        weights=weights,
        peak_flop_per_s=peak,
        bandwidth_byte_per_s=bandwidth,
        efficiency=e * size_factor(rows, 3.0),
        memory_efficiency=eta,
        weight_byte=1.0,
        activation_byte=rows,
    )
    floor = roofline_williams2009(
        flop=2 * rows * weights, traffic_byte=weights + rows, peak_flop_per_s=peak, bandwidth_byte_per_s=bandwidth
    )
    assert time.total >= time.ideal * (1 - 1e-12)
    assert time.ideal == pytest.approx(floor)


@given(st.floats(1, 1e5), st.floats(1, 1e5), positive, fractions)
def test_longer_sequences_run_attention_at_a_higher_rate(length: float, more: float, peak: float, e: float) -> None:
    def rate(tokens: float) -> float:
        return 1.0 / causal_attention_s(flop=1.0, length=tokens, peak_flop_per_s=peak, efficiency=e, half_length=600.0)

    assert rate(length + more) >= rate(length)
    assert rate(length) <= peak


def test_decode_attention_by_hand() -> None:
    # 8 GB of cache at 3.35e12 x 0.8: 2.985 ms; 1e12 FLOP at 1e15 x 0.5: 2 ms.
    time = decode_attention_s(
        flop=1e12,
        read_byte=8e9,
        peak_flop_per_s=1e15,
        bandwidth_byte_per_s=3.35e12,
        efficiency=0.5,
        memory_efficiency=0.8,
    )
    assert time.total == time.memory == pytest.approx(2.985e-3, rel=1e-3)
    assert time.compute == pytest.approx(2e-3)
