"""Whether a file is a table of measurements at all: its separator, its columns, its kind."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from leadtime import catalog
from leadtime.errors import BadFileError
from leadtime.files import read_text

__all__ = ["check_columns", "check_separator", "with_known_columns"]

Kind = Literal["training", "inference"]
MOST_BYTE = 256_000_000
NEEDED: dict[str, tuple[str, ...]] = {"training": ("model", "chip"), "inference": ("model", "chip")}
TELLING: dict[str, frozenset[str]] = {
    "training": frozenset(
        {"tokens_per_s_per_gpu", "step_time_s", "gpu_hours", "mfu_pct", "tflops_per_gpu", "wall_days"}
    ),
    "inference": frozenset(
        {"decode_tok_s_per_chip", "prefill_tok_s_per_chip", "total_tok_s_per_chip", "ttft_ms", "tpot_ms"}
    ),
}
SAME_COLUMN = {
    "tokens_per_s_per_chip": "tokens_per_s_per_gpu",
    "tflops_per_chip": "tflops_per_gpu",
    "chip_hours": "gpu_hours",
    "n_gpus": "n_chips",
}
"""Other names of a column, where its own speaks of GPUs or chips alone."""


def check_separator(path: str | Path) -> None:
    """Refuse a file whose columns are not separated by commas."""
    lines = read_text(path, max_byte=MOST_BYTE).splitlines()
    header = lines[0] if lines else ""
    for sign, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if sign in header and "," not in header:
            raise BadFileError(
                f"{Path(path).name}: the columns are separated by {name}.",
                hint="Save it with commas, and with points as decimal signs.",
            )


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")


def with_known_columns(kind: Kind, rows: Sequence[Mapping[str, str]], where: str) -> list[dict[str, str]]:
    """Return the rows with the packaged table's spelling of the columns that both have."""
    if not rows:
        return []
    known = {_plain(name): name for name in catalog.table(f"measured_{kind}")[0]}
    names: dict[str, str] = {}
    for given in rows[0]:
        plain = _plain(given)
        name = known.get(plain) or known.get(SAME_COLUMN.get(plain, ""), given)
        if name in names.values():
            raise BadFileError(f"{where}: two columns mean {name!r}.", hint="Keep one of them.")
        names[given] = name
    return [{names[given]: cell for given, cell in row.items()} for row in rows]


def check_columns(kind: Kind, rows: Sequence[Mapping[str, str]], where: str) -> None:
    """Refuse a table that lacks the columns without which nothing can be scored, or that is of the other kind."""
    if not rows:
        raise BadFileError(f"{where} has no rows.", hint="Give a table in the layout of the packaged measurements.")
    present = set(rows[0])
    other = "inference" if kind == "training" else "training"
    if not present & TELLING[kind]:
        if present & TELLING[other]:
            raise BadFileError(
                f"{where} holds {other} measurements.", hint=f"Run: leadtime accuracy {other} --against {where}"
            )
        raise BadFileError(
            f"{where} has no column with a measured value.",
            hint=f"One of {', '.join(sorted(TELLING[kind]))} is needed.",
        )
    missing = [name for name in NEEDED[kind] if name not in present]
    if missing:
        raise BadFileError(
            f"{where} lacks the column {missing[0]!r}.",
            hint=f"Needed are {', '.join(NEEDED[kind])} and a measured value.",
        )
