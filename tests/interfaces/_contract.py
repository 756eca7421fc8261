"""Run a command as a user does, and hold its JSON against the published schema and a golden answer."""

import json
import math
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema

import leadtime

CONTRACTS = Path(leadtime.__file__).parent / "interfaces" / "contracts"
GOLDEN = Path(__file__).parent / "golden"


def run(*arguments: str, cwd: Path | None = None, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``leadtime ARGUMENTS`` in a process of its own."""
    environment = {**os.environ, "NO_COLOR": "1", "COLUMNS": "120"}
    command = [sys.executable, "-c", "from leadtime.interfaces.cli import main; main()", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, input=stdin, env=environment, timeout=1200, check=False
    )


def answer(*arguments: str, status: int = 0, cwd: Path | None = None) -> dict[str, Any]:
    """Run a command with --json; check exit status, that exactly one object came, and the envelope."""
    done = run(*arguments, "--json", cwd=cwd)
    assert done.returncode == status, f"exit {done.returncode}, not {status}: {done.stdout[-500:]} {done.stderr[-500:]}"
    assert done.stdout.count("\n") == 1, "exactly one line on standard output"
    document: dict[str, Any] = json.loads(
        done.stdout, parse_constant=lambda name: (_ for _ in ()).throw(ValueError(name))
    )
    jsonschema.validate(document, schema("envelope"))
    assert document["ok"] is (status in (0, 3))
    return document


@cache
def schema(name: str) -> dict[str, Any]:
    """Return a published JSON Schema."""
    document: dict[str, Any] = json.loads((CONTRACTS / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(document)
    return document


def check(contract: str, case: str, *arguments: str, status: int = 0, cwd: Path | None = None) -> dict[str, Any]:
    """Run a command, validate its data against ``<contract>.schema.json`` and compare with ``golden/<contract>.<case>.json``.

    The golden file holds the part of the answer that must stand: every key it has must be there with that value (numbers to 1e-6
    relative). Set LEADTIME_WRITE_GOLDEN=1 to write missing golden files; read what it wrote before you commit it.
    """
    document = answer(*arguments, status=status, cwd=cwd)
    if document["ok"]:
        jsonschema.validate(document["data"], schema(contract))
    golden = GOLDEN / f"{contract}.{case}.json"
    if not golden.exists() and os.environ.get("LEADTIME_WRITE_GOLDEN"):
        kept = {key: document[key] for key in ("ok", "data", "error") if key in document}
        golden.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n")
    differences = list(compare(json.loads(golden.read_text()), document, "$"))
    assert not differences, "\n".join(differences[:20])
    return document


def compare(expected: Any, actual: Any, where: str):  # type: ignore[no-untyped-def]
    """Yield a sentence for every place where the expected part does not stand in the actual answer."""
    if isinstance(expected, dict):
        if not isinstance(actual, dict):
            yield f"{where}: an object was expected"
            return
        for key, value in expected.items():
            if key not in actual:
                yield f"{where}.{key} is missing"
            else:
                yield from compare(value, actual[key], f"{where}.{key}")
    elif isinstance(expected, list):
        if not isinstance(actual, list) or len(actual) != len(expected):
            yield f"{where}: a list of {len(expected)} was expected"
            return
        for index, (left, right) in enumerate(zip(expected, actual, strict=True)):
            yield from compare(left, right, f"{where}[{index}]")
    elif isinstance(expected, float) and isinstance(actual, int | float) and not isinstance(actual, bool):
        if not math.isclose(expected, actual, rel_tol=1e-6, abs_tol=1e-12):
            yield f"{where}: {actual} instead of {expected}"
    elif expected != actual:
        yield f"{where}: {actual!r} instead of {expected!r}"
