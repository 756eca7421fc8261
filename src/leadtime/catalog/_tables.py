"""The packaged tables: read once, checked against their contracts, kept as text cells."""

from functools import cache

from leadtime.catalog._contract import Contract, contract_from_rows, row_problems
from leadtime.catalog._resources import read_packaged, tables_folder
from leadtime.errors import BadFileError, CatalogError, UnknownNameError
from leadtime.files import parse_csv

__all__ = ["contract", "data_version", "is_source_table", "known_values", "raw_rows", "table", "table_names"]

PACKAGE = "leadtime.catalog.tables"
CONTRACT_ENDINGS = (".columns.csv", ".fields.csv")


def data_version() -> str:
    """Return the dated version of the tables."""
    return read_packaged(PACKAGE, "version.txt").strip()


def is_source_table(name: str) -> bool:
    """Tell whether a table lists sources: ``sources`` or ``sources_<table>``."""
    return name == "sources" or name.startswith("sources_")


@cache
def file_names() -> tuple[str, ...]:
    """Return the names of all files beside the packaged tables."""
    return tuple(sorted(entry.name for entry in tables_folder().iterdir() if entry.is_file()))


@cache
def table_names() -> tuple[str, ...]:
    """Return the names of all packaged tables in alphabetical order, those of sources among them."""
    return tuple(
        name.removesuffix(".csv")
        for name in file_names()
        if name.endswith(".csv") and not name.endswith(CONTRACT_ENDINGS)
    )


@cache
def raw_rows(file_name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a packaged CSV file without checking them."""
    try:
        return tuple(parse_csv(read_packaged(PACKAGE, file_name), file_name))
    except BadFileError as error:
        raise CatalogError(error.message, hint=error.hint) from None


@cache
def contract(name: str) -> Contract:
    """Return the column contract of a packaged table.

    Raises
    ------
    UnknownNameError
        If there is no such table.
    """
    if name not in table_names():
        raise UnknownNameError.among("table", name, table_names())
    shared = "sources" if is_source_table(name) else name
    fields = list(raw_rows(f"{shared}.fields.csv")) if f"{shared}.fields.csv" in file_names() else None
    return contract_from_rows(name, list(raw_rows(f"{shared}.columns.csv")), fields)


@cache
def known_values(target: str) -> frozenset[str] | None:
    """Return the values that a cell of type ``source`` or ``ref:table.column`` may take."""
    if target == "source":
        from leadtime.catalog._sources import sources

        return frozenset(sources())
    name, _, column = target.partition(".")
    return frozenset(row.get(column, "") for row in raw_rows(f"{name}.csv"))


@cache
def table(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a packaged table as text cells, checked against its contract.

    Parameters
    ----------
    name : str
        File name without ``.csv``.

    Returns
    -------
    tuple of dict
        One mapping of column to cell per row; an empty cell is an empty text. They are shared: do not change them.

    Raises
    ------
    UnknownNameError
        If there is no such table.
    CatalogError
        If a row breaks the contract: the first one is named, ``leadtime data check`` lists all.
    """
    agreed = contract(name)
    rows = raw_rows(f"{name}.csv")
    differing = set(rows[0]) ^ set(agreed.names) if rows else set()
    if differing:
        raise CatalogError(f"{name}.csv and its contract differ in the column {sorted(differing)[0]!r}.")
    for number, row in enumerate(rows, start=1):
        for problem in row_problems(agreed, row, known_values):
            raise CatalogError(
                f"{name}.csv, row {number}, column {problem.column!r}: {problem.what}.", hint=problem.hint
            )
    return rows
