"""The journal's one way in, and the rates that amounts name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, union_all
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.store.tables import (
    CollectionRow,
    ConversionRow,
    JournalRow,
    PassOnRow,
    RateRow,
)
from shared.act import Act
from shared.rows import lock_name
from shared.scope import Scope, within


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of a double entry: positive debits, negative credits."""

    account: str
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Entry:
    """A double entry: what it stands for, and its sides, which sum to zero per currency."""

    reference: str
    postings: Sequence[Posting]


async def write_entries(session: AsyncSession, entries: Sequence[Entry], *, act: Act) -> None:
    """Write entries; the database refuses at commit one that doesn't sum to zero per currency (R-FX-7)."""
    rows = [row for each in entries for row in _rows(each, act)]
    if rows:
        await session.execute(insert(JournalRow), rows)


def _rows(entry: Entry, act: Act) -> list[dict[str, Any]]:
    entry_id = uuid7()
    return [
        {
            "entry_id": entry_id,
            "pilot": act.pilot,
            "account": each.account,
            "currency": each.currency,
            "amount": each.amount,
            "reference": entry.reference,
            "at": act.now,
            "actor": act.actor,
        }
        for each in entry.postings
        if each.amount
    ]


async def number_under(session: AsyncSession, bank_id: UUID, reference: str) -> str | None:
    """What has a bank's reference already, of whatever kind (V39); until commit nobody else can take it."""
    await lock_name(session, f"bank reference {bank_id} {reference}")
    of_each = [
        select(table.number).where(table.bank_id == bank_id, table.bank_reference == reference)
        for table in (CollectionRow, PassOnRow, ConversionRow)
    ]
    number: str | None = await session.scalar(union_all(*of_each).limit(1))
    return number


@dataclass(frozen=True, slots=True)
class Quoted:
    """A rate as it was stated: one `base` is `rate` of `quote`."""

    source: str
    base: str
    quote: str
    quoted_on: date
    rate: Decimal


async def rate_id_of(session: AsyncSession, quoted: Quoted, pilot: str) -> UUID:
    """The id under which the stated rate is stored, made where it is new (R-FX-10)."""
    values = {
        "pilot": pilot,
        "source": quoted.source,
        "base": quoted.base,
        "quote": quoted.quote,
        "quoted_on": quoted.quoted_on,
        "rate": quoted.rate,
    }
    await session.execute(upsert(RateRow).values(id=uuid7(), **values).on_conflict_do_nothing())
    return (await session.execute(select(RateRow.id).filter_by(**values))).scalar_one()


async def journal_after(session: AsyncSession, scope: Scope, line_id: int, *, most: int) -> list[JournalRow]:
    """The next lines of a pilot's journal."""
    query = within(select(JournalRow), JournalRow, scope).where(JournalRow.id > line_id)
    return list((await session.execute(query.order_by(JournalRow.id).limit(most))).scalars())
