"""The sample days, lived once per run on a real Kafka; every test looks at the same day."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from rich.console import Console

from marketctl.embedded_platform import Platform
from marketctl.layout import Layout, free_ports
from marketctl.sample.days import run_sample_days


@dataclass(frozen=True)
class Lived:
    """The running platform after both days, and what went unexpectedly."""

    platform: Platform
    layout: Layout
    unexpected: list[str]


@pytest.fixture(scope="session")
def lived() -> Iterator[Lived]:
    folder = Path(tempfile.mkdtemp(prefix="market-市场 day-"))
    layout = Layout(folder / "run", "kafka", free_ports())
    platform = Platform(layout)
    platform.start(lambda line: None)
    try:
        yield Lived(platform, layout, run_sample_days(platform, Console(quiet=True)))
    finally:
        platform.stop()
        shutil.rmtree(folder, ignore_errors=True)
