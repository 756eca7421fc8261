"""What the law permits, quarter by quarter, as the world model takes it: shares of days, caps and allocations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from leadtime.arrays import Array
from leadtime.errors import BadInputError
from leadtime.rules._facts import facts_of_request
from leadtime.rules._items import Item, find_item
from leadtime.rules._request import Request
from leadtime.rules.engine import Book, Outcome, Review, determine_many
from leadtime.rules.engine import Parameter as Limit
from leadtime.rules.engine._dates import NEVER

__all__ = ["CATEGORIES", "LARGE_DIE", "STACK", "Actor", "Permissions", "permissions", "quarter_bounds"]

CATEGORIES = (
    "not_required",
    "notify",
    "approval",
    "case_by_case",
    "denial",
    "refused",
    "practice_open",
    "practice_closed",
    "unstated",
    "unknown",
)
"""How a sale stands: free, after notification, or by licence under a stated policy, known practice, or nothing known."""

STACK = Item(name="HBM2E stack", kind="hbm", facts={"bandwidth_density_gb_s_mm2": 4.2})
"""A stack of 460 GB/s on 110 mm², from which accelerators have been built since 2023: above both limits of the 2024 rule."""
LARGE_DIE = Item(
    name="large accelerator die",
    kind="die",
    facts={
        "tpp": 2300.0,
        "performance_density": 2.8,
        "datacenter_marketed": True,
        "n_transistors": 50e9,
        "advanced_node": True,
        "has_hbm": True,
        "seller": "fabricator",
        "packager": "other",
        "packaged_in_embargoed": True,
    },
)
"""A die of an unapproved designer, within the limits by its own figures, packaged at home: what the foundry rule is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """A buyer whose permissions are asked for.

    Parameters
    ----------
    name : str
        For labels.
    to : str
        Destination, ISO 3166 alpha-2.
    hq : str, optional
        Headquarters, if not in the destination.
    certified : bool
        Whether certifications and the volume cap of the January 2026 rule are met where it asks for them; the cap itself
        stands in :attr:`Permissions.cap_frac`.
    """

    name: str
    to: str
    hq: str | None = None
    origin: str = "US"
    end_use: str | None = None
    certified: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """Shares of the days of each quarter; the axes are (actor, chip, quarter) unless said otherwise."""

    actors: tuple[str, ...]
    chips: tuple[str, ...]
    quarters: tuple[str, ...]
    share: Mapping[str, Array]
    """By category: share of days [frac]; over all categories they add up to one."""
    cap_frac: Array
    """Cap on sales as a share of US volume while review is case by case under it [frac]; NaN where there is none."""
    allocation_tpp: Array
    """(actor, quarter): installed base that may be licensed to the country in all [tpp]; NaN where there is none."""
    import_share: Array
    """(actor, chip, quarter): share of days on which Beijing lets the chip in; 1 for destinations elsewhere [frac]."""
    memory_share: Array
    """(actor, quarter): share of days on which a stack as :data:`STACK` needs no licence [frac]."""
    foundry_share: Array
    """(actor, quarter): share of days on which a die as :data:`LARGE_DIE` needs no licence [frac]."""
    remote_share: Array
    """(actor, quarter): share of days on which renting the use of a frontier chip abroad needs no licence [frac]."""

    def free_share(self) -> Array:
        """Return the share of days on which no licence is needed, a notification included [frac]."""
        return self.share["not_required"] + self.share["notify"]


def permissions(
    book: Book,
    chips: Sequence[str | Item],
    actors: Sequence[Actor],
    quarters: Sequence[str],
    *,
    posture: str = "enforced",
    imports: Book | None = None,
    stack: Item = STACK,
    die: Item = LARGE_DIE,
) -> Permissions:
    """Return what may be sold to whom in each quarter.

    Parameters
    ----------
    book : Book
        The law, as it stands or amended.
    chips : sequence of str or Item
        Catalogue names, chip files, or items.
    actors : sequence of Actor
        The buyers.
    quarters : sequence of str
        ``2023Q1`` and so on, in any order.
    posture : str
        ``enforced`` or ``text``.
    imports : Book, optional
        What Beijing lets in; the book ``prc`` if not given.
    stack, die : Item
        The memory and the foundry die that stand for their kinds.

    Examples
    --------
    >>> from leadtime.rules import Actor, book, permissions
    >>> found = permissions(book("us_ear"), ["h800"], [Actor(name="PRC", to="CN")], ["2023Q3", "2023Q4", "2024Q1"])
    >>> found.share["not_required"].round(2).tolist()
    [[[1.0, 0.24, 0.0]]]
    """
    if imports is None:
        from leadtime.rules.books import book as book_named

        imports = book_named("prc")
    items = [chip if isinstance(chip, Item) else find_item(chip) for chip in chips]
    for item in items:
        if item.kind != "chip":
            raise BadInputError(
                f"{item.name} is no chip, but of the kind {item.kind}.",
                hint="Memory and dies have series of their own.",
            )
    days = _Days.of(book, quarters)
    import_days = _Days.of(imports, quarters)
    shape = (len(actors), len(items), len(quarters))
    share = {category: np.zeros(shape) for category in CATEGORIES}
    cap, let_in = np.full(shape, np.nan), np.ones(shape)
    for row, actor in enumerate(actors):
        for column, item in enumerate(items):
            outcome, review = _by_era(book, item, actor, posture, days)
            category = _category(outcome, review)
            for number, name in enumerate(CATEGORIES):
                share[name][row, column] = days.share(category == number)
            cap[row, column] = _cap(book, item, actor, days, review)
            if actor.to.upper() == "CN":
                stopped, _ = _by_era(imports, item, actor, posture, import_days)
                let_in[row, column] = import_days.share(stopped <= Outcome.NOT_REQUIRED)
    frontier = find_item("h100")
    return Permissions(
        actors=tuple(actor.name for actor in actors),
        chips=tuple(item.name for item in items),
        quarters=tuple(quarters),
        share=share,
        cap_frac=cap,
        allocation_tpp=np.array([_allocation(book, actor, posture, days) for actor in actors]).reshape(
            len(actors), len(quarters)
        ),
        import_share=let_in,
        memory_share=_free(book, stack, actors, posture, days),
        foundry_share=_free(book, die, actors, posture, days),
        remote_share=_free(book, frontier, [_remote(actor) for actor in actors], posture, days),
    )


@dataclass(frozen=True, slots=True)
class _Days:
    """Overlap of eras and quarters."""

    starts: Array
    overlap: Array
    """(era, quarter): days of the quarter that lie in the era [count]."""
    length: Array
    """(quarter,): days of the quarter [count]."""

    @classmethod
    def of(cls, book: Book, quarters: Sequence[str]) -> "_Days":
        starts = book.compiled("enforced").starts
        ends = np.append(starts[1:], NEVER)
        first, last = np.array([quarter_bounds(quarter) for quarter in quarters], dtype=np.int64).reshape(-1, 2).T
        overlap = np.minimum(ends[:, None], last[None, :]) - np.maximum(starts[:, None], first[None, :])
        return cls(starts, np.maximum(overlap, 0), np.maximum(last - first, 1))

    @property
    def weights(self) -> Array:
        """Share of each quarter's days in each era [frac]."""
        return self.overlap / self.length

    def share(self, eras: Array) -> Array:
        """Return the share of each quarter's days that lie in the eras marked."""
        result: Array = (
            np.where(eras, 1, 0) @ self.overlap / self.length
        )  # whole days are summed, so a full quarter is exactly one
        return result


def quarter_bounds(quarter: str) -> tuple[int, int]:
    """Return first day and day after the last of a quarter as ordinals.

    Examples
    --------
    >>> from datetime import date
    >>> [date.fromordinal(day).isoformat() for day in quarter_bounds("2024Q4")]
    ['2024-10-01', '2025-01-01']
    """
    text = quarter.strip().upper().replace("-", "")
    year, _, number = text.partition("Q")
    if not (year.isdigit() and len(year) == 4 and number in {"1", "2", "3", "4"}):
        raise BadInputError(f"{quarter!r} is no quarter.", hint="Write quarters as 2023Q1.")
    month = 3 * int(number) - 2
    following = (int(year), month + 3) if month < 10 else (int(year) + 1, 1)
    return date(int(year), month, 1).toordinal(), date(*following, 1).toordinal()


def _by_era(book: Book, item: Item, actor: Actor, posture: str, days: _Days) -> tuple[Array, Array]:
    request = Request(
        to=actor.to,
        on=book.frame.verified_on,
        hq=actor.hq,
        origin=actor.origin,
        end_use=actor.end_use,
        certified=actor.certified,
        posture=posture,
    )
    _, facts, _ = facts_of_request(book, request)
    known = {name: value for name, value in item.facts.items() if name in book.frame.facts}
    found = determine_many(book, item.kind, on=days.starts, posture=posture, **{**known, **facts})
    return found.outcome, found.review


def _category(outcome: Array, review: Array) -> Array:
    licence = {
        Review.NONE: "unstated",
        Review.PRACTICE_OPEN: "practice_open",
        Review.PRACTICE_CLOSED: "practice_closed",
        Review.PRESUMPTION_OF_APPROVAL: "approval",
        Review.CASE_BY_CASE: "case_by_case",
        Review.PRESUMPTION_OF_DENIAL: "denial",
        Review.REFUSED: "refused",
        Review.UNKNOWN: "unknown",
    }
    table = np.array([CATEGORIES.index(licence[code]) for code in Review])
    category = np.where(outcome == Outcome.REQUIRED, table[review], CATEGORIES.index("unknown"))
    category = np.where(outcome == Outcome.NOTIFY, CATEGORIES.index("notify"), category)
    return np.where(outcome <= Outcome.NOT_REQUIRED, CATEGORIES.index("not_required"), category)


def _cap(book: Book, item: Item, actor: Actor, days: _Days, review: Array) -> Array:
    """Return the volume cap in quarters in which the case-by-case lane that carries it is open."""
    limit: Limit | None = book.parameters.get("review.volume_cap_frac")
    if limit is None:
        return np.full(days.weights.shape[1], np.nan)
    steps = [limit.at(int(start)) for start in days.starts]
    value = np.array([np.nan if step is None or step.value is None else step.value for step in steps])
    capped = (review == Review.CASE_BY_CASE) & ~np.isnan(value) & (actor.to.upper() in {"CN", "HK", "MO"})
    weight = days.weights * capped[:, None]
    total = weight.sum(axis=0)
    mean = (weight * np.where(capped, value, 0.0)[:, None]).sum(axis=0) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, mean, np.nan)


def _allocation(book: Book, actor: Actor, posture: str, days: _Days) -> Array:
    """Return the country allocation of the diffusion framework where that is in force and the country has one."""
    name, rule = "diffusion.country_allocation_tpp", book.rules.get("diffusion-2025")
    if rule is None or name not in book.parameters:
        return np.full(days.weights.shape[1], np.nan)
    places = book.registers["places"]
    to = actor.to.upper()
    result = np.full(days.weights.shape[1], np.nan)
    for era, start in enumerate(days.starts):
        step = book.parameters[name].at(int(start))
        outside = places.belongs(to, "diffusion_allies", int(start)) or places.belongs(to, "d5_macau", int(start))
        if step is not None and step.value is not None and rule.in_force(int(start), posture) and not outside:
            result = np.where(days.weights[era] > 0, step.value, result)
    return result


def _free(book: Book, item: Item, actors: Sequence[Actor], posture: str, days: _Days) -> Array:
    rows = [days.share(_by_era(book, item, actor, posture, days)[0] <= Outcome.NOT_REQUIRED) for actor in actors]
    return np.array(rows).reshape(len(actors), days.weights.shape[1])


def _remote(actor: Actor) -> Actor:
    """Return the same buyer renting the use of chips that stay in a country outside the groups."""
    return Actor(
        name=actor.name,
        to="SG",
        hq=actor.hq or actor.to,
        origin=actor.origin,
        end_use="remote_access",
        certified=actor.certified,
    )
