"""Hostile workbooks and rows sent as a caller may: no 5xx, a bounded report, and in the tables what the report says."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import psycopg
import pytest

KEPT = sorted((Path(__file__).parents[1] / "gateways" / "hostile").glob("*.xlsx"))
_MOST_TOLD = 2000
_MOST_OF_ONE = 100
_ROWS = 40
_STRANGE: list[Any] = [
    None, True, -1, 0, 1e300, 10**30, 0.1, "", " ", "\0", "\ud800", "１２", "1e2", "1_0", "-0", "NaN", "=1+1",
    "2026-02-30", "9999-12-31", "x" * 5000, [], {}, [[]], {"a": {}}, "019a0000-0000-7000-8000-0000000000aa", "\u202e",
]  # fmt: skip


def mutant(chance: random.Random, row: dict[str, Any]) -> bytes:
    """A row with something changed in it: a value, a name, its nesting, or a byte of its text."""
    row = json.loads(json.dumps(row))
    parts = [row, *row["lines"]]
    for _ in range(chance.choice([0, 1, 1, 2, 5])):
        _change(chance, chance.choice(parts))
    told = json.dumps(row, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass")
    match chance.randrange(12):
        case 0:
            return told[: chance.randrange(len(told))]
        case 1:
            at = chance.randrange(len(told))
            return told[:at] + bytes([chance.randrange(256)]).replace(b"\n", b"") + told[at + 1 :]
        case 2:
            return told.replace(b"{", b'{"total":' + b"[" * 3000 + b"]" * 3000 + b",", 1)
        case 3:
            return b"\xef\xbb\xbf" + told + b"\r"
        case _:
            return told


def _change(chance: random.Random, part: dict[str, Any]) -> None:
    name = chance.choice(sorted(part))
    match chance.randrange(4):
        case 0:
            del part[name]
        case 1:
            part[name + "\ufeff"] = part[name]
        case 2 if isinstance(part[name], list):
            part[name] *= chance.choice([0, 2, 500])
        case _:
            part[name] = chance.choice(_STRANGE)


def told_of(answer: Any) -> int:
    """How many trades the report says were registered, after a look at its bounds."""
    assert answer.status_code < 500, answer.text[:500]
    told = answer.json()
    if answer.status_code != 200:
        assert 0 < len(told["errors"]) <= _MOST_OF_ONE + 1
        return 0
    problems = [len(each["problems"]) for each in told["results"]]
    assert sum(problems) <= _MOST_TOLD + len(problems)
    assert (told["registered"], told["refused"]) == (problems.count(0), len(problems) - problems.count(0))
    return int(told["registered"])


def written(dsn: str) -> tuple[int, ...]:
    """Trades, their versions, and the events about them."""
    counted = "trades", "trade_versions", "outbox WHERE topic = 'trade-ledger.trades'"
    queries = [f"(SELECT count(*) FROM {each})" for each in counted]
    with psycopg.connect(dsn) as connection:
        row = connection.execute(f"SELECT {', '.join(queries)}").fetchone()
    assert row is not None
    return tuple(row)


async def test_each_kept_workbook_is_answered_and_only_sound_slips_are_written(sheets: Any, dsn: str) -> None:
    registered = 0
    for kept in KEPT:
        answer = await sheets.sent(kept.read_bytes())
        registered += told_of(answer)
        said = kept.stem.partition(".")[0]
        if said not in ("slips", "faults"):
            codes = {each["code"] for each in answer.json()["errors"]}
            assert codes == {"sheet_missing" if said == "other_sheets" else said}, kept.name
    assert written(dsn) == (registered,) * 3


@pytest.mark.parametrize("batches", [4, pytest.param(150, marks=[pytest.mark.long, pytest.mark.timeout(900)])])
async def test_any_rows_are_answered_and_only_sound_ones_are_written(market: Any, dsn: str, batches: int) -> None:
    registered = 0
    for batch in range(batches):
        chance = random.Random(batch)
        rows = [mutant(chance, market.trade()) for _ in range(_ROWS)]
        content = b"\n".join(rows)
        registered += told_of(
            await market.door.call("POST", "/v1/trades/bulk", content=content, **market.as_operator())
        )
    # Every fifth row is sent as it is; more of the rest aren't than are.
    assert batches * _ROWS / 10 < registered < batches * _ROWS / 2
    assert written(dsn) == (registered,) * 3
