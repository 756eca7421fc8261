"""What the command line prints with --json and what HTTP sends is one answer, envelope and all."""

import io
import json
from contextlib import redirect_stdout
from typing import Any

import pytest
from httpx import Client

from leadtime.interfaces.cli._main import _run

V1 = "/api/v1"


def printed(*arguments: str) -> dict[str, Any]:
    """Return what a command prints with --json."""
    out = io.StringIO()
    with redirect_stdout(out):
        assert _run([*arguments, "--json"]) == 0
    document: dict[str, Any] = json.loads(out.getvalue())
    return document


GET = {
    "matrix of a few": (
        "/rules/matrix?chip=h20&chip=a800&day=2023-12-01&day=2025-05-01&to=AE&posture=text",
        "rules matrix h20 a800 --date 2023-12-01 --date 2025-05-01 --to AE --posture text",
    ),
    "matrix as it comes": ("/rules/matrix", "rules matrix"),
    "matrix under a bill": ("/rules/matrix?bill=gain-ai&chip=b300", "rules matrix b300 --amend gain-ai"),
    "plane": (
        "/rules/plane?on=2024-06-01&x=tpp&y=memory_bandwidth_gb_s&certified=true",
        "rules plane --on 2024-06-01 --x tpp --y memory_bandwidth_gb_s --certified",
    ),
    "headroom": (
        "/rules/headroom?on=2024-01-01&die_area_mm2=858&notify=true",
        "rules headroom --on 2024-01-01 --die-area 858 --notify",
    ),
    "headroom as it comes": ("/rules/headroom?to=SA&on=2025-03-01", "rules headroom --to SA --on 2025-03-01"),
    "coverage": ("/rules/coverage", "rules coverage"),
    "coverage of the other book": ("/rules/coverage?book=prc", "rules coverage --book prc"),
    "instruments": ("/rules/instruments", "rules instruments"),
    "instruments of the other book": ("/rules/instruments?book=prc", "rules instruments --book prc"),
    "bills": ("/rules/bills", "rules bills"),
    "diff": ("/rules/diff?before=2023-11-16&after=2023-11-17", "rules diff 2023-11-16 2023-11-17"),
    "diff for another buyer": (
        "/rules/diff?before=2025-01-01&after=2026-02-01&to=AE&hq=CN&certified=true&posture=text",
        "rules diff 2025-01-01 2026-02-01 --to AE --hq CN --certified --posture text",
    ),
    "a chip": ("/chips/h20", "chips show h20"),
    "chips side by side": ("/chips/compare?chip=h100&chip=h20", "chips compare h100 h20"),
    "models": ("/models?search=llama", "models list llama"),
    "a model": ("/models/deepseek-v3?context=32768", "models show deepseek-v3 --context 32768"),
    "sources": ("/sources?find=nvidia", "sources --find nvidia"),
    "sources of a table": ("/sources?table=chips", "sources --table chips"),
    "scenarios": ("/scenarios", "scenarios list"),
    "a scenario": ("/scenarios/h200_capped", "scenarios show h200_capped"),
    "levers": ("/levers", "scenarios levers"),
    "parameters": ("/parameters", "scenarios parameters"),
    "calibration": ("/calibration", "calibrate"),
}
POST = {
    "determination": (
        "/classify",
        {"item": "h20", "to": "CN", "on": "2024-06-01", "end_use": "military"},
        "classify h20 --to CN --on 2024-06-01 --end-use military",
    ),
    "determination of what was made abroad": (
        "/classify",
        {"item": "h100", "to": "CN", "origin": "TW", "on": "2026-06-01", "us_content_frac": 0.2, "direct_product": False},
        "classify h100 --to CN --from TW --on 2026-06-01 --us-content 0.2 --no-direct-product",
    ),
    "timeline": ("/rules/timeline", {"item": "h800"}, "rules timeline h800"),
    "timeline of a window": (
        "/rules/timeline",
        {"item": "h20", "to": "MO", "hq": "CN", "since": "2024-01-01", "until": "2026-01-31", "posture": "text"},
        "rules timeline h20 --to MO --hq CN --since 2024-01-01 --until 2026-01-31 --posture text",
    ),
    "training": (
        "/train",
        {"model": "llama2-7b", "chip": "h100", "n_chips": 512, "tokens": 2e12},
        "train llama2-7b --chip h100 --n-chips 512 --tokens 2e12",
    ),
    "serving": (
        "/infer",
        {"model": "llama3-70b", "chip": "h20", "n_chips": 8, "input_len": 1024, "output_len": 128, "users": 1e6,
         "tokens_per_user_day": 1000},
        "infer llama3-70b --chip h20 --n-chips 8 --input-len 1024 --output-len 128 --users 1e6 --tokens-per-user-day 1000",
    ),
    "a comparison": (
        "/compare",
        {"scenarios": ["baseline", "no_controls"], "draws": 100, "seed": 5},
        "compare baseline no_controls --draws 100 --seed 5",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", GET)
def test_what_is_asked_by_address(client: Client, case: str) -> None:
    address, command = GET[case]
    assert client.get(V1 + address).json() == printed(*command.split())


@pytest.mark.parametrize("case", POST)
def test_what_is_asked_by_body(client: Client, case: str) -> None:
    address, body, command = POST[case]
    assert client.post(V1 + address, json=body).json() == printed(*command.split())


def test_the_list_of_chips_differs_by_the_links_alone(client: Client) -> None:
    here, there = client.get(V1 + "/chips").json(), printed("chips", "list")
    assert here["meta"] == there["meta"]
    assert all(row.pop("sources") for row in here["data"]["chips"])
    assert here["data"] == there["data"]


@pytest.mark.parametrize("kind", ["training", "inference"])
def test_accuracy_differs_by_the_rows_alone(client: Client, kind: str) -> None:
    here, there = client.get(f"{V1}/accuracy/{kind}").json(), printed("accuracy", kind)
    assert there["data"].pop("rows")
    assert here == there
