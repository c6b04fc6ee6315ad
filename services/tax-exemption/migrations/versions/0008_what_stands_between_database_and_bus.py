"""the database's lineage, its standing towards the bus, and a guard of the outbox"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Where the database stands; whether commands are taken; the guard of the outbox.
_STANDING = (
    """CREATE OR REPLACE FUNCTION incarnation() RETURNS text LANGUAGE sql STABLE AS
           $$ SELECT concat_ws('/', c.system_identifier, d.oid, 'outbox'::regclass::oid,
                               extract(epoch FROM pg_postmaster_start_time()))
                FROM pg_control_system() c, pg_database d WHERE d.datname = current_database() $$""",
    """CREATE OR REPLACE FUNCTION standing() RETURNS text LANGUAGE sql STABLE AS
           $$ SELECT CASE WHEN EXISTS (SELECT FROM contradictions) THEN 'needs_reconciling'
                          WHEN EXISTS (SELECT FROM lineage WHERE compared_in <> incarnation()) THEN 'not_compared'
                          ELSE '' END $$""",
    """CREATE OR REPLACE FUNCTION refuse_unreconciled() RETURNS trigger LANGUAGE plpgsql AS
           $$ DECLARE code text := standing();
              BEGIN
                IF code <> '' THEN RAISE EXCEPTION '%', code USING ERRCODE = '55MR1'; END IF;
                RETURN NULL;
              END $$""",
    """CREATE TRIGGER outbox_reconciled BEFORE INSERT ON outbox
           FOR EACH STATEMENT EXECUTE FUNCTION refuse_unreconciled()""",
)


def upgrade() -> None:
    op.create_table(
        "contradictions",
        sa.Column("part", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("part", name=op.f("pk_contradictions")),
    )
    op.create_table(
        "lineage",
        sa.Column("only_row", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("compared_in", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("only_row", name=op.f("pk_lineage")),
    )
    op.create_table(
        "topic_identities",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("topic", name=op.f("pk_topic_identities")),
    )
    op.execute("INSERT INTO lineage (only_row) VALUES (1)")
    for statement in _STANDING:
        op.execute(statement)
