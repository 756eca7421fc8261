"""The packaged tables as a Frictionless Data Package, generated from their contracts, and as typed records."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

from leadtime.catalog._contract import Column, Contract
from leadtime.catalog._resources import read_packaged
from leadtime.catalog._tables import contract, data_version, table, table_names
from leadtime.files import parse_csv

__all__ = ["datapackage", "records", "table_title"]

FRICTIONLESS_TYPES = {"number": "number", "integer": "integer", "bool": "boolean", "date": "date"}
PARTIAL_DATE_PATTERN = r"\d{4}(-\d{2}(-\d{2})?)?"


@cache
def _titles() -> Mapping[str, str]:
    rows = parse_csv(read_packaged("leadtime.catalog", "titles.csv"), "titles.csv")
    return MappingProxyType({row["table"]: row["title"] for row in rows})


def table_title(name: str) -> str:
    """Return what a packaged table holds, in a few words."""
    if name.startswith("sources_"):
        return f"Publications behind: {name.removeprefix('sources_').replace('_', ' ')}"
    return _titles().get(name, "")


def records(name: str) -> list[dict[str, Any]]:
    """Return the rows of a packaged table with numbers as numbers, lists as lists and empty cells as None.

    Examples
    --------
    >>> records("prices")[0]["price"], records("prices")[0]["n_chips"]
    (11500.0, 1)
    """
    agreed = contract(name)
    return [
        {column.name: _typed(_holding(agreed, column, row), row[column.name]) for column in agreed.columns}
        for row in table(name)
    ]


def _holding(agreed: Contract, column: Column, row: Mapping[str, str]) -> str:
    """Return the type that a cell holds: that of its field in a table in long form."""
    if column.type != "value":
        return column.type
    return agreed.fields[row[agreed.named("field") or ""]].type


def _typed(kind: str, cell: str) -> Any:
    if not cell:
        return None
    if kind == "number":
        return float(cell)
    if kind == "integer":
        return int(cell)
    if kind == "bool":
        return cell == "true"
    return [part.strip() for part in cell.split(";")] if kind == "list" else cell


def datapackage() -> dict[str, Any]:
    """Return the descriptor of the packaged tables (Frictionless Data Package, version 1)."""
    return {
        "profile": "tabular-data-package",
        "name": "leadtime-catalogue",
        "title": "leadtime: accelerators, models, prices, rules and evidence on AI compute under export controls",
        "version": data_version(),
        "licenses": [
            {"name": "Apache-2.0", "title": "Apache License 2.0", "path": "https://www.apache.org/licenses/LICENSE-2.0"}
        ],
        "resources": [_resource(name) for name in table_names()],
    }


def _resource(name: str) -> dict[str, Any]:
    agreed = contract(name)
    schema: dict[str, Any] = {"fields": [_field(column) for column in agreed.columns], "missingValues": [""]}
    if agreed.key:
        schema["primaryKey"] = list(agreed.key)
    return {
        "name": name,
        "title": table_title(name),
        "path": f"tables/{name}.csv",
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "schema": schema,
    }


def _field(column: Column) -> dict[str, Any]:
    constraints: dict[str, Any] = {}
    if column.required:
        constraints["required"] = True
    if column.plausible_low is not None:
        constraints["minimum"] = column.plausible_low
    if column.plausible_high is not None:
        constraints["maximum"] = column.plausible_high
    if column.type.startswith("enum:"):
        constraints["enum"] = column.type.removeprefix("enum:").split(";")
    if column.type == "partial_date":
        constraints["pattern"] = PARTIAL_DATE_PATTERN
    field: dict[str, Any] = {
        "name": column.name,
        "type": FRICTIONLESS_TYPES.get(column.type, "string"),
        "description": column.description,
    }
    if column.units:
        field["unit"] = " | ".join(column.units)
    if column.type.startswith("ref:") or column.type == "source":
        field["references"] = column.type.removeprefix("ref:")
    return field | ({"constraints": constraints} if constraints else {})
