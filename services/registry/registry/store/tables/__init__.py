"""Rows of registry, without behaviour."""

from registry.store.tables import finding
from registry.store.tables.field import (
    CommodityDecisionRow,
    CommodityListRow,
    CreditGradeRow,
    PlaceRow,
    RecognitionTaskRow,
)
from registry.store.tables.parties import (
    AgreementRow,
    DelegationRow,
    EntrustedGoodsRow,
    RoleFilingRow,
    StallTermRow,
    SubjectAmendmentRow,
    SubjectClaimRow,
    SubjectRow,
    SubjectVersionRow,
)
from registry.store.tables.row import Row, http_tables, messaging, metadata, policy

__all__ = [
    "AgreementRow",
    "CommodityDecisionRow",
    "CommodityListRow",
    "CreditGradeRow",
    "DelegationRow",
    "EntrustedGoodsRow",
    "PlaceRow",
    "RecognitionTaskRow",
    "RoleFilingRow",
    "Row",
    "StallTermRow",
    "SubjectAmendmentRow",
    "SubjectClaimRow",
    "SubjectRow",
    "SubjectVersionRow",
    "finding",
    "http_tables",
    "messaging",
    "metadata",
    "policy",
]
