"""Parquet files written and read through DuckDB: columns of NumPy arrays in, columns out, one thread, no network.

Chunk files are tidy: a row per (time, draw), a column per series, so that any tool that reads Parquet can ask them questions:

    SELECT time, quantile_cont(lead_true_months, 0.5) FROM 'run/chunks/*.parquet' GROUP BY time
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime.errors import BadFileError, OutputError, shorten
from leadtime.files import writing

__all__ = [
    "columns_of",
    "read_columns",
    "read_series",
    "read_whole_series",
    "write_columns",
    "write_inputs",
    "write_series",
]

Series = Mapping[str, NDArray[np.float32]]


_KEPT = threading.local()


def connection() -> Any:
    """Return this thread's DuckDB connection of one thread, which fetches nothing; opening one takes longer than a query."""
    if getattr(_KEPT, "process", None) != os.getpid():  # not one inherited from a parent
        _KEPT.connection, _KEPT.process = _open({}), os.getpid()
    return _KEPT.connection


def _open(more: Mapping[str, Any]) -> Any:
    import duckdb

    settings = {"threads": 1, "autoinstall_known_extensions": False, "autoload_known_extensions": False, **more}
    return duckdb.connect(":memory:", config=settings)


@contextmanager
def _table(columns: Mapping[str, Any]) -> Iterator[str]:
    """Give the name under which the connection sees columns."""
    connection().register("given", dict(columns))
    try:
        yield "given"
    finally:
        connection().unregister("given")


def write_series(path: Path, series: Series, *, first_bound: int, first_draw: int) -> None:
    """Write one chunk: rows ordered by time, then draw; a flow has no value at the last bound.

    Parameters
    ----------
    path : Path
        File to write, aside and renamed.
    series : mapping of str to ndarray of float32, shape (time, draw)
        Stocks on n + 1 bounds, flows on the n intervals that start at the first n.
    first_bound : int
        Bound of row 0.
    first_draw : int
        Number of the first draw.
    """
    n_bounds = max(len(values) for values in series.values())
    n_draws = next(iter(series.values())).shape[1]
    columns: dict[str, Any] = {
        "bound": np.repeat(np.arange(first_bound, first_bound + n_bounds, dtype=np.int16), n_draws),
        "draw": np.tile(np.arange(first_draw, first_draw + n_draws, dtype=np.int32), n_bounds),
    }
    shown = ["make_date(2022 + bound // 4, 3 * (bound % 4) + 1, 1) AS time", "draw"]
    for name, values in series.items():
        absent = n_bounds - len(values)
        flat = np.ascontiguousarray(values, np.float32).ravel()
        columns[name] = np.concatenate([flat, np.full(absent * n_draws, np.nan, np.float32)]) if absent else flat
        shown.append(f"nullif({_quoted(name)}, 'nan'::FLOAT) AS {_quoted(name)}" if absent else _quoted(name))
    with _saying_why(path), writing(path) as aside, _table(columns) as table:
        connection().execute(
            f"COPY (SELECT {', '.join(shown)} FROM {table}) TO {_text(aside)} ({_FORMAT}, ROW_GROUP_SIZE {_group(n_draws, n_bounds)})"
        )


def read_series(path: Path, name: str, rows: slice, *, n_draws: int, first_bound: int) -> NDArray[np.float32]:
    """Read some rows (time steps) of one series of a chunk, shape (time, draw)."""
    question = f"SELECT {_quoted(name)} AS value FROM read_parquet({_text(path)}) WHERE time >= ? AND time < ?"
    with _saying_why(path, reading=True):
        days = [_day(first_bound + rows.start), _day(first_bound + rows.stop)]
        value = connection().execute(question, days).fetchnumpy()["value"]
    if isinstance(value, np.ma.MaskedArray):
        value = value.filled(np.nan)
    if value.size != n_draws * (rows.stop - rows.start):
        raise BadFileError(f"{path} does not hold the rows its manifest promises.", hint="Run again into a new folder.")
    return np.ascontiguousarray(value, np.float32).reshape(rows.stop - rows.start, n_draws)


def read_whole_series(path: Path, name: str, *, n_draws: int) -> NDArray[np.float32]:
    """Read one series of a chunk, all rows from its first bound on, shape (time, draw); rows that a flow lacks are NaN."""
    with _saying_why(path, reading=True):
        value = (
            connection()
            .execute(f"SELECT {_quoted(name)} AS value FROM read_parquet({_text(path)})")
            .fetchnumpy()["value"]
        )
    if isinstance(value, np.ma.MaskedArray):
        value = value.filled(np.nan)
    if value.size == 0 or value.size % n_draws:
        raise BadFileError(f"{path} does not hold the rows its manifest promises.", hint="Run again into a new folder.")
    return np.ascontiguousarray(value, np.float32).reshape(-1, n_draws)


def write_columns(path: Path, columns: Mapping[str, Any], select: str = "*") -> None:
    """Write a small table of equally long columns (lists or arrays)."""
    arrays = {
        name: np.asarray(values, object) if _is_text(values) else np.asarray(values) for name, values in columns.items()
    }
    with _saying_why(path), writing(path) as aside, _table(arrays) as table:
        connection().execute(f"COPY (SELECT {select} FROM {table}) TO {_text(aside)} ({_FORMAT})")


def write_inputs(path: Path, parts: Iterator[Mapping[str, Any]]) -> None:
    """Write a long table block by block, in bounded memory; every block has the same columns."""
    scratch = path.parent / f".{path.name}.duckdb"
    limits = {"memory_limit": "1GB", "temp_directory": str(path.parent / ".spill")}
    with _saying_why(path), writing(path) as aside, _open(limits) as duck:
        try:
            duck.execute(f"ATTACH {_text(scratch)} AS scratch")
            for number, part in enumerate(parts):
                duck.register("part", dict(part))
                verb = "CREATE TABLE scratch.rows AS" if number == 0 else "INSERT INTO scratch.rows"
                duck.execute(f"{verb} SELECT * FROM part")
                duck.unregister("part")
            duck.execute(f"COPY scratch.rows TO {_text(aside)} ({_FORMAT})")
            duck.execute("DETACH scratch")
        finally:
            for left in path.parent.glob(f"{scratch.name}*"):
                left.unlink(missing_ok=True)


def read_columns(path: Path, names: Sequence[str] | None = None) -> dict[str, Any]:
    """Read columns of a Parquet file, in the order of its rows."""
    chosen = ", ".join(map(_quoted, names)) if names else "*"
    with _saying_why(path, reading=True):
        return dict(connection().execute(f"SELECT {chosen} FROM read_parquet({_text(path)})").fetchnumpy())


def columns_of(path: Path) -> tuple[str, ...]:
    """Return the names of the columns of a Parquet file."""
    with _saying_why(path, reading=True):
        return tuple(
            row[0] for row in connection().execute(f"DESCRIBE SELECT * FROM read_parquet({_text(path)})").fetchall()
        )


_FORMAT = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1"


def _group(n_draws: int, n_bounds: int) -> int:
    """Row group of whole time steps, near 120,000 rows, so that a reader of a few times skips the others."""
    steps = max(1, min(n_bounds, 120_000 // n_draws))
    return max(2048, steps * n_draws)


def _day(bound: int) -> Any:
    from leadtime.study._quarters import bound_date

    return bound_date(bound)


def _is_text(values: Any) -> bool:
    return len(values) > 0 and isinstance(values[0], str)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


@contextmanager
def _saying_why(path: Path, *, reading: bool = False) -> Iterator[None]:
    """Turn what DuckDB says into one sentence of ours."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        reason = shorten(str(error).splitlines()[0], 160)
        if reading:
            raise BadFileError(
                f"{path} cannot be read as Parquet ({reason}).", hint="Run again into a new folder."
            ) from None
        raise OutputError(
            f"{path} cannot be written ({reason}).", hint="Check the free space and the permissions."
        ) from None
