"""Functions that find rows by what a list or a document holds (`shared.walls.finding`)."""

from __future__ import annotations

from fx_settlement.store.tables.row import metadata
from shared.database import made_with
from shared.walls import finding

FINDING = (
    finding(
        "subjects_naming_bank(bank text)",
        "SELECT subject_id FROM subject_copies"
        " WHERE qualifications @> jsonb_build_array(jsonb_build_object('bank_id', bank))",
    ),
)
made_with(metadata, *FINDING)
