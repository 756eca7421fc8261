"""Many configurations from a CSV file: each row a question, answered together; a row that cannot be asked does not stop the others."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from leadtime import files
from leadtime.errors import BadFileError, BadInputError, LeadtimeError, UnknownNameError, shorten
from leadtime.study.estimator._costs import Money
from leadtime.study.estimator._infer import infer_many
from leadtime.study.estimator._request import Demand, Deployment, InferQuestion, Limits, Request
from leadtime.study.estimator._train import TrainQuestion, train_many

__all__ = ["COLUMNS", "estimate_file", "estimate_rows"]

SHARED = (
    "id",
    "task",
    "model",
    "chip",
    "n_chips",
    "precision",
    "parallelism",
    "on",
    "rental_usd_per_hour",
    "price_usd",
    "region",
)
TRAINING = ("tokens", "seq_len", "batch_tokens", "framework")
SERVING = (
    "input_len", "output_len", "batch", "tpot_ms", "best", "phase", "kv_precision", "disaggregated", "draft_tokens", "acceptance_frac",
    "cache_hit_frac", "engine", "users", "tokens_per_user_day",
)  # fmt: skip
COLUMNS = (*SHARED, *TRAINING, *SERVING)

OUT = (
    "feasible", "infeasible_reason", "error", "n_chips_used", "parallelism_used", "step_time_s", "tokens_per_s_per_chip", "mfu_frac", "gpu_hours",
    "gpu_hours_low", "gpu_hours_high", "wall_days", "rental_usd", "ownership_usd", "energy_j", "prefill_tok_s_per_chip",
    "decode_tok_s_per_chip", "decode_tok_s_per_chip_low", "decode_tok_s_per_chip_high", "ttft_s", "tpot_s", "usd_per_mtok", "joule_per_tok",
    "memory_byte_per_chip", "bound", "n_chips_for_users", "usd_per_year",
)  # fmt: skip


def _number(cell: str, name: str) -> float:
    try:
        value = float(cell.replace("_", ""))
    except ValueError:
        raise BadInputError(f"{name} is {shorten(cell, 30)!r}, which is not a number.") from None
    if value != value or value in (float("inf"), float("-inf")):
        raise BadInputError(f"{name} is {shorten(cell, 30)!r}, which is not a usable number.")
    return value


def _whole(cell: str, name: str) -> int:
    value = _number(cell, name)
    if value != int(value):
        raise BadInputError(f"{name} is {shorten(cell, 30)!r}; it has to be a whole number.")
    return int(value)


def _flag(cell: str, name: str) -> bool:
    known = {"": False, "0": False, "no": False, "false": False, "1": True, "yes": True, "true": True}
    if cell.casefold() not in known:
        raise BadInputError(f"{name} is {shorten(cell, 30)!r}; write yes or no.")
    return known[cell.casefold()]


def _day(cell: str) -> date:
    try:
        return date.fromisoformat(cell)
    except ValueError:
        raise BadInputError(f"on is {shorten(cell, 30)!r}, which is not an ISO date.") from None


def _needed(row: Mapping[str, str], name: str) -> str:
    if not row.get(name):
        raise BadInputError(f"The row has no {name}.")
    return row[name]


def _given(row: Mapping[str, str], **readers: Any) -> dict[str, Any]:
    """Return the cells that are filled, each read by its reader."""
    return {name: read(row[name], name) for name, read in readers.items() if row.get(name)}


def _text(cell: str, _name: str) -> str:
    return cell


def _money(row: Mapping[str, str]) -> Money:
    return Money(
        in_china=row.get("region", "").upper() == "CN", **_given(row, rental_usd_per_hour=_number, price_usd=_number)
    )


def _question(row: Mapping[str, str]) -> TrainQuestion | InferQuestion:
    task = row.get("task") or ("train" if row.get("tokens") else "infer")
    if task not in {"train", "infer"}:
        raise BadInputError(f"task is {shorten(task, 30)!r}; write train or infer.")
    foreign = [name for name in (SERVING if task == "train" else TRAINING) if row.get(name)]
    if foreign:
        raise BadInputError(f"{foreign[0]} does not belong to a row of the task {task}.", hint="Leave the cell empty.")
    on = _day(row["on"]) if row.get("on") else None
    common: dict[str, Any] = {
        "model": _needed(row, "model"),
        "chip": _needed(row, "chip"),
        "on": on,
        "money": _money(row),
    }
    if task == "train":
        return TrainQuestion(
            **common,
            n_chips=_whole(_needed(row, "n_chips"), "n_chips"),
            tokens=_number(_needed(row, "tokens"), "tokens"),
            **_given(row, seq_len=_whole, batch_tokens=_number, precision=_text, parallelism=_text, framework=_text),
        )
    request = Request(
        input_len=_whole(_needed(row, "input_len"), "input_len"),
        output_len=_whole(_needed(row, "output_len"), "output_len"),
        **_given(row, cache_hit_frac=_number, draft_tokens=_whole, acceptance_frac=_number),
    )
    deployment = Deployment(
        **_given(
            row,
            n_chips=_whole,
            parallelism=_text,
            precision=_text,
            kv_precision=_text,
            phase=_text,
            disaggregated=_flag,
            engine=_text,
        )
    )
    demand = None
    if row.get("users") or row.get("tokens_per_user_day"):
        demand = Demand(
            users=_number(_needed(row, "users"), "users"),
            tokens_per_user_day=_number(_needed(row, "tokens_per_user_day"), "tokens_per_user_day"),
        )
    return InferQuestion(
        **common,
        request=request,
        deployment=deployment,
        limits=Limits(**_given(row, batch=_whole, tpot_ms=_number, best=_flag)),
        demand=demand,
    )


def estimate_rows(
    rows: Sequence[Mapping[str, str]], *, where: str = "the table"
) -> list[dict[str, Any] | LeadtimeError]:
    """Answer rows of text cells.

    Parameters
    ----------
    rows : sequence of mapping
        Cells by column name; the columns are :data:`COLUMNS`, empty cells count as not stated.
    where : str
        Name of the table in messages.

    Returns
    -------
    list
        For every row its answer, as :func:`train` and :func:`infer` give it, or the error that keeps it from being asked.

    Raises
    ------
    BadFileError
        If there are no rows, or a column that is not known.
    """
    if not rows:
        raise BadFileError(f"{where} has no rows.")
    for name in rows[0]:
        if name not in COLUMNS:
            error = UnknownNameError.among("column", name, COLUMNS)
            hint = error.hint if error.hint.startswith("Did you mean") else f"Columns: {', '.join(COLUMNS)}."
            raise BadFileError(f"{where} has the unknown column {shorten(name, 40)!r}.", hint=hint)
    answers: list[dict[str, Any] | LeadtimeError] = []
    asked: list[tuple[int, TrainQuestion | InferQuestion]] = []
    for index, row in enumerate(rows):
        try:
            asked.append((index, _question(row)))
            answers.append(LeadtimeError("not reached"))
        except LeadtimeError as error:
            answers.append(error)
    training = [(index, question) for index, question in asked if isinstance(question, TrainQuestion)]
    serving = [(index, question) for index, question in asked if isinstance(question, InferQuestion)]
    for (index, _), answer in zip(training, train_many([question for _, question in training]), strict=True):
        answers[index] = answer
    for (index, _), answer in zip(serving, infer_many([question for _, question in serving]), strict=True):
        answers[index] = answer
    return answers


def _flat(answer: dict[str, Any] | LeadtimeError) -> dict[str, Any]:
    """Return one answer as the cells of the output file."""
    if isinstance(answer, LeadtimeError):
        return {"error": str(answer)}
    cost, ranges, demand = answer.get("cost_usd") or {}, answer["intervals"], answer.get("demand") or {}
    cells = {name: answer.get(name) for name in OUT}
    cells.update(
        n_chips_used=answer["n_chips"],
        parallelism_used=answer["parallelism"],
        rental_usd=cost.get("rental"),
        ownership_usd=cost.get("ownership"),
        n_chips_for_users=demand.get("n_chips"),
        usd_per_year=demand.get("usd_per_year"),
    )
    for name in ("gpu_hours", "decode_tok_s_per_chip"):
        for end in ("low", "high"):
            cells[f"{name}_{end}"] = ranges.get(name, {}).get(end)
    return cells


def estimate_file(path: str | Path, out: str | Path) -> dict[str, Any]:
    """Answer the rows of a CSV file and write them, with their answers beside them, to another.

    Returns
    -------
    dict
        ``n_rows``, ``n_done``, ``n_infeasible``, ``failed`` (row number and why, in order), ``out`` and ``sources``.
    """
    rows = files.read_csv(path)
    answers = estimate_rows(rows, where=Path(path).name)
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=[*rows[0], *OUT], lineterminator="\n")
    writer.writeheader()
    for row, answer in zip(rows, answers, strict=True):
        cells = {name: ("" if value is None else value) for name, value in _flat(answer).items()}
        writer.writerow({**row, **cells})
    files.write_text(out, text.getvalue())
    done = [answer for answer in answers if isinstance(answer, dict)]
    return {
        "n_rows": len(rows),
        "n_done": len(done),
        "n_infeasible": sum(not answer["feasible"] for answer in done),
        "failed": [
            {"row": index + 2, "id": rows[index].get("id", ""), "why": str(answer)}
            for index, answer in enumerate(answers)
            if isinstance(answer, LeadtimeError)
        ],
        "out": str(out),
        "sources": sorted({source for answer in done for source in answer["sources"]}),
    }
