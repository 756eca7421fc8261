"""Figures derived by hand from the published widths, to the last parameter, byte and FLOP.

Each derivation stands in a comment: A attention weights per layer, F feed-forward weights per layer, V d a token table.
"""

import pytest

from leadtime.workloads import (
    active_matmul,
    find_model,
    forward_flop_per_token,
    kv_cache_byte,
    kv_cache_byte_per_token,
    numbers,
    prediction_count,
    shape_from_config,
    total_parameters,
)

# name: total, in matrices one token meets, KV byte per token at 16 bit, FLOP per token and context token
GOLDEN = {
    # 32 x (4 x 4096² + 3 x 4096 x 11008) + 2 x 32000 x 4096 + 65 x 4096; KV 2 x 32 x 4096 x 2; 4 x 4096 x 32
    "llama2-7b": (6_738_415_616, 6_607_077_376, 524_288, 524_288),
    # A = 2 x 8192² + 2 x 8192 x 1024; F = 3 x 8192 x 28672; 80 layers
    "llama2-70b": (68_976_648_192, 68_713_185_280, 327_680, 2_621_440),
    "llama3-8b": (8_030_261_248, 7_504_658_432, 131_072, 524_288),
    "llama3-70b": (70_553_706_496, 69_501_714_432, 327_680, 2_621_440),
    "llama3.1-405b": (405_853_388_800, 403_747_897_344, 516_096, 8_257_536),
    # 8 experts of 3 x 4096 x 14336, of which 2; router 4096 x 8
    "mixtral-8x7b": (46_702_792_704, 12_748_587_008, 131_072, 524_288),
    # norms on queries and keys, 2 x 128 per layer
    "qwen3-8b": (8_190_735_360, 7_568_097_280, 147_456, 589_824),
    "qwen3-32b": (32_762_123_264, 31_983_534_080, 262_144, 2_097_152),
    "qwen3-30b-a3b": (30_532_122_624, 3_041_656_832, 98_304, 786_432),
    "qwen3-235b-a22b": (235_093_634_560, 21_567_635_456, 192_512, 3_080_192),
    # latent attention: cache 512 + 64 values; expanded 2 x 128 x (128 + 64 + 128) per layer
    "deepseek-v2": (235_741_434_880, 20_850_769_920, 69_120, 4_915_200),
    "deepseek-v3": (671_026_419_200, 36_624_596_992, 70_272, 4_997_120),
    "kimi-k2": (1_026_408_232_448, 31_686_066_176, 70_272, 2_498_560),
}
FORWARD_AT_4096 = {
    "llama2-7b": 1.5362e10,
    "llama2-70b": 1.4816e11,
    "llama3-8b": 1.7157e10,
    "llama3-70b": 1.4974e11,
    "llama3.1-405b": 8.4132e11,
    "mixtral-8x7b": 2.7645e10,
    "qwen3-8b": 1.7552e10,
    "qwen3-32b": 7.2557e10,
    "qwen3-30b-a3b": 9.3045e9,
    "qwen3-235b-a22b": 5.5752e10,
    "deepseek-v2": 6.1834e10,
    "deepseek-v3": 9.3717e10,
    "kimi-k2": 7.3606e10,
}


@pytest.mark.parametrize("name", GOLDEN)
def test_parameters_cache_and_attention_work(name: str) -> None:
    total, matmul, kv_byte, per_context = GOLDEN[name]
    shape = find_model(name)
    assert total_parameters(shape) == total
    assert active_matmul(shape) == matmul
    assert kv_cache_byte_per_token(shape) == kv_byte
    assert numbers(shape).attention.flop_per_context == per_context


@pytest.mark.parametrize("name", FORWARD_AT_4096)
def test_forward_flop_at_4096_tokens(name: str) -> None:
    assert forward_flop_per_token(find_model(name), 4096) == pytest.approx(FORWARD_AT_4096[name], rel=5e-5)


def test_gpt3_without_biases_and_position_table() -> None:
    shape = shape_from_config(
        {
            "model_type": "a plain decoder",
            "num_hidden_layers": 96,
            "hidden_size": 12288,
            "num_attention_heads": 96,
            "intermediate_size": 32768,  # 3 x 32768 = 2 x 49152: the same weights gated or not
            "vocab_size": 51200,
            "tie_word_embeddings": True,
        },
        "gpt3",
    )
    assert total_parameters(shape) == 174_577_692_672
    assert active_matmul(shape) == 174_575_321_088
    assert kv_cache_byte_per_token(shape) == 4_718_592
    assert forward_flop_per_token(shape, 4096) == pytest.approx(3.6848e11, rel=5e-5)


def test_absorbed_latent_attention() -> None:
    shape = find_model("deepseek-v3")
    arrays = numbers(shape).attention
    assert arrays.flop_per_context * arrays.absorbed_ratio == 2 * 128 * (2 * 512 + 64) * 61 == 16_990_208
    difference = forward_flop_per_token(shape, 1000, absorbed=True) - forward_flop_per_token(shape, 1000)
    assert difference == pytest.approx((16_990_208 - 4_997_120) * 1000)


def test_gpt_oss_stops_growing_in_half_of_its_layers() -> None:
    shape = find_model("gpt-oss-120b")
    assert kv_cache_byte_per_token(shape, 127) == 36 * 2 * 8 * 64 * 2 == 73_728
    assert kv_cache_byte_per_token(shape, 128) == 18 * 2 * 8 * 64 * 2 == 36_864
    assert kv_cache_byte(shape, 128) == 128 * 73_728
    assert kv_cache_byte(shape, 4096) == 128 * 73_728 + (4096 - 128) * 36_864
    # 4 H h = 4 x 64 x 64 per layer; at 4096 tokens half of the layers see all, half see 128
    attention = forward_flop_per_token(shape, 4096) - 2 * active_matmul(shape)
    assert attention == 18 * 4 * 64 * 64 * (4096 + 128)
    # over a causal sequence: half of it, and 128 - 128²/(2 x 4096) = 126 in the window
    causal = forward_flop_per_token(shape, 4096, causal=True) - 2 * active_matmul(shape)
    assert causal == 18 * 4 * 64 * 64 * (2048 + 126)


def test_gemma_grows_in_every_sixth_layer() -> None:
    shape = find_model("gemma3-27b")
    assert kv_cache_byte_per_token(shape, 100) == 62 * 2 * 16 * 128 * 2
    assert kv_cache_byte_per_token(shape, 1024) == 10 * 2 * 16 * 128 * 2


def test_llama4_chunks_its_attention() -> None:
    shape = find_model("llama4-scout")
    assert kv_cache_byte_per_token(shape, 100) == 48 * 2 * 8 * 128 * 2
    assert kv_cache_byte_per_token(shape, 8192) == 12 * 2 * 8 * 128 * 2
    chunked = forward_flop_per_token(shape, 65536, causal=True) - 2 * active_matmul(shape)
    assert chunked == 4 * 40 * 128 * (12 * 32768 + 36 * 4096)  # a token sees half of its own chunk on average


def test_falcon_shares_one_key_value_head() -> None:
    assert kv_cache_byte_per_token(find_model("falcon-7b")) == 32 * 2 * 1 * 64 * 2
    assert kv_cache_byte_per_token(find_model("falcon-40b")) == 60 * 2 * 8 * 64 * 2
    # 7B: 32 x (4544 x 4544 x 2 + 4544 x 128 + 8 x 4544² + 2 x 4544) + 65024 x 4544 + 2 x 4544
    assert total_parameters(find_model("falcon-7b")) == 6_921_720_704


def test_sparse_attention_stores_all_and_reads_the_chosen() -> None:
    shape = find_model("deepseek-v3.2")
    arrays = numbers(shape)
    # 576 latent values and an indexer key of 128 in each of 61 layers
    assert kv_cache_byte_per_token(shape, 100_000) == 61 * (576 + 128) * 2
    assert arrays.cache.selected_per_token == 61 * 576
    assert arrays.attention.selected == 2048
    # 128 heads score and weigh 2,048 tokens; 64 small heads score all
    attention = forward_flop_per_token(shape, 100_000) - 2 * active_matmul(shape)
    assert attention == 61 * (2 * 128 * 320 * 2048 + 2 * 64 * 128 * 100_000)
    # the indexer adds 1536 x 64 x 128 + 7168 x 128 + 7168 x 64 and a norm of 2 x 128 per layer
    assert total_parameters(shape) - total_parameters(find_model("deepseek-v3")) == 61 * (
        1536 * 8192 + 7168 * 192 + 256
    )


def test_deepseek_v4_compresses_what_lies_beyond_its_window() -> None:
    shape = find_model("deepseek-v4-flash")
    # one vector of 512 per layer below the window of 128; one per 4 tokens in 21 layers (with an indexer key of 128), one per 128 in 20
    per_token = 21 * (512 + 128) / 4 + 20 * 512 / 128
    assert kv_cache_byte_per_token(shape, 1_000) == pytest.approx(2 * per_token)
    assert kv_cache_byte_per_token(shape, 0) == pytest.approx(2 * (per_token + 43 * 512))
    attention = forward_flop_per_token(shape, 1_000_000) - 2 * active_matmul(shape)
    pair = 4 * 64 * 512
    by_hand = pair * (43 * 128 + 21 * 512 + 20 * 1_000_000 / 128) + 21 * 2 * 64 * 128 * 1_000_000 / 4
    assert attention == pytest.approx(by_hand)


def test_recurrent_layers_keep_a_constant_state() -> None:
    shape = find_model("minimax-m1")
    assert kv_cache_byte_per_token(shape) == 10 * 2 * 8 * 128 * 2
    assert numbers(shape).cache.state == 70 * 64 * 128 * 128
    assert kv_cache_byte(shape, 0) == 4 * 70 * 64 * 128 * 128
    next_ = find_model("qwen3-next-80b-a3b")
    assert kv_cache_byte_per_token(next_) == 12 * 2 * 2 * 256 * 2
    assert numbers(next_).cache.state == 36 * (32 * 128 * 128 + 3 * (2 * 16 * 128 + 32 * 128))


def test_layers_that_reuse_keys_and_values_read_more_than_they_store() -> None:
    shape = find_model("hunyuan-large")
    assert kv_cache_byte_per_token(shape) == 32 * 2 * 8 * 80 * 2
    assert numbers(shape).cache.read_ratio == 2


def test_multi_token_prediction_of_deepseek_v3() -> None:
    # one more block with experts, a projection of 2 d to d, norms: the paper's 685B less 671B, token tables shared
    shape = find_model("deepseek-v3")
    block = (
        187_107_328 + 7168 * 256 + 257 * 3 * 7168 * 2048 + 256
    )  # attention with low-rank norms, router, experts, balancing
    assert prediction_count(shape).total == block + 2 * 7168 * 7168 + 5 * 7168


def test_gpt2_small_to_the_last_bias() -> None:
    # 12 x (4 x 768² + 4 x 768 + 8 x 768² + 5 x 768 + 4 x 768) + (50257 + 1024) x 768 + 2 x 768
    assert total_parameters(find_model("gpt2-small")) == 124_439_808
