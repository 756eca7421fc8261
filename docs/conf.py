"""The documentation as a site: `make docs`. Pages are the Markdown files beside this one; the reference is read from docstrings."""

from importlib import import_module
from importlib.metadata import version as installed_version
from pathlib import Path

project = "leadtime"
author = "The leadtime developers"
project_copyright = "The leadtime developers"
version = release = installed_version("leadtime")

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence", "dollarmath"]
myst_heading_anchors = 3
suppress_warnings = [
    "myst.xref_missing",  # pages also link to files of the checkout, which no site holds
    "ref.python",  # one name may stand on several floors
]

autodoc_typehints = "none"  # docstrings state types, shapes and units
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "imported-members": True}
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True

for page in Path(__file__).with_name("reference").glob("*.md"):  # floors look their names up when first used
    if page.stem != "index":
        floor = import_module(f"leadtime.{page.stem}")
        vars(floor).update({name: getattr(floor, name) for name in getattr(floor, "__all__", ())})

html_theme = "furo"
html_title = f"leadtime {release}"
html_show_sourcelink = False
exclude_patterns = ["images"]


def setup(app):
    """Keep what stands before a colon in the text of an attribute from being read as its type."""

    def begin_with_text(_app, what, _name, _object, _options, lines):
        if what in {"attribute", "data", "property"} and lines:
            lines[:0] = ["..", ""]

    app.connect("autodoc-process-docstring", begin_with_text, priority=400)
