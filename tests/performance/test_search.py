"""Layout search: never worse than a loop over all layouts, never infeasible if something fits, groups, reasons."""

from itertools import product

import numpy as np
import pytest

from leadtime.performance import (
    FailureCode,
    ServeLayout,
    ServeWorkload,
    TrainLayout,
    TrainWorkload,
    search_serve_layout,
    search_split_service,
    search_train_layout,
    serve,
    train_step,
)
from leadtime.performance._blocks import best_of_groups, in_blocks
from tests.performance.cases import (
    A100,
    DEEPSEEK_V3,
    H20,
    H100,
    LLAMA_8B,
    LLAMA_70B,
    LLAMA_405B,
    QWEN3_30B,
    UNKNOWN,
    chip,
    column,
    efficiencies,
    one,
    shapes,
    table,
)

TRAIN = TrainWorkload(sequence_tokens=column(4096.0), batch_tokens=4e6)


def test_the_training_search_beats_every_layout_of_a_loop() -> None:
    found = search_train_layout(shapes(LLAMA_70B), chip(), column(256.0), TRAIN, efficiencies())
    best = one(found.result.tokens_per_s_per_chip)
    for tp, pp, mbs, recompute, sharding in product(
        [1.0, 2.0, 4.0, 8.0], [1.0, 2.0, 4.0], [1.0, 2.0], [0.0, 1.0, 2.0], [1.0, 3.0]
    ):
        if sharding == 3.0 and pp > 1:
            continue  # full sharding under a pipeline is not tried
        layout = TrainLayout(
            n_chips=column(256.0), tensor=tp, pipeline=pp, micro_batch=mbs, recompute=recompute, sharding=sharding,
            virtual=1.0 if pp == 1 else 4.0,
        )  # fmt: skip
        rate = one(train_step(shapes(LLAMA_70B), chip(), layout, TRAIN, efficiencies()).tokens_per_s_per_chip)
        assert np.isnan(rate) or rate * (1 - 0.01 * recompute) <= best * 1.0005


def test_what_is_found_is_what_the_step_says() -> None:
    found = search_train_layout(shapes(LLAMA_8B, DEEPSEEK_V3), chip(), column(64.0, 1024.0), TRAIN, efficiencies())
    again = train_step(shapes(LLAMA_8B, DEEPSEEK_V3), chip(), found.layout, TRAIN, efficiencies())
    assert found.result.step_time_s == pytest.approx(again.step_time_s)
    assert found.result.code.tolist() == [0, 0]
    assert found.layout.expert[0] == 1.0
    assert found.layout.expert[1] > 1.0
    assert np.all(found.n_tried > 10)


def test_a_model_that_fits_nowhere_says_no_layout() -> None:
    found = search_train_layout(shapes(LLAMA_405B), chip(), column(8.0), TRAIN, efficiencies())
    assert one(found.result.code) == FailureCode.NO_LAYOUT
    assert np.isnan(one(found.result.step_time_s))
    assert one(found.result.memory_byte_per_chip) > 85e9


def test_a_single_fault_keeps_its_name() -> None:
    found = search_train_layout(
        shapes(LLAMA_8B), chip(), column(4096.0), TRAIN._replace(batch_tokens=4096.0), efficiencies()
    )
    assert one(found.result.code) == FailureCode.BATCH_TOO_SMALL
    unknown = search_train_layout(shapes(LLAMA_8B), chip(UNKNOWN), column(64.0), TRAIN, efficiencies(UNKNOWN))
    assert FailureCode(int(one(unknown.result.code))) in {FailureCode.NETWORK_UNKNOWN, FailureCode.NO_LAYOUT}


def test_long_sequences_are_split() -> None:
    found = search_train_layout(
        shapes(LLAMA_70B),
        chip(),
        column(1024.0),
        TrainWorkload(sequence_tokens=column(131072.0), batch_tokens=16e6),
        efficiencies(),
    )
    assert one(found.result.code) == 0
    assert one(found.layout.context) > 1


SERVE = ServeWorkload(input_tokens=column(1024.0), output_tokens=512.0, weight_byte=1.0)


def test_the_serving_search_beats_every_layout_of_a_loop() -> None:
    found = search_serve_layout(
        shapes(QWEN3_30B), chip(), column(8.0), SERVE, efficiencies(precision="fp8"), batch=64.0
    )
    best = one(found.result.decode_tok_s_per_chip)
    for tp, data, expert in product([1.0, 2.0, 4.0, 8.0], [1.0, 2.0, 4.0, 8.0], [True, False]):
        stage = tp * data
        if stage > 8:
            continue
        layout = ServeLayout(tensor=tp, data=data, expert=stage if expert else 1.0)
        rate = one(
            serve(
                shapes(QWEN3_30B), chip(), layout, SERVE, efficiencies(precision="fp8"), batch=64.0 * stage / 8
            ).decode_tok_s_per_chip
        )
        assert np.isnan(rate) or rate <= best * 1.001


def test_671b_parameters_need_sixteen_h20_or_eight_with_less_room() -> None:
    args = (chip(H20, "fp8"), column(8.0), SERVE, efficiencies(H20, "fp8"))
    assert one(search_serve_layout(shapes(DEEPSEEK_V3), *args).result.code) == 0
    eight_h100 = search_serve_layout(
        shapes(DEEPSEEK_V3), chip(H100, "fp8"), column(8.0), SERVE, efficiencies(H100, "fp8")
    )
    assert one(eight_h100.result.code) == FailureCode.NO_LAYOUT


def test_any_number_of_chips_is_used_where_experts_allow() -> None:
    found = search_serve_layout(shapes(DEEPSEEK_V3), chip(H20, "fp8"), column(144.0), SERVE, efficiencies(H20, "fp8"))
    assert one(found.result.code) == 0
    replica = one(found.layout.tensor) * one(found.layout.data) * one(found.layout.pipeline)
    assert 144 % replica == 0


def test_the_cheapest_chip_of_a_group_wins() -> None:
    chips = [H100, H20]
    from leadtime.performance import chip_arrays

    base = (
        shapes(LLAMA_70B, LLAMA_70B),
        chip_arrays(chips, "fp8"),
        column(8.0, 8.0),
        SERVE,
        table().efficiencies(chips, "fp8"),
    )
    together = np.array([0, 0])
    dear = search_serve_layout(*base, usd_per_chip_hour=column(2.0, 2.0), group=together)
    cheap = search_serve_layout(*base, usd_per_chip_hour=column(200.0, 2.0), group=together)
    assert (dear.chosen.tolist(), cheap.chosen.tolist()) == ([0], [1])


def test_many_configurations_equal_one_at_a_time() -> None:
    models, sizes = [LLAMA_8B, LLAMA_70B, QWEN3_30B], [1.0, 8.0, 4.0]
    together = search_serve_layout(shapes(*models), chip(), column(*sizes), SERVE, efficiencies(precision="fp8"))
    for i, (model, n) in enumerate(zip(models, sizes, strict=True)):
        alone = search_serve_layout(shapes(model), chip(), column(n), SERVE, efficiencies(precision="fp8"))
        assert together.result.decode_tok_s_per_chip[i] == pytest.approx(one(alone.result.decode_tok_s_per_chip))
        assert together.layout.tensor[i] == one(alone.layout.tensor)


def test_an_old_chip_gets_a_layout_too() -> None:
    found = search_train_layout(shapes(LLAMA_8B), chip(A100), column(16.0), TRAIN, efficiencies(A100))
    assert one(found.result.code) == 0


def test_best_of_groups() -> None:
    group = np.array([0, 0, 0, 1, 2, 2])
    score = np.array([1.0, np.nan, 1.0, np.nan, -5.0, -4.0])
    assert best_of_groups(group, score).tolist() == [0, 3, 5]


def test_blocks_keep_the_order() -> None:
    values = np.arange(10.0)
    doubled = in_blocks(lambda tree: {"twice": tree["x"] * 2}, {"x": values}, size=3)
    assert doubled["twice"].tolist() == (values * 2).tolist()


def test_a_split_service_is_no_worse_than_any_pair_of_pools_tried_by_hand() -> None:
    from leadtime.performance import split_service

    work = ServeWorkload(input_tokens=column(4096.0), output_tokens=1024.0, weight_byte=1.0, dispatch_byte=1.0)
    values = efficiencies(precision="fp8")
    found = search_split_service(shapes(DEEPSEEK_V3), chip(H100, "fp8"), column(128.0), work, values, tpot_limit_s=0.05)
    best = one(found.service.decode_tok_s_per_chip)
    assert one(found.service.tpot_s) <= 0.05
    for n_prefill, n_decode in product([16.0, 32.0], [16.0, 32.0, 64.0]):
        pools = (
            serve(shapes(DEEPSEEK_V3), chip(H100, "fp8"), ServeLayout(data=n, expert=n), work, values, **asked)
            for n, asked in (
                (n_prefill, {"phase": "prefill"}),
                (n_decode, {"phase": "decode", "tpot_limit_s": 0.05}),
            )
        )
        service = split_service(*pools, input_tokens=4096.0, output_tokens=1024.0, n_chips=column(128.0))
        rate = one(service.decode_tok_s_per_chip)
        assert np.isnan(rate) or rate <= best * 1.001


def test_one_chip_cannot_be_split() -> None:
    found = search_split_service(shapes(LLAMA_8B), chip(), column(1.0), SERVE, efficiencies())
    assert np.isnan(one(found.service.decode_tok_s_per_chip))


def test_many_split_services_equal_one_at_a_time() -> None:
    together = search_split_service(shapes(LLAMA_8B, QWEN3_30B), chip(), column(8.0, 16.0), SERVE, efficiencies())
    for i, (model, n) in enumerate(((LLAMA_8B, 8.0), (QWEN3_30B, 16.0))):
        alone = search_split_service(shapes(model), chip(), column(n), SERVE, efficiencies())
        assert together.service.decode_tok_s_per_chip[i] == pytest.approx(one(alone.service.decode_tok_s_per_chip))
