"""Every usual way of writing a name finds the model, and nothing else does."""

import pytest

from leadtime import catalog
from leadtime.errors import OutOfRangeError, UnknownNameError
from leadtime.workloads import find_model, model_records, resolve_model_name, standard_dense_shape, total_parameters


@pytest.mark.parametrize(
    ("text", "model_id"),
    [
        ("llama3.1-405b", "llama3.1-405b"),
        ("LLAMA3.1_405B", "llama3.1-405b"),
        ("  Llama 3.1 405B Instruct FP8 ", "llama3.1-405b"),
        ("meta-llama/Llama-3.1-70B-Instruct", "llama3-70b"),
        ("meta-llama/Meta-Llama-3-70B", "llama3-70b"),
        ("llama-3_3-70b-instruct", "llama3-70b"),
        ("llama2-70b-99.9", "llama2-70b"),
        ("Llama-2-70b-chat-hf", "llama2-70b"),
        ("LLAMA 70B", "llama2-70b"),
        ("DeepSeek-R1", "deepseek-v3"),
        ("DeepSeek R1 671B", "deepseek-v3"),
        ("deepseek-ai/DeepSeek-V3.1-Terminus", "deepseek-v3"),
        ("nvidia/DeepSeek-R1-0528-NVFP4-v2", "deepseek-v3"),
        ("DeepSeek-V3 (pre-training)", "deepseek-v3"),
        ("DeepSeek-V3.2-Exp", "deepseek-v3.2"),
        ("Qwen/Qwen3-235B-A22B-FP8", "qwen3-235b-a22b"),
        ("Qwen3-235B-A22B-Instruct-2507", "qwen3-235b-a22b"),
        ("Qwen3_30B_a3B (tokendrop)", "qwen3-30b-a3b"),
        ("QWEN2.5 72B Instruct AWQ", "qwen2.5-72b"),
        ("Kimi-K2-Instruct-0905", "kimi-k2"),
        ("moonshotai/Kimi-K2.5", "kimi-k2"),
        ("zai-org/GLM-4.6", "glm-4.5"),
        ("GLM-4.5-Air-FP8", "glm-4.5-air"),
        ("unsloth/gpt-oss-120b", "gpt-oss-120b"),
        ("gptj-99.9", "gpt-j-6b"),
        ("mixtral-8x7b-99", "mixtral-8x7b"),
        ("mistralai/Mistral-7B-Instruct-v0.3", "mistral-7b"),
        ("Mixtral 8x22B Instruct v0.1", "mixtral-8x22b"),
        ("falcon 180b", "falcon-180b"),
        ("GPT-3", "gpt3-175b"),
        ("Gemma-3-27b-it", "gemma3-27b"),
        ("Qwen1.5-MoE-A2.7B", "qwen1.5-moe-a2.7b"),
    ],
)
def test_spellings(text: str, model_id: str) -> None:
    shape = find_model(text)
    assert shape.id == model_id
    assert shape.origin.matched_from == text.strip()


def test_every_name_of_the_catalogue_finds_its_model() -> None:
    for record in model_records().values():
        assert find_model(record.id).id == record.id
        assert find_model(record.id.upper()).id == record.id
    for row in catalog.table("model_names"):
        assert resolve_model_name(row["name"], context=row["context"]).shape.id == row["model_id"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "nothing like it",
        "llama",
        "gpt",
        "8x7b",
        "deepseek-v9",
        "llama3.1-404b",
        "70b",
        "x" * 5000,
        "Llama 3.1 70B 13B",
    ],
)
def test_what_names_no_model_is_refused_with_suggestions(text: str) -> None:
    with pytest.raises(UnknownNameError) as caught:
        find_model(text)
    assert "config.json" in caught.value.hint
    assert len(caught.value.message) < 200


def test_a_near_miss_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="deepseek-v3"):
        find_model("deepsek-v3")


def test_a_wrong_size_is_not_taken_for_the_model() -> None:
    assert find_model("DeepSeek-V3 671B").id == "deepseek-v3"
    with pytest.raises(UnknownNameError):
        find_model("DeepSeek-V3 33B")


@pytest.mark.parametrize(
    ("text", "params", "billion", "style"),
    [
        ("in-house GPT 22B", None, 22, "gpt"),
        ("GPT-3 13B", None, 13, "gpt"),
        ("Llama-2/Aquila-class 7B (model not read)", None, 7, "llama"),
        ("dense 1.5T", None, 1500, "llama"),
        ("some model", 34e9, 34, "llama"),
        ("Llama 3 70B", 8e9, 8, "llama"),
    ],
)
def test_a_dense_model_known_by_its_size_gets_a_standard_shape(
    text: str, params: float | None, billion: float, style: str
) -> None:
    found = resolve_model_name(text, params)
    assert found.how == "size"
    assert found.note
    assert total_parameters(found.shape) == pytest.approx(billion * 1e9, rel=0.01)
    assert style in found.shape.id


@pytest.mark.parametrize(
    "text", ["foo-8x7b", "Unknown-30B-A3B", "secret MoE 100B", "no size at all", "model of 3 bytes", "1B"[:1]]
)
def test_a_mixture_or_a_name_without_size_has_no_stand_in(text: str) -> None:
    with pytest.raises(UnknownNameError):
        resolve_model_name(text)


def test_some_names_mean_a_shape_only_in_one_body_of_measurements() -> None:
    assert resolve_model_name("Qwen1.5-MoE-A2.7B", context="flagopen/flagperf").shape.id == "qwen1.5-moe-flagperf"
    assert resolve_model_name("Qwen1.5-MoE-A2.7B", 14.3e9).shape.id == "qwen1.5-moe-a2.7b"


def test_a_mixture_keeps_its_shape_whatever_count_a_source_gives() -> None:
    found = resolve_model_name("DeepSeek-V3", 37e9)  # a table that lists active parameters
    assert found.shape.id == "deepseek-v3"
    assert found.note


@pytest.mark.parametrize("n_params", [0, -7e9, 1e6, 1e15, float("nan"), float("inf")])
def test_impossible_sizes_are_refused(n_params: float) -> None:
    with pytest.raises(OutOfRangeError):
        standard_dense_shape(n_params)


def test_an_unknown_style_is_refused() -> None:
    with pytest.raises(OutOfRangeError):
        standard_dense_shape(7e9, style="bert")
