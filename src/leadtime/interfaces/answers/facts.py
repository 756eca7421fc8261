"""Answers about what is in the catalogue: chips, models, sources, scenarios, levers, parameters."""

from collections.abc import Sequence
from typing import Any

from leadtime.interfaces.answers._answer import Answer

__all__ = [
    "CHIP_FIELDS",
    "chip",
    "chips",
    "comparison",
    "levers",
    "model",
    "models",
    "parameters",
    "scenarios",
    "source",
    "sources",
]

CHIP_FIELDS = (
    "id", "name", "vendor", "country_of_design", "family", "status", "release_date", "tpp", "performance_density", "memory_type",
    "memory_byte", "memory_bandwidth_gb_s", "scale_up_byte_per_s", "power_w", "launch_price_usd", "datacenter_marketed",
    "h100e_training_ratio", "h100e_decode_ratio", "missing",
)  # fmt: skip
"""What a list of chips says of each."""
SOURCE_FIELDS = ("id", "title", "publisher", "published", "url", "accessed", "licence", "note")


def chips(records: Sequence[dict[str, Any]], *, with_sources: bool = False) -> Answer:
    """Answer which chips there are; ``with_sources`` puts the source of each value beside it, as a page that links them needs."""
    fields = (*CHIP_FIELDS, "sources") if with_sources else CHIP_FIELDS
    rows = [{name: record[name] for name in fields} for record in records]
    cited = {record["sources"][name] for record in records for name in CHIP_FIELDS if name in record["sources"]}
    return Answer(data={"n_chips": len(rows), "chips": rows}, sources=cited)


def chip(record: dict[str, Any]) -> Answer:
    """Answer what a datasheet says and what follows from it."""
    return Answer(data=record, sources={*record["sources"].values(), *(row["source"] for row in record["disputed"])})


def comparison(found: dict[str, Any]) -> Answer:
    """Answer how chips compare with the first of them."""
    return Answer(data=found, sources={one for record in found["chips"] for one in record["sources"].values()})


def models(rows: Sequence[dict[str, Any]]) -> Answer:
    """Answer which models there are."""
    cited = {one for row in rows for one in row["sources"]}
    return Answer(data={"n_models": len(rows), "models": list(rows)}, sources=cited)


def model(record: dict[str, Any]) -> Answer:
    """Answer what a model is made of."""
    return Answer(data=record, sources=record["sources"])


def sources(find: str | None = None, table: str | None = None) -> Answer:
    """Answer which sources there are, all or those with a text in them or cited by a table."""
    from leadtime.catalog import list_sources, uses_of

    chosen = list_sources(find=find, table=table)
    rows = [
        {
            "id": one.id,
            "title": one.title,
            "publisher": one.publisher or None,
            "url": one.url or None,
            "published": one.published or None,
            "n_uses": len(uses_of(one.id)),
        }
        for one in chosen
    ]
    return Answer(data={"n_sources": len(rows), "sources": rows}, sources=[one.id for one in chosen])


def source(name: str) -> Answer:
    """Answer what a source is and what cites it."""
    from leadtime.catalog import find_source, uses_of

    one = find_source(name)
    uses = [
        {"where": use.where, "row": use.row, "column": use.column, "locator": use.locator or None}
        for use in uses_of(one.id)
    ]
    facts = {field: getattr(one, field) or None for field in SOURCE_FIELDS}
    return Answer(data={**facts, "n_uses": len(uses), "used_by": uses}, sources=[one.id])


def scenarios() -> Answer:
    """Answer which scenarios come with leadtime."""
    from leadtime import study

    found = study.scenarios()
    rows = [
        {
            "name": one.name,
            "title": one.title,
            "text": one.text,
            "base": list(one.lineage[:-1]),
            "position": one.position.model_dump() if one.position else None,
        }
        for one in found
    ]
    return Answer(data=rows, sources={source_id for one in found for source_id in one.sources})


def levers() -> Answer:
    """Answer what a scenario may set apart from the text of the rules."""
    from leadtime import study

    return Answer(data=study.lever_table())


def parameters() -> Answer:
    """Answer which parameters are uncertain, with name in words, prior, unit, meaning and source."""
    from leadtime import study

    found = study.parameter_table()
    return Answer(
        data=[{**row, "label": row["name"].replace("_", " ")} for row in found],
        sources={row["source"] for row in found},
    )
