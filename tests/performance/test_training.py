"""Training steps: goldens by hand on a perfect machine, what must hold for any machine, failures by name."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadtime.performance import (
    TRAIN_TERMS,
    FailureCode,
    TrainLayout,
    TrainWorkload,
    failure_reason,
    in_blocks,
    train_flop_per_token,
    train_step,
)
from leadtime.workloads import attention_flop_per_token
from tests.performance.cases import (
    A100,
    DEEPSEEK_V3,
    GPT3,
    H100,
    HYBRID,
    LLAMA_8B,
    LLAMA_70B,
    QWEN3_30B,
    chip,
    column,
    efficiencies,
    hopper,
    ideal,
    one,
    shapes,
    train_cases,
)

WORK = TrainWorkload(sequence_tokens=4096.0, batch_tokens=4096.0 * 64, memory_limit_frac=float("inf"))


def price(model=LLAMA_8B, which=H100, layout=None, work=WORK, values=None, precision="bf16"):
    layout = TrainLayout(n_chips=column(8.0)) if layout is None else layout
    return train_step(shapes(model), chip(which, precision), layout, work, values or efficiencies(which, precision))


def test_a_perfect_machine_takes_the_time_of_its_arithmetic() -> None:
    result = price(values=ideal())
    products = 3 * 2 * 7_504_658_432 / 989.4e12
    attention = 524_288 * 4096 / 2 / 989.4e12  # forward; the backward pass takes 2.6 times as long
    optimizer = 30 * 8_030_261_248 / 8 / 3.35e12
    by_hand = (products + 3.6 * attention) * 4096 * 64 / 8 + optimizer
    # logits pass through memory (10 byte each), data-parallel gradients hide behind the last micro-batches
    logits = 10 * 128_256 * 4096 * 64 / 8 / 3.35e12
    # so do activations and rotated heads: 3 x (14,336 + 4,096) values of 2 byte in 32 layers, forward and twice backward
    passed = 3 * 2 * 32 * 3 * (14_336 + 4_096) * 4096 * 64 / 8 / 3.35e12
    assert one(result.step_time_s) == pytest.approx(by_hand + logits + passed, rel=1e-6)


def test_model_flop_of_the_goldens() -> None:
    # performance goldens: forward 1.7157e10 at a context of 4,096 counts the whole context; training sees half of it.
    flop = one(train_flop_per_token(shapes(LLAMA_8B), 4096.0))
    assert flop == pytest.approx(3 * (2 * 7_504_658_432 + 524_288 * 2048))
    assert one(train_flop_per_token(shapes(LLAMA_8B), 4096.0, lora=1.0)) == pytest.approx(flop * 2 / 3)


def test_the_bubble_by_hand() -> None:
    # Four stages, eight micro-batches, one forward one backward: 3/8 of the time of the work; interleaved by two, 3/16.
    layout = TrainLayout(n_chips=column(4.0), pipeline=4.0)
    work = WORK._replace(batch_tokens=4096.0 * 8)
    plain = price(layout=layout, work=work)
    busy = sum(one(plain.breakdown_s[name]) for name in ("gemm", "attention", "elementwise", "head"))
    busy *= one(efficiencies()["bubble_ratio"])
    assert one(plain.breakdown_s["pipeline_bubble"]) == pytest.approx(busy * 3 / 8, rel=1e-6)
    halved = price(layout=layout._replace(virtual=2.0), work=work)
    assert one(halved.breakdown_s["pipeline_bubble"]) == pytest.approx(busy * 3 / 16, rel=1e-6)


def test_the_last_stage_carries_the_head_where_stages_are_even() -> None:
    even = price(layout=TrainLayout(n_chips=column(4.0), pipeline=4.0))
    head = one(even.breakdown_s["head"])
    assert one(even.breakdown_s["stage_imbalance"]) == pytest.approx(head * 3, rel=1e-6)
    assert one(price(layout=TrainLayout(n_chips=column(4.0))).breakdown_s["stage_imbalance"]) == 0.0


def test_tensor_traffic_by_hand() -> None:
    # Llama 8B over two H100: 2 x (32 + 32) calls forward and as many backward, each half of 4096 x 4096 x 2 byte.
    values = ideal(exposed_tensor_frac=0.5)
    result = price(layout=TrainLayout(n_chips=column(2.0), tensor=2.0), values=values)
    each = 0.5 * 4096 * 4096 * 2 / 450e9
    assert one(result.breakdown_s["tensor_traffic"]) == pytest.approx(64 * 0.5 * 2 * 128 * each)


def test_memory_by_hand() -> None:
    # One chip, no sharding: (2 + 4 + 12) x 8.03e9 weights; 32 layers x 4096 tokens x (12 d + 4 G h + 6 f) activations;
    # logits 6 x 4096 x 128,256; 4 GB beside.
    result = price(layout=TrainLayout(n_chips=column(1.0), sharding=0.0))
    activations = 32 * 4096 * (12 * 4096 + 4 * 8 * 128 + 6 * 14336)
    by_hand = 18 * 8_030_261_248 + activations + 6 * 4096 * 128_256 + 4e9
    assert one(result.memory_byte_per_chip) == pytest.approx(by_hand, rel=1e-6)


def test_each_level_of_sharding_and_recomputation_saves_memory() -> None:
    def need(**changed: float) -> float:
        return one(
            price(LLAMA_70B, layout=TrainLayout(n_chips=column(64.0), tensor=8.0, **changed)).memory_byte_per_chip
        )

    assert need(sharding=0.0) > need(sharding=1.0) > need(sharding=2.0) > need(sharding=3.0)
    assert need(recompute=0.0) > need(recompute=1.0) > need(recompute=2.0)


def test_low_rank_adaptation_needs_neither_gradients_nor_optimizer() -> None:
    layout = TrainLayout(n_chips=column(8.0), tensor=8.0)
    full, lora = price(LLAMA_70B, layout=layout), price(LLAMA_70B, layout=layout, work=WORK._replace(lora=1.0))
    assert one(lora.memory_byte_per_chip) < 0.5 * one(full.memory_byte_per_chip)
    assert 0.55 < one(lora.step_time_s) / one(full.step_time_s) < 0.8


def test_recomputation_counts_in_hfu_only() -> None:
    full = price(layout=TrainLayout(n_chips=column(8.0), recompute=2.0))
    none = price(layout=TrainLayout(n_chips=column(8.0)))
    assert one(none.hfu_frac) == one(none.mfu_frac)
    assert 1.25 < one(full.hfu_frac) / one(full.mfu_frac) < 1.34
    assert one(full.mfu_frac) < one(none.mfu_frac)


def test_expert_degrees_mean_nothing_to_a_dense_model() -> None:
    layout = TrainLayout(n_chips=column(64.0), tensor=2.0)
    plain = price(LLAMA_70B, layout=layout)
    relabelled = price(LLAMA_70B, layout=layout._replace(expert=8.0, expert_tensor=2.0))
    assert one(plain.step_time_s) == one(relabelled.step_time_s)
    assert one(plain.memory_byte_per_chip) == one(relabelled.memory_byte_per_chip)


def test_trained_prediction_blocks_cost_a_layer_and_a_head_each() -> None:
    layout = TrainLayout(n_chips=column(64.0), expert=8.0)
    without = price(DEEPSEEK_V3, layout=layout)
    along = price(DEEPSEEK_V3, layout=layout, work=WORK._replace(prediction=1.0))
    assert one(along.breakdown_s["gemm"]) == pytest.approx(one(without.breakdown_s["gemm"]) * 62 / 61)
    assert one(along.breakdown_s["head"]) == pytest.approx(one(without.breakdown_s["head"]) * 2)


@settings(max_examples=60, deadline=None)
@given(train_cases())
def test_terms_sum_to_the_step_and_none_beats_the_roofline(case) -> None:
    shape, which, layout, work = case
    result = train_step(shape, chip(which), layout, work, efficiencies(which))
    assert one(result.code) == 0
    step = one(result.step_time_s)
    assert tuple(result.breakdown_s) == TRAIN_TERMS
    assert sum(one(term) for term in result.breakdown_s.values()) == pytest.approx(step)
    assert all(one(term) >= 0 for term in result.breakdown_s.values())
    attention = one(attention_flop_per_token(shape.attention, work.sequence_tokens, causal=True))
    flop = (3 - work.lora) * 2 * one(shape.weights.matmul) + 3 * attention
    floor = flop * work.batch_tokens / one(layout.n_chips) / float(chip(which).peak_flop_per_s)
    assert step >= floor * (1 - 1e-9)
    assert 0 < one(result.mfu_frac) <= one(result.hfu_frac) * (1 + 1e-12)
    assert one(result.mfu_frac) <= 1.0 + 1e-9


@settings(max_examples=60, deadline=None)
@given(
    train_cases(),
    st.sampled_from(["peak", "bandwidth_byte_per_s", "scale_up_byte_per_s", "scale_out_byte_per_s"]),
    st.floats(1.0, 4.0),
)
def test_a_better_chip_is_never_slower(case, field: str, factor: float) -> None:
    shape, which, layout, work = case
    base = chip(which)
    if field == "peak":
        better = base._replace(
            peak_flop_per_s=base.peak_flop_per_s * factor, attention_flop_per_s=base.attention_flop_per_s * factor
        )
    else:
        better = base._replace(**{field: getattr(base, field) * factor})
    times = [one(train_step(shape, each, layout, work, efficiencies(which)).step_time_s) for each in (base, better)]
    assert times[1] <= times[0] * (1 + 1e-9)


def test_two_kinds_of_traffic_do_not_hide_behind_the_same_work() -> None:
    """Found by the property above: one micro-batch hid its gradients and the gathered weights at once, and more peak was slower."""
    layout = TrainLayout(n_chips=column(32.0), tensor=8.0, context=2.0, sharding=2.0)
    work = TrainWorkload(sequence_tokens=2048.0, batch_tokens=4096.0, year=2021.0, memory_limit_frac=float("inf"))
    base = chip(H100)
    times = [
        one(
            train_step(
                shapes(LLAMA_8B),
                base._replace(
                    peak_flop_per_s=base.peak_flop_per_s * factor,
                    attention_flop_per_s=base.attention_flop_per_s * factor,
                ),
                layout,
                work,
                efficiencies(),
            ).step_time_s
        )
        for factor in (1.0, 1.5, 2.0, 3.0)
    ]
    assert times == sorted(times, reverse=True)


@settings(max_examples=40, deadline=None)
@given(train_cases(), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_units_do_not_matter(case, second: float, byte: float) -> None:
    """Measured in other seconds and other bytes, times and memory scale and nothing else changes."""
    shape, which, layout, work = case
    values = efficiencies(which).values
    base = chip(which)
    scaled = base._replace(
        peak_flop_per_s=base.peak_flop_per_s / second,
        attention_flop_per_s=base.attention_flop_per_s / second,
        **{
            name: getattr(base, name) / second
            for name in ("bandwidth_byte_per_s", "scale_up_byte_per_s", "node_byte_per_s", "scale_out_byte_per_s")
        },
    )
    slower = {name: value * second if name.endswith("_s") else value for name, value in values.items()}
    here = train_step(shape, base, layout, work, values)
    there = train_step(shape, scaled, layout, work, slower)
    assert one(there.step_time_s) == pytest.approx(one(here.step_time_s) * second, rel=1e-9)
    assert one(there.mfu_frac) == pytest.approx(one(here.mfu_frac), rel=1e-9)


@settings(max_examples=40, deadline=None)
@given(train_cases(), st.integers(2, 4))
def test_more_micro_batches_never_lower_the_rate(case, more: int) -> None:
    shape, which, layout, work = case
    few = train_step(shape, chip(which), layout, work, efficiencies(which))
    many = train_step(
        shape, chip(which), layout, work._replace(batch_tokens=work.batch_tokens * more), efficiencies(which)
    )
    assert one(many.tokens_per_s_per_chip) >= one(few.tokens_per_s_per_chip) * (1 - 1e-9)


def test_splitting_a_batch_of_configurations_changes_nothing() -> None:
    n = 10_000
    rng = np.random.default_rng(0)
    layout = TrainLayout(
        n_chips=np.full(n, 512.0), tensor=2.0 ** rng.integers(0, 4, n), pipeline=2.0 ** rng.integers(0, 4, n)
    )
    work = WORK._replace(batch_tokens=4096.0 * 512 * rng.integers(1, 9, n))
    args = (shapes(LLAMA_70B), chip(), layout, work, efficiencies())
    whole, blocks, small = train_step(*args), in_blocks(train_step, *args), in_blocks(train_step, *args, size=333)
    for other in (blocks, small):
        assert np.array_equal(whole.step_time_s, other.step_time_s, equal_nan=True)
        assert np.array_equal(whole.code, other.code)
        assert np.array_equal(whole.breakdown_s["gemm"], other.breakdown_s["gemm"], equal_nan=True)


def test_a_batch_equals_a_loop() -> None:
    models = (LLAMA_8B, DEEPSEEK_V3, QWEN3_30B)
    degrees = (1.0, 8.0, 4.0)
    together = train_step(
        shapes(*models),
        chip(),
        TrainLayout(n_chips=column(64.0, 64.0, 64.0), expert=column(*degrees)),
        WORK,
        efficiencies(),
    )
    for i, (model, expert) in enumerate(zip(models, degrees, strict=True)):
        alone = price(model, layout=TrainLayout(n_chips=column(64.0), expert=expert))
        assert together.step_time_s[i] == pytest.approx(one(alone.step_time_s), rel=1e-12)


def test_draws_stand_on_the_last_axis() -> None:
    from leadtime.performance import sample_efficiencies

    base = efficiencies()
    z = np.random.default_rng(3).standard_normal((len(base.factors), 50))
    drawn = sample_efficiencies(base, z)
    result = train_step(shapes(LLAMA_8B), chip(), TrainLayout(n_chips=8.0), WORK, drawn)
    assert np.shape(result.step_time_s) == (50,)
    middle = one(price().step_time_s)
    assert np.quantile(result.step_time_s, 0.1) < middle < np.quantile(result.step_time_s, 0.9)


@pytest.mark.parametrize(
    ("model", "layout", "work", "code"),
    [
        (LLAMA_8B, {"n_chips": 8.0, "tensor": 16.0}, {}, FailureCode.TOO_FEW_CHIPS),
        (LLAMA_8B, {"n_chips": 12.0, "tensor": 8.0}, {}, FailureCode.CHIPS_DO_NOT_DIVIDE),
        (LLAMA_8B, {"n_chips": 96.0, "tensor": 3.0}, {}, FailureCode.HEADS_DO_NOT_DIVIDE),
        (LLAMA_8B, {"n_chips": 64.0, "pipeline": 64.0}, {}, FailureCode.TOO_FEW_LAYERS),
        (DEEPSEEK_V3, {"n_chips": 96.0, "expert": 3.0}, {}, FailureCode.EXPERTS_DO_NOT_DIVIDE),
        (DEEPSEEK_V3, {"n_chips": 8.0, "expert": 16.0}, {}, FailureCode.EXPERTS_DO_NOT_DIVIDE),
        (LLAMA_8B, {"n_chips": 128.0}, {}, FailureCode.BATCH_TOO_SMALL),
        (LLAMA_8B, {"n_chips": 8.0}, {"sequence_tokens": 0.0}, FailureCode.INVALID),
        (LLAMA_8B, {"n_chips": 8.0}, {"batch_tokens": float("nan")}, FailureCode.INVALID),
        (LLAMA_8B, {"n_chips": -8.0}, {}, FailureCode.INVALID),
        (LLAMA_70B, {"n_chips": 8.0}, {"memory_limit_frac": 0.95}, FailureCode.MEMORY),
    ],
)
def test_what_cannot_be_says_why_and_has_no_number(model, layout, work, code) -> None:
    fields = {name: column(value) for name, value in layout.items()}
    result = price(model, layout=TrainLayout(**fields), work=WORK._replace(**work))
    assert FailureCode(int(one(result.code))) is code
    assert np.isnan(one(result.step_time_s))
    assert np.isnan(one(result.tokens_per_s_per_chip))
    assert all(np.isnan(one(term)) for term in result.breakdown_s.values())
    assert failure_reason(int(code))


def test_a_network_nobody_states_is_a_reason() -> None:
    from tests.performance.cases import UNKNOWN

    alone = price(which=UNKNOWN, layout=TrainLayout(n_chips=column(1.0)))
    many = price(which=UNKNOWN, layout=TrainLayout(n_chips=column(64.0)))
    assert (one(alone.code), one(many.code)) == (0, FailureCode.NETWORK_UNKNOWN)


def test_one_bad_configuration_leaves_the_others_alone() -> None:
    result = price(
        layout=TrainLayout(n_chips=column(8.0, 8.0, 8.0)),
        work=WORK._replace(sequence_tokens=column(4096.0, np.nan, 0.0)),
    )
    assert result.code.tolist() == [0, 1, 1]
    assert result.step_time_s[0] == one(price().step_time_s)


def test_an_old_framework_that_writes_its_scores_is_slower() -> None:
    layout = TrainLayout(n_chips=column(8.0), tensor=8.0)
    fused = price(GPT3, A100, layout)
    unfused = price(GPT3, A100, layout, WORK._replace(fused_attention=0.0))
    assert one(unfused.breakdown_s["attention"]) > 2 * one(fused.breakdown_s["attention"])


def test_caps_sweep_from_one_chip_to_its_export_versions() -> None:
    """H100 to H800 costs little for a model without tensor traffic across the cap, H20 loses as much as its arithmetic."""
    from leadtime.performance import capped_chips

    full = chip()
    layout = TrainLayout(n_chips=column(512.0), tensor=8.0, pipeline=4.0, virtual=4.0)
    work = WORK._replace(batch_tokens=4096.0 * 1024)
    h100, h800, h20 = (
        one(train_step(shapes(LLAMA_70B), each, layout, work, efficiencies()).tokens_per_s_per_chip)
        for each in (full, capped_chips(full, interconnect_byte_per_s=400e9), capped_chips(full, tpp=2368.0))
    )
    assert h100 > h800 > h20
    assert h800 > 0.8 * h100
    assert h20 < 0.35 * h100


def test_memory_words_name_both_sizes() -> None:
    assert failure_reason(0) is None
    assert failure_reason(FailureCode.MEMORY, needed_byte=2e11, capacity_byte=8.5e10) == (
        "the memory of a chip does not hold it: 200.0 GB needed, 85.0 GB there"
    )
    assert all(failure_reason(code) for code in FailureCode if code)


def test_a_wider_domain_helps_expert_traffic() -> None:
    from dataclasses import replace

    base = hopper("rack")
    rack = replace(base, links=replace(base.links, scale_up_domain=72))
    layout = TrainLayout(n_chips=column(64.0), expert=64.0)
    times = [one(price(DEEPSEEK_V3, which, layout).breakdown_s["expert_traffic"]) for which in (base, rack)]
    assert times[1] < times[0]


def test_expert_launches_follow_host_and_year() -> None:
    layout = TrainLayout(n_chips=column(64.0), expert=8.0)
    values = efficiencies().values

    def launch(year: float, host: float) -> float:
        changed = {**values, "host_launch_ratio": host, "framework_ratio": 1.0, "era_ratio_per_yr": 1.0}
        return one(
            price(DEEPSEEK_V3, layout=layout, work=WORK._replace(year=year), values=changed).breakdown_s[
                "expert_launch"
            ]
        )

    assert launch(2024.0, 0.5) == pytest.approx(0.5 * launch(2024.0, 1.0))
    assert launch(2026.0, 1.0) == pytest.approx(
        launch(2024.0, 1.0) / float(values["train_launch_era_ratio_per_yr"]) ** 2
    )


def test_scans_of_recurrent_layers_are_slow_beside_attention() -> None:
    fast, slow = (price(HYBRID, values=ideal(recurrent_frac=share)) for share in (1.0, 0.1))
    extra = one(slow.breakdown_s["attention"]) - one(fast.breakdown_s["attention"])
    linear = one(shapes(HYBRID).attention.linear_flop)
    assert extra == pytest.approx(9 * linear * 3.6 * 4096 * 64 / 8 / 989.4e12, rel=1e-6)
