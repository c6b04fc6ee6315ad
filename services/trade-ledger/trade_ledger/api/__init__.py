"""The HTTP interface of trade-ledger."""
