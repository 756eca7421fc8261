"""Serving: goldens by hand on a perfect machine, capacity, limits, speculation, properties, failures by name."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from leadtime.performance import (
    SERVE_TERMS,
    Bound,
    FailureCode,
    ServeLayout,
    ServeWorkload,
    in_blocks,
    max_batch,
    serve,
    tokens_per_step,
    weight_byte_per_chip,
)
from leadtime.workloads import attention_flop_per_token, cache_read_values
from tests.performance.cases import (
    CHIPS,
    DEEPSEEK_V3,
    H20,
    H100,
    HYBRID,
    LLAMA_8B,
    LLAMA_70B,
    QWEN3_30B,
    SPARSE,
    WINDOWED,
    chip,
    column,
    efficiencies,
    ideal,
    one,
    serve_cases,
    shapes,
)

WORK = ServeWorkload(input_tokens=column(1024.0), output_tokens=1024.0)
AMPLE = 1e16
PASSED_BYTE = 2 * 32 * (8 * 4096 + 3 * 14_336 + 3 * 4096)


def price(model=LLAMA_8B, which=H100, layout=None, work=WORK, values=None, precision="bf16", **asked):
    return serve(
        shapes(model),
        chip(which, precision),
        layout or ServeLayout(),
        work,
        values or efficiencies(which, precision),
        **asked,
    )


def test_one_sequence_reads_the_weights_and_the_cache_once() -> None:
    # 7.505e9 matrix weights and 1,536 tokens x 131,072 byte at 3.35e12 byte/s; element-wise
    # 32 layers x (8 x 4096 + 3 x 14,336 + 3 x 4096) values of 2 byte.
    result = price(values=ideal(), batch=1.0, phase="decode")
    activations = 2 * (32 * 2 * 4096 + 2 * 4096 * 32 + 3 * 14336 * 32)  # inputs and outputs of the products
    by_hand = (2 * 7_504_658_432 + activations + 131_072 * 1536 + PASSED_BYTE) / 3.35e12
    assert one(result.tpot_s) == pytest.approx(by_hand, rel=1e-6)
    assert one(result.decode_tok_s_per_chip) == pytest.approx(1 / by_hand, rel=1e-6)
    assert Bound(int(one(result.bound))) is Bound.MEMORY


def test_prefill_of_a_perfect_machine_is_its_arithmetic() -> None:
    result = price(
        values=ideal(), phase="prefill", work=WORK._replace(input_tokens=column(4096.0), chunk_tokens=4096.0)
    )
    products = 2 * (7_504_658_432 - 128_256 * 4096) * 4096 / 989.4e12
    attention = 524_288 * 2048 * 4096 / 989.4e12
    head = 2 * 128_256 * 4096 / 3.35e12  # one row: bound by reading it
    moved = 4096 * PASSED_BYTE / 3.35e12
    assert one(result.ttft_s) == pytest.approx(products + attention + head + moved, rel=1e-6)
    assert one(result.prefill_tok_s_per_chip) == pytest.approx(4096 / (products + attention + head + moved), rel=1e-6)
    assert Bound(int(one(result.bound))) is Bound.COMPUTE


def test_memory_of_weights_and_cache_by_hand() -> None:
    # Llama 8B in 16 bit: 16.06 GB; 2,048 tokens reserve 2,048 x 131,072 byte per sequence (reserve 1.0).
    values = ideal()
    assert one(weight_byte_per_chip(shapes(LLAMA_8B), ServeLayout(), WORK)) == pytest.approx(
        2 * 8_030_261_248, rel=1e-3
    )
    free = 0.95 * 85.6e9 - 2 * 8_030_261_248 - 1.5e9
    assert one(max_batch(shapes(LLAMA_8B), chip(), ServeLayout(), WORK, values)) == np.floor(free / (2048 * 131_072))


def test_a_latent_cache_is_held_whole_by_every_tensor_rank() -> None:
    work = WORK._replace(weight_byte=1.0)
    wide = price(DEEPSEEK_V3, layout=ServeLayout(tensor=16.0), work=work, batch=64.0, precision="fp8")
    groups = price(DEEPSEEK_V3, layout=ServeLayout(data=16.0, expert=16.0), work=work, batch=64.0, precision="fp8")
    cache = 70_272 * (1024 + 1024 * one(efficiencies()["reserve_ratio"]))  # room is kept for the output to come

    def held(result, layout):
        return one(result.memory_byte_per_chip) - one(weight_byte_per_chip(shapes(DEEPSEEK_V3), layout, work)) - 1.5e9

    assert held(wide, ServeLayout(tensor=16.0)) == pytest.approx(64 * cache, rel=0.01)
    assert held(groups, ServeLayout(data=16.0, expert=16.0)) == pytest.approx(4 * cache, rel=0.01)


def test_a_70b_model_in_8_bit_fits_one_h100_and_in_16_bit_does_not() -> None:
    narrow = price(LLAMA_70B, work=WORK._replace(weight_byte=1.0, kv_byte=1.0), precision="fp8")
    assert one(narrow.code) == 0
    assert one(narrow.decode_tok_s_per_chip) > 300
    wide = price(LLAMA_70B)
    assert FailureCode(int(one(wide.code))) is FailureCode.MEMORY
    assert np.isnan(one(wide.decode_tok_s_per_chip))
    assert np.isnan(one(wide.tpot_s))
    assert Bound(int(one(wide.bound))) is Bound.CAPACITY
    assert one(wide.memory_byte_per_chip) > 85e9


def test_a_batch_beyond_memory_has_no_rate() -> None:
    most = one(price().max_batch)
    fits, beyond = price(batch=most), price(batch=most + 1)
    assert (one(fits.code), one(beyond.code)) == (0, FailureCode.MEMORY)
    assert np.isnan(one(beyond.total_tok_s_per_chip))


def test_a_context_longer_than_memory_has_no_rate() -> None:
    result = price(LLAMA_8B, work=WORK._replace(input_tokens=column(1e6)), batch=1.0)
    assert one(result.code) == FailureCode.MEMORY


def test_windowed_layers_stop_growing() -> None:
    def cache_time(model, tokens: float) -> float:
        work = ServeWorkload(input_tokens=column(tokens), output_tokens=1.0)
        return one(
            price(
                model, which=H100, work=work, batch=1.0, phase="decode", values=ideal(), layout=ServeLayout(tensor=8.0)
            ).breakdown_s["attention"]
        )

    assert cache_time(LLAMA_8B, 131_072.0) == pytest.approx(32 * cache_time(LLAMA_8B, 4096.0), rel=1e-3)
    assert cache_time(WINDOWED, 131_072.0) == pytest.approx(32 * cache_time(WINDOWED, 4096.0), rel=0.05)
    assert cache_time(WINDOWED, 4096.0) < 0.55 * cache_time(WINDOWED, 4096.0) * 2


def test_the_latency_limit_is_met_by_the_largest_batch_that_can() -> None:
    result = price(tpot_limit_s=0.02)
    batch = one(result.batch)
    assert one(result.tpot_s) <= 0.02
    assert one(price(batch=batch + 1).tpot_s) > 0.02 or batch == one(result.max_batch)


def test_an_impossible_limit_says_so() -> None:
    result = price(LLAMA_70B, layout=ServeLayout(tensor=8.0), tpot_limit_s=1e-4)
    assert one(result.code) == FailureCode.LATENCY
    assert np.isnan(one(result.decode_tok_s_per_chip))


def test_a_batch_with_a_limit_is_checked_against_it() -> None:
    assert one(price(batch=200.0, tpot_limit_s=1e-3).code) == FailureCode.LATENCY
    assert one(price(batch=2.0, tpot_limit_s=1.0).code) == 0


def test_speculation_yields_a_geometric_series() -> None:
    assert tokens_per_step(np, 0.0, 0.9) == 1.0
    assert tokens_per_step(np, 1.0, 0.8) == pytest.approx(1.8)
    assert tokens_per_step(np, 3.0, 0.7) == pytest.approx(1 + 0.7 + 0.49 + 0.343)
    assert tokens_per_step(np, 2.0, 1.0) == pytest.approx(3.0, rel=1e-6)


def test_speculation_pays_for_few_sequences_and_not_for_many() -> None:
    """Verification is free while weights are read anyway; once arithmetic sets the pace it is not."""
    spoken = WORK._replace(draft_tokens=3.0, acceptance_frac=0.5)

    def gain(batch: float) -> float:
        with_it, without = price(work=spoken, batch=batch, phase="decode"), price(batch=batch, phase="decode")
        return one(with_it.decode_tok_s_per_chip) / one(without.decode_tok_s_per_chip)

    short = WORK._replace(input_tokens=column(16.0), output_tokens=16.0)
    assert gain(1.0) > 1.4
    many = price(work=short._replace(draft_tokens=3.0, acceptance_frac=0.5), batch=1500.0, phase="decode")
    plain = price(work=short, batch=1500.0, phase="decode")
    assert one(many.decode_tok_s_per_chip) < 1.1 * one(plain.decode_tok_s_per_chip)


def test_cached_prompts_are_not_prefilled_but_still_read() -> None:
    half = WORK._replace(cache_hit_frac=0.5)
    cold, warm = price(batch=64.0), price(work=half, batch=64.0)
    assert one(warm.decode_tok_s_per_chip) > one(cold.decode_tok_s_per_chip)
    assert one(warm.ttft_s) < one(cold.ttft_s)
    assert one(warm.memory_byte_per_chip) == one(cold.memory_byte_per_chip)
    assert one(warm.breakdown_s["attention"]) == one(cold.breakdown_s["attention"])


def test_rates_of_the_mixed_phase_agree_with_each_other() -> None:
    result = price(work=WORK._replace(output_tokens=256.0), batch=32.0)
    rate = one(result.decode_tok_s_per_chip)
    assert rate == pytest.approx(32 / one(result.tpot_s))
    assert one(result.prefill_tok_s_per_chip) == pytest.approx(rate * 4)
    assert one(result.total_tok_s_per_chip) == pytest.approx(rate * 5)


def test_the_first_token_waits_longer_when_others_prefill() -> None:
    alone, crowded = price(batch=1.0), price(batch=128.0)
    assert one(crowded.ttft_s) > one(alone.ttft_s)


def test_expert_parallelism_beyond_the_domain_sends_over_the_network() -> None:
    work = WORK._replace(weight_byte=1.0)
    one_host = price(
        DEEPSEEK_V3, H20, ServeLayout(data=8.0, expert=8.0), work, batch=64.0, precision="fp8", phase="decode"
    )
    many = price(
        DEEPSEEK_V3, H20, ServeLayout(data=32.0, expert=32.0), work, batch=256.0, precision="fp8", phase="decode"
    )
    assert one(many.breakdown_s["network"]) > one(one_host.breakdown_s["network"])
    assert one(many.breakdown_s["experts"]) < one(one_host.breakdown_s["experts"])


@settings(max_examples=80, deadline=None)
@given(serve_cases(), st.sampled_from(["mixed", "decode"]))
def test_no_step_beats_its_roofline(case, phase) -> None:
    shape, which, layout, work, batch = case
    base = chip(which)._replace(capacity_byte=AMPLE)
    result = serve(shape, base, layout, work, efficiencies(which, engine="mlperf"), batch=batch, phase=phase)
    assume(int(one(result.code)) == 0)
    tp, pp, data = layout.tensor, layout.pipeline, layout.data
    in_group = max(batch / (pp * data), 1.0)
    context = one(work.input_tokens) + work.output_tokens / 2
    yielded = float(tokens_per_step(np, work.draft_tokens, work.acceptance_frac))
    rows = in_group * (1 + work.draft_tokens)
    routed = one(shape.experts.n_layers * shape.experts.n_active * shape.experts.weights)
    dense = one(shape.weights.matmul) - routed
    flop = (
        2 * rows * (dense / tp + routed / tp)
        + rows * one(attention_flop_per_token(shape.attention, context, causal=False)) / tp
    )
    read = (
        dense * work.weight_byte / tp
        + one(cache_read_values(shape.cache, shape.attention, context)) * work.kv_byte * in_group / tp
    )
    floor = max(flop / float(base.peak_flop_per_s), read / float(base.bandwidth_byte_per_s)) / yielded
    assert one(result.tpot_s) >= floor * (1 - 1e-9)


@settings(max_examples=80, deadline=None)
@given(
    serve_cases(),
    st.sampled_from(["peak", "bandwidth_byte_per_s", "scale_up_byte_per_s", "scale_out_byte_per_s", "capacity_byte"]),
    st.floats(1.0, 4.0),
    st.sampled_from(["mixed", "decode", "prefill"]),
)
def test_a_better_chip_is_never_slower(case, field, factor, phase) -> None:
    shape, which, layout, work, batch = case
    base = chip(which)._replace(capacity_byte=AMPLE)
    if field == "peak":
        better = base._replace(
            peak_flop_per_s=base.peak_flop_per_s * factor, attention_flop_per_s=base.attention_flop_per_s * factor
        )
    else:
        better = base._replace(**{field: getattr(base, field) * factor})
    asked = {} if phase == "prefill" else {"batch": batch}
    rates = []
    for each in (base, better):
        result = serve(shape, each, layout, work, efficiencies(which), phase=phase, **asked)
        assume(int(one(result.code)) == 0)
        rates.append(one(result.prefill_tok_s_per_chip if phase == "prefill" else result.decode_tok_s_per_chip))
    assert rates[1] >= rates[0] * (1 - 1e-9)


@settings(max_examples=60, deadline=None)
@given(serve_cases(), st.integers(1, 512), st.sampled_from(["mixed", "decode"]))
def test_a_larger_batch_never_lowers_the_rate_until_memory_ends(case, more, phase) -> None:
    shape, which, layout, work, batch = case
    results = [
        serve(shape, chip(which), layout, work, efficiencies(which), batch=b, phase=phase)
        for b in (batch, batch + more)
    ]
    assume(all(int(one(result.code)) == 0 for result in results))
    few, many = (one(result.decode_tok_s_per_chip) for result in results)
    assert many >= few * (1 - 1e-9)


@settings(max_examples=40, deadline=None)
@given(serve_cases())
def test_breakdown_sums_to_the_time_per_token_where_nothing_else_runs(case) -> None:
    shape, which, layout, work, batch = case
    base = chip(which)._replace(capacity_byte=AMPLE)
    result = serve(shape, base, layout, work, efficiencies(which), batch=batch, phase="decode")
    assume(int(one(result.code)) == 0)
    assert tuple(result.breakdown_s) == SERVE_TERMS
    yielded = float(tokens_per_step(np, work.draft_tokens, work.acceptance_frac))
    assert sum(one(term) for term in result.breakdown_s.values()) / yielded == pytest.approx(
        one(result.tpot_s), rel=1e-9
    )


@settings(max_examples=30, deadline=None)
@given(serve_cases(), st.floats(1e-3, 1e3))
def test_units_do_not_matter(case, second: float) -> None:
    shape, which, layout, work, batch = case
    base = chip(which)._replace(capacity_byte=AMPLE)
    scaled = base._replace(
        **{
            name: getattr(base, name) / second
            for name in (
                "peak_flop_per_s", "attention_flop_per_s", "bandwidth_byte_per_s", "scale_up_byte_per_s", "node_byte_per_s",
                "scale_out_byte_per_s",
            )
        }
    )  # fmt: skip
    values = efficiencies(which).values
    slower = {name: value * second if name.endswith("_s") else value for name, value in values.items()}
    here = serve(shape, base, layout, work, values, batch=batch)
    there = serve(shape, scaled, layout, work, slower, batch=batch)
    assume(int(one(here.code)) == 0)
    assert one(there.tpot_s) == pytest.approx(one(here.tpot_s) * second, rel=1e-9)
    assert one(there.ttft_s) == pytest.approx(one(here.ttft_s) * second, rel=1e-9)


def test_splitting_a_batch_of_configurations_changes_nothing() -> None:
    n = 9000
    rng = np.random.default_rng(0)
    work = ServeWorkload(
        input_tokens=rng.integers(100, 30000, n).astype(float), output_tokens=rng.integers(10, 3000, n).astype(float)
    )
    base = (shapes(LLAMA_8B), chip(), ServeLayout(), work, efficiencies())
    whole = serve(*base)
    for size in (4096, 1000):
        parts = in_blocks(serve, *base, size=size)
        for name in ("decode_tok_s_per_chip", "ttft_s", "code", "bound", "batch"):
            assert np.array_equal(getattr(whole, name), getattr(parts, name), equal_nan=True), name


def test_a_batch_equals_a_loop() -> None:
    models = (LLAMA_8B, QWEN3_30B, WINDOWED)
    layout = ServeLayout(tensor=column(1.0, 2.0, 4.0), data=column(1.0, 2.0, 1.0), expert=column(1.0, 4.0, 4.0))
    together = serve(shapes(*models), chip(), layout, WORK, efficiencies(), batch=column(8.0, 16.0, 32.0))
    for i, model in enumerate(models):
        alone = price(
            model,
            layout=ServeLayout(tensor=layout.tensor[i], data=layout.data[i], expert=layout.expert[i]),
            batch=8.0 * 2**i,
        )
        assert together.tpot_s[i] == pytest.approx(one(alone.tpot_s), rel=1e-12)
        assert together.max_batch[i] == one(alone.max_batch)


@pytest.mark.parametrize(
    ("layout", "work", "asked", "code"),
    [
        ({"tensor": 3.0}, {}, {}, FailureCode.HEADS_DO_NOT_DIVIDE),
        ({"tensor": 0.0}, {}, {}, FailureCode.INVALID),
        ({"pipeline": 64.0}, {}, {}, FailureCode.TOO_FEW_LAYERS),
        ({}, {"input_tokens": column(0.0)}, {}, FailureCode.INVALID),
        ({}, {"output_tokens": column(float("nan"))}, {}, FailureCode.INVALID),
        ({}, {}, {"batch": float("nan")}, FailureCode.INVALID),
        ({}, {}, {"batch": 0.0}, FailureCode.INVALID),
        ({}, {}, {"tpot_limit_s": -1.0}, FailureCode.INVALID),
        ({}, {"input_tokens": column(float("inf"))}, {}, FailureCode.INVALID),
    ],
)
def test_what_cannot_be_says_why_and_has_no_number(layout, work, asked, code) -> None:
    result = price(layout=ServeLayout(**layout), work=WORK._replace(**work), **asked)
    assert FailureCode(int(one(result.code))) is code
    for rate in (
        result.decode_tok_s_per_chip,
        result.total_tok_s_per_chip,
        result.prefill_tok_s_per_chip,
        result.ttft_s,
        result.tpot_s,
    ):
        assert np.isnan(one(rate))


def test_expert_degrees_that_do_not_fit() -> None:
    for layout in (
        ServeLayout(data=8.0, expert=16.0),
        ServeLayout(tensor=4.0, data=2.0, expert=3.0),
        ServeLayout(data=256.0, expert=256.0),
    ):
        result = price(QWEN3_30B, layout=layout, batch=256.0)
        assert one(result.code) == FailureCode.EXPERTS_DO_NOT_DIVIDE


def test_every_chip_serves_a_small_model() -> None:
    for which in CHIPS:
        assert one(price(LLAMA_8B, which).decode_tok_s_per_chip) > 100


def test_rows_with_draws_on_the_last_axis() -> None:
    from leadtime.performance import sample_efficiencies

    base = efficiencies()
    drawn = sample_efficiencies(base, np.random.default_rng(0).standard_normal((len(base.factors), 64)))
    result = serve(shapes(LLAMA_8B), chip(), ServeLayout(), WORK._replace(input_tokens=1024.0), drawn, batch=16.0)
    assert np.shape(result.decode_tok_s_per_chip) == (64,)
    assert np.shape(result.bound) == (64,)


def test_recurrent_state_is_held_and_read_whatever_the_context() -> None:
    state = one(
        shapes(HYBRID).cache.state
    )  # 24 layers of 32 heads of 128 x 128 values, and the taps of short convolutions
    assert 0 < state / (24 * 32 * 128 * 128) - 1 < 0.05
    short, long = (
        price(
            HYBRID,
            work=ServeWorkload(input_tokens=column(tokens), output_tokens=1.0),
            batch=1.0,
            phase="decode",
            values=ideal(),
        )
        for tokens in (1.0, 32_769.0)
    )
    cache = 8 * 2 * 8 * 128 * 2  # byte per token of eight attention layers
    grown = one(long.breakdown_s["attention"]) - one(short.breakdown_s["attention"])
    assert grown == pytest.approx(32_768 * cache / 3.35e12, rel=1e-6)
    at_rest = (state * 8 + 1.5 * cache) / 3.35e12  # read and written in 32 bit; one token and a half of context
    assert one(short.breakdown_s["attention"]) == pytest.approx(at_rest, rel=1e-6)
    grown_byte = one(long.memory_byte_per_chip) - one(short.memory_byte_per_chip)
    assert grown_byte == pytest.approx(32_768 * cache, rel=1e-6)


def test_sparse_layers_read_their_selection_and_pay_for_choosing_it() -> None:
    def attention(tokens: float) -> float:
        work = ServeWorkload(input_tokens=column(tokens), output_tokens=1.0)
        return one(price(SPARSE, work=work, batch=1.0, phase="decode", values=ideal()).breakdown_s["attention"])

    index = 128 * 32 * 2  # byte per token of the index of 32 layers
    assert attention(65_536.0) - attention(32_768.0) == pytest.approx(32_768 * index / 3.35e12, rel=1e-6)
    launches = {"layer_launch_s": 0.0, "expert_launch_s": 0.0, "sparse_launch_s": 1e-5}
    assert one(price(SPARSE, values=ideal(**launches), batch=1.0).breakdown_s["launch"]) == pytest.approx(32e-5)
    assert one(price(LLAMA_8B, values=ideal(**launches), batch=1.0).breakdown_s["launch"]) == 0.0


def test_widening_narrow_weights_costs_arithmetic_and_not_traffic() -> None:
    """Four-bit weights on an H100 multiply in 16 bit: few rows run as fast as the weights are read, many slower than plain ones."""
    four = WORK._replace(weight_byte=0.5625, input_tokens=column(64.0), output_tokens=64.0)
    slow, fast = ideal(dequantised_frac=0.5), ideal(dequantised_frac=1.0)
    few = [one(price(work=four, values=values, batch=1.0, phase="decode").tpot_s) for values in (slow, fast)]
    many = [
        one(price(work=four, values=values, batch=2000.0, phase="decode").breakdown_s["projections"])
        for values in (slow, fast)
    ]
    assert few[0] == pytest.approx(few[1])
    assert many[0] == pytest.approx(2 * many[1])
    plain = [
        one(price(work=four._replace(weight_byte=2.0), values=values, batch=2000.0, phase="decode").tpot_s)
        for values in (slow, fast)
    ]
    assert plain[0] == plain[1]


def test_groups_wait_for_the_fullest() -> None:
    work = WORK._replace(weight_byte=1.0)
    even, uneven = (
        price(
            QWEN3_30B,
            layout=ServeLayout(data=4.0, expert=4.0),
            work=work,
            batch=64.0,
            phase="decode",
            values=ideal(group_imbalance_ratio=ratio),
        )
        for ratio in (1.0, 1.25)
    )
    assert one(uneven.tpot_s) == pytest.approx(1.25 * one(even.tpot_s))
    alone = [
        one(price(QWEN3_30B, work=work, batch=16.0, values=ideal(group_imbalance_ratio=ratio)).tpot_s)
        for ratio in (1.0, 1.25)
    ]
    assert alone[0] == alone[1]


def test_an_engine_that_keeps_whole_windows_holds_fewer_sequences_and_is_no_slower() -> None:
    work = WORK._replace(input_tokens=column(4096.0), output_tokens=4096.0, weight_byte=0.5625)
    held, whole = (
        one(max_batch(shapes(WINDOWED), chip(H100), ServeLayout(), each, efficiencies()))
        for each in (work, work._replace(whole_window=1.0))
    )
    assert whole == pytest.approx(0.5 * held, rel=0.05), "half of the layers see 128 tokens"
    times = [
        one(price(WINDOWED, work=each, batch=8.0, phase="decode").tpot_s)
        for each in (work, work._replace(whole_window=1.0))
    ]
    assert times[0] == times[1]
    full = [
        one(max_batch(shapes(LLAMA_8B), chip(H100), ServeLayout(), WORK._replace(whole_window=flag), efficiencies()))
        for flag in (0.0, 1.0)
    ]
    assert full[0] == full[1]


def test_newer_software_spends_less_on_launches() -> None:
    values = efficiencies().values
    old, new = (price(work=WORK._replace(year=year), batch=1.0, phase="decode") for year in (2024.0, 2026.0))
    ratio = float(values["launch_era_ratio_per_yr"]) ** 2 * float(values["serve_era_ratio_per_yr"]) ** 2
    assert one(old.breakdown_s["launch"]) == pytest.approx(one(new.breakdown_s["launch"]) * ratio)
    assert one(new.tpot_s) < one(old.tpot_s)


def test_dense_layers_may_be_wider_than_experts() -> None:
    """A checkpoint with 4-bit experts and 16-bit attention holds and reads both widths."""
    layout = ServeLayout(tensor=4.0, expert=4.0)
    mixed = WORK._replace(weight_byte=0.5625, dense_weight_byte=2.0)
    narrow = WORK._replace(weight_byte=0.5625)
    held = [one(weight_byte_per_chip(shapes(WINDOWED), layout, work)) for work in (mixed, narrow)]
    arrays = shapes(WINDOWED)
    dense = one(arrays.weights.total - arrays.weights.routed - arrays.weights.head - arrays.weights.embedding)
    assert held[0] - held[1] == pytest.approx(dense * (2.0 - 0.5625) / 4)
    assert one(price(WINDOWED, layout=layout, work=mixed, batch=1.0).breakdown_s["projections"]) > one(
        price(WINDOWED, layout=layout, work=narrow, batch=1.0).breakdown_s["projections"]
    )
    partly = mixed._replace(wide_frac=0.25)
    assert one(weight_byte_per_chip(shapes(WINDOWED), layout, partly)) - held[1] == pytest.approx(
        0.25 * (held[0] - held[1])
    )
    between = [
        one(price(WINDOWED, layout=layout, work=work, batch=1.0, values=ideal()).breakdown_s["projections"])
        for work in (narrow, partly, mixed)
    ]
    assert between[0] < between[1] < between[2]
    assert between[1] - between[0] == pytest.approx(0.25 * (between[2] - between[0]), rel=0.02)
