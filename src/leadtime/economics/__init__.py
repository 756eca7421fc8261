"""What compute costs: rental, ownership, energy, the full account of a training run, price per token.

Functions take values and arrays; prices and parameters are rows of the catalogue that the caller passes in.
"""

from leadtime.economics._account import AccountLine, account_lines, total_account
from leadtime.economics._ownership import Ownership, capital_recovery_factor, ownership_usd_per_hour, wall_power_w
from leadtime.economics._prices import PricePoint, PriceQuote, price_points, quote
from leadtime.economics._tokens import joule_per_token, usd_per_mtok

__all__ = [
    "AccountLine",
    "Ownership",
    "PricePoint",
    "PriceQuote",
    "account_lines",
    "capital_recovery_factor",
    "joule_per_token",
    "ownership_usd_per_hour",
    "price_points",
    "quote",
    "total_account",
    "usd_per_mtok",
    "wall_power_w",
]
