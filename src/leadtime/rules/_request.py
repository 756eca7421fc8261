"""The transaction asked about."""

from dataclasses import dataclass
from datetime import date

from leadtime.errors import BadInputError

__all__ = ["END_USES", "Request"]

END_USES = ("commercial", "datacenter", "research", "military", "supercomputer", "advanced_fab", "wmd", "remote_access")
"""What ``end_use`` may be; None says nothing and counts as none of the prohibited ones; with
``remote_access`` the item stays where it is and only its use is rented out."""


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
        Where the buyer or its ultimate parent has its headquarters; if not given, that of the consignee where the register
        of parties knows it, else the destination.
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
    """

    to: str
    on: date
    hq: str | None = None
    origin: str = "US"
    consignee: str | None = None
    end_use: str | None = None
    certified: bool | None = False
    posture: str = "enforced"

    def __post_init__(self) -> None:
        if self.posture not in ("enforced", "text"):
            raise BadInputError(f"There is no posture {self.posture!r}.", hint="Use enforced or text.")
        if self.end_use is not None and self.end_use not in END_USES:
            raise BadInputError(f"There is no end use {self.end_use!r}.", hint=f"One of: {', '.join(END_USES)}.")
