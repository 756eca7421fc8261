"""Rivals that install from the package index, asked the same cases in the same run.

``python -m benchmarks.rivals`` says which are installed; ``python -m benchmarks.rivals setup [NAME ...]`` installs them, each
into an environment of its own under ``.rivals/``, in the version that ``requirements/NAME.txt`` pins.
"""

from benchmarks.rivals._environments import FOLDER, RIVALS, Rival, interpreter, setup_command
from benchmarks.rivals._versus import Versus, measure, measure_all

__all__ = ["FOLDER", "RIVALS", "Rival", "Versus", "interpreter", "measure", "measure_all", "setup_command"]
