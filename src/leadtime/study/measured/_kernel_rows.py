"""Rows of isolated kernels, read from what their shapes say: which operation, of which sizes, in what time.

Each reader takes the words and numbers of one row and returns a kernel, or says why the row teaches nothing about an
efficiency: best cases, the same run in a second unit, bandwidths by a convention of the source's own.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from leadtime.chips import Chip
from leadtime.study.measured._cells import RowProblem, row_number, text_of
from leadtime.study.measured._names import resolve_chip

__all__ = ["KernelPoint", "Operation", "read_kernel_row"]

Operation = Literal[
    "product", "large_product", "grouped", "latent_decode", "decode", "prefill", "copy", "all_reduce", "gather", "exchange",
    "dispatch",
]  # fmt: skip

UNIT_S = {"us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
LARGE = 16384.0
"""Rows, columns and depth of what sources call a large product."""
COPY_BYTE = 1e9
"""Any size: a bandwidth without one is that of large transfers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelPoint:
    """One kernel and the time it took; sizes that an operation does not have are one."""

    id: str
    group: str
    chip: Chip
    precision: str
    operation: Operation
    seconds: float
    rows: float = 1.0
    """Rows of a product, routed rows of a grouped one, tokens of a dispatch."""
    weights: float = 1.0
    """Weights of a product, of one expert, values per token of a dispatch."""
    touched: float = 1.0
    """Experts that some row meets; experts per token of a dispatch."""
    depth: tuple[float, float] = (1.0, 1.0)
    """Columns and depth of a product."""
    flop: float = 1.0
    size_byte: float = 1.0
    length: float = 1.0
    """Tokens of a sequence, ranks of a collective."""


def _sizes(text: str) -> dict[str, float]:
    """Return every ``name=number`` of a shape, names in lower case."""
    return {name.casefold(): float(value) for name, value in re.findall(r"([\w/]+)\s*=\s*(\d+(?:\.\d+)?)", text)}


def _precision(kernel: str) -> str:
    found = re.search(r"\b(fp8|fp4|int8|bf16|fp16|tf32|fp32|fp64)\b", kernel, re.IGNORECASE)
    name = found.group(1).casefold() if found else "bf16"
    if name in {"tf32", "fp32", "fp64"}:
        raise RowProblem(f"{name.upper()} is no format of the estimator.")
    return "bf16" if name == "fp16" else name


def _seconds(row: Mapping[str, str], flop: float) -> float:
    """Return the time of a kernel of so many FLOP from its latency or its rate."""
    value, unit = row_number(row, "value"), text_of(row, "unit")
    if value is None:
        raise RowProblem("the row states no value.")
    if unit in UNIT_S:
        return value * UNIT_S[unit]
    if re.fullmatch(r"T(?:FLOPS?|FLOP/s|OPS)", unit) and flop > 0:
        return flop / (value * 1e12)
    raise RowProblem(f"{text_of(row, 'metric') or 'value'} in {unit or 'no unit'} repeats or does not give the time.")


def _product(row: Mapping[str, str], chip: Chip) -> dict[str, Any]:
    sizes = _sizes(text_of(row, "shape"))
    m, n, k = sizes["m"], sizes["n"], sizes["k"]
    flop = 2.0 * m * n * k
    return {"operation": "product", "rows": m, "weights": n * k, "depth": (n, k), "seconds": _seconds(row, flop)}


def _large_product(row: Mapping[str, str], chip: Chip) -> dict[str, Any]:
    flop = 2.0 * LARGE**3
    value, unit = row_number(row, "value"), text_of(row, "unit")
    if unit == "%" and value:
        peak = chip.peak_flop_per_s.get(_precision(text_of(row, "kernel")))
        if not peak:
            raise RowProblem(f"no source gives the rated peak of {chip.name}.")
        seconds = flop / (peak * value / 100)
    else:
        seconds = _seconds(row, flop)
    return {
        "operation": "large_product",
        "rows": LARGE,
        "weights": LARGE**2,
        "depth": (LARGE, LARGE),
        "seconds": seconds,
    }


def _grouped(row: Mapping[str, str], chip: Chip) -> dict[str, Any]:
    """Read groups of equal size, or experts whose tokens are routed evenly by chance."""
    sizes = _sizes(text_of(row, "shape"))
    if "groups" in sizes:
        rows, weights, touched = sizes["groups"] * sizes["m/group"], sizes["n"] * sizes["k"], sizes["groups"]
    else:
        n_experts, local, top = sizes["experts"], sizes["local"], sizes["topk"]
        rows = sizes["tokens/gpu"] * top
        n_tokens = sizes["tokens/gpu"] * n_experts / local
        touched = local * (1.0 - (1.0 - top / n_experts) ** n_tokens)
        up = "up" in text_of(row, "kernel").casefold()
        weights = (2.0 if up else 1.0) * sizes["hidden"] * sizes["inter"]
    return {
        "operation": "grouped",
        "rows": rows,
        "weights": weights,
        "touched": touched,
        "seconds": _seconds(row, 2.0 * rows * weights),
    }


def _heads(kernel: str) -> tuple[float, float, float]:
    """Return query heads, key heads and head width of a kernel with grouped queries."""
    found = re.search(r"(\d+)\s*(?:q heads)?\s*[,/]\s*(\d+)\s*(?:kv heads)?\s*[,/]\s*d?(\d+)", kernel)
    if not found:
        raise RowProblem("the heads are not stated.")
    return float(found.group(1)), float(found.group(2)), float(found.group(3))


def _latent_heads(kernel: str) -> float:
    found = re.search(r"(\d+) heads", kernel)
    if not found:
        raise RowProblem("the heads are not stated.")
    return float(found.group(1))


LATENT, ROTARY, NOPE = 512.0, 64.0, 128.0
"""Widths of the one published form of latent attention."""


def _attention(row: Mapping[str, str], chip: Chip) -> dict[str, Any]:
    kernel, shape = text_of(row, "kernel"), text_of(row, "shape")
    sizes, latent = _sizes(shape), "MLA" in kernel
    if "seq_len" in sizes:
        length = sizes["seq_len"]
        if latent:
            per_pair = 2.0 * _latent_heads(kernel) * (2.0 * NOPE + ROTARY)
        else:
            n_heads, _, width = _heads(kernel)
            per_pair = 4.0 * n_heads * width
        flop = 0.5 * per_pair * length**2
        return {"operation": "prefill", "flop": flop, "length": length, "seconds": _seconds(row, flop)}
    if "batch" not in sizes or "kv_len" not in sizes:
        raise RowProblem("neither batch nor context is stated.")
    width_byte = 1.0 if re.search(r"kv=(?:fp8|int8)", shape) else 2.0
    context = sizes["batch"] * sizes["kv_len"]
    if latent:
        flop = 2.0 * _latent_heads(kernel) * (2.0 * LATENT + ROTARY) * context
        moved = (LATENT + ROTARY) * width_byte * context
    else:
        n_heads, n_kv_heads, width = _heads(kernel)
        flop, moved = 4.0 * n_heads * width * context, 2.0 * n_kv_heads * width * width_byte * context
    operation = "latent_decode" if latent else "decode"
    return {
        "operation": operation,
        "flop": flop,
        "size_byte": moved,
        "length": sizes["kv_len"],
        "seconds": _seconds(row, flop),
    }


def _collective(row: Mapping[str, str], chip: Chip) -> dict[str, Any]:
    """Read a collective: ranks, bytes of the whole result, and a time or a rate of those bytes per second."""
    kernel, shape = text_of(row, "kernel"), text_of(row, "shape")
    ranks = (
        re.search(r"(\d+)\s*(?:GPUs|cards)", kernel)
        or re.search(r"(?:gpus|workers)\s*=\s*(\d+)", shape)
        or re.search(r"(\d+) cards", shape)
    )
    servers = re.search(r"(\d+) servers x (\d+)", kernel)
    if not ranks and not servers:
        raise RowProblem("the number of ranks is not stated.")
    n_ranks = float(servers.group(1)) * float(servers.group(2)) if servers else float(ranks.group(1)) if ranks else 0.0
    per_host = _sizes(shape).get("devices_per_node", n_ranks)
    if per_host < n_ranks:
        raise RowProblem("the ranks are spread over parts of hosts.")
    size = re.search(r"size_bytes\s*=\s*(\d+)", shape) or re.search(r"\((\d+) bytes\)", shape)
    megabyte = re.search(r"(\d+(?:\.\d+)?) MB", shape)
    size_byte = float(size.group(1)) if size else float(megabyte.group(1)) * 1e6 if megabyte else COPY_BYTE
    value, metric = row_number(row, "value"), text_of(row, "metric")
    seconds = size_byte / (value * 1e9) if metric == "algorithm bandwidth" and value else _seconds(row, 0.0)
    name = kernel.casefold().replace("-", "_")
    operation = (
        "all_reduce" if "all_reduce" in name else "exchange" if "alltoall" in name or "all_to_all" in name else "gather"
    )
    return {"operation": operation, "size_byte": size_byte, "length": n_ranks, "seconds": seconds}


def _dispatch(row: Mapping[str, str], chip: Chip) -> dict[str, Any]:
    """Read a low-latency exchange with experts: a copy of each token to each of its experts."""
    shape = text_of(row, "shape")
    found = re.search(r"EP\s*(\d+), (\d+) tok/batch, hidden (\d+), top-(\d+)", shape)
    if not found or "low-latency" not in text_of(row, "kernel"):
        raise RowProblem("the bandwidth is counted in a way of the source's own.")
    ranks, tokens, hidden, top = (float(text) for text in found.groups())
    width = 1.0 if "FP8" in text_of(row, "kernel") else 2.0
    return {
        "operation": "dispatch",
        "rows": tokens,
        "weights": hidden,
        "touched": top,
        "size_byte": width,
        "length": ranks,
        "seconds": _seconds(row, 0.0),
    }


def _copy(row: Mapping[str, str], chip: Chip) -> dict[str, Any]:
    value = row_number(row, "value")
    if not value or text_of(row, "unit") != "GB/s":
        raise RowProblem("the row states no bandwidth.")
    return {"operation": "copy", "size_byte": COPY_BYTE, "seconds": COPY_BYTE / (value * 1e9)}


def _reader(kernel: str, shape: str) -> Callable[[Mapping[str, str], Chip], dict[str, Any]] | None:
    words = kernel.casefold()
    if "host to device" in words:
        return None
    if "memory bandwidth" in words:
        return _copy
    if "dispatch" in words or "combine" in words:
        return _dispatch
    if re.search(r"nccl|xccl|mpi|all[-_ ]?reduce|all[-_]?gather|all[-_]?to[-_]?all", words):
        return _collective
    if "gemm" in words:
        return (
            _grouped
            if re.search(r"groups\s*=|experts\s*=", shape)
            else _large_product
            if "large" in shape
            else _product
        )
    return _attention if re.search(r"attention|mla|mha|gqa", words) else None


def read_kernel_row(row: Mapping[str, str]) -> KernelPoint:
    """Read one row of kernels.

    Parameters
    ----------
    row : mapping
        Text cells by column name: kernel, chip, shape, metric, value, unit.

    Raises
    ------
    RowProblem
        If the row does not give the time of a kernel of known size.
    """
    kernel, shape = text_of(row, "kernel"), text_of(row, "shape")
    if "best case" in text_of(row, "notes") or "best case" in shape or "(best)" in kernel:
        raise RowProblem("a best case is no typical time.")
    if "vendor library" in kernel:
        raise RowProblem("frameworks reach less than a vendor's own library alone.")
    reader = _reader(kernel, shape)
    if reader is None:
        raise RowProblem("no operation of the estimator.")
    chip = resolve_chip(text_of(row, "chip"), text_of(row, "chip_key"), text_of(row, "notes")).chip
    try:
        found = reader(row, chip)
    except KeyError as missing:
        raise RowProblem(f"the shape does not state {missing.args[0]}.") from None
    return KernelPoint(
        id=text_of(row, "id"),
        group=text_of(row, "source_group") or text_of(row, "source_id"),
        chip=chip,
        precision=_precision(kernel),
        **found,
    )
