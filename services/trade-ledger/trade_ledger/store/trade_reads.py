"""One statement reads any number of trades for their callers: concurrent reads of a process share it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Dialect, Text, Uuid, and_, case, cast, func, literal_column, or_, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql import asyncpg as dialect
from sqlalchemy.orm import aliased

from shared.scope import Scope, limited_to
from shared.vocabulary.errors import Hidden, NotFound
from trade_ledger.store.prepared import prepared_pool
from trade_ledger.store.tables.copies import SubjectCopy
from trade_ledger.store.tables.trades import LineCounterRow, TradeDocumentRow, TradeLineRow, TradeRow
from trade_ledger.store.trades import buyer_is_known_to, buys_for, has_part_in
from trade_ledger.store.turns import Turns

_NONE: ColumnElement[Any] = literal_column("'[]'::json")
_COUNTED = ("registered", "void", "packed", "declared", "released", "departed", "returned")


@dataclass(frozen=True, slots=True)
class TradeAsked:
    """A trade, and whose rows its reader reaches."""

    trade_id: UUID
    scope: Scope


@dataclass(frozen=True, slots=True)
class TradeFound:
    """A trade as it is stored; documents are JSON texts. `hides_buyer`: who asks may not know who buys (R-FILE-8)."""

    id: UUID
    number: str
    version: int
    status: str
    eligible: bool
    state: str
    hides_buyer: bool
    counters: str
    same_document: str


@dataclass(frozen=True, slots=True)
class TradeAnswer:
    """What the statement found for one who asks: the filings of its subject (JSON text), and the trade."""

    asked: TradeAsked
    filings: str | None
    row: Any

    def trade(self) -> TradeFound:
        """The trade; Hidden if it is somebody else's, NotFound if the pilot has none of this id."""
        if self.row["id"] is None:
            raise NotFound(f"no trade {self.asked.trade_id}")
        if not self.row["reached"]:
            raise Hidden(f"trade {self.asked.trade_id} is somebody else's")
        return TradeFound(**{name: self.row[name] for name in _FIELDS})


_FIELDS = tuple(each.name for each in fields(TradeFound))


class TradeReads:
    """One process's way to read single trades.

    The statement names the pilots of its batch, as a registration does: each row is compared with its reader's pilot,
    too.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._turns: Turns[TradeAsked, Any] = Turns(self._flush, key=id)

    async def read(self, asked: TradeAsked) -> TradeAnswer:
        """What there is for who asks: whether its party is filed is judged before anything of the trade is told."""
        row = await self._turns.join(asked)
        return TradeAnswer(asked, row["filings"], row)

    async def _flush(self, asked: Sequence[TradeAsked]) -> list[Any]:
        scopes = [each.scope for each in asked]
        parties = [limited_to(each) for each in scopes]
        columns = ([each.trade_id for each in asked], [each.pilot for each in scopes], [each.role for each in scopes])
        pilots = ",".join(sorted({each.pilot for each in scopes}))
        found: list[Any] = await self._pool.fetch(_READ, pilots, *columns, parties)
        return found

    async def close(self) -> None:
        """Answer what has joined."""
        await self._turns.close()


def _read() -> str:
    """The statement, with the conditions that say elsewhere whose a trade is."""
    # Only once a row of `asked` is there does anything look for a trade: by then the pilots are named.
    asked = (
        text(
            "SELECT given.* FROM set_config('market.pilot', $1, true),"
            " unnest($2::uuid[], $3::text[], $4::text[], $5::uuid[])"
            " WITH ORDINALITY AS given (trade_id, pilot, role, party, nth)"
        )
        .columns(party=Uuid)
        .cte("asked")
        .prefix_with("MATERIALIZED", dialect="postgresql")
    )
    # By name: the parts below are nested in what they ask of it.
    party = literal_column("asked.party", Uuid())
    role, pilot = literal_column("asked.role", Text()), literal_column("asked.pilot", Text())

    def reached(row: Any) -> ColumnElement[bool]:
        return or_(party.is_(None), has_part_in(row, party), and_(role == "agent", buys_for(row, party)))

    row = TradeRow
    found = (
        select(
            *(getattr(row, name) for name in ("id", "number", "version", "status", "eligible")),
            cast(row.state, Text).label("state"),
            reached(row).label("reached"),
            and_(role == "stall_holder", row.buyer_id.is_not(None), ~buyer_is_known_to(party)).label("hides_buyer"),
            _counters(),
            _same_document(reached),
        )
        .where(row.id == literal_column("asked.trade_id", Uuid()), row.pilot == pilot)
        .limit(1)
        .lateral("found")
    )
    filings = (
        select(cast(SubjectCopy.roles, Text))
        .where(SubjectCopy.subject_id == party, SubjectCopy.pilot == pilot)
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(found, filings.label("filings"))
        .select_from(asked.outerjoin(found, literal_column("true")))
        .order_by(literal_column("asked.nth"))
    )
    speaking: Dialect = dialect.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy says no types of it
    return str(query.compile(dialect=speaking, compile_kwargs={"literal_binds": True}))


def _counters() -> ColumnElement[Any]:
    line, counter = TradeLineRow, LineCounterRow
    names = [line.line_no.label("line_no"), *(getattr(counter, name) for name in _COUNTED)]
    told = ["line_id", line.id, "line_no", line.line_no]
    for each in names[1:]:
        told += [each.key, cast(func.trim_scale(each), Text)]
    listed = func.json_agg(aggregate_order_by(func.json_build_object(*told), line.line_no))
    query = select(cast(func.coalesce(listed, _NONE), Text))
    query = query.join_from(line, counter, counter.line_id == line.id).where(line.trade_id == TradeRow.id)
    return query.correlate(TradeRow).scalar_subquery().label("counters")


def _same_document(reached: Any) -> ColumnElement[Any]:
    """The other trades that name one of a trade's documents; their numbers to those who reach them (V19)."""
    own, shared, other = TradeDocumentRow, aliased(TradeDocumentRow), aliased(TradeRow)
    named = select(own.content_hash).where(own.trade_id == TradeRow.id).correlate(TradeRow)
    others = select(shared.trade_id).where(shared.content_hash.in_(named), shared.pilot == TradeRow.pilot)
    method = "settlement_method"
    flag = func.json_build_object(
        "number",
        case((reached(other), other.number)),
        "other_method",
        other.state[method].astext.is_distinct_from(TradeRow.state[method].astext),
    )
    listed = func.json_agg(aggregate_order_by(flag, other.id))
    query = select(cast(func.coalesce(listed, _NONE), Text)).select_from(other)
    query = query.where(other.id.in_(others.correlate(TradeRow)), other.id != TradeRow.id)
    return query.correlate(TradeRow).scalar_subquery().label("same_document")


_READ = _read()


@asynccontextmanager
async def trade_reads_open(dsn: str) -> AsyncIterator[TradeReads]:
    """A connection of its own for as long as the block runs; what has joined is answered before it closes."""
    async with prepared_pool(
        dsn, "trade-ledger reader", most=1, lock_timeout="10000", default_transaction_read_only="on"
    ) as pool:
        reads = TradeReads(pool)
        try:
            yield reads
        finally:
            await reads.close()
