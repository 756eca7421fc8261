"""Standard normal draws that depend on nothing but seed, parameter name and number of the draw.

Every parameter has its own counter-based stream (Philox, keyed by seed and name), and every block of 4,096 draws its own
stretch of it. So draw ``i`` is the same for any number of draws, workers, chunks or engine, and a new parameter leaves the draws
of the others alone.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime.errors import OutOfRangeError, shorten

__all__ = ["BLOCK", "blocks", "check_draws", "check_seed", "normals"]

BLOCK = 4096
MAX_DRAWS = 1_000_000_000

Normals = NDArray[np.float32]


def normals(names: Sequence[str], *, seed: int, first: int, last: int) -> Normals:
    """Return standard normal draws, one row per name.

    Parameters
    ----------
    names : sequence of str
        Names of the uncertain parameters.
    seed : int
        Any whole number from 0 to 2**63 - 1.
    first, last : int
        Draws to return: ``first`` included, ``last`` excluded.

    Returns
    -------
    ndarray of float32, shape (name, draw)

    Examples
    --------
    >>> whole = normals(["a", "b"], seed=1, first=0, last=9000)
    >>> part = normals(["b"], seed=1, first=5000, last=9000)
    >>> bool((whole[1:, 5000:] == part).all())
    True
    """
    result = np.empty((len(names), last - first), np.float32)
    for start, stop in blocks(first, last):
        block = start // BLOCK
        offset = block * BLOCK
        for row, name in enumerate(names):
            stream = _stream(seed, name, block).standard_normal(BLOCK, dtype=np.float32)
            result[row, start - first : stop - first] = stream[start - offset : stop - offset]
    return result


def blocks(first: int, last: int) -> Iterator[tuple[int, int]]:
    """Cut the draws from ``first`` to ``last`` at multiples of the block size.

    Examples
    --------
    >>> list(blocks(4000, 9000))
    [(4000, 4096), (4096, 8192), (8192, 9000)]
    """
    while first < last:
        stop = min(last, (first // BLOCK + 1) * BLOCK)
        yield first, stop
        first = stop


def _stream(seed: int, name: str, block: int) -> np.random.Generator:
    key = int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little")
    # The lowest counter words count inside a block; the highest one is the block.
    counter: Any = np.array([0, 0, 0, block], np.uint64)
    return np.random.Generator(np.random.Philox(key=np.array([seed, key], np.uint64), counter=counter))


def check_seed(seed: int) -> int:
    """Return a usable seed or say what is wrong with it."""
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise OutOfRangeError(
            f"The seed {shorten(seed)} is not usable.", hint="Use a whole number from 0 to 9223372036854775807."
        )
    return seed


def check_draws(draws: int) -> int:
    """Return a usable number of draws or say what is wrong with it."""
    if isinstance(draws, bool) or not isinstance(draws, int) or not 1 <= draws <= MAX_DRAWS:
        raise OutOfRangeError(f"{shorten(draws)} draws are not possible.", hint=f"Ask for 1 to {MAX_DRAWS:,} draws.")
    return draws
