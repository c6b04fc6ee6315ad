"""one holder of a stall

What several had before is the first one's by approval; the others' days are `contested`, and `marketctl verify` names them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_HELD = """
WITH told AS (
  SELECT s.pilot, s.id AS subject_id, f.effective_from AS since, stall->>'stall_number' AS stall_number,
         daterange((stall->>'valid_from')::date, (stall->>'valid_to')::date, '[]') AS days
    FROM subjects s CROSS JOIN jsonb_array_elements(s.stalls) AS stall
    JOIN role_filings f ON f.subject_id = s.id AND f.role = 'stall_holder' AND f.status IN ('approved', 'suspended')
   WHERE stall->>'valid_to' IS NULL OR stall->>'valid_to' >= stall->>'valid_from'
), held AS (
  SELECT pilot, subject_id, since, stall_number, unnest(range_agg(days)) AS days
    FROM told GROUP BY pilot, subject_id, since, stall_number
)
INSERT INTO stall_terms (id, pilot, subject_id, stall_number, valid_from, valid_to, contested)
SELECT gen_random_uuid(), h.pilot, h.subject_id, h.stall_number, lower(h.days), upper(h.days) - 1,
       EXISTS (SELECT FROM held o WHERE o.pilot = h.pilot AND o.stall_number = h.stall_number AND o.days && h.days
                  AND (o.since, o.subject_id) < (h.since, h.subject_id))
  FROM held h
"""


def upgrade() -> None:
    op.create_table(
        "stall_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("stall_number", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("contested", sa.Boolean(), nullable=False),
        postgresql.ExcludeConstraint(
            (
                sa.literal_column(
                    "int8range(hashtextextended(pilot || ' ' || stall_number, 0),"
                    " hashtextextended(pilot || ' ' || stall_number, 0), '[]')"
                ),
                "&&",
            ),
            (sa.literal_column("daterange(valid_from, valid_to, '[]')"), "&&"),
            where=sa.text("NOT contested"),
            using="gist",
            name="ex_stall_terms_holder",
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["subjects.id"], name=op.f("fk_stall_terms_subject_id_subjects")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stall_terms")),
    )
    op.create_index(op.f("ix_stall_terms_stall_number"), "stall_terms", ["stall_number"], unique=False)
    op.create_index(op.f("ix_stall_terms_subject_id"), "stall_terms", ["subject_id"], unique=False)
    op.execute(_HELD)
