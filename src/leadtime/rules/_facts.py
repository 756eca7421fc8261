"""A request in the terms of a book: codes for names, defaults filled in, the consignee looked up."""

from difflib import get_close_matches
from typing import Any

from leadtime import catalog
from leadtime.errors import UnknownNameError, shorten
from leadtime.rules._request import Request
from leadtime.rules.books._registers import NOBODY, party_named, place_code
from leadtime.rules.engine import Book, Remark

__all__ = ["facts_of_request", "plain_remark", "with_defaults"]


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
    hq = _country(request.hq, "headquarters") if request.hq else party_hq or to
    asked = Request(
        to=to,
        on=request.on,
        hq=hq,
        origin=origin,
        consignee=request.consignee,
        end_use=request.end_use,
        certified=request.certified,
        posture=request.posture,
    )
    if request.on > book.frame.verified_on:
        remarks.append(
            plain_remark(
                "after the last check",
                f"The book was last verified on {book.frame.verified_on}; later changes are not known to it.",
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
    }
    facts = {name: value for name, value in every.items() if name in book.frame.facts}
    return asked, facts, tuple(remarks)


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
