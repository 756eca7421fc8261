"""The page as PDF through Typst: no browser, no system library."""

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from leadtime.reports._charts import Figure
from leadtime.reports._page import Page, Table, texts

__all__ = ["render_pdf"]

FONTS = '("New Computer Modern Sans", "Noto Sans CJK JP", "Liberation Sans", "DejaVu Sans", "Libertinus Serif")'

LINE_CM = 17.0
MOST_CM = 9.6
"""Height of a drawing, at most."""


def render_pdf(page: Page) -> bytes:
    """Return the page as a PDF document with its charts as vector graphics.

    Japanese needs a Japanese font on the machine (Noto Sans CJK JP or another that Typst finds).
    """
    import typst

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        figures = [*(f for s in page.sections for f in s.figures), *(f for c in page.claims for f in c.figures)]
        widths_cm = {}
        for figure in figures:
            svg = _plain_svg(figure)
            widths_cm[figure.name] = _width_cm(svg)
            (root / f"{figure.name}.svg").write_text(svg, encoding="utf-8")
        source = root / "page.typ"
        source.write_text(_source(page, widths_cm), encoding="utf-8")
        return bytes(typst.compile(str(source)))


def _plain_svg(figure: Figure) -> str:
    return re.sub(r"system-ui, ?", "", figure.svg())


def _width_cm(svg: str) -> float:
    """Return the width at which a drawing fills the line, or less, so that two fit on a page."""
    box = re.search(r'viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"', svg)
    return min(LINE_CM, MOST_CM * float(box[1]) / float(box[2])) if box else LINE_CM


def _text(words: object) -> str:
    """Return text that Typst sets as it stands."""
    escaped = re.sub(r"([\\#*_`$<>@\[\]~=+/-])", r"\\\1", str(words))
    return escaped.replace('"', '\\"')


def _table(table: Table) -> str:
    n = len(table.columns)
    align = ", ".join("right" if index in table.numeric else "left" for index in range(n))
    head = ", ".join(f"[*{_text(column)}*]" if column else "[]" for column in table.columns)
    body = ",\n".join(", ".join(f"[{_text(cell)}]" for cell in row) for row in table.rows)
    caption = f"#text(size: 8pt, fill: luma(35%))[{_text(table.caption)}]\n" if table.caption else ""
    return f"{caption}#text(size: 7.5pt)[#table(columns: {n}, align: ({align},), stroke: none, inset: (x: 4pt, y: 2.5pt), table.header({head}), table.hline(stroke: 0.5pt),\n{body})]\n"


def _figure(figure: Figure, width_cm: float) -> str:
    return (
        f'#block(breakable: false)[*{_text(figure.title)}* \\\n#image("{figure.name}.svg", width: {width_cm:.1f}cm, alt: "{_alt(figure.alternative)}")\n'
        f"#text(size: 8pt, fill: luma(35%))[{_text(figure.caption)}]]\n"
    )


def _alt(words: str) -> str:
    return words.replace("\\", "\\\\").replace('"', '\\"')


def _list(items: Sequence[str]) -> str:
    return "\n".join(f"- {_text(item)}" for item in items)


def _source(page: Page, widths_cm: Mapping[str, float]) -> str:
    t = texts(page.language)
    colon, stop = t["numbers"]["colon"], t["numbers"]["stop"].rstrip()
    out = [
        f'#set document(title: "{_alt(page.title)}")',
        f'#set text(font: {FONTS}, size: 9.5pt, lang: "{page.language}")',
        '#set page(paper: "a4", margin: 2cm, numbering: "1")',
        "#set par(justify: false)",
        f"= {_text(page.title)}",
        f"#text(size: 8.5pt, fill: luma(35%))[{_text(page.subtitle)}]",
        _list(page.headline),
        _table(page.key),
    ]
    for section in page.sections:
        out += [f"== {_text(section.title)}", *(_text(paragraph) + "\n" for paragraph in section.paragraphs)]
        out += [_figure(figure, widths_cm[figure.name]) for figure in section.figures] + [
            _table(table) for table in section.tables
        ]
    if page.claims:
        out += [f"== {_text(t['claims'])}", _text(t["claims_lead"])]
        for claim in page.claims:
            out += [
                f"=== {_text(claim.id)} {_text(claim.title)}{colon}{_text(t['verdicts'][claim.verdict])} (P = {_text(claim.probability)})",
                _text(claim.statement) + "\n",
                f"{_text(claim.figure)}{stop} {_text(claim.reason)}{stop}\n",
                *(_figure(figure, widths_cm[figure.name]) for figure in claim.figures),
                *(_table(table) for table in claim.tables),
                f"*{_text(t['why_test'])}{stop}* {_text(claim.why)}\n",
                f"*{_text(t['changes'])}{stop}* {_text(claim.changes)}\n",
                f"#text(size: 8pt)[{_text(claim.command)}]",
            ]
    out += [f"== {_text(t['limits'])}", _list(page.limits), f"== {_text(t['sources'])}"]
    out.append(
        "#text(size: 8pt)[\n"
        + "\n".join(f"- {_text(s.id)}: {_text(s.title)}. {_text(s.publisher)} {_text(s.url)}" for s in page.sources)
        + "\n]"
    )
    out += [f"== {_text(t['reproduce'])}", _list([f"{key}: {value}" for key, value in page.facts.items()])]
    return "\n\n".join(out)
