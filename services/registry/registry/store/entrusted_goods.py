"""Goods that were traded under an agreement (R-FILE-5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.tables import EntrustedGoodsRow
from shared.row_sets import as_rows, insert_of_rows, table_of


class EntrustedGoods(NamedTuple):
    """Goods of one trade under one agreement."""

    agreement_id: UUID
    goods_name: str
    hs_code: str
    pilot: str
    first_traded_on: date


async def keep_goods(session: AsyncSession, goods: Iterable[EntrustedGoods]) -> None:
    """Goods (name, code) with the earliest trade date, whatever the order in which trades are heard."""
    # The earliest of each comes last here, and so stays.
    latest_first = sorted(goods, key=lambda each: each.first_traded_on, reverse=True)
    earliest = {(each.agreement_id, each.goods_name, each.hs_code): each for each in latest_first}
    if not earliest:
        return
    table = table_of(EntrustedGoodsRow)
    kept = insert_of_rows(table, EntrustedGoods._fields)
    # What stands is left alone: most goods were traded before.
    statement = kept.on_conflict_do_update(
        index_elements=["agreement_id", "goods_name", "hs_code"],
        set_={"first_traded_on": kept.excluded.first_traded_on},
        where=table.c.first_traded_on > kept.excluded.first_traded_on,
    )
    await session.execute(statement, as_rows(table, [earliest[key]._asdict() for key in sorted(earliest)]))


async def goods_traded_by(
    session: AsyncSession, agreement_ids: Collection[UUID], day: date
) -> dict[UUID, list[EntrustedGoodsRow]]:
    """The goods traded under some agreements up to a day, oldest first."""
    row = EntrustedGoodsRow
    query = select(row).where(row.agreement_id.in_(agreement_ids), row.first_traded_on <= day)
    found: dict[UUID, list[EntrustedGoodsRow]] = defaultdict(list)
    for each in (await session.execute(query.order_by(row.first_traded_on, row.goods_name, row.hs_code))).scalars():
        found[each.agreement_id].append(each)
    return found
