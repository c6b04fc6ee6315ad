"""For whom the caller asks: a party and a bank reach their own rows only, authorities their field."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from fx_settlement.store.parties import Clients, clients_of
from shared.http.identity import Caller
from shared.vocabulary.errors import Forbidden
from shared.vocabulary.legal_time import legal_date


async def _today(request: Request) -> date:
    return legal_date(request.app.state.runtime.clock.now())


Today = Annotated[date, Depends(_today)]


def bank_of(caller: Caller) -> UUID:
    """The bank that the token names."""
    if caller.bank_id is None:
        raise Forbidden("the token names no bank")
    return caller.bank_id


def scope_of(caller: Caller) -> tuple[UUID | None, UUID | None]:
    """(subject, bank) to which the caller is limited; both None for an authority."""
    if caller.role == "bank":
        return None, bank_of(caller)
    if not caller.is_party:
        return None, None
    if caller.subject_id is None:
        raise Forbidden("the token names no subject")
    return caller.subject_id, None


def clients_and(caller: Caller, today: date) -> tuple[UUID | None, Clients | None]:
    """(subject, clients of the bank) to which the caller is limited where rows are no bank's own."""
    subject_id, bank_id = scope_of(caller)
    return subject_id, None if bank_id is None else clients_of(bank_id, today)


def knows_buyer(caller: Caller, *parties: UUID) -> bool:
    """Whether the caller may know who buys or pays: a stall holder may, where it is one of the `parties` that deal
    with the buyer. Its operator may have completed the buyer, which isn't for the stall holder to see (R-FILE-8)."""
    return caller.role != "stall_holder" or caller.subject_id in parties
