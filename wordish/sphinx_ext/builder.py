"""``sphinx-build -b wordish``: the project's articles are checked, and the build fails when one does."""

from __future__ import annotations

import os
from collections.abc import Iterable, Set
from contextlib import ExitStack
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from wordish import rundir
from wordish.checking import checking
from wordish.config import Settings
from wordish.errors import WordishError
from wordish.model import Diagnostic, Document, Event, Judged, Outcome, Planned, Said, Severity, Transcript
from wordish.process import interruptible
from wordish.reporters import words
from wordish.reporters.order import in_order
from wordish.reporters.style import Line
from wordish.runner import Wish, plan
from wordish.sphinx_ext import articles, settings

FAILED, TROUBLE = 1, 2
"""The build's status: an article is wrong; wordish could not tell."""

_logger = logging.getLogger(__name__)


class WordishBuilder(Builder):
    """Checks every article, or those that the command line names; writes nothing.

    Rendered pages decide what is checked: see `wordish.sphinx_ext.articles`.
    """

    name = "wordish"
    epilog = "What the articles show is true."
    allow_parallel = False  # Sphinx' own processes: articles have workers of theirs

    def __init__(self, app: Sphinx, env: BuildEnvironment) -> None:
        super().__init__(app, env)
        self._sphinx = app

    def get_outdated_docs(self) -> Set[str]:
        """All of them: what an article says may have become untrue without anybody touching it."""
        return self.env.found_docs

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:  # noqa: ARG002 - Sphinx' names
        """Nowhere: nothing is written."""
        return ""

    def prepare_writing(self, docnames: Set[str]) -> None:
        """Nothing to prepare."""

    def write_documents(self, docnames: Set[str]) -> None:
        """Read the articles, say what is wrong with them; when nothing is, check them."""
        rundir.sweep()
        try:
            found = settings.load(self.config.wordish_config, self.confdir)
            documents = [article for name in sorted(docnames) if (article := self._article(name, found))]
            jobs, objections = plan(documents, wish=self._wish(found), machines=found.machines)
        except WordishError as error:
            self._fail(str(error), location=None, status=TROUBLE, kind="usage")
            return
        told = sorted({*(remark for each in documents for remark in each.diagnostics), *objections})
        for remark in told:
            self._remark(remark)
        if self._sphinx.statuscode:
            return
        with ExitStack() as stack:
            stack.enter_context(interruptible())
            run = stack.enter_context(
                checking(
                    jobs,
                    together=self._sphinx.parallel if self._sphinx.parallel > 1 else found.jobs,
                    machines=found.machines,
                    timeout=self.config.wordish_timeout or found.timeout,
                    limits=found.limits.begun(),
                    keep_going=self.config.wordish_keep_going,
                )
            )
            tell = stack.enter_context(in_order(self._hear))
            tell(Planned(paths=tuple(job.document.path for job in jobs)))
            if sum(transcript.interrupted for transcript in run(tell=tell)):
                raise KeyboardInterrupt
        if not jobs:
            _logger.warning(
                "no article has a shell session: a session starts with a prompt such as `~$ `",
                type="wordish",
                subtype="no-session",
            )

    def _article(self, docname: str, found: Settings) -> Document | None:
        path = articles.near(Path(self.env.doc2path(docname)))
        try:
            return articles.of_page(path, found, self.env.get_doctree(docname))
        except WordishError as error:
            self._fail(str(error), location=None, status=TROUBLE, kind="article")
            return None

    def _wish(self, found: Settings) -> Wish:
        return Wish(
            on=self.config.wordish_on,
            machine=self.config.wordish_machine,
            default_machine=found.machine,
            as_root=self.config.wordish_as_root,
            superuser=os.geteuid() == 0,
            containers=found.containers,
        )

    def _hear(self, event: Event) -> None:
        """Tell what goes on, what went wrong, and what became of each article."""
        if isinstance(event, Said):
            _logger.info("%s", event.text)
        elif isinstance(event, Judged) and event.verdict.outcome in (Outcome.FAILED, Outcome.ERROR):
            step, failed = event.verdict.step, event.verdict.outcome is Outcome.FAILED
            text = _text(words.failure(event.verdict)).removeprefix(f"{step.path}:{step.line}: ")
            status = FAILED if failed else TROUBLE
            self._fail(
                text, location=f"{step.path}:{step.line}", status=status, kind=str(event.verdict.outcome)
            )
        elif isinstance(event, Transcript):
            trouble = _text(words.trouble(event))
            if trouble:
                self._fail(trouble, location=None, status=TROUBLE, kind="error")
            _logger.info("%s", _text([words.article(event, words.counts(event.verdicts))]))

    def _remark(self, remark: Diagnostic) -> None:
        location = f"{remark.path}:{remark.line}"
        text = f"{remark.message}: {remark.hint}" if remark.hint else remark.message
        if remark.severity is Severity.ERROR:
            self._fail(text, location=location, status=TROUBLE, kind=remark.name)
        else:
            _logger.warning("%s", text, location=location, type="wordish", subtype=remark.name)

    def _fail(self, text: str, *, location: str | None, status: int, kind: str) -> None:
        """Say why the build fails, and have it fail; what is suppressed is only not said."""
        _logger.error("%s", text, location=location, type="wordish", subtype=kind)
        self._sphinx.statuscode = max(self._sphinx.statuscode, status)


def _text(lines: Iterable[Line]) -> str:
    return "\n".join("".join(text for text, _ in line) for line in lines)
