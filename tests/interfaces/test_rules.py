"""`leadtime rules` as its users call it."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from leadtime.interfaces.cli._main import _run
from tests.interfaces._contract import answer, check
from tests.interfaces.test_classify import refused

CASES = {
    "rules-timeline": {
        "h800": ("timeline", "h800", "--to", "CN"),
        "h20": ("timeline", "h20", "--to", "CN", "--until", "2026-11-24"),
    },
    "rules-matrix": {
        "two": ("matrix", "h100", "h20", "--date", "2022-12-01", "--date", "2023-12-01", "--date", "2025-05-01")
    },
    "rules-diff": {"2023": ("diff", "2023-11-16", "2023-11-17")},
    "rules-headroom": {
        "2022": ("headroom", "--on", "2022-12-01", "--die-area", "858"),
        "2023": ("headroom", "--on", "2023-12-01", "--die-area", "858"),
        "2025": ("headroom", "--on", "2025-05-01", "--die-area", "858"),
    },
    "rules-bills": {"all": ("bills",)},
    "rules-instruments": {"prc": ("instruments", "--book", "prc")},
}


@pytest.mark.parametrize(
    ("contract", "case"), [(contract, case) for contract, cases in CASES.items() for case in cases]
)
def test_answer_keeps_the_contract(contract: str, case: str) -> None:
    check(contract, case, "rules", *CASES[contract][case])


@pytest.mark.parametrize("book", ["us_ear", "prc"])
def test_coverage_is_shown_with_its_gaps(book: str) -> None:
    document = answer("rules", "coverage", "--book", book)
    assert document["data"]["book"] == book
    assert any(row["unverified"] for row in document["data"]["provisions"])


WRONG = (
    ("timeline", "h1000"),
    ("timeline", "h100", "--since", "2025-01-01", "--until", "2024-01-01"),
    ("timeline", "h100", "--to", "ZZ"),
    ("matrix", "h100", "--date", "yesterday"),
    ("diff", "2023-11-16", "2023-11-31"),
    ("headroom", "--on", "2023-12-01", "--die-area", "0"),
    ("headroom", "--on", "1990-01-01"),
    ("coverage", "--book", "us_itar"),
    ("timeline", "h100", "--amend", "nowhere.yaml"),
    ("nonsense",),
)


@pytest.mark.parametrize("arguments", WRONG, ids=lambda arguments: " ".join(arguments))
def test_wrong_input_is_one_sentence_and_exit_2(arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    refused(capsys, "rules", *arguments)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("timeline", "h20"), "being issued"),
        (("matrix",), "2023-11-17"),
        (("diff", "2026-07-09", "2026-07-10", "--to", "AE"), "left"),
        (("diff", "2024-06-01", "2024-06-02"), "Nothing differs"),
        (("headroom", "--on", "2023-12-01"), "H20"),
        (("coverage",), "unverified"),
        (("bills",), "none of them law"),
        (("instruments",), "not enforced from 2025-05-13"),
    ],
)
def test_people_read_tables(
    arguments: tuple[str, ...], expected: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert _run(["rules", *arguments]) == 0
    assert expected.casefold() in capsys.readouterr().out.casefold()


def _last_day(path: Path) -> str:
    found = re.search(r"Until (\d{4}-\d\d-\d\d)", path.read_text())
    assert found, "the caption says until when"
    return found.group(1)


def test_a_figure_of_a_what_if_shows_what_the_what_if_dates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A bill that takes effect after today was cut off unless --until was given."""
    starts = date.today() + timedelta(days=800)
    bill = tmp_path / "later.yaml"
    bill.write_text(f"id: later\nlabel: Later\nchanges:\n  - end: {{provision: remote access, on: {starts}}}\n")
    asked = ["rules", "timeline", "h100", "--end-use", "remote_access", "--amend", str(bill), "--figure"]
    assert _run([*asked, str(tmp_path / "open.svg")]) == 0
    assert _last_day(tmp_path / "open.svg") > starts.isoformat()
    assert "licence" in (tmp_path / "open.svg").read_text()
    assert _run([*asked, str(tmp_path / "closed.svg"), "--until", "2026-01-01"]) == 0
    assert _last_day(tmp_path / "closed.svg") == "2026-01-01"


def test_a_figure_of_a_what_if_on_the_last_day_of_all_is_drawn(tmp_path: Path) -> None:
    bill = tmp_path / "never.yaml"
    bill.write_text("id: never\nchanges:\n  - start: {rule: ac-2023, on: 9999-12-31}\n")
    assert _run(["rules", "timeline", "h800", "--amend", str(bill), "--figure", str(tmp_path / "x.svg")]) == 0
    assert _last_day(tmp_path / "x.svg") == "9999-12-31"


def test_a_figure_without_a_what_if_ends_today_or_shows_the_stage_ahead(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(["rules", "timeline", "h20", "--figure", str(tmp_path / "h20.svg")]) == 0
    assert _last_day(tmp_path / "h20.svg") == date.today().isoformat()
