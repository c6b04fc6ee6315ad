"""Collections: booked, matched, un-matched, refunded, kept as advances."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from fx_settlement.api.buyers import knows_buyer
from fx_settlement.api.filters import WantedCollections
from fx_settlement.api.match_schemas import AdvanceIn, MatchesIn
from fx_settlement.api.schemas import (
    CollectionIn,
    CollectionOfOwner,
    CollectionOut,
    CollectionShown,
    CollectionSummary,
    PayerIn,
    RefundIn,
    UnmatchIn,
)
from fx_settlement.operations.money.book_collection import Booked, book_collection
from fx_settlement.operations.money.link_advance import ToLink, link_advance
from fx_settlement.operations.money.match_collection import match_collection
from fx_settlement.operations.money.refund_collection import ToRefund, refund_collection
from fx_settlement.operations.money.state_payer import state_payer
from fx_settlement.operations.money.unmatch_collection import unmatch_collection
from fx_settlement.publishers.money import collection_state
from fx_settlement.store.accounts import account_of
from fx_settlement.store.collections import collections_like, collections_seen_by
from fx_settlement.store.tables import CollectionRow
from shared.http.access import Scoped
from shared.http.command import Command, Commanded, Reading
from shared.http.paging import Page, WantedPage
from shared.http.routes import service_router
from shared.rows import model_from, row_seen
from shared.scope import OfSubject, Scope, bank_of, subject_of

router = service_router("collections")

_NOT_OF_OWNER = ("account_id", "amount", "bank_charges", "matched", "refunded", "linked", "unmatched")


async def _shown(session: AsyncSession, row: CollectionRow, scope: Scope) -> CollectionOut:
    state = await collection_state(session, row)
    if not isinstance(scope, OfSubject) or row.collector_id == scope.party:
        return CollectionOut(id=row.id, version=row.version, collection=model_from(CollectionShown, state))
    own = [match for match in state.matches if match.owner_id == scope.party]
    collection = model_from(CollectionOfOwner, state, matches=own, **_payer(row, scope))
    return CollectionOut(id=row.id, version=row.version, collection=collection)


def _summary(row: CollectionRow, scope: Scope) -> CollectionSummary:
    if not isinstance(scope, OfSubject) or row.collector_id == scope.party:
        return model_from(CollectionSummary, row, account_id=account_of(row), unmatched=_unmatched(row))
    return model_from(CollectionSummary, row, **dict.fromkeys(_NOT_OF_OWNER), **_payer(row, scope))


def _unmatched(row: CollectionRow) -> Decimal:
    return row.amount - row.matched - row.refunded


def _payer(row: CollectionRow, scope: Scope) -> dict[str, Any]:
    """Who paid and for whom, as far as an owner who doesn't collect may know it."""
    if knows_buyer(scope, row.collector_id):
        return {"buyer_id": row.buyer_id, "payer": row.payer}
    return {"buyer_id": None, "payer": "***"}


async def _answer(command: Command, row: CollectionRow, status: int = 200) -> Response:
    location = f"/v1/collections/{row.id}" if status == 201 else None
    content = await _shown(command.session, row, command.scope)
    return await command.answer(content, status=status, version=row.version, location=location)


@router.post("/v1/collections", status_code=201, response_model=CollectionOut)
async def book_a_collection(body: CollectionIn, command: Commanded, request: Request) -> Response:
    """Book a receipt at the caller's bank."""
    row = await book_collection(
        command.session,
        Booked(**body.model_dump()),
        bank_id=bank_of(command.scope),
        sealer=request.app.state.runtime.sealer,
        act=command.act,
    )
    return await _answer(command, row, 201)


@router.get("/v1/collections")
async def list_collections(
    session: Reading, scope: Scoped, wanted: WantedPage, asked: WantedCollections
) -> Page[CollectionSummary]:
    """The collections the caller may see, newest first, each in short."""
    seen = collections_seen_by(scope)
    if asked.buyer_id is not None and scope.role == "stall_holder":
        # Whom a filter finds is known as well as whom an answer names.
        seen = seen.where(CollectionRow.collector_id == subject_of(scope))
    rows = await wanted.rows(session, collections_like(seen, **asdict(asked)), CollectionRow.id)
    return wanted.page(rows, [_summary(row, scope) for row in rows], "id")


@router.get("/v1/collections/{collection_id}")
async def read_collection(collection_id: UUID, session: Reading, scope: Scoped, response: Response) -> CollectionOut:
    """One collection with its matches and advances."""
    found = await row_seen(session, collections_seen_by(scope), collection_id, pilot=scope.pilot, what="collection")
    response.headers["etag"] = f'"{found.version}"'
    return await _shown(session, found, scope)


@router.post("/v1/collections/{collection_id}/matches", response_model=CollectionOut)
async def match_a_collection(collection_id: UUID, body: MatchesIn, command: Commanded) -> Response:
    """Use the collection for released portions, named by id or by declaration, customs or trade number.

    What a number gets is spread over its open portions: the oldest departure first, then what hasn't left; among these
    by declaration and item. Each is filled before the next.
    """
    wanted = [each.wanted() for each in body.matches]
    version, bank_id = command.expected_version(), bank_of(command.scope)
    row = await match_collection(
        command.session, collection_id, wanted, version=version, bank_id=bank_id, act=command.act
    )
    return await _answer(command, row)


@router.post("/v1/collections/{collection_id}/payer-statements", response_model=CollectionOut)
async def state_a_payer(collection_id: UUID, body: PayerIn, command: Commanded) -> Response:
    """State who paid, before anything of the collection is used."""
    version, bank_id = command.expected_version(), bank_of(command.scope)
    row = await state_payer(
        command.session, collection_id, **body.model_dump(), version=version, bank_id=bank_id, act=command.act
    )
    return await _answer(command, row)


@router.post("/v1/collections/{collection_id}/unmatchings", response_model=CollectionOut)
async def unmatch_a_collection(collection_id: UUID, body: UnmatchIn, command: Commanded) -> Response:
    """Undo matches whose money was not passed on."""
    version, bank_id = command.expected_version(), bank_of(command.scope)
    row = await unmatch_collection(
        command.session, collection_id, body.match_ids, version=version, bank_id=bank_id, act=command.act
    )
    return await _answer(command, row)


@router.post("/v1/collections/{collection_id}/refunds", response_model=CollectionOut)
async def refund_a_collection(collection_id: UUID, body: RefundIn, command: Commanded) -> Response:
    """Record money sent back; matches are undone as far as needed, money gone on is claimed back."""
    wanted = ToRefund(**body.model_dump())
    version, bank_id = command.expected_version(), bank_of(command.scope)
    row = await refund_collection(
        command.session, collection_id, wanted, version=version, bank_id=bank_id, act=command.act
    )
    return await _answer(command, row)


@router.post("/v1/collections/{collection_id}/advances", response_model=CollectionOut)
async def link_an_advance(collection_id: UUID, body: AdvanceIn, command: Commanded) -> Response:
    """Keep a part of the collection for a registered trade."""
    wanted = ToLink(**body.model_dump())
    version, bank_id = command.expected_version(), bank_of(command.scope)
    row = await link_advance(command.session, collection_id, wanted, version=version, bank_id=bank_id, act=command.act)
    return await _answer(command, row)
