"""Experts under load against simulation and by hand."""

import numpy as np
import pytest

from leadtime.workloads import domains_reached, load_imbalance, touched_experts


def test_touched_experts_by_hand() -> None:
    assert touched_experts(8, 2, 0) == 0
    assert touched_experts(8, 2, 1) == 2
    assert touched_experts(8, 2, 2) == pytest.approx(8 * (1 - 0.75**2))
    assert touched_experts(8, 8, 1) == pytest.approx(8)
    assert touched_experts(256, 8, 10_000) == pytest.approx(256)


def simulated(n_experts: int, n_active: int, n_tokens: int) -> tuple[float, float]:
    rng = np.random.default_rng(1)
    touched, busiest = [], []
    for _ in range(150):
        chosen = rng.random((n_tokens, n_experts)).argpartition(n_active - 1, axis=1)[:, :n_active]
        counts = np.bincount(chosen.ravel(), minlength=n_experts)
        touched.append((counts > 0).sum())
        busiest.append(counts.max() / (n_tokens * n_active / n_experts))
    return float(np.mean(touched)), float(np.mean(busiest))


@pytest.mark.parametrize(
    ("n_experts", "n_active", "n_tokens"),
    [(8, 2, 16), (16, 4, 32), (64, 6, 64), (128, 8, 256), (256, 8, 64), (256, 8, 1024)],
)
def test_against_simulation(n_experts: int, n_active: int, n_tokens: int) -> None:
    touched, busiest = simulated(n_experts, n_active, n_tokens)
    assert touched_experts(n_experts, n_active, n_tokens) == pytest.approx(touched, rel=0.02)
    assert load_imbalance(n_experts, n_active / n_experts, n_tokens) == pytest.approx(busiest, rel=0.06)


def test_imbalance_vanishes_with_many_tokens_and_is_bounded() -> None:
    loads = load_imbalance(64, 1 / 8, np.array([1.0, 10.0, 1e3, 1e6]))
    assert (np.diff(loads) < 0).all()
    assert loads[-1] == pytest.approx(1, abs=0.01)
    assert loads[0] <= 8
    assert load_imbalance(1, 1.0, 5) == 1


def test_domains_reached_by_hand() -> None:
    assert domains_reached(1, 8) == 0
    assert domains_reached(4, 1) == pytest.approx(0.75)
    assert domains_reached(8, 8, 4) <= 4
