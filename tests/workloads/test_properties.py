"""What must hold for every shape."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadtime.workloads import (
    Experts,
    Mlp,
    ModelShape,
    WeightPrecision,
    activation_byte_per_token,
    active_matmul,
    active_parameters,
    find_model,
    forward_flop_per_token,
    kv_cache_byte,
    kv_cache_byte_per_token,
    kv_read_byte,
    numbers,
    operations,
    parts,
    shape_arrays,
    standard_dense_shape,
    total_parameters,
    training_flop_per_token,
    weight_byte,
)

from ._strategies import shapes

contexts = st.sampled_from([1, 8, 16, 100, 128, 1000, 4096, 50_000])


@given(shapes())
def test_the_parts_are_the_whole(shape: ModelShape) -> None:
    assert sum(part.total for part in parts(shape).values()) == total_parameters(shape)
    weights = numbers(shape).weights
    assert sum(weights[3:11]) == weights.total  # from attention to other: every weight in exactly one place


@given(shapes())
def test_active_lies_between_the_matrices_and_the_whole(shape: ModelShape) -> None:
    assert 0 < active_parameters(shape) <= total_parameters(shape)
    if shape.embedding.tied or not shape.is_mixture:
        assert active_matmul(shape) <= total_parameters(shape)
    if not shape.is_mixture:
        assert active_parameters(shape) == total_parameters(shape)


@given(shapes())
def test_a_tied_table_saves_exactly_one_table(shape: ModelShape) -> None:
    tied = replace(shape, embedding=replace(shape.embedding, tied=True))
    untied = replace(shape, embedding=replace(shape.embedding, tied=False))
    assert total_parameters(untied) - total_parameters(tied) == shape.embedding.n_vocabulary * shape.hidden_size
    assert active_matmul(untied) == active_matmul(tied)


@given(shapes(), contexts)
def test_one_more_layer_costs_more_of_everything(shape: ModelShape, context: int) -> None:
    first, *others = shape.mixers
    feed, *rest = shape.feed_forwards
    deeper = replace(
        shape,
        n_layers=shape.n_layers + 1,
        mixers=(replace(first, n_layers=first.n_layers + 1), *others),
        feed_forwards=(replace(feed, n_layers=feed.n_layers + 1), *rest),
    )
    for measure in (
        total_parameters,
        active_matmul,
        lambda x: forward_flop_per_token(x, context),
        lambda x: kv_cache_byte(x, context),
    ):
        assert measure(deeper) > measure(shape)


@given(shapes(), contexts)
def test_work_and_cache_never_fall_with_the_context(shape: ModelShape, context: int) -> None:
    for causal in (False, True):
        shorter, longer = (forward_flop_per_token(shape, n, causal=causal) for n in (context, context + 1))
        assert longer >= shorter * (1 - 1e-12)
    assert kv_cache_byte(shape, context + 1) >= kv_cache_byte(shape, context)
    assert kv_read_byte(shape, context + 1) >= kv_read_byte(shape, context)


@given(shapes(), contexts)
def test_a_token_costs_more_at_the_end_than_on_average(shape: ModelShape, context: int) -> None:
    assert forward_flop_per_token(shape, context, causal=True) <= forward_flop_per_token(shape, context) * (1 + 1e-12)


@given(shapes())
def test_the_cache_is_linear_below_every_window_and_beyond(shape: ModelShape) -> None:
    state = kv_cache_byte(shape, 0)
    below = kv_cache_byte_per_token(shape, 0)
    assert kv_cache_byte(shape, 7) == pytest.approx(state + 7 * below)
    far, further = kv_cache_byte(shape, 10_000), kv_cache_byte(shape, 10_100)
    assert further - far == pytest.approx(100 * kv_cache_byte_per_token(shape, 10_000), rel=1e-9, abs=1e-6)


@given(shapes(), contexts)
def test_no_more_is_read_than_is_stored(shape: ModelShape, context: int) -> None:
    ratio = numbers(shape).cache.read_ratio
    assert kv_read_byte(shape, context) <= kv_cache_byte(shape, context) * ratio * (1 + 1e-12)


@given(shapes(), contexts, st.sampled_from(["decode", "prefill", "training"]), st.sampled_from([1, 3, 64]))
def test_operations_sum_to_the_totals(shape: ModelShape, context: int, phase: str, n_batch: int) -> None:
    found = operations(shape, phase=phase, n_batch=n_batch, context=context)  # type: ignore[arg-type]
    tokens = n_batch * (1 if phase == "decode" else context)
    expected = tokens * forward_flop_per_token(shape, context, causal=phase != "decode", absorbed=phase == "decode")
    head = 2 * shape.embedding.n_vocabulary * shape.hidden_size
    if phase == "prefill":
        expected -= head * (tokens - n_batch)
    assert sum(operation.flop for operation in found) == pytest.approx(expected, rel=1e-9)
    assert all(
        value >= 0
        for operation in found
        for value in (operation.flop, operation.weight_byte, operation.activation_byte, operation.kv_byte)
    )


@given(shapes())
def test_a_large_batch_reads_every_weight_but_tables_and_norms(shape: ModelShape) -> None:
    found = operations(shape, phase="training", n_batch=1000, context=1000, weights=WeightPrecision())
    weights = numbers(shape).weights
    assert sum(operation.weight_byte for operation in found) == pytest.approx(
        2 * (weights.total - weights.embedding - weights.other), rel=1e-9
    )


@given(shapes(), contexts)
def test_decoding_reads_what_the_cache_functions_say(shape: ModelShape, context: int) -> None:
    found = operations(shape, phase="decode", n_batch=2, context=context)
    moved = sum(operation.kv_byte for operation in found)
    written = sum(
        operation.kv_byte for operation in operations(shape, phase="decode", n_batch=2, context=1e-9)
    )  # nothing to read yet
    assert moved - written == pytest.approx(
        2 * (kv_read_byte(shape, context) - kv_read_byte(shape, 0)), rel=1e-6, abs=1
    )


@given(shapes())
def test_all_experts_for_every_token_is_a_dense_model_of_the_same_width(shape: ModelShape) -> None:
    group = Experts(n_layers=shape.n_layers, n_experts=8, n_active=8, width=32)
    mixture = replace(shape, feed_forwards=(group,))
    dense = replace(shape, feed_forwards=(Mlp(n_layers=shape.n_layers, width=8 * 32),))
    router = shape.n_layers * shape.hidden_size * 8
    assert total_parameters(mixture) - total_parameters(dense) == router
    assert active_parameters(mixture) == total_parameters(mixture)
    assert forward_flop_per_token(mixture, 100) - forward_flop_per_token(dense, 100) == pytest.approx(2 * router)


@given(shapes(), contexts)
def test_training_is_three_forward_passes_and_recomputing_adds(shape: ModelShape, sequence: int) -> None:
    forward = forward_flop_per_token(shape, sequence, causal=True)
    none, selective, full = (
        training_flop_per_token(shape, sequence, recompute=how) for how in ("none", "selective", "full")
    )  # type: ignore[arg-type]
    assert none == pytest.approx(3 * forward)
    assert full == pytest.approx(4 * forward)
    assert none <= selective <= full * (1 + 1e-12)


@given(shapes())
def test_recomputing_keeps_less(shape: ModelShape) -> None:
    none, selective, full = (activation_byte_per_token(shape, recompute=how) for how in ("none", "selective", "full"))  # type: ignore[arg-type]
    assert none > selective > 0
    assert none > full > 0
    assert activation_byte_per_token(shape, precision="fp8") < none


@given(shapes())
def test_narrower_weights_take_less_room(shape: ModelShape) -> None:
    sizes = [weight_byte(shape, name) for name in ("fp32", "bf16", "fp8", "fp6", "fp4")]
    assert sizes == sorted(sizes, reverse=True)
    assert weight_byte(shape, "bf16") == pytest.approx(2 * total_parameters(shape))
    assert weight_byte(shape, "all=fp8") == pytest.approx(total_parameters(shape))
    assert weight_byte(shape, "int8") == weight_byte(shape, "fp8")


@given(st.lists(shapes(), min_size=1, max_size=5), st.lists(contexts, min_size=5, max_size=5))
def test_many_at_once_are_as_one_by_one(models: list[ModelShape], chosen: list[int]) -> None:
    arrays = shape_arrays(models)
    context = np.array(chosen[: len(models)], dtype=float)
    together = forward_flop_per_token(arrays, context, causal=True)
    alone = [forward_flop_per_token(model, n, causal=True) for model, n in zip(models, context, strict=True)]
    np.testing.assert_allclose(together, alone, rtol=1e-12)
    np.testing.assert_allclose(
        kv_cache_byte(arrays, context),
        [kv_cache_byte(model, n) for model, n in zip(models, context, strict=True)],
        rtol=1e-12,
    )


@given(st.floats(1e8, 9e12), st.sampled_from(["llama", "gpt"]))
@settings(max_examples=60)
def test_a_standard_shape_has_the_size_asked_for(n_params: float, style: str) -> None:
    shape = standard_dense_shape(n_params, style=style)
    assert total_parameters(shape) == pytest.approx(n_params, rel=0.01)
    assert 2 < shape.dense[0].width / shape.hidden_size < 7
    assert shape.origin.is_standard
    assert shape.origin.warnings


def test_standard_shapes_come_close_to_the_models_they_stand_for() -> None:
    for name, style in (
        ("llama2-7b", "llama"),
        ("llama3-70b", "llama"),
        ("gpt3-175b", "gpt"),
        ("llama3.1-405b", "llama"),
    ):
        real = find_model(name)
        stand_in = standard_dense_shape(total_parameters(real), style=style)
        assert active_matmul(stand_in) == pytest.approx(active_matmul(real), rel=0.08)
        assert stand_in.n_layers == pytest.approx(real.n_layers, rel=0.1)
        assert forward_flop_per_token(stand_in, 4096) == pytest.approx(forward_flop_per_token(real, 4096), rel=0.1)
