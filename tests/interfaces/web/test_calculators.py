"""The calculators with a model and a chip of the reader's own, and fronts of several chips in one chart."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.interfaces._contract import answer
from tests.interfaces.web._page import expect, still, violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CONFIG = {
    "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": 2048, "intermediate_size": 8192,
    "num_hidden_layers": 16, "num_attention_heads": 32, "num_key_value_heads": 8, "vocab_size": 128256,
    "head_dim": 64, "tie_word_embeddings": True, "max_position_embeddings": 131072,
}  # fmt: skip


def test_a_model_from_a_file_is_served_as_the_command_line_serves_it(page: Any, address: str, tmp_path: Path) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(CONFIG))
    page.goto(f"{address}#/chips?tab=infer&model=llama-3.1-8b&chip=h100&n=1&in=1000&out=200")
    page.locator("figure svg").first.wait_for()
    page.locator("summary", has_text="Use a model of my own").click()
    page.get_by_label("Use a model of my own (config.json)").set_input_files(file)
    page.locator("text=config.json is used.").wait_for()
    page.get_by_role("button", name="Compute").click()
    page.locator(".panel h2", has_text="config").first.wait_for()
    rows = page.locator(".panel table").first.locator("tbody tr")
    shown = {row.locator("th").inner_text(): row.locator("td").first.inner_text() for row in rows.all()}
    asked = ("--chip", "h100", "--n-chips", "1", "--input-len", "1000", "--output-len", "200")
    expected = answer("infer", str(file), *asked)["data"]["decode_tok_s_per_chip"]
    decode = float(shown["Output tokens/s per chip"].replace("k", "e3").replace(",", ""))
    assert decode == pytest.approx(expected, rel=0.006)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("config.json", "not json", "cannot be used"),
        ("config.json", "[1, 2]", "no JSON object"),
        ("config.json", '{"a": "' + "x" * 300_000 + '"}', "larger than 200 kB"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    page: Any, address: str, tmp_path: Path, name: str, content: str, said: str
) -> None:
    file = tmp_path / name
    file.write_text(content)
    page.goto(f"{address}#/chips?tab=train")
    page.locator("figure svg").first.wait_for()
    page.locator("summary", has_text="Use a model of my own").click()
    page.get_by_label("Use a model of my own (config.json)").set_input_files(file)
    page.locator(f"text={said}").wait_for()
    page.get_by_role("button", name="Compute").click()  # with the name that stands there
    page.locator(".panel h2", has_text="DeepSeek").first.wait_for()


def test_a_chip_from_a_file_and_what_the_server_says_of_a_bad_one(page: Any, address: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "mine.json", tmp_path / "bad.json"
    good.write_text(json.dumps({"kind": "chip", "name": "Mine", "based_on": "h100 sxm", "memory_bandwidth_gb_s": 1000}))
    bad.write_text(json.dumps({"kind": "chip", "name": "Bad", "fp8_dense_tflops": -1}))
    page.goto(f"{address}#/chips?tab=train&model=llama-3.1-8b&n=64&tokens=1&precision=bf16")
    page.locator("figure svg").first.wait_for()
    page.locator("summary", has_text="Use a chip of my own").click()
    page.get_by_label("Use a chip of my own (JSON)").set_input_files(good)
    page.locator("text=mine.json is used.").wait_for()
    page.get_by_role("button", name="Compute").click()
    page.locator(".panel h2", has_text="Mine").first.wait_for()
    page.get_by_label("Use a chip of my own (JSON)").set_input_files(bad)
    page.locator("text=bad.json is used.").wait_for()
    page.get_by_role("button", name="Compute").click()
    expect(page.locator(".notice.bad").first).to_contain_text("fp8_dense_tflops")


def test_fronts_of_several_chips_stand_in_one_chart(page: Any, address: str) -> None:
    page.goto(f"{address}#/chips?tab=infer&model=llama-3.1-70b&chip=h20&others=h100%2C+a2&n=8")
    page.locator("[data-key=pareto] svg").wait_for()
    still(page)
    legend = page.locator("[data-figure=pareto] .legend li").all_inner_texts()
    assert len(legend) == 3
    assert "does not fit" in legend[2] or "A2" in legend[2]
    page.locator("[data-figure=pareto] summary").click()
    page.locator("[data-figure=pareto] tbody th").first.wait_for()
    chips = set(page.locator("[data-figure=pareto] tbody th").all_inner_texts())
    assert len(chips) >= 2
    assert violations(page) == []
