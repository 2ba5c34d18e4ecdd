"""The site as a reader has it: in Chromium, wide and narrow, light and dark.

Screenshots are left in pytest's temporary folder for people to look at (``--basetemp`` names it).
"""

from __future__ import annotations

import functools
import http.server
import importlib.resources
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.conftest import ROOT
from tests.sphinx_ext.conftest import Project
from tests.sphinx_ext.test_recording import CAST
from tests.sphinx_ext.test_stamp import ARTICLE, record
from wordish import document

pytestmark = pytest.mark.browser

ARTICLE_PATH = "howto/lvm-upgrade-safety-net"
LOOKS = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")]
AXE = importlib.resources.files("axe_playwright_python") / "axe.min.js"

CONF = """
extensions = ["myst_parser", "sphinx_copybutton", "wordish.sphinx_ext"]
project = "Howtos"
html_theme = "furo"
"""
PAGES = {
    "conf.py": CONF,
    "index.md": "# Howtos\n\n```{wordish-report}\n```\n\n```{toctree}\n:hidden:\na\nb\n```\n",
    "a.md": f"{ARTICLE}\n{{wordish}}`b`\n\n```{{wordish-cast}} lvm.cast\n:speed: 4\n:transcript:\n```\n",
    "b.md": ARTICLE.replace("Volumes", "Others")
    + "\n```console\n~$ echo user\nuser\n~# echo root\nroot\n```\n",
    "lvm.cast": CAST,
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of this project's own site."""
    pytest.importorskip("furo")
    out = tmp_path_factory.mktemp("site")
    command: list[str | Path] = [sys.executable, "-m", "sphinx", "-qWj2", "-c", ROOT, ROOT / "docs", out]
    subprocess.run(command, check=True)
    with served(out) as address:
        yield address


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of a small project with a stamp, a report and a recording."""
    pytest.importorskip("furo")
    made = Project(tmp_path_factory.mktemp("sample"))
    for name, text in PAGES.items():
        made.write(name, text)
    record(made, "a.md")
    built = made.build()
    assert built.warnings == ""
    return built.out


class served:  # noqa: N801 - it reads like a verb
    """Serve a folder on this machine while it lasts."""

    def __init__(self, folder: Path) -> None:
        handler = functools.partial(Quiet, directory=str(folder))
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)

    def __enter__(self) -> str:
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{self.server.server_port}"

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        if self.path == "/favicon.ico":  # asked for by the browser, not by the page
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


Look = Callable[..., Page]


@pytest.fixture
def look(browser: Browser) -> Iterator[Look]:
    """Open a page; in the end nothing may have been said on the console, or fetched from elsewhere."""
    contexts: list[BrowserContext] = []
    said: list[str] = []
    asked: list[str] = []

    def look(address: str, *, width: int = 1280, scheme: Any = "light") -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        if address.startswith("http"):
            context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        return page

    yield look
    for context in contexts:
        context.close()
    own = ("http://127.0.0.1:", "file:///", "data:", "blob:")
    assert [url for url in asked if not url.startswith(own)] == []
    assert said == []


def clipboard(page: Page) -> str:
    text = page.evaluate("navigator.clipboard.readText()")
    assert isinstance(text, str)
    return text


def colour(page: Page, selector: str, name: str = "color") -> str:
    script = f"element => getComputedStyle(element).getPropertyValue('{name}')"
    return str(page.locator(selector).first.evaluate(script))


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_prompt_command_and_output_are_told_apart(
    site: str, look: Look, tmp_path: Path, width: int, scheme: str
) -> None:
    page = look(f"{site}/{ARTICLE_PATH}.html", width=width, scheme=scheme)
    page.screenshot(path=tmp_path / f"lvm-{width}-{scheme}.png", full_page=True)
    prompt, output = ".wordish-root .gp-Root", ".wordish-root .go"
    command = ".wordish-root pre"
    assert len({colour(page, each) for each in (prompt, command, output)}) == 3
    assert colour(page, prompt, "background-color") == "rgb(164, 22, 26)"
    word = page.locator(".wordish-root").first.evaluate("each => getComputedStyle(each, '::before').content")
    assert word == '"root"'
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_whose_prompt_it_is_shows_without_colours(sample: Path, look: Look) -> None:
    page = look((sample / "b.html").as_uri())
    user, root = ".wordish-root-user .gp-User", ".wordish-root-user .gp-Root"
    assert colour(page, user, "background-color") == "rgba(0, 0, 0, 0)"
    assert colour(page, root, "background-color") == "rgb(164, 22, 26)"
    assert colour(page, user) == colour(page, ".wordish-root-user pre")


def commands() -> list[str]:
    return [step.command for step in document.read(ROOT / f"docs/{ARTICLE_PATH}.rst").steps]


def test_the_copy_button_copies_exactly_the_commands(site: str, look: Look) -> None:
    page = look(f"{site}/{ARTICLE_PATH}.html")
    copied = []
    for block in page.locator(".wordish-session").all():
        block.hover()
        block.locator("button.copybtn").click()
        copied.append(clipboard(page))
    assert "\n".join(copied) == "\n".join(commands())


def test_a_block_that_is_selected_with_the_mouse_gives_its_commands_alone(site: str, look: Look) -> None:
    page = look(f"{site}/{ARTICLE_PATH}.html")
    copied = []
    for block in page.locator(".wordish-session").all()[:12]:
        block.scroll_into_view_if_needed()
        box = block.locator("pre").bounding_box()
        assert box
        page.mouse.move(box["x"] + 2, box["y"] + 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=5)
        page.mouse.up()
        page.keyboard.press("Control+C")
        copied.append(clipboard(page).rstrip("\n"))
    copied_lines = [line.rstrip() for text in copied for line in text.split("\n")]
    all_lines = [line.rstrip() for command in commands() for line in command.split("\n")]
    assert copied_lines == all_lines[: len(copied_lines)]
    assert len(copied_lines) > 20


@pytest.mark.parametrize("from_file", [False, True])
def test_the_recording_plays(sample: Path, look: Look, from_file: bool) -> None:
    with served(sample) as address:
        page = look((sample / "a.html").as_uri() if from_file else f"{address}/a.html")
        page.locator(".wordish-cast").scroll_into_view_if_needed()
        page.locator(".wordish-cast .ap-player").wait_for()
        page.locator(".wordish-cast .ap-player").click()
        page.wait_for_function("document.querySelector('.wordish-cast .ap-term')?.innerText.includes('vgs')")


def test_without_scripts_the_recording_is_a_link_and_a_text(sample: Path, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((sample / "a.html").as_uri())
    assert page.locator(".wordish-cast a.download").is_visible()
    page.locator(".wordish-cast summary").click()
    assert page.locator(".wordish-cast details .go").first.is_visible()
    context.close()


def serious(page: Page) -> list[str]:
    """What axe-core finds that keeps people out."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({ preload: false })")
    return [
        f"{each['id']}: {node['html'][:200]}"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
def test_nobody_is_kept_out_of_the_article(site: str, look: Look, width: int, scheme: str) -> None:
    assert serious(look(f"{site}/{ARTICLE_PATH}.html", width=width, scheme=scheme)) == []


@pytest.mark.parametrize("name", ["index", "a", "b"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_out_of_stamps_reports_and_recordings(
    sample: Path, look: Look, tmp_path: Path, name: str, scheme: str
) -> None:
    page = look((sample / f"{name}.html").as_uri(), scheme=scheme)
    if name == "a":
        page.locator(".wordish-cast .ap-player").wait_for()
    page.screenshot(path=tmp_path / f"{name}-{scheme}.png", full_page=True)
    theme = re.compile(r'class="caption" role="heading"|sidebar-')  # what Sphinx and its theme do is theirs
    assert [fault for fault in serious(page) if not theme.search(fault)] == []
