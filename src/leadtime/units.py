"""Publishers' units to base units, and numbers to text.

Inside leadtime every quantity is in base units: FLOP, FLOP/s, byte, byte/s, second, watt, joule, mm² for die
area (as law and vendors do), USD. Tables keep the unit in which a publisher printed a value; it is
converted here, once, on loading. ``GB`` is 10⁹ byte and ``GiB`` 2³⁰ byte; neither is guessed from the other.
"""

import math

from leadtime.errors import BadInputError, shorten

__all__ = ["BASE_UNITS", "UNITS", "format_si", "hours", "to_base"]

HOUR_S = 3600.0
DAY_S = 86400.0
YEAR_S = 365.25 * DAY_S

# unit -> (base unit, factor). The closed list: a unit that is not here does not parse.
UNITS: dict[str, tuple[str, float]] = {
    "FLOP": ("FLOP", 1.0),
    "TFLOP/s": ("FLOP/s", 1e12),
    "PFLOP/s": ("FLOP/s", 1e15),
    "TOP/s": ("FLOP/s", 1e12),
    "FLOP/s": ("FLOP/s", 1.0),
    "B": ("byte", 1.0),
    "MB": ("byte", 1e6),
    "GB": ("byte", 1e9),
    "TB": ("byte", 1e12),
    "MiB": ("byte", 2.0**20),
    "GiB": ("byte", 2.0**30),
    "B/s": ("byte/s", 1.0),
    "MB/s": ("byte/s", 1e6),
    "GB/s": ("byte/s", 1e9),
    "TB/s": ("byte/s", 1e12),
    "Gb/s": ("byte/s", 0.125e9),
    "s": ("s", 1.0),
    "ms": ("s", 1e-3),
    "us": ("s", 1e-6),
    "h": ("s", HOUR_S),
    "day": ("s", DAY_S),
    "W": ("W", 1.0),
    "kW": ("W", 1e3),
    "MW": ("W", 1e6),
    "GW": ("W", 1e9),
    "J": ("J", 1.0),
    "kWh": ("J", 3.6e6),
    "mm2": ("mm2", 1.0),
    "USD": ("USD", 1.0),
    "MUSD": ("USD", 1e6),
    "BUSD": ("USD", 1e9),
    "USD/h": ("USD/h", 1.0),
    "USD/kWh": ("USD/kWh", 1.0),
    "USD/Mtoken": ("USD/Mtoken", 1.0),
    "count": ("count", 1.0),
    "thousand": ("count", 1e3),
    "million": ("count", 1e6),
    "billion": ("count", 1e9),
    "trillion": ("count", 1e12),
    "frac": ("frac", 1.0),
    "percent": ("frac", 0.01),
    "ratio": ("ratio", 1.0),
    "month": ("month", 1.0),
    "quarter": ("quarter", 1.0),
    "yr": ("yr", 1.0),
    "1/yr": ("1/yr", 1.0),
    "tpp": ("tpp", 1.0),
    "text": ("text", 1.0),
    "date": ("date", 1.0),
    "bool": ("bool", 1.0),
}
BASE_UNITS = frozenset(base for base, _ in UNITS.values())


def to_base(value: float, unit: str) -> float:
    """Convert a value to the base unit of its kind.

    Parameters
    ----------
    value : float
        Number as printed by its publisher.
    unit : str
        One of the keys of :data:`UNITS`.

    Raises
    ------
    BadInputError
        If the unit is not in the closed list.

    Examples
    --------
    >>> to_base(3.35, "TB/s")
    3350000000000.0
    >>> to_base(400, "Gb/s")
    50000000000.0
    """
    try:
        return value * UNITS[unit][1]
    except KeyError:
        raise BadInputError(
            f"The unit {shorten(unit)!r} is not known.", hint=f"Known units: {', '.join(UNITS)}."
        ) from None


def hours(seconds: float) -> float:
    """Return seconds as hours."""
    return seconds / HOUR_S


_PREFIXES = (
    (1e24, "Y"),
    (1e21, "Z"),
    (1e18, "E"),
    (1e15, "P"),
    (1e12, "T"),
    (1e9, "G"),
    (1e6, "M"),
    (1e3, "k"),
    (1.0, ""),
)


def format_si(value: float | None, unit: str = "", digits: int = 3) -> str:
    """Return a number for people, with an SI prefix; ``unknown`` for None.

    Examples
    --------
    >>> format_si(3.35e12, "B/s")
    '3.35 TB/s'
    >>> format_si(None, "W")
    'unknown'
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "unknown"
    if value == 0 or not math.isfinite(value):
        return f"{value:g} {unit}".rstrip()
    for scale, prefix in _PREFIXES:
        if abs(value) >= scale:
            return f"{value / scale:.{digits}g} {prefix}{unit}".rstrip()
    return f"{value:.{digits}g} {unit}".rstrip()
