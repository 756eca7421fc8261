"""`leadtime classify`: whether an item is controlled, for this buyer, on this date, and by how much."""

from dataclasses import replace
from typing import Annotated

import typer

from leadtime.interfaces.cli import _rules, _show

app = typer.Typer(add_completion=False)


@app.command()
def classify(
    to: _rules.To,
    chip: Annotated[str | None, typer.Argument(metavar="[CHIP]", help="A name (h100, rtx 5090d), or a file.")] = None,
    spec: Annotated[
        str | None,
        typer.Option(
            "--spec", metavar="FILE", help="YAML or JSON with kind: chip, system, hbm, weights, die or technology."
        ),
    ] = None,
    on: _rules.On = None,
    hq: _rules.Hq = None,
    origin: _rules.From = "US",
    consignee: _rules.Consignee = None,
    end_use: _rules.EndUse = None,
    certified: _rules.Certified = False,
    owned_by: Annotated[
        list[str] | None,
        typer.Option(
            "--owned-by",
            metavar="NAME:SHARE",
            help="An owner of the buyer and its share (SMIC:0.5; the name alone if the share is not known); may be repeated.",
        ),
    ] = None,
    quantity: Annotated[
        int | None,
        typer.Option("--quantity", metavar="N", help="Units for this buyer in the calendar year, for limits on many."),
    ] = None,
    us_content: Annotated[
        float | None,
        typer.Option(
            "--us-content",
            metavar="SHARE",
            help="Of an item made abroad: controlled US content as a share of its value (0.2), for the de minimis rule.",
        ),
    ] = None,
    direct_product: Annotated[
        bool | None,
        typer.Option(
            "--direct-product/--no-direct-product",
            help="Of an item made abroad: whether a product rule is met; open if not given.",
        ),
    ] = None,
    posture: _rules.Posture = "enforced",
    amend: _rules.Amend = None,
    every_test: Annotated[
        bool, typer.Option("--all-tests", help="Show the tests of provisions that do not apply too.")
    ] = False,
    as_json: _show.Json = False,
) -> None:
    """Determine the status of an item under the US Export Administration Regulations, with every test that led to it."""
    from leadtime import rules
    from leadtime.errors import BadInputError
    from leadtime.interfaces.answers import law

    if (chip is None) == (spec is None):
        raise BadInputError(
            "Name either a chip or a spec file.", hint="leadtime classify h100 --to CN, or --spec item.yaml --to CN."
        )
    item = rules.find_item(chip) if chip is not None else rules.item_from_file(str(spec))
    asked = replace(
        _rules.request(to, _rules.day(on), hq, origin, consignee, end_use, certified, posture),
        owned_by=tuple(rules.owner_of(text) for text in owned_by or ()),
        quantity=quantity,
        us_content_frac=us_content,
        direct_product=direct_product,
    )
    found = rules.determine(_rules.law(amend), item, asked)
    _show.answer(
        law.determination(found),
        lambda console: _rules.print_determination(console, found, every_test=every_test),
        as_json=as_json,
    )
