"""Why a configuration has no answer, as codes inside arrays and as sentences on demand."""

from enum import IntEnum
from typing import Any

__all__ = ["FailureCode", "failure_reason", "first_failure", "with_usable_sizes"]


class FailureCode(IntEnum):
    """Zero is feasible; anything else is the first reason that applies."""

    NONE = 0
    INVALID = 1
    TOO_FEW_CHIPS = 2
    CHIPS_DO_NOT_DIVIDE = 3
    HEADS_DO_NOT_DIVIDE = 4
    TOO_FEW_LAYERS = 5
    EXPERTS_DO_NOT_DIVIDE = 6
    BATCH_TOO_SMALL = 7
    NETWORK_UNKNOWN = 8
    MEMORY = 9
    NO_LAYOUT = 10
    LATENCY = 11
    PRECISION = 12


_SENTENCES = {
    FailureCode.NONE: "",
    FailureCode.INVALID: "a size is not a positive number",
    FailureCode.TOO_FEW_CHIPS: "the layout needs more chips than there are",
    FailureCode.CHIPS_DO_NOT_DIVIDE: "the layout does not divide the number of chips",
    FailureCode.HEADS_DO_NOT_DIVIDE: "the tensor-parallel degree does not divide the number of attention heads",
    FailureCode.TOO_FEW_LAYERS: "there are more pipeline stages than layers",
    FailureCode.EXPERTS_DO_NOT_DIVIDE: "the expert-parallel degree does not fit the number of experts or of chips",
    FailureCode.BATCH_TOO_SMALL: "the batch gives a data-parallel rank less than one micro-batch",
    FailureCode.NETWORK_UNKNOWN: "no source gives a network bandwidth that the layout needs (in a chip file: network_gb_s)",
    FailureCode.MEMORY: "the memory of a chip does not hold it",
    FailureCode.NO_LAYOUT: "no layout of these chips holds the model",
    FailureCode.LATENCY: "no batch meets the latency limit",
    FailureCode.PRECISION: "the chip cannot compute at this precision",
}


def failure_reason(code: int, *, needed_byte: float | None = None, capacity_byte: float | None = None) -> str | None:
    """Return one clause that says why a configuration is infeasible; None if it is feasible.

    Examples
    --------
    >>> failure_reason(FailureCode.MEMORY, needed_byte=120e9, capacity_byte=85.6e9)
    'the memory of a chip does not hold it: 120.0 GB needed, 85.6 GB there'
    """
    found = FailureCode(int(code))
    if found is FailureCode.NONE:
        return None
    sentence = _SENTENCES[found]
    if found in {FailureCode.MEMORY, FailureCode.NO_LAYOUT} and needed_byte is not None and capacity_byte is not None:
        sentence += f": {needed_byte / 1e9:.1f} GB needed, {capacity_byte / 1e9:.1f} GB there"
    return sentence


def first_failure(xp: Any, *tests: tuple[Any, FailureCode]) -> Any:
    """Return the code of the first test that is true, elementwise; zero where none is."""
    code = xp.asarray(0)
    for failed, reason in reversed(tests):
        code = xp.where(failed, int(reason), code)
    return code


def with_usable_sizes(xp: Any, tree: Any, names: tuple[str, ...]) -> tuple[Any, Any]:
    """Replace sizes that are not positive and finite by one, and return where all were usable.

    One bad configuration of a batch then neither stops nor disturbs the others; it carries a code instead of a number.
    """
    usable: Any = True
    replaced = {}
    for name in names:
        value = xp.asarray(getattr(tree, name), dtype=float)
        good = (value > 0) & xp.isfinite(value)
        usable = usable & good
        replaced[name] = xp.where(good, value, 1.0)
    return tree._replace(**replaced), usable
