"""The sample days on the embedded bus, and Debian's Chromium without a window."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, sync_playwright
from rich.console import Console

from marketctl.embedded.layout import Layout, free_ports
from marketctl.embedded.platform import Platform
from marketctl.sample.days import run_sample_days

REMEDY = "make browser needs Chromium: apt-get install chromium, or name it with CHROMIUM=/path/to/it"
_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def chromium() -> str | None:
    """Where Chromium is on this machine."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser(served: Any) -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread: what starts the services runs one of its own, before.
    path = chromium()
    if path is None:
        pytest.fail(REMEDY)
    # Playwright gives the browser a new, empty user-data-dir and takes it away.
    with sync_playwright() as playwright:
        try:
            started = playwright.chromium.launch(executable_path=path, headless=True, args=_FLAGS)
        except Error as error:
            pytest.fail(f"{REMEDY} ({error.message.splitlines()[0]})")
        yield started
        started.close()


@pytest.fixture(scope="session")
def served() -> Iterator[Any]:
    folder = Path(tempfile.mkdtemp(prefix="market-browser-"))
    platform = Platform(Layout(folder / "run", "embedded", free_ports()))
    platform.start(lambda line: None)
    try:
        assert run_sample_days(platform, Console(quiet=True)) == []
        yield platform.layout
    finally:
        platform.stop()
        shutil.rmtree(folder, ignore_errors=True)
