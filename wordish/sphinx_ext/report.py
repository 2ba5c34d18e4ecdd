"""``wordish-report``: a table of the articles and their states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment
from sphinx.errors import NoUri
from sphinx.util.docutils import SphinxDirective

from wordish.reporters.words import duration
from wordish.sphinx_ext import project
from wordish.sphinx_ext.state import Calendar, Kind, State, entry_of, words


class Row(NamedTuple):
    """One article of a report."""

    docname: str
    title: str
    state: State


class report(nodes.General, nodes.Element):  # noqa: N801 - docutils' nodes are named so
    """Where the table will stand; ``patterns`` choose the articles."""


class Report(SphinxDirective):
    """``.. wordish-report::``, of all articles, or of those that patterns such as ``howto/*`` name."""

    optional_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """A place for the table: the other articles may not have been read yet."""
        project.depend(self.env.docname, self.env, project.known(self.env))
        patterns = self.arguments[0].split() if self.arguments else ["*"]
        project.pages(self.env).reports.add(self.env.docname)
        return [report(patterns=patterns)]


def rows(env: BuildEnvironment, patterns: Sequence[str] = ("*",)) -> list[Row]:
    """The articles, in order of their names: the pages with sessions, and those of the record."""
    now, pages = project.known(env), project.pages(env)
    return [
        Row(
            docname=docname,
            title=env.titles[docname].astext() if docname in env.titles else docname,
            state=project.state_of(docname, env, now),
        )
        for docname in sorted(env.found_docs)
        if (docname in pages.with_sessions or entry_of(env.doc2path(docname), now.record, now.file))
        and any(fnmatchcase(docname, pattern) for pattern in patterns)
    ]


def connect(app: Sphinx) -> None:
    """Have the tables made, and all that says a state written again when that has changed."""
    app.add_node(report)
    app.connect("env-updated", _changed)
    app.connect("doctree-resolved", _fill)


def _changed(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages that said other states when this builder wrote them: others may have read them since."""
    pages = project.pages(env)
    if not pages.shows:
        return []
    now, everything = project.known(env), rows(env) if pages.reports else []
    said: dict[str, object] = {
        docname: (
            [project.state_of(article, env, now) for article in sorted(articles)],
            everything if docname in pages.reports else [],
        )
        for docname, articles in pages.shows.items()
    }
    builder = f"{app.builder.name}:{app.outdir}"
    then, pages.written[builder] = pages.written.get(builder, {}), said
    return sorted(docname for docname in said if then.get(docname) != said[docname])


def _fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    for place in list(doctree.findall(report)):
        found = rows(app.env, place["patterns"])
        calendar = project.known(app.env).calendar
        place.replace_self([_summary(found), _table(found, calendar, docname, app.builder)])


def _summary(found: Sequence[Row]) -> nodes.Node:
    """How many articles are in which state."""
    counts = Counter(row.state.kind for row in found)
    said = {
        Kind.VERIFIED: "verified",
        Kind.CHANGED: "changed since",
        Kind.NEVER: "never verified",
        Kind.FAILED: "failed",
    }
    parts = [f"{counts[kind]} {text}" for kind, text in said.items() if counts[kind]]
    text = f"{len(found)} article{'' if len(found) == 1 else 's'}: {', '.join(parts) or 'none'}."
    return nodes.paragraph("", text)


def _table(found: Sequence[Row], calendar: Calendar, docname: str, builder: Builder) -> nodes.Node:
    head = ("Article", "State", "Steps", "Time", "Where", "wordish")
    group = nodes.tgroup("", cols=len(head))
    group += [nodes.colspec("", colwidth=width) for width in (30, 25, 8, 10, 15, 10)]
    group += nodes.thead("", _row(head))
    group += nodes.tbody("", *(_row(_cells(row, calendar, docname, builder)) for row in found))
    return nodes.table("", group, classes=["wordish-report"])


def _cells(row: Row, calendar: Calendar, docname: str, builder: Builder) -> list[nodes.Node | str]:
    entry = row.state.entry
    classes = ["wordish-state", f"wordish-{row.state.kind}"]
    said = nodes.inline("", words(row.state, calendar), classes=classes)
    if entry is None:
        return [_link(row, docname, builder), said, "", "", "", ""]
    steps = str(sum(entry.steps.values()))
    return [_link(row, docname, builder), said, steps, duration(entry.elapsed), entry.target, entry.wordish]


def _row(cells: Sequence[Any]) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        inside = nodes.Text(cell) if isinstance(cell, str) else cell
        row += nodes.entry("", nodes.paragraph("", "", inside))
    return row


def _link(row: Row, docname: str, builder: Builder) -> nodes.Node:
    """The title, leading to the article where this builder knows a way."""
    try:
        uri = builder.get_relative_uri(docname, row.docname)
    except NoUri:
        uri = ""
    if not uri:
        return nodes.Text(row.title)
    return nodes.reference("", row.title, internal=True, refuri=uri)
