"""The command line as a whole: help, unknown commands, exit statuses, pipes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from leadtime.interfaces.cli._main import COMMANDS, available
from tests.interfaces._contract import answer, run


def test_help_lists_every_command_of_this_installation() -> None:
    done = run("--help")
    assert done.returncode == 0
    for name in available():
        assert f"  {name}" in done.stdout


@pytest.mark.parametrize("name", sorted(available()))
def test_every_command_explains_itself(name: str) -> None:
    done = run(name, "--help")
    assert done.returncode == 0
    assert "Usage: leadtime" in done.stdout


def test_an_unknown_command_suggests_the_nearest() -> None:
    document = answer("chipss", status=2)
    assert document["error"]["hint"] == "Did you mean chips?"


def test_no_command_shows_the_help_and_exits_2() -> None:
    done = run()
    assert done.returncode == 2
    assert "Usage" in done.stdout


def test_an_unknown_option_is_one_sentence_without_a_traceback() -> None:
    done = run("chips", "list", "--no-such-option")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr + done.stdout
    assert len(done.stderr.strip().splitlines()) <= 3


def test_a_closed_pipe_is_not_an_error() -> None:
    code = f"{sys.executable} -c 'from leadtime.interfaces.cli import main; main()' chips list | head -n 1"
    done = subprocess.run(["bash", "-c", f"set -o pipefail; {code}"], capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr


def test_the_order_of_the_help_is_the_order_of_the_contract() -> None:
    contract = "report claims chips models classify rules train infer estimate accuracy simulate compare scenarios calibrate hindcast sensitivity app sources data"
    assert list(COMMANDS) == contract.split()


def test_version() -> None:
    import leadtime

    assert run("--version").stdout.strip() == f"leadtime {leadtime.__version__}"


def test_failure_prints_one_json_object(tmp_path: Path) -> None:
    done = run("chips", "show", str(tmp_path / "none.yaml"), "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["ok"] is False
