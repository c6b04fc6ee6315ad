"""On which account of a party the money of a row lies (R-FX-2)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, cast, func

from fx_settlement.store.tables import CollectionRow, ConversionRow, PassOnRow
from shared.vocabulary.identifiers import first_account

_PARTIES = {CollectionRow: "collector_id", PassOnRow: "agent_id", ConversionRow: "holder_id"}


def account_of(row: CollectionRow | PassOnRow | ConversionRow) -> UUID:
    """The account on which a collection lies, from which money was passed on, or that was converted from."""
    party_id: UUID = getattr(row, _PARTIES[type(row)])
    return row.account_id or first_account(party_id, row.bank_id)


def account_in(named: Any, party: Any, bank: Any) -> ColumnElement[UUID]:
    """The same in a query: of a row of 0.1.0, which names none, the party's first account at the bank."""
    first = cast(func.md5(func.uuid_send(party).op("||")(func.uuid_send(bank))), Uuid)
    return func.coalesce(named, first)
