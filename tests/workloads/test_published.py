"""Counts against what publishers print."""

import pytest

from leadtime import catalog
from leadtime.workloads import (
    active_parameters,
    find_model,
    model_records,
    numbers,
    shape_from_config,
    total_parameters,
)

from ._published import PUBLISHED


def half_of_last_digit(printed: str) -> float:
    decimals = len(printed.split(".")[1]) if "." in printed else 0
    return 0.5000001 * 10.0**-decimals * 1e9


def within(computed: float, printed: str, share: float = 0.01) -> bool:
    published = float(printed) * 1e9
    return abs(computed - published) <= max(share * published, half_of_last_digit(printed))


@pytest.mark.parametrize("name", PUBLISHED)
def test_total_agrees_with_the_published_count(name: str) -> None:
    model = PUBLISHED[name]
    total = total_parameters(shape_from_config(model.config, name))
    assert within(total, model.card), f"{total / 1e9:.4f} billion, published {model.card} ({model.source})"
    if model.hub:
        assert total == pytest.approx(model.hub, rel=1e-8)


@pytest.mark.parametrize("name", [name for name, model in PUBLISHED.items() if model.active])
def test_active_agrees_with_the_published_count(name: str) -> None:
    model = PUBLISHED[name]
    shape = shape_from_config(model.config, name)
    weights = numbers(shape).weights
    left_out = {"": 0, "input": weights.embedding, "tables": weights.embedding + weights.head}[model.leaves_out]
    active = active_parameters(shape) - left_out
    assert within(active, model.active, 0.025), f"{active / 1e9:.3f} billion, published {model.active} ({model.source})"


def test_the_comparison_covers_enough() -> None:
    assert len(PUBLISHED) >= 80
    assert sum(model.hub is not None for model in PUBLISHED.values()) >= 25
    assert sum(bool(model.active) for model in PUBLISHED.values()) >= 25


# Beyond 2 % of the published total, each with its reason in the table
ALLOWED = {
    "levanter-gpt2-1536", "megatron21-1p7b", "maxtext-128b", "maxtext-256b", "maxtext-512b", "maxtext-1024b", "skywork-13b",
    "nemotron-3.5-lightning",
}  # fmt: skip


def test_every_catalogue_row_is_within_two_percent_or_says_why() -> None:
    beyond = set()
    for record in model_records().values():
        if record.params_total_published is None:
            continue
        difference = total_parameters(find_model(record.id)) / record.params_total_published - 1
        if abs(difference) > 0.02:
            beyond.add(record.id)
            assert record.row["difference_reason"], f"{record.id}: {difference:+.1%} and no reason"
    assert beyond == ALLOWED


def test_most_rows_are_within_one_percent_the_rest_carry_rounded_names() -> None:
    close = [
        abs(total_parameters(find_model(record.id)) / record.params_total_published - 1) <= 0.01
        for record in model_records().values()
        if record.params_total_published
    ]
    assert sum(close) / len(close) > 0.85


def test_active_counts_of_the_catalogue_follow_their_convention() -> None:
    far = []
    for record in model_records().values():
        published = record.params_active_published
        if not published:
            continue
        shape = find_model(record.id)
        weights = numbers(shape).weights
        left_out = {"all": 0.0, "no_input": weights.embedding, "no_tables": weights.embedding + weights.head}[
            record.row["active_convention"]
        ]
        active = active_parameters(shape) - left_out
        printed = record.row["params_active_published"]
        if abs(active - published) > max(0.03 * published, half_of_last_digit(printed)):
            far.append((record.id, active / 1e9, published / 1e9))
    assert not far


def test_the_catalogue_holds_the_architectures_of_the_measured_tables() -> None:
    assert len(model_records()) >= 171
    names = catalog.table("model_names")
    assert {row["model_id"] for row in names} <= set(model_records())
