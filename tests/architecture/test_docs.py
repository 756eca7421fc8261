"""Pages of the documentation: their examples run, their links lead somewhere, their site builds without a warning."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*sorted((ROOT / "docs").rglob("*.md")), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md"))]


@pytest.mark.slow
def test_the_examples_of_the_python_interface_run() -> None:
    results = doctest.testfile(
        str(ROOT / "docs" / "python.md"), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE
    )
    assert results.attempted > 40
    assert results.failed == 0


def test_links_inside_the_checkout_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists()
    ]
    assert not broken


def test_every_floor_has_its_page_in_the_reference() -> None:
    floors = {one.name for one in (ROOT / "src" / "leadtime").iterdir() if (one / "__init__.py").is_file()}
    pages = {one.stem for one in (ROOT / "docs" / "reference").glob("*.md")}
    assert floors - {"interfaces"} == pages - {"index", "errors"}


@pytest.mark.slow
def test_the_site_builds_without_a_warning(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-d", str(tmp_path / "trees"), "docs", str(tmp_path / "site")],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr[-3000:]
    assert "leadtime.study.compare" in (tmp_path / "site" / "reference" / "study.html").read_text(encoding="utf-8")
