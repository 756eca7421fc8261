"""One source, two namespaces: every public numeric function gives the same under NumPy and JAX, plain and compiled."""

import inspect
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import leadtime.performance as performance
from leadtime.performance import (
    Link,
    ServeLayout,
    ServeWorkload,
    TrainLayout,
    TrainWorkload,
    capped_chips,
    chip_arrays,
    link_for,
    serve,
    train_step,
)
from tests.performance.cases import DEEPSEEK_V3, H20, H100, LLAMA_8B, QWEN3_30B, WINDOWED, shapes, table

jax = pytest.importorskip("jax")

N = 4
MODELS = shapes(LLAMA_8B, DEEPSEEK_V3, QWEN3_30B, WINDOWED)
CHIPS = chip_arrays([H100, H20, H100, H20], "fp8")
EFFICIENCIES = dict(table().efficiencies([H100, H20, H100, H20], "fp8").values)
LINK = Link(
    np.array([2.0, 8.0, 16.0, 64.0]),
    np.array([2.0, 8.0, 8.0, 8.0]),
    np.full(N, 3e11),
    np.full(N, 4e10),
    np.full(N, 1e-5),
)
X = np.array([1.0, 30.0, 500.0, 4000.0])
E = np.array([0.3, 0.5, 0.7, 0.9])
TRAIN = (
    MODELS, CHIPS,
    TrainLayout(n_chips=np.array([8.0, 256.0, 64.0, 32.0]), tensor=np.array([2.0, 1.0, 2.0, 4.0]), pipeline=np.array([1.0, 4.0, 2.0, 1.0]),
                expert=np.array([1.0, 8.0, 8.0, 4.0]), recompute=np.array([0.0, 1.0, 2.0, 0.0])),
    TrainWorkload(sequence_tokens=np.array([4096.0, 4096.0, 8192.0, 2048.0]), batch_tokens=4e6), EFFICIENCIES,
)  # fmt: skip
SERVE = (
    MODELS, CHIPS,
    ServeLayout(tensor=np.array([1.0, 1.0, 2.0, 4.0]), data=np.array([1.0, 16.0, 2.0, 1.0]), expert=np.array([1.0, 16.0, 4.0, 4.0])),
    ServeWorkload(input_tokens=np.array([1024.0, 4096.0, 512.0, 8192.0]), output_tokens=256.0, weight_byte=1.0, draft_tokens=1.0, acceptance_frac=0.7),
    EFFICIENCIES,
)  # fmt: skip

PERFECT = {"peak_flop_per_s": 1e15, "bandwidth_byte_per_s": 3e12}
CASES: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "all_gather_s": ((X * 1e6, LINK), {}),
    "all_reduce_s": ((X * 1e6, LINK), {}),
    "all_to_all_s": ((X * 1e6, LINK), {}),
    "capped_chips": ((CHIPS,), {"tpp": X * 10, "interconnect_byte_per_s": X * 1e9, "bandwidth_byte_per_s": X * 1e9, "capacity_byte": X * 1e9}),
    "causal_attention_s": ((), {"flop": X * 1e12, "length": X, "peak_flop_per_s": 1e15, "efficiency": E, "half_length": 600.0}),
    "checkpoint_interval_daly2006": ((), {"checkpoint_s": X, "mean_time_between_failures_s": X * 100}),
    "chip_hours": ((), {"tokens": X * 1e9, "tokens_per_s_per_chip": X, "goodput": E}),
    "decode_attention_s": ((), {"flop": X, "read_byte": X, "efficiency": E, "memory_efficiency": E, **PERFECT}),
    "elementwise_s": ((), {"traffic_byte": X, "bandwidth_byte_per_s": 1e12, "memory_efficiency": E}),
    "expert_exchange_byte": ((), {"n_tokens": X, "width": 7168.0, "n_active": 8.0, "byte_per_value": 1.0, "link": LINK}),
    "expert_exchange_s": ((), {"n_tokens": X, "width": 7168.0, "n_active": 8.0, "byte_per_value": 1.0, "link": LINK, "n_limit": 4.0}),
    "gemm_s": ((), {"rows": X, "weights": 1e9, "efficiency": E, "memory_efficiency": E, "weight_byte": 1.0, "activation_byte": X, **PERFECT}),
    "goodput_frac": ((), {"n_chips": X}),
    "grouped_gemm_s": ((), {"routed_rows": X, "touched": E * 100, "weights": 1e7, "efficiency": E, "half_size": 100.0, "memory_efficiency": E,
                            "weight_byte": 1.0, "imbalance": 1.1, **PERFECT}),
    "half_width": ((EFFICIENCIES, "serve_moe"), {"n_guesses": np.arange(4.0)}),
    "harmonic_size": ((X, X + 1, X + 2), {}),
    "interval": ((X, E), {"level": 0.9}),
    "link_for": ((CHIPS,), {"n_ranks": LINK.n_ranks, "stride": 2.0, "inside_frac": E, "outside_frac": E, "latency_s": 1e-5, "outside_latency_s": 1e-5}),
    "max_batch": (SERVE, {}),
    "point_to_point_s": ((X * 1e6, LINK), {}),
    "reduce_scatter_s": ((X * 1e6, LINK), {}),
    "ridge_flop_per_byte": ((CHIPS,), {}),
    "roofline_williams2009": ((), {"flop": X, "traffic_byte": X, **PERFECT}),
    "serve": (SERVE, {}),
    "size_factor": ((X, 100.0), {}),
    "split_service": ((serve(*SERVE, phase="prefill"), serve(*SERVE, phase="decode")), {"input_tokens": 1024.0, "output_tokens": 256.0, "n_chips": 320.0}),
    "touched_experts": ((E * 100, 256.0, 8.0, X), {}),
    "train_flop_per_token": ((MODELS, 4096.0), {"lora": E}),
    "train_step": (TRAIN, {}),
    "weight_byte_per_chip": ((MODELS, SERVE[2], SERVE[3]), {}),
}  # fmt: skip
NOT_NUMERIC = {
    # look up rows, names or chips; drive NumPy tables; or take the namespace itself
    "arithmetic_precision", "chip_arrays", "compare_chips", "efficiencies_from_rows", "failure_reason", "holds_whole_window", "in_blocks", "on_host_bus", "operating_points",
    "parameter", "pareto_front", "roofline_points", "sample_efficiencies", "search_serve_layout", "search_split_service", "search_train_layout", "tokens_per_step",
}  # fmt: skip


def leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, dict):
        for name in sorted(tree):  # a compiled function returns mappings in the order of their keys
            yield from leaves(tree[name])
    elif isinstance(tree, tuple):
        for value in tree:
            yield from leaves(value)
    else:
        yield tree


def on_jax(tree: Any) -> Any:
    return jax.tree.map(lambda leaf: leaf if isinstance(leaf, str) else jax.numpy.asarray(leaf), tree)


def same(left: Any, right: Any) -> None:
    pairs = list(zip(leaves(left), leaves(right), strict=True))
    assert pairs
    for a, b in pairs:
        np.testing.assert_allclose(np.asarray(b, dtype=float), np.asarray(a, dtype=float), rtol=1e-9, atol=1e-300)


def test_every_public_function_is_registered() -> None:
    functions = {name for name in performance.__all__ if inspect.isfunction(getattr(performance, name))}
    assert functions == CASES.keys() | NOT_NUMERIC
    assert not CASES.keys() & NOT_NUMERIC


@pytest.mark.parametrize("name", sorted(CASES))
def test_numpy_and_jax_agree(name: str) -> None:
    args, keywords = CASES[name]
    function = getattr(performance, name)
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
        fixed = {key: value for key, value in keywords.items() if key == "level"}
        moved = {key: on_jax(value) for key, value in keywords.items() if key not in fixed}
        result = function(*on_jax(args), **moved, **fixed)
        assert any(isinstance(leaf, jax.Array) for leaf in leaves(result)), "the JAX arrays were lost on the way"
        same(function(*args, **keywords), result)


@pytest.mark.slow
@pytest.mark.parametrize("function", [train_step, serve])
def test_compiled_equals_plain(function: Any) -> None:
    args = TRAIN if function is train_step else SERVE
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
        same(function(*args), jax.jit(function)(*on_jax(args)))
        if function is serve:
            limited = jax.jit(lambda *trees: serve(*trees, tpot_limit_s=0.05))(*on_jax(args))
            same(serve(*args, tpot_limit_s=0.05), limited)


def test_draws_agree() -> None:
    from leadtime.performance import sample_efficiencies

    base = table().efficiencies([H100, H20])
    z = np.random.default_rng(0).standard_normal((len(base.factors), 7))
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():
        same(dict(sample_efficiencies(base, z).values), dict(sample_efficiencies(base, jax.numpy.asarray(z)).values))


@pytest.mark.slow
def test_gradients_flow_through_a_cap() -> None:
    """Tokens per second rise with a looser cap on arithmetic: the derivative exists and is positive."""
    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else jax.experimental.enable_x64():

        def rate(tpp: Any) -> Any:
            return train_step(
                MODELS, capped_chips(CHIPS, tpp=tpp), TRAIN[2], TRAIN[3], EFFICIENCIES
            ).tokens_per_s_per_chip[0]

        slope = float(jax.grad(rate)(jax.numpy.asarray(1000.0)))
        step = float(rate(jax.numpy.asarray(1001.0)) - rate(jax.numpy.asarray(999.0))) / 2
        assert slope == pytest.approx(step, rel=1e-3)
        assert slope > 0


def test_links_are_built_the_same() -> None:
    assert isinstance(
        link_for(CHIPS, n_ranks=8.0, inside_frac=1.0, outside_frac=1.0, latency_s=0.0, outside_latency_s=0.0), Link
    )
