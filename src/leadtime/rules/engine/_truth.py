"""Three-valued truth over arrays, remembering the tests that made it.

A truth is an array of codes: FALSE 0, UNKNOWN 1, TRUE 2. So *and* is the minimum, *or* the maximum, *not* ``2 - code``
(strong Kleene logic): what is not known never becomes false by itself.
"""

from dataclasses import dataclass, replace

import numpy as np

from leadtime.arrays import Array

__all__ = ["FALSE", "TRUE", "UNKNOWN", "Test", "Truth", "compare"]

FALSE, UNKNOWN, TRUE = 0, 1, 2
OPPOSITE = {">=": "<", "<": ">=", ">": "<=", "<=": ">", "in": "not in", "not in": "in", "is": "is not", "is not": "is"}


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison as it was made; words are put to it only when somebody asks."""

    __test__ = False  # not a pytest class

    words: str
    fact: str
    """Fact compared; empty where the test is whether an earlier provision holds."""
    value: Array
    comparison: str
    limit: Array
    code: Array
    parameter: str | None = None
    """Full name of the dated parameter that gave the limit; None for flags and memberships."""


@dataclass(frozen=True, slots=True)
class Truth:
    """Codes with the tests behind them; ``&``, ``|`` and ``~`` combine both.

    Examples
    --------
    >>> (Truth(np.int8([0, 1, 2])) & Truth(np.int8([1, 1, 1]))).code.tolist()
    [0, 1, 1]
    """

    code: Array
    tests: tuple[Test, ...] = ()

    def __and__(self, other: "Truth") -> "Truth":
        return Truth(np.minimum(self.code, other.code), self.tests + other.tests)

    def __or__(self, other: "Truth") -> "Truth":
        return Truth(np.maximum(self.code, other.code), self.tests + other.tests)

    def __invert__(self) -> "Truth":
        tests = self.tests
        if len(tests) == 1:  # one test turned round still reads as one test
            only = tests[0]
            tests = (replace(only, comparison=OPPOSITE[only.comparison], code=np.int8(2) - only.code),)
        return Truth(np.int8(2) - self.code, tests)


def compare(value: Array, comparison: str, limit: Array) -> Array:
    """Return the truth code of ``value comparison limit``; a value that is NaN is unknown.

    Parameters
    ----------
    value, limit : array of float
        They broadcast.
    comparison : str
        One of ``>=``, ``>``, ``<=``, ``<``.
    """
    holds = _COMPARISONS[comparison](value, limit)
    return np.where(np.isnan(value), np.int8(UNKNOWN), holds.astype(np.int8) << 1)


_COMPARISONS = {">=": np.greater_equal, ">": np.greater, "<=": np.less_equal, "<": np.less}
