"""The report in a real browser: accessible, fits a phone, asks the network for nothing."""

from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from leadtime.claims import compile_dossier
    from leadtime.reports import write_report

    folder = tmp_path_factory.mktemp("report")
    dossier = compile_dossier(draws=300, seed=1, scenarios=("no_controls", "zero_leakage"))
    return write_report(dossier, folder)["page"]


@pytest.mark.parametrize("width", [360, 1100])
def test_it_fits_and_asks_for_nothing(browser: Any, report: Path, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.set_default_timeout(120_000)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(report.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert asked == [report.as_uri()]
    assert page.locator("svg.chart").count() == page.locator("figure").count()
    page.close()


def test_axe_finds_nothing(browser: Any, report: Path) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": 1100, "height": 900})
    page.set_default_timeout(120_000)
    page.goto(report.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((item, index) => { if (index < 6) item.open = true })")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    assert [violation["id"] for violation in found.response["violations"]] == []
    page.close()
