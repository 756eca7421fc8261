"""`leadtime app` in a process of its own, for tests that ask it over HTTP."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

START_S = 180
END_S = 60
"""A busy machine needs many times what a quiet one does."""


class Served(NamedTuple):
    url: str
    host: str
    port: int
    pid: int


@contextmanager
def served(*options: str, cold: bool = False) -> Iterator[Served]:
    """Run the server until the block ends; it answers when the block begins. A cold one computes nothing in advance."""
    command = [sys.executable, "-c", "from leadtime.interfaces.cli import main; main()", "app"]
    environment = {**os.environ, "LEADTIME_APP_COLD": "1"} if cold else None
    process = subprocess.Popen(
        [*command, "--port", "0", "--no-open", "--json", *options], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    try:
        data = json.loads(process.stdout.readline())["data"]
        _wait(data["url"], process)
        yield Served(data["url"], data["host"], data["port"], process.pid)
    finally:
        process.terminate()
        try:
            process.wait(END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        finally:
            process.stdout.close()


def _wait(url: str, process: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + START_S
    while True:
        try:
            with urllib.request.urlopen(f"{url}api/v1/health", timeout=START_S):
                return
        except OSError:
            assert process.poll() is None, "the server has ended"
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.05)
