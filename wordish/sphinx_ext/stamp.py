"""What a page says of an article's last check: the directive ``verified``, the role ``wordish``."""

from __future__ import annotations

from typing import ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.util import docname_join
from sphinx.util.docutils import ReferenceRole, SphinxDirective
from sphinx.util.typing import OptionSpec

from wordish.sphinx_ext import project
from wordish.sphinx_ext.state import Kind, packages, sentence, words


class Verified(SphinxDirective):
    """``.. verified::``, the stamp of this article, or of the one that is named."""

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[OptionSpec | None] = {"no-packages": directives.flag}

    def run(self) -> list[nodes.Node]:
        """A container with a sentence, and with the versions of the packages in a second one."""
        env = self.env
        docname = docname_join(env.docname, self.arguments[0]) if self.arguments else env.docname
        if docname not in env.found_docs:
            project.tell(f"no such article: {docname}", kind="article", location=self.get_location())
            return []
        now = project.known(env)
        project.depend(env.docname, env, now, [docname])
        state = project.state_of(docname, env, now)
        stamp = nodes.container("", classes=["wordish-stamp", f"wordish-{state.kind}"])
        stamp += nodes.paragraph("", sentence(state, now.calendar))
        listed = packages(state.entry) if state.entry and state.kind is Kind.VERIFIED else ""
        if listed and "no-packages" not in self.options:
            stamp += nodes.paragraph("", f"It ran {listed}.", classes=["wordish-packages"])
        self.set_source_info(stamp)
        return [stamp]


class Mention(ReferenceRole):
    """``:wordish:`howto/lvm```, the state of another article in a few words that lead to it.

    With a title, ``:wordish:`LVM <howto/lvm>```, the title leads there and the words follow.
    """

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """A link, and the state in it or in parentheses behind it."""
        env = self.env
        docname = docname_join(env.docname, self.target)
        if docname not in env.found_docs:
            project.tell(f"no such article: {docname}", kind="article", location=self.get_location())
            return [nodes.inline(self.rawtext, self.title)], []
        now = project.known(env)
        project.depend(env.docname, env, now, [docname])
        state = project.state_of(docname, env, now)
        said = words(state, now.calendar)
        classes = ["wordish-state", f"wordish-{state.kind}"]
        if self.has_explicit_title:
            spoken = nodes.inline("", said, classes=classes)
            return [self._link(docname, self.title), nodes.Text(" ("), spoken, nodes.Text(")")], []
        return [nodes.inline("", "", self._link(docname, said), classes=classes)], []

    def _link(self, docname: str, text: str) -> nodes.Node:
        link = addnodes.pending_xref(
            "",
            nodes.inline("", text),
            refdomain="std",
            reftype="doc",
            reftarget=f"/{docname}",
            refdoc=self.env.docname,
            refexplicit=True,
            refwarn=True,
        )
        self.set_source_info(link)
        return link
