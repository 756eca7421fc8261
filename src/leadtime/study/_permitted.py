"""What the rule books permit, as arrays over the quarters."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from leadtime import catalog, rules, world
from leadtime.errors import BadFileError, UnknownNameError, shorten
from leadtime.study._quarters import N_INTERVALS, bound_date, parse_date, quarter_label

__all__ = ["BOOKS", "OUTCOME_OF", "Permitted", "permitted", "rule_sources"]

Floats = NDArray[np.float64]

BOOKS = ("us_ear", "prc")
"""What the US lets out, and what Beijing lets in."""

OUTCOME_OF: Mapping[str, str | None] = {
    "not_required": "free",
    "notify": "notify",
    "approval": "notify",  # a licence that is a formality passes like a notification
    "practice_open": "notify",
    "case_by_case": "case_by_case",
    "denial": "denial",
    "unstated": "denial",  # the letters of 2022 and 2023 named no policy, and no licence under them is known
    "unknown": "denial",
    "refused": None,
    "practice_closed": None,
}
"""How a determination of the books acts in the world model; None lets nothing through."""


@dataclass(frozen=True, kw_only=True)
class Permitted:
    """Permissions of one set of books, in the shapes of :class:`leadtime.world.Policy`.

    Parameters
    ----------
    open_share : ndarray, shape (outcome, class, interval)
        Share of the days on which each outcome holds.
    us_volume_frac : ndarray, shape (class, interval)
        Cap on sales as a share of those to US users; infinite without one.
    fee_frac, import_permission, offshore, hbm, foundry : ndarray, shape (interval,)
    region_cap : ndarray, shape (region, interval)
    """

    open_share: Floats
    us_volume_frac: Floats
    fee_frac: Floats
    import_permission: Floats
    offshore: Floats
    hbm: Floats
    foundry: Floats
    region_cap: Floats

    @classmethod
    def everything(cls) -> "Permitted":
        """Return what holds without any rule."""
        share = np.zeros((len(world.OUTCOMES), len(world.LEGAL_CLASSES), N_INTERVALS))
        share[0] = 1.0
        ones = np.ones(N_INTERVALS)
        return cls(
            open_share=share,
            us_volume_frac=np.full((len(world.LEGAL_CLASSES), N_INTERVALS), np.inf),
            fee_frac=np.zeros(N_INTERVALS),
            import_permission=ones,
            offshore=ones,
            hbm=ones,
            foundry=ones,
            region_cap=np.ones((len(world.REGIONS), N_INTERVALS)),
        )


def permitted(amendments: Sequence[Mapping[str, Any]]) -> Permitted:
    """Return what the rule books permit with some amendments.

    Parameters
    ----------
    amendments : sequence of mapping
        Amendments as :mod:`leadtime.rules` reads them, or pending bills (``bill``, ``enacted``); the key ``book`` names another
        book than ``us_ear``.

    Raises
    ------
    BadInputError
        If an amendment names what does not exist, or two of them conflict.
    """
    return _permitted(json.dumps(_plain(amendments), sort_keys=True))


def rule_sources(amendments: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return the ids of the sources of the rules in the books, amended."""
    books = _books(json.dumps(_plain(amendments), sort_keys=True))
    return tuple(
        sorted(
            {
                reference.source
                for book in books.values()
                for rule in book.rules.values()
                for reference in rule.references
            }
        )
    )


@lru_cache(maxsize=32)
def _books(amendments: str) -> dict[str, rules.Book]:
    documents = json.loads(amendments)
    for document in documents:
        if document.get("book", BOOKS[0]) not in BOOKS:
            raise UnknownNameError.among("book", str(document["book"]), BOOKS)
    return {
        name: rules.book(name).amend(
            *(
                _amendment(document, number)
                for number, document in enumerate(documents, start=1)
                if document.get("book", BOOKS[0]) == name
            )
        )
        for name in BOOKS
    }


def _amendment(document: Mapping[str, Any], number: int) -> rules.Amendment:
    """Return an amendment from its document, or a pending bill by its name with the day of its enactment."""
    rest = {key: value for key, value in document.items() if key != "book"}
    if "bill" not in rest:
        return rules.amendment_of(rest, f"amendment {number}")
    unknown = set(rest) - {"bill", "enacted"}
    if unknown:
        raise BadFileError(
            f"amendment {number}: a bill has no {shorten(sorted(unknown)[0])!r}.", hint="Keys: bill, enacted."
        )
    enacted = parse_date(rest["enacted"]) if "enacted" in rest else None
    return rules.bill(str(rest["bill"]), enacted=enacted)


@lru_cache(maxsize=32)
def _permitted(amendments: str) -> Permitted:
    books = _books(amendments)
    classes = catalog.document("leadtime.study", "classes.yaml")
    chips = [classes[kind]["chip"] for kind in world.LEGAL_CLASSES]
    quarters = [quarter_label(interval) for interval in range(N_INTERVALS)]
    found = rules.permissions(
        books["us_ear"], chips, [rules.Actor(name="PRC", to="CN", hq="CN")], quarters, imports=books["prc"]
    )
    on_sale = np.stack([_since(classes[kind]["from"]) for kind in world.LEGAL_CLASSES])
    share = np.zeros((len(world.OUTCOMES), len(world.LEGAL_CLASSES), N_INTERVALS))
    for category, outcome in OUTCOME_OF.items():
        if outcome is not None:
            share[world.OUTCOMES.index(outcome)] += found.share[category][0]
    return Permitted(
        open_share=_while_on_sale(np.minimum(share, 1.0), on_sale),
        us_volume_frac=np.where(np.isnan(found.cap_frac[0]), np.inf, found.cap_frac[0]),
        fee_frac=np.zeros(N_INTERVALS),
        # Beijing's measures name single parts, those on offer at the time; the strictest of them stands for its attitude to all.
        import_permission=found.import_share[0].min(axis=0),
        offshore=found.remote_share[0],
        hbm=found.memory_share[0],
        foundry=found.foundry_share[0],
        region_cap=np.ones((len(world.REGIONS), N_INTERVALS)),
    )


def _while_on_sale(share: Floats, on_sale: Floats) -> Floats:
    """Return shares of the days on which a class is on sale as well.

    Where a class comes on sale within an interval in which its standing also changes, the days of both are not known apart: the standing
    of the interval after it is taken for the days on which it is on sale.
    """
    following = np.concatenate([share[..., 1:], share[..., -1:]], axis=-1)
    starting = (on_sale > 0) & (on_sale < 1)
    return np.where(starting, following, share) * on_sale


def _since(first: date | None) -> Floats:
    """Return the share of every interval from a day on."""
    if first is None:
        return np.zeros(N_INTERVALS)
    starts = np.array([bound_date(bound).toordinal() for bound in range(N_INTERVALS + 1)], dtype=float)
    return np.clip((starts[1:] - first.toordinal()) / np.diff(starts), 0.0, 1.0)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value
