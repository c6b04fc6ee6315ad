"""What may be done in fx-settlement under a delegation: parties only read here (V65)."""

from __future__ import annotations

from fx_settlement.store.tables import DelegationCopy, SubjectCopy
from shared.http.delegations import Delegations

delegations = Delegations(
    dict.fromkeys(
        (
            "list_collections",
            "read_collection",
            "list_conflicts",
            "read_conflict",
            "list_entitlements",
            "read_entitlement",
            "list_holds",
            "read_hold",
            "list_pass_ons",
            "read_pass_on",
            "list_conversions",
            "read_conversion",
            "list_payables",
            "list_balances",
        ),
        "read_money",
    ),
    delegations=DelegationCopy,
    subjects=SubjectCopy,
)
