"""Checking every row of every table in one go: the packaged tables, or a folder of a user's in the same layout."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from leadtime.catalog._contract import Contract, Known, contract_from_rows, row_problems
from leadtime.catalog._resources import read_packaged
from leadtime.catalog._tables import CONTRACT_ENDINGS, PACKAGE, file_names, is_source_table, known_values, table_names
from leadtime.catalog._uses import cited_in_documents
from leadtime.errors import BadFileError, BadInputError, CatalogError, shorten
from leadtime.files import parse_csv, read_text

__all__ = ["Finding", "Report", "check_folder", "check_packaged"]

MAX_TABLE_BYTE = 256_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing wrong in one place."""

    file: str
    line: int | None = None
    """Line of the file at which the row ends, as an editor counts; None where the whole file is meant."""
    column: str = ""
    what: str
    hint: str = ""
    severity: str = "error"
    """``error`` breaks the contract; ``warning`` is untidy (a source that nothing cites)."""

    def __str__(self) -> str:
        place = (
            self.file
            + (f", line {self.line}" if self.line else "")
            + (f", column {self.column!r}" if self.column else "")
        )
        return f"{place}: {self.what}. {self.hint}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What was checked, and everything that is wrong with it."""

    n_rows: Mapping[str, int]
    """Rows by table."""
    n_sources: int
    findings: tuple[Finding, ...]
    place: str
    packaged: bool

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that break the contract."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    def raise_if_broken(self) -> None:
        """Raise an error that lists every broken row, if there is one.

        Raises
        ------
        CatalogError
            If the packaged tables are broken: our fault.
        BadFileError
            If a user's tables are.
        """
        if not self.errors:
            return
        files = len({finding.file for finding in self.errors})
        many = (
            f"{len(self.errors)} error{'s' if len(self.errors) > 1 else ''} in {files} file{'s' if files > 1 else ''}"
        )
        error = CatalogError if self.packaged else BadFileError
        raise error(
            f"There {'is' if len(self.errors) == 1 else 'are'} {many} of {self.place}:",
            hint="\n".join(map(str, self.errors)),
        )


Rows = list[tuple[int, dict[str, str]]]


def check_packaged() -> Report:
    """Check every packaged table and return all that is wrong."""
    texts = {name: read_packaged(PACKAGE, name) for name in file_names() if name.endswith(".csv")}
    return _check(texts, place="the catalogue", packaged=True)


def check_folder(folder: str | Path) -> Report:
    """Check every table of a folder against its own contract or that of the packaged table of the same name.

    A row may cite the folder's sources (``sources.csv``, ``sources_<table>.csv``) and the packaged ones.

    Raises
    ------
    BadInputError
        If there is no such folder or no table in it.
    """
    folder = Path(folder)
    try:
        paths = sorted(path for path in folder.iterdir() if path.suffix.casefold() == ".csv" and path.is_file())
    except OSError as error:
        raise BadFileError(
            f"{shorten(folder)} cannot be read as a folder: {error.strerror}.", hint="Name a folder of tables."
        ) from None
    if not any(not path.name.endswith(CONTRACT_ENDINGS) for path in paths):
        raise BadInputError(
            f"{shorten(folder)} holds no table.", hint="A table is a file NAME.csv with its contract NAME.columns.csv."
        )
    texts: dict[str, str] = {}
    unreadable: list[Finding] = []
    for path in paths:
        try:
            texts[path.name] = read_text(path, max_byte=MAX_TABLE_BYTE)
        except BadFileError as error:
            unreadable.append(Finding(file=path.name, what=error.message.rstrip("."), hint=error.hint))
    report = _check(texts, place=shorten(folder), packaged=False)
    return replace(report, findings=(*unreadable, *report.findings))


def _check(texts: Mapping[str, str], *, place: str, packaged: bool) -> Report:
    findings: list[Finding] = []
    tables = {name.removesuffix(".csv"): text for name, text in texts.items() if not name.endswith(CONTRACT_ENDINGS)}
    headers, rows = {}, {}
    for name, text in tables.items():
        headers[name], rows[name] = _header_and_rows(f"{name}.csv", text, findings)
    own_sources = {name: found for name, found in rows.items() if is_source_table(name)}
    findings += _address_conflicts(own_sources)
    findings += _source_gaps(own_sources)
    source_ids = {row.get("id", "") for found in own_sources.values() for _, row in found}
    if not packaged:
        source_ids |= known_values("source") or frozenset()

    def known(target: str) -> frozenset[str] | None:
        if target == "source":
            return frozenset(source_ids)
        name, _, column = target.partition(".")
        if name in rows:
            return frozenset(row.get(column, "") for _, row in rows[name])
        return known_values(target) if name in table_names() else None

    cited: set[str] = set()
    for name, found in rows.items():
        try:
            contract = _contract(name, texts)
        except (CatalogError, BadFileError) as error:
            findings.append(Finding(file=f"{name}.columns.csv", what=error.message.rstrip("."), hint=error.hint))
            continue
        differing = sorted(set(contract.names) ^ set(headers[name])) if headers[name] else []
        findings += [_column_finding(name, column, contract) for column in differing]
        findings += _row_findings(name, contract, found, known, skip=set(differing))
        findings += _repeated_keys(name, contract, found)
        cited |= {
            row[column.name]
            for column in contract.columns
            if column.type == "source"
            for _, row in found
            if row.get(column.name)
        }
    cited |= cited_in_documents() if packaged else set()
    findings += [
        Finding(
            file=f"{name}.csv",
            line=line,
            column="id",
            what=f"no row cites the source {row['id']!r}",
            hint="Cite it or remove it.",
            severity="warning",
        )
        for name, found in own_sources.items()
        for line, row in found
        if row.get("id") and row["id"] not in cited
    ]
    n_rows = {name: len(found) for name, found in rows.items()}
    n_sources = len({row.get("id") for found in own_sources.values() for _, row in found})
    return Report(
        n_rows=n_rows, n_sources=n_sources, findings=tuple(sorted(findings, key=_place)), place=place, packaged=packaged
    )


def _place(finding: Finding) -> tuple[str, int]:
    return finding.file, finding.line or 0


def _header_and_rows(file: str, text: str, findings: list[Finding]) -> tuple[list[str], Rows]:
    """Return the header and the rows that can be read, each with its line; what cannot be read becomes a finding."""
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    rows: Rows = []
    header: list[str] | None = None
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            break
        except csv.Error as error:  # the reader has lost its place: the rest of the file cannot be trusted
            findings.append(
                Finding(
                    file=file, line=reader.line_num, what=f"not valid CSV ({shorten(error)})", hint="Mend the quotes."
                )
            )
            break
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = [cell.strip() for cell in cells]
            repeated = sorted({name for name in header if header.count(name) > 1})
            findings += [
                Finding(file=file, line=1, column=name, what="the column stands twice", hint="Keep one.")
                for name in repeated
            ]
        elif len(cells) != len(header):
            what = f"{len(cells)} cells where the header has {len(header)}"
            findings.append(
                Finding(file=file, line=reader.line_num, what=what, hint="Quote cells that contain commas.")
            )
        else:
            rows.append((reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True))))
    if header is None:
        findings.append(Finding(file=file, what="there is no header row", hint="The first line names the columns."))
    return header or [], rows


def _contract(name: str, texts: Mapping[str, str]) -> Contract:
    """Return the contract beside a table, else that of the packaged table of the same name."""
    shared = "sources" if is_source_table(name) else name
    columns = texts.get(f"{shared}.columns.csv")
    if columns is None:
        from leadtime.catalog._tables import contract

        if shared not in table_names():
            raise CatalogError(
                f"the table {shorten(name)!r} has no contract", hint=f"Write {shorten(name)}.columns.csv beside it."
            )
        return contract(shared)
    fields = texts.get(f"{shared}.fields.csv")
    return contract_from_rows(
        name,
        parse_csv(columns, f"{shared}.columns.csv"),
        parse_csv(fields, f"{shared}.fields.csv") if fields is not None else None,
    )


def _column_finding(name: str, column: str, contract: Contract) -> Finding:
    if column in contract.names:
        return Finding(
            file=f"{name}.csv",
            line=1,
            column=column,
            what="the column is missing",
            hint="Add it; its cells may be empty.",
        )
    return Finding(
        file=f"{name}.csv",
        line=1,
        column=column,
        what="the contract has no such column",
        hint="Remove it or add it there.",
    )


def _row_findings(name: str, contract: Contract, rows: Rows, known: Known, *, skip: set[str]) -> Iterator[Finding]:
    for line, row in rows:
        for problem in row_problems(contract, row, known):
            if problem.column not in skip:
                yield Finding(
                    file=f"{name}.csv", line=line, column=problem.column, what=problem.what, hint=problem.hint
                )


def _repeated_keys(name: str, contract: Contract, rows: Rows) -> Iterator[Finding]:
    first: dict[tuple[str, ...], int] = {}
    for line, row in rows if contract.key else []:
        key = tuple(row.get(part, "") for part in contract.key)
        if key in first:
            what = f"{'/'.join(key)!r} stands already in line {first[key]}"
            yield Finding(file=f"{name}.csv", line=line, column=contract.key[0], what=what, hint="Keep one of the two.")
        first.setdefault(key, line)


def _source_gaps(tables: Mapping[str, Rows]) -> Iterator[Finding]:
    for name, rows in tables.items():
        for line, row in rows:
            for column in ("accessed", "licence"):
                if row.get("id") and not row.get(column):
                    what = f"the source {row['id']!r} does not say {'when it was read' if column == 'accessed' else 'its terms'}"
                    yield Finding(
                        file=f"{name}.csv", line=line, column=column, what=what, hint="Fill it in.", severity="warning"
                    )


def _address_conflicts(tables: Mapping[str, Rows]) -> Iterator[Finding]:
    address: dict[str, tuple[str, str]] = {}
    for name, rows in tables.items():
        for line, row in rows:
            source_id, url = row.get("id", ""), row.get("url", "")
            known_url, known_file = address.setdefault(source_id, (url, name))
            if known_url != url:
                what = f"the source {source_id!r} stands in {known_file}.csv with another address"
                yield Finding(file=f"{name}.csv", line=line, column="url", what=what, hint="Rename one of the two.")
