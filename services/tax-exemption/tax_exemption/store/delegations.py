"""What may be done in tax-exemption under a delegation, and with which act (V65)."""

from __future__ import annotations

from shared.http.delegations import Delegations
from tax_exemption.store.tables import DelegatedActRow, DelegationCopy, DelegationUseRow, SubjectCopy

delegations = Delegations(
    {
        **dict.fromkeys(
            (
                "list_items",
                "read_window",
                "list_returns",
                "read_return",
                "list_certificates",
                "read_certificate",
                "list_middle_rates",
                "list_calendar_days",
            ),
            "read_tax",
        ),
        "file_return": "file_returns",
        "apply_for_certificate": "apply_for_certificates",
    },
    delegations=DelegationCopy,
    subjects=SubjectCopy,
    done=DelegatedActRow,
    uses=DelegationUseRow,
)
