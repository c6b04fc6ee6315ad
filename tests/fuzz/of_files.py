"""Sound requests with files of trades, and about the jobs that register them afterwards."""

from __future__ import annotations

import io
import json
from typing import Any

import xlsxwriter
from market import Market, Sound, recipe
from of_trade_ledger import T, trade

from shared.workshop.waiting import until
from trade_ledger.domain.workbook import SHEETS

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(entered: dict[str, Any], stall: str) -> bytes:
    """The workbook of one trade."""
    slip = {name: entered[name] for name in ("export_mode", "trade_date", "settlement_method")}
    slip |= {
        "slip": entered["external_ref"], "stall_number": stall, "channel": "market",
        "price_term": "FOB", "document_hash": "0" * 64,
    }  # fmt: skip
    packed = {"package_unit": "箱", "currency": "USD", "slip": entered["external_ref"]}
    rows = ([slip], [each | packed for each in entered["lines"]])
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    for (name, columns), known in zip(SHEETS.items(), rows, strict=True):
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, [column.header for column in columns])
        for number, row in enumerate(known, 1):
            sheet.write_row(number, 0, [row.get(column.field, "") for column in columns])
    book.close()
    return file.getvalue()


@recipe(T)
async def register_trades_in_bulk(m: Market) -> Sound:
    lines = [json.dumps(await trade(m)).encode() for _ in range(2)]
    # Every other file is a job.
    prefer = "respond-async" if m.number() % 2 else ""
    return Sound(m.day["operator"], body=b"\n".join(lines) + b"\n", kind="application/x-ndjson", prefer=prefer)


async def _job(m: Market) -> Sound:
    while not (sent := await m.some(T, "register_trades_in_bulk")).sound.prefer:
        await m.make(T, "register_trades_in_bulk")

    async def ended() -> bool:
        return (await m.read(T, f"/v1/trade-jobs/{sent.id}", sent.who))["ended_at"] is not None

    await until(ended)
    return Sound(sent.who, {"job_id": sent.id})


@recipe(T)
async def read_trade_job(m: Market) -> Sound:
    return await _job(m)


@recipe(T)
async def read_trade_job_report(m: Market) -> Sound:
    return await _job(m)


@recipe(T)
async def import_trades(m: Market) -> Sound:
    entered = await trade(m)
    holder = await m.read("registry", f"/v1/subjects/{entered['seller_id']}", {"role": "auditor"})
    return Sound(m.day["operator"], body=workbook(entered, holder["stalls"][0]["stall_number"]), kind=XLSX)
