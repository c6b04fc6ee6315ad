"""Rows of tax-exemption, without behaviour."""

from tax_exemption.store.tables.copies import DelegationCopy, ExemptionItem, PilotCopy, PrincipalRelease, SubjectCopy
from tax_exemption.store.tables.delegations import DelegatedActRow, DelegationUseRow
from tax_exemption.store.tables.filings import CertificateRow, ItemDecisionRow, RateChoiceRow, ReturnLineRow, ReturnRow
from tax_exemption.store.tables.published import CalendarDayRow, CalendarEntryRow, MiddleRateRow
from tax_exemption.store.tables.row import Row, http_tables, messaging, metadata, policy

__all__ = [
    "CalendarDayRow",
    "CalendarEntryRow",
    "CertificateRow",
    "DelegatedActRow",
    "DelegationCopy",
    "DelegationUseRow",
    "ExemptionItem",
    "ItemDecisionRow",
    "MiddleRateRow",
    "PilotCopy",
    "PrincipalRelease",
    "RateChoiceRow",
    "ReturnLineRow",
    "ReturnRow",
    "Row",
    "SubjectCopy",
    "http_tables",
    "messaging",
    "metadata",
    "policy",
]
