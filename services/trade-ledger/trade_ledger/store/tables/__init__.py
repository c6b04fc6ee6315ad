"""Rows of trade-ledger, without behaviour."""

from trade_ledger.store.tables import copies, declarations, delegations, finding, jobs, packing, trades
from trade_ledger.store.tables.row import Row, http_tables, messaging, metadata, policy

__all__ = [
    "Row",
    "copies",
    "declarations",
    "delegations",
    "finding",
    "http_tables",
    "jobs",
    "messaging",
    "metadata",
    "packing",
    "policy",
    "trades",
]
