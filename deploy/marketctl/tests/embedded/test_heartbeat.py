"""A run that waits says so: what for, how long, and again until it has it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from marketctl.embedded.heartbeat import EVERY_SECONDS, Heartbeat
from marketctl.embedded.layout import Layout, free_ports
from marketctl.embedded.platform import Platform
from marketctl.layout import SERVICES
from shared.workshop.waiting import wait_until


def test_a_line_comes_every_few_seconds_until_the_wait_is_over() -> None:
    said: list[str] = []
    clock = count(-EVERY_SECONDS, EVERY_SECONDS)
    heart = Heartbeat(said.append, every=0.001, now=lambda: next(clock))
    before = signal.getsignal(signal.SIGALRM)
    with heart.waiting_for("Apache Kafka to start"):
        assert wait_until(lambda: len(said) >= 3, pause=0.001)
    assert said[:3] == [f"waiting for Apache Kafka to start   {seconds} s" for seconds in (3, 6, 9)]
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL)[1] != 0.001
    assert EVERY_SECONDS <= 3


def test_a_wait_inside_another_is_told_instead_of_it_and_gives_it_back() -> None:
    said: list[str] = []
    heart = Heartbeat(said.append, every=0.001)
    with heart.waiting_for("outer"):
        with suppress(KeyError), heart.waiting_for("inner"):
            assert wait_until(lambda: any("inner" in each for each in said), pause=0.001)
            raise KeyError
        said.clear()
        assert wait_until(lambda: said, pause=0.001)
    assert not any("inner" in each for each in said)


class Started(Exception):
    """Far enough for the test."""


def test_each_part_of_a_start_is_waited_for_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[str] = []

    @contextmanager
    def waiting_for(what: str) -> Iterator[None]:
        waited.append(what)
        yield

    def start(_: Any, name: str, *__: Any) -> Any:
        raise Started(name)

    monkeypatch.setattr("marketctl.embedded.platform.start_child", start)
    platform = Platform(Layout(tmp_path / "run", "embedded", free_ports()), waiting_for)
    told: list[str] = []
    say: Callable[[str], None] = told.append
    with pytest.raises(Started):
        platform.start(say)
    migrations = [f"the migrations of {service}" for service in SERVICES]
    assert waited == ["the run before to end", "PostgreSQL to start", *migrations, "everything to stop in order"]
