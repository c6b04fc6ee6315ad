"""Who may call what in tax-exemption."""

from __future__ import annotations

from shared.http.access import Access, grant
from shared.http.delegated_acts import DELEGATED_ACTS_ACCESS
from shared.http.upkeep import UPKEEP_ACCESS

_OWN = "its own items and those it files or consigned"
_FIELD = "all of its pilot"
_PARTIES = ("stall_holder", "operator")

ACCESS: Access = {
    **UPKEEP_ACCESS,
    **DELEGATED_ACTS_ACCESS,
    "list_items": grant(*_PARTIES, "tax", "auditor", sees=f"{_OWN}; tax: {_FIELD}"),
    "decide_item": grant("tax", sees=_FIELD),
    "read_window": grant(*_PARTIES, "tax", "auditor", "commerce", sees="the calendar"),
    "file_return": grant(*_PARTIES, sees=_OWN, also_ended=True),
    "list_returns": grant(*_PARTIES, "tax", "auditor", sees=f"its own or filed by it; tax: {_FIELD}"),
    "read_return": grant(*_PARTIES, "tax", "auditor", sees=f"its own or filed by it; tax: {_FIELD}"),
    "accept_return": grant("tax", sees=_FIELD),
    "query_return": grant("tax", sees=_FIELD),
    "apply_for_certificate": grant("operator", sees="declarations it consigned", also_ended=True),
    "list_certificates": grant(*_PARTIES, "tax", "auditor", sees=f"as operator or principal; tax: {_FIELD}"),
    "read_certificate": grant(*_PARTIES, "tax", "auditor", sees=f"as operator or principal; tax: {_FIELD}"),
    "issue_certificate": grant("tax", sees=_FIELD),
    "void_certificate": grant("tax", sees=_FIELD),
    "import_middle_rate": grant("tax", sees="its pilot's rates"),
    "list_middle_rates": grant(*_PARTIES, "tax", "auditor", sees="middle rates of its pilot and everybody's"),
    "propose_rate_correction": grant("tax", sees="its pilot's rates"),
    "confirm_rate_correction": grant("tax", sees="its pilot's rates"),
    "list_rate_decisions": grant("tax", "auditor", sees=_FIELD),
    "publish_calendar_day": grant("tax", sees="its pilot's days"),
    "confirm_calendar_day": grant("tax", sees="its pilot's days"),
    "list_calendar_days": grant(*_PARTIES, "tax", "auditor", "commerce", sees="days of its pilot and everybody's"),
    "list_calendar_decisions": grant("tax", "auditor", sees=_FIELD),
}
