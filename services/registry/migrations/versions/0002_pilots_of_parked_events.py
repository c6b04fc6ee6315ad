"""the pilot of a parked event"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("parked_events", sa.Column("pilot", sa.Text(), nullable=True))
    op.execute(
        "UPDATE parked_events SET pilot = (SELECT header->>1"
        " FROM jsonb_array_elements(convert_from(headers, 'UTF8')::jsonb) header WHERE header->>0 = 'ce_pilot' LIMIT 1)"
    )
