"""`leadtime classify` as its users call it."""

import json
from pathlib import Path

import pytest

from leadtime.interfaces.cli._main import _run
from tests.interfaces._contract import check, run


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, str]:
    """Run a command inside this process, expect exit 2 and one object, and return its error."""
    assert _run([*arguments, "--json"]) == 2
    document = json.loads(capsys.readouterr().out)
    assert document["ok"] is False
    error: dict[str, str] = document["error"]
    assert error["code"] not in {"internal", "catalog"}
    assert error["message"].endswith((".", "?"))
    return error


CASES = {
    "required": ("h100", "--to", "CN", "--on", "2023-12-01"),
    "notify": ("rtx 4090", "--to", "CN", "--on", "2024-06-01"),
    "not_required": ("h20", "--to", "CN", "--on", "2024-06-01"),
    "not_in_force": ("a100", "--to", "CN", "--on", "2022-08-25"),
    "unknown": ("mtt s4000", "--to", "CN", "--on", "2024-06-01"),
    "letter": ("h20", "--to", "CN", "--on", "2025-05-01"),
    "certified": ("h200", "--to", "CN", "--on", "2026-03-01", "--certified"),
    "text": ("h100", "--to", "BR", "--on", "2025-06-01", "--posture", "text"),
    "headquarters": ("h200", "--to", "SG", "--hq", "CN", "--on", "2026-06-05", "--certified"),
    "consignee": ("gb300", "--to", "AE", "--consignee", "G42", "--on", "2026-08-15"),
    "bill": ("h20", "--to", "CN", "--on", "2027-06-01", "--amend", "gain-ai"),
    "embargo": ("a10", "--to", "IR", "--on", "2024-06-01"),
    "abroad": ("h100", "--to", "DE", "--from", "TW", "--on", "2024-06-01"),
    "owners": (
        "h20",
        "--to",
        "DE",
        "--hq",
        "DE",
        "--owned-by",
        "SMIC:0.3",
        "--owned-by",
        "Huawei:0.2",
        "--on",
        "2025-10-15",
    ),
    "quantity": ("h100", "--to", "BR", "--on", "2025-06-01", "--posture", "text", "--quantity", "1699"),
}


@pytest.mark.parametrize("case", CASES)
def test_answer_keeps_the_contract(case: str) -> None:
    document = check("classify", case, *("classify", *CASES[case]))
    assert document["data"]["trace"] or document["data"]["outcome"] == "not_in_force"


SPECS = {
    "spec-chip": "{kind: chip, tpp: 4799, die_area_mm2: 814, process_node: TSMC 4N, datacenter_marketed: true, vendor: NVIDIA}",
    "spec-system": "{kind: system, contains: [l40, h100]}",
    "spec-hbm": "{kind: hbm, memory_bandwidth_gb_s: 307, package_area_mm2: 110}",
    "spec-weights": "{kind: weights, training_flop: 1e26, published: false}",
    "spec-die": "{kind: die, advanced_node: true, n_transistors: 29e9, has_hbm: true, seller: fabricator, packager: approved_osat}",
    "spec-technology": "{kind: technology, technology_for: 3A090.a}",
}


@pytest.mark.parametrize("case", SPECS)
def test_every_kind_of_item_has_a_spec_file(case: str, tmp_path: Path) -> None:
    (tmp_path / "item.yaml").write_text(SPECS[case])
    posture = "text" if case == "spec-weights" else "enforced"
    check(
        "classify",
        case,
        "classify",
        "--spec",
        "item.yaml",
        "--to",
        "CN",
        "--on",
        "2025-02-10",
        "--posture",
        posture,
        cwd=tmp_path,
    )


WRONG = {
    "no-such-chip": ("h1000", "--to", "CN"),
    "no-such-country": ("h100", "--to", "Chna"),
    "no-such-date": ("h100", "--to", "CN", "--on", "2023-02-30"),
    "no-item": ("--to", "CN"),
    "two-items": ("h100", "--spec", "x.yaml", "--to", "CN"),
    "no-destination": ("h100",),
    "no-such-posture": ("h100", "--to", "CN", "--posture", "lenient"),
    "no-such-end-use": ("h100", "--to", "CN", "--end-use", "mining"),
    "no-units": ("h100", "--to", "CN", "--quantity", "0"),
    "half-a-unit": ("h100", "--to", "CN", "--quantity", "1.5"),
    "share-in-percent": ("h100", "--to", "CN", "--owned-by", "SMIC:50"),
    "share-in-words": ("h100", "--to", "CN", "--owned-by", "SMIC:half"),
    "shares-beyond-one": ("h100", "--to", "CN", "--owned-by", "SMIC:0.7", "--owned-by", "Huawei:0.7"),
    "owner-without-name": ("h100", "--to", "CN", "--owned-by", ":0.5"),
    "no-such-bill": ("h100", "--to", "CN", "--amend", "safe-chip"),
    "no-such-file": ("--spec", "nowhere.yaml", "--to", "CN"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_sentence_and_exit_2(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, "classify", *WRONG[case])


BAD_SPECS = {
    "contradiction": "{kind: chip, tpp: 4800, die_area_mm2: 800, process_node: TSMC 4N, performance_density: 9}",
    "negative": "{kind: chip, tpp: -1}",
    "unknown key": "{kind: hbm, bandwith: 3}",
    "unknown kind": "{kind: rocket}",
    "text for a number": "{kind: hbm, memory_bandwidth_gb_s: fast, package_area_mm2: 110}",
    "more added than trained": "{kind: weights, training_flop: 1e25, added_flop: 2e25, derived_from_published: true}",
    "an empty system": "{kind: system, contains: []}",
    "a list": "[1, 2]",
    "not YAML": "{kind: chip",
    "larger part than whole": "{kind: chip, tpp: 3000, die_area_mm2: 100, non_planar_die_area_mm2: 200}",
}


@pytest.mark.parametrize("case", BAD_SPECS)
def test_a_bad_spec_file_is_explained(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "item.yaml"
    path.write_text(BAD_SPECS[case])
    assert "item.yaml" in refused(capsys, "classify", "--spec", str(path), "--to", "CN")["message"]


BAD_AMENDMENTS = {
    "ends before it starts": ("{end: {provision: 3A090.a, on: 2023-01-01}}", "2023-11-17"),
    "no such provision": ("{end: {provision: 3A09.a, on: 2025-01-01}}", "3A09.a"),
    "no such parameter": ("{set: {parameter: density.tpp, value: 1, from: 2025-01-01}}", "density.tpp"),
    "no such place": ("{places: {set: china, add: [ZZ], from: 2025-01-01}}", "ZZ"),
    "before there was a limit": ("{set: {parameter: density.tpp_alone, value: 1, from: 2020-01-01}}", "2023-11-17"),
    "period turned round": (
        "{set: {parameter: density.tpp_alone, value: 1, from: 2025-01-01, to: 2024-01-01}}",
        "2024-01-01",
    ),
    "no change at all": ("{repeal: everything}", "change 1"),
    "a word for a number": ("{set: {parameter: density.tpp_alone, value: low, from: 2025-01-01}}", "low"),
    "a bad condition": (
        "{add: {provision: x, from: 2026-01-01, effect: {requires: true}, where: {fact: tpp, beyond: 3}}}",
        "beyond",
    ),
    "an unknown fact": (
        "{add: {provision: x, from: 2026-01-01, effect: {requires: true}, where: {fact: colour, is: true}}}",
        "colour",
    ),
}


@pytest.mark.parametrize("case", BAD_AMENDMENTS)
def test_a_bad_amendment_is_explained(case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, telling = BAD_AMENDMENTS[case]
    path = tmp_path / "what-if.yaml"
    path.write_text(f"{{id: what-if, changes: [{change}]}}")
    assert telling in refused(capsys, "classify", "h100", "--to", "CN", "--amend", str(path))["message"]


def test_people_read_the_answer_the_reasons_and_once_that_it_is_no_advice() -> None:
    text = run("classify", "h20", "--to", "CN", "--on", "2024-06-01").stdout
    assert "No licence is required" in text
    assert "3A090.b" in text
    assert "-1.3%" in text
    assert text.count("Not legal advice") == 1
    assert "destination licence" in run("classify", "h20", "--to", "CN", "--on", "2024-06-01", "--all-tests").stdout
