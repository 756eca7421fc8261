"""Standard serving benchmarks: prompt and answer lengths and latency limits that their rows do not repeat."""

import re
from dataclasses import dataclass
from functools import cache

from leadtime import catalog
from leadtime.study.measured._words import is_mlperf

__all__ = ["Benchmark", "benchmark_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """Mean lengths [tokens] and limits on 99th percentiles (TTFT, TPOT) [s] of one benchmark."""

    id: str
    model_key: str
    input_tokens: float
    output_tokens: float
    server_limits_s: tuple[float | None, float | None]
    interactive_limits_s: tuple[float | None, float | None]


def _seconds(cell: str) -> float | None:
    return float(cell) / 1e3 if cell else None


@cache
def _benchmarks() -> tuple[Benchmark, ...]:
    return tuple(
        Benchmark(
            id=row["id"],
            model_key=row["model_key"],
            input_tokens=float(row["input_tokens"]),
            output_tokens=float(row["output_tokens"]),
            server_limits_s=(_seconds(row["server_ttft_ms"]), _seconds(row["server_tpot_ms"])),
            interactive_limits_s=(_seconds(row["interactive_ttft_ms"]), _seconds(row["interactive_tpot_ms"])),
        )
        for row in catalog.table("serving_benchmarks")
    )


def benchmark_of(model: str, words: str) -> Benchmark | None:
    """Return the benchmark that a row is a result of; None if it is not one of them.

    Parameters
    ----------
    model : str
        Model as the row writes it.
    words : str
        What else the row says; only MLPerf results have lengths fixed by the benchmark.
    """
    if not is_mlperf(words, model):
        return None
    key = re.sub(r"[^a-z0-9]", "", model.casefold())
    return next((item for item in _benchmarks() if item.model_key in key), None)
