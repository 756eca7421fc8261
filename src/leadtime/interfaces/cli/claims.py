"""`leadtime claims`: published statements, computed and judged."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from leadtime.errors import BadInputError, UnknownNameError, shorten
from leadtime.interfaces.cli import _show

if TYPE_CHECKING:
    from leadtime.claims import Claim, Judged

app = typer.Typer(add_completion=False)


@app.command()
def claims(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID|FILE ...]",
            help="Claims by id, or claim files; none means all. Also: `new FILE`, `questions [NAME]`, `check FILE`.",
        ),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Another argument for the computation.")
    ] = None,
    on: Annotated[str | None, typer.Option("--on", metavar="DATE", help="The same as --set on=DATE.")] = None,
    scenario: Annotated[
        str | None, typer.Option("--scenario", metavar="NAME", help="The same as --set scenario=NAME.")
    ] = None,
    as_json: _show.Json = False,
) -> None:
    """Judge published statements: the article's 29 claims, claims from elsewhere, and your own files."""
    words = list(ids or [])
    if words and words[0] == "new":
        return _new(words[1:], as_json)
    if words and words[0] == "questions":
        return _questions(words[1:], as_json)
    if words and words[0] == "check":
        return _check(words[1:], as_json)
    return _judge(words, _arguments(settings, on, scenario), as_json)


def _arguments(settings: Sequence[str] | None, on: str | None, scenario: str | None) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    for setting in settings or ():
        key, equals, value = setting.partition("=")
        if not equals or not key.strip():
            raise BadInputError(f"--set {shorten(setting)!r} is not KEY=VALUE.", hint="For example: --set chip=b30a")
        arguments[key.strip()] = value.strip()
    if on is not None:
        arguments["on"] = on
    if scenario is not None:
        arguments["scenario"] = scenario
    return arguments


def _judge(names: list[str], arguments: dict[str, Any], as_json: bool) -> None:
    from leadtime.claims import judge, load_claim, packaged_claims
    from leadtime.interfaces.cli._progress import progress

    wanted = [load_claim(name) for name in dict.fromkeys(names)] if names else list(packaged_claims().values())
    wanted = [_with(claim, arguments, strict=bool(names)) for claim in wanted]
    judged: list[Judged] = []
    with progress("Judging claims", total=len(wanted)) as advance:
        for claim in wanted:
            judged.append(judge(claim))
            advance()
    data = [entry.as_contract() for entry in judged]
    sources = {source for entry in data for source in entry["sources"]}
    _show.show(data, lambda console: _render(console, judged), as_json=as_json, sources=sources)


def _with(claim: "Claim", arguments: dict[str, Any], *, strict: bool) -> "Claim":
    """Return the claim with the arguments that its question has; a named claim must have them all."""
    from leadtime.study import questions

    known = questions.get(claim.compute.question).arguments
    unknown = [key for key in arguments if key not in known]
    if unknown and strict:
        error = UnknownNameError.among("argument", unknown[0], known)
        hint = error.hint if error.hint.startswith("Did you mean") else f"It has: {', '.join(known)}."
        raise UnknownNameError(f"Claim {claim.id} has no argument {shorten(unknown[0])!r}.", hint=hint)
    return claim.with_arguments({key: value for key, value in arguments.items() if key in known})


VERDICT_STYLE = {"supported": "green", "contradicted": "red", "depends": "yellow", "unresolved": "cyan"}


def _render(console: Console, judged: Sequence["Judged"]) -> None:
    from leadtime.reports import bounds_words

    if len(judged) == 1:
        _render_one(console, judged[0])
        return
    rows = []
    for entry in judged:
        style = VERDICT_STYLE[entry.verdict.verdict]
        rows.append(
            [
                entry.claim.id,
                entry.claim.title,
                f"[{style}]{entry.verdict.verdict}[/]",
                f"{entry.verdict.probability:.2f}",
                bounds_words(entry.figure),
            ]
        )
    console.print(_show.table("Claims", ["id", "claim", "verdict", ("P", "right"), "figure (80 % range)"], rows))
    console.print("P: probability over draws and spillover variants. `leadtime claims ID` shows one in full.")


def _render_one(console: Console, entry: "Judged") -> None:
    from leadtime.reports import bounds_words, cell_words

    claim, verdict = entry.claim, entry.verdict
    console.print(f"[bold]{claim.id}  {claim.title}[/]")
    console.print(f"{claim.statement} [dim]({claim.who})[/]\n")
    console.print(
        f"[{VERDICT_STYLE[verdict.verdict]} bold]{verdict.verdict}[/], probability {verdict.probability:.2f}. {entry.reason}."
    )
    for name in entry.answer.figures:
        from leadtime.claims._judge import figure_of

        figure = figure_of(entry.answer, name)
        console.print(f"  {figure['label']}: {bounds_words(figure)}")
    if len(verdict.by_variant) > 1:
        console.print(
            "  by spillover variant: " + ", ".join(f"{name} {value:.2f}" for name, value in verdict.by_variant.items())
        )
    if verdict.deciding_assumption:
        console.print(f"  what it turns on most: {verdict.deciding_assumption}")
    console.print()
    if claim.why_this_test:
        console.print(f"[bold]Why this test[/] {claim.why_this_test}")
    if claim.changes_it:
        console.print(f"[bold]What would change it[/] {claim.changes_it}")
    if claim.judgeable_on:
        console.print(f"[bold]Can be judged from[/] {claim.judgeable_on}")
    if entry.answer.rows:
        keys = list(entry.answer.rows[0])
        shown = entry.answer.rows[:24]
        console.print(_show.table("", keys, [[cell_words(row.get(key), key) for key in keys] for row in shown]))
        if len(entry.answer.rows) > len(shown):
            console.print(f"… {len(entry.answer.rows) - len(shown)} more rows with --json")
    for caveat in entry.answer.caveats:
        console.print(f"[dim]Note: {caveat}[/]")
    arguments = ", ".join(f"{key}={value}" for key, value in claim.compute.arguments.items()) or "defaults"
    console.print(f"[dim]Computed by {claim.compute.question} ({arguments}). {entry.answer.method}[/]")


def _questions(names: list[str], as_json: bool) -> None:
    from leadtime.claims import describe_question
    from leadtime.study import questions

    data = [describe_question(name, figures=bool(names)) for name in (names or questions.names())]

    def render(console: Console) -> None:
        for entry in data:
            console.print(f"[bold]{entry['name']}[/]  {entry['summary']}")
            for key, about in entry["arguments"].items():
                bounds = (
                    "" if about["low"] is None and about["high"] is None else f" [{about['low']} to {about['high']}]"
                )
                console.print(f"    {key}={about['default']}  {about['text']}{bounds}", markup=False)
            for key, figure in entry.get("figures", {}).items():
                unit = f" [{figure['unit']}]" if figure["unit"] else ""
                console.print(f"    figure {key}: {figure['label']}{unit}", markup=False)
        if not names:
            console.print("`leadtime claims questions NAME` adds the figures that a test can use.")

    _show.show(data, render, as_json=as_json)


def _one_path(words: list[str], what: str) -> Path:
    if len(words) != 1:
        raise BadInputError(
            f"`leadtime claims {what}` takes one file.", hint=f"For example: leadtime claims {what} my_claim.yaml"
        )
    return Path(words[0])


def _new(words: list[str], as_json: bool) -> None:
    from leadtime import files
    from leadtime.claims._template import TEMPLATE

    path = _one_path(words, "new")
    if path.exists():
        raise BadInputError(f"{path} exists already.", hint="Name a new file.")
    files.write_text(path, TEMPLATE)
    _show.show(
        {"path": str(path)},
        lambda console: console.print(f"Wrote {path}. Edit it, then: leadtime claims {path}"),
        as_json=as_json,
    )


def _check(words: list[str], as_json: bool) -> None:
    from leadtime.claims import load_claim, try_out

    path = _one_path(words, "check")
    claim = load_claim(str(path))
    try_out(claim, path.name)
    _show.show({"id": claim.id, "valid": True}, lambda console: console.print(f"{claim.id} is valid."), as_json=as_json)
