"""A Slurm queue end to end, with an ``sbatch`` and a ``scancel`` of our own that run the submitted script in the background."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from leadtime.errors import BadInputError, MissingExtraError
from leadtime.study import _engines
from leadtime.study._engines import run_chunks
from tests.study import _toy

ROOT = Path(__file__).parents[2]
SBATCH = """#!/bin/sh
case "$1" in --test-only) exit 0;; esac
here=$(dirname "$0")
setsid sh -c 'echo $$ > "$0/$1.pid"; exec bash "$2"' "$here" "$$" "$1" > "$here/$$.log" 2>&1 < /dev/null &
while [ ! -s "$here/$$.pid" ]; do sleep 0.05; done
echo "Submitted batch job $$"
"""
SCANCEL = """#!/bin/sh
here=$(dirname "$0")
for number in "$@"; do
    echo "$number" >> "$here/cancelled"
    kill -KILL -- "-$(cat "$here/$number.pid")" 2> /dev/null
done
exit 0
"""
REFUSING = """#!/bin/sh
echo "sbatch: error: Invalid account or account/partition combination specified" >&2
exit 1
"""


@pytest.fixture
def queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Put a queue on the PATH; nothing that it started is left when the test ends."""
    folder = tmp_path / "slurm"
    folder.mkdir()
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # where the workers find the toy tasks
    monkeypatch.setenv("DASK_CONFIG", str(tmp_path / "none"))  # no setting of whoever runs the tests
    yield folder
    for number in folder.glob("*.pid"):
        subprocess.run([str(folder / "scancel"), number.stem], check=False)


def jobs(queue: Path) -> set[str]:
    return {path.stem for path in queue.glob("*.pid")}


def cancelled(queue: Path) -> set[str]:
    return set((queue / "cancelled").read_text().split()) if (queue / "cancelled").exists() else set()


def leadtime(*arguments: str) -> subprocess.CompletedProcess[str]:
    code = "from leadtime.interfaces.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=1800, check=False)  # fmt: skip


@pytest.mark.slow
def test_a_study_through_the_queue_has_the_bits_of_one_here(queue: Path, tmp_path: Path) -> None:
    pytest.importorskip("dask_jobqueue")
    common = ("simulate", "baseline", "--draws", "9000", "--output", "training_ratio", "--json")
    there = leadtime(
        *common, "--engine", "dask", "--scheduler", "slurm", "--workers", "2", "--out", str(tmp_path / "there")
    )
    assert there.returncode == 0, there.stderr
    assert there.stderr == ""
    here = leadtime(*common, "--out", str(tmp_path / "here"))
    assert json.loads(there.stdout) == json.loads(here.stdout)
    manifests = [json.loads((tmp_path / run / "manifest.json").read_text()) for run in ("there", "here")]
    assert manifests[0] == manifests[1] | {"chunks": manifests[0]["chunks"]}
    assert manifests[0]["content"] == manifests[1]["content"]
    assert len(jobs(queue)) == 2
    assert cancelled(queue) == jobs(queue), "no job is left in the queue"


@pytest.mark.slow
@pytest.mark.parametrize("lose", [_toy.square_or_die_once, _toy.square_or_lose_job_once], ids=["worker", "job"])
def test_a_killed_worker_or_job_is_replaced_and_the_study_goes_on(queue: Path, tmp_path: Path, lose) -> None:  # type: ignore[no-untyped-def]
    pytest.importorskip("dask_jobqueue")
    found = run_chunks(partial(lose, tmp_path), range(8), engine="dask", workers=1, scheduler="slurm")
    assert sorted(found) == [number * number for number in range(8)]
    assert (tmp_path / "died").exists()
    most = 2  # a worker comes back inside its job, or, on a busy machine, in another one
    assert len(jobs(queue)) in ({most} if lose is _toy.square_or_lose_job_once else {1, most})


@pytest.mark.slow
def test_a_queue_that_refuses_the_job_is_a_sentence(queue: Path) -> None:
    pytest.importorskip("dask_jobqueue")
    (queue / "sbatch").write_text(REFUSING)
    done = leadtime("simulate", "--draws", "500", "--engine", "dask", "--scheduler", "slurm", "--json")
    assert done.returncode == 2, done.stderr
    error = json.loads(done.stdout)["error"]
    assert "Invalid account" in error["message"]
    assert "jobqueue.slurm" in error["hint"]
    assert "Traceback" not in done.stderr


def test_no_sbatch_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    done = leadtime("simulate", "--draws", "500", "--engine", "dask", "--scheduler", "slurm", "--json")
    assert done.returncode == 2
    error = json.loads(done.stdout)["error"]
    assert error["message"] == "There is no Slurm here: the command sbatch is missing."
    assert done.stderr == ""


def test_no_jobqueue_is_a_sentence(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dask_jobqueue", None)
    with pytest.raises(MissingExtraError, match="'dask'"):
        list(run_chunks(_toy.square, range(2), engine="dask", scheduler="slurm"))
    monkeypatch.setattr(_engines.shutil, "which", lambda _: None)
    with pytest.raises(BadInputError, match="no Slurm here"):
        list(run_chunks(_toy.square, range(2), engine="dask", scheduler="slurm"))
