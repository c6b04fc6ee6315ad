"""Only what is filled counts: blanks, pictures and far cells make no workbook large; bombs are refused."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import threading
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from shared.vocabulary.errors import Busy
from trade_ledger.gateways import xlsx
from trade_ledger.gateways.xlsx_cells import MOST_ROWS
from trade_ledger.gateways.xlsx_parts import MOST_BYTES

Make = Callable[..., bytes]
_HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>h</t></is></c></row>'
_READ_WITHIN = """
import resource
from trade_ledger.gateways import xlsx_process
xlsx_process.MOST_MEMORY = {memory} * 1024 * 1024
code = xlsx_process.main()
raise SystemExit(code)
"""


def handed_over(content: bytes, memory: int = 96) -> list[Any]:
    """What the reading process says, line by line, with so many megabytes of address space at most."""
    command = [sys.executable, "-c", _READ_WITHIN.format(memory=memory), "S"]
    ran = subprocess.run(command, input=content, capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr.decode()[-500:]
    return [json.loads(line) for line in ran.stdout.splitlines()]


def with_entries(content: bytes, *entries: tuple[str, bytes]) -> bytes:
    file = io.BytesIO(content)
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, more in entries:
            archive.writestr(name, more)
    return file.getvalue()


def row(number: int, cell: str) -> str:
    return f'<row r="{number}">{cell}</row>'


BLANK = "<is><t> </t></is>"
BLANKS = {
    "formulas that give nothing": "".join(
        row(n, f'<c r="A{n}" t="str"><f>IF(B{n}="","","x")</f><v></v></c>') for n in range(3, 40_003)
    ),
    "formatted cells": "".join(row(n, f'<c r="A{n}" s="0"/><c r="B{n}"/>') for n in range(3, 40_003)),
    "blanks": "".join(row(n, f'<c r="A{n}" t="inlineStr">{BLANK}</c>') for n in range(3, 40_003)),
    "a blank in the last row": row(1_048_576, f'<c r="A1048576" t="inlineStr">{BLANK}</c>'),
    "a blank in the last column": row(3, f'<c r="XFD3" t="inlineStr">{BLANK}</c>'),
    "shared blanks": "".join(row(n, f'<c r="A{n}" t="s"><v>0</v></c>') for n in range(3, 40_003)),
}


@pytest.mark.parametrize("blank", BLANKS.values(), ids=BLANKS)
def test_what_shows_nothing_is_not_handed_over(make_workbook: Make, blank: str) -> None:
    body = _HEAD + row(2, '<c r="A2"><v>1</v></c>') + blank
    said = handed_over(make_workbook(body, texts='<si><t xml:space="preserve"> </t></si>'))
    assert said[1:] == [[1, [[0, "text", "h", ""]]], [2, [[0, "number", "1", ""]]]]


def test_two_far_cells_are_two_cells(make_workbook: Make) -> None:
    said = handed_over(make_workbook(_HEAD + row(1_048_576, '<c r="XFD1048576"><v>1</v></c>')))
    assert said[2:] == [[1_048_576, [[16_383, "number", "1", ""]]]]


def test_pictures_are_not_unpacked_and_do_not_count(make_workbook: Make) -> None:
    large = bytes(MOST_BYTES // 100)
    pictures = [(f"xl/media/image{n}.png", large) for n in range(300)]
    assert len(handed_over(with_entries(make_workbook(_HEAD), *pictures))) == 2


def filled(rows: int) -> str:
    return "".join(row(n, f'<c r="A{n}"><v>{n}</v></c>') for n in range(1, rows + 1))


def test_filled_rows_are_counted_while_reading(make_workbook: Make) -> None:
    assert len(handed_over(make_workbook(filled(MOST_ROWS)))) == MOST_ROWS + 1
    refused = handed_over(make_workbook(filled(MOST_ROWS + 1)))
    assert refused == [{"problem": "sheet_too_long", "about": "S", "limit": MOST_ROWS}]


def problem_of(content: bytes) -> str:
    (said,) = handed_over(content, 256)
    return str(said["problem"])


def test_bombs_are_refused(make_workbook: Make) -> None:
    zeros = "0" * (MOST_BYTES + 1)
    assert problem_of(make_workbook(f"<!--{zeros}-->")) == "workbook_too_large"
    once = make_workbook(filled(2000), texts=f"<si><t>{'x' * 32_000}</t></si>")
    assert len(handed_over(once)) == 2001
    repeated = "".join(row(n, f'<c r="A{n}" t="s"><v>0</v></c>') for n in range(1, 2001))
    assert problem_of(make_workbook(repeated, texts=f"<si><t>{'x' * 32_000}</t></si>")) == "workbook_too_large"
    many = "".join(f'<mergeCell ref="A1:XFD{MOST_ROWS}"/>' for _ in range(10))
    assert problem_of(make_workbook(filled(2000), after=f"<mergeCells>{many}</mergeCells>")) == "workbook_too_large"


def test_entities_and_documents_types_are_refused(make_workbook: Make) -> None:
    content = make_workbook(_HEAD)
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as new:
        for each in old.infolist():
            doctype = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' if each.filename.endswith("sheet1.xml") else b""
            new.writestr(each.filename, doctype + old.read(each))
    assert problem_of(file.getvalue()) == "workbook_unreadable"


def test_too_many_entries_macros_and_passwords_are_refused(make_workbook: Make) -> None:
    content = make_workbook(_HEAD)
    assert problem_of(with_entries(content, *((f"x{n}", b"") for n in range(10_001)))) == "workbook_too_large"
    assert problem_of(with_entries(content, ("xl/vbaProject.bin", b"x"))) == "workbook_locked"


@pytest.mark.parametrize(
    "body",
    [
        '<row r="x"/>',
        '<row r="1"><c r="1A"/></row>',
        '<row r="1"><c t="s"><v>9</v></c></row>',
        '<row r="1"><c><v>x</v></c></row>',
        "<row>",
        '<row r="1"><c s="x"/></row>',
    ],
)
def test_a_damaged_sheet_is_unreadable(make_workbook: Make, body: str) -> None:
    assert problem_of(make_workbook(body)) == "workbook_unreadable"


async def test_the_answer_is_never_parsed_on_the_event_loop(
    make_workbook: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def noted(output: bytes) -> Any:
        threads.append(threading.get_ident())
        return sheets_said(output)

    sheets_said = xlsx.sheets_said
    monkeypatch.setattr(xlsx, "sheets_said", noted)
    sheets = await xlsx.read_sheets(make_workbook(filled(3)), ["S"])
    assert len(sheets["S"].rows) == 3
    assert threads
    assert threading.get_ident() not in threads


def test_links_and_macros_and_bombs_are_refused_before_anything_is_parsed(make_workbook: Make) -> None:
    sound = make_workbook(filled(3))
    refused = {
        "xl/externalLinks/externalLink1.xml": (b"<a/>", "workbook_linked"),
        "xl\\ExternalLinks\\externalLink1.xml": (b"<a/>", "workbook_linked"),
        "xl/vbaproject.bin": (b"a", "workbook_locked"),
        "xl/macrosheets/sheet1.xml": (b"<a/>", "workbook_locked"),
        "xl/activeX/activeX1.bin": (b"a", "workbook_locked"),
        "xl/media/bomb.bmp": (bytes(8 * 1024 * 1024 + 1), "workbook_too_large"),
    }
    for name, (content, code) in refused.items():
        (said,) = handed_over(with_entries(sound, (name, content)))
        assert said["problem"] == code, name
    taken = with_entries(sound, ("xl/media/blank.bmp", bytes(8 * 1024 * 1024)))
    assert "problem" not in handed_over(taken)[0]


async def test_one_partys_files_leave_places_to_others_and_too_many_are_told_to_come_again() -> None:
    readers = xlsx.Readers()
    held, over = [], asyncio.Event()

    async def read(whose: str) -> None:
        async with readers.place(whose):
            held.append(whose)
            await over.wait()

    async def refused(whose: str) -> None:
        with pytest.raises(Busy):
            await read(whose)

    reading = [asyncio.create_task(read(whose)) for whose in ("bad", "bad", "good")]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert held == ["bad", "good"]
    await refused("bad")
    reading += [asyncio.create_task(read(whose)) for whose in ("a", "b", "c")]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert held == ["bad", "good", "a"]
    await refused("d")
    over.set()
    await asyncio.gather(*reading)
    assert sorted(held) == ["a", "b", "bad", "bad", "c", "good"]
    await read("d")
