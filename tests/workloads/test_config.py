"""What a config.json says, key by key."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from leadtime.errors import BadFileError, UnknownNameError
from leadtime.workloads import (
    SUPPORTED,
    Experts,
    ModelShape,
    active_matmul,
    find_model,
    kv_cache_byte_per_token,
    shape_from_config,
    total_parameters,
)

from ._published import PUBLISHED, config

LLAMA = config("llama", 4, 256, 8, 2, 512, 1000)
MIXTRAL = config("mixtral", 4, 256, 8, 2, 512, 1000, num_local_experts=8, num_experts_per_tok=2)
DEEPSEEK = PUBLISHED["deepseek-v3"].config


def experts_layers(shape: ModelShape) -> int:
    return sum(group.n_layers for group in shape.experts)


def spans(shape: ModelShape) -> dict[str, int]:
    found: dict[str, int] = {}
    for group in shape.attention:
        found[group.span.kind] = found.get(group.span.kind, 0) + group.n_layers
    return found


def test_every_published_configuration_is_read_without_a_guess() -> None:
    for name, model in PUBLISHED.items():
        shape = shape_from_config(model.config, name)
        assert not any("not known" in warning for warning in shape.origin.warnings), name
        assert shape.origin.model_type in SUPPORTED


def test_layers_are_grouped_and_add_up() -> None:
    for name, model in PUBLISHED.items():
        shape = shape_from_config(model.config, name)
        mixing = shape.attention_layers + sum(group.n_layers for group in shape.linear)
        feeding = sum(group.n_layers for group in shape.feed_forwards)
        single = shape.origin.model_type == "nemotron_h"
        assert (mixing + feeding if single else mixing) >= shape.n_layers, name


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({"first_k_dense_replace": 1}, 3),
        ({"first_k_dense_replace": 1, "moe_layer_freq": 2}, 1),  # layer 2 of 0, 1, 2, 3
        ({"moe_layer_freq": [0, 1, 1, 0]}, 2),
        ({"decoder_sparse_step": 2}, 2),
        ({"decoder_sparse_step": 1, "mlp_only_layers": [0, 3]}, 2),
        ({"mlp_layer_types": ["dense", "sparse", "sparse", "sparse"]}, 3),
        ({"interleave_moe_layer_step": 4}, 1),
        ({"moe_layers_enum": "1, 2"}, 2),
        ({"is_moe_layer": [False, True, True, False]}, 2),
        ({"expert_layer_period": 2, "expert_layer_offset": 1}, 2),
        ({"moe_layer_start_index": 1, "moe_layer_interval": 1}, 3),
        ({}, 4),
    ],
)
def test_which_layers_have_experts(extra: dict[str, Any], expected: int) -> None:
    shape = shape_from_config({**MIXTRAL, "moe_intermediate_size": 128, **extra}, "x")
    assert experts_layers(shape) == expected
    assert sum(group.n_layers for group in shape.dense) == 4 - expected


@pytest.mark.parametrize(
    ("kind", "extra", "expected"),
    [
        ("llama", {}, {"full": 4}),
        ("mistral", {"sliding_window": 64, "max_position_embeddings": 4096}, {"sliding": 4}),
        ("mistral", {"sliding_window": None}, {"full": 4}),
        ("phi3", {"sliding_window": 4096, "max_position_embeddings": 4096}, {"full": 4}),
        ("qwen2", {"sliding_window": 64, "use_sliding_window": False}, {"full": 4}),
        (
            "qwen2",
            {"sliding_window": 64, "use_sliding_window": True, "max_window_layers": 3},
            {"full": 3, "sliding": 1},
        ),
        ("gemma2", {"sliding_window": 64}, {"full": 2, "sliding": 2}),
        ("gemma3_text", {"sliding_window": 64, "sliding_window_pattern": 4}, {"full": 1, "sliding": 3}),
        ("gpt_oss", {"sliding_window": 64}, {"full": 2, "sliding": 2}),
        ("cohere2", {"sliding_window": 64, "sliding_window_pattern": 4}, {"full": 1, "sliding": 3}),
        ("olmo3", {"sliding_window": 64}, {"full": 1, "sliding": 3}),
        ("exaone4", {"sliding_window": 64, "sliding_window_pattern": "LLG"}, {"full": 2, "sliding": 2}),
        (
            "qwen3",
            {"layer_types": ["full_attention", "sliding_attention"] * 2, "sliding_window": 64},
            {"full": 2, "sliding": 2},
        ),
        ("llama4_text", {"attention_chunk_size": 64}, {"full": 1, "chunked": 3}),
        ("llama4_text", {"attention_chunk_size": 64, "no_rope_layers": [1, 0, 1, 0]}, {"full": 2, "chunked": 2}),
    ],
)
def test_which_layers_look_how_far_back(kind: str, extra: dict[str, Any], expected: dict[str, int]) -> None:
    shape = shape_from_config({**LLAMA, "model_type": kind, "max_position_embeddings": 10_000, **extra}, "x")
    assert spans(shape) == expected


def test_head_width_is_read_or_derived() -> None:
    assert shape_from_config(LLAMA, "x").attention[0].head_dim == 32
    assert shape_from_config({**LLAMA, "head_dim": 256}, "x").attention[0].head_dim == 256


def test_queries_may_be_low_rank_or_not() -> None:
    full = shape_from_config({**DEEPSEEK, "q_lora_rank": None}, "x")
    assert full.attention[0].n_query_rank is None
    # d r + r H (h_n + h_r) against d H (h_n + h_r), and the norm of the low rank
    low = 7168 * 1536 + 1536 * 128 * 192 + 1536
    difference = total_parameters(full) - total_parameters(shape_from_config(DEEPSEEK, "x"))
    assert difference == 61 * (7168 * 128 * 192 - low)


def test_dense_and_expert_widths_are_not_mixed_up() -> None:
    shape = shape_from_config(DEEPSEEK, "x")
    assert shape.dense[0].width == 18432
    assert shape.experts[0].width == shape.experts[0].shared_width == 2048
    llama4 = shape_from_config(
        {**PUBLISHED["llama-4-scout"].config["text_config"], "interleave_moe_layer_step": 2}, "x"
    )
    assert (llama4.dense[0].width, llama4.experts[0].width) == (16384, 8192)


def test_shared_indexers_are_counted_once() -> None:
    sparse = {**DEEPSEEK, "model_type": "glm_moe_dsa", "index_topk": 2048, "index_n_heads": 32, "index_head_dim": 128}
    every = shape_from_config(sparse, "x")
    some = shape_from_config({**sparse, "indexer_types": ["full"] * 21 + ["shared"] * 40}, "x")
    scorer = 1536 * 32 * 128 + 7168 * (128 + 32) + 2 * 128
    assert total_parameters(every) - total_parameters(some) == 40 * scorer
    assert kv_cache_byte_per_token(every) - kv_cache_byte_per_token(some) == 40 * 128 * 2


def test_gemma_4_widens_its_global_layers_and_shares_keys_with_values() -> None:
    text = config("gemma4_text", 6, 512, 8, 4, 1024, 1000, head_dim=64, global_head_dim=128, attention_k_eq_v=True, num_global_key_value_heads=2,
                  sliding_window=32, layer_types=["sliding_attention"] * 5 + ["full_attention"])  # fmt: skip
    shape = shape_from_config({"model_type": "gemma4", "text_config": text, "vision_config": {"depth": 2}}, "x")
    full = next(group for group in shape.attention if group.span.kind == "full")
    assert (full.head_dim, full.n_kv_heads, full.key_value) == (128, 2, "one_matrix")
    assert kv_cache_byte_per_token(shape, 32) == 2 * 2 * 128 * 2  # both are stored although one matrix makes them
    assert any("vision_config" in warning for warning in shape.origin.warnings)


def test_gemma_3n_counts_its_token_tables_but_does_not_multiply_them() -> None:
    shape = shape_from_config(
        config("gemma3n_text", 10, 256, 4, 2, [512] * 10, 1000, head_dim=64, sliding_window=64, hidden_size_per_layer_input=32,  # type: ignore[arg-type]
               vocab_size_per_layer_input=1000, num_kv_shared_layers=4), "x")  # fmt: skip
    assert total_parameters(shape) - active_matmul(shape) > 10 * 32 * 1000
    assert (
        sum(group.n_kv_layers or 0 for group in shape.attention if group.n_kv_layers is not None)
        < shape.attention_layers
    )


def test_pruned_llamas_have_a_width_per_block() -> None:
    blocks = [
        {"attention": {"n_heads_in_group": 4, "no_op": False}, "ffn": {"ffn_mult": 2.0, "no_op": False}},
        {"attention": {"n_heads_in_group": None, "no_op": True}, "ffn": {"ffn_mult": 1.0, "no_op": False}},
        {"attention": {"n_heads_in_group": 8, "no_op": False}, "ffn": {"no_op": True}},
    ]
    shape = shape_from_config({**config("nemotron-nas", 3, 1024, 8, None, 1, 1000), "block_configs": blocks}, "x")
    assert shape.attention_layers == 2
    assert sorted(group.width for group in shape.dense) == [768, 1536]


def test_deepseek_v4_is_read_from_both_spellings() -> None:
    common = config(
        "deepseek_v4", 4, 512, 8, 1, 256, 1000, head_dim=64, q_lora_rank=96, o_groups=2, o_lora_rank=32, sliding_window=16, index_n_heads=4,
        index_head_dim=32, index_topk=8, hc_mult=4, n_routed_experts=8, num_experts_per_tok=2, moe_intermediate_size=64, n_shared_experts=1,
    )  # fmt: skip
    ratios = shape_from_config({**common, "compress_ratios": [0, 4, 128, 4, 0]}, "x")
    kinds = [
        "sliding_attention",
        "compressed_sparse_attention",
        "heavily_compressed_attention",
        "compressed_sparse_attention",
    ]
    rates = {"compressed_sparse_attention": 4, "heavily_compressed_attention": 128}
    named = shape_from_config({**common, "layer_types": kinds, "compress_rates": rates}, "x")
    assert spans(ratios) == {"sliding": 1, "compressed": 3}
    assert ratios.mixers == named.mixers
    # one layer with the window alone: queries through rank 96, one vector of 64, grouped output through 2 x 32
    window = next(group for group in ratios.attention if group.span.kind == "sliding")
    assert window.n_extra_matmul + 8 * 64 * 512 == 8 * 64 // 2 * 32 * 2 + 2 * 32 * 512


def test_a_letter_pattern_may_be_a_list() -> None:
    text = config(
        "nemotron_h", 4, 256, 8, 2, 512, 1000, hybrid_override_pattern="M*-M", mamba_num_heads=8, mamba_head_dim=64
    )
    assert (
        shape_from_config({**text, "hybrid_override_pattern": list("M*-M")}, "x").mixers
        == shape_from_config(text, "x").mixers
    )


def test_text_parts_are_found_at_any_depth() -> None:
    inner = config("qwen2", 4, 256, 8, 2, 512, 1000)
    for document in (
        {
            "model_type": "qwen2_5_omni",
            "thinker_config": {"model_type": "thinker", "text_config": inner},
            "talker_config": {"x": 1},
        },
        {"model_type": "internvl_chat", "llm_config": inner, "vision_config": {"x": 1}},
        {"model_type": "deepseek_vl_v2", "language_config": inner, "vision_config": {"x": 1}},
    ):
        shape = shape_from_config(document, "x")
        assert total_parameters(shape) == total_parameters(shape_from_config(inner, "x"))
        assert any("left out" in warning for warning in shape.origin.warnings)


def test_a_tied_table_outside_the_text_part_counts() -> None:
    inner = config("llama", 4, 256, 8, 2, 512, 1000)
    tied = shape_from_config({"model_type": "x_vl", "tie_word_embeddings": True, "text_config": inner}, "x")
    assert tied.embedding.tied
    other = shape_from_config(
        {"model_type": "x_vl", "tie_word_embeddings": False, "text_config": {**inner, "tie_word_embeddings": True}}, "x"
    )
    assert not other.embedding.tied  # both flags must be true


@pytest.mark.parametrize(
    ("quantisation", "expected"),
    [
        ({"quant_method": "fp8", "weight_block_size": [128, 128]}, "fp8"),
        ({"quant_method": "mxfp4"}, "fp4"),
        ({"quant_method": "modelopt", "quant_algo": "NVFP4"}, "fp4"),
        ({"quant_method": "awq", "bits": 4}, "int4"),
        ({"quant_method": "gptq", "bits": 8}, "int8"),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"group_0": {"weights": {"num_bits": 4, "type": "int"}}},
            },
            "int4",
        ),
        (
            {
                "quant_method": "compressed-tensors",
                "config_groups": {"group_0": {"weights": {"num_bits": 8, "type": "float"}}},
            },
            "fp8",
        ),
    ],
)
def test_stored_precision_is_reported_and_does_not_change_the_count(
    quantisation: dict[str, Any], expected: str
) -> None:
    plain = shape_from_config({**LLAMA, "torch_dtype": "bfloat16"}, "x")
    stored = shape_from_config({**LLAMA, "torch_dtype": "bfloat16", "quantization_config": quantisation}, "x")
    assert plain.origin.precision == "bf16"
    assert stored.origin.precision == expected
    assert total_parameters(plain) == total_parameters(stored)


def test_an_unknown_architecture_is_read_with_a_warning() -> None:
    shape = shape_from_config({**LLAMA, "model_type": "brand_new"}, "x")
    assert total_parameters(shape) == total_parameters(shape_from_config(LLAMA, "x"))
    assert "brand_new" in shape.origin.warnings[0]
    unnamed = {key: value for key, value in LLAMA.items() if key != "model_type"}
    assert "no model_type" in shape_from_config(unnamed, "x").origin.warnings[0]


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({**LLAMA, "num_hidden_layers": None}, "num_hidden_layers"),
        ({**LLAMA, "num_hidden_layers": 0}, "num_hidden_layers"),
        ({**LLAMA, "num_hidden_layers": -4}, "num_hidden_layers"),
        ({**LLAMA, "num_hidden_layers": 2.5}, "num_hidden_layers"),
        ({**LLAMA, "num_hidden_layers": "32"}, "num_hidden_layers"),
        ({**LLAMA, "num_hidden_layers": True}, "num_hidden_layers"),
        ({**LLAMA, "num_hidden_layers": 10**9}, "num_hidden_layers"),
        ({**LLAMA, "hidden_size": 10**30}, "hidden_size"),
        ({**LLAMA, "hidden_size": float("nan")}, "hidden_size"),
        ({**LLAMA, "hidden_size": float("inf")}, "hidden_size"),
        ({**LLAMA, "hidden_size": [256]}, "hidden_size"),
        ({**LLAMA, "hidden_size": 250}, "num_attention_heads"),
        ({**LLAMA, "num_attention_heads": None}, "num_attention_heads"),
        ({**LLAMA, "num_key_value_heads": 3}, "num_key_value_heads"),
        ({**LLAMA, "num_key_value_heads": 16}, "num_key_value_heads"),
        ({**LLAMA, "intermediate_size": None}, "intermediate_size"),
        ({**LLAMA, "vocab_size": None}, "vocab_size"),
        ({**LLAMA, "tie_word_embeddings": "yes"}, "tie_word_embeddings"),
        ({**LLAMA, "layer_types": ["full_attention"] * 3}, "layer_types"),
        ({**LLAMA, "layer_types": ["telepathy"] * 4}, "layer_types"),
        ({**LLAMA, "layer_types": "full"}, "layer_types"),
        ({**MIXTRAL, "num_experts_per_tok": 9}, "num_experts_per_tok"),
        ({**MIXTRAL, "num_experts_per_tok": 0}, "num_experts_per_tok"),
        ({**MIXTRAL, "num_experts_per_tok": None}, "num_experts_per_tok"),
        ({**MIXTRAL, "num_local_experts": -1}, "num_local_experts"),
        ({**MIXTRAL, "moe_layer_freq": [1, 0]}, "moe_layer_freq"),
        ({**MIXTRAL, "moe_layers_enum": "1,99"}, "moe_layers_enum"),
        ({**MIXTRAL, "moe_layers_enum": "a,b"}, "moe_layers_enum"),
        ({**MIXTRAL, "first_k_dense_replace": 77}, "first_k_dense_replace"),
        ({**DEEPSEEK, "qk_nope_head_dim": None}, "qk_nope_head_dim"),
        ({**DEEPSEEK, "index_topk": 2048}, "index_n_heads"),
        ({**LLAMA, "model_type": 7}, "model_type"),
        ({**LLAMA, "model_type": "t5"}, "model_type"),
        ({**LLAMA, "model_type": "bert"}, "model_type"),
        ({**LLAMA, "model_type": "clip"}, "model_type"),
        ({**LLAMA, "model_type": "rwkv"}, "model_type"),
        ({**LLAMA, "is_encoder_decoder": True}, "is_encoder_decoder"),
        ({"_class_name": "FluxTransformer2DModel", "num_layers": 19}, "diffusion"),
        ({"model_type": "qwen3_next", **{k: v for k, v in LLAMA.items() if k != "model_type"}}, "linear_num_key_heads"),
        ({"model_type": "kimi_linear", **{k: v for k, v in LLAMA.items() if k != "model_type"}}, "linear_attn_config"),
        ({**LLAMA, "model_type": "nemotron_h", "hybrid_override_pattern": "M*X-"}, "hybrid_override_pattern"),
        ({**LLAMA, "model_type": "nemotron_h", "hybrid_override_pattern": "M*-"}, "hybrid_override_pattern"),
        ({"model_type": "llava", "text_config": []}, "num_hidden_layers"),
        ({"quantization": {"quant_algo": "FP8"}}, "quantisation"),
        ({}, "num_hidden_layers"),
    ],
)  # fmt: skip
def test_impossible_values_are_one_sentence_that_names_the_key(document: dict[str, Any], named: str) -> None:
    with pytest.raises(BadFileError) as caught:
        shape_from_config(document, "own.json")
    assert named in str(caught.value)
    assert str(caught.value).startswith("own.json")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300
    assert caught.value.exit_status == 2


@pytest.mark.parametrize("document", [[], "llama", 7, None])
def test_what_is_no_object_is_refused(document: Any) -> None:
    with pytest.raises(BadFileError, match="one object"):
        shape_from_config(document, "own.json")


def test_values_of_wrong_kinds_anywhere_never_end_in_a_traceback() -> None:
    odd: list[Any] = [None, -1, 0, 1.5, 10**25, float("nan"), "text", [], [1, "a"], {}, {"a": 1}, True]
    for name, model in PUBLISHED.items():
        for key in model.config:
            for value in odd:
                document = copy.deepcopy(model.config)
                document[key] = value
                try:
                    shape = shape_from_config(document, name)
                except BadFileError:
                    continue
                assert total_parameters(shape) >= 0


def write(folder: Path, text: str, name: str = "config.json") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_and_its_folder_are_found(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps(LLAMA))
    shape = find_model(str(path))
    assert find_model(tmp_path) == find_model(str(tmp_path)) or find_model(tmp_path).hidden_size == shape.hidden_size
    assert shape.origin.matched_from == str(path)
    assert shape.name == tmp_path.name
    assert find_model(write(tmp_path, json.dumps(LLAMA), "mine.json")).name == "mine"


def test_an_infinity_elsewhere_in_the_file_does_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path, json.dumps({**LLAMA, "time_step_limit": [0.0, float("inf")]}))
    assert find_model(path).n_layers == 4
    with pytest.raises(BadFileError, match="hidden_size"):
        find_model(write(tmp_path, json.dumps({**LLAMA, "hidden_size": float("inf")})))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[" * 100_000, '{"a": ' * 5_000 + "1" + "}" * 5_000, '{"hidden_size": 1, "hidden_size": 2}', '{"hidden_size": 1' + "0" * 5_000 + "}", "[1, 2]", "null", "\ufeff"],
    ids=["empty", "broken", "deep list", "deep object", "twice", "huge number", "a list", "null", "mark only"],
)  # fmt: skip
def test_hostile_files_are_one_sentence(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadFileError) as caught:
        find_model(write(tmp_path, text))
    assert len(str(caught.value)) < 300


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadFileError):
        find_model(tmp_path / "missing.json")
    with pytest.raises(BadFileError):
        find_model(tmp_path)
    path = tmp_path / "config.json"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadFileError):
        find_model(path)
    with pytest.raises(UnknownNameError):
        find_model("")
    with pytest.raises(UnknownNameError):
        find_model("a\0b")


def test_extra_experts_cost_weights_but_no_work() -> None:
    few, many = (shape_from_config({**MIXTRAL, "num_local_experts": n}, "x") for n in (8, 64))
    group = few.experts[0]
    assert isinstance(group, Experts)
    router = 4 * 256 * 56
    assert active_matmul(many) - active_matmul(few) == router
    assert total_parameters(many) - total_parameters(few) == router + 4 * 56 * 3 * 256 * 512


def test_wrong_values_inside_nested_parts_never_end_in_a_traceback() -> None:
    odd: list[Any] = [None, -1, 0, 1.5, float("nan"), "text", [], [1, "a"], {"a": 1}, 3]
    for name in ("dbrx", "mpt-7b", "kimi-linear-48b-a3b", "llama-4-scout"):
        model = PUBLISHED[name].config
        for part in [key for key, value in model.items() if isinstance(value, dict)]:
            for key in model[part]:
                for value in odd:
                    document = {**model, part: {**model[part], key: value}}
                    try:
                        shape = shape_from_config(document, name)
                    except BadFileError:
                        continue
                    assert total_parameters(shape) >= 0
