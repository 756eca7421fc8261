"""The quarters of the model: stocks stand on bounds, flows and permissions on the intervals between them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime.errors import BadInputError, shorten

__all__ = [
    "FIRST_YR",
    "N_BOUNDS",
    "N_INTERVALS",
    "QUARTER_YR",
    "bounds_yr",
    "interval_of",
    "quarter_names",
    "starts_yr",
]

FIRST_YR = 2022.0
QUARTER_YR = 0.25
N_INTERVALS = 44
N_BOUNDS = N_INTERVALS + 1


def bounds_yr() -> NDArray[np.float64]:
    """Return the 45 bounds, 2022.0 to 2033.0 [yr]."""
    return np.linspace(FIRST_YR, FIRST_YR + QUARTER_YR * N_INTERVALS, N_BOUNDS)


def starts_yr() -> NDArray[np.float64]:
    """Return the starts of the 44 intervals [yr]."""
    return bounds_yr()[:-1]


def quarter_names() -> tuple[str, ...]:
    """Return the names of the intervals, ``2022Q1`` to ``2032Q4``."""
    return tuple(f"{int(start)}Q{round((start - int(start)) * 4) + 1}" for start in starts_yr())


def interval_of(quarter: str) -> int:
    """Return the number of an interval.

    Examples
    --------
    >>> interval_of("2022Q1"), interval_of("2032Q4")
    (0, 43)
    """
    names = quarter_names()
    if quarter not in names:
        raise BadInputError(
            f"There is no quarter {shorten(quarter)!r} in the model.", hint="Quarters run from 2022Q1 to 2032Q4."
        )
    return names.index(quarter)


def share_after(date_yr: float) -> NDArray[Any]:
    """Return the share of each interval that lies after a date."""
    return np.clip((bounds_yr()[1:] - date_yr) / QUARTER_YR, 0.0, 1.0)
