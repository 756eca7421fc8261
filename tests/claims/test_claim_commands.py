"""`leadtime claims` on files of one's own: what may be asked, whether a file can be judged, its answer."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from leadtime.claims import claim_from_text, claim_text, load_claim
from leadtime.errors import BadFileError
from leadtime.files import parse_yaml
from tests.interfaces._contract import answer, run

pytestmark = pytest.mark.slow


def written(path: Path, **changes: Any) -> Path:
    assert answer("claims", "new", str(path))["data"]["path"] == str(path)
    if changes:
        path.write_text(yaml.safe_dump({**parse_yaml(path.read_text(), "x"), **changes}, allow_unicode=True))
    return path


def test_one_question_comes_with_the_figures_that_a_test_can_use() -> None:
    (one,) = answer("claims", "questions", "chip_against")["data"]
    assert one["figures"]["decode_ratio"]["unit"] == "ratio"
    assert (one["arguments"]["chip"]["names"], one["arguments"]["n_chips"]["type"]) == ("chip", "whole number")
    assert "figures" not in answer("claims", "questions")["data"][0]
    said = run("claims", "questions", "chip_against").stdout
    assert "figure decode_ratio: Decode rate, H20 96GB over H100" in said
    assert "context=131072" in said


def test_a_file_is_checked_as_far_as_its_answer_shows(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.yaml")
    assert answer("claims", "check", str(path))["data"] == {"id": "my-claim", "valid": True}
    path.unlink()
    written(path, compute={"question": "chip_against", "arguments": {"chip": "h1oo"}})
    assert answer("claims", "check", str(path), status=2)["error"]["message"].startswith("mine.yaml: There is no chip")
    path.unlink()
    written(path, figure="speed")
    error = answer("claims", "check", str(path), status=2)["error"]
    assert error["message"] == "mine.yaml: chip_against answers no figure 'speed'."
    assert "decode_ratio" in error["hint"]


def test_a_claim_of_ones_own_needs_no_reasons_but_a_published_one_does(tmp_path: Path) -> None:
    path = written(tmp_path / "mine.yaml", asks="", why_this_test="", changes_it="")
    said = run("claims", str(path)).stdout
    assert "Why this test" not in said
    assert "What would change it" not in said
    path.unlink()
    written(path, asks="", kind="article")
    assert "why_this_test" in answer("claims", "check", str(path), status=2)["error"]["message"]


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 50_000, "{a: " * 100_000, "? " * 30_000, "a: &x [1]\nb: *x"])
def test_yaml_that_would_blow_up_is_refused_before_it_does(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(text)
    with pytest.raises(BadFileError, match=r"aliases|levels deep"):
        load_claim(str(path))


@pytest.mark.parametrize(
    "statement", ["it's: #1", "on", "2025-01-01", "「主張」", "a\nb", "- x", "é\u2028\U0001f600", "null", "1e3", "\t%"]
)
def test_the_text_of_a_claim_is_read_back_as_it_was(tmp_path: Path, statement: str) -> None:
    claim = load_claim(str(written(tmp_path / "mine.yaml", statement=f"x{statement}", who=statement.strip() or "x")))
    assert claim_from_text(claim_text(claim), "copy") == claim
