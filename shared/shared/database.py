"""Connections, metadata conventions and column types that every service's tables share."""

from __future__ import annotations

import errno
from datetime import date
from typing import Any

import asyncpg
import orjson
from sqlalchemy import CheckConstraint, ColumnElement, Connection, MetaData, Numeric, and_, event, or_, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import InstrumentedAttribute, Session, SessionTransaction

from shared.vocabulary.money import IN_THOUSANDTHS, WHOLE_ONLY, currency_digits

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
CONSUMER_ONLY = {"written_by": "consumers"}
"""`info` of a table that only consumers write: it can be rebuilt from the topics (V63)."""

# Not the whole class 22: a division by zero, for one, is our own mistake. 22000 is asyncpg's refusal to encode.
_UNSTORABLE = {"22000", "22003", "22008", "22021", "22P02", "22P05"}

_DISK_FULL = "53100"
_NO_SPACE = {errno.ENOSPC, errno.EDQUOT}
_COLLISIONS = {"40001", "40P01"}

_PILOT = "pilot"
NAMING_PILOT = text("SELECT set_config('market.pilot', :pilot, true)")
"""Says for a transaction which pilot's rows it sees; a pooled connection forgets it with the transaction."""

MONEY = Numeric(20, 4)
QUANTITY = Numeric(20, 6)
RATE = Numeric(20, 8)


def new_metadata() -> MetaData:
    """Empty metadata with the naming convention that keeps migrations stable."""
    return MetaData(naming_convention=NAMING)


def made_with(metadata: MetaData, *statements: str) -> None:
    """Triggers and functions, which SQLAlchemy has no words for: made after the tables, wherever these are made.

    Migrations have the same text of their own; `marketctl db check` compares what both make.
    """

    def make(_: MetaData, connection: Connection, **__: object) -> None:
        for statement in statements:
            connection.execute(text(statement))

    event.listen(metadata, "after_create", make)


def append_only(metadata: MetaData, *tables: str) -> None:
    """Nobody changes or deletes a row of these tables, whoever asks (V64)."""
    made_with(
        metadata,
        """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""",
        *(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            for table in tables
        ),
    )


def digits_checks(currency: str, *amounts: str) -> list[CheckConstraint]:
    """CHECKs that money columns have no more digits than a currency allows: a column's or a literal (V54, I12)."""
    if currency.startswith("'"):
        digits = str(currency_digits(currency.strip("'")))
    else:
        whole, thousandths = (",".join(f"'{code}'" for code in codes.split()) for codes in (WHOLE_ONLY, IN_THOUSANDTHS))
        digits = f"CASE WHEN {currency} IN ({whole}) THEN 0 WHEN {currency} IN ({thousandths}) THEN 3 ELSE 2 END"
    return [CheckConstraint(f"{amount} = round({amount}, {digits})", name=f"{amount}_digits") for amount in amounts]


def in_force_on(
    first: InstrumentedAttribute[date], last: InstrumentedAttribute[date | None], day: date
) -> ColumnElement[bool]:
    """`vocabulary.legal_time.in_force` as a condition on rows."""
    return and_(first <= day, or_(last.is_(None), last >= day))


def make_engine(url: str, *, pool_size: int = 10, application_name: str = "market") -> AsyncEngine:
    """An asyncpg engine; `url` may be given as postgresql://…"""
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=10,
        hide_parameters=True,
        json_deserializer=orjson.loads,
        connect_args={
            "server_settings": {
                "application_name": application_name,
                "lock_timeout": "10000",
                "statement_timeout": "60000",
                "idle_in_transaction_session_timeout": "60000",
                "timezone": "UTC",
            }
        },
    )


class PilotSession(Session):
    """A session whose every transaction sees the rows of one pilot, where its `info` names one (`shared.walls`)."""


def of_pilot(pilot: str) -> dict[str, str]:
    """The `info` of a session that acts in a pilot. The HTTP process sees no pilot's row without one."""
    return {_PILOT: pilot}


@event.listens_for(PilotSession, "after_begin")
def _name_pilot(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if _PILOT in session.info and not transaction.nested:
        connection.execute(NAMING_PILOT, {_PILOT: session.info[_PILOT]})


def make_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Sessions that never expire rows on commit: what was read stays readable."""
    return async_sessionmaker(engine, sync_session_class=PilotSession, expire_on_commit=False, autoflush=False)


def is_unstorable(error: BaseException) -> bool:
    """Whether PostgreSQL refused a value that came with the request: a NUL, half a surrogate, a number too large."""
    refused = error.orig if isinstance(error, DBAPIError) else error
    return getattr(refused, "sqlstate", None) in _UNSTORABLE


def is_collision(error: BaseException) -> bool:
    """Whether PostgreSQL ended a transaction so that another could go on: a deadlock or a serialization failure."""
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else getattr(error, "sqlstate", None)
    return isinstance(error, (DBAPIError, asyncpg.PostgresError)) and state in _COLLISIONS


def is_storage_exhausted(error: BaseException) -> bool:
    """Whether a disk is full: PostgreSQL's, or the one below a file of this machine (F16)."""
    refused = error.orig if isinstance(error, DBAPIError) else error
    full = isinstance(refused, OSError) and refused.errno in _NO_SPACE
    return full or getattr(refused, "sqlstate", None) == _DISK_FULL


def is_transient(error: BaseException) -> bool:
    """Whether only the infrastructure failed, so that the same work may be tried again."""
    if isinstance(error, (OSError, PoolTimeout, InterfaceError)):
        return True
    if isinstance(error, DBAPIError):
        state: Any = getattr(error.orig, "sqlstate", None)
        return (
            error.connection_invalidated
            or isinstance(error, OperationalError)
            or (isinstance(state, str) and state[:2] in {"08", "40", "53", "55", "57", "58"})
        )
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] in {"08", "40", "53", "55", "57", "58"}
    return isinstance(error, asyncpg.InterfaceError)
