"""A request in the terms of a book: codes for names, defaults filled in, the consignee looked up."""

import math
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from leadtime import catalog
from leadtime.errors import UnknownNameError, shorten
from leadtime.rules._coverage import sources_run_to
from leadtime.rules._request import Request
from leadtime.rules.books._registers import NOBODY, party_named, place_code
from leadtime.rules.engine import Book, Remark
from leadtime.rules.engine._facts import NOT_STATED

__all__ = ["facts_of_request", "plain_remark", "with_defaults"]

MAJORITY_FRAC = 0.5
"""An owner of more than this share is taken as the parent where no headquarters are given: a reading, not a rule's words."""


def facts_of_request(book: Book, request: Request) -> tuple[Request, dict[str, Any], tuple[Remark, ...]]:
    """Return the request with its defaults filled in, its facts as the book names them, and remarks on it."""
    remarks: list[Remark] = []
    to = _country(request.to, "destination")
    origin = _country(request.origin, "country of export")
    party, party_hq = NOBODY, None
    if request.consignee is not None and request.consignee.strip():
        found = party_named(request.consignee)
        if found is None:
            remarks.append(
                plain_remark(
                    "consignee not in the register",
                    f"{request.consignee!r} is not in the register of parties: nothing was screened.",
                )
            )
        else:
            party, party_hq = found
    owners = _owners(book, request)
    remarks += owners.remarks
    if request.hq:
        hq = _country(request.hq, "headquarters")
    elif party_hq is not None:
        hq = party_hq
    elif owners.parent_hq is not None:
        hq = owners.parent_hq
        remarks.append(
            plain_remark(
                "headquarters of the parent",
                f"An owner of more than half has its headquarters in {hq}: taken as those of the ultimate parent; give --hq if they lie elsewhere.",
            )
        )
    else:
        hq = to
    asked = replace(request, to=to, hq=hq, origin=origin)
    read_to = sources_run_to(book)
    if request.on > read_to:
        remarks.append(
            plain_remark(
                "after the last check",
                f"The book was last verified on {book.frame.verified_on}, from sources that run to {read_to}; later changes are not known to it.",
            )
        )
    abroad = origin != "US"
    if not abroad and (request.us_content_frac is not None or request.direct_product is not None):
        remarks.append(
            plain_remark(
                "US content not used",
                "What is in the United States is subject to the regulations whatever it holds (734.3(a)(1)): name the country that it is sent from (--from).",
            )
        )
    every = {
        "to": to,
        "hq": hq,
        "origin": origin,
        "consignee": party,
        "end_use": request.end_use or "unspecified",
        "certified": request.certified,
        "in_country": origin == to,
        "listed_ownership_known_frac": owners.listed_known_frac,
        "listed_ownership_open_frac": owners.listed_open_frac,
        "quantity_stated": request.quantity is not None,
        "us_content_stated": abroad and request.us_content_frac is not None,
        "us_content_frac": NOT_STATED if request.us_content_frac is None else request.us_content_frac,
        "direct_product": request.direct_product,
        "state_funded": request.end_use == "state_funded_datacenter",
    }
    facts = {name: value for name, value in every.items() if name in book.frame.facts}
    return asked, facts, tuple(remarks)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owners:
    """What the owners named come to."""

    listed_known_frac: float = NOT_STATED
    """Sum of the shares of parties of the Entity List."""
    listed_open_frac: float | None = 0.0
    """None where a listed owner's share is not known: then the sum above is a lower bound."""
    parent_hq: str | None = None
    remarks: tuple[Remark, ...] = ()


def _owners(book: Book, request: Request) -> _Owners:
    if not request.owned_by:
        return _Owners()
    shares, parent_hq = [], None
    strangers: list[str] = []
    for owner in request.owned_by:
        found = party_named(owner.name)
        if found is None:
            strangers.append(repr(shorten(owner.name)))
            continue
        party, headquarters = found
        if owner.share_frac is not None and owner.share_frac > MAJORITY_FRAC:
            parent_hq = headquarters
        if _is_listed(book, party, request):
            shares.append(owner.share_frac)
    text = f"Not in the register of parties, so not screened: {', '.join(strangers)}."
    return _Owners(
        listed_known_frac=round(math.fsum(share or 0.0 for share in shares), 12),
        listed_open_frac=None if None in shares else 0.0,
        parent_hq=parent_hq,
        remarks=(plain_remark("owners not in the register", text),) if strangers else (),
    )


def _is_listed(book: Book, party: str, request: Request) -> bool:
    parties = book.registers.get("parties")
    return (
        parties is not None
        and "entity_list" in parties.groups()
        and parties.belongs(party, "entity_list", request.on.toordinal())
    )


def with_defaults(book: Book, request: Request) -> Request:
    """Return a request with country names as codes, and with the headquarters that counts where none is given."""
    return facts_of_request(book, request)[0]


def plain_remark(name: str, text: str) -> Remark:
    return Remark(id=name, text=text, citation="", in_force_from=None, in_force_to=None, verified="")


def _country(text: str, what: str) -> str:
    code = place_code(text)
    if code is None:
        near = get_close_matches(
            text.strip().title(), [row["name"] for row in catalog.table("countries")], n=2, cutoff=0.6
        )
        hint = f"Did you mean {' or '.join(near)}?" if near else "Use a two-letter code of ISO 3166, such as CN."
        raise UnknownNameError(f"There is no country {shorten(text)!r} ({what}).", hint=hint)
    return code
