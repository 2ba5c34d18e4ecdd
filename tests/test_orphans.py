"""Nothing that was started gets away."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from wordish import orphans
from wordish.orphans import children, orphans_ended


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize(
    "start",
    [
        "sleep 1000 & echo $!",
        "setsid sleep 1000 & echo $!",
        "env -i sleep 1000 & echo $!",
        "(env -i setsid sh -c 'echo $$; exec -a innocent sleep 1000' &)",
        "sh -c 'trap \"\" TERM HUP INT; (sleep 1000 & echo $!; wait) & wait' & sleep 0.2",
    ],
)
def test_daemons_are_ended_and_what_was_there_before_is_not(start: str) -> None:
    other = subprocess.Popen(["sleep", "1000"])
    with orphans_ended(say=print) as adopt:
        adopt()
        done = subprocess.Popen(["bash", "-c", start], stdout=subprocess.PIPE, text=True)
        assert done.stdout is not None
        pid = int(done.stdout.readline())
        done.wait(timeout=10)
        assert alive(pid)
    assert not alive(pid)
    assert other.poll() is None
    other.kill()
    other.wait()


def test_an_interruption_meanwhile_comes_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    end, started = orphans._end, list[subprocess.Popen[bytes]]()

    def interrupted(pid: int) -> bool:
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)  # not to a thread of pytest's
        return end(pid)

    def start() -> None:
        with orphans_ended(say=print) as adopt:
            adopt()
            started.extend(subprocess.Popen(["sleep", "1000"]) for _ in range(2))

    monkeypatch.setattr(orphans, "_end", interrupted)
    with pytest.raises(KeyboardInterrupt):
        start()
    assert not any(alive(daemon.pid) for daemon in started)


def test_what_ended_by_itself_is_waited_for() -> None:
    before = children()  # what other tests have left running
    with orphans_ended(say=print) as adopt:
        adopt()
        subprocess.run(["bash", "-c", "(sleep 0.1 &)"], check=True)
        time.sleep(0.3)
        assert children() - before
    assert not children() - before


def test_without_adoption_nothing_is_ended() -> None:
    with orphans_ended(say=print):
        daemon = subprocess.Popen(["sleep", "1000"])
    assert daemon.poll() is None
    daemon.kill()
    daemon.wait()
