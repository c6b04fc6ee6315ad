"""What trade-ledger does: one verb per file."""
