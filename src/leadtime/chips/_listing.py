"""Choosing and ordering accelerators of the catalogue."""

import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from leadtime.chips._chip import FORMATS, MATRIX_FORMATS, Chip
from leadtime.chips._derived import decode_ratio_h100, performance_density, tpp, training_ratio_h100
from leadtime.chips._loading import all_chips, datasheet_rows
from leadtime.errors import BadInputError, UnknownNameError, shorten

__all__ = ["SORT_KEYS", "first_day", "last_day", "list_chips"]

SORT_KEYS: dict[str, Callable[[Chip], Any]] = {
    "name": lambda chip: chip.name.casefold(),
    "vendor": lambda chip: (chip.vendor or "").casefold(),
    "date": lambda chip: chip.release_date,
    "tpp": lambda chip: tpp(chip).value,
    "density": lambda chip: performance_density(chip).value,
    "training": lambda chip: training_ratio_h100(chip).value,
    "decode": lambda chip: decode_ratio_h100(chip).value,
    "memory": lambda chip: chip.memory.capacity_byte,
    "bandwidth": lambda chip: chip.memory.bandwidth_byte_per_s,
    "scale-up": lambda chip: chip.links.scale_up_byte_per_s,
    "power": lambda chip: chip.power_w,
    "price": lambda chip: chip.launch_price_usd,
}
"""Names by which a list can be sorted; numbers and dates go from the largest to the smallest, unknown last."""

ALPHABETICAL = {"name", "vendor"}


def first_day(text: str | None) -> date | None:
    """Return the first day of a year, a month or a date written in ISO form; None for None.

    Examples
    --------
    >>> first_day("2024-07"), last_day("2024")
    (datetime.date(2024, 7, 1), datetime.date(2024, 12, 31))
    """
    return None if text is None else _day(text, "-01-01")


def last_day(text: str | None) -> date | None:
    """Return the last day of a year, a month or a date written in ISO form; None for None."""
    if text is None or len(text) == 10:
        return first_day(text)
    first = _day(text, "-01-01")
    months = 12 if len(text) == 4 else 1
    year, month = divmod(first.month - 1 + months, 12)
    return date(first.year + year, month + 1, 1) - timedelta(days=1)


def _day(text: str, rest: str) -> date:
    try:
        if re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text):
            return date.fromisoformat((text + rest)[:10])
    except ValueError:
        pass
    raise BadInputError(f"{shorten(repr(text))} is not a date.", hint="Write it as 2024, 2024-07 or 2024-07-01.")


def list_chips(
    *,
    vendor: str | None = None,
    country: str | None = None,
    family: str | None = None,
    status: str | None = None,
    since: date | None = None,
    until: date | None = None,
    has: Iterable[str] = (),
    datacenter: bool | None = None,
    sort: str | None = None,
    reverse: bool = False,
    limit: int | None = None,
) -> list[Chip]:
    """Return accelerators of the catalogue that meet every condition given.

    Parameters
    ----------
    vendor, country, family, status : str, optional
        As in the table, case does not matter; a country is an ISO 3166 alpha-2 code.
    since, until : date, optional
        First and last day of release; a part without a date meets neither.
    has : iterable of str
        Number formats with a known dense rate, each of which a part must have.
    datacenter : bool, optional
        Whether the part is designed or marketed for data centres.
    sort : str, optional
        One of :data:`SORT_KEYS`; the order of the table otherwise.
    reverse : bool
        Smallest first.
    limit : int, optional
        How many at most.

    Raises
    ------
    UnknownNameError
        If no part has the vendor, country, family or status, or no such format or order exists.

    Examples
    --------
    >>> [chip.id for chip in list_chips(vendor="nvidia", country="US", has=["fp8"], until=date(2023, 12, 31), sort="tpp", limit=2)]
    ['h100-sxm5-80gb', 'h800-sxm5-80gb']
    """
    chips = all_chips()
    conditions: list[Callable[[Chip], bool]] = []
    for what, wanted, read in (
        ("vendor", vendor, lambda chip: chip.vendor),
        ("country", country, lambda chip: chip.country_of_design),
        ("family", family, lambda chip: chip.family),
        ("status", status, _status),
    ):
        if wanted is not None:
            conditions.append(_equals(what, wanted, read, chips))
    conditions += [_has_format(fmt) for fmt in has]
    if since is not None:
        conditions.append(lambda chip: chip.release_date is not None and chip.release_date >= since)
    if until is not None:
        conditions.append(lambda chip: chip.release_date is not None and chip.release_date <= until)
    if datacenter is not None:
        conditions.append(lambda chip: chip.datacenter_marketed is datacenter)
    if limit is not None and limit < 0:
        raise BadInputError(f"limit is {limit}.", hint="Give a number from 0 up.")
    chosen = [chip for chip in chips if all(condition(chip) for condition in conditions)]
    return _ordered(chosen, sort, reverse=reverse)[:limit]


def _status(chip: Chip) -> str:
    return datasheet_rows()[chip.id]["status"]["value"]


def _equals(
    what: str, wanted: str, read: Callable[[Chip], str | None], chips: Iterable[Chip]
) -> Callable[[Chip], bool]:
    known = {value.casefold(): value for chip in chips if (value := read(chip))}
    if wanted.casefold() not in known:
        raise _unknown(what, wanted, sorted(known.values()))
    return lambda chip: (read(chip) or "").casefold() == wanted.casefold()


def _has_format(fmt: str) -> Callable[[Chip], bool]:
    name = fmt.casefold()
    if name not in {*FORMATS, *MATRIX_FORMATS}:
        raise _unknown("format", fmt, [*FORMATS, *MATRIX_FORMATS])
    return lambda chip: name in chip.peak_flop_per_s


def _ordered(chips: list[Chip], sort: str | None, *, reverse: bool) -> list[Chip]:
    if sort is None:
        return chips[::-1] if reverse else chips
    if sort not in SORT_KEYS:
        raise _unknown("order", sort, list(SORT_KEYS))
    key = SORT_KEYS[sort]
    known = sorted(
        (chip for chip in chips if key(chip) is not None), key=key, reverse=(sort not in ALPHABETICAL) != reverse
    )
    return known + [chip for chip in chips if key(chip) is None]


def _unknown(what: str, given: str, known: list[str]) -> UnknownNameError:
    near = UnknownNameError.among(what, given, known).hint
    hint = near if near.startswith("Did you mean") else f"There are: {', '.join(known)}."
    return UnknownNameError(f"No chip of the catalogue has the {what} {shorten(repr(given))}.", hint=hint)
