"""The command line from outside: what is printed where, and the exit status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import jsonschema
import pytest

from wordish import runner
from wordish.cli import COMMANDS, main
from wordish.errors import MissingToolError
from wordish.machine.doctor import Finding
from wordish.model import Machine, Output, Target, Transcript
from wordish.targets import TARGETS

GOOD = "~$ echo hello\nhello\n~$ echo $((6 * 7))\n42\n"
BAD = "~$ echo hello\nhello\n~$ echo red fox\nred dog\n~$ echo never\nnever\n"
SLOW = "~$ echo started > here; sleep 60\n~$ echo never\nnever\n~$ echo tidy > {}   # wordish: cleanup\n"

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write a file below an empty current directory, and give its path."""
    monkeypatch.chdir(tmp_path)

    def write(name: str, text: str | bytes) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def vm(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """In the place of the virtual machine a shell where nothing prints anything; gives what it ran."""
    ran: list[str] = []

    def run(command: str, *, timeout: float, **_: object) -> Output:
        ran.append(command)
        return Output()

    @contextmanager
    def reach(
        target: Target, *, machines: Mapping[str, Machine], say: Callable[[str], None]
    ) -> Iterator[Any]:
        yield SimpleNamespace(environment={}, shell=lambda _: SimpleNamespace(depth=0, run=run))

    monkeypatch.setitem(TARGETS, "vm", cast(Any, SimpleNamespace(DISPOSABLE=True, reach=reach)))
    return ran


def validate(text: str, name: str) -> Any:
    values = json.loads(text)
    schema = json.loads(files("wordish").joinpath("schemas", f"{name}.json").read_text(encoding="utf-8"))
    jsonschema.validate(values, schema)
    return values


def wordish(*words: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "wordish", *map(str, words)],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def test_an_article_that_tells_the_truth(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("good.txt", GOOD)
    assert main(["check", "good.txt"]) == 0
    out, err = capfd.readouterr()
    assert out.startswith("good.txt: 2 passed in ")
    assert out.splitlines()[0].endswith(" s (host)")
    assert out.splitlines()[1].startswith("1 article: 1 passed; 2 steps: 2 passed; ")
    assert err == ""


def test_an_article_that_does_not(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("bad.txt", BAD)
    assert main(["check", "bad.txt"]) == 1
    out, _ = capfd.readouterr()
    assert out.startswith("bad.txt:3: failed: ")
    assert "\n    -red dog\n    +red fox\n" in out
    assert "bad.txt: 1 failed, 1 passed, 1 not reached in " in out


def test_keep_going_checks_the_rest(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("bad.txt", BAD)
    assert main(["check", "--keep-going", "bad.txt"]) == 1
    assert "1 failed, 2 passed in " in capfd.readouterr().out


def test_a_folder_and_a_file_in_it_are_one_article(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("docs/good.txt", GOOD)
    assert main(["check", "docs", "docs/good.txt", "./docs/good.txt"]) == 0
    assert "1 article: 1 passed; 2 steps: 2 passed; " in capfd.readouterr().out


def test_paths_and_timeout_come_from_the_configuration(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    write("pyproject.toml", '[tool.wordish]\npaths = ["docs"]\ntimeout = 0.5\n')
    write("docs/slow.txt", "~$ sleep 30\n")
    assert main(["check"]) == 1
    assert "docs/slow.txt:1: failed: timed out after 0.5 s" in capfd.readouterr().out
    assert main(["check", "--timeout", "0.3"]) == 1
    assert "timed out after 0.3 s" in capfd.readouterr().out


def test_a_text_with_a_prompt_of_the_configuration_is_checked_with_its_folder(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    write("pyproject.toml", '[tool.wordish]\npaths = ["docs"]\nprompts = {user = ["db>"]}\n')
    write("docs/good.txt", GOOD)
    write("docs/own.txt", "Type\n\n    db> echo red\n    blue\n")
    assert main(["check"]) == 1
    assert "docs/own.txt:3: failed: the output differs" in capfd.readouterr().out


TWO = "~$ echo begun\nbegun\n\n~$ sleep 30\n\n~$ echo never\n\n~$ rm -f mess   # cleanup\n"


@pytest.mark.parametrize(
    ("configured", "words", "seconds"),
    [
        ("", ["--article-timeout", "0.3"], "0.3"),
        ("article-timeout = 0.3", [], "0.3"),
        ("article-timeout = 900", ["--article-timeout", "0.3"], "0.3"),
        ("options.article-timeout = 0.2", ["--article-timeout", "0.3"], "0.2"),
        ("options.article-timeout = 900", ["--article-timeout", "0.3"], "0.3"),
    ],
)
def test_an_article_ends_in_its_time_and_the_others_go_on(
    write: Write, capfd: pytest.CaptureFixture[str], configured: str, words: list[str], seconds: str
) -> None:
    write("pyproject.toml", f"[tool.wordish]\n{configured}\n")
    write("slow.txt", TWO)
    write("then.txt", "~$ true\n")
    assert main(["check", *words, "slow.txt", "then.txt"]) == 1
    out = capfd.readouterr().out
    assert f"slow.txt:4: failed: the article's time is over: {seconds} s\n" in out
    assert "slow.txt: 1 failed, 2 passed, 1 not reached in " in out
    assert "then.txt: 1 passed in " in out


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_run_ends_in_its_time_and_tells_of_each_article(
    write: Write, capfd: pytest.CaptureFixture[str], jobs: str
) -> None:
    for name in ("slow.md", "then.md"):
        write(name, f"<!-- wordish: parallel=no -->\n\n```\n{TWO}```\n")
    assert main(["check", "-j", jobs, "--run-timeout", "0.5", "slow.md", "then.md"]) == 2
    out = capfd.readouterr().out
    assert "slow.md:7: error: the run's time is over: 0.5 s\n" in out
    assert "slow.md: error, 2 passed, 1 not reached in " in out
    assert "then.md: error: the run's time is over: 0.5 s\nthen.md: error, 4 not reached in " in out


def test_so_much_is_kept_of_what_a_step_prints(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    flood = "~$ head -c 1000000 /dev/zero | tr '\\0' x{}\n...\n[wordish: {} bytes are left out here]\n...\n"
    write("flood.txt", flood.format("", 900_000) + flood.format("   # wordish: output-limit=20kB", 980_000))
    write("greedy.txt", flood.format("   # wordish: output-limit=500kB", 900_000))
    assert main(["check", "--output-limit", "100kB", "flood.txt", "greedy.txt"]) == 0
    with pytest.raises(SystemExit):
        main(["check", "--output-limit", "1kB", "flood.txt"])
    assert "argument --output-limit: '1kB': takes a size of at least 10kB" in capfd.readouterr().err


def test_a_root_prompt_goes_to_the_throwaway_machine(
    write: Write, vm: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    write("root.txt", "~# mkfs.ext4 /dev/sda\n")
    assert main(["check", "root.txt"]) == 0
    assert vm == ["mkfs.ext4 /dev/sda"]
    assert "(vm:bookworm)" in capfd.readouterr().out


def test_a_root_prompt_on_the_host_is_refused_and_nothing_runs(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    proof = write("proof", "").with_name("ran")
    write("good.txt", f"~$ touch {proof}\n")
    write("root.txt", "~$ true\n~# rm -rf /\n")
    assert main(["check", "--on", "host", "good.txt", "root.txt"]) == 2
    out, err = capfd.readouterr()
    assert err.startswith("root.txt:2: a root prompt")
    assert err.count("\n") == 1
    assert out == ""
    assert not proof.exists()


@pytest.mark.parametrize("words", [[], ["--on", "vm"], ["--on", "host", "--as-root"]])
def test_nothing_is_run_as_root_on_a_guess(
    write: Write, capfd: pytest.CaptureFixture[str], vm: list[str], words: list[str]
) -> None:
    write("pyproject.toml", "[tool.wordish]\nhash = 'auto'\n")
    write("a.md", "```console\n# echo a > x\n# touch y\n```\n")
    write("b.md", "```console\n$ touch z\n```\n")
    assert main(["check", "-q", *words, "a.md", "b.md"]) == 2
    assert capfd.readouterr().err == (
        'a.md:2: nothing is run as root on a guess, as this "# " is, and 1 more below: '
        "say hash=root or hash=comment: `wordish update --pin a.md` writes it\n"
    )
    assert (vm, sorted(path.name for path in Path().iterdir())) == ([], ["a.md", "b.md", "pyproject.toml"])
    assert main(["list", "a.md"]) == 0
    out, err = capfd.readouterr()
    assert [line.split("# ")[1].strip() for line in out.splitlines()] == ["echo a > x", "touch y"]
    assert [line.split(": ")[0] for line in err.splitlines()] == ["a.md:2", "a.md:3"]
    assert main(["update", "--pin", "a.md"]) == 0
    assert main(["check", "-q", "a.md"]) == 0
    assert vm == ["echo a > x", "touch y"]


def test_steps_that_leave_something_to_be_filled_in_are_counted_and_told(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    write("a.md", "```console\n$ ssh <host>\n$ true\n# Now for something else\n$ cd ...\n```\n")
    assert main(["check", "-v", "a.md"]) == 0
    out, err = capfd.readouterr()
    assert "a.md:2: skipped (not runnable: <host>): $ ssh <host>\n" in out
    assert "a.md: 1 passed, 2 not runnable in" in out
    assert "3 steps: 1 passed, 2 not runnable;" in out
    assert [line.split(": ")[0] for line in err.splitlines()] == ["a.md:2", "a.md:4", "a.md:5"]


def test_what_is_missing_is_an_error_and_the_other_articles_go_on(
    write: Write, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    @contextmanager
    def reach(*_: object, **__: object) -> Iterator[Any]:
        raise MissingToolError("QEMU is not installed", hint="apt-get install qemu-system-x86")
        yield

    monkeypatch.setitem(TARGETS, "vm", cast(Any, SimpleNamespace(DISPOSABLE=True, reach=reach)))
    write("a.txt", "~# true\n")
    write("b.txt", GOOD)
    assert main(["check", "a.txt", "b.txt"]) == 2
    out, _ = capfd.readouterr()
    assert "a.txt: error: QEMU is not installed: apt-get install qemu-system-x86\n" in out
    assert "b.txt: 2 passed" in out


MISTAKES: list[tuple[dict[str, str | bytes], list[str], list[str]]] = [
    ({}, ["check"], ["wordish: which articles?: name them, or set `paths`"]),
    ({}, ["check", "absent.rst"], ["absent.rst: no such file"]),
    ({"docs/x.png": b""}, ["check", "docs"], ["docs: no articles"]),
    (
        {"a.rst": "Title\n=====\n\nText.\n"},
        ["check", "a.rst"],
        ["a.rst:1: warning: no session found", "wordish: no article has a shell session"],
    ),
    ({"a.txt": b"~$ ls\n\x00\x01"}, ["check", "a.txt"], ["a.txt:2: "]),
    ({"a.txt": b"~$ ls\n\xff\n"}, ["check", "a.txt"], ["a.txt:2: not UTF-8"]),
    ({"a.txt": "~$ echo 'open\n~$ ls\n"}, ["check", "a.txt"], ["a.txt:1: "]),
    (
        {"b.txt": "~$ ls # wordish: timeot=1\n", "a.txt": "~$ ls\n~$ echo 'x\n"},
        ["check", "b.txt", "a.txt"],
        ["a.txt:2: ", "b.txt:1: "],
    ),
    (
        {"a.txt": GOOD, "pyproject.toml": "[tool.wordish]\n\ntimeot = 1\n"},
        ["check", "a.txt"],
        ["pyproject.toml:3: tool.wordish.timeot: unknown key: did you mean timeout?"],
    ),
    ({"a.txt": GOOD}, ["check", "--config", "x.toml", "a.txt"], ["x.toml: No such file"]),
    (
        {"a.txt": "~# ls\n"},
        ["check", "--machine", "x", "a.txt"],
        ["--machine x: this machine is not described"],
    ),
    ({"a.txt": GOOD}, ["check", "--on", "moon", "a.txt"], ["--on moon: no such target: there are host, vm"]),
    (
        {"a.txt": GOOD},
        ["check", "--format", "x", "a.txt"],
        ["--format x: no such form: there are terminal, json, junit, github, tap, html"],
    ),
    ({"a.txt": GOOD}, ["check", "--output", "no/such/x", "a.txt"], ["--output no/such/x: cannot be written"]),
    ({"a.txt": GOOD}, ["check", "--output", ".", "a.txt"], ["--output .: cannot be written"]),
    ({"a.txt": "~$ echo 'open\n"}, ["list", "a.txt"], ["a.txt:1: "]),
    ({}, ["machine", "build", "x"], ["wordish: the machine 'x' is not described: described are bookworm"]),
]


@pytest.mark.parametrize(
    ("given", "words", "lines"), MISTAKES, ids=[" ".join(words) for _, words, _ in MISTAKES]
)
def test_a_mistake_is_one_line_on_stderr_and_status_2(
    given: dict[str, str | bytes],
    words: list[str],
    lines: list[str],
    write: Write,
    capfd: pytest.CaptureFixture[str],
) -> None:
    for name, text in given.items():
        write(name, text)
    assert main(words) == 2
    out, err = capfd.readouterr()
    assert len(err.splitlines()) == len(lines)
    for told, line in zip(err.splitlines(), lines, strict=True):
        assert told.startswith(line)
    assert "passed" not in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "--timeot", "1"], "wordish: unrecognized arguments: --timeot: try `wordish --help`"),
        (["check", "--timeout", "0"], "invalid number of seconds value: '0': try `wordish check --help`"),
        (["chekc"], "invalid choice: 'chekc'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_a_word_that_is_not_understood_is_one_line_too(
    words: list[str], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main(words)
    assert left.value.code == 2
    err = capfd.readouterr().err
    assert message in err
    assert err.count("\n") == 1


def test_a_report_for_programs_stands_alone_on_stdout(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    write("bad.txt", BAD)
    assert main(["check", "--format", "json", "bad.txt"]) == 1
    out, err = capfd.readouterr()
    values = validate(out, "check")
    assert [step["outcome"] for step in values["documents"][0]["steps"]] == ["passed", "failed", "skipped"]
    assert values["documents"][0]["target"] == "host"
    assert err == ""


def test_an_output_file_appears_whole(
    write: Write, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write("good.txt", GOOD)
    report = write("report.json", "old")
    assert main(["check", "--format", "json", "--output", "report.json", "good.txt"]) == 0
    assert validate(report.read_text(), "check")["totals"]["steps"]["passed"] == 2
    assert capfd.readouterr().out == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["good.txt", "report.json"]


def test_an_output_may_be_a_device(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("good.txt", GOOD)
    assert main(["check", "--output", "/dev/null", "good.txt"]) == 0
    assert Path("/dev/null").is_char_device()


def test_steps_are_listed_with_their_places(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("a.txt", "~# cat <<EOF\nx\nEOF\nx\n~$ ls\n")
    assert main(["list", "a.txt"]) == 0
    assert capfd.readouterr().out == (
        "a.txt:1: root  1 line   ~# cat <<EOF …\na.txt:5: user  nothing  ~$ ls\n"
    )


def test_the_steps_are_listed_for_programs(write: Write, capfd: pytest.CaptureFixture[str]) -> None:
    write("a.txt", "~$ ls   # wordish: status=2\nx\n~# echo 'open\n")
    assert main(["list", "--format", "json", "a.txt"]) == 2
    out, err = capfd.readouterr()
    values = validate(out, "list")
    assert values["documents"][0]["steps"][0]["options"] == {"status": 2}
    assert [remark["line"] for remark in values["documents"][0]["diagnostics"]] == [3]
    assert err.startswith("a.txt:3: ")


def test_help_and_version_import_nothing_heavy(tmp_path: Path) -> None:
    code = (
        "import sys, contextlib\n"
        "from wordish.cli import main\n"
        "with contextlib.suppress(SystemExit): main(sys.argv[1:])\n"
        "heavy = {'rich', 'pexpect', 'msgspec', 'docutils', 'markdown_it', 'subprocess', 'dataclasses'}\n"
        "sys.exit(sorted(heavy & set(sys.modules)) or 0)\n"
    )
    for flag in ("--version", "--help"):
        done = subprocess.run([sys.executable, "-c", code, flag], check=False, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")


def test_a_pipe_costs_no_rich(write: Write) -> None:
    write("good.txt", GOOD)
    code = "import sys, wordish.cli as cli; cli.main(['check', 'good.txt']); sys.exit('rich' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], check=False, stdout=subprocess.DEVNULL).returncode == 0
    )


def started(tmp_path: Path, *words: str) -> tuple[subprocess.Popen[str], Path]:
    """A check of a slow article, its first step under way, and the file that its cleanup writes."""
    tidy = tmp_path / "tidied"
    (tmp_path / "slow.txt").write_text(SLOW.format(tidy).replace("here", str(tmp_path / "here")))
    (tmp_path / "next.txt").write_text(GOOD)
    process = wordish("check", *words, "slow.txt", "next.txt", cwd=tmp_path)
    deadline = time.monotonic() + 20
    while not (tmp_path / "here").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return process, tidy


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_check_cleans_up_and_reports(tmp_path: Path, number: signal.Signals) -> None:
    process, tidy = started(tmp_path)
    process.send_signal(number)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "slow.txt:1: error: interrupted\n" in out
    assert "; 1 article never begun\n" in out
    assert "next.txt" not in out
    assert err == ""
    assert tidy.exists()


def test_an_interrupted_check_leaves_a_whole_report(tmp_path: Path) -> None:
    process, _ = started(tmp_path, "--format", "json", "--output", "report.json")
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=20)
    values = validate((tmp_path / "report.json").read_text(), "check")
    assert [document["interrupted"] for document in values["documents"]] == [True]


def test_an_interruption_between_two_articles_leaves_whole_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b", "c"):
        Path(f"{name}.txt").write_text(GOOD)
    checked = runner.check

    def interrupted(job: runner.Job, **how: Any) -> Transcript:
        if job.document.path == "b.txt":
            raise KeyboardInterrupt
        return checked(job, **how)

    monkeypatch.setattr(runner, "check", interrupted)
    assert (
        main(["check", "--format", "json=x.json", "--format", "junit=x.xml", "a.txt", "b.txt", "c.txt"])
        == 130
    )
    values = validate(Path("x.json").read_text(), "check")
    assert [document["path"] for document in values["documents"]] == ["a.txt"]
    assert Path("x.xml").read_text().count("<testsuite ") == 1


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "many.txt").write_text("~$ true\n" * 20_000)
    process = wordish("list", "many.txt", cwd=tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=60)
    assert err == ""


def test_a_report_whose_reader_goes_away_still_cleans_up(tmp_path: Path) -> None:
    tidy = tmp_path / "tidied"
    (tmp_path / "a.txt").write_text(
        "~$ true\n~$ sleep 1\n~$ true\n" + f"~$ touch {tidy}   # wordish: cleanup\n~$ sleep 60\n"
    )
    process = wordish("check", "-v", "a.txt", cwd=tmp_path)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=20)
    assert err == ""
    assert tidy.exists()


def test_output_that_the_terminal_cannot_show_is_no_crash(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("~$ echo é\nè\n", encoding="utf-8")
    process = wordish("check", "a.txt", cwd=tmp_path, env={"PYTHONIOENCODING": "ascii"})
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert "+\\xe9" in out
    assert err == ""


def test_machines_are_listed_and_removed(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main(["machine", "list"]) == 0
    assert capfd.readouterr().out == ""
    assert main(["machine", "remove", "lab"]) == 2
    assert "no machine 'lab' is built" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("found", "needed", "status", "line"),
    [
        (True, True, 0, "ok      QEMU: runs machines\n"),
        (False, True, 1, "missing QEMU: runs machines: apt-get install qemu\n"),
        (False, False, 0, "absent  QEMU: runs machines: apt-get install qemu\n"),
    ],
)
def test_the_doctor_names_the_cure(
    found: bool,
    needed: bool,
    status: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    finding = Finding(
        name="QEMU", found=found, detail="runs machines", install_hint="apt-get install qemu", needed=needed
    )
    monkeypatch.setattr("wordish.machine.doctor.findings", list)
    monkeypatch.setattr("wordish.targets.doctor.findings", lambda: [finding])
    assert (main(["doctor"]), capfd.readouterr().out) == (status, line)


def test_a_fault_of_ours_is_not_taken_for_a_wrong_article(
    write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    write("good.txt", GOOD)
    monkeypatch.setitem(COMMANDS, "check", lambda _: 1 // 0)
    assert main(["check", "good.txt"]) == 2
    assert "ZeroDivisionError" in capsys.readouterr().err


def shelled(tmp_path: Path, line: str, **env: str) -> subprocess.CompletedProcess[str]:
    """What a line of shell gives; in it ``wordish`` is this one."""
    (tmp_path / "good.txt").write_text(GOOD)
    line = f'wordish() {{ "{sys.executable}" -m wordish "$@"; }}; {line}'
    return subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, env={**os.environ, **env}, check=False,
        capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_descriptors_that_were_closed_are_not_mistaken_for_others(tmp_path: Path, closed: str) -> None:
    done = shelled(tmp_path, f"wordish check good.txt {closed}")
    assert (done.returncode, done.stderr) == (0, "")
    done = shelled(tmp_path, f"wordish check --format json --output report.json good.txt {closed}")
    assert (done.returncode, done.stderr) == (0, "")
    validate((tmp_path / "report.json").read_text(), "check")


@pytest.mark.parametrize(
    "words", ["check good.txt", "list good.txt", "--help", "check --format json good.txt"]
)
def test_a_full_disk_is_one_line_and_status_2(tmp_path: Path, words: str) -> None:
    done = shelled(tmp_path, f"wordish {words} > /dev/full", PYTHONUNBUFFERED="")
    assert done.returncode == 2
    told = "" if words == "--help" else "wordish: standard output: No space left on device\n"
    assert done.stderr == told


def test_a_full_disk_is_one_line_without_buffers_too(tmp_path: Path) -> None:
    done = shelled(tmp_path, "wordish check good.txt > /dev/full", PYTHONUNBUFFERED="1")
    assert (done.returncode, done.stderr) == (2, "wordish: No space left on device\n")


@pytest.mark.parametrize("words", ["check absent.txt", "check --absent", "machine remove absent"])
def test_where_nothing_can_be_told_the_status_tells(tmp_path: Path, words: str) -> None:
    assert shelled(tmp_path, f"wordish {words} 2> /dev/full").returncode == 2


def test_what_the_system_refuses_is_one_line_and_a_fault_of_ours_is_not(
    write: Write, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    errors: list[Exception] = [OSError(30, "Read-only file system", "/home/x"), OSError("odd"), KeyError("x")]

    def refuse(_: object) -> int:
        raise errors.pop(0)

    monkeypatch.setitem(COMMANDS, "list", refuse)
    assert main(["list"]) == 2
    assert capfd.readouterr().err == "wordish: /home/x: Read-only file system\n"
    assert main(["list"]) == 2
    assert capfd.readouterr().err == "wordish: odd\n"
    assert main(["list"]) == 2
    assert "Traceback" in capfd.readouterr().err


def test_the_doctor_survives_a_cache_that_cannot_be(
    write: Write, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORDISH_CACHE_DIR", "/proc/nope")
    assert main(["doctor"]) == 1
    out, err = capfd.readouterr()
    assert "missing cache: /proc/nope cannot be made: No such file or directory: set WORDISH_CACHE_DIR" in out
    assert err == ""


def test_a_check_on_a_cluster_has_no_checkpoints_here(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write("good.txt", GOOD)
    assert main(["check", "--resume", "--dask", "tcp://127.0.0.1:1", "good.txt"]) == 2
    assert capsys.readouterr().err == (
        "--dask --resume: checkpoints stay where they were made: leave out one of them\n"
    )


@pytest.mark.parametrize("option", [["--record"], ["--cast", "casts"]])
def test_a_check_that_is_resumed_is_not_kept_as_a_whole_one(
    option: list[str], write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write("good.txt", GOOD)
    assert main(["check", "--resume", *option, "good.txt"]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.startswith(f"{option[0]} --resume: not from a check that is resumed: leave --resume out")
    assert not (tmp_path / "verified.json").exists()


def test_where_there_are_no_checkpoints_that_is_said_once(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    write("one.txt", GOOD)
    write("two.txt", GOOD)
    assert main(["check", "--resume", "one.txt", "two.txt"]) == 0
    out, err = capsys.readouterr()
    assert err.count("no checkpoints, so from the start: 2 of 2 articles (host)") == 1
    assert "resumed" not in out


def test_checkpoints_are_listed_and_removed_for_all_machines_or_for_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORDISH_CACHE_DIR", str(tmp_path))
    for key, machine in (("1", "lab"), ("2", "lab"), ("3", "web")):
        folder = tmp_path / "checkpoints" / (key * 16)
        folder.mkdir(parents=True)
        about = {"article": str(tmp_path), "machine": machine, "template": str(tmp_path)}
        (folder / "about").write_text(json.dumps(about))
        (folder / "contents").write_bytes(b"x" * 1_000_000)
    (tmp_path / "memory").touch()
    (tmp_path / "state").touch()
    assert main(["machine", "list"]) == 0
    assert capsys.readouterr().out == "checkpoints of articles: 3, 3 MB\n"
    assert main(["machine", "remove", "--checkpoints", "web", "wbe"]) == 2
    said = "wordish: there is no machine 'wbe': machines: bookworm, lab, web\n"
    assert capsys.readouterr() == ("", said)
    assert main(["machine", "remove", "--checkpoints", "bookworm"]) == 0
    assert main(["machine", "remove", "--checkpoints", "web"]) == 0
    assert capsys.readouterr().out == "removed checkpoints of web: 1 MB\n"
    assert main(["machine", "remove", "--checkpoints"]) == 0
    assert capsys.readouterr().out == "removed checkpoints of all machines: 2 MB\n"
    assert main(["machine", "list"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["machine", "remove"]) == 2
    assert capsys.readouterr().err == ("wordish: which machines?: name them, or say --checkpoints\n")
