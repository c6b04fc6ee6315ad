"""Goods that were traded under an agreement (R-FILE-5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from registry.store.tables import EntrustedGoodsRow


async def keep_goods(
    session: AsyncSession,
    pilot: str,
    agreement_ids: Iterable[UUID],
    goods: Collection[tuple[str, str]],
    *,
    traded_on: date,
) -> None:
    """Goods (name, code) with the earliest trade date, whatever the order in which trades are heard."""
    rows = [
        {
            "agreement_id": agreement_id,
            "goods_name": name,
            "hs_code": code,
            "pilot": pilot,
            "first_traded_on": traded_on,
        }
        for agreement_id in agreement_ids
        for name, code in sorted(goods)
    ]
    if not rows:
        return
    kept = insert(EntrustedGoodsRow).values(rows)
    earlier = func.least(EntrustedGoodsRow.first_traded_on, kept.excluded.first_traded_on)
    key = ["agreement_id", "goods_name", "hs_code"]
    await session.execute(kept.on_conflict_do_update(index_elements=key, set_={"first_traded_on": earlier}))


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
