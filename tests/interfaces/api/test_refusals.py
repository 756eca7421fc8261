"""Refusals in the language of the caller: the same fault, code and names; what has no words stays in English."""

import ast
import json
import re
import threading
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from httpx import Client

import leadtime
from leadtime import catalog
from leadtime.interfaces.api import _language

V1 = "/api/v1"
JA = {"accept-language": "ja"}
CLAIM = {
    "id": "mine",
    "title": "t",
    "statement": "s",
    "who": "w",
    "compute": {"question": "chip_against", "arguments": {"chip": "h20", "against": "zz"}},
    "test": {"all_of": [{"figure": "decode_ratio", "above": 1}]},
    "figure": "decode_ratio",
}
RUN = {"model": "llama2-7b", "chip": "h100", "n_chips": 8, "tokens": 1e12}
ASKED: dict[str, tuple[str, Any, str, tuple[str, ...]]] = {
    "unknown chip": ("/chips/h2000", None, "'h2000'というチップはありません。", ("h200", "gh200", "ではありませんか")),
    "unknown model": ("/models/gpt9", None, "'gpt9'というモデルはありません。", ("config.jsonでも",)),
    "unknown scenario": (
        "/simulate",
        {"scenario": "nothing"},
        "'nothing'というシナリオはありません。",
        ("`leadtime scenarios list`",),
    ),
    "unknown claim": ("/claims/C99", None, "'C99'という主張はありません。", ("C29",)),
    "unknown source": ("/sources/nowhere-1", None, "'nowhere-1'という出典はありません。", ()),
    "unknown country": (
        "/classify",
        {"item": "h20", "to": "ZZ"},
        "'ZZ'という国はありません（仕向地）。",
        ("ISO 3166",),
    ),
    "unknown bill": ("/classify", {"item": "h20", "bills": ["x"]}, "'x'という法案はありません。", ("gain-ai",)),
    "unknown output": ("/explore", {"output": "zz"}, "'zz'という出力はありません。", ()),
    "unknown lever": (
        "/simulate",
        {"levers": {"zz": 1}},
        "シナリオ：'levers.zz'というレバーはありません。",
        ("使えるもの",),
    ),
    "unknown parameter": ("/simulate", {"parameters": {"zz": 1}}, "'zz'というパラメーターはありません。", ()),
    "unknown argument": (
        "/claims/C01",
        {"arguments": {"zz": 1}},
        "に'zz'という引数はありません。",
        ("引数：", "draws"),
    ),
    "unknown field": ("/classify", {"item": "h20", "colour": 1}, "'colour'という項目はありません。", ("openapi.json",)),
    "unknown choice": ("/classify", {"item": "h20", "posture": "x"}, "posture：", ()),
    "unknown precision": ("/train", {**RUN, "precision": "fp3"}, "'fp3'という精度はありません。", ("bf16",)),
    "missing field": ("/train", {key: RUN[key] for key in RUN if key != "tokens"}, "tokensがありません。", ()),
    "out of range": ("/simulate", {"draws": 5}, "draws：100以上にしてください。", ()),
    "lever out of range": ("/simulate", {"levers": {"fee": 99}}, "levers.fee：値は99ですが、0から1まで", ()),
    "parameter out of range": (
        "/simulate",
        {"parameters": {"spillover": 99}},
        "パラメーターspilloverは99にできません。",
        (),
    ),
    "argument out of range": ("/claims/C01", {"arguments": {"draws": 10**9}}, "は有効な範囲の外です。", ("300",)),
    "no date": ("/classify", {"item": "h20", "on": "2025-13-01"}, "on：YYYY-MM-DDの形の正しい日付", ()),
    "a file": (
        "/classify",
        {"item": "../x.yaml"},
        "'../x.yaml'はファイルのようです。ここではチップを名前で指定します。",
        (),
    ),
    "a fact that is no number": (
        "/classify",
        {"item": {"kind": "chip", "tpp": "many"}},
        "item：tppの値'many'は数ではありません。",
        (),
    ),
    "chips that do not fit": ("/train", {**RUN, "parallelism": "tp=16"}, "16個のチップが要りますが、8個しか", ()),
    "a batch larger than the run": (
        "/train",
        {**RUN, "tokens": 9},
        "32,768トークンで、実行全体の9トークンより",
        ("batch_tokens",),
    ),
    "what cannot be read": ("/claims/check", {"text": "a: [1"}, "主張：2行1列でYAMLとして読めません", ()),
    "a claim of one's own": ("/claims/judge", CLAIM, "'zz'というチップはありません。", ()),
    "no such address": ("/nowhere", None, "ここには何もありません。", ("openapi.json",)),
    "too large": ("/classify", {"item": "x" * 1_200_000}, "依頼が1,000,000バイトを超えています。", ()),
    "no such run": ("/jobs/0123456789abcdef", None, "'0123456789abcdef'という実行はありません。", ()),
}


def refused(client: Client, path: str, body: Any, headers: dict[str, str]) -> Any:
    method = "GET" if body is None else "POST"
    answer = client.request(method, f"{V1}{path}", json=body, headers=headers)
    assert 400 <= answer.status_code < 500
    return answer


@pytest.mark.parametrize("case", ASKED)
def test_a_refusal_is_said_in_japanese_with_the_names_as_they_are(client: Client, case: str) -> None:
    path, body, message, hints = ASKED[case]
    english, spoken = refused(client, path, body, {}), refused(client, path, body, JA)
    assert english.status_code == spoken.status_code
    assert english.json()["error"]["code"] == spoken.json()["error"]["code"]
    said = spoken.json()["error"]
    assert message in said["message"]
    assert all(part in said["hint"] for part in hints)
    assert spoken.headers["content-language"] == "ja"
    assert "content-language" not in english.headers
    assert not re.search(r"[a-z]{2,} [a-z]{2,} [a-z]{2,}", re.sub(r"`[^`]*`|（[^（）]*）", "", said["message"]))


def literals() -> list[tuple[str, ...]]:
    """Every sentence that the code of the HTTP door can refuse with, in pieces between its holes."""
    found = set()
    for path in sorted((Path(leadtime.__file__).parent / "interfaces" / "api").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = ast.unparse(node.func).split(".")[-1] if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and (name.endswith("Error") or name in {"error_body", "__init__"}):
                given = [*node.args, *(word.value for word in node.keywords if word.arg == "hint")]
                found |= {said for said in map(pieces, given) if " " in "".join(said) and said[-1].endswith((".", "?"))}
    return sorted(found)


def pieces(node: ast.AST) -> tuple[str, ...]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return (node.value,)
    if isinstance(node, ast.JoinedStr):
        holes = ["\0" if not isinstance(part, ast.Constant) else str(part.value) for part in node.values]
        return tuple("".join(holes).split("\0"))
    return ("",)


def filled(said: tuple[str, ...]) -> set[str]:
    """The sentence with a number or a word in each of its holes."""
    ways = product(("7", "chip", "done"), repeat=len(said) - 1)
    return {"".join(part for pair in zip(said, (*way, ""), strict=True) for part in pair) for way in ways}


FOR_WHO_STARTS_IT = "is no origin of a page", "without a path"


@pytest.mark.parametrize("language", [one for one in catalog.languages() if one != catalog.ENGLISH])
def test_every_refusal_of_this_door_has_its_words(language: str) -> None:
    spoken = catalog.refusals(language)
    sentences = [one for one in literals() if not any(words in "".join(one) for words in FOR_WHO_STARTS_IT)]
    assert [one for one in sentences if not any(map(spoken.find, filled(one)))] == []
    assert len(sentences) > 25


@pytest.mark.parametrize(
    "sentence",
    [
        "All computing capacity is in use.",
        "Too many questions are waiting.",
        "Too many runs are waiting.",
        "The question took longer than 30 seconds and was stopped.",
        "Ask for fewer draws, rows or scenarios, or start it as a job (POST /api/v1/jobs).",
        "The body did not arrive within 10 seconds.",
        "There is not enough memory for this.",
        "An error inside leadtime: ValueError: x.",
    ],
)
def test_what_a_busy_or_failing_server_says_has_its_words(sentence: str) -> None:
    said = catalog.refusals("ja").find(sentence)
    assert said
    assert not re.search(r"[a-z]{3,} [a-z]{3,}", said.replace("ValueError: x", ""))


def test_a_refusal_without_words_is_that_of_the_command_line_and_not_marked() -> None:
    body = json.dumps({"ok": False, "error": {"code": "x", "message": "Nobody wrote this down.", "hint": ""}}).encode()
    assert _language._in_words(body, "ja") is body


def test_the_error_of_a_run_that_failed_is_translated_too() -> None:
    error = {"code": "unknown_name", "message": "There is no chip called 'zz'.", "hint": "Ask again."}
    body = json.dumps({"ok": True, "data": {"id": "a", "status": "failed", "error": error}, "meta": {}}).encode()
    said = json.loads(_language._in_words(body, "ja"))["data"]["error"]
    assert said == {
        "code": "unknown_name",
        "message": "'zz'というチップはありません。",
        "hint": "もう一度お試しください。",
    }


def test_long_answers_are_translated_away_from_the_loop(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[bool, str]] = []
    plain = _language._in_words

    def noted(body: bytes, language: str) -> bytes:
        seen.append((len(body) < _language.AT_ONCE_BYTE, threading.current_thread().name))
        return plain(body, language)

    monkeypatch.setattr(_language, "_in_words", noted)
    for path in ("/chips/h2000", "/parameters"):
        client.get(f"{V1}{path}", headers=JA)
    (short, loop), (long, elsewhere) = seen
    assert (short, long) == (True, False)
    assert loop != elsewhere
