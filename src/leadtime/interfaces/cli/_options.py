"""Options that several commands share."""

from datetime import date
from typing import Annotated

import typer

from leadtime.errors import BadInputError, shorten

__all__ = ["InChina", "OnDate", "PriceUsd", "RentalUsd", "day"]

OnDate = Annotated[str | None, typer.Option("--on", metavar="DATE", help="Date (ISO); today if not given.")]
RentalUsd = Annotated[
    float | None, typer.Option("--rental-usd-per-hour", help="Rental price of a chip-hour, instead of the catalogue's.")
]
PriceUsd = Annotated[
    float | None, typer.Option("--price-usd", help="Purchase price of a chip, instead of the catalogue's.")
]
InChina = Annotated[bool, typer.Option("--in-china", help="Prefer prices paid in China.")]


def day(text: str | None) -> date | None:
    """Return an ISO date, None if there is none."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"{shorten(text, 40)!r} is not a date.", hint="Write it as in 2024-06-01.") from None
