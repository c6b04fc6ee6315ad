"""What may be done in trade-ledger under a delegation, and with which act (V65)."""

from __future__ import annotations

from shared.http.delegations import Delegations
from trade_ledger.store.tables.copies import DelegationCopy, SubjectCopy
from trade_ledger.store.tables.delegations import DelegatedActRow, DelegationUseRow

delegations = Delegations(
    {
        **dict.fromkeys(
            (
                "list_trades",
                "read_trade",
                "read_trade_version",
                "read_handover",
                "read_load",
                "list_packing_lists",
                "read_packing_list",
                "list_declarations",
                "read_declaration",
            ),
            "read",
        ),
        "register_trade": "register_trades",
        **dict.fromkeys(
            (
                "record_handover",
                "open_load",
                "seal_load",
                "open_packing_list",
                "pack_lines",
                "unpack_lines",
                "seal_packing_list",
            ),
            "pack",
        ),
    },
    delegations=DelegationCopy,
    subjects=SubjectCopy,
    done=DelegatedActRow,
    uses=DelegationUseRow,
)
