"""Collectives: goldens by hand, their limits in size, and more network never slower."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadtime.performance import (
    Link,
    all_gather_s,
    all_reduce_s,
    all_to_all_s,
    expert_exchange_byte,
    expert_exchange_s,
    link_for,
    point_to_point_s,
    reduce_scatter_s,
)
from tests.performance.cases import A100, H100, UNKNOWN, chip

COLLECTIVES = (all_reduce_s, all_gather_s, reduce_scatter_s, all_to_all_s, point_to_point_s)


def link(
    n_ranks: float, *, stride: float = 1.0, inside: float = 1.0, outside: float = 1.0, alpha: float = 1e-5, which=H100
) -> Link:
    return link_for(
        chip(which),
        n_ranks=n_ranks,
        stride=stride,
        inside_frac=inside,
        outside_frac=outside,
        latency_s=alpha,
        outside_latency_s=2e-5,
    )


def test_an_all_reduce_by_hand() -> None:
    # 512 MB over 8 H100: 2 x 7/8 x 512e6 / (450e9 x 0.8) = 2.489 ms, plus 16 us.
    assert all_reduce_s(512e6, link(8.0, inside=0.8, alpha=16e-6)) == pytest.approx(2.489e-3 + 16e-6, rel=1e-3)


def test_an_all_reduce_over_two_hosts_by_hand() -> None:
    # Inside 7/8 x 1e9 / 450e9 = 1.944 ms; between hosts (1 - 8/16) x 1e9 / (8 x 50e9) = 1.25 ms: inside is slower, twice.
    assert all_reduce_s(1e9, link(16.0, alpha=0.0)) == pytest.approx(2 * 1.9444e-3 + 2e-5, rel=1e-3)


def test_a_group_of_strided_ranks_has_one_member_per_host() -> None:
    spread = link(64.0, stride=8.0)
    assert spread.n_inside == 1.0
    assert all_gather_s(1e9, spread) == pytest.approx(1e-5 + 2e-5 + (1 - 1 / 64) * 1e9 / 50e9)


def test_cards_on_a_host_bus_talk_over_the_bus() -> None:
    from dataclasses import replace

    from leadtime.chips import Links

    card = replace(
        A100,
        id="card",
        links=Links(
            scale_up_name="PCIe 4.0 x16", scale_up_byte_per_s=64e9, scale_up_domain=1, scale_out_byte_per_s=25e9
        ),
    )
    assert chip(card).domain == 1.0
    assert all_gather_s(1e9, link(4.0, which=card, alpha=0.0)) == pytest.approx(0.75 * 1e9 / 32e9)


def test_an_unknown_network_is_not_a_number_only_where_it_is_used() -> None:
    assert all_reduce_s(1e6, link(1.0, which=UNKNOWN)) == 0.0
    assert np.isnan(all_reduce_s(1e6, link(64.0, which=UNKNOWN)))


@pytest.mark.parametrize("collective", COLLECTIVES)
@given(n=st.integers(2, 512), size=st.floats(1.0, 1e10), stride=st.sampled_from([1.0, 2.0, 8.0]))
def test_time_is_a_latency_plus_a_term_linear_in_size(collective, n: int, size: float, stride: float) -> None:
    group = link(float(n), stride=stride)
    latency = collective(0.0, group)
    assert latency == pytest.approx(group.latency_s)
    assert collective(2 * size, group) - latency == pytest.approx(2 * (collective(size, group) - latency), rel=1e-6)
    assert collective(size, group) > latency


@pytest.mark.parametrize("collective", COLLECTIVES)
def test_one_rank_sends_nothing(collective) -> None:
    assert collective(1e9, link(1.0)) == 0.0


@pytest.mark.parametrize("collective", COLLECTIVES)
@given(n=st.integers(2, 512), faster=st.floats(1.0, 10.0))
def test_more_network_is_never_slower(collective, n: int, faster: float) -> None:
    base, better = chip(), chip()
    better = better._replace(
        scale_up_byte_per_s=base.scale_up_byte_per_s * faster, scale_out_byte_per_s=base.scale_out_byte_per_s * faster
    )
    times = [
        collective(
            1e9,
            link_for(
                which, n_ranks=float(n), inside_frac=0.7, outside_frac=0.8, latency_s=1e-5, outside_latency_s=1e-5
            ),
        )
        for which in (base, better)
    ]
    assert times[1] <= times[0] * (1 + 1e-12)


def test_an_all_reduce_costs_a_scatter_and_a_gather() -> None:
    group = link(8.0, alpha=0.0)
    assert all_reduce_s(1e9, group) == pytest.approx(reduce_scatter_s(1e9, group) + all_gather_s(1e9, group))


def test_expert_bytes_by_hand() -> None:
    # 128 tokens x 7168 values x 8 experts over 128 ranks in 16 hosts, one byte each, a copy per expert:
    # 120/128 of 7.34 MB leave the host.
    group = link(128.0)
    inside, outside = expert_exchange_byte(
        n_tokens=128.0, width=7168.0, n_active=8.0, byte_per_value=1.0, link=group, combined=False
    )
    assert outside == pytest.approx(128 * 7168 * 8 * 120 / 128)
    assert inside == pytest.approx(128 * 7168 * 8 * 7 / 128)


def test_combining_copies_per_host_never_sends_more() -> None:
    group = link(128.0)
    each = {"n_tokens": 128.0, "width": 7168.0, "n_active": 8.0, "byte_per_value": 1.0, "link": group}
    assert expert_exchange_byte(**each)[1] < expert_exchange_byte(**each, combined=False)[1]
    limited = expert_exchange_byte(**each, n_limit=4.0)
    assert limited[1] == pytest.approx(128 * 7168 * 4 * (1 - 1 / 16))
    assert expert_exchange_s(**each, n_limit=4.0) < expert_exchange_s(**each)


def test_published_low_latency_kernels_between_hosts() -> None:
    """DeepEP, README: dispatch of 128 tokens of 7168 values to 8 experts in 8 bit over 128 H800: 192 us; combine in 16 bit 369 us."""
    group = link_for(
        chip(), n_ranks=128.0, inside_frac=0.66, outside_frac=0.9, latency_s=2.5e-5, outside_latency_s=1e-5
    )
    sent = {"n_tokens": 128.0, "width": 7168.0, "n_active": 8.0, "link": group, "combined": False}
    assert expert_exchange_s(byte_per_value=1.0, **sent) == pytest.approx(192e-6, rel=0.15)
    assert expert_exchange_s(byte_per_value=2.0, **sent) == pytest.approx(369e-6, rel=0.15)
