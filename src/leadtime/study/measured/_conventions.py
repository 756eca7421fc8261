"""From a printed utilisation or FLOP rate to tokens per second, in the convention in which it was counted."""

import re
from enum import Enum

from leadtime.chips import Chip
from leadtime.study.measured._cells import RowProblem
from leadtime.workloads import ModelShape, shape_arrays

__all__ = [
    "Convention",
    "counted_flop_per_token",
    "fail_if_beyond_peak",
    "peak_for_utilisation",
    "read_convention",
]


class Convention(Enum):
    """What a source counts as work per token."""

    CAUSAL = "causal"
    """Three forward passes, attention over half the sequence: what the model asks for."""
    FULL = "full"
    """The same with attention over the whole sequence, causal or not."""
    NOMINAL = "nominal"
    """Six times the nominal parameters, no attention."""
    RECOMPUTED = "recomputed"
    """Four forward passes of the blocks (one of them recomputed), full attention, three of the head."""


_RECOMPUTED = re.compile(
    r"count\w*[^;]*recomput|recomput\w*[^;]*count|hardware flop|incl\w*\.? (?:of )?recomput|hfu-like|(?<!\d)8n"
)
_FULL = re.compile(r"full, not causal|non-?causal|full attention|not causal|palm formula")
_NOMINAL = re.compile(r"no attention|without attention|6 ?x nominal|(?<![a-z0-9])6 ?x? ?nd?\b(?![^;]*attention)")


def read_convention(text: str) -> Convention:
    """Return the convention that the remarks of a source name; causal where they name none.

    Examples
    --------
    >>> read_convention("printed 44 % of peak counts recomputation").value
    'recomputed'
    >>> read_convention("MFU = 6 x nominal N, no attention").value
    'nominal'
    """
    low = text.casefold()
    if _RECOMPUTED.search(low):
        return Convention.RECOMPUTED
    if _FULL.search(low):
        return Convention.FULL
    return Convention.NOMINAL if _NOMINAL.search(low) else Convention.CAUSAL


def counted_flop_per_token(
    shape: ModelShape, sequence_tokens: float, convention: Convention, *, nominal_parameters: float | None = None
) -> float:
    """Return the training FLOP per token as a source counts it.

    Parameters
    ----------
    shape : ModelShape
        The model.
    sequence_tokens : float
        Sequence length s.
    convention : Convention
        What is counted.
    nominal_parameters : float, optional
        Parameters that one token meets, as the source rounds them; by default those of the shape.

    Notes
    -----
    ``RECOMPUTED`` is equation 3 of Narayanan et al. 2021 for any block: 4 x (2 (N - V d) + square attention) + 6 V d.
    """
    from leadtime.workloads import training_flop_palm2022, training_flop_per_token

    arrays = shape_arrays([shape])
    matmul, head = float(arrays.weights.matmul[0]), float(arrays.weights.head[0])
    if convention is Convention.NOMINAL:
        return 6.0 * (nominal_parameters or matmul)
    if convention is Convention.CAUSAL:
        return float(training_flop_per_token(arrays, sequence_tokens)[0])
    square = float(training_flop_palm2022(arrays, sequence_tokens)[0])
    if convention is Convention.FULL:
        return square
    return 4.0 / 3.0 * (square - 6.0 * head) + 6.0 * head


def peak_for_utilisation(chip: Chip, precision: str) -> float:
    """Return the dense peak rate against which a utilisation is printed [FLOP/s].

    Raises
    ------
    RowProblem
        If no source gives one.
    """
    names = {"bf16": ("bf16", "fp16"), "tf32": ("tf32",)}.get(precision, (precision, "bf16", "fp16"))
    for name in names:
        if name in chip.peak_flop_per_s:
            return float(chip.peak_flop_per_s[name])
    raise RowProblem(f"no source gives a {precision} peak rate of {chip.name}, so its utilisation says nothing.")


def fail_if_beyond_peak(rate: float, flop_per_token: float, chip: Chip, column: str) -> None:
    """Refuse a rate per chip that asks for more than the chip's highest dense rate in any format.

    Parameters
    ----------
    rate : float
        Tokens per second of one chip.
    flop_per_token : float
        Least work of one token.

    Raises
    ------
    RowProblem
        With the likely reason: the rate of all chips in a column of one.
    """
    highest = max(chip.peak_flop_per_s.values(), default=float("inf"))
    if rate * flop_per_token > highest:
        raise RowProblem(
            f"{column}: {rate:,.0f} tokens/s per chip would take {rate * flop_per_token / highest:.1f} times the peak rate of {chip.name}; "
            "is it the rate of all chips?"
        )
