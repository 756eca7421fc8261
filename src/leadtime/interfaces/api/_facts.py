"""Routes of facts: chips, models, sources, what scenarios and levers there are, accuracy."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from leadtime.interfaces.api._names import chip_named, model_of, plain_name
from leadtime.interfaces.api._serve import Answer, Desk

router = APIRouter()

Named = Annotated[str, Path(min_length=1, max_length=120)]
Text = Annotated[str | None, Query(max_length=120)]

CHIP_FIELDS = (
    "id", "name", "vendor", "country_of_design", "family", "status", "release_date", "tpp", "performance_density", "memory_type",
    "memory_byte", "memory_bandwidth_gb_s", "scale_up_byte_per_s", "power_w", "launch_price_usd", "datacenter_marketed",
    "h100e_training_ratio", "h100e_decode_ratio", "missing", "sources",
)  # fmt: skip


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
        records = [chips.describe_chip(chip) for chip in chosen]
        rows = [{name: record[name] for name in CHIP_FIELDS} for record in records]
        sources = {record["sources"][name] for record in records for name in CHIP_FIELDS if name in record["sources"]}
        return Answer(data={"n_chips": len(rows), "chips": rows}, sources=sources)

    return desk(request).serve("chips", [vendor, country, family], make)


@router.get("/chips/compare", tags=["chips"], summary="Set accelerators side by side")
def compare_chips(
    request: Request, chip: Annotated[list[str], Query(min_length=2, max_length=8, description="Two to eight names.")]
) -> Response:
    """Records of several accelerators, and each number relative to that of the first."""
    from leadtime import chips

    def make() -> Answer:
        data = chips.compare_chips([chip_named(name).id for name in chip])
        return Answer(data=data, sources={one for record in data["chips"] for one in record["sources"].values()})

    return desk(request).serve("chips/compare", chip, make)


@router.get("/chips/{name}", tags=["chips"], summary="Show one accelerator")
def show_chip(request: Request, name: Named) -> Response:
    """The datasheet with the source of every value, and what follows from it."""
    from leadtime import chips

    def make() -> Answer:
        plain_name("chip", name)
        record = chips.describe_chip(name)
        return Answer(
            data=record, sources={*record["sources"].values(), *(row["source"] for row in record["disputed"])}
        )

    return desk(request).serve("chip", name, make)


@router.get("/models", tags=["models"], summary="List model architectures")
def list_models(
    request: Request,
    search: Annotated[str, Query(max_length=120)] = "",
    context: Annotated[int, Query(ge=1, le=16_000_000)] = 4096,
) -> Response:
    """All models of the catalogue with parameters, cache and work per token at a context."""
    from leadtime import workloads

    def make() -> Answer:
        rows = workloads.list_models(search=search, context=context)
        return Answer(
            data={"n_models": len(rows), "models": rows}, sources={one for row in rows for one in row["sources"]}
        )

    return desk(request).serve("models", [search, context], make)


@router.get("/models/{name}", tags=["models"], summary="Show one model architecture")
def show_model(request: Request, name: Named, context: Annotated[int, Query(ge=1, le=16_000_000)] = 4096) -> Response:
    """Parameters, cache and work per token, layers, sources."""
    from leadtime import workloads

    def make() -> Answer:
        data = workloads.describe_model(model_of(name), context=context)
        return Answer(data=data, sources=data["sources"])

    return desk(request).serve("model", [name, context], make)


@router.get("/sources", tags=["sources"], summary="List sources")
def list_sources(request: Request, find: Text = None, table: Text = None) -> Response:
    """All sources, or those with a text in them, or those that a table cites."""
    from leadtime import catalog

    def make() -> Answer:
        chosen = catalog.list_sources(find=find, table=None if table is None else plain_name("table", table))
        rows = [
            {
                "id": one.id,
                "title": one.title,
                "publisher": one.publisher or None,
                "url": one.url or None,
                "published": one.published or None,
                "n_uses": len(catalog.uses_of(one.id)),
            }
            for one in chosen
        ]
        return Answer(data={"n_sources": len(rows), "sources": rows}, sources=[one.id for one in chosen])

    return desk(request).serve("sources", [find, table], make)


@router.get("/sources/{name}", tags=["sources"], summary="Show one source")
def show_source(request: Request, name: Named) -> Response:
    """A source, and every row that cites it."""
    from leadtime import catalog

    def make() -> Answer:
        one = catalog.find_source(plain_name("source", name))
        fields = ("id", "title", "publisher", "published", "url", "accessed", "licence", "note")
        uses = [
            {"where": use.where, "row": use.row, "column": use.column, "locator": use.locator or None}
            for use in catalog.uses_of(one.id)
        ]
        facts = {field: getattr(one, field) or None for field in fields}
        return Answer(data={**facts, "n_uses": len(uses), "used_by": uses}, sources=[one.id])

    return desk(request).serve("source", name, make)


@router.get("/accuracy/{kind}", tags=["accuracy"], summary="Error of the estimator against measurements")
def accuracy(request: Request, kind: Annotated[str, Path(pattern="^(training|inference)$")]) -> Response:
    """Median error, coverage and bias over the packaged measurements; the rows stay with the command line."""
    from leadtime import study

    def make() -> Answer:
        report = study.accuracy(kind)
        answer = report.to_dict()
        return Answer(data={key: value for key, value in answer.items() if key != "rows"}, sources=report.source_ids)

    return desk(request).serve("accuracy", kind, make)


@router.get("/calibration", tags=["method"], summary="Prior, posterior and evidence side by side")
def calibration(request: Request) -> Response:
    """What evidence did to the model, row by row and parameter by parameter."""
    from leadtime.study import calibration

    def make() -> Answer:
        found = calibration.calibrate()
        return Answer(data=found.as_data(), sources=found.source_ids)

    return desk(request).serve("calibration", None, make)


@router.get("/hindcast", tags=["method"], summary="Later evidence against what was known by a date")
def hindcast(request: Request) -> Response:
    """Coverage and log score of predictions from data up to the end of 2024; takes some seconds the first time."""
    from leadtime.study import calibration

    def make() -> Answer:
        found = calibration.hindcast()
        return Answer(data=found.as_data(), sources=found.source_ids)

    return desk(request).serve("hindcast", None, make)
