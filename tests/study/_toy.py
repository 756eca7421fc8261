"""Small tasks that travel to other processes."""

import os
import signal
import time
from pathlib import Path

from leadtime.errors import OutOfRangeError


def square(number: int) -> int:
    return number * number


def square_or_die_once(folder: Path, number: int) -> int:
    """Kill the process that runs number 3, the first time."""
    mark = folder / "died"
    if number == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number * number


def square_or_lose_job_once(folder: Path, number: int) -> int:
    """Kill the whole job (the worker, and what would start it again) that runs number 3, the first time."""
    mark = folder / "died"
    if number == 3 and not mark.exists():
        mark.touch()
        os.killpg(os.getpgid(0), signal.SIGKILL)
    return number * number


def always_die(number: int) -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return number


def refuse(number: int) -> int:
    raise OutOfRangeError(f"{number} is too much.", hint="Less.")


def slow(folder: Path, number: int) -> int:
    (folder / f"begun-{number}").touch()
    time.sleep(0.5)
    return number
