"""A digest of the code that turns draws into series, so that a run goes on only with the code that began it."""

from functools import cache
from hashlib import blake2b
from importlib.resources import files

__all__ = ["MODEL_CODE", "code_digest"]

MODEL_CODE = (
    "arrays.py", "world", "study/_belief.py", "study/_draws.py", "study/_evaluator.py", "study/_outputs.py", "study/_parquet.py",
    "study/_plan.py", "study/_quarters.py", "study/_simulate.py",
)  # fmt: skip
"""Modules of the package, and folders of them, that decide the bits of a chunk beside its inputs, which have a digest of their own."""


@cache
def code_digest() -> str:
    """Return a digest of the modules that decide the bits of a run.

    Examples
    --------
    >>> len(code_digest())
    32
    """
    digest = blake2b(digest_size=16)
    package = files("leadtime")
    for place in MODEL_CODE:
        part = package.joinpath(*place.split("/"))
        modules = sorted(part.iterdir(), key=lambda module: module.name) if part.is_dir() else [part]
        for module in modules:
            if module.name.endswith(".py"):
                digest.update(f"{place} {module.name}\n".encode())
                digest.update(module.read_bytes().replace(b"\r\n", b"\n"))
    return digest.hexdigest()
