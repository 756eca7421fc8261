import json
import resource
import subprocess
import sys
import textwrap
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from leadtime.errors import BadFileError, ConflictError, OutputError
from leadtime.study import _parquet
from leadtime.study._quantiles import quantiles
from leadtime.study._store import Chunk, FolderStore, MemoryStore, chunk_table, content_digest

PLAN = {"seed": 1, "draws": 9000, "first": 4, "last": 8}


def series(chunk: Chunk) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(chunk.index)
    n = chunk.last - chunk.first
    return {
        "stock": rng.standard_normal((6, n), dtype=np.float32),
        "flow": rng.standard_normal((5, n), dtype=np.float32),
    }


def filled(folder: Path, *, keep: int | None = None) -> FolderStore:
    store = FolderStore.begin(folder, PLAN, 9000)
    for chunk in chunk_table(9000)[:keep]:
        store.keep(store.pack(chunk, series(chunk)))
    store.save()
    return store


def test_what_is_written_comes_back_bit_for_bit_in_the_order_of_the_draws(tmp_path: Path) -> None:
    store = filled(tmp_path / "run")
    for name, rows in (("stock", slice(0, 6)), ("flow", slice(0, 5)), ("stock", slice(2, 3)), ("flow", slice(4, 5))):
        found = np.concatenate(list(store.read(name, rows)), axis=1)
        expected = np.concatenate([series(chunk)[name] for chunk in chunk_table(9000)], axis=1)[rows]
        np.testing.assert_array_equal(found, expected)


def test_the_folder_and_memory_give_the_same_quantiles_and_digests(tmp_path: Path) -> None:
    folder, memory = filled(tmp_path / "run"), MemoryStore()
    for chunk in reversed(chunk_table(9000)):  # finished in another order
        memory.keep(memory.pack(chunk, series(chunk)))
    assert folder.digests() == memory.digests()
    for name, n_rows in (("stock", 6), ("flow", 5)):
        one, other = (
            quantiles(lambda rows, s=s, n=name: s.read(n, rows), n_rows=n_rows, n_draws=9000) for s in (folder, memory)
        )  # type: ignore[misc]
        np.testing.assert_array_equal(one, other)


def test_a_chunk_file_answers_sql_by_itself(tmp_path: Path) -> None:
    import duckdb

    filled(tmp_path / "run")
    rows = duckdb.sql(
        f"SELECT time, count(stock), count(flow), max(draw) FROM '{tmp_path}/run/chunks/*.parquet' GROUP BY time ORDER BY time"
    ).fetchall()
    assert [row[0].isoformat() for row in rows] == [
        "2023-01-01",
        "2023-04-01",
        "2023-07-01",
        "2023-10-01",
        "2024-01-01",
        "2024-04-01",
    ]
    assert {row[1] for row in rows} == {9000}
    assert [row[2] for row in rows] == [9000] * 5 + [0]  # the flow has no value at the last bound
    assert rows[0][3] == 8999


def test_a_run_is_resumed_where_it_stopped(tmp_path: Path) -> None:
    filled(tmp_path / "run", keep=2)
    again = FolderStore.begin(tmp_path / "run", PLAN, 9000)
    assert again.finished() == {0, 1}
    missing = chunk_table(9000)[2]
    again.keep(again.pack(missing, series(missing)))
    again.finish()
    assert FolderStore.open(tmp_path / "run").manifest["content"] == _content(filled(tmp_path / "other"))


def _content(store: FolderStore) -> str:
    store.finish()
    return str(store.manifest["content"])


def test_a_damaged_chunk_runs_again(tmp_path: Path) -> None:
    store = filled(tmp_path / "run")
    with store.file(1).open("r+b") as file:
        file.seek(100)
        file.write(b"damage")
    store.file(2).unlink()
    assert FolderStore.begin(tmp_path / "run", PLAN, 9000).finished() == {0}


def test_another_run_in_the_folder_is_refused_with_what_differs(tmp_path: Path) -> None:
    filled(tmp_path / "run")
    with pytest.raises(ConflictError, match="seed is 1 there and 2 here"):
        FolderStore.begin(tmp_path / "run", {**PLAN, "seed": 2}, 9000)


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(OutputError, match="other files"):
        FolderStore.begin(tmp_path, PLAN, 9000)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not valid JSON"),
        ("[]", "not the manifest"),
        ('{"format": "something else"}', "format"),
        ('{"format": "leadtime run, version 1", "plan": {"first": 0}, "chunks": []}', "chunks"),
        ('{"format": "leadtime run, version 1", "plan": {"first": 0}, "chunks": [{"index": 1}]}', "chunk 0"),
        ('{"format": "leadtime run, version 1", "plan": {}, "chunks": [{}]}', "plan"),
    ],
)
def test_a_manifest_that_is_not_ours_is_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BadFileError, match=words):
        FolderStore.open(tmp_path)


def test_a_folder_without_manifest_and_a_missing_one_are_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(BadFileError, match="not a run folder"):
            FolderStore.open(folder)


def test_a_chunk_file_of_the_wrong_size_is_refused(tmp_path: Path) -> None:
    store = filled(tmp_path / "run")
    with pytest.raises(BadFileError, match="rows"):
        _parquet.read_series(store.file(0), "stock", slice(0, 6), n_draws=7, first_bound=4)
    with pytest.raises(BadFileError, match="Parquet"):
        _parquet.read_series(store.file(0), "nothing", slice(0, 6), n_draws=7, first_bound=4)


def test_text_and_number_columns_come_back(tmp_path: Path) -> None:
    path = tmp_path / "fan.parquet"
    _parquet.write_columns(path, {"name": ["a", "b'"], "value": np.array([1.5, 2.5])})
    assert _parquet.columns_of(path) == ("name", "value")
    back = _parquet.read_columns(path)
    assert list(back["name"]) == ["a", "b'"]
    assert list(back["value"]) == [1.5, 2.5]


def test_inputs_are_written_in_blocks_and_leave_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "inputs.parquet"
    _parquet.write_inputs(path, ({"draw": np.arange(n, n + 3), "lam": np.full(3, n, np.float32)} for n in (0, 3, 6)))
    assert list(_parquet.read_columns(path, ["draw"])["draw"]) == list(range(9))
    assert [entry.name for entry in tmp_path.iterdir()] == ["inputs.parquet"]


def test_a_full_disk_is_a_sentence_and_finished_chunks_stay(tmp_path: Path) -> None:
    """A limit on the size of files stands in for a full disk: the system refuses the write in the same way."""
    filled(tmp_path / "run", keep=1)
    code = f"""
        import resource
        from tests.study.test_store import PLAN, chunk_table, series
        from leadtime.errors import OutputError
        from leadtime.study._store import FolderStore
        store = FolderStore.begin({str(tmp_path / "run")!r}, PLAN, 9000)
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        try:
            store.pack(chunk_table(9000)[1], series(chunk_table(9000)[1]))
        except OutputError as error:
            print("refused:", error)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert "refused:" in done.stdout
    assert "free space" in done.stdout
    assert FolderStore.open(tmp_path / "run").finished() == {0}
    assert [entry.name for entry in (tmp_path / "run" / "chunks").iterdir()] == ["000000.parquet"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY


def test_digests_see_every_bit_and_every_name() -> None:
    base = {"a": np.zeros((2, 3), np.float32)}
    changed = {"a": base["a"].copy()}
    changed["a"][1, 2] = np.nextafter(np.float32(0), np.float32(1))
    digests = {content_digest(s) for s in (base, changed, {"b": base["a"]}, {"a": base["a"].reshape(3, 2)})}
    assert len(digests) == 4


def test_the_chunk_table_covers_the_draws_without_overlap() -> None:
    for draws in (1, 4096, 4097, 10_000, 262_144, 262_145, 1_000_000):
        table = chunk_table(draws)
        assert table[0].first == 0
        assert table[-1].last == draws
        assert all(one.last == other.first for one, other in pairwise(table))
        assert [chunk.index for chunk in table] == list(range(len(table)))
        assert max(chunk.last - chunk.first for chunk in table) <= 16_384


def test_the_manifest_is_plain_json(tmp_path: Path) -> None:
    filled(tmp_path / "run")
    document = json.loads((tmp_path / "run" / "manifest.json").read_text())
    assert document["status"] == "running"
    assert document["chunks"][2]["last"] == 9000
