"""Every packaged row keeps its contract, and a row that does not is found, wherever and whatever it is."""

import csv
import io
import shutil
from importlib.resources import as_file, files
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadtime import catalog
from leadtime.catalog._contract import contract_from_rows
from leadtime.errors import BadFileError, BadInputError, CatalogError

OWN_TABLES = (
    "chips",
    "chip_aliases",
    "chip_disputes",
    "prices",
    "evidence",
    "published_results",
    "training_runs",
    "clusters",
)


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Return a copy of the packaged tables that a test may break."""
    with as_file(files("leadtime.catalog") / "tables") as folder:
        shutil.copytree(folder, tmp_path / "tables")
    return tmp_path / "tables"


def read(path: Path) -> list[list[str]]:
    return list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"))))


def write(path: Path, rows: list[list[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def test_every_packaged_row_keeps_its_contract() -> None:
    report = catalog.check_packaged()
    assert not report.errors, "\n".join(map(str, report.errors[:20]))
    assert sum(report.n_rows.values()) > 8000


def test_own_sources_are_complete_and_used() -> None:
    warnings = [str(finding) for finding in catalog.check_packaged().findings if finding.file == "sources.csv"]
    assert warnings == []


@pytest.mark.parametrize("name", OWN_TABLES)
def test_every_row_resolves_to_a_source_with_a_place_in_it(name: str) -> None:
    for row in catalog.table(name):
        assert catalog.sources()[row["source_id"]].title
        assert row["locator"]
        assert row["method"] in {"reported", "derived", "estimated", "assumed"}


@pytest.mark.parametrize("name", OWN_TABLES)
def test_a_contract_describes_every_column(name: str) -> None:
    agreed = catalog.contract(name)
    assert agreed.names == tuple(catalog.table(name)[0])
    assert agreed.key
    assert all(column.description for column in (*agreed.columns, *agreed.fields.values()))


def test_a_copy_of_the_packaged_tables_is_in_order(tables: Path) -> None:
    report = catalog.check_folder(tables)
    assert report.errors == ()
    report.raise_if_broken()


BREAKS = {
    "unknown source": ("prices", "source_id", "nobody-2020", "does not stand in sources"),
    "no source": ("prices", "source_id", "", "empty but required"),
    "unit of another kind": ("chips", "unit", "kWh", "is not a unit of"),
    "unknown unit": ("chips", "unit", "TFLOPS", "is not a unit of"),
    "unknown chip": ("prices", "chip_id", "h300", "does not stand in chips.chip_id"),
    "implausible price": ("prices", "price", "9e9", "is not plausible"),
    "negative price": ("prices", "price", "-5", "is not plausible"),
    "thousands comma": ("prices", "price", "11,500", "not a finite number"),
    "NaN": ("evidence", "central", "nan", "not a finite number"),
    "infinity": ("evidence", "central", "inf", "not a finite number"),
    "underscore": ("evidence", "central", "1_000", "not a finite number"),
    "other digits": ("evidence", "central", "١٢٣", "not a finite number"),
    "half a chip": ("prices", "n_chips", "1.5", "not a whole number"),
    "impossible date": ("evidence", "period_start", "2023-02-30", "is not a date"),
    "wrong date form": ("prices", "date", "May 2023", "is not a date"),
    "unknown kind": ("evidence", "kind", "guess", "is not allowed"),
    "unknown method": ("chips", "method", "guessed", "is not allowed"),
    "unknown field": ("chips", "field", "fp99_dense", "is not a field"),
    "no place": ("chips", "locator", "", "empty but required"),
}


@pytest.mark.parametrize("case", BREAKS, ids=list(BREAKS))
def test_a_broken_cell_is_found(tables: Path, case: str) -> None:
    name, column, cell, says = BREAKS[case]
    rows = read(tables / f"{name}.csv")
    line = next(i for i, row in enumerate(rows) if i and (name != "chips" or row[1] == "die_area"))
    rows[line][rows[0].index(column)] = cell
    write(tables / f"{name}.csv", rows)
    found = [finding for finding in catalog.check_folder(tables).errors if finding.line == line + 1]
    assert any(finding.file == f"{name}.csv" and says in finding.what for finding in found), found
    assert all(finding.hint for finding in found)


def test_everything_wrong_is_reported_in_one_go(tables: Path) -> None:
    for case in ("unknown source", "implausible price", "wrong date form"):
        name, column, cell, _ = BREAKS[case]
        rows = read(tables / f"{name}.csv")
        for line in (3, 40, 100):
            rows[line][rows[0].index(column)] = cell
        write(tables / f"{name}.csv", rows)
    (tables / "foreign.csv").write_text("a,b\n1,2\n")
    report = catalog.check_folder(tables)
    assert len(report.errors) == 10
    with pytest.raises(BadFileError) as caught:
        report.raise_if_broken()
    assert caught.value.hint.count("\n") == 9
    assert "10 errors in 2 files" in caught.value.message


def test_a_repeated_key_is_found(tables: Path) -> None:
    rows = read(tables / "chips.csv")
    write(tables / "chips.csv", [*rows, rows[5]])
    (finding,) = catalog.check_folder(tables).errors
    assert finding.line == len(rows) + 1
    assert "stands already in line 6" in finding.what


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,price\n1\n", "1 cells where the header has 2"),
        ('id,price\n"1,2\n', "not valid CSV"),
        ("id,id\n1,2\n", "stands twice"),
        ("", "no header row"),
        ("\n\n", "no header row"),
        ("id,chip_id,colour\nP1,h20-96gb,red\n", "has no such column"),
        ("id,chip_id\nP1,h20-96gb\n", "the column is missing"),
    ],
)
def test_a_file_that_is_no_table_is_found(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "prices.csv").write_text(text)
    assert any(says in finding.what for finding in catalog.check_folder(tmp_path).errors)


def test_a_table_of_ones_own_needs_a_contract(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("id,value\na,1\n")
    (finding,) = catalog.check_folder(tmp_path).errors
    assert "no contract" in finding.what
    (tmp_path / "mine.columns.csv").write_text(
        "column,type,unit,required,description\nid,text,,yes,Id\nvalue,number,W,yes,Value\n"
    )
    assert catalog.check_folder(tmp_path).errors == ()


@pytest.mark.parametrize(
    "row",
    [
        {"type": "colour"},
        {"required": "perhaps"},
        {"unit": "TFLOPS"},
        {"plausible_low": "low"},
    ],
)
def test_a_contract_that_is_none_is_refused(row: dict[str, str]) -> None:
    good = {"column": "x", "type": "number", "unit": "W", "required": "yes", "description": "x"}
    with pytest.raises(CatalogError):
        contract_from_rows("mine", [good | row])


def test_one_id_for_two_addresses_is_found(tables: Path) -> None:
    (tables / "sources_mine.csv").write_text(
        "id,title,publisher,url,published,accessed,licence,note\nnvidia-h100-datasheet,X,X,https://example.org,,2026-11-24,CC0,\n"
    )
    assert any("another address" in finding.what for finding in catalog.check_folder(tables).errors)


def test_a_source_that_nothing_cites_is_a_warning_only(tmp_path: Path) -> None:
    (tmp_path / "sources.csv").write_text(
        "id,title,publisher,url,published,accessed,licence,note\nlonely,A title,Someone,https://example.org,2024,2026-11-24,CC0,\n"
    )
    report = catalog.check_folder(tmp_path)
    assert report.errors == ()
    assert [finding.severity for finding in report.findings] == ["warning"]


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadFileError):
        catalog.check_folder(tmp_path / "none")
    with pytest.raises(BadInputError, match="holds no table"):
        catalog.check_folder(tmp_path)
    (tmp_path / "prices.csv").write_bytes(b"\xff\xfe")
    assert any("UTF-8" in finding.what for finding in catalog.check_folder(tmp_path).errors)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(text=st.text(max_size=300))
def test_any_text_as_a_table_is_checked_without_a_crash(tmp_path: Path, text: str) -> None:
    (tmp_path / "prices.csv").write_text(text, encoding="utf-8", errors="ignore")
    report = catalog.check_folder(tmp_path)
    assert report.errors, "no random text is a table of prices"
