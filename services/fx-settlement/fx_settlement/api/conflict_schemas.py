"""Request and response bodies for conflict cases."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import Field

from fx_settlement.api.schemas import CaseOut, example
from shared.wire import FilledText, Input, Reference


class ClosingIn(Input):
    """Why a case is closed, and the hash of the evidence."""

    model_config = example(reason="the bank registered the collector on 10 May", evidence_hash="sha256:9f86")

    reason: FilledText = Field(min_length=3, max_length=500)
    evidence_hash: Reference = Field(min_length=1, max_length=128)


class ConflictOut(CaseOut):
    """A conflict case, open or closed, about a declaration's room or about a collection."""

    declaration_id: UUID | None
    collection_id: UUID | None
    closed_at: datetime | None
    closed_by: str | None
    closing_reason: str | None
    closing_evidence_hash: str | None
