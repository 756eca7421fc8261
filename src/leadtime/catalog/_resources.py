"""The one place that opens files inside the package."""

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from leadtime.errors import CatalogError

__all__ = ["folder", "read_packaged", "resource_bytes", "tables_folder"]


def folder(package: str) -> Traversable:
    """Return a folder of the package by dotted name, without importing any code in it."""
    root, *parts = package.split(".")
    return files(root).joinpath(*parts) if parts else files(root)


def tables_folder() -> Traversable:
    """Return the folder that holds the packaged tables."""
    return folder("leadtime.catalog.tables")


@cache
def read_packaged(package: str, name: str) -> str:
    """Return the text of a packaged file.

    Raises
    ------
    CatalogError
        If the installation lacks it.
    """
    try:
        return folder(package).joinpath(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(
            f"The packaged file {name} of {package} cannot be read ({type(error).__name__}).",
            hint="Reinstall leadtime.",
        ) from None


@cache
def resource_bytes(package: str, name: str) -> bytes:
    """Return a packaged binary file.

    Parameters
    ----------
    package, name : str
        Dotted name of a folder of the package and the name of the file in it.

    Raises
    ------
    CatalogError
        If the installation lacks it.
    """
    try:
        return folder(package).joinpath(name).read_bytes()
    except OSError as error:
        raise CatalogError(
            f"The packaged file {name} of {package} cannot be read ({type(error).__name__}).",
            hint="Reinstall leadtime.",
        ) from None
