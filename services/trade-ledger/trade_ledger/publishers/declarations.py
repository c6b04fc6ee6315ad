"""A declaration's rows become its public state and its event."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.act import Act
from shared.events.trade_ledger import (
    ConflictCase,
    ConflictOpened,
    DeclarationEvent,
    DeclarationState,
    DeclarationSubmitted,
    DeclaredItem,
    Portion,
    PortionMove,
)
from shared.messaging.outbox import announce
from shared.rows import model_from
from shared.vocabulary.money import currency_digits
from shared.written import json_of
from trade_ledger.domain.cases import frozen_by
from trade_ledger.domain.merge import Behind, item_now
from trade_ledger.domain.portions import spread
from trade_ledger.store.conflicts import open_conflicts_of
from trade_ledger.store.declarations import portions_of
from trade_ledger.store.documents import Moved, SubmittedItem
from trade_ledger.store.tables.declarations import ConflictRow, DeclarationRow, PortionRow

# What release, departure and cases add to a declaration of 2,000 portions: customs' word must never be too long.
_GROWS_BY = 512 * 1024
_LARGE = 1024 * 1024
"""Bytes of a state beyond which its event says what changed of it."""
_SAID = "declaration announced last"


def _portion(row: PortionRow) -> Portion:
    moved = {
        "departures": _moves(row.content.departures, row.departed_value, row.departed_fob, row.declared_currency),
        "returns": _moves(row.content.returns, row.returned_value, row.returned_fob, row.declared_currency),
    }
    content = {**dict(row.content), **moved}
    return model_from(Portion, row, **content, portion_id=row.id, trade_line_id=row.line_id)


def _moves(days: Sequence[Moved], value: Decimal, fob: Decimal, currency: str) -> tuple[PortionMove, ...]:
    digits, parts = currency_digits(currency), [each.quantity for each in days]
    told = zip(days, spread(parts, value, digits), spread(parts, fob, digits), strict=True)
    return tuple(PortionMove(on=day.on, quantity=day.quantity, value=one, fob=other) for day, one, other in told)


def _case(row: ConflictRow) -> ConflictCase:
    return model_from(ConflictCase, row, conflict_id=row.id, freezes=frozen_by(row.code))


def _item(item: SubmittedItem, portions: Mapping[UUID, PortionRow]) -> DeclaredItem:
    rows = [portions[each] for each in item.portion_ids]
    behind = [Behind(row.content.hs_code, row.content.unit, row.quantity, row.declared_value) for row in rows]
    now = item_now(item.hs_code, item.unit, item.quantity, behind)
    return DeclaredItem.model_validate({**dict(item), **asdict(now)})


@dataclass(frozen=True, slots=True)
class _Said:
    """The state that a transaction announced last, and its JSON."""

    state: DeclarationState
    text: bytes


def _said_last(session: AsyncSession, row: DeclarationRow) -> _Said | None:
    said: _Said | None = session.info.get(_SAID)
    if said is not None and (said.state.declaration_id, said.state.version) == (row.id, row.version):
        return said
    return None


def declaration_written(session: AsyncSession, row: DeclarationRow) -> dict[str, bytes]:
    """The JSON of the declaration as the transaction announced it last, for the answer; empty where it did not."""
    said = _said_last(session, row)
    return {} if said is None else {"declaration": said.text}


async def declaration_state(
    session: AsyncSession, row: DeclarationRow, portions: Sequence[PortionRow] | None = None
) -> DeclarationState:
    """The public state of a submitted declaration with all its portions and open cases.

    What the transaction announced last is its answer too; `portions` spare a second look at those of the declaration.
    """
    if (said := _said_last(session, row)) is not None:
        return said.state
    content = row.content
    if content.assessed is None:
        raise ValueError(f"declaration {row.id} is a draft: it has no public state")
    found = await portions_of(session, row.id) if portions is None else portions
    by_id = {each.id: each for each in found}
    cases = [_case(each) for each in await open_conflicts_of(session, row.id)]
    documents = {**dict(content.entered), **dict(content.assessed), **dict(content.customs)}
    documents["replaces"] = content.replaces
    documents["items"] = [_item(each, by_id) for each in content.assessed.items]
    told = [_portion(each) for each in found]
    return model_from(DeclarationState, row, **documents, declaration_id=row.id, portions=told, open_conflicts=cases)


async def announce_declaration(
    session: AsyncSession,
    row: DeclarationRow,
    event: type[DeclarationEvent],
    *,
    act: Act,
    receipt_id: str = "",
    reason: str = "",
    case: ConflictRow | None = None,
    portions: Sequence[PortionRow] | None = None,
    changed: Collection[UUID] | None = None,
) -> None:
    """Raise the version and announce it, with the case that it is about; the caller holds the declaration's lock.

    `portions` are all of the declaration's in the order of their ids, where the caller has them; `changed` those that
    differ from the event before, where it knows them.
    """
    row.version += 1
    await session.flush()
    about = {} if case is None else {"conflict": _case(case)}
    state = await declaration_state(session, row, portions)
    session.info[_SAID] = _Said(state, text := json_of(state))
    told = None if changed is None or len(text) <= _LARGE else tuple(sorted(changed))
    said = event(declaration=state, receipt_id=receipt_id, reason=reason, changed_portions=told, **about)
    spare, written = _GROWS_BY if event is DeclarationSubmitted else 0, declaration_written(session, row)
    await announce(session, said, key=row.id, sequence=row.version, act=act, spare=spare, written=written)


async def announce_cases(
    session: AsyncSession, row: DeclarationRow, opened: Iterable[ConflictRow], *, receipt_id: str, act: Act
) -> None:
    """One event per case, with the receipt that brought it up."""
    for case in opened:
        await announce_declaration(
            session, row, ConflictOpened, act=act, receipt_id=receipt_id, reason=case.code, case=case, changed=()
        )
