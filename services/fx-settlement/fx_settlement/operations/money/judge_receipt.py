"""What of the collector and the payer forbids using booked money, on the day it was received (R-FX-2, R-FX-3, V47)."""

from __future__ import annotations

from datetime import date
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.domain.booking import breaches_of_stated_payer
from fx_settlement.domain.matching import CollectorFacts, breaches_of_collector
from fx_settlement.store.parameters import LimitedFxClasses
from fx_settlement.store.parties import accounts_at, is_filed, qualification_value, subject
from fx_settlement.store.tables import policy
from shared.policy import policy_of
from shared.vocabulary.choices import choices_of
from shared.vocabulary.identifiers import first_account
from shared.vocabulary.rules import Breach


class Receipt(Protocol):
    """What is known of a receipt, booked or about to be."""

    @property
    def collector_id(self) -> UUID: ...
    @property
    def account_kind(self) -> str: ...
    @property
    def account_id(self) -> UUID | None: ...
    @property
    def received_on(self) -> date: ...
    @property
    def buyer_id(self) -> UUID | None: ...
    @property
    def payer_relation(self) -> str: ...
    @property
    def payer_evidence_hash(self) -> str: ...


async def judge_receipt(session: AsyncSession, receipt: Receipt, pilot: str, *, bank_id: UUID) -> tuple[Breach, ...]:
    """Every breach, by what the subject held, also at the bank, when the money came, not by what it holds today."""
    return (
        *breaches_of_collector(await _collector(session, receipt, pilot, bank_id)),
        *breaches_of_stated_payer(
            receipt.payer_relation,
            buyer_named=receipt.buyer_id is not None,
            evidence_hash=receipt.payer_evidence_hash,
        ),
    )


async def _collector(session: AsyncSession, receipt: Receipt, pilot: str, bank_id: UUID) -> CollectorFacts:
    collector = await subject(session, receipt.collector_id, pilot)
    on = receipt.received_on
    limited = (await policy_of(session, policy, pilot)).on(LimitedFxClasses, on).value
    if collector is None:
        return CollectorFacts(False, False, None, False, receipt.account_kind, False)
    account_id = receipt.account_id or first_account(receipt.collector_id, bank_id)
    return CollectorFacts(
        known=is_filed(collector),
        natural_person=collector.natural_person,
        fx_class=qualification_value(collector, "fx_directory", on),
        has_personal_account=qualification_value(collector, "personal_fx_account", on) is not None,
        account_kind=receipt.account_kind,
        account_at_bank=account_id in accounts_at(collector, bank_id, kind=receipt.account_kind, on=on),
        free_classes=set(choices_of("fx_class").codes) - set(limited),
    )
