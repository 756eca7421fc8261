"""The report on disk: the page, its figures, the numbers behind them."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from leadtime import files
from leadtime.claims import Dossier
from leadtime.errors import BadInputError, MissingExtraError, shorten
from leadtime.reports._charts import Figure
from leadtime.reports._compose import compose
from leadtime.reports._page import Page, render_html, render_markdown
from leadtime.reports._words import languages

__all__ = ["FORMATS", "check_options", "write_report"]

FORMATS = ("html", "md", "pdf")


def check_options(*, language: str, form: str) -> None:
    """Refuse a language or a format that does not exist, or a format whose extra is missing, before anything is computed."""
    if language not in languages():
        raise BadInputError(
            f"The language {shorten(language)!r} is not known.", hint=f"It is one of: {', '.join(languages())}."
        )
    if form not in FORMATS:
        raise BadInputError(f"The format {shorten(form)!r} is not known.", hint=f"It is one of: {', '.join(FORMATS)}.")
    if form == "pdf" and find_spec("typst") is None:
        raise MissingExtraError.of("pdf", "The report as PDF")


def write_report(
    dossier: Dossier,
    out: Path,
    *,
    language: str = "en",
    form: str = "html",
    command: str = "leadtime report",
    tell: Callable[[str, int, int], None] = lambda *_: None,
) -> dict[str, Path]:
    """Write a report and return the paths of what was written.

    Parameters
    ----------
    dossier : Dossier
        Finished results.
    out : Path
        Folder: gets ``report.html`` (or ``.md``, ``.pdf``), ``figures/`` (SVG and PNG) and ``data/`` (CSV).
    language : str
        Language of the page, ``en`` or ``ja``; other than English, its name ends in the language.
    form : {'html', 'md', 'pdf'}
        Format of the page.
    command : str
        The command that makes the page again.
    """
    check_options(language=language, form=form)
    out = files.output_folder(out)
    page = compose(dossier, language=language, command=command)
    figures = [
        *(f for section in page.sections for f in section.figures),
        *(f for claim in page.claims for f in claim.figures),
    ]
    written: dict[str, Path] = {}
    suffix = "" if language == "en" else f".{language}"
    written["page"] = _page(page, figures, out / f"report{suffix}.{form}", form)
    drawn, data = files.output_folder(out / "figures"), files.output_folder(out / "data")
    for index, figure in enumerate(figures):
        tell("Writing figures", index, len(figures))
        files.write_text(drawn / f"{figure.name}{suffix}.svg", figure.svg())
        with files.writing(drawn / f"{figure.name}{suffix}.png") as aside:
            aside.write_bytes(figure.png())
        if figure.rows:
            files.write_text(data / f"{figure.name}{suffix}.csv", _csv(figure.rows))
    if dossier.claims:
        files.write_text(data / "claims.csv", _csv([_claim_row(entry.as_contract()) for entry in dossier.claims]))
    tell("Writing figures", len(figures), len(figures))
    written["figures"], written["data"] = drawn, data
    return written


def _page(page: Page, figures: Sequence[Figure], path: Path, form: str) -> Path:
    if form == "html":
        return files.write_text(path, render_html(page))
    if form == "md":
        return files.write_text(path, render_markdown(page))
    from leadtime.reports._pdf import render_pdf

    with files.writing(path) as aside:
        aside.write_bytes(render_pdf(page))
    return path


def _claim_row(entry: Mapping[str, Any]) -> dict[str, Any]:
    figure = entry["figure"]
    return {
        **{key: entry[key] for key in ("id", "title", "verdict", "probability", "deciding_assumption", "judgeable_on")},
        **{f"figure_{key}": figure[key] for key in ("label", "value", "low", "high", "level", "unit")},
        "reason": entry["reason"],
        "sources": ";".join(entry["sources"]),
    }


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    text = io.StringIO()
    names = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, fieldnames=names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: ("" if row.get(name) is None else row.get(name)) for name in names} for row in rows)
    return text.getvalue()
