"""Routes of facts: chips, models, sources, accuracy, calibration, hindcast."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from leadtime.interfaces.answers import Answer, facts, method
from leadtime.interfaces.api._names import model_of, plain_name
from leadtime.interfaces.api._serve import Desk

router = APIRouter()

Named = Annotated[str, Path(min_length=1, max_length=120)]
Text = Annotated[str | None, Query(max_length=120)]
Context = Annotated[int, Query(ge=1, le=16_000_000)]


def desk(request: Request) -> Desk:
    """Return the desk of this server."""
    found: Desk = request.app.state.desk
    return found


@router.get("/chips", tags=["chips"], summary="List accelerators")
def list_chips(request: Request, vendor: Text = None, country: Text = None, family: Text = None) -> Response:
    """All accelerators of the catalogue with their main figures, each with the id of its source."""
    from leadtime import chips

    def make() -> Answer:
        chosen = chips.list_chips(vendor=vendor, country=country, family=family)
        return facts.chips([chips.describe_chip(chip) for chip in chosen], with_sources=True)

    return desk(request).serve("chips", [vendor, country, family], make)


@router.get("/chips/compare", tags=["chips"], summary="Set accelerators side by side")
def compare_chips(
    request: Request, chip: Annotated[list[str], Query(min_length=2, max_length=8, description="Two to eight names.")]
) -> Response:
    """Records of several accelerators, and each number relative to that of the first."""
    from leadtime import chips

    def make() -> Answer:
        return facts.comparison(chips.compare_chips([plain_name("chip", name) for name in chip]))

    return desk(request).serve("chips/compare", chip, make)


@router.get("/chips/{name}", tags=["chips"], summary="Show one accelerator")
def show_chip(request: Request, name: Named) -> Response:
    """The datasheet with the source of every value, and what follows from it."""
    from leadtime import chips

    return desk(request).serve("chip", name, lambda: facts.chip(chips.describe_chip(plain_name("chip", name))))


@router.get("/models", tags=["models"], summary="List model architectures")
def list_models(
    request: Request, search: Annotated[str, Query(max_length=120)] = "", context: Context = 4096
) -> Response:
    """All models of the catalogue with parameters, cache and work per token at a context."""
    from leadtime import workloads

    def make() -> Answer:
        return facts.models(workloads.list_models(search=search, context=context))

    return desk(request).serve("models", [search, context], make)


@router.get("/models/{name}", tags=["models"], summary="Show one model architecture")
def show_model(request: Request, name: Named, context: Context = 4096) -> Response:
    """Parameters, cache and work per token, layers, sources."""
    from leadtime import workloads

    def make() -> Answer:
        return facts.model(workloads.describe_model(model_of(name), context=context))

    return desk(request).serve("model", [name, context], make)


@router.get("/sources", tags=["sources"], summary="List sources")
def list_sources(request: Request, find: Text = None, table: Text = None) -> Response:
    """All sources, or those with a text in them, or those that a table cites."""

    def make() -> Answer:
        return facts.sources(find, None if table is None else plain_name("table", table))

    return desk(request).serve("sources", [find, table], make)


@router.get("/sources/{name}", tags=["sources"], summary="Show one source")
def show_source(request: Request, name: Named) -> Response:
    """A source, and every row that cites it."""
    return desk(request).serve("source", name, lambda: facts.source(plain_name("source", name)))


@router.get("/accuracy/{kind}", tags=["accuracy"], summary="Error of the estimator against measurements")
def accuracy(request: Request, kind: Annotated[str, Path(pattern="^(training|inference)$")]) -> Response:
    """Median error, coverage and bias over the packaged measurements; the rows stay with the command line."""
    from leadtime import study

    return desk(request).serve("accuracy", kind, lambda: method.accuracy(study.accuracy(kind), with_rows=False))


@router.get("/calibration", tags=["method"], summary="Prior, posterior and evidence side by side")
def calibration(request: Request) -> Response:
    """What evidence did to the model, row by row and parameter by parameter."""
    from leadtime.study import calibration

    return desk(request).serve("calibration", None, lambda: method.calibration(calibration.calibrate()))
