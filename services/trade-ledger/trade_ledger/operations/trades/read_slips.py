"""Read a trade workbook into slips: every cell judged, every fault reported with sheet, row and column."""

from __future__ import annotations

import asyncio

from shared.vocabulary.errors import Malformed
from shared.vocabulary.rules import Breach
from trade_ledger.domain.slip_sheets import SlipSheets, slips_of
from trade_ledger.domain.workbook import SHEETS
from trade_ledger.gateways.xlsx import NotAWorkbook, read_sheets


async def read_slips(content: bytes, whose: str) -> SlipSheets:
    """A workbook's slips in row order; raises Malformed if its sheets or columns aren't the template's."""
    try:
        sheets = await read_sheets(content, tuple(SHEETS), whose)
    except NotAWorkbook as error:
        about = {"sheet": error.sheet, "limit": str(error.limit)} if error.sheet else {}
        raise Malformed((Breach(error.code, "", f"/{error.sheet}" if error.sheet else "", about),)) from error
    # A large workbook has a million cells to judge: other requests go on meanwhile.
    found = await asyncio.to_thread(slips_of, sheets)
    if isinstance(found, tuple):
        raise Malformed(found)
    return found
