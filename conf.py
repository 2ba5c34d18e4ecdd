"""Sphinx configuration: ``make html`` renders docs/ into _build/html."""

from sphinx.application import Sphinx

from wordish import __version__

project = "wordish"
author = "the wordish authors"
copyright = "2026, the wordish authors"
version = release = __version__

extensions = ["myst_parser", "sphinx_copybutton", "wordish.sphinx_ext"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3  # links from page to page may name a heading

nitpicky = True
highlight_language = "none"  # a block that names no language is shown as it is

# The page of the manual, as `man` shows it.
man_pages = [("reference/man", "wordish", "verify the shell sessions of articles", author, 1)]

html_theme = "furo"
html_title = f"wordish {__version__}"
html_copy_source = True
html_show_sphinx = False


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", rank_captions, priority=900)


def rank_captions(
    _app: Sphinx, _page: str, _template: str, context: dict[str, object], _tree: object
) -> None:
    """Say of which rank the captions of the navigation are, as WAI-ARIA wants of headings."""
    tree = str(context.get("furo_navigation_tree", ""))
    context["furo_navigation_tree"] = tree.replace(' role="heading"', ' role="heading" aria-level="2"')
