"""The struct of arrays: NumPy and JAX, one and many, speed."""

import time
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from leadtime.workloads import (
    FLOP_CONVENTIONS,
    ShapeArrays,
    activation_byte_per_token,
    domains_reached,
    find_model,
    forward_flop_per_token,
    kv_cache_byte,
    kv_cache_byte_per_token,
    kv_read_byte,
    load_imbalance,
    model_records,
    numbers,
    shape_arrays,
    take,
    touched_experts,
    training_flop_per_token,
    weight_byte,
)


@pytest.fixture(scope="module")
def everything() -> ShapeArrays:
    return shape_arrays([find_model(model_id) for model_id in model_records()])


def leaves(arrays: ShapeArrays) -> list[np.ndarray]:
    return [field for group in arrays for field in group]


def test_one_number_per_model_and_quantity(everything: ShapeArrays) -> None:
    n = len(model_records())
    for field in leaves(everything):
        assert field.shape == (n,)
        assert field.dtype == float
        assert np.isfinite(field).all()
        assert (field >= 0).all()


def test_an_empty_list_gives_empty_arrays() -> None:
    assert all(field.shape == (0,) for field in leaves(shape_arrays([])))


def test_gathering_repeats_and_reorders(everything: ShapeArrays) -> None:
    picked = take(everything, np.array([3, 3, 0]))
    assert isinstance(picked, ShapeArrays)
    for one, all_ in zip(leaves(picked), leaves(everything), strict=True):
        np.testing.assert_array_equal(one, all_[[3, 3, 0]])


def test_what_the_arrays_say_of_known_models() -> None:
    arrays = shape_arrays(
        [find_model("llama3-70b"), find_model("mixtral-8x7b"), find_model("deepseek-v3"), find_model("gpt3-175b")]
    )
    np.testing.assert_array_equal(arrays.size.hidden, [8192, 4096, 7168, 12288])
    np.testing.assert_array_equal(arrays.size.query, [8192, 4096, 128 * 192, 12288])
    np.testing.assert_array_equal(arrays.size.key_value, [2048, 2048, 576, 24576])
    np.testing.assert_array_equal(arrays.size.n_kv_heads, [8, 8, 1, 96])
    np.testing.assert_array_equal(arrays.size.gated, [1, 1, 1, 0])
    np.testing.assert_allclose(arrays.size.feed_forward, [28672, 2 * 14336, (3 * 18432 + 58 * 9 * 2048) / 61, 49152])
    np.testing.assert_array_equal(arrays.experts.n_layers, [0, 32, 58, 0])
    np.testing.assert_array_equal(arrays.experts.weights, [0, 3 * 4096 * 14336, 3 * 7168 * 2048, 0])
    np.testing.assert_array_equal(arrays.cache.replicated, [0, 0, 1, 0])
    np.testing.assert_array_equal(arrays.weights.embedding[:3], [128256 * 8192, 32000 * 4096, 129280 * 7168])
    idle = np.array([0, 32 * 6 * 3 * 4096 * 14336, 58 * 248 * 3 * 7168 * 2048, 0])
    np.testing.assert_allclose(arrays.weights.total, arrays.weights.active + idle)


def test_experts_beside_a_dense_part_add_up_in_one_layer() -> None:
    arrays = numbers(find_model("gemma4-26b-a4b"))
    assert arrays.size.feed_forward == 2112 + 8 * 704


def test_activations_of_a_gpt_block_by_hand() -> None:
    # per layer 12 d + 4 H h + 4 f byte with f = 4 d: 32 d; with fp8 less 3 d + f = 7 d; recomputed 2 d
    shape = find_model("gpt3-175b")
    assert activation_byte_per_token(shape) == 96 * 32 * 12288
    assert activation_byte_per_token(shape, precision="fp8") == 96 * 25 * 12288
    assert activation_byte_per_token(shape, recompute="full") == 96 * 2 * 12288


def test_conventions_of_sources_by_hand() -> None:
    shape = find_model("megatron21-145p6b")
    n, d, vocabulary, sequence = 80, 12288, 51200, 2048
    paper = 96 * n * d**2 * (1 + sequence / (6 * d) + vocabulary / (16 * n * d))
    assert FLOP_CONVENTIONS["megatron2021"](shape, sequence) == pytest.approx(paper)
    # the paper counts four passes with square attention; ours four with half of it
    matrices = 12 * n * d**2 + vocabulary * d
    causal = 4 * n * d * sequence / 2  # 4 H h per layer and context token, half the context on average
    ours = training_flop_per_token(shape, sequence, recompute="full")
    assert ours == pytest.approx(4 * (2 * matrices + causal))
    assert FLOP_CONVENTIONS["six_n"](shape, sequence) == pytest.approx(6 * matrices)
    assert FLOP_CONVENTIONS["palm2022"](shape, sequence) == pytest.approx(6 * matrices + 12 * n * d * sequence)
    assert FLOP_CONVENTIONS["causal"](shape, sequence) == pytest.approx(6 * matrices + 6 * n * d * sequence)


FUNCTIONS: dict[str, Any] = {
    "forward": forward_flop_per_token,
    "causal": lambda a, c: forward_flop_per_token(a, c, causal=True),
    "absorbed": lambda a, c: forward_flop_per_token(a, c, absorbed=True),
    "training": lambda a, c: training_flop_per_token(a, c, recompute="selective"),
    "stored": lambda a, c: kv_cache_byte(a, c, precision="fp8"),
    "grows": kv_cache_byte_per_token,
    "read": kv_read_byte,
    "weights": lambda a, c: weight_byte(a, "experts=fp4,rest=bf16") + 0 * c,
    "kept": lambda a, c: activation_byte_per_token(a, recompute="selective", precision="fp8") + 0 * c,
    "touched": lambda a, c: touched_experts(a.experts.n_experts, a.experts.n_active, c),
    "uneven": lambda a, c: load_imbalance(a.experts.n_experts, a.experts.n_active / a.experts.n_experts, c),
    "reached": lambda a, c: domains_reached(8.0 + 0 * c, a.experts.n_active, 4.0),
    **FLOP_CONVENTIONS,
}


def test_numpy_and_jax_agree() -> None:
    jax = pytest.importorskip("jax")
    models = shape_arrays([find_model("deepseek-v3.2"), find_model("gpt-oss-120b"), find_model("minimax-m1")])
    context = np.array([100.0, 5_000.0, 200_000.0])
    with jax.enable_x64():
        on_jax = jax.tree.map(jax.numpy.asarray, models)
        for name, function in FUNCTIONS.items():
            expected = function(models, context)
            plain = function(on_jax, jax.numpy.asarray(context))
            compiled = jax.jit(function)(on_jax, jax.numpy.asarray(context))
            assert isinstance(plain, jax.Array), name
            np.testing.assert_allclose(np.asarray(plain), expected, rtol=1e-10, err_msg=name)
            np.testing.assert_allclose(np.asarray(compiled), expected, rtol=1e-10, err_msg=name)


def test_ten_thousand_shapes_take_seconds_at_most() -> None:
    models = [find_model(model_id) for model_id in model_records()]
    distinct = [
        replace(models[i % len(models)], hidden_size=models[i % len(models)].hidden_size + 8 * i) for i in range(10_000)
    ]
    start = time.process_time()
    arrays = shape_arrays(distinct)
    once = time.process_time() - start
    assert once < 60  # about 0.8 s on one core
    assert arrays.weights.total.shape == (10_000,)
    start = time.process_time()
    shape_arrays([models[i % len(models)] for i in range(10_000)])
    assert time.process_time() - start < once / 2  # known models are computed once
