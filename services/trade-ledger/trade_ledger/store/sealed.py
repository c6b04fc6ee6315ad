"""What trade-ledger seals: who paid whom in the domestic leg of a trade."""

from __future__ import annotations

from shared.sealing import SealedColumn, SealedRows

TRADES = "trades"
PAYER = SealedColumn(TRADES, "payer", "trade.party")
PAYEE = SealedColumn(TRADES, "payee", "trade.party")
_LEG = {"payer": PAYER, "payee": PAYEE}

SEALED = (
    SealedRows(TRADES, key=("id",), documents=("state",), columns=_LEG),
    SealedRows("trade_versions", key=("trade_id", "version"), documents=("state",), columns=_LEG, of=TRADES),
)
"""Where sealed values are; the versions of a trade keep what was sealed for its row."""
