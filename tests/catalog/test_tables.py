"""Reading the catalogue: lazily, once, from inside the package alone."""

import json
import re
import subprocess
import sys
from importlib.resources import files

import pytest

from leadtime import catalog
from leadtime.catalog import _tables
from leadtime.errors import CatalogError, UnknownNameError
from leadtime.units import UNITS


def test_rows_are_text_cells_and_kept() -> None:
    rows = catalog.table("chips")
    assert rows is catalog.table("chips")
    assert all(isinstance(cell, str) for cell in rows[0].values())


def test_the_version_is_a_date() -> None:
    assert re.fullmatch(r"20\d\d\.\d\d\.\d\d", catalog.data_version())


def test_an_unknown_table_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="chips"):
        catalog.table("chip")


def test_a_broken_packaged_row_is_our_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = ({**catalog.table("prices")[0], "price": "much"},)
    monkeypatch.setattr(
        _tables, "raw_rows", lambda name: broken if name == "prices.csv" else _tables.raw_rows.__wrapped__(name)
    )
    with pytest.raises(CatalogError, match=r"prices\.csv, row 1, column 'price'") as caught:
        _tables.table.__wrapped__("prices")
    assert caught.value.exit_status == 1


def test_importing_opens_no_file_but_code() -> None:
    program = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
import leadtime, leadtime.catalog, leadtime.chips
print("\\n".join(name for name in opened if "leadtime" in name and not name.endswith((".py", ".pyc"))))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    data = [
        name
        for name in done.stdout.split("\n")
        if name and not re.search(r"\.(py|pyc)(\.\d+)?$|\.pth$|__editable__|dist-info", name)
    ]
    assert data == []


def test_documents_come_as_copies() -> None:
    package = json.loads((files("leadtime.catalog") / "datapackage.json").read_text(encoding="utf-8"))
    first = catalog.document("leadtime.catalog", "datapackage.json")
    assert first == package
    first["name"] = "changed"
    assert catalog.document("leadtime.catalog", "datapackage.json")["name"] == "leadtime-catalogue"
    assert "datapackage.json" in catalog.documents("leadtime.catalog", suffix=".json")


@pytest.mark.parametrize(("package", "name"), [("leadtime.catalog", "none.yaml"), ("leadtime.nowhere", "x.yaml")])
def test_a_missing_document_is_our_fault(package: str, name: str) -> None:
    with pytest.raises(CatalogError):
        catalog.document(package, name)


def test_a_missing_folder_is_our_fault() -> None:
    with pytest.raises(CatalogError):
        catalog.documents("leadtime.nowhere")


def test_the_data_package_is_fresh() -> None:
    stored = json.loads((files("leadtime.catalog") / "datapackage.json").read_text(encoding="utf-8"))
    message = "tables changed: run `leadtime data package > src/leadtime/catalog/datapackage.json`"
    assert stored == json.loads(json.dumps(catalog.datapackage())), message


def test_the_data_package_says_what_the_contracts_say() -> None:
    resources = {resource["name"]: resource for resource in catalog.datapackage()["resources"]}
    assert set(resources) == set(catalog.table_names())
    prices = resources["prices"]["schema"]
    assert prices["primaryKey"] == ["id"]
    price = next(field for field in prices["fields"] if field["name"] == "price")
    assert price["type"] == "number"
    assert price["constraints"] == {"required": True, "minimum": 0.1, "maximum": 2000000.0}


def test_records_are_typed() -> None:
    chip = {row["field"]: row["value"] for row in catalog.records("chips") if row["chip_id"] == "h20-96gb"}
    assert chip["fp8_dense"] == 296.0
    assert chip["n_compute_dies"] == 1
    assert chip["datacenter_marketed"] is True
    assert chip["name"] == "H20 96GB"
    assert catalog.records("evidence")[5]["low"] is None


def test_sources_say_who_and_when() -> None:
    source = catalog.sources()["nvidia-h100-datasheet"]
    assert (source.publisher, source.title) == ("NVIDIA", "NVIDIA H100 tensor core GPU datasheet")
    assert source.url.startswith("https://")


def test_every_source_id_is_short_and_plain() -> None:
    for source in catalog.sources().values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", source.id), source.id
        assert len(source.id) <= 80
        assert re.match(r"(https?://\S+|docs/\S+|)$", source.url), source.url


def test_uses_lead_back_to_the_rows() -> None:
    uses = catalog.uses_of("nvidia-h100-datasheet")
    assert any(use.where == "chips" and use.row == "h100-sxm5-80gb/fp8_dense" for use in uses)
    assert catalog.uses_of("nobody") == ()


def test_sources_can_be_searched() -> None:
    assert {source.id for source in catalog.list_sources(find="h100 tensor core")} == {"nvidia-h100-datasheet"}
    cited = catalog.list_sources(table="prices")
    assert 20 < len(cited) < len(catalog.sources())
    assert catalog.find_source("NVIDIA-H100-datasheet").id == "nvidia-h100-datasheet"
    with pytest.raises(UnknownNameError, match="nvidia-h100-datasheet"):
        catalog.find_source("nvidia-h100-datashet")


def test_units_of_every_contract_are_known() -> None:
    for name in catalog.table_names():
        agreed = catalog.contract(name)
        for column in (*agreed.columns, *agreed.fields.values()):
            assert set(column.units) <= set(UNITS)
