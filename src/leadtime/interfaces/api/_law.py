"""Routes of the law: determinations, status over time, planes, tables, headroom, coverage."""

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response

from leadtime import rules
from leadtime.errors import BadInputError
from leadtime.interfaces.answers import Answer
from leadtime.interfaces.answers import law as answers
from leadtime.interfaces.api._asked import Buyer, ClassifyAsked, PlaneAsked, Quantity, TimelineAsked
from leadtime.interfaces.api._facts import desk
from leadtime.interfaces.api._names import amendments_named, chip_named, item_of_spec, plain_name

router = APIRouter(tags=["rules"])

To = Annotated[str, Query(min_length=2, max_length=60)]
Hq = Annotated[str | None, Query(min_length=2, max_length=60)]
Posture = Literal["enforced", "text"]
Bills = Annotated[list[str], Query(max_length=8, description="Pending bills taken as law.")]
Chips = Annotated[list[str], Query(max_length=24)]
Book = Literal["us_ear", "prc"]


def law(bills: list[str]) -> rules.Book:
    """Return the US book, with bills taken as law."""
    book = rules.book("us_ear")
    return book.amend(*amendments_named(bills)) if bills else book


def request_of(asked: Buyer, on: date) -> rules.Request:
    """Return the transaction that a body describes."""
    return rules.Request(
        to=asked.to,
        on=on,
        hq=asked.hq,
        origin=asked.origin,
        consignee=asked.consignee,
        end_use=asked.end_use,
        certified=asked.certified,
        posture=asked.posture,
        owned_by=tuple(rules.Owner(name=owner.name, share_frac=owner.share_frac) for owner in asked.owned_by),
        quantity=asked.quantity,
        us_content_frac=asked.us_content_frac,
        direct_product=asked.direct_product,
    )


def buyer(to: str, hq: str | None, on: date, posture: str, *, certified: bool = False) -> rules.Request:
    """Return the transaction that a query describes."""
    named = (plain_name("country", to), None if hq is None else plain_name("country", hq))
    return rules.Request(to=named[0], on=on, hq=named[1], certified=certified, posture=posture)


@router.post("/classify", summary="Is this item controlled, for this buyer, on this date, and by how much?")
def classify(request: Request, asked: ClassifyAsked) -> Response:
    """The determination with every test that led to it."""

    def make() -> Answer:
        when = asked.on or date.today()
        found = rules.determine(law(asked.bills), item_of_spec(asked.item), request_of(asked, when))
        return answers.determination(found)

    return desk(request).serve("classify", asked, make)


@router.post("/rules/timeline", summary="The status of an item over time")
def timeline(request: Request, asked: TimelineAsked) -> Response:
    """Spans of one status each, with the event that began each."""

    def make() -> Answer:
        book, item = law(asked.bills), item_of_spec(asked.item)
        return answers.timeline(book, item, request_of(asked, date.today()), since=asked.since, until=asked.until)

    return desk(request).serve("timeline", asked, make)


@router.get("/rules/plane", summary="The law over two properties of a chip on a day")
def plane(
    request: Request,
    on: date | None = None,
    to: To = "CN",
    x: Quantity = "tpp",
    y: Quantity = "performance_density",
    hq: Hq = None,
    posture: Posture = "enforced",
    certified: bool = False,
    bill: Bills = [],  # noqa: B006
) -> Response:
    """Regions of one outcome each, and the chips of the catalogue that existed by then with their own status."""

    def make() -> Answer:
        return _plane(law(bill), buyer(to, hq, on or date.today(), posture, certified=certified), x, y)

    return desk(request).serve("plane", [on, to, x, y, hq, posture, certified, bill], make)


@router.post("/rules/plane", summary="The law over two properties of a chip, for a transaction as of a determination")
def plane_for(request: Request, asked: PlaneAsked) -> Response:
    """As above, for everything that a determination may know of the buyer, and under the same bills."""

    def make() -> Answer:
        return _plane(law(asked.bills), request_of(asked, asked.on or date.today()), asked.x, asked.y)

    return desk(request).serve("plane/for", asked, make)


def _plane(book: rules.Book, wanted: rules.Request, x: str, y: str) -> Answer:
    if x == y:
        raise BadInputError("A plane needs two different quantities.", hint="Choose another for one of the axes.")
    return answers.plane(book, wanted, x, y)


@router.get("/rules/matrix", summary="The status of chips by dates")
def matrix(
    request: Request,
    chip: Chips = [],  # noqa: B006
    day: Annotated[list[date], Query(max_length=24)] = [],  # noqa: B006
    to: To = "CN",
    hq: Hq = None,
    posture: Posture = "enforced",
    certified: bool = False,
    bill: Bills = [],  # noqa: B006
) -> Response:
    """A telling choice of chips and the days of change where none are named."""

    def make() -> Answer:
        items = [rules.item_of(chip_named(name)) for name in chip or answers.TELLING]
        wanted = buyer(to, hq, date.today(), posture, certified=certified)
        return answers.matrix(law(bill), items, wanted, day)

    return desk(request).serve("matrix", [chip, day, to, hq, posture, certified, bill], make)


@router.get("/rules/headroom", summary="The best chip that could be sold without a licence")
def headroom(
    request: Request,
    on: date | None = None,
    to: To = "CN",
    hq: Hq = None,
    posture: Posture = "enforced",
    notify: bool = False,
    die_area_mm2: Annotated[list[Annotated[float, Query(gt=0, le=100_000)]], Query(max_length=8)] = [],  # noqa: B006
    bill: Bills = [],  # noqa: B006
) -> Response:
    """One design per die area; one, two and four exposure fields where none is named."""

    def make() -> Answer:
        wanted = buyer(to, hq, on or date.today(), posture)
        return answers.headroom(law(bill), wanted, die_areas_mm2=die_area_mm2, notify=notify)

    return desk(request).serve("headroom", [on, to, hq, posture, notify, die_area_mm2, bill], make)


@router.get("/rules/coverage", summary="What a book covers and what it was checked against")
def coverage(request: Request, book: Book = "us_ear") -> Response:
    """Provision by provision."""
    return desk(request).serve("coverage", book, lambda: answers.coverage(book))


@router.get("/rules/instruments", summary="The instruments with their dates")
def instruments(request: Request, book: Book = "us_ear") -> Response:
    """Announced, published, in effect, to be complied with, stayed, not enforced."""
    return desk(request).serve("instruments", book, lambda: answers.instruments(book))


@router.get("/rules/bills", summary="Pending bills: what-ifs, never law")
def bills(request: Request) -> Response:
    """Names to put into ``bills`` of a determination."""
    return desk(request).serve("bills", None, answers.bills)


@router.get("/rules/diff", summary="What differs between two days")
def diff(
    request: Request,
    before: date,
    after: date,
    to: To = "CN",
    hq: Hq = None,
    posture: Posture = "enforced",
    certified: bool = False,
    bill: Bills = [],  # noqa: B006
) -> Response:
    """Provisions, limits, country groups and chips."""

    def make() -> Answer:
        return answers.diff(law(bill), before, after, buyer(to, hq, after, posture, certified=certified))

    return desk(request).serve("diff", [before, after, to, hq, posture, certified, bill], make)
