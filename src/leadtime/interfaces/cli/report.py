"""`leadtime report`: the main job."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from leadtime.errors import OutOfRangeError
from leadtime.interfaces.cli import _show
from leadtime.interfaces.cli._progress import stages

if TYPE_CHECKING:
    from leadtime.claims import Dossier

app = typer.Typer(add_completion=False)


@app.command()
def report(
    draws: Annotated[int, typer.Option("--draws", help="Draws of the uncertain inputs.")] = 4000,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the draws.")] = 1,
    out: Annotated[Path, typer.Option("--out", help="Folder for the page, the figures and the results.")] = Path("out"),
    lang: Annotated[str, typer.Option("--lang", help="Language of the page: en or ja.")] = "en",
    form: Annotated[str, typer.Option("--format", help="Format of the page: html, md or pdf.")] = "html",
    as_json: _show.Json = False,
) -> None:
    """Simulate the baseline and the counterfactuals, judge all claims, and write one self-contained page."""
    if not 100 <= draws <= 200_000:
        raise OutOfRangeError(
            f"--draws {draws} is outside what a report is made for.",
            hint="Use 100 to 200,000; `leadtime simulate` takes more.",
        )
    from leadtime import files, reports
    from leadtime.claims import compile_dossier

    folder = files.output_folder(out)
    reports.check_options(language=lang, form=form)
    with stages() as tell:
        dossier = compile_dossier(draws=draws, seed=seed, out=folder / "results", tell=tell)
        command = f"leadtime report --draws {draws} --seed {seed}" + (f" --lang {lang}" if lang != "en" else "")
        written = reports.write_report(dossier, folder, language=lang, form=form, command=command, tell=tell)
    data = {
        "out": str(folder),
        "page": str(written["page"]),
        "headline": dossier.headline,
        "variants": dossier.variants,
        "differences": dossier.differences,
        "claims": {entry.claim.id: entry.verdict.verdict for entry in dossier.claims},
    }
    _show.show(
        data,
        lambda console: _render(console, dossier, data),
        as_json=as_json,
        sources=dossier.sources,
        as_of=dossier.as_of,
        seed=seed,
    )


def _render(console: Console, dossier: "Dossier", data: dict[str, Any]) -> None:
    from leadtime import reports

    page = reports.compose(dossier, language="en", command="")
    console.print(
        _show.table(
            page.title,
            [page.key.columns[0], *((name, "right") for name in page.key.columns[1:])],
            page.key.rows,
            caption=page.key.caption,
        )
    )
    for sentence in page.headline:
        console.print(f"\n{sentence}", markup=False)
    if dossier.claims:
        counts: dict[str, int] = {}
        for entry in dossier.claims:
            counts[entry.verdict.verdict] = counts.get(entry.verdict.verdict, 0) + 1
        console.print(
            f"\n{len(dossier.claims)} claims judged: "
            + ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
        )
    console.print(f"\n[bold]Page:[/] {data['page']}", soft_wrap=True)
    if not sys.stdout.isatty():
        return
    console.print("Open it in a browser; it needs no network.")
