"""Submit a declaration: create its portions and declare the quantities (R-DECL-1…3)."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import DeclarationSubmitted, ValueDifference
from shared.rows import model_from
from shared.vocabulary.errors import Conflict, Refused
from shared.vocabulary.rules import Breach
from trade_ledger.domain.merge import Item
from trade_ledger.domain.portions import (
    Submitted,
    numbers_of,
    second_statutory_quantity,
    statutory_quantity,
    untouched,
)
from trade_ledger.operations.declarations.assess_declaration import Assessment, Share, assess_declaration
from trade_ledger.operations.declarations.review_arrival import review_arrival
from trade_ledger.publishers.declarations import announce_declaration
from trade_ledger.store.declarations import deleted_before, own_declaration, put_portions
from trade_ledger.store.documents import Assessed, ByCustoms, PortionContent, SubmittedItem, SubmittedNumbers
from trade_ledger.store.movements import Move, move
from trade_ledger.store.tables.declarations import DeclarationRow, PortionRow


async def submit_declaration(session: AsyncSession, declaration_id: UUID, *, version: int, act: Act) -> DeclarationRow:
    """The submitted declaration; raises Refused with every breach."""
    row = await own_declaration(session, declaration_id, version, act)
    if row.status not in ("draft", "rejected", "withdrawn"):
        raise Conflict("declaration_not_draft", f"the declaration is {row.status}")
    assessed = await assess_declaration(session, row, act=act)
    if assessed.breaches:
        raise Refused(assessed.breaches)
    moves = [Move(share.line.line_id, "declared", share.quantity) for share in assessed.shares]
    if await move(session, moves, reference=row.number, act=act):
        raise Refused((Breach("quantity_declared_already", "V21", "/packing_list_ids"),))
    for each in assessed.lists:
        each.declaration_id = row.id
    item_of = {portion: number for number, item in enumerate(assessed.items, 1) for portion in item.portions}
    portions = [_portion(row, share, item_of[str(share.portion_id)], assessed) for share in assessed.shares]
    await put_portions(session, row, portions)
    # A number that customs gave to an attempt that it rejected is not this one's (V34).
    row.status, row.attempt, row.customs_number = "submitted", row.attempt + 1, None
    replaces = await deleted_before(session, row, {share.line.line_id for share in assessed.shares})
    news = {"assessed": _assessed(assessed, act), "customs": ByCustoms(), "replaces": replaces}
    row.content = row.content.model_copy(update=news)
    by_id = sorted(portions, key=lambda each: each.id)
    await announce_declaration(session, row, DeclarationSubmitted, act=act, portions=by_id)
    await review_arrival(session, [row.id], act)
    return row


def _assessed(assessed: Assessment, act: Act) -> Assessed:
    shares = assessed.shares
    return Assessed(
        rate_id=assessed.rate_id,
        usd_rate_id=assessed.slip_rate_ids.get("USD"),
        rate_month=assessed.rate_month,
        load_ids=tuple(sorted({each.load_id for each in assessed.lists})),
        packages=sum(each.packages for each in shares),
        gross_weight_kg=sum((each.gross_weight_kg for each in shares), Decimal(0)),
        net_weight_kg=sum((each.net_weight_kg for each in shares), Decimal(0)),
        submitted_at=act.now,
        items=tuple(_item(number, item) for number, item in enumerate(assessed.items, 1)),
    )


def _item(number: int, item: Item) -> SubmittedItem:
    return model_from(SubmittedItem, item, item_no=number, portion_ids=tuple(UUID(each) for each in item.portions))


def _portion(row: DeclarationRow, share: Share, item_no: int, assessed: Assessment) -> PortionRow:
    born = Submitted(
        quantity=share.quantity,
        slip_value=share.slip_value,
        declared_value=share.valued.declared,
        fob_value=share.valued.fob,
        fob_usd=share.valued.fob_usd,
        currency=row.currency,
        slip_currency=share.trade.currency,
    )
    return PortionRow(
        id=share.portion_id,
        pilot=row.pilot,
        declaration_id=row.id,
        line_id=share.line.line_id,
        trade_id=share.trade.id,
        declared_currency=born.currency,
        slip_currency=born.slip_currency,
        content=_portion_content(row, share, item_no, assessed, born),
        **asdict(numbers_of(born, untouched(born.quantity))),
    )


def _portion_content(
    row: DeclarationRow, share: Share, item_no: int, assessed: Assessment, born: Submitted
) -> PortionContent:
    trade, line = share.trade.state, share.line
    ratio = share.quantity / line.quantity
    return PortionContent(
        trade_number=trade.number,
        trade_kind=trade.kind,
        sale_date=trade.trade_date,
        export_mode=trade.export_mode,
        owner_id=trade.owner_id,
        stall_holder_id=trade.stall_holder_id,
        consignor_id=trade.consignor_id,
        buyer_id=trade.buyer_id,
        export_agency_id=trade.export_agency_id,
        collector_id=trade.collector_id,
        exemption_filer_id=trade.exemption_filer_id,
        settlement_method=trade.settlement_method,
        domestic_share_percent=share.domestic_share_percent,
        item_no=item_no,
        hs_code=line.hs_code,
        goods_name=line.goods_name,
        unit=line.unit,
        statutory_quantity=statutory_quantity(line.statutory_quantity, line.statutory_unit, ratio, share.net_weight_kg),
        statutory_unit=line.statutory_unit,
        second_statutory_quantity=second_statutory_quantity(line.second_statutory_quantity, ratio),
        second_statutory_unit=line.second_statutory_unit,
        net_weight_kg=share.net_weight_kg,
        price_term=row.content.entered.price_term,
        slip_price_term=trade.price_term,
        slip_rate_id=assessed.slip_rate_ids[share.trade.currency],
        differences=tuple(ValueDifference(name=name, amount=amount) for name, amount in share.valued.named),
        rate_id=assessed.rate_id,
        verdict=share.verdict,
        submitted=SubmittedNumbers.model_validate(born, from_attributes=True),
    )
