"""Business time: real time, moved only in a sandbox (ARCHITECTURE.md#the-clock)."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.vocabulary.errors import SetupProblem


class Clock:
    """Business time in UTC; the offset is stored once, in a file that all services read on every call."""

    def __init__(self, environment: str, clock_file: Path | None) -> None:
        self._movable = environment == "sandbox"
        self._file = clock_file
        self._seen: tuple[int, int] | None = None
        self._offset = timedelta(0)
        if clock_file is not None and not self._movable:
            raise SetupProblem("CLOCK_FILE is set outside a sandbox: unset it, production keeps real time")

    def now(self) -> datetime:
        """The business instant, UTC."""
        return datetime.now(UTC) + self.offset()

    def offset(self) -> timedelta:
        """How far business time is from real time; zero unless it was moved."""
        if self._file is None:
            return timedelta(0)
        try:
            stat = os.stat(self._file)
        except FileNotFoundError:
            return timedelta(0)
        seen = (stat.st_mtime_ns, stat.st_ino)
        if seen != self._seen:
            self._offset = timedelta(seconds=json.loads(self._file.read_text())["offset_seconds"])
            self._seen = seen
        return self._offset

    def move_to(self, instant: datetime) -> None:
        """Make `instant` (aware) the business time for every process that reads this clock's file."""
        if not self._movable or self._file is None:
            raise SetupProblem("the clock can be moved in a sandbox only")
        seconds = (instant - datetime.now(UTC)).total_seconds()
        staged = self._file.with_suffix(".new")
        staged.write_text(json.dumps({"offset_seconds": seconds}))
        staged.replace(self._file)
