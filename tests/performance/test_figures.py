"""Figure data: complete, within the roofline, consistent with the functions they come from."""

from itertools import pairwise

import pytest

from leadtime.performance import ServeWorkload, compare_chips, operating_points, roofline_points
from tests.performance.cases import DEEPSEEK_V3, H20, H100, H800, LLAMA_8B, LLAMA_70B, UNKNOWN, table


@pytest.mark.parametrize("phase", ["decode", "prefill", "training"])
@pytest.mark.parametrize("model", [LLAMA_8B, DEEPSEEK_V3], ids=lambda model: model.id)
def test_operations_lie_on_the_roofline(model, phase) -> None:
    points = roofline_points(model, H20, phase=phase, n_batch=32, context=2048, precision="fp8")
    assert sum(point.share_of_time_frac for point in points) == pytest.approx(1.0)
    for point in points:
        assert point.attainable_flop_per_s <= 296e12 * (1 + 1e-9)
        if point.bound == "memory":
            assert point.attainable_flop_per_s == pytest.approx(point.intensity_flop_per_byte * 4e12)
    assert {point.bound for point in points} == {"memory", "compute"} or phase != "decode"


def test_decode_of_one_sequence_is_bound_by_memory_throughout() -> None:
    assert {point.bound for point in roofline_points(LLAMA_8B, H100, n_batch=1)} == {"memory"}


def test_chips_compared() -> None:
    rows = compare_chips(
        LLAMA_70B, [H100, H800, H20], table(), contexts=(4096, 32768), n_train_chips=256, train_batch_tokens=4e6
    )
    found = {(row.chip_id, row.workload): row for row in rows}
    assert len(found) == 3 * 4
    training = [found[chip.id, "training"].tok_s_per_chip for chip in (H100, H800, H20)]
    assert training[0] > training[1] > training[2], "the caps of 2022 and 2023"
    ratio_training = found[H20.id, "training"].tok_s_per_chip / found[H100.id, "training"].tok_s_per_chip
    ratio_decode = found[H20.id, "decode_32k"].tok_s_per_chip / found[H100.id, "decode_32k"].tok_s_per_chip
    assert ratio_training < 0.3 < 0.7 < ratio_decode, "an H20 is weak in training and strong in decode"
    assert found[H100.id, "decode_4k"].tok_s_per_chip > found[H100.id, "decode_32k"].tok_s_per_chip
    row = found[H100.id, "prefill"]
    assert row.joule_per_tok == pytest.approx(700.0 / row.tok_s_per_chip)


def test_a_chip_that_cannot_says_why() -> None:
    from dataclasses import replace

    from leadtime.chips import Memory

    rows = compare_chips(
        LLAMA_70B, [replace(UNKNOWN, memory=Memory(capacity_byte=48e9)), UNKNOWN], table(), n_train_chips=64
    )
    assert all(row.tok_s_per_chip is None for row in rows[:5])
    assert all("bandwidth" in row.reason for row in rows[:5])
    assert any(row.tok_s_per_chip is None and row.reason for row in rows[5:])


def test_operating_points_form_a_front() -> None:
    points = operating_points(LLAMA_70B, H100, table(), ServeWorkload(1024.0, 512.0, weight_byte=1.0), n_chips=8)
    assert len(points) >= 5
    for earlier, later in pairwise(points):
        assert later.tpot_s > earlier.tpot_s
        assert later.decode_tok_s_per_chip > earlier.decode_tok_s_per_chip
    assert points[0].tensor >= points[-1].tensor
