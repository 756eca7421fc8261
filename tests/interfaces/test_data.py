"""`leadtime data` as a user and as a program meet it."""

import json
import shutil
from importlib.resources import as_file, files
from pathlib import Path

import pytest

from leadtime import catalog
from tests.interfaces._contract import answer, check, run


def test_check_of_the_catalogue() -> None:
    data = check("data-check", "packaged", "data", "check")["data"]
    assert data["n_tables"] == len(catalog.table_names())


def test_check_of_a_copy_and_of_a_broken_copy(tmp_path: Path) -> None:
    with as_file(files("leadtime.catalog") / "tables") as folder:
        shutil.copytree(folder, tmp_path / "mine")
    check("data-check", "copy", "data", "check", "mine", cwd=tmp_path)
    path = tmp_path / "mine" / "prices.csv"
    path.write_text(path.read_text().replace("P002,", "P001,").replace(",11500,", ",cheap,"))
    document = check("data-check", "broken", "data", "check", "mine", status=2, cwd=tmp_path)
    places = [(row["file"], row["line"], row["column"]) for row in document["error"]["findings"]]
    assert places == [("prices.csv", 2, "price"), ("prices.csv", 3, "id")]
    assert "\n" not in document["error"]["message"] + document["error"]["hint"]


def test_check_for_people(tmp_path: Path) -> None:
    assert "are in order" in run("data", "check").stdout
    (tmp_path / "prices.csv").write_text("id\nP1\n")
    done = run("data", "check", str(tmp_path))
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[0].startswith("leadtime: There are")
    assert lines[lines.index("prices.csv") + 1].startswith("  line 1")
    assert lines[-1] == "Correct what is listed and check again."


@pytest.mark.parametrize(("case", "arguments"), [("no_folder", ("check", "nowhere")), ("no_table", ("check", "."))])
def test_a_folder_that_is_none_is_said(case: str, arguments: tuple[str, ...], tmp_path: Path) -> None:
    check("data", case, "data", *arguments, status=2, cwd=tmp_path)


def test_list() -> None:
    tables = {entry["table"]: entry for entry in check("data-list", "all", "data", "list")["data"]["tables"]}
    assert tables["prices"]["n_rows"] == 121
    assert tables["chips"]["key"] == ["chip_id", "field"]


def test_show() -> None:
    document = check(
        "data-show", "h20_prices", "data", "show", "prices", "--where", "chip_id=h20-96gb", "--where", "kind=purchase"
    )
    assert all(row["chip_id"] == "h20-96gb" for row in document["data"]["rows"])
    assert {row["source_id"] for row in document["data"]["rows"]} == set(document["meta"]["sources"])


@pytest.mark.parametrize(
    ("case", "arguments"),
    [
        ("unknown_table", ("show", "price")),
        ("unknown_column", ("show", "prices", "--where", "colour=red")),
        ("no_condition", ("show", "prices", "--where", "colour")),
        ("unknown_shown_column", ("show", "prices", "--columns", "id,colour")),
    ],
)
def test_wrong_input_is_said(case: str, arguments: tuple[str, ...]) -> None:
    # --columns acts on what people see; JSON has every column
    if case == "unknown_shown_column":
        assert run("data", *arguments).returncode == 2
    else:
        check("data", case, "data", *arguments, status=2)


@pytest.mark.parametrize("name", catalog.table_names())
def test_every_table_can_be_shown(name: str) -> None:
    from typer.testing import CliRunner

    from leadtime.interfaces.cli.data import app

    done = CliRunner().invoke(app, ["show", name, "--limit", "3"])
    assert done.exit_code == 0, done.output


def test_the_descriptor_is_json() -> None:
    assert json.loads(run("data", "package").stdout)["profile"] == "tabular-data-package"


def test_limit_below_zero_is_refused() -> None:
    assert answer("data", "show", "prices", "--limit", "-1", status=2)["error"]["code"] == "usage"
