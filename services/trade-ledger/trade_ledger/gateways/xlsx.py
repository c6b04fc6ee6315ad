"""Workbooks from outside, read by a process with little memory and time."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from shared.vocabulary.errors import Busy
from trade_ledger.domain.cells import Cell, Sheet

_MOST_SECONDS = 30
_MOST_SECONDS_OF_MARKING = 30
PLACES = 3
"""Processes that read or mark at once."""
_MOST_ASKED = 6
_MOST_OF_ONE = 2


class NotAWorkbook(Exception):
    """The bytes are no workbook that can be read; `code` says why not, `sheet` where."""

    def __init__(self, code: str, sheet: str = "", limit: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.sheet = sheet
        self.limit = limit


class Readers:
    """Places for reading processes. One party holds one of them, however many of its files are bad.

    A few more wait, fewer than the database connections of the process, since a command holds one while it waits.
    """

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(PLACES)
        self._asked: Counter[str] = Counter()
        self._turns: dict[str, asyncio.Lock] = {}

    @asynccontextmanager
    async def place(self, whose: str) -> AsyncIterator[None]:
        """A place while the block runs; Busy where too many wait for one."""
        if self._asked.total() >= _MOST_ASKED or self._asked[whose] >= _MOST_OF_ONE:
            raise Busy("overloaded", "too many workbooks are being read")
        self._asked[whose] += 1
        try:
            async with self._turns.setdefault(whose, asyncio.Lock()), self._places:
                yield
        finally:
            self._asked[whose] -= 1
            if not self._asked[whose]:
                del self._asked[whose], self._turns[whose]


_READERS = Readers()


async def read_sheets(content: bytes, names: Sequence[str], whose: str = "") -> dict[str, Sheet]:
    """What is filled of the named sheets; a sheet that isn't there is left out. Busy where too many are read."""
    output = await answer_of("trade_ledger.gateways.xlsx_process", names, content, _MOST_SECONDS, whose)
    # By lines and in a thread: parsed at one go, a large workbook would keep every other request waiting.
    return await asyncio.to_thread(sheets_said, output)


async def answer_of(module: str, arguments: Sequence[str], content: bytes, seconds: float, whose: str) -> bytes:
    """What a process of its own makes of a workbook; NotAWorkbook where it needs too much memory or time."""
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    async with _READERS.place(whose):
        reader = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments, stdin=pipe, stdout=pipe, stderr=nowhere
        )
        try:
            async with asyncio.timeout(seconds):
                output, _ = await reader.communicate(content)
        except TimeoutError as error:
            raise NotAWorkbook("workbook_too_large") from error
        finally:
            if reader.returncode is None:
                reader.kill()
                await reader.wait()
    if reader.returncode != 0:
        raise NotAWorkbook("workbook_too_large")
    return output


def sheets_said(output: bytes) -> dict[str, Sheet]:
    """The sheets from the lines of the reading process."""
    sheets: dict[str, Sheet] = {}
    rows: dict[int, dict[int, Cell]] = {}
    for line in output.splitlines():
        said: Any = json.loads(line)
        if isinstance(said, list):
            number, cells = said
            rows[number] = {column: Cell(*told) for column, *told in cells}
        elif "problem" in said:
            raise NotAWorkbook(said["problem"], said["about"], said["limit"])
        else:
            rows = {}
            sheets[said["sheet"]] = _sheet(said, rows)
    return sheets


def _sheet(said: Mapping[str, Any], rows: dict[int, dict[int, Cell]]) -> Sheet:
    return Sheet(rows, said["hidden"], said["hidden_rows"], said["hidden_columns"])


async def marked_workbook(report: bytes, content: bytes, whose: str = "") -> bytes:
    """The workbook with the report's errors marked in its cells; NotAWorkbook where it is too large for that."""
    told = report + b"\n" + content
    return await answer_of("trade_ledger.gateways.xlsx_marking", (), told, _MOST_SECONDS_OF_MARKING, whose)
