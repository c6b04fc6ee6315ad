"""what a pilot's numbers begin with, as registry says it

Until registry has said it anew, the pilots that are known keep what their numbers began with.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# What the numbers of these pilots began with in 0.1.0.
_PREFIX = "CASE pilot WHEN 'longshui' THEN 'LS' ELSE upper(left(pilot, 4)) END"


def upgrade() -> None:
    op.create_table(
        "pilot_copies",
        sa.Column("pilot", sa.Text(), nullable=False),
        sa.Column("number_prefix", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("pilot", name=op.f("pk_pilot_copies")),
        info={"written_by": "consumers"},
    )
    op.execute(
        f"INSERT INTO pilot_copies SELECT pilot, {_PREFIX}"
        " FROM (SELECT pilot FROM subject_copies UNION SELECT pilot FROM bank_copies) known"
    )
