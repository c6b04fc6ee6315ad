"""Request and response bodies for conflict cases."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.events.trade_ledger import Frozen
from shared.wire import FilledText, Input, Reference


class ClosingIn(Input):
    """Why a case is closed, and the hash of the evidence."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "customs confirmed the value", "evidence_hash": "sha256:9f86"}]}
    )

    reason: FilledText = Field(max_length=500)
    evidence_hash: Reference = Field(max_length=128)


class ConflictSummary(BaseModel):
    """A conflict case of a declaration in short; the portions that it concerns are read by its id."""

    id: UUID
    declaration_id: UUID
    declaration_version: int
    code: str
    detail: str
    must_act: str
    freezes: tuple[Frozen, ...]
    opened_at: datetime
    closed_at: datetime | None
    closed_by: str | None
    closing_reason: str | None
    closing_evidence_hash: str | None


class ConflictOut(ConflictSummary):
    """A conflict case of a declaration, open or closed; `portion_ids` are those it concerns (none: all)."""

    portion_ids: tuple[UUID, ...]
