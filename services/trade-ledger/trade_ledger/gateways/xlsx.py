"""Workbooks from outside, read by a process with little memory and time."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from trade_ledger.domain.cells import Cell, Sheet

_MOST_SECONDS = 30
_MOST_SECONDS_OF_MARKING = 30
_READERS = asyncio.Semaphore(2)


class NotAWorkbook(Exception):
    """The bytes are no workbook that can be read; `code` says why not, `sheet` where."""

    def __init__(self, code: str, sheet: str = "", limit: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.sheet = sheet
        self.limit = limit


async def read_sheets(content: bytes, names: Sequence[str]) -> dict[str, Sheet]:
    """What is filled of the named sheets; a sheet that isn't there is left out."""
    output = await answer_of("trade_ledger.gateways.xlsx_process", names, content, _MOST_SECONDS)
    # By lines and in a thread: parsed at one go, a large workbook would keep every other request waiting.
    return await asyncio.to_thread(sheets_said, output)


async def answer_of(module: str, arguments: Sequence[str], content: bytes, seconds: float) -> bytes:
    """What a process of its own makes of a workbook; NotAWorkbook where it needs too much memory or time."""
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    async with _READERS:
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


async def marked_workbook(report: bytes, content: bytes) -> bytes:
    """The workbook with the report's errors marked in its cells; NotAWorkbook where it is too large for that."""
    told = report + b"\n" + content
    return await answer_of("trade_ledger.gateways.xlsx_marking", (), told, _MOST_SECONDS_OF_MARKING)
