"""The floors of the house: who may import whom, and what importing costs."""

import ast
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import leadtime

ROOT = Path(leadtime.__file__).parent
FLOORS = [
    "catalog", "chips", "workloads", "rules", "performance", "progress", "economics", "world", "study", "claims", "reports", "interfaces",
]  # fmt: skip
STRANGERS = {"rules", "performance", "progress"}  # these do not know each other
GROUND = {"errors", "files", "arrays", "units", "_yaml", "typing", "stopping"}  # below every floor


def imports(path: Path, *, at_run_time: bool = True) -> set[str]:
    """Dotted names of leadtime modules that a file imports; those under TYPE_CHECKING do not count."""
    tree = ast.parse(path.read_text())
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            skipped.update(child for statement in node.body for child in ast.walk(statement))
    found = set()
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            if node.level:
                package = ("leadtime", *path.relative_to(ROOT).parent.parts)
                base = package[: len(package) - node.level + 1]
                module = ".".join((*base, module)).rstrip(".")
            found.add(module)
            found |= {f"{module}.{alias.name}" for alias in node.names}
    return {name for name in found if name == "leadtime" or name.startswith("leadtime.")}


def floor_of(dotted: str) -> str | None:
    parts = dotted.split(".")
    return parts[1] if len(parts) > 1 and parts[1] in FLOORS else None


SOURCES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_imports_only_its_own_floor_and_those_above(path: Path) -> None:
    parts = path.relative_to(ROOT).parts
    own = parts[0] if parts[0] in FLOORS else None
    for name in imports(path):
        other = floor_of(name)
        if other is None or other == own:
            continue
        assert own is not None, f"{path.name} lies below every floor, yet imports {name}"
        assert FLOORS.index(other) < FLOORS.index(own), f"{own} may not import {other} ({name})"
        assert not (own in STRANGERS and other in STRANGERS), f"{own} and {other} do not know each other ({name})"


def test_every_folder_is_a_known_floor() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= set(FLOORS)
    modules = {path.stem for path in ROOT.glob("*.py")} - {"__init__"}
    assert modules <= GROUND


def test_no_cycle_between_modules() -> None:
    names = {
        path: ".".join(("leadtime", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")
        for path in SOURCES
    }
    modules = set(names.values())
    graph = {}
    for path, name in names.items():
        tree = ast.parse(path.read_text())
        top = {node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)}
        wanted = {found for found in imports(path) if found in modules and found != name}
        # Only imports at the top of a file can close a cycle while loading.
        text = {ast.unparse(node) for node in top}
        graph[name] = {found for found in wanted if any(found.rsplit(".", 1)[-1] in line for line in text)} - {
            "leadtime"
        }
        if path.name == "__init__.py":
            graph[name] = {found for found in graph[name] if not found.startswith(f"{name}.")}
    state: dict[str, int] = {}

    def visit(name: str, trail: tuple[str, ...]) -> None:
        if state.get(name) == 2:
            return
        assert state.get(name) != 1, f"import cycle: {' -> '.join((*trail, name))}"
        state[name] = 1
        for other in sorted(graph[name]):
            visit(other, (*trail, name))
        state[name] = 2

    for name in sorted(graph):
        visit(name, ())


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_star_import_and_no_assert_in_library_code(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        assert not (isinstance(node, ast.ImportFrom) and any(alias.name == "*" for alias in node.names)), (
            f"star import in {path}"
        )
        assert not isinstance(node, ast.Assert), f"assert for validation in {path}:{getattr(node, 'lineno', 0)}"


@pytest.mark.parametrize("floor", ["rules", "performance", "progress", "economics", "world"])
def test_computing_floors_open_no_file(floor: str) -> None:
    for path in (ROOT / floor).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called != "open", f"{path} opens a file"
                assert not called.endswith((".read_text", ".read_bytes", ".write_text", ".write_bytes")), (
                    f"{path} touches the file system"
                )


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_leadtime_reads_no_data_and_loads_nothing_heavy() -> None:
    opened = run_python(
        """
        import sys
        opened = []
        def watch(event, args):
            if event == "open" and not str(args[0]).endswith((".py", ".pyc")):
                opened.append(str(args[0]))
            if event.startswith("socket."):
                opened.append(event)
        import importlib.metadata, encodings.utf_8
        sys.addaudithook(watch)
        import leadtime
        for heavy in ("numpy", "scipy", "jax", "pydantic", "duckdb", "altair", "yaml"):
            assert heavy not in sys.modules, heavy
        print([name for name in opened if "leadtime" in name])
        """
    )
    assert opened == "[]"


def test_importing_any_public_floor_reads_no_packaged_table() -> None:
    opened = run_python(
        """
        import sys, importlib, pkgutil
        opened = []
        sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
        import leadtime
        for info in pkgutil.iter_modules(leadtime.__path__):
            importlib.import_module(f"leadtime.{info.name}")
        print([name for name in opened if name.endswith((".csv", ".yaml", ".json")) and "leadtime" in name])
        """
    )
    assert opened == "[]"


def test_help_starts_without_the_numeric_stack() -> None:
    loaded = run_python(
        """
        import sys, io, contextlib
        from leadtime.interfaces.cli import main
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
            main(["--help"])
        print([name for name in ("numpy", "scipy", "duckdb", "typer", "yaml", "pydantic") if name in sys.modules])
        """
    )
    assert loaded == "[]"
