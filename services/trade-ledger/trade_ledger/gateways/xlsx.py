"""Workbooks from outside, read by a process with little memory and time."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence

_MOST_SECONDS = 30
_READERS = asyncio.Semaphore(2)


class NotAWorkbook(Exception):
    """The bytes are no workbook that can be read; `code` says why not."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


async def read_sheets(content: bytes, names: Sequence[str]) -> dict[str, list[list[str]]]:
    """The named sheets as rows of text; a sheet that isn't there is left out."""
    command = [sys.executable, "-m", "trade_ledger.gateways.xlsx_process", *names]
    pipe, nowhere = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    async with _READERS:
        reader = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=nowhere)
        try:
            async with asyncio.timeout(_MOST_SECONDS):
                output, _ = await reader.communicate(content)
        except TimeoutError as error:
            raise NotAWorkbook("workbook_too_large") from error
        finally:
            if reader.returncode is None:
                reader.kill()
                await reader.wait()
    if reader.returncode != 0:
        raise NotAWorkbook("workbook_too_large")
    said = json.loads(output)
    if "problem" in said:
        raise NotAWorkbook(said["problem"])
    sheets: dict[str, list[list[str]]] = said["sheets"]
    return sheets
