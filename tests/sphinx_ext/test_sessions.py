"""Sessions in rendered pages: highlighted by our lexer, with nothing of what was said to wordish."""

from __future__ import annotations

import re
import shutil

import pytest

from tests.sphinx_ext.conftest import Project, Start

RST = """\
Article
=======

.. wordish: on=host

.. code-block:: console

   ~# lvs  # wordish: status=1
     LV    VG

.. wordish: hidden

   ~$ echo never-seen

Text.

.. wordish: timeout=5

::

   ~$ for name in *; do
   >   echo "$name"
   > done
   ...

.. wordish:: skip

.. code-block:: text

   $ ls  # ignore
"""

MYST = """\
---
wordish: on=host
---
# Article

```console
~# lvs  # wordish: status=1
  LV    VG
```

<!-- wordish: hidden

~$ echo never-seen
-->

Text.

% wordish: timeout=5

```
~$ for name in *; do
>   echo "$name"
> done
...
```

```{wordish} skip
```

```text
$ ls  # ignore
```
"""

OTHERS = """\
Others
======

.. code-block:: console

   no prompt here  # ignore

.. code-block:: python

   print("~$ ls")  # ignore

.. parsed-literal::

   ~$ *ls*  # ignore
"""


def body(html: str) -> str:
    found = re.search(r'<div class="body" role="main">(.*?)<div class="clearer">', html, re.DOTALL)
    assert found
    return found.group(1)


def test_rst_and_myst_render_the_same(project: Start) -> None:
    built = project({"index.rst": RST, "other.md": MYST}).build(suppress_warnings=["toc.not_included"])
    assert built.warnings == ""
    assert body(built.text("index.html")) == body(built.text("other.html"))


def test_prompts_commands_and_outputs_have_classes_of_their_own(project: Start) -> None:
    html = project({"index.rst": RST}).build().text("index.html")
    assert '<span class="gp gp-Root">~#</span><span class="gp"> </span>lvs\n' in html
    assert '<span class="gp gp-Continuation">&gt; </span>' in html
    assert '<span class="go">  LV    VG</span>' in html
    assert 'class="wordish-session wordish-root highlight-wordish notranslate"' in html
    assert html.count("wordish-session wordish-user") == 2
    assert "_static/wordish/wordish.css" in html


@pytest.mark.parametrize("builder", ["html", "latex", "man", "text", "epub", "xml", "texinfo", "singlehtml"])
@pytest.mark.parametrize(("name", "text"), [("index.rst", RST), ("index.md", MYST)])
def test_nothing_said_to_wordish_is_rendered_by_any_builder(
    project: Start, builder: str, name: str, text: str
) -> None:
    made = project({name: text})
    conf = "man_pages = [('index', 'howto', 'Howto', [], 1)]\nepub_show_urls = 'no'\nversion = '1'\n"
    made.write("conf.py", f"{(made.folder / 'conf.py').read_text()}\n{conf}")
    built = made.build(builder)
    pages = [
        page.read_text(encoding="utf-8")
        for page in built.out.rglob("*")
        if page.suffix in (".html", ".xhtml", ".tex", ".1", ".txt", ".xml", ".texi")
        and "_sources" not in page.parts
    ]
    assert any("lvs" in page for page in pages)
    for page in pages:
        for said in ("never-seen", "wordish:", "# ignore", "timeout=5", "skip"):
            assert said not in page


def test_a_book_has_the_style_and_not_the_player(project: Start) -> None:
    built = project({"index.rst": RST}).build("epub", epub_show_urls="no", version="1", copyright="us")
    assert built.warnings == ""
    manifest = built.text("content.opf")
    assert "wordish/wordish.css" in manifest
    assert "asciinema" not in manifest


def test_hints_are_shown_where_the_project_or_the_page_wants_them(project: Start) -> None:
    made = project({"index.rst": f":wordish-hints: show\n\n{RST}", "other.md": MYST})
    built = made.build(suppress_warnings=["toc.not_included"])
    assert '<span class="c c-Hint">  # wordish: status=1</span>' in built.text("index.html")
    assert "wordish-hints" not in built.text("index.html")
    assert "# wordish: status=1" not in built.text("other.html")
    shown = made.build(suppress_warnings=["toc.not_included"], wordish_hints="show").text("other.html")
    assert "# wordish: status=1" in shown


def test_other_blocks_are_left_alone(project: Start) -> None:
    made = project({"index.rst": OTHERS})
    with_us = body(made.build().text("index.html"))
    shutil.rmtree(made.folder / "_build")
    made.write("conf.py", (made.folder / "conf.py").read_text().replace(', "wordish.sphinx_ext"', ""))
    assert body(made.build().text("index.html")) == with_us


def test_captions_names_line_numbers_and_emphasis_are_kept(project: Start) -> None:
    text = """\
.. code-block:: console
   :caption: Volumes
   :name: volumes
   :linenos:
   :emphasize-lines: 2

   ~$ lvs  # ignore
   LV

See :ref:`volumes <volumes>`.
"""
    built = project({"index.rst": text}).build()
    html = built.text("index.html")
    assert built.warnings == ""
    assert 'id="volumes"' in html
    assert 'href="#volumes"' in html
    assert 'class="hll"' in html
    assert "linenos" in html


def test_the_end_of_a_line_that_is_not_copied_is_not_copied_either(project: Start) -> None:
    text = "::\n\n   ~$ f () {\n\n      true; }\n\n   ~$\n   ~$ echo a\n   a\n"
    html = project({"index.rst": text}).build().text("index.html")
    block = re.search(r"<pre[^>]*>(.*?)</pre>", html, re.DOTALL)
    assert block
    copied = re.sub(r'<span class="g[op][^"]*">[^<]*</span>', "", block.group(1))
    assert re.sub(r"<[^>]*>", "", copied) == "f () {\n\n   true; }\necho a\n"


def test_wildcards_in_outputs_say_what_they_are(project: Start) -> None:
    html = project({"index.rst": RST}).build().text("index.html")
    marked = '<span class="go"><span class="wordish-varies" title="anything may stand here">...</span></span>'
    assert html.count(marked) == 1


SAMPLES = """\
.. wordish: sample=vol-8f3a vary="12.4 <MB>"

Text.

::

   ~$ create
   vol-8f3a, 12.4 <MB>
   ~$ use vol-8f3a ...
"""


def test_samples_say_what_they_are_in_outputs_and_commands(project: Start) -> None:
    html = project({"index.rst": SAMPLES}).build().text("index.html")
    sample = '<span class="wordish-varies" title="an example: yours differs">vol-8f3a</span>'
    varies = '<span class="wordish-varies" title="differs each time">12.4 &lt;MB&gt;</span>'
    assert f'<span class="go">{sample}, {varies}</span>' in html
    assert f"use {sample} ...\n" in html


@pytest.mark.parametrize("matter", ["wordish: sample=vol-8f3a", "wordish:\n  sample: vol-8f3a"])
def test_samples_of_front_matter(project: Start, matter: str) -> None:
    text = f"---\n{matter}\n---\n# Title\n\n```\n~$ create\nvol-8f3a\n```\n"
    assert ">vol-8f3a</span>" in project({"index.md": text}).build().text("index.html")


def test_a_no_break_space_is_copied_as_a_blank(project: Start) -> None:
    html = project({"index.rst": "::\n\n   ~$\u00a0ls\u00a0-l\n   a\u00a0b\n"}).build().text("index.html")
    assert "</span>ls -l\n" in html
    assert "a\u00a0b" in html or "a&#160;b" in html


COPYBUTTON = 'extensions.append("sphinx_copybutton")\n'


def excluded(made: Project, conf: str) -> str:
    made.write("conf.py", f"{(made.folder / 'conf.py').read_text()}\n{conf}")
    return made.build().text("_static/copybutton.js")


def test_copy_buttons_leave_out_prompts_and_outputs(project: Start) -> None:
    pytest.importorskip("sphinx_copybutton")
    made = project({"index.rst": RST})
    assert "'.linenos, .gp, .go, .c-Hint'" in excluded(made, COPYBUTTON)


def test_what_the_project_says_of_copies_stands(project: Start) -> None:
    pytest.importorskip("sphinx_copybutton")
    made = project({"index.rst": RST})
    assert "'.gp'" in excluded(made, COPYBUTTON + 'copybutton_exclude = ".gp"\n')


def test_translations_are_found_by_what_is_shown(project: Start) -> None:
    built = project({"index.rst": RST}).build("gettext", gettext_additional_targets=["literal-block"])
    catalog = built.text("index.pot")
    assert "~# lvs" in catalog
    assert "wordish:" not in catalog


PROMPTS = '[tool.wordish]\nprompts = {root = ["rescue>"], user = ["\\\\w+%"]}\n'
OWN = "# Rescue\n\n```console\nrescue> mount /\nweb1% ls  # wordish: skip\nok\n```\n"


def test_prompts_of_the_configuration_are_coloured_as_they_are_read(project: Start) -> None:
    made = project({"index.md": OWN, "other.md": f"---\norphan: true\n---\n{OWN}"})
    assert "gp-Root" not in made.build().text("index.html")
    made.write("pyproject.toml", PROMPTS)
    built = made.build(parallel=2)
    assert built.warnings == ""
    for page in ("index.html", "other.html"):
        text = built.text(page)
        assert '<span class="gp gp-Root">rescue&gt;</span>' in text
        assert '<span class="gp gp-User">web1%</span>' in text
        assert "wordish: skip" not in text
    assert made.build().read == ()
    assert "rescue" in made.build("latex").text("howtos.tex")


def test_prompts_that_a_page_names_are_its_own(project: Start) -> None:
    said = '<!-- wordish: root-prompt="rescue>" -->\n\n'
    made = project(
        {"index.md": OWN.replace("```c", f"{said}```c"), "other.md": f"---\norphan: true\n---\n{OWN}"}
    )
    built = made.build()
    assert "gp-Root" in built.text("index.html")
    assert "gp-Root" not in built.text("other.html")


def test_a_bare_hash_is_roots_where_it_is_said(project: Start) -> None:
    block = "```console\n# lvs\n  LV\n```\n"
    made = project({"index.md": f"# Volumes\n\n<!-- wordish: hash=root -->\n{block}\nText.\n\n{block}"})
    assert made.build().text("index.html").count("gp-Root") == 1
