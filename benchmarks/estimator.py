"""Speed of the estimator: configurations per second on one core, in one vectorised call, over varied inputs.

Run with ``python -m benchmarks.estimator``. The bars are 1,000,000/s for decode and 200,000/s for training layouts; the
fastest peer that could be run evaluates 14,000/s of a toy model (see the decision record on the estimator). NumPy's
elementwise functions use one core.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from leadtime import catalog, chips, workloads
from leadtime.performance import (
    ServeLayout,
    ServeWorkload,
    TrainLayout,
    TrainWorkload,
    chip_arrays,
    efficiencies_from_rows,
    in_blocks,
    search_serve_layout,
    search_train_layout,
    serve,
    train_step,
)
from leadtime.performance._trees import block

CHIPS = ("h100", "h800", "h20", "h200", "b200", "a100-sxm4-80gb", "ascend 910c", "mi300x")
MODELS = ("llama-3.1-8b", "llama-3.1-70b", "qwen3-30b-a3b", "deepseek-v3", "gpt-oss-120b")


@dataclass(frozen=True)
class Timing:
    """Configurations per second of one workload."""

    name: str
    n: int
    seconds: float
    bar_per_s: float | None

    @property
    def rate(self) -> float:
        """Configurations per second."""
        return self.n / self.seconds


def best_seconds(function: Callable[[], Any], repeats: int) -> float:
    """Least processor time of several runs: one thread works, and what other processes take does not count."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        function()
        times.append(time.process_time() - start)
    return min(times)


def inputs(n: int, seed: int = 0) -> tuple[Any, Any, Any, np.random.Generator]:
    """Random pairs of model and chip, with their efficiencies, as arrays of length ``n``."""
    rng = np.random.default_rng(seed)
    table = efficiencies_from_rows(catalog.table("efficiencies"))
    all_chips = [chips.find_chip(name) for name in CHIPS]
    shapes = workloads.shape_arrays([workloads.find_model(name) for name in MODELS])
    which_chip, which_model = rng.integers(0, len(CHIPS), n), rng.integers(0, len(MODELS), n)
    return (
        workloads.take(shapes, which_model),
        block(chip_arrays(all_chips, "fp8"), which_chip),
        table.efficiencies(all_chips, "fp8").take(which_chip),
        rng,
    )


def decode(n: int, repeats: int) -> Timing:
    shape, chip, efficiencies, rng = inputs(n)
    layout = ServeLayout(tensor=2.0 ** rng.integers(0, 4, n))
    work = ServeWorkload(input_tokens=rng.uniform(128, 32768, n), output_tokens=1.0, weight_byte=1.0)
    batch = np.floor(2.0 ** rng.uniform(0, 9, n))

    def priced(*trees: Any) -> Any:
        *base, asked = trees
        return serve(*base, batch=asked, phase="decode")

    seconds = best_seconds(lambda: in_blocks(priced, shape, chip, layout, work, efficiencies, batch), repeats)
    return Timing("decode, batch given", n, seconds, 1e6)


def serving(n: int, repeats: int, *, limit: bool) -> Timing:
    shape, chip, efficiencies, rng = inputs(n)
    layout = ServeLayout(tensor=2.0 ** rng.integers(0, 4, n))
    work = ServeWorkload(
        input_tokens=rng.uniform(128, 32768, n), output_tokens=rng.uniform(16, 4096, n), weight_byte=1.0
    )

    def priced(*trees: Any) -> Any:
        *base, limit_s = trees
        return serve(*base, tpot_limit_s=limit_s)

    limits = np.full(n, 0.05) if limit else None
    seconds = best_seconds(lambda: in_blocks(priced, shape, chip, layout, work, efficiencies, limits), repeats)
    return Timing(
        "serving under a latency limit" if limit else "serving, saturated (prefill, decode, capacity)", n, seconds, None
    )


def training(n: int, repeats: int) -> Timing:
    shape, chip, efficiencies, rng = inputs(n)
    layout = TrainLayout(
        n_chips=np.full(n, 1024.0), tensor=2.0 ** rng.integers(0, 4, n), pipeline=2.0 ** rng.integers(0, 4, n),
        expert=2.0 ** rng.integers(0, 4, n), micro_batch=2.0 ** rng.integers(0, 3, n), recompute=rng.integers(0, 3, n).astype(float),
        sharding=rng.integers(0, 4, n).astype(float),
    )  # fmt: skip
    work = TrainWorkload(sequence_tokens=np.full(n, 4096.0), batch_tokens=rng.uniform(4e6, 3e7, n))
    seconds = best_seconds(lambda: in_blocks(train_step, shape, chip, layout, work, efficiencies), repeats)
    return Timing("training layouts", n, seconds, 2e5)


def searches(n: int, repeats: int) -> tuple[Timing, Timing]:
    """Whole questions without a stated layout."""
    shape, chip, efficiencies, rng = inputs(n)
    work = TrainWorkload(sequence_tokens=np.full(n, 4096.0), batch_tokens=rng.uniform(4e6, 3e7, n))
    train = best_seconds(lambda: search_train_layout(shape, chip, np.full(n, 1024.0), work, efficiencies), repeats)
    asked = ServeWorkload(input_tokens=rng.uniform(128, 8192, n), output_tokens=512.0, weight_byte=1.0)
    served = best_seconds(lambda: search_serve_layout(shape, chip, np.full(n, 16.0), asked, efficiencies), repeats)
    return Timing("training questions, layout searched", n, train, None), Timing(
        "serving questions, layout searched", n, served, None
    )


def main(n: int = 200_000, repeats: int = 3) -> list[Timing]:
    """Measure and print; return the timings."""
    timings = [
        decode(n, repeats),
        serving(n, repeats, limit=False),
        serving(n // 10, repeats, limit=True),
        training(n, repeats),
        *searches(200, repeats),
    ]
    print(f"{'estimator, one core':50s} {'configurations/s':>18s} {'bar':>12s}")
    for timing in timings:
        bar = f"{timing.bar_per_s:,.0f}" if timing.bar_per_s else ""
        print(f"{timing.name:50s} {timing.rate:18,.0f} {bar:>12s}")
    return timings


if __name__ == "__main__":
    main()
