"""Draft a declaration over sealed packing lists; everything is computed anew at submission."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from shared.act import Act
from shared.events.trade_ledger import PriceTerm
from shared.reference import customs_code
from shared.rows import model_from, next_number
from shared.vocabulary.errors import Hidden, Malformed, NotFound, Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.numbers import human_number
from trade_ledger.domain.customs_rates import breaches_of_currency
from trade_ledger.domain.submission import breaches_of_lists
from trade_ledger.domain.valuation import breaches_of_digits
from trade_ledger.store.declarations import list_facts, packing_lists_for_update
from trade_ledger.store.documents import DeclarationContent, Entered, EnteredDifference
from trade_ledger.store.packing import vehicles_among
from trade_ledger.store.pilots import prefix_of
from trade_ledger.store.tables.declarations import DeclarationRow


@dataclass(frozen=True, slots=True)
class Drafted:
    """What the declarant enters; charges in the declaration's currency."""

    packing_list_ids: tuple[UUID, ...]
    customs_office: str
    port: str
    price_term: PriceTerm
    currency: str
    freight: Decimal
    insurance: Decimal
    inland: Decimal
    simplified: bool
    differences: tuple[EnteredDifference, ...]
    declarant_id: UUID | None
    expected_arrival: date | None = None


async def draft_declaration(session: AsyncSession, drafted: Drafted, *, act: Act) -> DeclarationRow:
    """The draft; it takes nothing until it is submitted, but lists that can't go together are refused at once (V24)."""
    lists = await packing_lists_for_update(session, drafted.packing_list_ids)
    if len(lists) != len(set(drafted.packing_list_ids)) or any(each.pilot != act.pilot for each in lists):
        raise NotFound("not all packing lists are known")
    for each in lists:
        if act.subject_id != str(each.consignor_id):
            raise Hidden(f"packing list {each.id} is somebody else's")
    entered = [str(each) for each in drafted.packing_list_ids]
    lists.sort(key=lambda each: entered.index(str(each.id)))
    vehicles = await vehicles_among(session, {each.load_id for each in lists})
    breaches = breaches_of_lists([list_facts(each, None, vehicles) for each in lists])
    listed = customs_code("currency", drafted.currency, legal_date(act.now)) is not None
    breaches += breaches_of_currency(drafted.currency, listed=listed)
    if listed and (too_fine := breaches_of_digits(_amounts(drafted), drafted.currency)):
        raise Malformed(too_fine)
    if breaches:
        raise Refused(breaches)
    row = DeclarationRow(
        id=uuid7(),
        pilot=act.pilot,
        number=human_number(await prefix_of(session, act.pilot), "DE", await next_number(session, "declaration")),
        version=0,
        status="draft",
        attempt=0,
        consignor_id=lists[0].consignor_id,
        declarant_id=drafted.declarant_id or lists[0].consignor_id,
        customs_number=None,
        export_date=None,
        created_at=act.now,
        currency=drafted.currency,
        content=DeclarationContent(entered=model_from(Entered, drafted, destination=lists[0].destination)),
    )
    session.add(row)
    await session.flush()
    return row


def _amounts(drafted: Drafted) -> dict[str, Decimal]:
    charges = {f"/{name}": getattr(drafted, name) for name in ("freight", "insurance", "inland")}
    return charges | {f"/differences/{index}/amount": each.amount for index, each in enumerate(drafted.differences)}
