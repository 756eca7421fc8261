"""`leadtime app`: says where it listens, and in one sentence why it does not."""

import json
import signal
import socket
import subprocess
import sys

import jsonschema

from tests.interfaces._contract import run, schema

MAIN = "from leadtime.interfaces.cli import main; main()"


def test_it_says_where_it_listens_and_ends_when_told() -> None:
    command = [sys.executable, "-c", MAIN, "app", "--port", "0", "--no-open", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    document = json.loads(process.stdout.readline())
    jsonschema.validate(document, schema("envelope"))
    jsonschema.validate(document["data"], schema("app"))
    assert document["data"]["host"] == "127.0.0.1"
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=300)
    assert "Traceback" not in said


def test_a_port_that_is_taken_or_is_none() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = run("app", "--port", str(taken.getsockname()[1]), "--no-open", "--json")
    assert done.returncode == 2
    assert "Cannot listen on 127.0.0.1" in json.loads(done.stdout)["error"]["message"]
    assert run("app", "--port", "99999", "--no-open").returncode == 2


def test_without_the_extra_it_says_which() -> None:
    code = f"import sys; sys.modules['fastapi'] = None; {MAIN}"
    done = subprocess.run(
        [sys.executable, "-c", code, "app", "--json"], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 2
    failure = json.loads(done.stdout)["error"]
    assert failure["code"] == "missing_extra"
    assert "leadtime[app]" in failure["hint"]
