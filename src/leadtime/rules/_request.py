"""The transaction asked about."""

import math
from dataclasses import dataclass
from datetime import date

from leadtime.errors import BadInputError, OutOfRangeError, shorten

__all__ = ["END_USES", "Owner", "Request", "owner_of"]

END_USES = (
    "commercial",
    "datacenter",
    "state_funded_datacenter",
    "research",
    "military",
    "supercomputer",
    "advanced_fab",
    "wmd",
    "remote_access",
)
"""What ``end_use`` may be; None says nothing and counts as none of the prohibited ones; with
``remote_access`` the item stays where it is and only its use is rented out, and ``state_funded_datacenter`` is a data centre that
a government pays for in part or whole, which matters for the measures of China."""
MOST_UNITS = 10**12
"""Most units asked about at once."""
ROUNDING = 1e-9
"""By how much shares that add up to one may pass it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """An owner of the buyer, direct or indirect.

    Parameters
    ----------
    name : str
        Name or alias of a party in the table ``entities``, or any other name.
    share_frac : float, optional
        Share of the buyer that it holds [frac]; None if it is not known.
    """

    name: str
    share_frac: float | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise BadInputError("An owner needs a name.", hint="Write NAME:SHARE, for example SMIC:0.5.")
        share = self.share_frac
        if share is not None and (isinstance(share, bool) or not math.isfinite(share) or not 0 <= share <= 1):
            raise OutOfRangeError(
                f"The share of {shorten(self.name)} is {shorten(share)}.", hint="Write a fraction: 0.25 for a quarter."
            )


def owner_of(text: str) -> Owner:
    """Return the owner that ``NAME:SHARE`` means, or ``NAME`` where the share is not known.

    Examples
    --------
    >>> owner_of("SMIC:0.5")
    Owner(name='SMIC', share_frac=0.5)
    >>> owner_of("SMIC")
    Owner(name='SMIC', share_frac=None)
    """
    name, colon, share = text.rpartition(":")
    if not colon:
        return Owner(name=text.strip())
    try:
        return Owner(name=name.strip(), share_frac=float(share))
    except ValueError:
        raise BadInputError(
            f"{shorten(text)!r} states no share: {shorten(share)!r} is no number.",
            hint="Write NAME:SHARE with the share as a fraction, for example SMIC:0.5, or only the name if it is not known.",
        ) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Where an item goes, when, and to whom.

    Parameters
    ----------
    to : str
        Destination, ISO 3166 alpha-2 (``CN``). Hong Kong follows China, Macau stands alone.
    on : date
        Day of the export.
    hq : str, optional
        Where the buyer or its ultimate parent has its headquarters; if not given, that of the consignee, else of an owner of more
        than half, where the register of parties knows it, else the destination.
    origin : str
        Country the item is sent from (``--from``).
    consignee : str, optional
        Name or alias of a party in the table ``entities``.
    end_use : str, optional
        One of :data:`END_USES`.
    certified : bool, optional
        Whether the certifications and the volume cap of the January 2026 rule are met; None if it is not known.
    posture : str
        ``enforced``: what the agency applies; ``text``: what the rules say.
    owned_by : tuple of Owner
        Owners of the buyer, direct or indirect; empty where nobody named any, and then ownership is not judged.
    quantity : int, optional
        Units for this buyer in the calendar year [count]; limits on many units are not judged without it.
    us_content_frac : float, optional
        For an item made abroad: share of its value that is controlled US content, counted as 734.4 says [frac]; None where nobody
        says so, and then the item counts as subject to the regulations.
    direct_product : bool, optional
        For an item made abroad: whether it is the direct product of US technology or software, or of such a plant; None if unknown.
    """

    to: str
    on: date
    hq: str | None = None
    origin: str = "US"
    consignee: str | None = None
    end_use: str | None = None
    certified: bool | None = False
    posture: str = "enforced"
    owned_by: tuple[Owner, ...] = ()
    quantity: int | None = None
    us_content_frac: float | None = None
    direct_product: bool | None = None

    def __post_init__(self) -> None:
        if self.posture not in ("enforced", "text"):
            raise BadInputError(f"There is no posture {self.posture!r}.", hint="Use enforced or text.")
        if self.end_use is not None and self.end_use not in END_USES:
            raise BadInputError(f"There is no end use {self.end_use!r}.", hint=f"One of: {', '.join(END_USES)}.")
        if self.quantity is not None and (
            isinstance(self.quantity, bool)
            or not isinstance(self.quantity, int)
            or not 1 <= self.quantity <= MOST_UNITS
        ):
            raise OutOfRangeError(
                f"The quantity is {shorten(self.quantity)}.",
                hint=f"Give a whole number of units from 1 to {MOST_UNITS:,}.",
            )
        content = self.us_content_frac
        if content is not None and (isinstance(content, bool) or not math.isfinite(content) or not 0 <= content <= 1):
            raise OutOfRangeError(
                f"The share of US content is {shorten(content)}.", hint="Write a fraction: 0.25 for a quarter."
            )
        held = sum(owner.share_frac or 0.0 for owner in self.owned_by)
        if held > 1 + ROUNDING:
            raise OutOfRangeError(
                f"The owners hold {held:g} of the buyer together.",
                hint="Their shares cannot pass 1; name each owner once.",
            )
        names = [owner.name.strip().casefold() for owner in self.owned_by]
        if len(set(names)) < len(names):
            raise BadInputError("An owner is named twice.", hint="Add up its direct and indirect shares.")
