"""Pack lines of many trades, whole or in part, into a packing list (R-PACK-1…3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.events.trade_ledger import PackingListPacked, PackingListState
from shared.policy import policy_of
from shared.vocabulary.errors import Hidden, NotFound, Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.rules import Breach
from trade_ledger.domain.packing import PackingFacts, breaches_of_packing, expected_net
from trade_ledger.domain.parties import breaches_of_completion
from trade_ledger.publishers.packing import announce_packing_list
from trade_ledger.store.facts import standings_of, subjects_by_id
from trade_ledger.store.movements import Move, move
from trade_ledger.store.packing import own_packing_list
from trade_ledger.store.parameters import PackedWeightTolerance
from trade_ledger.store.tables.copies import SubjectCopy
from trade_ledger.store.tables.packing import PackedLineRow, PackingListRow
from trade_ledger.store.tables.row import policy
from trade_ledger.store.tables.trades import TradeLineRow, TradeRow
from trade_ledger.store.trades import lines_by_id, trades_for_update


@dataclass(frozen=True, slots=True)
class ToPack:
    """How much of a line, in how many packages of which weight."""

    trade_line_id: UUID
    quantity: Decimal
    packages: int
    gross_weight_kg: Decimal
    net_weight_kg: Decimal
    volume_m3: Decimal


async def pack_lines(
    session: AsyncSession, list_id: UUID, lines: Sequence[ToPack], *, version: int, act: Act
) -> PackingListState:
    """The list with the lines in it; exactly what fits wins however many pack at once (R-PACK-2)."""
    row = await own_packing_list(session, list_id, version, act)
    known = await lines_by_id(session, {each.trade_line_id for each in lines})
    trades = {trade.id: trade for trade in await trades_for_update(session, {each.trade_id for each in known.values()})}
    parties = await subjects_by_id(session, {row.consignor_id, *(trade.seller_id for trade in trades.values())})
    rules = await policy_of(session, policy, act.pilot)
    tolerance = rules.on(PackedWeightTolerance, legal_date(act.now)).value
    breaches: list[Breach] = []
    for index, each in enumerate(lines):
        line = known.get(each.trade_line_id)
        if line is None or line.pilot != act.pilot:
            raise NotFound(f"no trade line {each.trade_line_id}")
        trade = trades[line.trade_id]
        if act.subject_id not in {str(trade.consignor_id), str(trade.seller_id)}:
            raise Hidden(f"trade line {line.id} is somebody else's")
        breaches += breaches_of_packing(_facts(each, line, trade, row, parties, tolerance), f"/lines/{index}")
    if breaches:
        raise Refused(tuple(breaches))
    moves = [Move(each.trade_line_id, "packed", each.quantity) for each in lines]
    if unfit := await move(session, moves, reference=row.number, act=act):
        raise Refused(
            tuple(
                Breach("packed_over_quantity", "R-PACK-2", f"/lines/{index}/quantity", _asked(each))
                for index, each in enumerate(moves)
                if any(each is one for one in unfit)
            )
        )
    for each in lines:
        session.add(
            PackedLineRow(
                id=uuid7(),
                pilot=act.pilot,
                packing_list_id=list_id,
                line_id=each.trade_line_id,
                trade_id=known[each.trade_line_id].trade_id,
                quantity=each.quantity,
                packages=each.packages,
                gross_weight_kg=each.gross_weight_kg,
                net_weight_kg=each.net_weight_kg,
                volume_m3=each.volume_m3,
                shut_out=Decimal(0),
            )
        )
    return await announce_packing_list(session, row, PackingListPacked, act=act)


def _asked(each: Move) -> dict[str, str]:
    return {"quantity": f"{each.quantity.normalize():f}"}


def _facts(
    each: ToPack,
    line: TradeLineRow,
    trade: TradeRow,
    row: PackingListRow,
    parties: Mapping[UUID, SubjectCopy],
    tolerance: Decimal,
) -> PackingFacts:
    acting = [(trade.seller_id, "stall_holder"), (row.consignor_id, "operator")]
    return PackingFacts(
        consignor_is_trades=trade.consignor_id == row.consignor_id,
        trade_status=trade.status,
        trade_eligible=trade.eligible,
        handed_over=trade.handed_over_at is not None,
        own_export=trade.seller_id == trade.consignor_id,
        stopped=tuple(
            role for party, role in acting if breaches_of_completion(standings_of(parties.get(party)), role, "")
        ),
        list_status=row.status,
        quantity=each.quantity,
        packages=each.packages,
        gross_weight_kg=each.gross_weight_kg,
        net_weight_kg=each.net_weight_kg,
        expected_net_kg=expected_net(line.content.net_weight_kg, line.content.quantity, each.quantity),
        tolerance_percent=tolerance,
    )
