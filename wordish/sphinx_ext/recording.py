"""``wordish-cast``: the session as it was recorded, to play in the page.

The player is asciinema's, which stands beside the pages like all the rest: nothing comes from elsewhere,
and a page that was saved as a file plays too. Until it is near to being seen nothing of it is loaded.
What has no scripts has a link to the recording, and its text if the author wants it.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri
from sphinx.util.typing import OptionSpec

from wordish import cast, screen
from wordish.sphinx_ext import project

VERSIONS = (2, 3)
"""Those of asciicast that the player knows."""


POSTER = "npt:0:03"
"""What is to be seen before it plays: a command, by then."""


class recording(nodes.container):  # noqa: N801 - docutils' nodes are named so
    """A recording, and in it what stands for it where it cannot be played."""


class transcript(nodes.container):  # noqa: N801
    """What a recording shows, as text."""


def _number(argument: str | None) -> float:
    number = float(argument or "")
    if not 0 < number < 1e6:
        raise ValueError("a number above 0 is wanted")
    return number


class Cast(SphinxDirective):
    """``.. wordish-cast:: lvm.cast``; without a name, what `wordish check --cast` made of this article."""

    optional_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[OptionSpec | None] = {
        "title": directives.unchanged_required,
        "speed": _number,
        "idle-time-limit": _number,
        "start-at": directives.unchanged_required,
        "poster": directives.unchanged_required,
        "theme": directives.unchanged_required,
        "cols": directives.positive_int,
        "rows": directives.positive_int,
        "autoplay": directives.flag,
        "loop": directives.flag,
        "transcript": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        """A container for the player, with a link and perhaps a transcript in it."""
        path = self._path()
        relative = Path(os.path.relpath(path, self.env.srcdir)).as_posix()
        self.env.note_dependency(relative)  # also of one that is not there yet
        try:
            text = path.read_text(encoding="utf-8")
            header = _header(text)
            spoken = "".join(_outputs(text))
        except OSError as error:
            return self._refuse(f"{relative}: {error.strerror}", "make it with `wordish check --cast`")
        except ValueError as error:
            return self._refuse(f"{relative}: {error}", "asciicast 2 and 3 can be played")
        title = self.options.get("title") or header.get("title") or path.name
        node = recording("", classes=["wordish-cast"], path=str(path), title=title, options=self._options())
        file = nodes.literal("", path.name, classes=["xref", "download"])
        link = addnodes.download_reference("", "", file, reftarget=f"/{relative}")
        node += nodes.paragraph("", "Recording of the session: ", link)
        if "transcript" in self.options:
            shown = screen.shown(spoken.encode())
            block = nodes.literal_block(shown, shown, language="console")
            node += transcript("", block, classes=["wordish-transcript"])
        self.set_source_info(node)
        return [node]

    def _path(self) -> Path:
        if self.arguments:
            return Path(self.env.relfn2path(self.arguments[0])[1])
        now = project.known(self.env)
        folder = Path(project.pages(self.env).confdir, self.config.wordish_casts)
        return cast.path_of(self.env.doc2path(self.env.docname), folder=folder, base=now.settings.directory)

    def _options(self) -> dict[str, Any]:
        """What the player is told, in its own words."""
        named = {
            "speed": "speed",
            "idle-time-limit": "idleTimeLimit",
            "start-at": "startAt",
            "poster": "poster",
            "theme": "theme",
            "cols": "cols",
            "rows": "rows",
        }
        said = {theirs: self.options[ours] for ours, theirs in named.items() if ours in self.options}
        flags = {name: True for name in ("loop",) if name in self.options}
        shown = {"preload": True, "poster": POSTER, "autoPlay": "autoplay" in self.options}
        return {**shown, **said, **flags}

    def _refuse(self, what: str, hint: str) -> list[nodes.Node]:
        project.tell(f"{what}: {hint}", kind="cast", location=self.get_location())
        return []


def connect(app: Sphinx) -> None:
    """Have recordings played in HTML, and told of elsewhere."""
    app.add_node(recording, html=(_visit, _depart))
    app.add_node(transcript, html=(_visit_transcript, _depart_transcript))
    app.connect("html-page-context", _add_script)


def _header(text: str) -> dict[str, Any]:
    """The first line of a recording; raises `ValueError` when it is none."""
    try:
        header = json.loads(text.partition("\n")[0])
    except (ValueError, RecursionError) as error:
        raise ValueError("no asciicast") from error
    if not isinstance(header, dict) or header.get("version") not in VERSIONS:
        raise ValueError("no asciicast of a version that is known")
    return header


def _outputs(text: str) -> Iterator[str]:
    """What a recording prints, piece by piece; raises `ValueError` for one that is damaged."""
    for number, line in enumerate(text.split("\n"), 1):
        if not line.startswith("["):  # the header, a comment
            continue
        try:
            _, kind, data = json.loads(line)
        except (ValueError, TypeError, RecursionError) as error:
            raise ValueError(f"line {number} is no event of an asciicast") from error
        if kind == "o":
            yield str(data)


def _plays(translator: Any) -> bool:
    """Whether this builder's pages are read where scripts run."""
    return bool(translator.builder.name != "epub")


def _visit(translator: Any, node: recording) -> None:
    attributes = {}
    if _plays(translator):
        uri = _data_file(translator.builder, Path(node["path"]))
        builder = translator.builder
        page = builder.get_target_uri(builder.current_docname)
        attributes = {
            "data-cast": relative_uri(page, uri),
            "data-name": Path(uri).stem,
            "data-options": json.dumps(node["options"]),
            "role": "group",
            "aria-label": node["title"],
        }
    translator.body.append(translator.starttag(node, "div", **attributes))


def _depart(translator: Any, _node: recording) -> None:
    translator.body.append("</div>\n")


def _visit_transcript(translator: Any, node: transcript) -> None:
    translator.body.append(translator.starttag(node, "details"))
    translator.body.append("<summary>Transcript</summary>\n")


def _depart_transcript(translator: Any, _node: transcript) -> None:
    translator.body.append("</details>\n")


def _data_file(builder: Any, path: Path) -> str:
    """Write the recording as a script, which a page that is a file may load too; its place in the output."""
    data = path.read_text(encoding="utf-8")
    name = f"{path.stem}-{hashlib.sha256(data.encode()).hexdigest()[:12]}"
    file = Path(builder.outdir, "_static", "wordish", "casts", f"{name}.js")
    file.parent.mkdir(parents=True, exist_ok=True)
    script = f"(window.wordishCasts ??= {{}})[{json.dumps(name)}] = {json.dumps(data)};\n"
    file.write_text(script, encoding="utf-8")
    return file.relative_to(builder.outdir).as_posix()


def _add_script(app: Sphinx, _page: str, _template: str, _context: Any, doctree: Any) -> None:
    """The loader, in those pages alone that have a recording."""
    if doctree and app.builder.name != "epub" and next(doctree.findall(recording), None):
        app.add_js_file("wordish/cast.js", loading_method="defer")
