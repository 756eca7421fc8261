"""Where the draws of a run live: in memory, or as a folder that survives the process.

A run folder holds ``manifest.json`` (what was run, which chunks are finished, their digests), ``inputs.parquet`` (the sampled
parameters), ``chunks/*.parquet`` (the series, draw by draw) and ``fan.parquet`` (their quantiles). A chunk counts as finished once
the manifest lists it; the manifest is rewritten aside and renamed, so that a run can be killed at any time and resumed.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from leadtime.errors import BadFileError, ConflictError, OutputError, shorten
from leadtime.files import output_folder, parse_json, read_text, write_text
from leadtime.study._draws import BLOCK

__all__ = [
    "FORMAT",
    "Chunk",
    "FolderStore",
    "MemoryStore",
    "Record",
    "Store",
    "chunk_table",
    "content_digest",
    "differences",
]

FORMAT = "leadtime run, version 1"
MAX_BLOCKS = 4
"""Blocks per chunk of a large run: 16,384 draws, some 100 MB of series."""

KEPT_DRAWS = 8192
"""Runs of up to this many draws keep the series that were read: 512 series of 1.5 MB at most."""

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A stretch of draws that is computed, written and verified as one."""

    index: int
    first: int
    last: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A finished chunk: digest of its values, and either its values or the digest of its file."""

    chunk: Chunk
    content: str
    file: str = ""
    series: Mapping[str, Array] | None = None


def chunk_table(draws: int) -> tuple[Chunk, ...]:
    """Cut draws into chunks of whole blocks: single ones for small runs, so that workers share them, four at once for large ones.

    Examples
    --------
    >>> [(chunk.first, chunk.last) for chunk in chunk_table(5000)]
    [(0, 4096), (4096, 5000)]
    """
    size = BLOCK * (1 if draws <= 16 * MAX_BLOCKS * BLOCK else MAX_BLOCKS)
    return tuple(
        Chunk(index=index, first=first, last=min(draws, first + size))
        for index, first in enumerate(range(0, draws, size))
    )


def content_digest(series: Mapping[str, Array]) -> str:
    """Return a digest of names, shapes and bits of the values."""
    digest = blake2b(digest_size=16)
    for name in sorted(series):
        values = np.ascontiguousarray(series[name], np.float32)
        digest.update(f"{name} {values.shape}".encode())
        digest.update(values.data)
    return digest.hexdigest()


class Store(Protocol):
    """What a run needs of the place where its draws live."""

    def pack(self, chunk: Chunk, series: Mapping[str, Array]) -> Record:
        """Put a chunk away, in the process that computed it."""

    def keep(self, record: Record) -> None:
        """Take note of a finished chunk, in the process that owns the run."""

    def finished(self) -> frozenset[int]:
        """Return the numbers of the finished chunks."""

    def read(self, name: str, rows: slice) -> Iterator[Array]:
        """Yield the chunks of some rows (time steps) of a series, in order of draws."""


class MemoryStore:
    """Draws kept in memory, for small runs."""

    def __init__(self) -> None:
        self._records: dict[int, Record] = {}

    def pack(self, chunk: Chunk, series: Mapping[str, Array]) -> Record:
        """Return the values themselves."""
        return Record(chunk=chunk, content=content_digest(series), series=dict(series))

    def keep(self, record: Record) -> None:
        """Keep a finished chunk."""
        self._records[record.chunk.index] = record

    def finished(self) -> frozenset[int]:
        """Return the numbers of the finished chunks."""
        return frozenset(self._records)

    def digests(self) -> tuple[str, ...]:
        """Return the digests of the chunks, in order."""
        return tuple(self._records[index].content for index in sorted(self._records))

    def read(self, name: str, rows: slice) -> Iterator[Array]:
        """Yield rows of a series, chunk by chunk."""
        for index in sorted(self._records):
            yield (self._records[index].series or {})[name][rows]


class FolderStore:
    """Draws kept in a folder; see the module for its layout."""

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.path = path
        self.manifest = manifest
        self._written = 0.0

    @classmethod
    def begin(cls, path: str | Path, plan: Mapping[str, Any], draws: int) -> "FolderStore":
        """Start a run in an empty or new folder, or go on with the same run; anything else in the folder is refused.

        Parameters
        ----------
        path : path
            Folder of the run.
        plan : mapping
            All that decides the results, as JSON values.
        draws : int
            Number of draws.
        """
        folder = Path(path)
        if (folder / "manifest.json").exists():
            return cls._resume(folder, plan)
        folder = output_folder(folder)
        if any(not entry.name.startswith(".") for entry in folder.iterdir()):
            raise OutputError(f"{folder} holds other files.", hint="Name a new or empty folder with --out.")
        output_folder(folder / "chunks")
        chunks = [{"index": chunk.index, "first": chunk.first, "last": chunk.last} for chunk in chunk_table(draws)]
        store = cls(folder, {"format": FORMAT, "status": "running", "plan": dict(plan), "chunks": chunks})
        store.save()
        return store

    @classmethod
    def _resume(cls, folder: Path, plan: Mapping[str, Any]) -> "FolderStore":
        store = cls.open(folder)
        different = differences(store.manifest["plan"], dict(plan))
        if [line.split(" ", 1)[0] for line in different] == ["code"]:
            begun = store.manifest["plan"].get("code")
            how = "other model code" if begun else "a version of leadtime that kept no digest of its code"
            raise ConflictError(
                f"The run in {folder} was begun with {how}: its chunks and new ones would not belong together.",
                hint="Name another folder with --out, or go back to the code that began it.",
            )
        if different:
            message = f"{folder} holds another run: {different[0]}."
            raise ConflictError(message, hint="Name another folder with --out, or repeat that run to go on with it.")
        output_folder(folder / "chunks")
        for entry in store.manifest["chunks"]:
            if "file" in entry and _file_digest(store.file(entry["index"])) != entry["file"]:
                for key in ("file", "content"):
                    del entry[key]  # damaged or missing: it runs again
        return store

    @classmethod
    def open(cls, path: str | Path) -> "FolderStore":
        """Open an existing run folder.

        Raises
        ------
        BadFileError
            If it is no run folder or its manifest is not one of ours.
        """
        folder = Path(path)
        if not (folder / "manifest.json").is_file():
            raise BadFileError(
                f"{folder} is not a run folder.",
                hint="It must hold a manifest.json; `leadtime simulate --out DIR` makes one.",
            )
        manifest = parse_json(read_text(folder / "manifest.json", max_byte=256_000_000), f"{folder}/manifest.json")
        _check_manifest(manifest, folder)
        return cls(folder, manifest)

    def pack(self, chunk: Chunk, series: Mapping[str, Array]) -> Record:
        """Write the chunk's file and return its digests."""
        from leadtime.study._parquet import write_series

        path = self.file(chunk.index)
        write_series(path, series, first_bound=self.first_bound, first_draw=chunk.first)
        return Record(chunk=chunk, content=content_digest(series), file=_file_digest(path))

    def keep(self, record: Record) -> None:
        """List a finished chunk; the manifest is written once a second at most, and by :meth:`save`."""
        self.manifest["chunks"][record.chunk.index] |= {"content": record.content, "file": record.file}
        if time.monotonic() - self._written > 1.0:
            self.save()

    def save(self) -> None:
        """Write the manifest."""
        import json

        write_text(self.path / "manifest.json", json.dumps(self.manifest, indent=1, ensure_ascii=False) + "\n")
        self._written = time.monotonic()

    def finish(self) -> None:
        """Mark the run as done, with the digest of all its chunks."""
        self.manifest |= {"status": "done", "content": run_digest(self.digests())}
        self.save()

    def finished(self) -> frozenset[int]:
        """Return the numbers of the finished chunks."""
        return frozenset(entry["index"] for entry in self.manifest["chunks"] if "file" in entry)

    def digests(self) -> tuple[str, ...]:
        """Return the digests of the chunks, in order."""
        return tuple(entry["content"] for entry in self.manifest["chunks"])

    def read(self, name: str, rows: slice) -> Iterator[Array]:
        """Yield rows of a series, chunk by chunk."""
        from leadtime.study._parquet import read_series

        small = self.manifest["chunks"][-1]["last"] <= KEPT_DRAWS
        for entry in self.manifest["chunks"]:
            n_draws = entry["last"] - entry["first"]
            if small:
                path = self.file(entry["index"])
                yield _kept_series(str(path), entry["content"], name, n_draws)[rows]
                continue
            yield read_series(self.file(entry["index"]), name, rows, n_draws=n_draws, first_bound=self.first_bound)

    def file(self, index: int) -> Path:
        """Return the file of a chunk."""
        return self.path / "chunks" / f"{index:06d}.parquet"

    @property
    def first_bound(self) -> int:
        """Bound of row 0."""
        return int(self.manifest["plan"]["first"])


@lru_cache(maxsize=512)
def _kept_series(path: str, _content: str, name: str, n_draws: int) -> Array:
    """Read a series of a small run once: headline numbers and comparisons ask for the same rows many times."""
    from leadtime.study._parquet import read_whole_series

    series = read_whole_series(Path(path), name, n_draws=n_draws)
    series.setflags(write=False)
    return series


def run_digest(digests: tuple[str, ...]) -> str:
    """Return one digest for the chunks of a run."""
    return blake2b("".join(digests).encode(), digest_size=16).hexdigest()


def differences(there: Any, here: Any, where: str = "") -> list[str]:
    """Say in words where two JSON values differ.

    Examples
    --------
    >>> differences({"seed": 1}, {"seed": 2})
    ['seed is 1 there and 2 here']
    """
    if isinstance(there, dict) and isinstance(here, dict):
        keys = list(dict.fromkeys([*there, *here]))
        return [
            line
            for key in keys
            for line in differences(there.get(key), here.get(key), f"{where}.{key}" if where else key)
        ]
    return [] if there == here else [f"{where or 'it'} is {shorten(there, 60)} there and {shorten(here, 60)} here"]


def _file_digest(path: Path) -> str:
    digest = blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    except OSError:
        return ""
    return digest.hexdigest()


def _check_manifest(manifest: Any, folder: Path) -> None:
    problem = ""
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        problem = f"its format is {shorten(manifest.get('format') if isinstance(manifest, dict) else manifest, 60)!r}"
    elif not isinstance(manifest.get("plan"), dict) or not isinstance(manifest["plan"].get("first"), int):
        problem = "it has no plan"
    elif not isinstance(manifest.get("chunks"), list) or not manifest["chunks"]:
        problem = "it lists no chunks"
    else:
        for number, entry in enumerate(manifest["chunks"]):
            sound = isinstance(entry, dict) and entry.get("index") == number
            sound = (
                sound
                and isinstance(entry.get("first"), int)
                and isinstance(entry.get("last"), int)
                and ("file" in entry) == ("content" in entry)
            )
            if not sound:
                problem = f"the entry of chunk {number} is damaged"
                break
    if problem:
        raise BadFileError(
            f"{folder}/manifest.json is not the manifest of a run: {problem}.", hint=f"Expected format: {FORMAT}."
        )
