"""each pilot's number prefix is its own data

Numbers stay what they are. The others hear of it by an event, as of every change of a pilot.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# What the numbers of these pilots began with in 0.1.0.
_PREFIX = "CASE pilot WHEN 'longshui' THEN 'LS' ELSE upper(left(pilot, 4)) END"


def upgrade() -> None:
    op.execute(
        "WITH changed AS ("
        f" UPDATE places SET content = content || jsonb_build_object('number_prefix', {_PREFIX}), version = version + 1"
        " WHERE kind = 'pilot' AND content->>'number_prefix' IS NULL RETURNING id, pilot, content, version)"
        " INSERT INTO outbox (event_id, type, topic, key, sequence, occurred_at, actor, pilot, payload)"
        " SELECT gen_random_uuid(), 'registry.pilot_changed.v1', 'registry.places', id, version, now(), 'migration:0004',"
        " pilot, convert_to(content::text, 'UTF8') FROM changed"
    )
