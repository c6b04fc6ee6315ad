"""An agent passes collected money on to its principal, in currency or as RMB (划转, R-FX-4, V42)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from uuid_utils.compat import uuid7

from fx_settlement.store.money import Posting, bank_in_force, next_number, post
from fx_settlement.store.tables import PassOnRow, PayableRow
from shared.act import Act
from shared.events.fx_settlement import PassedOn
from shared.messaging.outbox import announce
from shared.vocabulary.errors import Refused
from shared.vocabulary.legal_time import legal_date
from shared.vocabulary.money import rounded
from shared.vocabulary.numbers import human_number
from shared.vocabulary.rules import Breach


@dataclass(frozen=True, slots=True)
class ToPassOn:
    """What the bank transfers; as RMB it names the bank's rate."""

    agent_id: UUID
    principal_id: UUID
    currency: str
    amount: Decimal
    paid_as: str
    rate: Decimal | None
    paid_on: date
    bank_reference: str


async def pass_on(session: AsyncSession, wanted: ToPassOn, *, bank_id: UUID, act: Act) -> PassOnRow:
    """The transfer, never more than is owed; or every reason why not."""
    breaches = await _breaches(session, wanted, bank_id, act)
    if not breaches:
        taking = (
            update(PayableRow)
            .where(
                PayableRow.agent_id == wanted.agent_id,
                PayableRow.principal_id == wanted.principal_id,
                PayableRow.currency == wanted.currency,
                PayableRow.pilot == act.pilot,
                PayableRow.passed_on + wanted.amount <= PayableRow.collected + PayableRow.claims,
            )
            .values(passed_on=PayableRow.passed_on + wanted.amount)
            .returning(PayableRow.agent_id)
        )
        if (await session.execute(taking)).first() is None:
            breaches.append(Breach("pass_on_over_payable", "R-FX-4", "/amount"))
    if breaches:
        raise Refused(tuple(breaches))
    rmb = None if wanted.rate is None else rounded(wanted.amount * wanted.rate, "CNY")
    row = PassOnRow(
        id=uuid7(),
        pilot=act.pilot,
        number=human_number(act.pilot, "PO", await next_number(session, "pass_on")),
        bank_id=bank_id,
        bank_reference=wanted.bank_reference,
        agent_id=wanted.agent_id,
        principal_id=wanted.principal_id,
        currency=wanted.currency,
        amount=wanted.amount,
        paid_as=wanted.paid_as,
        rmb_amount=rmb,
        rate=wanted.rate,
        rate_id=None if wanted.rate is None else f"bank:{bank_id}:{wanted.paid_on}:{wanted.bank_reference}",
        paid_on=wanted.paid_on,
    )
    session.add(row)
    postings = [
        Posting(f"payable:{wanted.principal_id}", wanted.currency, wanted.amount),
        Posting(f"bank:{bank_id}", wanted.currency, -wanted.amount),
    ]
    await post(session, postings, reference=f"pass_on:{row.number}", act=act)
    names = set(PassedOn.model_fields) - {"pass_on_id"}
    said = PassedOn.model_validate({"pass_on_id": row.id, **{name: getattr(row, name) for name in names}})
    await announce(session, said, key=row.id, sequence=1, act=act)
    return row


async def _breaches(session: AsyncSession, wanted: ToPassOn, bank_id: UUID, act: Act) -> list[Breach]:
    breaches = []
    if not await bank_in_force(session, bank_id, legal_date(act.now)):
        breaches.append(Breach("bank_not_filed", "R-FILE-9"))
    if wanted.amount <= 0 or rounded(wanted.amount, wanted.currency) != wanted.amount:
        breaches.append(Breach("amount_not_positive", "R-FX-4", "/amount"))
    if (wanted.paid_as == "rmb") != (wanted.rate is not None):
        breaches.append(Breach("rate_missing", "R-FX-10", "/rate", {"currency": "CNY"}))
    if wanted.paid_on > legal_date(act.now):
        breaches.append(Breach("date_in_the_future", "V16", "/paid_on"))
    used = select(PassOnRow.number).where(
        PassOnRow.bank_id == bank_id, PassOnRow.bank_reference == wanted.bank_reference
    )
    number = await session.scalar(used)
    if number is not None:
        breaches.append(Breach("bank_reference_used", "V39", "/bank_reference", {"collection": number}))
    return breaches
