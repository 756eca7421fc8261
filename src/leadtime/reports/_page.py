"""A page as data, and its rendering to one self-contained HTML file or to Markdown. Nothing is computed here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from leadtime import catalog
from leadtime.reports._charts import Figure

__all__ = ["ClaimEntry", "Page", "Section", "SourceEntry", "Table", "render_html", "render_markdown", "texts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with a caption; cells are text, numeric columns are right-aligned."""

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numeric: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the page."""

    id: str
    title: str
    paragraphs: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimEntry:
    """One judged statement, in words."""

    id: str
    title: str
    statement: str
    who: str
    verdict: str
    probability: str
    figure: str
    reason: str
    deciding: str
    why: str
    changes: str
    judgeable_on: date | None
    command: str
    method: str
    kind: str = "article"
    figures: Sequence[Figure] = ()
    tables: Sequence[Table] = ()
    caveats: Sequence[str] = ()
    source_ids: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceEntry:
    """One publication that fed the page."""

    id: str
    title: str
    publisher: str
    url: str
    published: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Everything on the page."""

    language: str
    title: str
    subtitle: str
    headline: Sequence[str]
    key: Table
    sections: Sequence[Section]
    claims: Sequence[ClaimEntry]
    sources: Sequence[SourceEntry]
    facts: Mapping[str, str] = field(default_factory=dict)
    """Version, data version, draws, seed, command: what it takes to make the page again."""
    limits: Sequence[str] = ()


def texts(language: str) -> Mapping[str, Any]:
    """Return the fixed words of the page in a language."""
    document: Mapping[str, Any] = catalog.document("leadtime.reports.texts", f"{language}.yaml")
    return document


def render_html(page: Page) -> str:
    """Return the page as one HTML file that needs nothing else: style and charts are inside, there is no script and no request."""
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("leadtime.reports", "templates"),
        autoescape=select_autoescape(default=True, default_for_string=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    known = {source.id for source in page.sources}
    return environment.get_template("page.html.j2").render(page=page, t=texts(page.language), known=known)


def render_markdown(page: Page) -> str:
    """Return the page as Markdown, with its tables and without its charts (they are files of their own)."""
    t = texts(page.language)
    colon, stop = t["numbers"]["colon"], t["numbers"]["stop"]
    out = [f"# {page.title}", "", page.subtitle, ""]
    out += [f"- {sentence}" for sentence in page.headline]
    out += ["", *_markdown_table(page.key)]
    for section in page.sections:
        out += [f"## {section.title}", ""]
        for paragraph in section.paragraphs:
            out += [paragraph, ""]
        for figure in section.figures:
            out += [
                f"![{figure.title}](figures/{figure.name}.svg)",
                "",
                f"*{figure.title}{stop.rstrip()}* {figure.caption}",
                "",
            ]
        for table in section.tables:
            out += _markdown_table(table)
    if page.claims:
        out += [f"## {t['claims']}", ""]
        for claim in page.claims:
            out += [
                f"### {claim.id} {claim.title}{colon}{t['verdicts'][claim.verdict]} (P = {claim.probability})",
                "",
                claim.statement,
                "",
            ]
            out += [
                f"{claim.figure}{stop}{claim.reason}",
                "",
                f"{t['why_test']}{colon}{claim.why}",
                "",
                f"{t['changes']}{colon}{claim.changes}",
                "",
            ]
            out += [f"`{claim.command}`", ""]
    out += [f"## {t['limits']}", "", *(f"- {limit}" for limit in page.limits), ""]
    out += [f"## {t['sources']}", ""]
    out += [f"- `{s.id}` {s.title}. {s.publisher} {s.published} {s.url}".rstrip() for s in page.sources]
    out += ["", f"## {t['reproduce']}", "", *(f"- {key}: {value}" for key, value in page.facts.items()), ""]
    return "\n".join(out)


def _markdown_table(table: Table) -> list[str]:
    head = "| " + " | ".join(table.columns) + " |"
    rule = "|" + "|".join("---:" if index in table.numeric else "---" for index in range(len(table.columns))) + "|"
    rows = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in table.rows]
    return [table.caption, "", head, rule, *rows, ""]
