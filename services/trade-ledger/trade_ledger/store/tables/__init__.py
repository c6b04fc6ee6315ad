"""Rows of trade-ledger, without behaviour."""

from trade_ledger.store.tables import copies, declarations, packing, trades
from trade_ledger.store.tables.row import Row, http_tables, messaging, metadata, policy

__all__ = [
    "Row",
    "copies",
    "declarations",
    "http_tables",
    "messaging",
    "metadata",
    "packing",
    "policy",
    "trades",
]
