"""Answers about the model itself: which version this is, its equations as the code that computes them, what changed."""

from importlib import import_module
from inspect import cleandoc
from typing import Any

from leadtime.interfaces.answers._answer import Answer

__all__ = ["PARTS", "about", "part", "parts"]

PARTS = {
    "world": (
        "supply", "demand", "legal", "leakage", "domestic", "offshore", "fleet", "physical", "serving", "deployment", "labs", "algorithms",
        "synthetic", "capability", "frontier", "lead", "security", "measures",
    ),
    "performance": (
        "roofline", "collectives", "train_terms", "train_memory", "training", "serve_terms", "serve_memory", "serving", "operation", "intervals",
    ),
}  # fmt: skip
"""Modules that hold equations, by floor, in the order of cause."""


def about() -> Answer:
    """Answer which model this is: version of program and data, the calibration it uses, how often it was scored, what changed."""
    import leadtime
    from leadtime import catalog
    from leadtime.study._belief import posterior

    made = posterior().manifest
    versions = [dict(row) for row in catalog.table("hindcast_versions")]
    calibration = {name: made[name] for name in ("made", "version", "data_version", "seeds", "particles", "inputs")}
    data = {
        "model_id": f"leadtime-{leadtime.__version__}/data-{catalog.data_version()}/calibration-{made['inputs'][:8]}",
        "version": leadtime.__version__,
        "data_version": catalog.data_version(),
        "calibration": calibration,
        "versions_scored": versions,
        "changes": _changes(),
    }
    return Answer(data=data, sources={row["source_id"] for row in versions})


def parts() -> Answer:
    """Answer of which parts the model is made, in the order of cause."""
    rows = [{"id": f"{floor}/{name}", **_described(floor, name)} for floor, names in PARTS.items() for name in names]
    return Answer(data=rows)


def part(floor: str, name: str) -> Answer:
    """Answer how one part computes: what its module says, and the module as it runs.

    Raises
    ------
    UnknownNameError
        If the model has no such part.
    """
    from leadtime.errors import UnknownNameError

    if name not in PARTS.get(floor, ()):
        raise UnknownNameError.among("part", f"{floor}/{name}", [f"{one}/{two}" for one in PARTS for two in PARTS[one]])
    return Answer(data={"id": f"{floor}/{name}", **_described(floor, name), "code": _code(floor, name)})


def _described(floor: str, name: str) -> dict[str, Any]:
    text = cleandoc(import_module(f"leadtime.{floor}._{name}").__doc__ or "").strip()
    return {"title": text.split("\n")[0], "text": text}


def _code(floor: str, name: str) -> str:
    from leadtime.catalog._resources import read_packaged

    return read_packaged(f"leadtime.{floor}", f"_{name}.py")


def _changes() -> str:
    """Return the list of changes: it travels inside the wheel, and stands at the top of a checkout."""
    from leadtime.catalog._resources import folder

    inside = folder("leadtime")
    for place in (inside / "CHANGELOG.md", inside / ".." / ".." / "CHANGELOG.md"):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    return ""
