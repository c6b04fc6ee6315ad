"""Who may call what in trade-ledger."""

from __future__ import annotations

from shared.http.access import Access, grant
from shared.http.delegated_acts import DELEGATED_ACTS_ACCESS
from shared.http.upkeep import UPKEEP_ACCESS

_OWN = "trades it sells, owns, consigns, buys (an agent: its buyers' too) or registered"
_FIELD = "all of its pilot"
_CASES = "its own declarations; sites: what waits for them; authorities: all of its pilot"
_AT_SITE = "loads at its own site, and sealed ones that are at none yet"
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
_TRADERS = ("stall_holder", "operator")
_READERS = (*_TRADERS, "buyer", "agent", "broker", *_AUTHORITIES)

ACCESS: Access = {
    **UPKEEP_ACCESS,
    **DELEGATED_ACTS_ACCESS,
    "register_trade": grant(*_TRADERS, sees=_OWN),
    "register_trades_in_bulk": grant(*_TRADERS, sees=_OWN, cost=20),
    "import_trades": grant(*_TRADERS, sees=_OWN, cost=20),
    "read_trade_job": grant(*_TRADERS, sees="jobs that its party sent in its role"),
    "read_trade_job_report": grant(*_TRADERS, sees="jobs that its party sent in its role"),
    "read_trade_template": grant(*_TRADERS, sees="an empty form", newcomers=True),
    "list_trades": grant(*_READERS, sees=f"{_OWN}; authorities: {_FIELD}"),
    "read_trade": grant(*_READERS, sees=f"{_OWN}; authorities: {_FIELD}"),
    "read_trade_version": grant(*_READERS, sees=f"{_OWN}; authorities: {_FIELD}"),
    "export_personal_data": grant(
        *_TRADERS, sees="names in the domestic legs of trades it sells or registered", cost=20, also_ended=True
    ),
    "correct_trade": grant(*_TRADERS, sees=_OWN),
    "void_trade": grant(*_TRADERS, sees=_OWN, also_ended=True),
    "record_handover": grant(*_TRADERS, sees=_OWN),
    "read_handover": grant(*_TRADERS, *_AUTHORITIES, sees=f"those it gives or takes; authorities: {_FIELD}"),
    "open_load": grant(*_TRADERS, sees="its own loads"),
    "admit_to_load": grant(*_TRADERS, sees="its own loads"),
    "read_load": grant(
        *_TRADERS,
        "site_operator",
        *_AUTHORITIES,
        sees=f"its own loads, those that admit it and those its lists are in; sites: {_AT_SITE}; authorities: {_FIELD}",
    ),
    "seal_load": grant(*_TRADERS, sees="its own loads"),
    "reopen_load": grant(*_TRADERS, sees="its own loads", also_ended=True),
    "close_load": grant(*_TRADERS, sees="its own loads", also_ended=True),
    "report_arrival": grant("site_operator", sees=_AT_SITE),
    "open_packing_list": grant(*_TRADERS, sees="its own packing lists, its own loads and those that admit it"),
    "pack_lines": grant(*_TRADERS, sees="its own packing lists and trades"),
    "unpack_lines": grant(*_TRADERS, sees="its own packing lists", also_ended=True),
    "seal_packing_list": grant(*_TRADERS, sees="its own packing lists"),
    "reopen_packing_list": grant(*_TRADERS, sees="its own packing lists", also_ended=True),
    "void_packing_list": grant(*_TRADERS, sees="its own packing lists", also_ended=True),
    "list_packing_lists": grant(*_TRADERS, *_AUTHORITIES, sees=f"its own; authorities: {_FIELD}"),
    "read_packing_list": grant(*_TRADERS, *_AUTHORITIES, sees=f"its own; authorities: {_FIELD}"),
    "draft_declaration": grant(*_TRADERS, sees="its own packing lists"),
    "list_declarations": grant(*_TRADERS, "broker", *_AUTHORITIES, sees=f"its own; authorities: {_FIELD}"),
    "read_declaration": grant(*_TRADERS, "broker", *_AUTHORITIES, sees=f"its own; authorities: {_FIELD}"),
    "preflight_declaration": grant(*_TRADERS, "broker", sees="its own declarations"),
    "submit_declaration": grant(*_TRADERS, "broker", sees="its own declarations"),
    "withdraw_declaration": grant(*_TRADERS, "broker", sees="its own declarations", also_ended=True),
    "record_receipt": grant("customs", sees=_FIELD),
    "list_conflicts": grant(*_TRADERS, "broker", "site_operator", *_AUTHORITIES, sees=_CASES),
    "read_conflict": grant(*_TRADERS, "broker", "site_operator", *_AUTHORITIES, sees=_CASES),
    "close_conflict": grant(
        *_TRADERS, "customs", "commerce", "site_operator", sees=f"on which it must act, of {_CASES}", also_ended=True
    ),
    "import_customs_rate": grant("customs", sees=_FIELD),
    "list_customs_rates": grant(*_READERS, "bank", sees="customs rates of its pilot and everybody's"),
    "propose_rate_correction": grant("customs", sees="its pilot's rates"),
    "confirm_rate_correction": grant("customs", sees="its pilot's rates"),
    "list_rate_decisions": grant(*_AUTHORITIES, sees=_FIELD),
    "read_trace": grant(
        *_READERS, sees=f"{_OWN}; its own filings and agreements; money and tax that name it; authorities: {_FIELD}"
    ),
}
