"""Which process nodes use non-planar transistors: only their logic dies count towards the applicable die area."""

import re

__all__ = ["feature_size_nm", "is_non_planar"]

FIRST_NON_PLANAR_NM = 16.0
"""Foundry logic turned non-planar (FinFET) with the 16/14 nm generation."""

_NM = re.compile(r"(\d+(?:\.\d+)?)\s*nm", re.IGNORECASE)
_ANGSTROM = re.compile(r"\b(?:intel\s*)?(\d{2})A\b")
_TSMC = re.compile(r"\bN(\d{1,2})[A-Z]{0,3}\b|\b(\d{1,2})N[A-Z]?\b")
_SMIC = re.compile(r"\bN\+[1-9]\b")
_INTEL = re.compile(r"\bIntel\s+([1-9]\d?)\b", re.IGNORECASE)
_SAMSUNG = re.compile(r"\b(?:SF|LP)(\d{1,2})[A-Z+]*\b")
_VARIANT = re.compile(r"\b(\d{2})\s?(?:FF|LP|HP|ULP)[A-Z+]*\b")
SMIC_N_PLUS_NM = 7.0
"""SMIC's N+1 and N+2 are called 7 nm class; they are FinFET."""


def feature_size_nm(process_node: str) -> float | None:
    """Return the smallest node size that a process name states, in its marketing nanometres; None if it states none.

    Examples
    --------
    >>> feature_size_nm("TSMC 12nm FFN"), feature_size_nm("TSMC 4N"), feature_size_nm("SMIC N+2")
    (12.0, 4.0, 7.0)
    >>> feature_size_nm("undisclosed") is None
    True
    """
    sizes = _sizes(process_node)
    return min(sizes) if sizes else None


def _sizes(process_node: str) -> list[float]:
    process_node = process_node.upper()
    sizes = [float(size) for size in _NM.findall(process_node)]
    sizes += [float(size) / 10 for size in _ANGSTROM.findall(process_node)]
    sizes += [float(size) for groups in _TSMC.findall(process_node) for size in groups if size]
    sizes += [SMIC_N_PLUS_NM for _ in _SMIC.findall(process_node)]
    sizes += [float(size) for size in _INTEL.findall(process_node)]
    sizes += [float(size) for size in (*_SAMSUNG.findall(process_node), *_VARIANT.findall(process_node))]
    return sizes


def is_non_planar(process_node: str | None) -> bool | None:
    """Tell whether all logic of a process name is made with non-planar transistors; None if the name does not say.

    Notes
    -----
    Foundry nodes of 16/14 nm and below are FinFET or gate-all-around; 20 nm and above are planar, except Intel's 22 nm.
    A name with nodes on both sides of the line gives None: the area must then be stated.

    Examples
    --------
    >>> is_non_planar("TSMC 12nm FFN"), is_non_planar("TSMC 28nm"), is_non_planar("undisclosed")
    (True, False, None)
    """
    if not process_node:
        return None
    non_planar = re.search(r"fin-?fet|tri-?gate|\bgaa|gate-all-around|non-?planar", process_node, re.IGNORECASE)
    planar = re.search(r"(?<!non-)(?<!non)\bplanar\b|fd-?soi", process_node, re.IGNORECASE)
    if non_planar or planar:
        return None if non_planar and planar else bool(non_planar)
    intel = "intel" in process_node.casefold()
    verdicts = {size <= FIRST_NON_PLANAR_NM or (intel and size == 22.0) for size in _sizes(process_node)}
    return verdicts.pop() if len(verdicts) == 1 else None
