"""Tables and queries of trade-ledger."""
