"""Who may call what in registry."""

from __future__ import annotations

from shared.http.access import Access, grant
from shared.http.identity import ROLES
from shared.http.upkeep import UPKEEP_ACCESS
from shared.scope import PARTIES

_AUTHORITIES = (
    "commerce",
    "customs",
    "tax",
    "safe",
    "market_supervision",
    "ip_office",
    "district",
    "auditor",
)
_FILERS = tuple(sorted(PARTIES))
_OWN = "its own subject, its counterparties, and of others the filings it made for them, with a mask"
_CLAIMS = "claims that its account made, and those to its own subject"
_AMENDMENTS = "amendments of its own subject, and those that it proposed"
_ITSELF = "its own subject"
_FIELD = "all of its pilot"
_CLIENTS = "who has an account there and confirmed it"
_AGREEMENTS = "agreements it is party to"
_DELEGATIONS = "delegations that its party gave or has, or that name its account; security, auditor: all of its pilot"
_DELEGATING = ("stall_holder", "operator", "security", "auditor")

ACCESS: Access = {
    **UPKEEP_ACCESS,
    "file_subject": grant(*_FILERS, "commerce", sees=_OWN, newcomers=True),
    "list_subjects": grant(*_FILERS, *_AUTHORITIES, sees=f"{_OWN}; authorities: {_FIELD}", newcomers=True),
    "read_subject": grant(
        *_FILERS, *_AUTHORITIES, "bank", sees=f"{_OWN}; banks: {_CLIENTS}; authorities: {_FIELD}", newcomers=True
    ),
    "list_subject_versions": grant(*_FILERS, *_AUTHORITIES, sees=f"{_OWN}; authorities: {_FIELD}", newcomers=True),
    "read_subject_version": grant(*_FILERS, *_AUTHORITIES, sees=f"{_OWN}; authorities: {_FIELD}", newcomers=True),
    "view_identity": grant("commerce", "customs", "tax", "safe", sees=f"{_FIELD}, each view audited"),
    "list_identity_views": grant(
        *_FILERS, "commerce", "auditor", sees=f"{_ITSELF}; authorities: {_FIELD}", newcomers=True
    ),
    "export_personal_data": grant(*_FILERS, sees=_ITSELF, newcomers=True, cost=20),
    "erase_subject": grant(*_FILERS, "commerce", sees=_OWN, newcomers=True),
    "record_qualification": grant(
        *_FILERS,
        "commerce",
        "customs",
        "tax",
        "safe",
        "bank",
        sees=f"{_OWN}; banks: {_CLIENTS}; authorities: {_FIELD}",
        newcomers=True,
    ),
    "read_archive": grant(
        *_FILERS, *_AUTHORITIES, sees=f"{_OWN}, agreements of its own only; authorities: {_FIELD}", cost=20
    ),
    "list_credit_grades": grant(*_FILERS, *_AUTHORITIES, sees=f"its own; authorities: {_FIELD}"),
    "set_credit_grade": grant("commerce", "customs", "tax", "safe", "market_supervision", sees=_FIELD),
    "submit_filing": grant(*_FILERS, "commerce", sees=_OWN, newcomers=True),
    "review_filing": grant("commerce", sees=_FIELD),
    "approve_filing": grant("commerce", sees=_FIELD),
    "return_filing": grant("commerce", sees=_FIELD),
    "reject_filing": grant("commerce", sees=_FIELD),
    "suspend_filing": grant("commerce", sees=_FIELD),
    "reinstate_filing": grant("commerce", sees=_FIELD),
    "exit_filing": grant(*_FILERS, "commerce", sees=_OWN, newcomers=True),
    "amend_filing": grant(*_FILERS, sees=_OWN, newcomers=True),
    "list_subject_amendments": grant(
        *_FILERS, "commerce", "auditor", sees=f"{_AMENDMENTS}; authorities: {_FIELD}", newcomers=True
    ),
    "read_subject_amendment": grant(
        *_FILERS, "commerce", "auditor", sees=f"{_AMENDMENTS}; authorities: {_FIELD}", newcomers=True
    ),
    "withdraw_subject_amendment": grant(*_FILERS, sees=_AMENDMENTS, newcomers=True),
    "approve_subject_amendment": grant("commerce", sees=_FIELD),
    "reject_subject_amendment": grant("commerce", sees=_FIELD),
    "claim_subject": grant(*_FILERS, sees=_CLAIMS, newcomers=True),
    "list_subject_claims": grant(
        *_FILERS, "commerce", "auditor", sees=f"{_CLAIMS}; authorities: {_FIELD}", newcomers=True
    ),
    "read_subject_claim": grant(
        *_FILERS, "commerce", "auditor", sees=f"{_CLAIMS}; authorities: {_FIELD}", newcomers=True
    ),
    "approve_subject_claim": grant("commerce", sees=_FIELD),
    "reject_subject_claim": grant("commerce", sees=_FIELD),
    "propose_procurement_agency": grant("buyer", "agent", "operator", sees=_AGREEMENTS),
    "list_procurement_agencies": grant(*_FILERS, *_AUTHORITIES, sees=_AGREEMENTS),
    "read_procurement_agency": grant(*_FILERS, *_AUTHORITIES, sees=_AGREEMENTS),
    "confirm_procurement_agency": grant("buyer", "agent", "operator", sees=_AGREEMENTS),
    "terminate_procurement_agency": grant("buyer", "agent", "operator", sees=_AGREEMENTS, also_ended=True),
    "propose_export_agency": grant("stall_holder", "operator", sees=_AGREEMENTS),
    "list_export_agencies": grant(*_FILERS, *_AUTHORITIES, sees=_AGREEMENTS),
    "read_export_agency": grant(*_FILERS, *_AUTHORITIES, sees=_AGREEMENTS),
    "confirm_export_agency": grant("stall_holder", "operator", sees=_AGREEMENTS),
    "terminate_export_agency": grant("stall_holder", "operator", sees=_AGREEMENTS, also_ended=True),
    "grant_delegation": grant("stall_holder", "operator", sees=_DELEGATIONS),
    "list_delegations": grant(*_DELEGATING, sees=_DELEGATIONS, newcomers=True),
    "read_delegation": grant(*_DELEGATING, sees=_DELEGATIONS, newcomers=True),
    "accept_delegation": grant("stall_holder", "operator", sees=_DELEGATIONS),
    "end_delegation": grant("stall_holder", "operator", "security", sees=_DELEGATIONS, newcomers=True),
    "file_pilot": grant("commerce", sees=_FIELD),
    "change_pilot": grant("commerce", sees=_FIELD),
    "list_pilots": grant(*ROLES, sees=_FIELD, newcomers=True),
    "file_bank": grant("commerce", sees=_FIELD),
    "change_bank": grant("commerce", sees=_FIELD),
    "read_bank": grant(*ROLES, sees=_FIELD, newcomers=True),
    "list_banks": grant(*ROLES, sees=_FIELD, newcomers=True),
    "file_site": grant("commerce", sees=_FIELD),
    "change_site": grant("commerce", sees=_FIELD),
    "read_site": grant(*ROLES, sees=_FIELD, newcomers=True),
    "list_sites": grant(*ROLES, sees=_FIELD, newcomers=True),
    "designate_port": grant("commerce", sees=_FIELD),
    "change_port": grant("commerce", sees=_FIELD),
    "list_ports": grant(*ROLES, sees=_FIELD, newcomers=True),
    "publish_commodity_list": grant("commerce", "market_supervision", sees=_FIELD),
    "list_commodity_lists": grant(*ROLES, sees=_FIELD, newcomers=True),
    "read_commodity_list": grant(*ROLES, sees=_FIELD, newcomers=True),
    "recognise_goods": grant(*ROLES, sees="lists in force", newcomers=True),
    "decide_commodity": grant("commerce", "market_supervision", sees=_FIELD),
    "list_commodity_decisions": grant(*_AUTHORITIES, sees=_FIELD),
    "read_commodity_decision": grant(*_AUTHORITIES, sees=_FIELD),
    "list_tasks": grant("commerce", "market_supervision", "auditor", sees=_FIELD),
}
