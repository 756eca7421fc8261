"""Claim files: what is accepted, what is refused and how, and that the test of a file is what decides."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pytest

from leadtime.claims import claim_from_mapping, judge, load_claim
from leadtime.errors import BadFileError, BadInputError, OutOfRangeError, UnknownNameError
from leadtime.study import questions
from leadtime.study.questions import Answer, Argument, Question, Sampled, _registry


def toss(
    bias: Annotated[float, Argument(text="Chance of heads", low=0.0, high=1.0)] = 0.5,
    on: Annotated[date, Argument(text="Day", low=date(2022, 1, 1), high=date(2033, 1, 1))] = date(2025, 1, 1),
    n: Annotated[int, Argument(text="Tosses", low=1, high=1_000_000)] = 1000,
    sides: Annotated[tuple[str, ...], Argument(text="Names of the sides", choices=("heads", "tails"))] = ("heads",),
) -> Answer:
    """Toss a coin."""
    return Answer(
        figures={
            "heads": Sampled.single("heads", "", (np.arange(n) < bias * n).astype(float)),
            "never": Sampled.single("a date that is never reached", "yr", np.full(n, np.nan)),
        },
        source_ids=("toss",),
        rows=[{"bias": bias, "on": on, "sides": list(sides)}],
    )


@pytest.fixture(autouse=True)
def only_toss(monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(_registry._REGISTRY)
    questions.question(toss)
    entry: Question = _registry._REGISTRY["toss"]
    _registry._REGISTRY.clear()
    _registry._REGISTRY.update(before)
    monkeypatch.setattr(_registry, "_loaded", lambda: {"toss": entry})
    return


def document(**changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "id": "coin",
        "title": "Coin",
        "statement": "It lands on heads.",
        "who": "Somebody",
        "asks": "Tosses.",
        "compute": {"question": "toss", "arguments": {"bias": 0.9}},
        "test": {"all_of": [{"figure": "heads", "above": 0.5}]},
        "figure": "heads",
        "why_this_test": "It counts.",
        "changes_it": "Another coin.",
    }
    return {**base, **changes}


def test_the_verdict_follows_from_the_computation_and_flips_with_its_input() -> None:
    claim = claim_from_mapping(document(), "coin.yaml")
    assert judge(claim).verdict.verdict == "supported"
    assert judge(claim.with_arguments({"bias": "0.1"})).verdict.verdict == "contradicted"
    assert judge(claim.with_arguments({"bias": 0.5})).verdict.verdict == "unresolved"


def test_the_entry_has_the_keys_of_the_contract() -> None:
    entry = judge(claim_from_mapping(document(), "coin.yaml")).as_contract()
    for key in (
        "id",
        "statement",
        "verdict",
        "probability",
        "figure",
        "deciding_assumption",
        "judgeable_on",
        "computation",
        "sources",
    ):
        assert key in entry
    assert set(entry["figure"]) >= {"value", "low", "high", "level", "unit"}
    assert entry["sources"] == ["toss"]


def test_a_figure_that_never_occurs_is_null_and_its_test_fails() -> None:
    claim = claim_from_mapping(
        document(figure="never", test={"all_of": [{"figure": "never", "below": 2100}]}), "coin.yaml"
    )
    entry = judge(claim)
    assert entry.figure["value"] is None
    assert entry.verdict.verdict == "contradicted"


def test_any_of_needs_one() -> None:
    test = {
        "all_of": [{"figure": "heads", "at_least": 0}],
        "any_of": [{"figure": "heads", "above": 2}, {"figure": "heads", "at_most": 1}],
    }
    assert judge(claim_from_mapping(document(test=test), "coin.yaml")).verdict.probability == 1


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"compute": {"question": "tos"}}, UnknownNameError, "Did you mean toss"),
        ({"compute": {"question": "toss", "arguments": {"bais": 1}}}, UnknownNameError, "Did you mean bias"),
        ({"compute": {"question": "toss", "arguments": {"bias": 3}}}, OutOfRangeError, "from 0.0 to 1.0"),
        ({"compute": {"question": "toss", "arguments": {"on": "2060-01-01"}}}, OutOfRangeError, "2033-01-01"),
        ({"compute": {"question": "toss", "arguments": {"sides": "heads,edge"}}}, UnknownNameError, "heads"),
        ({"compute": {"question": "toss", "arguments": {"n": 1.5}}}, BadInputError, "whole number"),
        ({"test": {"all_of": [{"figure": "heads"}]}}, BadFileError, "needs above"),
        ({"test": {}}, BadFileError, "at least one condition"),
        ({"verdict": "supported"}, BadFileError, "verdict"),
        ({"id": "../etc"}, BadFileError, "id"),
        ({"title": ""}, BadFileError, "title"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(changes: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        claim_from_mapping(document(**changes), "coin.yaml")
    assert words in str(caught.value)
    assert "coin.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_test_on_a_figure_that_the_question_does_not_answer_is_refused() -> None:
    claim = claim_from_mapping(document(test={"all_of": [{"figure": "tails", "above": 0}]}), "coin.yaml")
    with pytest.raises(BadFileError, match="tails"):
        judge(claim)


@pytest.mark.parametrize(("text", "value"), [("128k", 131072), ("1_000", 1000), ("2M", 2_000_000)])
def test_numbers_as_people_write_them(text: str, value: int) -> None:
    if value <= 1_000_000:
        assert _registry.checked(questions.get("toss"), {"n": text})["n"] == value
    else:
        with pytest.raises(OutOfRangeError):
            _registry.checked(questions.get("toss"), {"n": text})


@pytest.mark.parametrize("text", ["nan", "inf", "1e999", "", "True", "0x10"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(BadInputError):
        _registry.checked(questions.get("toss"), {"bias": text})


def test_a_claim_from_a_file(tmp_path: Path) -> None:
    import yaml

    path = tmp_path / "coin.yaml"
    path.write_text(yaml.safe_dump(document()))
    assert load_claim(str(path)).id == "coin"
    path.write_text("- 1\n- 2\n")
    with pytest.raises(BadFileError, match="mapping"):
        load_claim(str(path))
