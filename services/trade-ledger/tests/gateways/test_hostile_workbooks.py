"""Damaged and hostile workbooks: each is read or refused by name, within its bounds, and nothing else ever happens.

`hostile/` keeps what once went wrong or nearly did; a file's name begins with what is said of it.
"""

from __future__ import annotations

import io
import random
import re
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from trade_ledger.domain.slip_sheets import slips_of
from trade_ledger.domain.workbook import SHEETS
from trade_ledger.gateways.xlsx_cells import MOST_CELLS, MOST_ROWS
from trade_ledger.gateways.xlsx_parts import Unreadable
from trade_ledger.gateways.xlsx_process import sheets_of

_HERE = Path(__file__).parent
KEPT = sorted((_HERE / "hostile").glob("*.xlsx"))
_SMALL = 5000
SEEDS = [each.read_bytes() for each in sorted((_HERE.parent / "api" / "workbooks").glob("*.xlsx"))]
SEEDS = [each for each in SEEDS if len(each) < _SMALL]
SEEDS += [each.read_bytes() for each in KEPT if each.name.startswith(("slips.", "faults."))]
_TOKENS = re.compile(rb'<[^>]*>|"[^"]*"|[^<>"]+')
_VALUES = re.compile(rb"(<(?:v|t)[^>]*>)([^<]*)(</)")
_ATTRIBUTES = re.compile(rb'( \w+=)"[^"]*"')
_STRANGE = [
    b"", b"-1", b"0", b"1_0", "１".encode(), b"1e999", b"nan", b"9" * 20, b"9" * 5000, b"A0", b"XFD1048576",
    b"ZZZ9999999", b"A1:XFD1048576", b"B2:A1", b"_xD800_", b"_xDE00__xD83D_", b"_x0000_", b"&#xFFFE;", b"&amp;",
    b"\xff\xfe", b"x" * 300, b"s", b"e", b"d", b"b", b"str", b"inlineStr",
]  # fmt: skip


def said_of(content: bytes) -> str:
    """What becomes of a workbook: why it isn't read, `other_sheets`, `faults`, or `slips`."""
    try:
        sheets = sheets_of(content, tuple(SHEETS))
    except Unreadable as error:
        return error.code
    for sheet in sheets.values():
        assert len(sheet.rows) <= MOST_ROWS
        assert sum(map(len, sheet.rows.values())) <= 2 * MOST_CELLS
        for row in sheet.rows.values():
            # What isn't text to every program can't be stored or answered either.
            "".join(cell.text for cell in row.values()).encode()
    found = slips_of(sheets)
    if isinstance(found, tuple):
        return "other_sheets"
    return "faults" if any(slip.faults for slip in found.slips) else "slips"


def mutant(chance: random.Random) -> bytes:
    """A workbook with something changed in it: a byte, a part, a tag, a value."""
    content = chance.choice(SEEDS)
    if chance.random() < 0.25:
        return _damaged(chance, bytearray(content))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parts = [(each.filename, archive.read(each)) for each in archive.infolist()]
    for _ in range(chance.choice([1, 1, 2])):
        at = chance.choice([n for n, (name, _) in enumerate(parts) if name.endswith((".xml", ".rels"))])
        change = _revalued if chance.random() < 0.6 else _retold
        parts[at] = parts[at][0], change(chance, parts[at][1])
    if chance.random() < 0.05:
        parts.append(chance.choice(parts))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, part in parts:
            archive.writestr(name, part)
    return file.getvalue()


def _damaged(chance: random.Random, content: bytearray) -> bytes:
    at = chance.randrange(len(content))
    match chance.randrange(3):
        case 0:
            for _ in range(chance.choice([1, 3, 20])):
                content[chance.randrange(len(content))] = chance.randrange(256)
        case 1:
            del content[at:]
        case _:
            content[at:at] = content[chance.randrange(len(content)) :][:50]
    return bytes(content)


def _revalued(chance: random.Random, part: bytes) -> bytes:
    """Some values and attributes changed to strange ones."""

    def attribute(found: re.Match[bytes]) -> bytes:
        return found[1] + b'"' + chance.choice(_STRANGE) + b'"' if chance.random() < 0.01 else found[0]

    def value(found: re.Match[bytes]) -> bytes:
        return found[1] + (chance.choice(_STRANGE) if chance.random() < 0.08 else found[2]) + found[3]

    return _VALUES.sub(value, _ATTRIBUTES.sub(attribute, part))


def _retold(chance: random.Random, part: bytes) -> bytes:
    """A few tags and texts left out, repeated, swapped, or the rest cut off."""
    tokens = _TOKENS.findall(part) or [b""]
    for _ in range(chance.choice([1, 1, 2, 4])):
        at, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
        match chance.randrange(5):
            case 0:
                tokens[at] = b""
            case 1:
                tokens[at] = tokens[at] * chance.choice([2, 50])
            case 2:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case 3:
                tokens[at] = _ATTRIBUTES.sub(b"", tokens[at])
            case _:
                tokens = tokens[: at + 1]
    return b"".join(tokens)


@pytest.mark.parametrize("kept", KEPT, ids=[each.stem for each in KEPT])
def test_a_kept_workbook_is_said_what_its_name_says(kept: Path) -> None:
    assert said_of(kept.read_bytes()) == kept.stem.partition(".")[0]


@pytest.mark.parametrize("count", [500, pytest.param(20_000, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
def test_any_workbook_is_read_or_refused_by_name_within_its_bounds(count: int) -> None:
    said: Counter[str] = Counter()
    for seed in range(count):
        content = mutant(random.Random(seed))
        try:
            said[said_of(content)] += 1
        except Exception as error:
            error.add_note(f"the workbook of seed {seed}: keep it in {_HERE.name}/hostile once it is mended")
            raise
    assert said.keys() <= {
        "slips", "faults", "other_sheets", "sheet_too_long", "workbook_linked", "workbook_locked", "workbook_too_large",
        "workbook_unreadable",
    }  # fmt: skip
    # Most that is changed at random is no workbook any more; enough still is one to try what comes behind.
    assert said["slips"] + said["faults"] > count / 10
    assert said["workbook_unreadable"] > count / 10
