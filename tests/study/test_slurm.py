"""A Slurm queue end to end, with an ``sbatch``, an ``squeue`` and a ``scancel`` of our own that run the submitted script in the background."""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from leadtime.errors import BadInputError, LeadtimeError, MissingExtraError
from leadtime.study import _slurm
from leadtime.study._engines import run_chunks
from tests.study import _toy

ROOT = Path(__file__).parents[2]
SBATCH = """#!/bin/sh
case "$1" in --test-only) exit 0;; esac
here=$(dirname "$0")
cp "$1" "$here/$$.sh"  # as Slurm does: the script is deleted when this command returns
setsid sh -c 'echo $$ > "$0/$1.pid"; sleep 0.2; exec bash "$0/$1.sh"' "$here" "$$" > "$here/$$.log" 2>&1 < /dev/null &
while [ ! -s "$here/$$.pid" ]; do sleep 0.05; done
echo "Submitted batch job $$"
"""
SQUEUE = """#!/bin/sh
here=$(dirname "$0")
for word in "$@"; do case "$word" in --jobs=*) jobs=$(echo "${word#--jobs=}" | tr , ' ');; esac; done
for number in $jobs; do
    kill -0 -- "-$(cat "$here/$number.pid")" 2> /dev/null && echo "$number RUNNING" || echo "$number COMPLETED"
done
exit 0
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
    for name, text in (("sbatch", SBATCH), ("scancel", SCANCEL), ("squeue", SQUEUE)):
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
    return subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=600, check=False)  # fmt: skip


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


@pytest.mark.slow
def test_a_job_that_ends_before_its_worker_answers_is_replaced(queue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("dask_jobqueue")
    monkeypatch.setattr(_slurm, "LOOK_S", 0.5)
    first_fails = SBATCH.replace("exec bash", '[ "$(ls "$0"/*.pid | wc -l)" = 1 ] && exit 1; exec bash')
    (queue / "sbatch").write_text(first_fails)
    assert sorted(run_chunks(_toy.square, range(4), engine="dask", workers=1, scheduler="slurm")) == [0, 1, 4, 9]
    assert len(jobs(queue)) == 2
    assert cancelled(queue) == jobs(queue)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sbatch", "said"),
    [
        (SBATCH.replace("exec bash", "exit 1; exec bash"), r"end before their worker answers \(the last was \d+\)"),
        (
            REFUSING.replace("#!/bin/sh", '#!/bin/sh\ncase "$1" in --test-only) exit 0;; esac'),
            "none of our jobs any more .*Invalid account",
        ),
    ],
    ids=["all-end", "all-refused"],
)
def test_a_queue_without_any_worker_is_a_sentence(
    queue: Path, monkeypatch: pytest.MonkeyPatch, sbatch: str, said: str
) -> None:
    pytest.importorskip("dask_jobqueue")
    monkeypatch.setattr(_slurm, "LOOK_S", 0.5)
    monkeypatch.setattr(_slurm, "MAX_LOST", 3)
    (queue / "sbatch").write_text(sbatch)
    with pytest.raises(LeadtimeError, match=said):
        list(run_chunks(_toy.square, range(4), engine="dask", workers=1, scheduler="slurm"))


def test_a_queue_that_does_not_say_is_not_taken_for_an_empty_one(queue: Path) -> None:
    (queue / "squeue").write_text(
        '#!/bin/sh\necho "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1\n'
    )
    assert _slurm._still_queued(["7"]) is None
    (queue / "squeue").write_text('#!/bin/sh\necho "slurm_load_jobs error: Invalid job id specified" >&2; exit 1\n')
    assert _slurm._still_queued(["7"]) == set()
    (queue / "squeue").write_text('#!/bin/sh\necho "7 PENDING\n8 FAILED"\n')
    assert _slurm._still_queued(["7", "8", "9"]) == {"7"}


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
    monkeypatch.setattr(_slurm.shutil, "which", lambda _: None)
    with pytest.raises(BadInputError, match="no Slurm here"):
        list(run_chunks(_toy.square, range(2), engine="dask", scheduler="slurm"))
