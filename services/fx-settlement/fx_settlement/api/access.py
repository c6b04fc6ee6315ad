"""Who may call what in fx-settlement."""

from __future__ import annotations

from shared.http.access import Access, grant
from shared.http.upkeep import UPKEEP_ACCESS

_OWN = "what it collects, owns or consigns"
_BANK = "what its bank booked"
_FIELD = "all of its pilot"
_PARTIES = ("stall_holder", "operator")

ACCESS: Access = {
    **UPKEEP_ACCESS,
    "book_a_collection": grant("bank", sees=_BANK),
    "list_collections": grant(*_PARTIES, "bank", "safe", "tax", "auditor", sees=f"{_OWN}; bank: {_BANK}"),
    "read_collection": grant(*_PARTIES, "bank", "safe", "tax", "auditor", sees=f"{_OWN}; bank: {_BANK}"),
    "match_a_collection": grant("bank", sees=_BANK),
    "unmatch_a_collection": grant("bank", sees=_BANK),
    "refund_a_collection": grant("bank", sees=_BANK),
    "list_entitlements": grant(*_PARTIES, "bank", "safe", "auditor", sees=f"{_OWN}; banks and SAFE: {_FIELD}"),
    "read_entitlement": grant(*_PARTIES, "bank", "safe", "auditor", sees=f"{_OWN}; banks and SAFE: {_FIELD}"),
    "pass_money_on": grant("bank", sees=_BANK),
    "convert": grant("bank", sees=_BANK),
    "list_payables": grant(*_PARTIES, "safe", "auditor", sees="where it is agent or principal"),
    "list_balances": grant(*_PARTIES, "safe", "auditor", sees="its own personal account"),
    "list_journal": grant("safe", "auditor", sees=_FIELD),
}
