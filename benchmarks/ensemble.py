"""Ensembles: draws per second on one process, two processes and Dask, with and without a run folder, and peak memory.

Every way runs in a process of its own, so that memory is its own; the digest of all results is printed, and must be the same.

Run it with ``python benchmarks/ensemble.py [draws] [way ...]``; the ways are serial, folder, pool, dask.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

WAYS = {
    "serial": {"workers": 1},
    "folder": {"workers": 1, "out": True},
    "pool": {"workers": 2, "out": True},
    "dask": {"workers": 2, "engine": "dask", "out": True},
}


def measure(way, draws):
    """Return seconds, peak memory [MB] of this process and of its largest child, bytes on disk and the digest of one run."""
    from leadtime import study
    from leadtime.study._store import run_digest

    settings = dict(WAYS[way])
    study.evaluator("baseline")  # books and tables are read once, not per run
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run" if settings.pop("out", False) else None
        begin = time.perf_counter()
        run = study.simulate("baseline", draws=draws, seed=1, out=out, **settings)
        run.headline()
        seconds = time.perf_counter() - begin
        on_disk = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) if out else 0
        digest = run_digest(run.store.digests())
    peak, child = (resource.getrusage(who).ru_maxrss / 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return {"seconds": seconds, "peak_mb": peak, "child_mb": child, "disk_mb": on_disk / 1e6, "digest": digest}


def main(arguments):
    """Print one line per way."""
    if arguments[:1] == ["--one"]:
        print(json.dumps(measure(arguments[1], int(arguments[2]))))
        return
    draws = int(arguments[0]) if arguments else 50_000
    ways = arguments[1:] or list(WAYS)
    digests = set()
    print(f"{draws:,} draws, 44 quarters, twin without controls included")
    for way in ways:
        command = [sys.executable, __file__, "--one", way, str(draws)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        digests.add(found["digest"])
        print(
            f"{way:7} {found['seconds']:7.1f} s {draws / found['seconds']:10,.0f} draws/s   peak {found['peak_mb']:6.0f} MB, "
            f"largest child {found['child_mb']:5.0f} MB, on disk {found['disk_mb']:6.0f} MB"
        )
    print("all results have the same bits" if len(digests) == 1 else f"RESULTS DIFFER: {digests}")


if __name__ == "__main__":
    main(sys.argv[1:])
