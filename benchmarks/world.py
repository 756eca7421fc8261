"""Speed of the world model: 10,000 draws over 44 quarters on one core, against the limit of the machine's array operations.

The limit counts every elementary array operation of a run (name, number of elements, type), measures the time per element
of each operation in cache on this machine, adds them up, and adds the writing of the results into fresh memory: the time a
run would take if nothing but arithmetic and results cost anything.

Run it with ``python benchmarks/world.py [draws]``.
"""

import sys
import time
from collections import Counter
from typing import ClassVar

import numpy as np

from leadtime import catalog, world

BLOCK = 4096
REPEATS = 5


def inputs():
    """Return data, priors and a policy with every part of the model at work."""
    data = world.world_data(
        history=catalog.table("history"),
        labs=catalog.table("labs"),
        applications=catalog.table("security_applications"),
    )
    after_2023 = np.where(world.starts_yr() >= 2024, 1.0, 0.0)
    policy = world.policy_from(
        name="benchmark",
        permissions={
            "frontier": {"free": 1 - after_2023, "denial": after_2023},
            "h800": 1 - after_2023,
            "a800": 1 - after_2023,
            "h20": {"notify": after_2023},
            "h200": {"case_by_case": after_2023},
        },
        caps={"h200": {"us_volume_frac": 0.5, "per_customer_chips": 20_000}},
        import_open_question=np.where(world.starts_yr() >= 2026.75, 1.0, 0.0),
        offshore=1 - 0.3 * after_2023,
        hbm=1 - after_2023,
        foundry=1 - after_2023,
        region_cap={"sea": 1 - 0.5 * after_2023},
        levers=world.Levers(stockpile=data.series["stockpile"]),
    )
    return data, world.parameters(catalog.table("priors")), policy


def timed(function, repeats=REPEATS):
    """Return the least of several times of a call [s]."""
    best = float("inf")
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - begin)
    return best


class Counting(np.ndarray):
    """An array that counts the elementary operations made with it."""

    tally: ClassVar[Counter] = Counter()

    def __array_ufunc__(self, ufunc, method, *args, out=None, **options):
        plain = [np.asarray(arg) if isinstance(arg, Counting) else arg for arg in args]
        if out is not None:
            options["out"] = tuple(np.asarray(part) if isinstance(part, Counting) else part for part in out)
        result = getattr(ufunc, method)(*plain, **options)
        size = max(np.size(part) for part in plain) if method in {"reduce", "accumulate"} else np.size(result)
        name = ufunc.__name__ if method == "__call__" else f"{ufunc.__name__}.{method}"
        Counting.tally[name, np.result_type(*plain).name] += size
        return result.view(Counting) if isinstance(result, np.ndarray) else result

    def __array_function__(self, function, types, args, kwargs):
        result = super().__array_function__(function, types, args, kwargs)
        if function in {np.where, np.take, np.stack, np.concatenate}:
            Counting.tally[function.__name__, result.dtype.name] += np.size(result)
        return result


def operation_s(name, kind):
    """Return the time per element of one operation on a block in cache [s]."""
    a = np.linspace(1.0, 2.0, BLOCK).astype(kind)
    b = np.linspace(2.0, 1.0, BLOCK).astype(kind)
    if name in {"where", "clip", "take", "stack", "concatenate"}:
        calls = {
            "clip": lambda: np.clip(a, a[0], a[-1], out=out),
            "where": lambda: np.where(a > b, a, b),
            "take": lambda: np.take(rows.reshape(-1), index),
            "stack": lambda: np.copyto(out, a),
            "concatenate": lambda: np.copyto(out, a),
        }
        rows, out = np.stack([a] * 8), np.empty_like(a)
        index = np.zeros(rows.shape, np.int32)
        call, size = calls[name], (rows.size if name == "take" else BLOCK)
    elif "." in name:
        ufunc, method = name.split(".")
        rows = np.stack([a] * 8)
        call, size = (lambda: getattr(getattr(np, ufunc), method)(rows, axis=0)), rows.size
    else:
        ufunc = getattr(np, name)
        args = (a,) if ufunc.nin == 1 else (a, b)
        out = np.empty(BLOCK, ufunc(*args).dtype)
        call, size = (lambda: ufunc(*args, out=out)), BLOCK
    call()
    return timed(lambda: [call() for _ in range(200)]) / 200 / size


def write_s():
    """Return the time per element of writing results, row by row, into memory not used before [s]."""
    row = np.ones(BLOCK, np.float32)

    def write():
        results = np.empty((100, world.N_BOUNDS, BLOCK), np.float32)
        for series in results:
            for place in range(world.N_BOUNDS):
                series[place] = row

    return timed(write) / (100 * world.N_BOUNDS * BLOCK)


def limit_s(block, policy, data, outputs):
    """Return the array-operation limit of one block [s] and the tally behind it."""
    counted = {name: value.view(Counting) for name, value in block.items()}
    Counting.tally.clear()
    results = world.run(counted, policy, data=data, outputs=outputs)
    tally = dict(Counting.tally)
    speeds = {key: operation_s(*key) for key in tally}
    tally["write results", "float32"] = sum(np.size(values) for values in results.values())
    speeds["write results", "float32"] = write_s()
    return sum(count * speeds[key] for key, count in tally.items()), tally, speeds


def main(n_draws):
    data, priors, policy = inputs()
    names = tuple(world.output_table(data))
    z = np.random.default_rng(1).standard_normal((len(priors), n_draws)).astype(np.float32)
    starts = range(0, n_draws, BLOCK)
    blocks = [world.sample(priors, z[:, start : start + BLOCK]) for start in starts]
    sampling = timed(lambda: [world.sample(priors, z[:, start : start + BLOCK]) for start in starts], 2)
    print(f"{n_draws} draws x {world.N_INTERVALS} quarters, blocks of {BLOCK}, float32, one core")
    print(f"  {len(priors)} parameters from normal draws: {sampling:.3f} s")
    share = n_draws / len(blocks[0]["us_share"])
    for label, outputs in (("every output", names), ("usual outputs", world.DEFAULT_OUTPUTS)):
        world.run(blocks[0], policy, data=data, outputs=outputs)
        limit, tally, speeds = limit_s(blocks[0], policy, data, outputs)
        took = timed(lambda outputs=outputs: [world.run(block, policy, data=data, outputs=outputs) for block in blocks])
        operations = share * sum(tally.values()) / 1e9
        print(
            f"  {label} ({len(outputs)} series): {took:.3f} s; limit {share * limit:.3f} s for {operations:.2f} G operations, reached {share * limit / took:.0%} of it"
        )
        for key, count in sorted(tally.items(), key=lambda item: -item[1] * speeds[item[0]])[:8]:
            print(
                f"    {key[0]:16} {key[1]:8} {share * count / 1e6:6.0f} M  {speeds[key] * 1e9:5.2f} ns  {share * count * speeds[key]:.3f} s"
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
