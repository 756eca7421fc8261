"""`leadtime chips` as a user and as a program meet it."""

import json
from pathlib import Path

import pytest

from tests.interfaces._contract import answer, check, run


@pytest.mark.parametrize(
    ("case", "arguments"),
    [
        ("h20", ("h20",)),
        ("h100", ("H100 SXM",)),
        ("unknown_figures", ("mi308x",)),
        ("no_dram", ("wse-3",)),
    ],
)
def test_show(case: str, arguments: tuple[str, ...]) -> None:
    document = check("chips-show", case, "chips", "show", *arguments)
    assert set(document["data"]["sources"].values()) <= set(document["meta"]["sources"])


def test_show_of_an_own_chip(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("kind: chip\nbased_on: h100\nname: Capped\ntpp: 2368\n")
    document = check("chips-show", "own", "chips", "show", "mine.yaml", cwd=tmp_path)
    assert document["data"]["tpp"] == pytest.approx(2368)


def test_list() -> None:
    check(
        "chips-list",
        "china_2025",
        "chips",
        "list",
        "--country",
        "CN",
        "--since",
        "2025",
        "--until",
        "2025-12",
        "--has",
        "fp8",
        "--sort",
        "tpp",
    )


def test_an_empty_list_is_an_answer() -> None:
    document = check("chips-list", "empty", "chips", "list", "--vendor", "Groq", "--has", "fp4")
    assert document["data"] == {"n_chips": 0, "chips": []}


def test_compare() -> None:
    check("chips-compare", "h100_h20_910c", "chips", "compare", "h100", "h20", "910c")


@pytest.mark.parametrize(
    ("case", "arguments"),
    [
        ("near_miss", ("show", "h300")),
        ("unknown_vendor", ("list", "--vendor", "nvidea")),
        ("impossible_date", ("list", "--since", "2024-13-01")),
        ("unknown_format", ("list", "--has", "fp7")),
        ("alone", ("compare", "h100")),
    ],
)
def test_wrong_input_is_said(case: str, arguments: tuple[str, ...]) -> None:
    check("chips", case, "chips", *arguments, status=2)


@pytest.mark.parametrize(
    "text",
    [
        "kind: hbm\n",
        "fp16_dense_tflops: -5\n",
        "fp16: 5\n",
        "a: &a 1\nb: *a\n",
        "- 1\n",
        "name: '[/bold]'\nfp16_dense_tflops: wide\n",
    ],
)
def test_a_bad_file_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.yaml").write_text(text)
    document = answer("chips", "show", "mine.yaml", status=2, cwd=tmp_path)
    assert "mine.yaml" in document["error"]["message"]


def test_a_name_with_markup_is_shown_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(
        json.dumps({"kind": "chip", "name": "[bold]x[/bold] [/]", "vendor": "[red]", "fp16_dense_tflops": 10})
    )
    done = run("chips", "show", "mine.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "[bold]x[/bold] [/]" in done.stdout
    assert "[red]" in done.stdout


def test_people_read_what_is_missing() -> None:
    done = run("chips", "show", "mi308x")
    assert "unknown: peak rates" in done.stdout
    assert "Not used" in done.stdout
    assert "2,400 mm²" in done.stdout


def test_people_read_which_part_was_meant() -> None:
    assert "(from 'h20')" in run("chips", "show", "h20").stdout
    assert "(from" not in run("chips", "show", "h20-96gb").stdout


def test_list_and_comparison_for_people() -> None:
    listed = run("chips", "list", "--vendor", "NVIDIA", "--sort", "tpp", "--limit", "3")
    assert listed.stdout.startswith("3 accelerators")
    compared = run("chips", "compare", "h20", "h100")
    assert "×6.69" in compared.stdout
