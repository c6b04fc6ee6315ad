"""The journal, the rates that amounts name, and what the database itself guards of both."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fx_settlement.store.tables.row import Row, metadata
from shared.database import MONEY, RATE, append_only, digits_checks, made_with


class RateRow(Row):
    """A rate as a bank gave it, with date and source; amounts name its id (R-FX-10)."""

    __tablename__ = "rates"
    __table_args__ = (
        UniqueConstraint("pilot", "source", "base", "quote", "quoted_on", "rate"),
        CheckConstraint("rate > 0", name="positive"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    pilot: Mapped[str]
    source: Mapped[str]
    base: Mapped[str]
    quote: Mapped[str]
    quoted_on: Mapped[date]
    rate: Mapped[Decimal] = mapped_column(RATE)


class JournalRow(Row):
    """A double entry's line, append-only; each entry sums to zero per currency (R-FX-7)."""

    __tablename__ = "journal"
    __table_args__ = (
        *digits_checks("currency", "amount"),
        Index("ix_journal_entry_id", "entry_id"),
        Index("ix_journal_account", "account", "currency"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    entry_id: Mapped[UUID]
    pilot: Mapped[str]
    account: Mapped[str]
    currency: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(MONEY)
    reference: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]


# Entries balance at commit; the journal and what moved in the rooms are append-only.
made_with(
    metadata,
    """CREATE FUNCTION journal_balances() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF EXISTS (SELECT 1 FROM journal WHERE entry_id = NEW.entry_id
                    GROUP BY currency HAVING sum(amount) <> 0) THEN
           RAISE EXCEPTION 'journal entry % does not balance', NEW.entry_id;
         END IF;
         RETURN NULL;
       END $$""",
    """CREATE CONSTRAINT TRIGGER journal_balances AFTER INSERT ON journal
       DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION journal_balances()""",
)
append_only(metadata, "journal", "room_moves")
