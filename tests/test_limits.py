"""What articles and runs may take, and how sizes are spelt."""

from __future__ import annotations

import math
import time

import pytest

from wordish.arguments import parse
from wordish.limits import KEPT, LONGEST, Limit, Limits, size


@pytest.mark.parametrize(
    ("limit", "said", "holds"),
    [
        (Limit(), None, math.inf),
        (Limit(), 900, 900),
        (Limit(usual=60), None, 60),
        (Limit(usual=60), 900, 900),
        (Limit(usual=60, most=60), None, 60),
        (Limit(usual=60, most=60), 30, 30),
        (Limit(usual=60, most=60), 900, 60),
    ],
)
def test_an_article_goes_before_the_configuration_and_under_what_the_command_line_names(
    limit: Limit, said: float | None, holds: float
) -> None:
    assert limit.of(said) == holds


def test_nothing_said_bounds_the_output_alone() -> None:
    assert Limits() == Limits(
        article=Limit(math.inf, math.inf), output=Limit(usual=KEPT), run=math.inf, end=math.inf
    )


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        ("10000", 10_000),
        ("500kB", 500_000),
        ("500 kb", 500_000),
        ("2MB", 2_000_000),
        (" 1GB ", 10**9),
        ("64KiB", 65_536),
        ("2 MiB", 2_097_152),
        ("1gib", 1 << 30),
    ],
)
def test_a_size_is_a_number_with_or_without_a_unit(text: str, bytes_: int) -> None:
    assert size(text) == bytes_


@pytest.mark.parametrize("text", ["", "much", "-1", "1.5MB", "10 m", "5B", "10 kB kB", "1e9", "9" * 13])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="takes a size, such as 500kB or 2MiB"):
        size(text)


@pytest.mark.parametrize("text", ["0", "9999", "9kB"])
def test_so_little_that_no_prompt_would_fit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="takes a size of at least 10kB"):
        size(text)


@pytest.mark.parametrize("option", ["--timeout", "--article-timeout", "--run-timeout"])
def test_there_is_a_longest_time(option: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert parse(["check", option, str(LONGEST)])
    with pytest.raises(SystemExit, match="2"):
        parse(["check", option, "1e10"])
    assert "invalid number of seconds value: '1e10'" in capfd.readouterr().err


@pytest.mark.parametrize("up", [12.0, 1e6])
def test_a_run_ends_at_the_same_moment_on_a_machine_that_was_started_at_another(
    up: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "time", lambda: 1.8e9)
    monkeypatch.setattr(time, "monotonic", lambda: 5000.0)
    told = Limits(run=600).begun().told()
    monkeypatch.setattr(time, "time", lambda: 1.8e9 + 100)
    monkeypatch.setattr(time, "monotonic", lambda: up)
    assert told.heard().end == pytest.approx(up + 500)
    assert Limits().told().heard().end == math.inf
