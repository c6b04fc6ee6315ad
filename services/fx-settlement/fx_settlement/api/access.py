"""Who may call what in fx-settlement."""

from __future__ import annotations

from shared.http.access import Access, grant
from shared.http.upkeep import UPKEEP_ACCESS

_OWN = "what it collects, owns or consigns"
_BANK = "what its bank booked"
_CLIENTS = "its bank's clients"
_FIELD = "all of its pilot"
_PARTIES = ("stall_holder", "operator")
_READERS = (*_PARTIES, "bank", "safe", "auditor")

ACCESS: Access = {
    **UPKEEP_ACCESS,
    "book_collection": grant("bank", sees=_BANK),
    "list_collections": grant(*_READERS, "tax", sees=f"{_OWN}; bank: {_BANK}"),
    "read_collection": grant(*_READERS, "tax", sees=f"{_OWN}; bank: {_BANK}"),
    "match_collection": grant("bank", sees=_BANK),
    "state_payer": grant("bank", sees=_BANK),
    "unmatch_collection": grant("bank", sees=_BANK),
    "refund_collection": grant("bank", sees=_BANK),
    "link_advance": grant("bank", sees=_BANK),
    "list_conflicts": grant(*_READERS, sees=f"{_OWN}; bank: {_BANK}; SAFE: {_FIELD}"),
    "read_conflict": grant(*_READERS, sees=f"{_OWN}; bank: {_BANK}; SAFE: {_FIELD}"),
    "close_conflict": grant("bank", "safe", sees=f"bank: {_BANK}; SAFE: {_FIELD}"),
    "list_entitlements": grant(*_READERS, sees=f"{_OWN}; bank: {_CLIENTS}; SAFE: {_FIELD}"),
    "read_entitlement": grant(*_READERS, sees=f"{_OWN}; bank: {_CLIENTS}; SAFE: {_FIELD}"),
    "hold_room": grant("bank", sees=_CLIENTS),
    "list_holds": grant(*_READERS, sees="holds for it; bank: those it placed"),
    "read_hold": grant(*_READERS, sees="holds for it; bank: those it placed"),
    "commit_hold": grant("bank", sees="those it placed"),
    "void_hold": grant("bank", sees="those it placed"),
    "pass_money_on": grant("bank", sees=_BANK),
    "list_pass_ons": grant(*_READERS, sees="where it is agent or principal; bank: those it made"),
    "read_pass_on": grant(*_READERS, sees="where it is agent or principal; bank: those it made"),
    "convert_currency": grant("bank", sees=_BANK),
    "list_conversions": grant(*_READERS, sees="its own; bank: those it made"),
    "read_conversion": grant(*_READERS, sees="its own; bank: those it made"),
    "list_payables": grant(*_READERS, sees=f"where it is agent or principal; bank: {_CLIENTS}"),
    "list_balances": grant(*_READERS, sees=f"its own personal account; bank: {_CLIENTS}"),
    "export_personal_data": grant(*_PARTIES, sees="who paid what it collected", cost=20, also_ended=True),
    "list_journal": grant("safe", "auditor", sees=_FIELD),
}
