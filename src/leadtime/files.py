"""Reading what a user hands us, and writing results so that nothing is ever half-written.

Readers refuse what a well-meant file does not contain: aliases and tags in YAML, duplicate keys, deep nesting,
NaN and infinities, files of more than a few megabytes. Writers write aside and rename.
"""

import contextlib
import csv
import json
import math
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from leadtime.errors import BadFileError, OutputError, shorten

__all__ = [
    "output_folder",
    "parse_json",
    "parse_yaml",
    "read_csv",
    "read_structured",
    "read_text",
    "write_text",
    "writing",
]

MAX_BYTE = 16_000_000
MAX_DEPTH = 32
MAX_NODES = 500_000


def read_text(path: str | Path, *, max_byte: int = MAX_BYTE) -> str:
    """Return the text of a file of at most ``max_byte`` bytes, UTF-8.

    Raises
    ------
    BadFileError
        If the file is missing, unreadable, not a plain file, too large or not UTF-8.
    """
    path = Path(path)
    try:
        if not path.is_file():
            raise BadFileError(f"{path} is not a file.", hint="Check the path.")
        if path.stat().st_size > max_byte:
            raise BadFileError(
                f"{path} is larger than {max_byte // 1_000_000} MB.", hint="Split it or remove what is not needed."
            )
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadFileError(f"{path} is not UTF-8 text (byte {error.start}).", hint="Save it as UTF-8.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadFileError(
            f"{shorten(path)} cannot be read: {reason}.", hint="Check the path and its permissions."
        ) from None


def parse_json(text: str, where: str) -> Any:
    """Return a JSON document, refusing duplicate keys, NaN and deep nesting.

    Parameters
    ----------
    text : str
        The document.
    where : str
        Its name in messages.
    """

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        seen: dict[str, Any] = {}
        for key, value in pairs:
            if key in seen:
                raise BadFileError(f"{where}: the key {shorten(key)!r} stands twice.", hint="Keep one of them.")
            seen[key] = value
        return seen

    def no_constant(name: str) -> Any:
        raise BadFileError(f"{where}: {name} is not a number in JSON.", hint="Leave the value out if it is unknown.")

    try:
        document = json.loads(text, object_pairs_hook=no_duplicates, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        raise BadFileError(
            f"{where}: not valid JSON at line {error.lineno}, column {error.colno} ({error.msg})."
        ) from None
    except RecursionError:
        raise BadFileError(f"{where}: nested more than {MAX_DEPTH} levels deep.") from None
    except ValueError as error:
        raise BadFileError(f"{where}: {shorten(error)}.") from None
    _check_shape(document, where)
    return document


def parse_yaml(text: str, where: str) -> Any:
    """Return a YAML document made of plain mappings, lists, strings, numbers, booleans and dates.

    Aliases, tags, duplicate keys and several documents in one file are refused.
    """
    import yaml

    from leadtime._yaml import StrictLoader

    try:
        _refuse_bombs(text, where)
        document = yaml.load(text, Loader=StrictLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise BadFileError(f"{where}: not valid YAML{place} ({shorten(error.problem or error.context)}).") from None
    except yaml.YAMLError as error:
        raise BadFileError(f"{where}: not valid YAML ({shorten(error)}).") from None
    except RecursionError:
        raise BadFileError(f"{where}: nested more than {MAX_DEPTH} levels deep.") from None
    except ValueError as error:
        raise BadFileError(f"{where}: {shorten(error)}.") from None
    _check_shape(document, where)
    return document


def _refuse_bombs(text: str, where: str) -> None:
    """Refuse aliases and deep nesting before a tree is built: the fast composer follows both without a limit of its own."""
    import yaml

    depth = 0
    for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
        if isinstance(event, yaml.AliasEvent):
            place = f" (line {event.start_mark.line + 1})" if event.start_mark else ""
            raise BadFileError(
                f"{where}: aliases (*name) are not accepted{place}.",
                hint="Write the value out where it is used.",
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise BadFileError(f"{where}: nested more than {MAX_DEPTH} levels deep.")


def read_structured(path: str | Path) -> Any:
    """Return the document in a ``.json``, ``.yaml`` or ``.yml`` file."""
    path = Path(path)
    text = read_text(path)
    suffix = path.suffix.casefold()
    if suffix == ".json":
        return parse_json(text, path.name)
    if suffix in {".yaml", ".yml"}:
        return parse_yaml(text, path.name)
    raise BadFileError(f"{path.name} has the ending {suffix or 'none'!r}.", hint="Use .json, .yaml or .yml.")


def read_csv(path: str | Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file with a header row; every cell is text, stripped."""
    path = Path(path)
    return parse_csv(read_text(path, max_byte=256_000_000), path.name)


def parse_csv(text: str, where: str) -> list[dict[str, str]]:
    """Return the rows of CSV text with a header row; every cell is text, stripped."""
    try:
        reader = csv.reader(text.splitlines(keepends=True), strict=True)
        header = [name.strip() for name in next(reader, [])]
        if not header or not any(header):
            raise BadFileError(f"{where}: there is no header row.", hint="The first line names the columns.")
        repeated = {name for name in header if header.count(name) > 1}
        if repeated:
            raise BadFileError(f"{where}: the column {sorted(repeated)[0]!r} stands twice.", hint="Keep one of them.")
        rows = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                raise BadFileError(
                    f"{where}, line {reader.line_num}: {len(cells)} cells where the header has {len(header)}.",
                    hint="Quote cells that contain commas.",
                )
            rows.append(dict(zip(header, (cell.strip() for cell in cells), strict=True)))
        return rows
    except csv.Error as error:
        raise BadFileError(f"{where}: not valid CSV ({shorten(error)}).") from None


def _check_shape(document: Any, where: str) -> None:
    """Refuse nesting beyond MAX_DEPTH, too many nodes, numbers that are not finite and integers that no float holds."""
    stack: list[tuple[Any, int]] = [(document, 1)]
    n_nodes = 0
    while stack:
        node, depth = stack.pop()
        n_nodes += 1
        if depth > MAX_DEPTH:
            raise BadFileError(f"{where}: nested more than {MAX_DEPTH} levels deep.")
        if n_nodes > MAX_NODES:
            raise BadFileError(f"{where}: more than {MAX_NODES} values.")
        if isinstance(node, Mapping):
            stack.extend((value, depth + 1) for value in node.values())
        elif isinstance(node, Sequence) and not isinstance(node, str):
            stack.extend((value, depth + 1) for value in node)
        elif isinstance(node, float) and not math.isfinite(node):
            raise BadFileError(f"{where}: {node} is not a usable number.", hint="Leave the value out if it is unknown.")
        elif isinstance(node, int) and abs(node) > 10**40:
            raise BadFileError(f"{where}: a whole number of more than 40 digits.")


def output_folder(path: str | Path) -> Path:
    """Make a folder for results and return it.

    Raises
    ------
    OutputError
        If the path exists and is no folder, or cannot be made or written.
    """
    path = Path(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass
    except OSError as error:
        raise OutputError(
            f"Results cannot be written to {path}: {error.strerror or error}.", hint="Name another folder with --out."
        ) from None
    return path


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path`` and rename it on success, so that a reader never sees half a file."""
    path = Path(path)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield aside
        aside.replace(path)
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}.", hint="Check the free space and the permissions."
        ) from None
    finally:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)


def write_text(path: str | Path, text: str) -> Path:
    """Write a text file in one step and return its path."""
    with writing(path) as aside:
        aside.write_text(text, encoding="utf-8")
    return Path(path)
