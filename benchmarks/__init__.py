"""Speed and error as ratios: against what this machine can do at all, and against rivals on the same cases in the same run.

Run everything with ``python -m benchmarks``, one of them with ``python -m benchmarks NAME``. Nothing here asserts seconds.
"""
