"""Claims of one's own over HTTP: judged like the packaged ones, refused in the sentence of the command line, never a way to a file."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from httpx import Client

from leadtime.claims import claim_from_text, claim_schema, describe_question, packaged_claims
from leadtime.errors import LeadtimeError
from leadtime.interfaces.api._asked import ClaimAsked
from leadtime.study import questions
from tests.interfaces._contract import answer, run
from tests.interfaces._server import served

pytestmark = pytest.mark.slow

V1 = "/api/v1"


def document(question: str = "chip_against", arguments: Any = None, **changes: Any) -> dict[str, Any]:
    base: dict[str, Any] = {
        "id": "mine",
        "title": "Decoding",
        "statement": "An H20 decodes faster than an H100.",
        "who": "Somebody, 2025",
        "compute": {
            "question": question,
            "arguments": {"chip": "h20", "against": "h100"} if arguments is None else arguments,
        },
        "test": {"all_of": [{"figure": "decode_ratio", "above": 1}]},
        "figure": "decode_ratio",
    }
    return {**base, **changes}


def judged(client: Client, body: Any) -> tuple[int, dict[str, Any]]:
    response = client.post(V1 + "/claims/judge", json=body)
    return response.status_code, response.json()


def test_it_is_judged_as_the_command_line_judges_its_file(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(document()))
    status, here = judged(client, document())
    assert status == 200
    there = answer("claims", str(path))["data"][0]
    for key in ("id", "statement", "verdict", "probability", "figure", "figures", "reason", "rows", "by_variant"):
        assert json.loads(json.dumps(here["data"][key])) == there[key], key
    assert here["data"]["own"] is True
    assert here["meta"]["sources"] == here["data"]["sources"]
    assert "nvidia" in " ".join(here["data"]["sources"])


def test_its_verdict_follows_from_its_test(client: Client) -> None:
    low = judged(client, document(test={"all_of": [{"figure": "decode_ratio", "above": 0.1}]}))[1]["data"]
    high = judged(client, document(test={"all_of": [{"figure": "decode_ratio", "above": 10}]}))[1]["data"]
    assert (low["verdict"], high["verdict"]) == ("supported", "contradicted")
    assert low["figure"] == high["figure"]


def test_it_is_kept_by_content(client: Client) -> None:
    first = client.post(V1 + "/claims/judge", json=document())
    again = client.post(V1 + "/claims/judge", json=document())
    other = client.post(V1 + "/claims/judge", json=document(title="Another"))
    assert first.headers["etag"] == again.headers["etag"] != other.headers["etag"]
    assert client.get(V1 + "/claims/mine").status_code == 404
    assert "mine" not in {row["id"] for row in client.get(V1 + "/claims").json()["data"]}


@pytest.mark.parametrize("claim_id", ["C01", "C26", "O01"])
def test_a_packaged_claim_sent_as_a_document_gets_the_same_verdict(client: Client, claim_id: str) -> None:
    claim = packaged_claims()[claim_id]
    body = json.loads(json.dumps(claim.model_dump(mode="json", exclude_defaults=True, exclude_none=True)))
    status, found = judged(client, body)
    assert status == 200
    packaged = client.get(f"{V1}/claims/{claim_id}").json()["data"]
    for key in ("verdict", "probability", "by_variant", "deciding_assumption"):
        assert found["data"][key] == packaged[key]


BAD: list[tuple[Any, str]] = [
    ([], "a claim is a mapping"),
    ("text", "a claim is a mapping"),
    (None, "a claim is a mapping"),
    ({}, "id is missing"),
    (document(verdict="supported"), "no key called 'verdict'"),
    (document(title=""), "title is empty"),
    (document(title="x" * 900_000), "at most 300 characters"),
    (document(id="../../etc"), "id"),
    (document(statement=7), "statement"),
    (document("chip_agianst"), "no question called 'chip_agianst'"),
    (document("x" * 500_000), "at most 120 characters"),
    (document(arguments={"chop": "h20"}), "no argument 'chop'"),
    (document(arguments={"k" * 5000: 1}), "at most 120 characters"),
    (document(arguments={f"a{n}": 1 for n in range(900)}), "at most 64 items"),
    (document(arguments={"chip": "h1oo"}), "no chip called 'h1oo'"),
    (document(arguments={"chip": "y" * 100_000}), "more than 500 characters"),
    (document(arguments={"chip": {"path": "/etc/passwd"}}), "an argument is text, a number"),
    (document(arguments={"chip": [["h20"]]}), "an argument is text, a number"),
    (document(arguments={"n_chips": float("nan")}), "n_chips"),
    (document(arguments={"n_chips": 1e9}), "n_chips"),
    (document(arguments={"n_chips": True}), "whole number"),
    (document(arguments={"on": "0000-00-00"}), "ISO date"),
    (document(arguments={"draws": 100_000}), "more than one request may ask for"),
    (document(test={}), "at least one condition"),
    (document(test={"all_of": [{"figure": "decode_ratio"}]}), "needs above"),
    (document(test={"all_of": [{"figure": "decode_ratio", "above": float("nan")}]}), "finite"),
    (document(test={"all_of": [{"figure": "decode_ratio", "above": float("inf")}]}), "finite"),
    (document(test={"all_of": [{"figure": "decode_ratio", "above": 1}] * 900}), "at most 24"),
    (document(figure="nothing"), "answers no figure 'nothing'. It answers: decode_ratio"),
    (document(statement="\ud800"), "unicode"),
]


@pytest.mark.parametrize(("body", "words"), BAD, ids=[words for _, words in BAD])
def test_what_is_wrong_is_said_in_one_sentence(client: Client, body: Any, words: str) -> None:
    content = json.dumps(body).encode()  # with NaN and lone surrogates, which a browser would not send
    response = client.post(V1 + "/claims/judge", content=content, headers={"content-type": "application/json"})
    assert response.status_code == 422, response.text[:300]
    error = response.json()["error"]
    said = f"{error['message']} {error['hint']}"
    assert words in said
    assert "\n" not in said
    assert len(said) < 600


PATHS = ["../../etc/passwd", "/etc/passwd", "C:\\boot.ini", "mine.yaml", "x.json", "..", "file:///etc/passwd", "\x00"]


@pytest.mark.parametrize("path", PATHS)
def test_no_argument_is_ever_a_path(client: Client, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real = Path.read_bytes

    def watched(self: Path) -> bytes:
        opened.append(str(self))
        return real(self)

    monkeypatch.setattr(Path, "read_bytes", watched)  # the server of these tests runs in this process
    for question in questions.names():
        asked = describe_question(question, figures=False)["arguments"]
        for key, about in asked.items():
            for value in (path, [path], f"baseline,{path}", f"baseline+{path}"):
                body = document(question, {key: value})
                status, found = judged(client, body)
                assert status == 422, (question, key, value)
                assert found["error"]["code"] in {"bad_input", "unknown_name", "bad_file"}, found
            if about["names"] == "scenario":
                assert "file" in judged(client, document(question, {key: "strict.yaml"}))[1]["error"]["message"]
    assert not [one for one in opened if path in one]


def test_the_same_fault_is_the_same_sentence_on_both_sides(client: Client, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    for body in (
        document(title=""),
        document("chip_agianst"),
        document(arguments={"chop": 1}),
        document(arguments={"n_chips": 0}),
    ):
        path.write_text(yaml.safe_dump(body))
        there = answer("claims", "check", str(path), status=2)["error"]
        here = judged(client, body)[1]["error"]
        assert here["message"] == there["message"].replace("mine.yaml:", "the claim:")
        assert here["hint"] == there["hint"]


def test_names_in_arguments_are_looked_up_by_what_they_mean(client: Client) -> None:
    """`against` is a chip in one question and a scenario in another."""
    test = {"all_of": [{"figure": "delay_months", "above": 1}]}
    body = document("run_date", {"against": "zero_leakage", "draws": 300}, test=test, figure="delay_months")
    status, found = judged(client, body)
    assert status == 200
    assert found["data"]["computation"]["arguments"]["against"] == "zero_leakage"
    changed = client.post(V1 + "/claims/C03", json={"arguments": {"chip": "b30a"}})
    assert changed.json()["data"]["computation"]["arguments"]["chip"].startswith("b30a")


def test_questions_say_what_a_form_needs(client: Client) -> None:
    data = client.get(V1 + "/claims/questions").json()["data"]
    assert [one["name"] for one in data["questions"]] == list(questions.names())
    for one in data["questions"]:
        assert one["summary"]
        assert one["figures"]
        for figure in one["figures"].values():
            assert figure["label"]
        for about in one["arguments"].values():
            assert about["type"] in {"number", "whole number", "date", "true or false", "text"}
            assert about["text"]
            if about["default"] is None:
                assert about["optional"]
            if about["choices"] and not about["many"]:
                assert about["default"] in about["choices"]
            if about["names"] and not about["many"]:
                assert about["default"] in data["names"][about["names"]] or about["names"] == "chip"
    by_name = {one["name"]: one["arguments"] for one in data["questions"]}
    assert by_name["run_date"]["against"]["names"] == "scenario"
    assert by_name["training_against"]["against"]["names"] == "chip"
    assert by_name["training_against"]["dense"]["names"] == "model"
    assert by_name["rule_dates"]["to"]["names"] is None
    assert by_name["rule_dates"]["items"]["many"] is True
    assert by_name["run_date"]["draws"]["high"] == 10_000
    assert "b300-sxm" in data["names"]["chip"]
    one = client.get(V1 + "/claims/questions/run_date").json()["data"]
    assert one == next(row for row in data["questions"] if row["name"] == "run_date")
    assert client.get(V1 + "/claims/questions/run_dote").status_code == 404
    assert "figures" not in client.get(V1 + "/claims/questions?figures=false").json()["data"]["questions"][0]


def test_every_packaged_claim_tests_figures_that_its_question_lists() -> None:
    for claim in packaged_claims().values():
        listed = set(describe_question(claim.compute.question)["figures"])
        assert {one.figure for one in (*claim.test.all_of, *claim.test.any_of)} <= listed, claim.id


def test_the_schema_is_that_of_the_files(client: Client) -> None:
    assert client.get(V1 + "/claims/schema").json()["data"] == json.loads(json.dumps(claim_schema()))
    described = client.get(V1 + "/openapi.json").json()["paths"][V1 + "/claims/judge"]["post"]
    schema = described["requestBody"]["content"]["application/json"]["schema"]
    assert set(schema["required"]) == {"id", "title", "statement", "who", "compute", "test", "figure"}
    assert "$ref" not in json.dumps(schema)


def check(client: Client, **body: Any) -> tuple[int, dict[str, Any]]:
    response = client.post(V1 + "/claims/check", json=body)
    return response.status_code, response.json()


def test_a_check_gives_the_file_that_the_command_line_judges(client: Client, tmp_path: Path) -> None:
    body = document(
        statement="「検査」: it's #1 — yes\nand no", why_this_test="on", judgeable_on="2028-01-01", sources=["own-1"]
    )
    status, found = check(client, claim=body)
    assert status == 200
    assert set(found["data"]["figures"]) == set(describe_question("chip_against")["figures"])
    path = tmp_path / "mine.yaml"
    path.write_text(found["data"]["file"], encoding="utf-8")
    there = answer("claims", str(path))["data"][0]
    here = judged(client, body)[1]["data"]
    assert (there["verdict"], there["probability"], there["statement"]) == (
        here["verdict"],
        here["probability"],
        here["statement"],
    )
    again = check(client, text=found["data"]["file"])[1]["data"]
    assert again == found["data"]
    assert claim_from_text(again["json"], "x") == claim_from_text(again["file"], "x")
    assert check(client, text=json.dumps(body))[1]["data"]["json"] == again["json"]


def test_what_its_author_wrote_is_not_translated(client: Client) -> None:
    body = document(title="No chip is smuggled", who="January 2025")
    answered = client.post(V1 + "/claims/check", json={"claim": body}, headers={"accept-language": "ja"}).json()["data"]
    kept = json.loads(answered["json"])
    assert (kept["title"], kept["who"]) == ("No chip is smuggled", "January 2025")


@pytest.mark.parametrize("claim_id", list(packaged_claims()))
def test_every_packaged_claim_survives_its_text(claim_id: str) -> None:
    from leadtime.claims import claim_text

    claim = packaged_claims()[claim_id]
    assert claim_from_text(claim_text(claim), "copy") == claim


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "a claim is a mapping"),
        ("{", "not valid JSON"),
        ('{"id": NaN}', "NaN"),
        ("id: [", "not valid YAML"),
        ("a: &x [1]\nb: *x", "aliases"),
        ("[" * 90_000, "levels deep"),
        ("- " * 40_000, "levels deep"),
        ("id: a\nid: b", "stands twice"),
        ("!!python/object/apply:os.system [id]", "not valid YAML"),
        ("compute: {question: chip_against}", "id is missing"),
        ("x" * 100_001, "at most 100000"),
    ],
)
def test_text_that_is_no_claim_is_refused(client: Client, text: str, words: str) -> None:
    status, found = check(client, text=text)
    assert status == 422
    assert words in f"{found['error']['message']} {found['error']['hint']}"


def test_a_text_with_a_path_in_it_is_refused(client: Client) -> None:
    text = yaml.safe_dump(document(arguments={"model": "../../secret/config.json"}))
    assert "looks like a file" in check(client, text=text)[1]["error"]["message"]


def test_a_check_takes_one_of_two(client: Client) -> None:
    assert check(client)[0] == 422
    assert check(client, claim=document(), text="id: a")[0] == 422


def test_limits(client: Client) -> None:
    large = client.post(V1 + "/claims/judge", content=b'{"id": "' + b"x" * 1_100_000 + b'"}')
    assert large.status_code == 413
    deep = client.post(
        V1 + "/claims/judge", content=b'{"a":' * 5000 + b"1" + b"}" * 5000, headers={"content-type": "application/json"}
    )
    assert deep.status_code == 422
    assert ClaimAsked(arguments={}).arguments == {}


def write(folder: Path, name: str, **changes: Any) -> Path:
    path = folder / name
    path.write_text(yaml.safe_dump(document(**changes)))
    return path


@pytest.fixture(scope="module")
def with_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """`leadtime app --claims FOLDER --claims FILE` in a process of its own."""
    folder = tmp_path_factory.mktemp("claims")
    write(folder, "a.yaml", id="mine")
    (folder / "b.json").write_text(
        json.dumps(document(id="second", kind="article", asks="a", why_this_test="b", changes_it="c"))
    )
    (folder / "notes.txt").write_text("no claim")
    single = write(tmp_path_factory.mktemp("more"), "c.yml", id="third")
    with (
        served("--claims", str(folder), "--claims", str(single), cold=True) as server,
        Client(base_url=server.url, timeout=600) as client,
    ):
        yield client


def test_claims_of_a_folder_stand_beside_the_packaged_ones(with_own: Client) -> None:
    rows = with_own.get(V1 + "/claims").json()["data"]
    assert [row["id"] for row in rows if row["own"]] == ["mine", "second", "third"]
    assert len([row for row in rows if not row["own"]]) == len(packaged_claims())
    first = with_own.get(V1 + "/claims/MINE").json()["data"]
    assert first["own"] is True
    assert first["verdict"] == judged(with_own, document())[1]["data"]["verdict"]
    changed = with_own.post(V1 + "/claims/mine", json={"arguments": {"chip": "b30a"}}).json()["data"]
    assert changed["figure"]["value"] > first["figure"]["value"]
    refused = with_own.post(V1 + "/claims/mine", json={"arguments": {"chip": "../../etc/passwd"}})
    assert refused.status_code == 422


def started(*arguments: str) -> str:
    done = run("app", "--port", "0", "--no-open", "--json", *arguments)
    assert done.returncode == 2, done.stdout[:300]
    error = json.loads(done.stdout)["error"]
    assert "\n" not in error["message"]
    return f"{error['message']} {error['hint']}"


def test_a_broken_folder_is_one_sentence_before_the_server_starts(tmp_path: Path) -> None:
    assert "has no claim files" in started("--claims", str(tmp_path))
    assert "is not a file" in started("--claims", str(tmp_path / "none.yaml"))
    write(tmp_path, "a.yaml")
    write(tmp_path, "b.yaml", id="MINE")
    assert "b.yaml: the id MINE is that of the claim in a.yaml" in started("--claims", str(tmp_path))
    write(tmp_path, "b.yaml", id="c01")
    assert "b.yaml: the id c01 is that of a packaged claim" in started("--claims", str(tmp_path))
    write(tmp_path, "b.yaml", id="judge")
    assert "a word of the interface" in started("--claims", str(tmp_path))
    write(tmp_path, "b.yaml", id="other", title="")
    assert "b.yaml: title is empty" in started("--claims", str(tmp_path))


def test_a_claim_file_is_tried_out_before_the_server_starts(tmp_path: Path) -> None:
    path = write(tmp_path, "a.yaml", figure="nothing")
    assert "a.yaml: chip_against answers no figure 'nothing'" in started("--claims", str(path))
    write(tmp_path, "a.yaml", arguments={"chip": "h1oo"})
    assert "a.yaml: There is no chip called 'h1oo'" in started("--claims", str(path))


def test_load_claims_reads_a_file_once_however_often_it_is_named(tmp_path: Path) -> None:
    from leadtime.claims import load_claims

    path = write(tmp_path, "a.yaml")
    assert list(load_claims([path, tmp_path, str(path)])) == ["mine"]
    with pytest.raises(LeadtimeError, match="ending"):
        load_claims([Path(__file__)])
