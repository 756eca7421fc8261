"""The rivals, and an environment of its own for each."""

import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FOLDER", "RIVALS", "Rival", "install", "interpreter", "setup_command"]

HERE = Path(__file__).parent
FOLDER = HERE.parents[1] / ".rivals"
"""Where the environments lie; not under version control."""


@dataclass(frozen=True, kw_only=True)
class Rival:
    """A package that estimates what we estimate."""

    name: str
    """On the package index."""
    kinds: tuple[str, ...]
    """``inference``, ``training`` or both."""
    what: str

    @property
    def driver(self) -> Path:
        """Script that its interpreter runs."""
        return HERE / "drivers" / f"{self.name.replace('-', '_')}.py"

    @property
    def requirements(self) -> Path:
        """File with the version that is compared."""
        return HERE / "requirements" / f"{self.name}.txt"

    @property
    def version(self) -> str:
        """The version that is compared."""
        return self.requirements.read_text(encoding="utf-8").split("==")[1].strip()


RIVALS = {
    rival.name: rival
    for rival in (
        Rival(name="genz-llm", kinds=("inference",), what="GenZ: roofline by operation, one efficiency"),
        Rival(
            name="llm-analysis", kinds=("inference", "training"), what="llm-analysis: closed forms, two efficiencies"
        ),
        Rival(
            name="aiconfigurator",
            kinds=("inference",),
            what="aiconfigurator: interpolated kernel measurements (some 850 MB)",
        ),
    )
}


def setup_command(name: str) -> str:
    """Return what to type to install a rival."""
    return f"python -m benchmarks.rivals setup {name}"


def interpreter(name: str, folder: Path = FOLDER) -> Path | None:
    """Return the interpreter that has a rival, None where it is not installed."""
    home = folder / name
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    return python if python.exists() and (home / "ready").exists() else None


def install(rival: Rival, folder: Path = FOLDER) -> Path:
    """Make the environment of a rival; the mark that it is ready comes last."""
    home = folder / rival.name
    mark = home / "ready"
    mark.unlink(missing_ok=True)
    venv.create(home, with_pip=True, clear=True)
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    command = [
        str(python),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--requirement",
        str(rival.requirements),
    ]
    subprocess.run(command, check=True)
    mark.write_text(f"{rival.version}\n", encoding="utf-8")
    return python
