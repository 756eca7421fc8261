"""From what a user writes to a shape: a name of the catalogue, a configuration file, or a size."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from leadtime import catalog
from leadtime.errors import BadFileError, LeadtimeError, UnknownNameError, shorten
from leadtime.files import read_text

from ._catalogue import catalogue_shape, model_records
from ._config import shape_from_config
from ._count import total_parameters
from ._names import keys_of, looser_keys, size_in_name, without_size
from ._shape import ModelShape
from ._standard import standard_dense_shape

__all__ = ["Resolution", "find_model", "read_config", "resolve_model_name"]


@cache
def _index() -> Mapping[str, str]:
    """Return key -> model id of every name in the catalogue; a key that two models share names neither."""
    found: dict[str, str] = {}
    faithful: dict[str, str] = {}
    shared: set[str] = set()
    names = [(record.id, record.id) for record in model_records().values()]
    names += [(record.name, record.id) for record in model_records().values()]
    names += [(row["name"], row["model_id"]) for row in catalog.table("model_names") if not row["context"]]
    for name, model_id in names:
        for place, key in enumerate(keys_of(name)):
            if place == 0:
                faithful.setdefault(key, model_id)
            elif found.setdefault(key, model_id) != model_id:
                shared.add(key)
    return MappingProxyType(
        {key: model_id for key, model_id in {**found, **faithful}.items() if key not in shared or key in faithful}
    )


@cache
def _confined() -> Mapping[tuple[str, str], str]:
    """Return (context, key) -> model id of names that mean a model only in one body of measurements."""
    return MappingProxyType(
        {
            (row["context"], key): row["model_id"]
            for row in catalog.table("model_names")
            if row["context"]
            for key in keys_of(row["name"])
        }
    )


def _lookup(text: str) -> str | None:
    index = _index()
    for key in (*keys_of(text), *looser_keys(text)):
        if key in index:
            return index[key]
    stated = size_in_name(text)
    bare = without_size(text)
    if bare and bare != text:
        for key in keys_of(bare):
            if key in index and _agrees(index[key], stated):
                return index[key]
    return None


def _agrees(model_id: str, stated: float | None) -> bool:
    """Tell whether a stated size is that of the model, within what rounding explains."""
    return stated is None or abs(total_parameters(catalogue_shape(model_id)) / stated - 1) < 0.06


def find_model(name_or_path: str | Path) -> ModelShape:
    """Return the shape of a model of the catalogue, or of a ``config.json``.

    Parameters
    ----------
    name_or_path : str or Path
        A name in any usual spelling ("llama3-70b", "meta-llama/Llama-3.1-70B-Instruct", "DeepSeek-R1"), or the path of a
        HuggingFace ``config.json`` or of a folder that holds one.

    Raises
    ------
    UnknownNameError
        If no model is called so; the nearest names stand in the hint.
    BadFileError
        If the file cannot be read as a decoder language model.

    Examples
    --------
    >>> find_model("Meta-Llama-3.1-405B-Instruct-FP8").id
    'llama3.1-405b'
    """
    text = str(name_or_path).strip()
    path = Path(text) if text and "\0" not in text and len(text) < 4096 else None
    if isinstance(name_or_path, Path) or (path and _is_path(text, path)):
        return _from_file(Path(name_or_path))
    model_id = _lookup(text)
    if model_id is None:
        raise _unknown(text)
    return _with_origin(catalogue_shape(model_id), text)


def _is_path(text: str, path: Path) -> bool:
    if text.casefold().endswith(".json"):
        return True
    try:
        return path.is_file() or (path / "config.json").is_file()
    except OSError:
        return False


def _unknown(text: str) -> LeadtimeError:
    by_key: dict[str, str] = {}
    for name in (*model_records(), *(row["name"] for row in catalog.table("model_names"))):
        by_key.setdefault(next(keys_of(name), name), name)
    error = UnknownNameError.among("model", text or "(nothing)", sorted(by_key.values()))
    return UnknownNameError(error.message, hint=f"{error.hint} A config.json works too.")


def _with_origin(shape: ModelShape, text: str) -> ModelShape:
    return replace(shape, origin=replace(shape.origin, matched_from=text))


def read_config(path: Path) -> Any:
    """Return the JSON document of a configuration; a NaN or infinity in it becomes text, so that only using it fails."""
    text = read_text(path, max_byte=8_000_000)

    def no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        document: dict[str, Any] = {}
        for key, value in pairs:
            if key in document:
                raise BadFileError(f"{path.name}: the key {shorten(key)!r} stands twice.", hint="Keep one of them.")
            document[key] = value
        return document

    try:
        return json.loads(text, object_pairs_hook=no_duplicates, parse_constant=str)
    except json.JSONDecodeError as error:
        raise BadFileError(
            f"{path.name}: not valid JSON at line {error.lineno}, column {error.colno} ({error.msg})."
        ) from None
    except RecursionError:
        raise BadFileError(f"{path.name}: nested too deeply.") from None
    except ValueError as error:
        raise BadFileError(f"{path.name}: {shorten(error)}.") from None


def _from_file(path: Path) -> ModelShape:
    if path.is_dir():
        path = path / "config.json"
    name = path.parent.name if path.name == "config.json" and path.parent.name else path.stem
    return _with_origin(shape_from_config(read_config(path), name), str(path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """A model as a source of measurements calls it."""

    shape: ModelShape
    how: Literal["catalogue", "size"]
    """``catalogue``: the architecture itself; ``size``: a standard dense shape of the stated size."""
    note: str = ""


def resolve_model_name(text: str, params_total: float | None = None, *, context: str = "") -> Resolution:
    """Return the shape behind a model name in a table of measurements.

    Parameters
    ----------
    text : str
        The name as the source writes it.
    params_total : float, optional
        Parameters in total if the source states them [count]; used where the name is not known, and where a dense model of
        that name differs from it by more than 15 %.
    context : str
        The body of measurements (its ``source_group``): a few names mean a special shape in one of them.

    Raises
    ------
    UnknownNameError
        If neither the name nor a size of a dense model leads anywhere.

    Examples
    --------
    >>> resolve_model_name("in-house GPT 22B").how
    'size'
    """
    confined = _confined()
    for key in keys_of(text):
        if context and (context, key) in confined:
            return Resolution(shape=_with_origin(catalogue_shape(confined[context, key]), text), how="catalogue")
    model_id = _lookup(text)
    if model_id is not None:
        shape = _with_origin(catalogue_shape(model_id), text)
        if not params_total or abs(total_parameters(shape) / params_total - 1) < 0.15:
            return Resolution(shape=shape, how="catalogue")
        if shape.is_mixture or not _could_be_dense(text):
            return Resolution(
                shape=shape,
                how="catalogue",
                note=f"The source gives {shorten(text)} {params_total / 1e9:.4g} billion parameters.",
            )
    size = (params_total if _could_be_dense(text) else None) or size_in_name(text)
    if size is None or not 1e7 <= size <= 1e13:
        raise _unknown(text)
    style = "gpt" if "gpt" in text.casefold() and "oss" not in text.casefold() else "llama"
    shape = _with_origin(standard_dense_shape(size, style=style), text)
    return Resolution(shape=shape, how="size", note=f"{shorten(text)} is not in the catalogue: {shape.name} stands in.")


def _could_be_dense(text: str) -> bool:
    """Tell whether a name leaves it possible that the model is dense: a mixture without its shape has no stand-in."""
    return not re.search(r"moe|mixture|\d+x\d|(?<![a-z])a\d+(\.\d+)?b|experts", text.casefold())
