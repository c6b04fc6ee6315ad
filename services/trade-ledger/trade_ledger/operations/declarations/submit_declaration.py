"""Submit a declaration: portions are born, quantities are declared (R-DECL-1…3)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import DeclarationSubmitted, DeclarationWithdrawn
from shared.rows import row_to_change
from shared.vocabulary.errors import Conflict, Refused
from shared.vocabulary.money import round_half_up
from shared.vocabulary.rules import Breach
from trade_ledger.domain.merge import KILOGRAM, Item
from trade_ledger.operations.declarations.assess_declaration import Assessed, Share, assess_declaration
from trade_ledger.operations.declarations.book_outcome import hold_packing_lists
from trade_ledger.publishers.declarations import announce_declaration
from trade_ledger.store.declarations import portions_of
from trade_ledger.store.movements import Move, move
from trade_ledger.store.tables.declarations import DeclarationRow, PortionRow


async def own_declaration(session: AsyncSession, declaration_id: UUID, version: int | None, act: Act) -> DeclarationRow:
    """The locked declaration at the version the caller saw, if it is its consignor or declarant."""

    def own(row: DeclarationRow) -> bool:
        return act.subject_id in {str(row.consignor_id), str(row.declarant_id)}

    return await row_to_change(
        session, DeclarationRow, declaration_id, pilot=act.pilot, version=version, what="declaration", own=own
    )


async def submit_declaration(session: AsyncSession, declaration_id: UUID, *, version: int, act: Act) -> DeclarationRow:
    """The submitted declaration, or every reason why not."""
    row = await own_declaration(session, declaration_id, version, act)
    if row.status not in ("draft", "rejected", "withdrawn"):
        raise Conflict("declaration_not_draft", f"the declaration is {row.status}")
    assessed = await assess_declaration(session, row, act=act)
    if assessed.breaches:
        raise Refused(assessed.breaches)
    moves = [Move(share.line.id, "declared", share.quantity) for share in assessed.shares]
    if await move(session, moves, reference=row.number, act=act):
        raise Refused((Breach("quantity_declared_already", "V21", "/packing_list_ids"),))
    for each in assessed.lists:
        each.declaration_id = row.id
    await session.execute(delete(PortionRow).where(PortionRow.declaration_id == row.id))
    item_of = {portion: number for number, item in enumerate(assessed.items, 1) for portion in item.portions}
    for share in assessed.shares:
        session.add(_portion_row(row, share, item_of[str(share.portion_id)], assessed))
    # A number that customs gave to an attempt that it rejected is not this one's (V34).
    row.status, row.attempt, row.customs_number = "submitted", row.attempt + 1, None
    row.content = {**row.content, **_content(assessed, act)}
    await announce_declaration(session, row, DeclarationSubmitted, act=act)
    return row


def _content(assessed: Assessed, act: Act) -> dict[str, Any]:
    shares = assessed.shares
    return {
        "total_value": str(sum((each.valued.declared for each in shares), Decimal(0))),
        "total_fob": str(sum((each.valued.fob for each in shares), Decimal(0))),
        "total_fob_usd": str(sum((each.valued.fob_usd for each in shares), Decimal(0))),
        "rate_id": assessed.rate_id,
        "rate_month": assessed.rate_month.isoformat(),
        "load_ids": sorted({str(each.load_id) for each in assessed.lists}),
        "packages": sum(each.packages for each in shares),
        "gross_weight_kg": f"{sum((each.gross_weight_kg for each in shares), Decimal(0)):f}",
        "net_weight_kg": f"{sum((each.net_weight_kg for each in shares), Decimal(0)):f}",
        "submitted_at": act.now.isoformat(),
        "accepted_at": None,
        "released_at": None,
        "route": None,
        "items": [_item(number, item) for number, item in enumerate(assessed.items, 1)],
    }


def _item(number: int, item: Item) -> dict[str, Any]:
    return {
        "item_no": number,
        "hs_code": item.hs_code,
        "goods_name": item.goods_name,
        "merged": item.merged,
        "quantity": f"{item.quantity:f}",
        "unit": item.unit,
        "value": f"{item.value:f}",
        "packages": item.packages,
        "gross_weight_kg": f"{item.gross_weight_kg:f}",
        "net_weight_kg": f"{item.net_weight_kg:f}",
        "portion_ids": list(item.portions),
    }


def _portion_row(row: DeclarationRow, share: Share, item_no: int, assessed: Assessed) -> PortionRow:
    trade, line = share.trade.state, share.line.content
    inherited = ("trade_id", "export_mode", "owner_id", "stall_holder_id", "consignor_id", "buyer_id",
                 "export_agency_id", "collector_id", "exemption_filer_id", "settlement_method")  # fmt: skip
    zero = {f"{stage}_{what}": "0" for stage in ("released", "departed", "shut_out", "returned")
            for what in ("quantity", "value", "fob")}  # fmt: skip
    content = {
        "portion_id": str(share.portion_id),
        "pilot": row.pilot,
        "trade_number": trade["number"],
        "trade_line_id": str(share.line.id),
        "trade_kind": trade["kind"],
        "sale_date": trade["trade_date"],
        **{name: trade[name] for name in inherited},
        "domestic_share_percent": f"{share.domestic_share_percent:f}",
        "declaration_id": str(row.id),
        "item_no": item_no,
        "hs_code": line["hs_code"],
        "goods_name": line["goods_name"],
        "quantity": f"{share.quantity:f}",
        "unit": line["unit"],
        **_statutory(share),
        "net_weight_kg": f"{share.net_weight_kg:f}",
        "price_term": row.content["price_term"],
        "slip_value": f"{share.slip_value:f}",
        "slip_currency": trade["currency"],
        "slip_price_term": trade["price_term"],
        "slip_rate_id": assessed.slip_rate_ids[trade["currency"]],
        "differences": [{"name": name, "amount": f"{amount:f}"} for name, amount in share.valued.named],
        "declared_value": f"{share.valued.declared:f}",
        "declared_currency": row.content["currency"],
        "fob_value": f"{share.valued.fob:f}",
        "fob_usd": f"{share.valued.fob_usd:f}",
        "rate_id": assessed.rate_id,
        "verdict": share.verdict,
        **zero,
    }
    return PortionRow(
        id=share.portion_id,
        pilot=row.pilot,
        declaration_id=row.id,
        line_id=share.line.id,
        trade_id=share.trade.id,
        quantity=share.quantity,
        declared_value=share.valued.declared,
        fob_value=share.valued.fob,
        fob_usd=share.valued.fob_usd,
        released_quantity=Decimal(0),
        departed_quantity=Decimal(0),
        returned_quantity=Decimal(0),
        released_fob_usd=Decimal(0),
        content=content,
    )


def _statutory(share: Share) -> dict[str, str | None]:
    """The portion's part of its line's statutory quantities (V11); kilograms are the goods' own net weight (V12)."""
    line = share.line.content
    ratio = share.quantity / Decimal(line["quantity"])
    first, second = (
        None if whole is None else round_half_up(Decimal(whole) * ratio, 6)
        for whole in (line["statutory_quantity"], line["second_statutory_quantity"])
    )
    if line["statutory_unit"] == KILOGRAM:
        first = share.net_weight_kg
    return {
        "statutory_quantity": f"{first:f}",
        "statutory_unit": line["statutory_unit"],
        "second_statutory_quantity": None if second is None else f"{second:f}",
        "second_statutory_unit": line["second_statutory_unit"],
    }


async def withdraw_declaration(
    session: AsyncSession, declaration_id: UUID, *, version: int, reason: str, act: Act
) -> DeclarationRow:
    """The withdrawn declaration; after acceptance only customs can undo it (V32, V33)."""
    row = await own_declaration(session, declaration_id, version, act)
    if row.status != "submitted":
        raise Conflict("declaration_not_withdrawable", f"the declaration is {row.status}")
    await hold_packing_lists(session, row, held=False)
    moves = [Move(each.line_id, "declared", -each.quantity) for each in await portions_of(session, row.id)]
    if unfit := await move(session, moves, reference=row.number, act=act):
        raise RuntimeError(f"nothing declared to give back for {[str(each.line_id) for each in unfit]}")
    row.status = "withdrawn"
    row.content = {**row.content, "withdrawn_attempt": row.attempt}
    await announce_declaration(session, row, DeclarationWithdrawn, act=act, reason=reason)
    return row
