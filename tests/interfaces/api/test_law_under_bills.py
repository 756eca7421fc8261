"""The plane, the table and the list of bills: what is taken as law holds for all of them alike."""

from datetime import date
from typing import Any

import pytest
from httpx import Client

from leadtime import chips, rules
from tests.interfaces.api.test_both_doors import printed

V1 = "/api/v1"
DAY = "2027-06-01"
BUYER = {"to": "CN", "certified": True, "bills": ["gain-ai"]}


def asked(client: Client, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(f"{V1}{path}", json=body)
    assert answer.status_code == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


@pytest.mark.parametrize("bill", ["gain-ai", "safe-chips", "ai-overwatch"])
def test_a_bill_moves_the_plane_from_its_day_and_not_before(client: Client, bill: str) -> None:
    starts = rules.starts_on(rules.bill(bill))
    assert starts is not None
    before = date.fromordinal(starts.toordinal() - 1)
    for day, differs in ((before, False), (starts, True)):
        plain = asked(client, "/rules/plane", {"to": "CN", "on": day.isoformat()})
        taken = asked(client, "/rules/plane", {"to": "CN", "on": day.isoformat(), "bills": [bill]})
        assert (plain["regions"] != taken["regions"]) is differs


def test_every_chip_of_the_plane_has_the_status_of_its_determination(client: Client) -> None:
    for bills in ([], ["gain-ai"], ["safe-chips", "ai-overwatch"]):
        buyer = {"to": "AE", "hq": "CN", "end_use": "military", "on": DAY, "bills": bills}
        plane = asked(client, "/rules/plane", buyer)
        assert len(plane["chips"]) > 20
        for point in plane["chips"][::6]:
            found = asked(client, "/classify", {**buyer, "item": chips.find_chip(point["id"]).name})
            assert (point["outcome"], point["review"]) == (found["outcome"], found["review"]), point["id"]


def test_a_region_says_what_the_determination_of_a_chip_in_it_says(client: Client) -> None:
    plane = asked(client, "/rules/plane", {**BUYER, "on": DAY})
    for region in plane["regions"]:
        item = {
            "kind": "chip",
            "name": "probe",
            "vendor": "NVIDIA",
            "tpp": (region["x_from"] * region["x_to"]) ** 0.5,
            "performance_density": (region["y_from"] * region["y_to"]) ** 0.5,
            "memory_bandwidth_gb_s": 50,
            "interconnect_gb_s": 10,
            "datacenter_marketed": True,
        }
        found = asked(client, "/classify", {**BUYER, "on": DAY, "item": item})
        assert (found["outcome"], found["review"]) == (region["outcome"], region["review"])


def test_both_ways_to_ask_for_a_plane_and_the_command_line_agree(client: Client) -> None:
    where = f"{V1}/rules/plane?on={DAY}&to=AE&hq=CN&bill=gain-ai&bill=safe-chips"
    one = client.get(where).json()
    body = {"on": DAY, "to": "AE", "hq": "CN", "bills": ["gain-ai", "safe-chips"]}
    other = client.post(f"{V1}/rules/plane", json=body).json()
    options = f"rules plane --on {DAY} --to AE --hq CN --amend gain-ai --amend safe-chips"
    assert one == other == printed(*options.split())


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"bills": ["nothing"]}, "no bill called 'nothing'"),
        ({"bills": ["/etc/passwd.yaml"]}, "looks like a file"),
        ({"x": "tpp", "y": "tpp"}, "two different quantities"),
        ({"x": "price"}, "tpp"),
        ({"item": "h20"}, "There is no field called 'item'"),
        ({"to": "ZZ"}, "ZZ"),
    ],
)
def test_a_plane_that_cannot_be_drawn_says_why(client: Client, body: dict[str, Any], told: str) -> None:
    answer = client.post(f"{V1}/rules/plane", json=body)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert told in f"{error['message']} {error['hint']}"


def test_a_table_under_a_bill_reaches_the_day_on_which_it_starts(client: Client) -> None:
    plain = client.get(f"{V1}/rules/matrix?chip=b300").json()["data"]
    taken = client.get(f"{V1}/rules/matrix?chip=b300&bill=gain-ai").json()["data"]
    assert plain["dates"][-1] == date.today().isoformat()
    assert taken["dates"][:-1] == plain["dates"]
    assert taken["dates"][-1] == str(rules.starts_on(rules.bill("gain-ai")))


def test_each_bill_says_from_when_it_is_taken_as_law(client: Client) -> None:
    rows = client.get(f"{V1}/rules/bills").json()["data"]["bills"]
    assert {row["id"]: row["in_force_from"] for row in rows} == {
        name: str(rules.starts_on(one)) for name, one in rules.bills().items()
    }


def test_people_read_which_bills_a_plane_takes_as_law(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from leadtime.interfaces.cli._main import _run

    monkeypatch.setenv("COLUMNS", "200")
    assert _run(["rules", "plane", "--on", DAY, "--amend", "gain-ai"]) == 0
    assert "Taken as law: GAIN AI Act of 2025." in capsys.readouterr().out
    assert _run(["rules", "plane", "--on", DAY]) == 0
    assert "Taken as law" not in capsys.readouterr().out
