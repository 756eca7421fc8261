"""What must never be in the repository, and what must always be."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def tracked() -> list[Path]:
    try:
        listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
            "\n"
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed if name and (ROOT / name).is_file()]


def test_no_package_index_and_no_machine_path() -> None:
    index = re.compile(
        r"index[-]url|py[p]i\.(org|python)|registry\.np[m]js|files\.python[h]osted|deb\.de[b]ian", re.IGNORECASE
    )
    machine = re.compile(r"(?<![\w./-])/(work|root|home|tmp)/\w")
    for path in tracked():
        if path.suffix in {".png", ".parquet", ".npz"}:
            continue
        text = path.read_text(encoding="utf-8", errors="ignore")
        assert not index.search(text), f"{path.relative_to(ROOT)} names a package index: {index.search(text)}"
        assert not machine.search(text), f"{path.relative_to(ROOT)} carries a path of a machine: {machine.search(text)}"


def test_pinned_requirements_carry_hashes() -> None:
    for name in ("run", "dev"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text()
        for block in re.split(r"\n(?=\S)", text.strip()):
            if not block.startswith("#"):
                assert "--hash=sha256:" in block, block.splitlines()[0]


def test_every_dependency_explains_itself() -> None:
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    start = lines.index("dependencies = [")
    entries = lines[start + 1 : lines.index("]", start)]
    assert entries
    assert all("#" in line for line in entries), "a dependency needs its reason beside it"


def test_version_is_told_once() -> None:
    import leadtime

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert leadtime.__version__ == project["version"]
    assert project["version"] in (ROOT / "CHANGELOG.md").read_text()
    assert f"version: {project['version']}" in (ROOT / "CITATION.cff").read_text()


def test_the_files_that_a_visitor_looks_for_are_there() -> None:
    for name in (
        "README.md",
        "LICENSE",
        "CONTRIBUTING.md",
        "CITATION.cff",
        "CHANGELOG.md",
        "docs/glossary.md",
        "docs/decisions",
        ".ci/run",
    ):
        assert (ROOT / name).exists(), name
