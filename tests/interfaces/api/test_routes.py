"""Every route answers as the command line does, in the same envelope, with the same sentences."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from httpx import Client

import leadtime
from leadtime.errors import LeadtimeError
from leadtime.interfaces.answers.about import PARTS
from leadtime.study import scenario
from tests.interfaces._contract import answer, schema

V1 = "/api/v1"


def get(client: Client, path: str, status: int = 200) -> dict[str, Any]:
    response = client.get(V1 + path)
    assert response.status_code == status, response.text[:400]
    document: dict[str, Any] = response.json()
    jsonschema.validate(document, schema("envelope"))
    return document


def post(client: Client, path: str, body: Any, status: int = 200) -> dict[str, Any]:
    response = client.post(V1 + path, json=body)
    assert response.status_code == status, response.text[:400]
    document: dict[str, Any] = response.json()
    jsonschema.validate(document, schema("envelope"))
    return document


@pytest.mark.parametrize(
    ("path", "contract"),
    [
        ("/chips/h20", "chips-show"),
        ("/chips/compare?chip=h100&chip=h20", "chips-compare"),
        ("/models", "models-list"),
        ("/models/deepseek-v3", "models-show"),
        ("/rules/matrix?chip=h20&day=2024-01-01", "rules-matrix"),
        ("/rules/headroom?on=2024-01-01", "rules-headroom"),
        ("/rules/coverage", "rules-coverage"),
        ("/rules/bills", "rules-bills"),
        ("/rules/instruments", "rules-instruments"),
        ("/rules/diff?before=2023-01-01&after=2024-01-01", "rules-diff"),
        ("/scenarios", "scenarios-list"),
        ("/scenarios/h200_capped", "scenarios-show"),
        ("/levers", "scenarios-levers"),
        ("/parameters", "scenarios-parameters"),
    ],
)
def test_facts_keep_the_contract_of_the_command(client: Client, path: str, contract: str) -> None:
    jsonschema.validate(get(client, path)["data"], schema(contract))


@pytest.mark.parametrize(
    ("path", "body", "contract"),
    [
        ("/classify", {"item": "h20", "to": "CN", "on": "2024-06-01"}, "classify"),
        ("/classify", {"item": {"kind": "chip", "name": "own", "fp16_dense_tflops": 100}, "to": "CN"}, "classify"),
        (
            "/classify",
            {
                "item": "h20",
                "to": "DE",
                "on": "2025-10-15",
                "owned_by": [{"name": "SMIC", "share_frac": 0.5}, {"name": "Huawei"}],
                "quantity": 10,
            },
            "classify",
        ),
        ("/rules/timeline", {"item": "h800", "to": "CN"}, "rules-timeline"),
        ("/train", {"model": "llama2-7b", "chip": "h100", "n_chips": 512, "tokens": 2e12}, "train"),
        ("/infer", {"model": "llama3-70b", "chip": "h20", "n_chips": 8, "input_len": 1024, "output_len": 128}, "infer"),
        ("/simulate", {"scenario": "h200_capped", "draws": 100, "last": "2026Q4"}, "simulate"),
        ("/compare", {"scenarios": ["baseline", "no_controls"], "draws": 100}, "compare"),
    ],
)
def test_answers_keep_the_contract_of_the_command(client: Client, path: str, body: Any, contract: str) -> None:
    jsonschema.validate(post(client, path, body)["data"], schema(contract))


def test_the_same_numbers_as_the_command_line(client: Client) -> None:
    here = post(client, "/simulate", {"scenario": "h20_banned", "draws": 200, "seed": 3, "last": "2027Q4"})
    there = answer("simulate", "h20_banned", "--draws", "200", "--seed", "3", "--to", "2027Q4")
    assert here["data"] == there["data"]
    assert here["meta"] == there["meta"]


def test_levers_laid_over_a_scenario_equal_the_document_that_has_them(client: Client) -> None:
    laid = post(
        client,
        "/simulate",
        {"scenario": "h200_capped", "levers": {"sales_caps.h200.chips_per_year": {"2027Q1": 5e5}}, "draws": 100},
    )
    document = {
        "name": "asked",
        "title": "As asked",
        "base": "h200_capped",
        "levers": {"sales_caps": {"h200": {"chips_per_year": {"2027Q1": 5e5}}}},
    }
    whole = post(client, "/simulate", {"scenario": document, "draws": 100})
    assert laid["data"]["series"] == whole["data"]["series"]


def test_an_exploration_agrees_with_a_comparison(client: Client) -> None:
    seen = post(client, "/explore", {"scenario": "cloud_closed", "draws": 400})["data"]
    compared = post(client, "/compare", {"scenarios": ["baseline", "cloud_closed"], "draws": 400})["data"]
    one = compared["differences"]["cloud_closed"]["lead_true_months_2030"]
    other = seen["headline"]["lead_true_months"]["difference"]
    assert other["value"] == pytest.approx(one["value"], rel=0.02)
    assert other["probability_above"] == one["probability_above"]
    assert seen["changed"] is True
    assert seen["why"][0]["channel"] == "prc_rented_new_h100e"


def test_nothing_changed_says_so(client: Client) -> None:
    seen = post(client, "/explore", {"scenario": "baseline", "draws": 100})["data"]
    assert seen["changed"] is False
    assert all(entry["total"] == 0 for entry in seen["why"])


def test_shares_of_policies_sum_to_the_whole(client: Client) -> None:
    document = {
        "name": "mine",
        "title": "Three policies",
        "base": "h200_capped",
        "levers": {"enforcement": {"2027Q1": 0.8}, "offshore_cloud": {"2027Q1": 0}},
    }
    found = post(client, "/wedges", {"scenario": document, "draws": 100})["data"]
    assert found["method"] == "shapley"
    assert [one["name"] for one in found["policies"]] == ["base:h200_capped", "enforcement", "offshore_cloud"]
    assert sum(one["mean"] for one in found["policies"]) == pytest.approx(found["total"]["mean"], abs=1e-6)


def test_a_batch_answers_row_by_row(client: Client) -> None:
    good = {"task": "train", "model": "llama2-7b", "chip": "h100", "n_chips": 512, "tokens": 2e12}
    found = post(
        client, "/estimate", {"rows": [good, {**good, "chip": "nothing like it"}, {**good, "chip": "../h100.yaml"}]}
    )["data"]
    assert found["n_done"] == 1
    assert found["failed"] == [1, 2]
    assert found["rows"][0]["answer"]["feasible"] is True
    assert found["rows"][1]["error"]["code"] == "unknown_name"


def test_a_front_gets_slower_as_it_gets_fuller(client: Client) -> None:
    points = post(client, "/pareto", {"model": "llama3-70b", "chip": "h100", "n_chips": 8})["data"]["points"]
    assert len(points) > 3
    assert [p["tpot_s"] for p in points] == sorted(p["tpot_s"] for p in points)
    assert [p["decode_tok_s_per_chip"] for p in points] == sorted(p["decode_tok_s_per_chip"] for p in points)


def test_a_claim_can_be_judged_with_another_argument(client: Client) -> None:
    rows = get(client, "/claims")["data"]
    claim = next(row for row in rows if "chip" in row["arguments"])
    path = f"/claims/{claim['id']}"
    stated = get(client, path)["data"]
    other = post(client, path, {"arguments": {"chip": "h20"}})["data"]
    assert stated["computation"]["arguments"] != other["computation"]["arguments"]
    assert other["verdict"] in {"supported", "contradicted", "depends", "unresolved"}
    assert post(client, path, {"arguments": {"colour": "red"}}, 422)["error"]["code"] == "unknown_name"


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "/etc/passwd", "chip.yaml", "own.json", "C:\\chip.yml", "a\0b", "x" * 121]
)
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/classify", {"item": "NAME"}),
        ("/classify", {"item": {"kind": "chip", "based_on": "NAME"}}),
        ("/classify", {"item": {"kind": "system", "contains": ["NAME"]}}),
        ("/classify", {"item": {"kind": "system", "contains": [{"chip": "NAME", "count": 8}]}}),
        ("/classify", {"item": "h100", "bills": ["NAME"]}),
        ("/train", {"model": "NAME", "chip": "h100", "n_chips": 8, "tokens": 1e9}),
        ("/train", {"model": "llama2-7b", "chip": "NAME", "n_chips": 8, "tokens": 1e9}),
        ("/simulate", {"scenario": "NAME", "draws": 100}),
        ("/simulate", {"scenario": "baseline+NAME", "draws": 100}),
        ("/simulate", {"scenario": {"name": "a", "title": "b", "base": "NAME"}, "draws": 100}),
        ("/simulate", {"scenario": "NAME", "levers": {"fee": 0.1}, "draws": 100}),
        ("/compare", {"scenarios": ["baseline", "NAME"], "draws": 100}),
        ("/explore", {"baseline": "NAME", "draws": 100}),
        ("/explore", {"baseline": {"name": "a", "title": "b", "base": ["baseline", "NAME"]}, "draws": 100}),
        ("/wedges", {"scenario": {"name": "a", "title": "b", "base": "NAME"}, "draws": 100}),
        ("/jobs", {"scenarios": ["NAME"], "draws": 100}),
    ],
)
def test_no_name_reaches_a_file(
    client: Client, monkeypatch: pytest.MonkeyPatch, name: str, path: str, body: Any
) -> None:
    def opened(*_: Any, **__: Any) -> None:
        raise AssertionError("a file was read")

    for place in (
        "leadtime.files.read_text",
        "leadtime.files.read_structured",
        "leadtime.chips._own.read_structured",
        "leadtime.study._scenarios.read_structured",
        "leadtime.workloads._find.read_text",
        "leadtime.rules._items.read_structured",
        "leadtime.rules._bills.read_structured",
    ):
        monkeypatch.setattr(place, opened)
    asked = json.loads(json.dumps(body).replace("NAME", json.dumps(name)[1:-1]))
    failure = post(client, path, asked, 422)["error"]
    assert failure["code"] in {"bad_input", "unknown_name"}
    assert failure["message"].endswith((".", "?", "…"))


def test_a_file_of_that_name_in_the_folder_of_the_server_is_not_read(
    client: Client, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "trap").write_text("name: trap\ntitle: A trap\n")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "config.json").write_text("{}")
    assert post(client, "/simulate", {"scenario": "trap", "draws": 100}, 422)["error"]["code"] == "unknown_name"
    assert get(client, "/models/trap", 404)["error"]["code"] == "unknown_name"
    assert get(client, "/models/config", 404)["error"]["code"] == "unknown_name"


@pytest.mark.parametrize(
    "document",
    [
        {"name": "mine", "title": "Too much", "levers": {"fee": 7}},
        {"name": "mine", "title": "A slip", "levers": {"fees": 0.1}},
        {"name": "Mine!", "title": "A name"},
        {"name": "mine", "title": "Untimely", "levers": {"fee": {"1999Q1": 0.1}}},
        {"name": "mine", "title": "Unknown", "parameters": {"luck": 1}},
    ],
)
def test_a_scenario_that_fails_shows_the_sentence_of_the_command_line(client: Client, document: dict[str, Any]) -> None:
    from leadtime.study import evaluator

    with pytest.raises(LeadtimeError) as caught:
        evaluator(scenario(document))
    failure = post(client, "/simulate", {"scenario": document, "draws": 100}, 422)["error"]
    assert failure["message"] == caught.value.message
    assert failure["hint"] == caught.value.hint
    assert failure["code"] == caught.value.code


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/train", {"model": "llama2-7b", "chip": "h100", "n_chips": 0, "tokens": 1e9}, "n_chips"),
        ("/train", {"model": "llama2-7b", "chip": "h100", "tokens": 1e9}, "n_chips is missing"),
        ("/train", {"model": "llama2-7b", "chip": "h100", "n_chips": 8, "tokens": 1e9, "speed": 3}, "speed"),
        ("/simulate", {"draws": 10**9}, "draws"),
        ("/classify", {"item": "h100", "on": "yesterday"}, "on"),
        ("/classify", {"item": "h100", "to": "Atlantis"}, "Atlantis"),
        ("/simulate", [1, 2], "dictionary"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(client: Client, path: str, body: Any, said: str) -> None:
    failure = post(client, path, body, 422)["error"]
    assert said in failure["message"]
    assert "Traceback" not in failure["message"]


def test_the_model_says_which_it_is_and_shows_its_code(client: Client) -> None:
    data = get(client, "/about")["data"]
    assert data["model_id"] == (
        f"leadtime-{data['version']}/data-{data['data_version']}/calibration-{data['calibration']['inputs'][:8]}"
    )
    assert data["changes"].startswith("# Changes")
    parts = get(client, "/model")["data"]
    assert len({part["id"] for part in parts}) == len(parts) >= 25
    for part in parts:
        found = get(client, f"/model/{part['id']}")["data"]
        assert found["code"].startswith(f'"""{part["title"]}')
    for wrong in ("/model/world/wrong", "/model/study/simulate", "/model/world/__init__"):
        assert client.get(V1 + wrong).status_code in {404, 422}


def test_every_module_with_equations_is_a_part() -> None:
    """A new module of these floors is a part of the model, or machinery named here."""
    machinery = {
        "world": {"clock", "data", "outputs", "parameters", "policy", "run", "scan", "shift"},
        "performance": {"blocks", "chips", "codes", "efficiencies", "figures", "layouts", "parameters", "search", "shapes", "trees"},
    }  # fmt: skip
    for floor, names in PARTS.items():
        there = {path.stem[1:] for path in (Path(leadtime.__file__).parent / floor).glob("_[a-z]*.py")}
        assert there == set(names) | machinery[floor]


def test_unknown_addresses_and_methods(client: Client) -> None:
    assert get(client, "/nothing", 404)["error"]["message"] == "There is nothing here."
    assert client.put(V1 + "/chips").status_code == 405
    assert get(client, "/chips/h1oo", 404)["error"]["hint"].startswith("Did you mean")
    assert client.get("/static/..%2f..%2f__init__.py").status_code == 404
    assert client.get("/static/app.js").status_code == 200
    assert client.get("/").text.startswith("<!doctype html>")
