"""The operations of one pass."""

from typing import Any

import pytest

from leadtime.errors import LeadtimeError
from leadtime.workloads import find_model, model_records, operations, touched_experts


def by_name(name: str, **arguments: object) -> dict[str, Any]:
    found = operations(find_model(name), **arguments)  # type: ignore[arg-type]
    return {operation.name: operation for operation in found}


def test_decode_of_llama_70b_by_hand() -> None:
    found = by_name("llama3-70b", phase="decode", n_batch=64, context=4096)
    query = found["attention.query"]
    assert query.flop == 64 * 80 * 2 * 8192 * 8192
    assert query.weight_byte == 80 * 2 * 8192 * 8192
    core = found["attention.full"]
    assert core.flop == 64 * 80 * 4 * 8192 * 4096
    # 85.9 GB of cache read, as a check of the published 8x overcounts, and one token written
    assert core.kv_byte == 64 * (4096 + 1) * 327_680
    assert found["head"].flop == 64 * 2 * 128256 * 8192


def test_decode_of_few_tokens_reads_only_the_experts_it_touches() -> None:
    one = by_name("deepseek-v3", phase="decode", n_batch=1, context=1000)["experts.routed"]
    assert one.weight_byte == pytest.approx(58 * 8 * 3 * 7168 * 2048 * 2)
    many = by_name("deepseek-v3", phase="decode", n_batch=64, context=1000)["experts.routed"]
    assert many.weight_byte == pytest.approx(58 * touched_experts(256, 8, 64) * 3 * 7168 * 2048 * 2)


def test_absorbed_decode_reads_576_values_for_128_heads() -> None:
    core = by_name("deepseek-v3", phase="decode", n_batch=1, context=1000)["attention.full"]
    assert core.kv_byte == 61 * 576 * 2 * 1001
    assert core.flop == 16_990_208 * 1000


def test_prefill_computes_the_head_once_per_prompt() -> None:
    prefill = by_name("llama3-8b", phase="prefill", n_batch=2, context=1000)["head"]
    training = by_name("llama3-8b", phase="training", n_batch=2, context=1000)["head"]
    assert training.flop == 1000 * prefill.flop


def test_precision_of_parts_is_respected() -> None:
    mixed = by_name(
        "gpt-oss-120b", phase="decode", n_batch=10_000, context=100, weights="experts=fp4,rest=bf16", kv_precision="fp8"
    )
    plain = by_name("gpt-oss-120b", phase="decode", n_batch=10_000, context=100)
    assert mixed["experts.routed"].weight_byte == pytest.approx(plain["experts.routed"].weight_byte * 0.5625 / 2)
    assert mixed["attention.query"].weight_byte == plain["attention.query"].weight_byte
    assert mixed["attention.full"].kv_byte == plain["attention.full"].kv_byte / 2


def test_intensity_grows_with_the_batch() -> None:
    small, large = (
        by_name("llama3-8b", phase="decode", n_batch=n, context=100)["mlp.up"].flop_per_byte for n in (1, 256)
    )
    assert small == pytest.approx(1, rel=0.01)
    assert large > 100


def test_every_model_of_the_catalogue_has_a_table() -> None:
    for model_id in model_records():
        found = operations(find_model(model_id), phase="decode", n_batch=4, context=3000)
        assert all(operation.flop > 0 for operation in found)


@pytest.mark.parametrize(
    "arguments",
    [
        {"phase": "dream"},
        {"n_batch": 0},
        {"context": -1},
        {"context": float("nan")},
        {"weights": "fp3"},
        {"kv_precision": ""},
        {"weights": "wings=fp8"},
    ],
)
def test_impossible_passes_are_refused(arguments: dict[str, object]) -> None:
    with pytest.raises(LeadtimeError) as caught:
        operations(find_model("llama3-8b"), **{"phase": "decode", "n_batch": 1, "context": 10, **arguments})  # type: ignore[arg-type]
    assert caught.value.exit_status == 2
