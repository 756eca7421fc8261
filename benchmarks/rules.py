"""Speed of the rules: chip-date-destination determinations per second on one core.

A million random chips go to random places on random days between 2022 and 2027, half of them to buyers with headquarters
elsewhere; every provision of the US book is evaluated. NumPy's elementwise functions use one core. Run it with ``python benchmarks/rules.py [rows]``.
"""

import sys
import time
from datetime import date

import numpy as np

from leadtime import rules

TARGET_PER_S = 1_000_000
REPEATS = 5


def random_rows(n_rows, seed=0):
    """Return days and facts of random transactions."""
    rng = np.random.default_rng(seed)
    n_places = len(rules.book("us_ear").registers["places"].members)
    to = rng.integers(0, n_places, n_rows)
    facts = {
        "tpp": 10 ** rng.uniform(2.5, 4.8, n_rows),
        "performance_density": 10 ** rng.uniform(-0.5, 1.5, n_rows),
        "memory_bandwidth_gb_s": 10 ** rng.uniform(2, 4, n_rows),
        "interconnect_gb_s": 10 ** rng.uniform(1.5, 3.3, n_rows),
        "datacenter_marketed": rng.random(n_rows) < 0.7,
        "vendor": rng.integers(0, 4, n_rows),
        "to": to,
        "hq": np.where(rng.random(n_rows) < 0.5, to, rng.integers(0, n_places, n_rows)),
        "certified": rng.random(n_rows) < 0.5,
    }
    return rng.integers(date(2022, 6, 1).toordinal(), date(2027, 1, 1).toordinal(), n_rows), facts


def main(n_rows=1_000_000):
    book = rules.book("us_ear")
    days, facts = random_rows(n_rows)
    rules.determine_many(book, on=days[:1000], **{name: values[:1000] for name, values in facts.items()})
    rates = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        found = rules.determine_many(book, on=days, **facts)
        rates.append(n_rows / (time.perf_counter() - start))
    counts = dict(
        zip(
            (outcome.name.lower() for outcome in rules.Outcome),
            np.bincount(found.outcome, minlength=5).tolist(),
            strict=True,
        )
    )
    print(
        f"rules: {max(rates):,.0f} determinations per second (best of {REPEATS}; median {np.median(rates):,.0f}; goal {TARGET_PER_S:,})"
    )
    print(
        f"       {n_rows:,} rows over {book.compiled('enforced').n_eras} eras and {len(book.provisions)} provisions: {counts}"
    )

    item, request = rules.find_item("h100"), rules.Request(to="CN", on=date(2026, 3, 1))
    rules.determine(book, item, request)
    start = time.perf_counter()
    for _ in range(50):
        rules.determine(book, item, request)
    print(f"       one determination with its trace: {(time.perf_counter() - start) / 50 * 1e3:.1f} ms")
    return max(rates)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
