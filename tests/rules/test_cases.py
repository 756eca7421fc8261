"""Every case file: a sentence, what is given, what is expected, and where it is written."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from leadtime import catalog, rules
from leadtime.rules import Item, Request

CASES = Path(__file__).parent / "cases"
REQUEST_KEYS = {
    "to": "to",
    "on": "on",
    "hq": "hq",
    "from": "origin",
    "consignee": "consignee",
    "end_use": "end_use",
    "certified": "certified",
    "quantity": "quantity",
    "us_content": "us_content_frac",
    "direct_product": "direct_product",
    "posture": "posture",
}
GIVEN_KEYS = {*REQUEST_KEYS, "owned_by", "chip", "spec", "amendments", "changes", "book"}
EXPECT_KEYS = {
    "outcome",
    "eccn",
    "review",
    "exception",
    "possible_outcomes",
    "possible_reviews",
    "possible_eccns",
    "missing",
    "overlay",
    "no_overlay",
    "trace",
    "error",
}


def loaded() -> list[Any]:
    found = []
    for path in sorted(CASES.rglob("*.yaml")):
        for number, case in enumerate(yaml.safe_load(path.read_text()) or (), start=1):
            found.append(pytest.param(case, id=f"{path.relative_to(CASES).with_suffix('')}-{number}"))
    return found


@cache
def book_of(name: str, amendments: tuple[str, ...], changes: str = "[]") -> rules.Book:
    book = rules.book(name)
    asked = [rules.bill(one) for one in amendments]
    if changes != "[]":
        asked.append(rules.amendment_of({"id": "what-if", "changes": yaml.safe_load(changes)}))
    return book.amend(*asked) if asked else book


def listed(value: Any) -> list[Any]:
    """Return one or several expectations as a list; an empty text would match anything, so it is refused."""
    several = value if isinstance(value, list) else [] if value is None else [value]
    assert all(several), "an expectation says something"
    return several


def item_of(given: dict[str, Any]) -> Item:
    if "chip" in given:
        return rules.find_item(given["chip"])
    return rules.item_from_spec(given["spec"], "spec")


def answer(given: dict[str, Any]) -> rules.Determination:
    assert not set(given) - GIVEN_KEYS, f"unknown keys {set(given) - GIVEN_KEYS}"
    values = {REQUEST_KEYS[key]: value for key, value in given.items() if key in REQUEST_KEYS}
    if isinstance(values["on"], str):
        values["on"] = date.fromisoformat(values["on"])
    values["owned_by"] = tuple(rules.owner_of(text) for text in given.get("owned_by", ()))
    book = book_of(
        given.get("book", "us_ear"),
        tuple(given.get("amendments", ())),
        yaml.safe_dump(given.get("changes", [])).strip(),
    )
    return rules.determine(book, item_of(given), Request(**values))


def shown(found: rules.Determination) -> dict[str, Any]:
    data = found.as_data()
    return {
        key: data[key]
        for key in (
            "outcome",
            "eccn",
            "review",
            "exception",
            "possible_outcomes",
            "possible_reviews",
            "possible_eccns",
            "missing",
        )
    }


@pytest.mark.parametrize("case", loaded())
def test_case(case: dict[str, Any]) -> None:
    expect = case["expect"]
    assert expect, "a case expects something"
    assert not set(expect) - EXPECT_KEYS, f"unknown keys {set(expect) - EXPECT_KEYS}"
    if "error" in expect:
        with pytest.raises(
            rules.LeadtimeError if hasattr(rules, "LeadtimeError") else Exception, match=expect["error"]
        ):
            answer(case["given"])
        return
    found = answer(case["given"])
    got = shown(found)
    wanted = {key: value for key, value in expect.items() if key not in {"overlay", "no_overlay", "trace"}}
    compared = {key: got[key] for key in wanted}
    for key in ("possible_outcomes", "possible_reviews", "possible_eccns", "missing"):
        if key in wanted:
            wanted[key], compared[key] = sorted(map(str, wanted[key])), sorted(map(str, compared[key]))
    assert compared == wanted, case["name"]
    texts = [f"{overlay.id}: {overlay.text}" for overlay in found.overlays]
    for words in listed(expect.get("overlay")):
        assert any(words.casefold() in text.casefold() for text in texts), (case["name"], words, texts)
    for words in listed(expect.get("no_overlay")):
        assert not any(words.casefold() in text.casefold() for text in texts), (case["name"], words, texts)
    for line in listed(expect.get("trace")):
        assert any(all(getattr(one, key) == value for key, value in line.items()) for one in found.trace), (
            case["name"],
            line,
            [one for one in found.trace if one.provision == line.get("provision")],
        )


def test_every_case_is_a_sentence_with_a_known_source() -> None:
    known = set(catalog.sources())
    names: set[str] = set()
    for parameter in loaded():
        case = parameter.values[0]
        assert len(case["name"].split()) >= 3, case["name"]
        assert case["name"] not in names, f"the name stands twice: {case['name']}"
        names.add(case["name"])
        assert case["source"]["id"] in known, case["source"]
