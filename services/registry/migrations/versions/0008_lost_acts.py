"""plans of reconciling, the acts that a restore lost, and numbers that count on after them"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COUNT_ON = (
    """CREATE OR REPLACE FUNCTION after_lost_acts() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN
                IF EXISTS (SELECT FROM lost_acts l WHERE l.topic = NEW.topic AND l.key = NEW.key)
                   AND current_setting('market.adopting', true) IS DISTINCT FROM 'on' THEN
                  SELECT greatest(NEW.sequence, max(o.sequence) + 1) INTO NEW.sequence
                    FROM outbox o WHERE o.topic = NEW.topic AND o.key = NEW.key;
                END IF;
                RETURN NEW;
              END $$""",
    "CREATE TRIGGER outbox_counts_on BEFORE INSERT ON outbox FOR EACH ROW EXECUTE FUNCTION after_lost_acts()",
)


def upgrade() -> None:
    op.create_table(
        "lost_acts",
        sa.Column("event_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("settled_by", sa.Text(), nullable=True),
        sa.Column("settled_as", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_lost_acts")),
    )
    op.create_index("ix_lost_acts_topic_key", "lost_acts", ["topic", "key"], unique=False)
    op.create_table(
        "reconciliations",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("previewed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_reconciliations")),
    )
    for statement in _COUNT_ON:
        op.execute(statement)
