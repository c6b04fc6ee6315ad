"""what a pilot's numbers begin with, as registry says it

Until registry has said it anew, the pilots that are known keep what their numbers began with. A pilot's events
count as changes of what registration knows: so do those that were heard before, as if the topics were read again.
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# What the numbers of these pilots began with in 0.1.0.
_PREFIX = "CASE pilot WHEN 'longshui' THEN 'LS' ELSE upper(left(pilot, 4)) END"


def upgrade() -> None:
    op.execute(
        f"UPDATE place_copies SET content = content || jsonb_build_object('number_prefix', {_PREFIX}) WHERE kind = 'pilot'"
    )
    op.execute(
        "INSERT INTO copy_versions (pilot, name, version)"
        " SELECT substr(key, 7), 'parties', sequence FROM consumer_sequences"
        " WHERE topic = 'registry.places' AND key LIKE 'pilot:%'"
        " ON CONFLICT (pilot, name) DO UPDATE SET version = copy_versions.version + excluded.version"
    )
