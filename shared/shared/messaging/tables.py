"""Tables that messaging adds to a service's own database."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import UserDefinedType

from shared.database import CONSUMER_ONLY, append_only, made_with


class Xid8(UserDefinedType[str]):
    """PostgreSQL's 64-bit transaction id, read and written as text."""

    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "xid8"


UNRECONCILED = "55MR1"
"""The SQLSTATE of a refused event. Its class is "not in the prerequisite state": consumers try again later."""

# So that the check "migrations equal tables" recognises the columns it reads back.
ischema_names["xid8"] = Xid8


# Where a database stands: another cluster, another database, a table made anew by a restored dump, a server started
# on restored files. Whatever brings rows of an earlier time back changes it.
_INCARNATION = """CREATE OR REPLACE FUNCTION incarnation() RETURNS text LANGUAGE sql STABLE AS
           $$ SELECT concat_ws('/', c.system_identifier, d.oid, 'outbox'::regclass::oid,
                               extract(epoch FROM pg_postmaster_start_time()))
                FROM pg_control_system() c, pg_database d WHERE d.datname = current_database() $$"""
# Empty where commands are taken, else the problem code of their refusal.
_STANDING = """CREATE OR REPLACE FUNCTION standing() RETURNS text LANGUAGE sql STABLE AS
           $$ SELECT CASE WHEN EXISTS (SELECT FROM contradictions) THEN 'needs_reconciling'
                          WHEN EXISTS (SELECT FROM lineage WHERE compared_in <> incarnation()) THEN 'not_compared'
                          ELSE '' END $$"""
_REFUSE = f"""CREATE OR REPLACE FUNCTION refuse_unreconciled() RETURNS trigger LANGUAGE plpgsql AS
           $$ DECLARE code text := standing();
              BEGIN
                IF code <> '' THEN RAISE EXCEPTION '%', code USING ERRCODE = '{UNRECONCILED}'; END IF;
                RETURN NULL;
              END $$"""
# The owner lost acts of this aggregate, whose numbers its readers know: it counts on after them.
_COUNT_ON = """CREATE OR REPLACE FUNCTION after_lost_acts() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN
                IF EXISTS (SELECT FROM lost_acts l WHERE l.topic = NEW.topic AND l.key = NEW.key)
                   AND current_setting('market.adopting', true) IS DISTINCT FROM 'on' THEN
                  SELECT greatest(NEW.sequence, max(o.sequence) + 1) INTO NEW.sequence
                    FROM outbox o WHERE o.topic = NEW.topic AND o.key = NEW.key;
                END IF;
                RETURN NEW;
              END $$"""
STANDING = (
    _INCARNATION,
    _STANDING,
    _REFUSE,
    "CREATE TRIGGER outbox_reconciled BEFORE INSERT ON outbox"
    " FOR EACH STATEMENT EXECUTE FUNCTION refuse_unreconciled()",
    _COUNT_ON,
    "CREATE TRIGGER outbox_counts_on BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION after_lost_acts()",
    "INSERT INTO lineage (only_row) VALUES (1) ON CONFLICT DO NOTHING",
)
"""What guards the outbox while database and bus contradict each other, whoever writes (ARCHITECTURE.md#the-bus)."""


@dataclass(frozen=True, slots=True)
class MessagingTables:
    outbox: Table
    outbox_positions: Table
    outbox_placement: Table
    consumer_positions: Table
    consumer_sequences: Table
    consumer_events: Table
    parked_events: Table
    lineage: Table
    contradictions: Table
    topic_identities: Table
    reconciliations: Table
    lost_acts: Table


def _outbox(metadata: MetaData) -> Table:
    return Table(
        "outbox",
        metadata,
        # CACHE 1: ids are handed out in the order of the aggregate's lock, never from a session's reserve.
        Column("id", BigInteger, Identity(always=True, cache=1), primary_key=True),
        Column("event_id", UUID(as_uuid=True), nullable=False, unique=True),
        Column("type", Text, nullable=False),
        Column("topic", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("occurred_at", DateTime(timezone=True), nullable=False),
        Column("actor", Text, nullable=False),
        Column("pilot", Text, nullable=False),
        Column("traceparent", Text),
        Column("delegation_id", UUID(as_uuid=True)),
        Column("xid", Xid8, nullable=False, server_default=text("pg_current_xact_id()")),
        Column("payload", LargeBinary, nullable=False),
        UniqueConstraint("topic", "key", "sequence"),
        Index("ix_outbox_xid", "xid"),
        # Rows come in the order of their times: an index of ranges costs a write nothing.
        Index("ix_outbox_occurred_at", "occurred_at", postgresql_using="brin"),
    )


def _lineage(metadata: MetaData) -> Table:
    return Table(
        "lineage",
        metadata,
        Column("only_row", Integer, primary_key=True, autoincrement=False),
        # Made with the database, copied with a backup.
        Column("id", UUID(as_uuid=True), nullable=False, server_default=text("gen_random_uuid()")),
        # Where the database stood when the relay last compared it with the bus; null before the first time.
        Column("compared_in", Text),
    )


def _consumer_sequences(metadata: MetaData) -> Table:
    return Table(
        "consumer_sequences",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("sequence", BigInteger, nullable=False),
        # From here on `consumer_events` has every sequence; None where a release before it wrote the row.
        Column("ids_from", BigInteger),
        info=CONSUMER_ONLY,
    )


def _consumer_events(metadata: MetaData) -> Table:
    # One row for each event that took its aggregate's sequence: what comes again is judged by its id.
    return Table(
        "consumer_events",
        metadata,
        Column("topic", Text, primary_key=True),
        Column("key", Text, primary_key=True),
        Column("sequence", BigInteger, primary_key=True, autoincrement=False),
        Column("event_id", UUID(as_uuid=True)),
        Column("skipped", Boolean, nullable=False),
        info=CONSUMER_ONLY,
    )


def _reconciliations(metadata: MetaData) -> Table:
    return Table(
        "reconciliations",
        metadata,
        Column("digest", Text, primary_key=True),
        Column("plan", Text, nullable=False),
        Column("made_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        Column("previewed_by", Text),
        Column("confirmed_by", Text),
        Column("begun_at", DateTime(timezone=True)),
        Column("settled_at", DateTime(timezone=True)),
    )


def _lost_acts(metadata: MetaData) -> Table:
    return Table(
        "lost_acts",
        metadata,
        Column("event_id", UUID(as_uuid=True), primary_key=True),
        # "beyond": the topic had it and the restored database not; "set_aside": it had the number of such a one.
        Column("kind", Text, nullable=False),
        Column("topic", Text, nullable=False),
        Column("key", Text, nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("type", Text, nullable=False),
        Column("occurred_at", DateTime(timezone=True), nullable=False),
        Column("actor", Text, nullable=False),
        Column("pilot", Text, nullable=False),
        Column("digest", Text, nullable=False),
        Column("payload", LargeBinary),
        Column("settled_by", Text),
        Column("settled_as", Text),
        Column("settled_at", DateTime(timezone=True)),
        Index("ix_lost_acts_topic_key", "topic", "key"),
    )


def add_messaging_tables(metadata: MetaData) -> MessagingTables:
    """Add outbox, placement, positions, sequences, parked events and the standing to a service's metadata."""
    append_only(metadata, "outbox", "outbox_positions")
    made_with(metadata, *STANDING)
    return MessagingTables(
        outbox=_outbox(metadata),
        outbox_positions=Table(
            "outbox_positions",
            metadata,
            Column("position", BigInteger, primary_key=True, autoincrement=False),
            Column("outbox_id", BigInteger, nullable=False, unique=True),
        ),
        outbox_placement=Table(
            "outbox_placement",
            metadata,
            Column("only_row", Integer, primary_key=True, autoincrement=False),
            Column("horizon", Xid8, nullable=False),
        ),
        consumer_positions=Table(
            "consumer_positions",
            metadata,
            Column("topic", Text, primary_key=True),
            Column("partition", Integer, primary_key=True),
            Column("position", BigInteger, nullable=False),
        ),
        consumer_sequences=_consumer_sequences(metadata),
        consumer_events=_consumer_events(metadata),
        parked_events=Table(
            "parked_events",
            metadata,
            Column("id", BigInteger, Identity(always=True), primary_key=True),
            Column("topic", Text, nullable=False),
            Column("partition", Integer, nullable=False),
            Column("offset", BigInteger, nullable=False),
            Column("key", Text, nullable=False),
            Column("type", Text, nullable=False),
            Column("sequence", BigInteger),
            Column("pilot", Text),
            Column("headers", LargeBinary, nullable=False),
            Column("value", LargeBinary, nullable=False),
            Column("reason", Text, nullable=False),
            Column("error", Text, nullable=False),
            Column("state", Text, nullable=False, server_default="parked"),
            Column("parked_at", DateTime(timezone=True), nullable=False, server_default=text("now()")),
            Column("settled_at", DateTime(timezone=True)),
            Column("release_proposed_by", Text),
            Column("release_confirmed_by", Text),
            Column("release_reason", Text),
            UniqueConstraint("topic", "partition", "offset"),
            Index("ix_parked_events_waiting", "topic", "key", postgresql_where=text("state = 'parked'")),
        ),
        lineage=_lineage(metadata),
        contradictions=Table(
            "contradictions",
            metadata,
            Column("part", Text, primary_key=True),
            Column("code", Text, nullable=False),
            Column("reason", Text, nullable=False),
            Column("since", DateTime(timezone=True), nullable=False, server_default=text("now()")),
        ),
        topic_identities=Table(
            "topic_identities",
            metadata,
            Column("topic", Text, primary_key=True),
            Column("identity", Text, nullable=False),
        ),
        reconciliations=_reconciliations(metadata),
        lost_acts=_lost_acts(metadata),
    )
