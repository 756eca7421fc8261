"""The committed bundle is what the sources give, small, and free of foreign addresses; both languages say the same."""

import gzip
import json
import re
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest

import leadtime

WEB = Path(leadtime.__file__).parent / "interfaces" / "web"
STATIC = WEB / "static"


def test_the_bundle_is_there_and_small() -> None:
    names = {entry.name for entry in (resources.files("leadtime.interfaces.web") / "static").iterdir()}
    assert {"index.html", "app.js", "style.css", "icon.svg", "licences.txt"} <= names
    assert sum(len(gzip.compress(path.read_bytes())) for path in STATIC.iterdir()) < 200_000  # as the server sends it


def test_nothing_points_elsewhere() -> None:
    for name in ("index.html", "style.css"):
        assert not re.search(r"https?://|@import|url\(", (STATIC / name).read_text())
    addresses = set(re.findall(r"https?://[\w./-]+", (STATIC / "app.js").read_text()))
    known = ("www.w3.org", "github.com", "example.org")  # names of formats, and an example in a hint
    assert all(any(name in address for name in known) for address in addresses), addresses
    lock = (WEB / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "://" not in re.sub(r'"url": "[^"]*"', "", lock)


def test_both_languages_have_the_same_texts_with_the_same_holes() -> None:
    english, japanese = (json.loads((WEB / "src" / "lang" / f"{name}.json").read_text()) for name in ("en", "ja"))
    assert english.keys() == japanese.keys()
    for key, text in english.items():
        assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", japanese[key])), key


def test_every_text_that_a_page_asks_for_exists() -> None:
    english = json.loads((WEB / "src" / "lang" / "en.json").read_text())
    asked = {key for path in (WEB / "src").glob("*.ts") for key in re.findall(r'\bt\("([\w.]+)"', path.read_text())}
    assert asked - english.keys() == set()
    assert len(asked) > 200


def test_every_lever_of_the_page_is_one_of_the_model() -> None:
    from leadtime import study

    known = {row["name"] for row in study.lever_table()}
    source = (WEB / "src" / "levers.ts").read_text()
    shown = set(re.findall(r'(?:share|factor|months)\("([\w.]+)"', source)) | set(
        re.findall(r'name: "([\w.]+)"', source)
    )
    assert shown - known == set()
    assert len(shown) > 20


def test_no_formula_of_the_model_is_in_the_page() -> None:
    for path in (WEB / "src").glob("*.ts"):
        assert not re.search(r"Math\.(exp|pow|random|sqrt)\b", path.read_text()), path.name


@pytest.mark.slow
def test_building_again_gives_the_same_bytes(tmp_path: Path) -> None:
    node, esbuild = shutil.which("node"), WEB / "node_modules" / "esbuild"
    if not node or not esbuild.is_dir():
        pytest.skip("needs Node and `npm ci` in src/leadtime/interfaces/web")
    subprocess.run([node, "build.mjs", str(tmp_path)], cwd=WEB, check=True, timeout=120)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(path.name for path in STATIC.iterdir())
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (STATIC / path.name).read_bytes(), f"{path.name}: run `npm run build`"
