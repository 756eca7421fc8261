"""`leadtime rules` as its users call it."""

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
