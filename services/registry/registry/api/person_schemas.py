"""Response bodies of what a person asks of its own data."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from registry.api.agreement_schemas import AgreementOut
from registry.api.amendments import SubjectAmendmentOut
from registry.api.delegation_schemas import DelegationOut
from registry.api.schemas import GradeOut, SubjectStateOut, SubjectVersion, ViewPurpose


class IdentityView(BaseModel):
    """A view of the whole identity; an earlier release let the purpose be any text, which isn't repeated here."""

    at: datetime
    role: str
    purpose: ViewPurpose | None


class PersonalData(BaseModel):
    """All that registry holds of a subject, what is sealed elsewhere in clear: for the subject itself alone."""

    held: SubjectStateOut
    versions: list[SubjectVersion]
    agreements: list[AgreementOut]
    delegations: list[DelegationOut]
    grades: list[GradeOut]
    amendments: list[SubjectAmendmentOut]
    identity_views: list[IdentityView]
