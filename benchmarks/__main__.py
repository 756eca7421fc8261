"""``python -m benchmarks [NAME ...] [--json] [--quick]``: one table of ratios.

Every figure stands beside a reference measured in the same run: what this machine's array operations allow, another way to
compute the same, or a rival. Time is processor time of one core; ratios of it hold on a machine shared with others.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from benchmarks._lines import Line, best_processor_s, line_json, processor_s, render

__all__ = ["BENCHMARKS", "Found", "main"]

LIMIT = "array operations in cache"


@dataclass(frozen=True)
class Found:
    """What one benchmark says."""

    lines: list[Line] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def estimator(quick: bool) -> Found:
    """Configurations per second of the vectorised estimator."""
    from benchmarks import estimator as timed
    from benchmarks._limits import array_limit_s, counted
    from leadtime.performance import BLOCK, ServeLayout, ServeWorkload, TrainLayout, TrainWorkload, serve, train_step

    n = 20_000 if quick else 200_000
    shape, chip, efficiencies, rng = timed.inputs(BLOCK)
    base = (counted(shape), counted(chip))
    known = efficiencies.replaced(**{name: counted(value) for name, value in efficiencies.values.items()})
    tensor = 2.0 ** rng.integers(0, 4, BLOCK)
    batch = np.floor(2.0 ** rng.uniform(0, 9, BLOCK))
    asked = ServeWorkload(input_tokens=rng.uniform(128, 32768, BLOCK), output_tokens=1.0, weight_byte=1.0)
    serving = counted(ServeLayout(tensor=tensor))
    decode_s, _ = array_limit_s(
        lambda: serve(*base, serving, counted(asked), known, batch=counted(batch), phase="decode")
    )
    training = TrainLayout(
        n_chips=np.full(BLOCK, 1024.0),
        tensor=tensor,
        pipeline=2.0 ** rng.integers(0, 4, BLOCK),
        expert=2.0 ** rng.integers(0, 4, BLOCK),
        micro_batch=2.0 ** rng.integers(0, 3, BLOCK),
        recompute=rng.integers(0, 3, BLOCK).astype(float),
        sharding=rng.integers(0, 4, BLOCK).astype(float),
    )
    work = TrainWorkload(sequence_tokens=np.full(BLOCK, 4096.0), batch_tokens=rng.uniform(4e6, 3e7, BLOCK))
    train_s, _ = array_limit_s(lambda: train_step(*base, counted(training), counted(work), known))
    lines = [
        Line(
            benchmark="estimator",
            what=timing.name,
            unit="configurations/s",
            ours=timing.rate,
            against=against,
            reference=reference,
        )
        for timing, limit_s in ((timed.decode(n, 3), decode_s), (timed.training(n, 3), train_s))
        for against, reference in ((LIMIT, BLOCK / limit_s), ("goal", timing.bar_per_s))
    ]
    decode_rate, train_rate = lines[0].ours, lines[2].ours
    saturated, limited = timed.serving(n, 2, limit=False), timed.serving(n // 10, 2, limit=True)
    trained, served = timed.searches(50 if quick else 200, 2)
    lines += [
        Line(benchmark="estimator", what=timing.name, unit=unit, ours=timing.rate, against=against, reference=reference)
        for timing, unit, against, reference in (
            (saturated, "configurations/s", "decode alone", decode_rate),
            (limited, "configurations/s", "decode alone", decode_rate),
            (trained, "questions/s", "one training layout", train_rate),
            (served, "questions/s", "decode alone", decode_rate),
        )
    ]
    return Found(lines)


def rules(quick: bool) -> Found:
    """Determinations per second of the US rules."""
    from benchmarks import rules as timed
    from benchmarks._limits import multiply_per_s
    from benchmarks.world import operation_s
    from leadtime import rules as law

    n = 100_000 if quick else 1_000_000
    book = law.book("us_ear")
    days, facts = timed.random_rows(n)
    seconds = best_processor_s(lambda: law.determine_many(book, on=days, **facts))
    least_s = len(book.provisions) * (operation_s("greater", "float64") + operation_s("where", "float64"))
    item, request = law.find_item("h100"), law.Request(to="CN", on=timed.date(2026, 3, 1))
    repeats = 20
    one = best_processor_s(lambda: [law.determine(book, item, request) for _ in range(repeats)]) / repeats
    many = n / seconds
    return Found(
        [
            Line(
                benchmark="rules",
                what="determinations, vectorised",
                unit="rows/s",
                ours=many,
                against="goal",
                reference=float(timed.TARGET_PER_S),
            ),
            Line(
                benchmark="rules",
                what="determinations, vectorised",
                unit="rows/s",
                ours=many,
                against="one comparison and choice per provision",
                reference=1 / least_s,
            ),
            Line(
                benchmark="rules",
                what="determinations, vectorised",
                unit="rows/s",
                ours=many,
                against="one multiplication in cache",
                reference=multiply_per_s(),
            ),
            Line(
                benchmark="rules",
                what="determinations, vectorised",
                unit="rows/s",
                ours=many,
                against="one at a time, with reasons",
                reference=1 / one,
            ),
        ]
    )


def world(quick: bool) -> Found:
    """Draws per second of the world model."""
    from benchmarks import world as timed
    from leadtime import world as model

    n = timed.BLOCK if quick else 2 * timed.BLOCK
    data, priors, policy = timed.inputs()
    z = np.random.default_rng(1).standard_normal((len(priors), n)).astype(np.float32)
    blocks = [model.sample(priors, z[:, start : start + timed.BLOCK]) for start in range(0, n, timed.BLOCK)]
    lines = []
    for label, outputs in (("every output", tuple(model.output_table(data))), ("usual outputs", model.DEFAULT_OUTPUTS)):
        limit_s, _, _ = timed.limit_s(blocks[0], policy, data, outputs)
        took = best_processor_s(
            lambda outputs=outputs: [model.run(block, policy, data=data, outputs=outputs) for block in blocks]
        )
        lines.append(
            Line(
                benchmark="world",
                what=f"{model.N_INTERVALS} quarters, {label}",
                unit="draws/s",
                ours=n / took,
                against=LIMIT,
                reference=timed.BLOCK / limit_s,
            )
        )
    return Found(lines)


def ensemble(quick: bool) -> Found:
    """Whole ensembles: storing, several processes, Dask; wall time, which is what several processes are for."""
    import subprocess

    from benchmarks import ensemble as timed

    draws = 8_192 if quick else 50_000
    found = {}
    for way in timed.WAYS:
        command = [sys.executable, timed.__file__, "--one", way, str(draws)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode == 0:
            found[way] = json.loads(done.stdout)
    rates = {way: draws / one["seconds"] for way, one in found.items()}
    lines = [
        Line(
            benchmark="ensemble",
            what=what,
            unit="draws/s (wall)",
            ours=rates.get(way),
            against=against,
            reference=rates.get(other),
        )
        for way, what, against, other in (
            ("folder", "stored as a run folder", "kept in memory", "serial"),
            ("pool", "two processes, stored", "one process, stored", "folder"),
            ("dask", "Dask, two workers, stored", "one process, stored", "folder"),
        )
    ]
    same = len({one["digest"] for one in found.values()}) == 1
    missing = [way for way in timed.WAYS if way not in found]
    remarks = ["ensemble: all ways gave the same bits" if same else "ensemble: RESULTS DIFFER between ways"]
    return Found(lines, remarks + [f"ensemble: {way} could not run here" for way in missing])


def app(quick: bool) -> Found:
    """A moved lever in the browser: the whole answer of the server against the model run inside it."""
    from leadtime import study
    from leadtime import world as model
    from leadtime.study import live
    from leadtime.study._outputs import world_names
    from leadtime.study.live._pieces import sampled

    draws = 400
    evaluator = study.evaluator("baseline", outputs=live.PAGE_OUTPUTS)
    values, names = sampled(evaluator, draws, 1), world_names(evaluator.outputs)
    alone = best_processor_s(lambda: model.run(values, evaluator.policy, data=evaluator.data, outputs=names))

    def moved(fee: float) -> Any:
        return live.explore({"name": "moved", "title": "A levy", "levers": {"fee": {"2027Q1": fee}}}, draws=draws)

    moved(0.1)
    answer = min(processor_s(lambda step=step: moved(0.11 + step / 100))[0] for step in range(3 if quick else 8))
    repeat = best_processor_s(lambda: moved(0.1))
    return Found(
        [
            Line(
                benchmark="app",
                what=f"a lever moved, {draws} draws",
                unit="ms of processor",
                ours=1e3 * answer,
                against="one run of the model alone",
                reference=1e3 * alone,
            ),
            Line(
                benchmark="app",
                what="the same lever again",
                unit="ms of processor",
                ours=1e3 * repeat,
                against="a lever moved",
                reference=1e3 * answer,
            ),
        ]
    )


def rivals(quick: bool) -> Found:
    """Speed and error beside rivals on measured cases."""
    from benchmarks.rivals import measure_all

    del quick  # cases are what they are
    found = measure_all()
    return Found([line for versus in found for line in versus.lines()], [versus.text() for versus in found])


BENCHMARKS: dict[str, Callable[[bool], Found]] = {
    "estimator": estimator,
    "rules": rules,
    "world": world,
    "ensemble": ensemble,
    "app": app,
    "rivals": rivals,
}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; default all")
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    parser.add_argument("--quick", action="store_true", help="fewer draws and configurations: a first look")
    asked = parser.parse_args(arguments)
    unknown = sorted(set(asked.names) - set(BENCHMARKS))
    if unknown:
        parser.error(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    results = []
    for name in asked.names or BENCHMARKS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        try:
            results.append(BENCHMARKS[name](asked.quick))
        except ImportError as error:
            results.append(Found(remarks=[f"{name}: needs a package that is not installed ({error.name})."]))
    lines = [line for found in results for line in found.lines]
    remarks = [remark for found in results for remark in found.remarks]
    if asked.json:
        print(json.dumps({"lines": [line_json(line) for line in lines], "remarks": remarks}))
    else:
        print(render(lines))
        print()
        print("ratio = ours / reference. For errors and milliseconds less is better, for rates more.")
        if remarks:
            print("\n" + "\n".join(remarks))
    return 0


if __name__ == "__main__":
    sys.exit(main())
