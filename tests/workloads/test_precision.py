"""Storage by precision and part."""

import pytest

from leadtime.errors import LeadtimeError
from leadtime.workloads import (
    WeightPrecision,
    byte_per_value,
    find_model,
    numbers,
    prediction_count,
    weight_byte,
    weight_precision,
)


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("bf16", 2),
        ("FP16", 2),
        ("torch.bfloat16", 2),
        ("fp8", 1),
        ("e4m3", 1),
        ("int8", 1),
        ("NVFP4", 0.5625),
        ("mxfp4", 0.5625),
        ("int4", 0.5625),
        ("awq", 0.5625),
        ("fp32", 4),
    ],
)
def test_names_of_precisions(name: str, width: float) -> None:
    assert byte_per_value(name) == width


@pytest.mark.parametrize("name", ["", "fp3", "experts", "fp8=experts", "experts=", "=fp8", "experts=fp8,wings=bf16"])
def test_unknown_precisions_are_refused(name: str) -> None:
    with pytest.raises(LeadtimeError) as caught:
        weight_precision(name)
    assert caught.value.exit_status == 2


def test_one_name_leaves_tables_head_and_norms_at_16_bit() -> None:
    assert weight_precision("fp8") == WeightPrecision(attention=1, feed_forward=1, experts=1)
    assert weight_precision("fp32") == WeightPrecision(
        attention=4, feed_forward=4, experts=4, head=4, tables=4, other=4
    )


def test_later_parts_win() -> None:
    assert weight_precision("all=fp8, experts=fp4").experts == 0.5625
    assert weight_precision("experts=fp4,all=fp8").experts == 1


def test_gpt_oss_as_released_is_near_its_published_size() -> None:
    # published: checkpoints of 60.8 and 12.8 GiB, experts in MXFP4 (17/32 byte), the rest in bf16
    for name, gib in (("gpt-oss-120b", 60.8), ("gpt-oss-20b", 12.8)):
        experts = WeightPrecision(experts=17 / 32)
        assert weight_byte(find_model(name), experts) / 2**30 == pytest.approx(gib, rel=0.01)


def test_prediction_blocks_are_added_on_request() -> None:
    shape = find_model("deepseek-v3")
    difference = weight_byte(shape, "fp8", with_prediction=True) - weight_byte(shape, "fp8")
    assert difference == prediction_count(shape).total == numbers(shape).weights.prediction
